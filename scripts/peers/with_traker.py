"""TRAK (Park et al. 2023), by its authors."""

import logging
import tempfile

import numpy as np
from trak import TRAKer

from method import Method, decades
from network import build, checkpoint, loader

LIBRARY = "traker"


def trak(models, **fixed):
	def scores(workload, damping=None):
		chosen = fixed if damping is None else {**fixed, "lambda_reg": damping}
		with tempfile.TemporaryDirectory() as directory:
			traker = TRAKer(
				model=build(workload),
				task="image_classification",
				train_set_size=len(workload.train),
				save_dir=directory,
				device="cpu",
				logging_level=logging.ERROR,
				**chosen,
			)
			states = [checkpoint(layers) for layers in workload.models[:models]]
			for number, state in enumerate(states):
				traker.load_checkpoint(state, model_id=number)
				for batch in loader(workload, workload.train):
					traker.featurize(batch=batch, num_samples=len(batch[1]))
			traker.finalize_features()
			for number, state in enumerate(states):
				traker.start_scoring_checkpoint("test", state, number, len(workload.test))
				for batch in loader(workload, workload.test):
					traker.score(batch=batch, num_samples=len(batch[1]))
			# A copy: the array is a file in the directory.
			return np.array(traker.finalize_scores("test"), dtype=np.float64).T

	return scores


def one_model(workload):
	return "no further models were exported" if len(workload.models) == 1 else None


GRID = decades(-2, 3)
# The default of 2,048 dimensions needs many more rows than that to be defined.
SMALL = {"proj_dim": 512, "use_half_precision": False}

METHODS = [
	Method(LIBRARY, "TRAK", trak(1), "lambda_reg", GRID),
	Method(LIBRARY, "TRAK 512 float32", trak(1, **SMALL), "lambda_reg", GRID),
	Method(LIBRARY, "TRAK 512 float32 ensemble", trak(None, **SMALL), "lambda_reg", GRID, one_model),
]
