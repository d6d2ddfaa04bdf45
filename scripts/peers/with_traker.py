"""TRAK (Park et al. 2023), by its authors."""

import logging
import tempfile

import numpy as np
from trak import TRAKer

from method import Method, decades
from network import build, loader

LIBRARY = "traker"


def trak(**fixed):
	def scores(workload, damping, built):
		chosen = fixed if damping is None else {**fixed, "lambda_reg": damping}
		with tempfile.TemporaryDirectory() as directory:
			network = build(workload)
			traker = TRAKer(
				model=network,
				task="image_classification",
				train_set_size=len(workload.train),
				save_dir=directory,
				device="cpu",
				logging_level=logging.ERROR,
				**chosen,
			)
			state = network.state_dict()
			traker.load_checkpoint(state, model_id=0)
			for batch in loader(workload, workload.train):
				traker.featurize(batch=batch, num_samples=len(batch[1]))
			traker.finalize_features()
			built()
			traker.start_scoring_checkpoint("test", state, 0, len(workload.test))
			for batch in loader(workload, workload.test):
				traker.score(batch=batch, num_samples=len(batch[1]))
			# A copy: the array is a file in the directory.
			return np.array(traker.finalize_scores("test"), dtype=np.float64).T

	return scores


GRID = decades(-2, 3)
# The default of 2,048 dimensions needs many more rows than that to be defined.
SMALL = {"proj_dim": 512, "use_half_precision": False}

METHODS = [
	Method(LIBRARY, "TRAK", trak(), "lambda_reg", GRID),
	Method(LIBRARY, "TRAK 512 float32", trak(**SMALL), "lambda_reg", GRID),
]
