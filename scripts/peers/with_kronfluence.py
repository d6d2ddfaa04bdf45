"""kronfluence (Grosse et al. 2023)."""

import tempfile

import torch
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence.task import Task
from torch.nn.functional import cross_entropy

from load import PADDING
from method import Method, decades
from network import batch_size, build, dataset, margins

LIBRARY = "kronfluence"


class Classification(Task):
	def compute_train_loss(self, batch, model, sample=False):
		features, labels = batch
		logits = model(features)
		if sample:
			with torch.no_grad():
				labels = torch.multinomial(logits.softmax(-1), 1).flatten()
		return cross_entropy(logits, labels, reduction="sum")

	def compute_measurement(self, batch, model):
		features, labels = batch
		# Scores are positive where training on a row lowers the measurement.
		return -margins(model(features), labels).sum()

	def get_attention_mask(self, batch):
		# Tokens are whole numbers, features are not.
		features = batch[0]
		return None if features.is_floating_point() else (features != PADDING).long()


# Stands for a tenth of each layer's mean eigenvalue, as Grosse et al. 2023 take it and our own EK-FAC
# does. The library's default is a constant, small enough to be none.
HEURISTIC = 0.0


def ekfac(workload, damping, built):
	chosen = {} if damping is None else {"damping_factor": None if damping == HEURISTIC else damping}
	train, test = dataset(workload.train), dataset(workload.test)
	size = batch_size(workload, workload.train)
	with tempfile.TemporaryDirectory() as directory:
		task = Classification()
		analyzer = Analyzer(
			"peers",
			prepare_model(build(workload), task),
			task,
			cpu=True,
			disable_tqdm=True,
			output_dir=directory,
		)
		analyzer.fit_all_factors("factors", train, size, factor_args=FactorArguments())
		built()
		analyzer.compute_pairwise_scores(
			"scores",
			"factors",
			test,
			train,
			per_device_query_batch_size=batch_size(workload, workload.test),
			per_device_train_batch_size=size,
			score_args=ScoreArguments(**chosen),
		)
		return analyzer.load_pairwise_scores("scores")["all_modules"].numpy()


def damped_ekfac(workload, _, built):
	return ekfac(workload, HEURISTIC, built)


METHODS = [
	Method(LIBRARY, "EK-FAC", ekfac, "damping_factor", (HEURISTIC, *decades(-6, -2))),
	Method(LIBRARY, "EK-FAC damped as ours", damped_ekfac),
]
