"""The exported model in PyTorch. Only trained parameters are parameters; all else are buffers."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from transformer import Classifier

ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
# Per-row gradients of a batch take at most this many bytes.
GRADIENT_BYTES = 1 << 30
# Rows of a batch at most for transformers, whose activations take more than their gradients.
TEXT_BATCH = 256


def build(workload):
	"""The network with the weights of the attributed model."""
	if workload.adapter:
		return Classifier(workload).eval()
	activation = ACTIVATIONS[workload.architecture.get("activation", "tanh")]
	modules = []
	while (name := f"layers.{len(modules) // 2}") + ".weight" in workload.tensors:
		weight, bias = (torch.from_numpy(workload.tensors[f"{name}.{part}"].copy()) for part in ("weight", "bias"))
		linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
		linear.load_state_dict({"weight": weight, "bias": bias})
		modules += [linear, activation()]
	return torch.nn.Sequential(*modules[:-1]).eval()


def margins(logits, labels):
	"""log(p / (1 - p)) of the labels' probabilities, [rows]. Works under vmap."""
	own = labels.unsqueeze(-1) == torch.arange(logits.shape[-1])
	correct = torch.where(own, logits, 0).sum(-1)
	return correct - logits.masked_fill(own, -torch.inf).logsumexp(-1)


def dataset(rows):
	return TensorDataset(torch.from_numpy(rows.features), torch.from_numpy(rows.labels))


def batch_size(workload, rows):
	"""As many rows as fit: fewer and larger batches are faster in every library."""
	most = TEXT_BATCH if workload.adapter else len(rows)
	return max(1, min(len(rows), most, GRADIENT_BYTES // (4 * workload.parameters)))


def loader(workload, rows):
	return DataLoader(dataset(rows), batch_size=batch_size(workload, rows), shuffle=False)
