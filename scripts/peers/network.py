"""The exported model in PyTorch."""

import torch
from torch.utils.data import DataLoader, TensorDataset

ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
# Per-row gradients of a batch take at most this many bytes.
GRADIENT_BYTES = 3 << 30


def build(workload):
	"""The architecture with the weights of the attributed model."""
	modules = []
	for weight, bias in workload.models[0]:
		modules += [torch.nn.Linear(weight.shape[1], weight.shape[0]), ACTIVATIONS[workload.activation]()]
	network = torch.nn.Sequential(*modules[:-1])
	network.load_state_dict(checkpoint(workload.models[0]))
	return network.eval()


def checkpoint(layers):
	"""A state dict for `build`."""
	state = {}
	for number, (weight, bias) in enumerate(layers):
		state[f"{2 * number}.weight"] = torch.from_numpy(weight.copy())
		state[f"{2 * number}.bias"] = torch.from_numpy(bias.copy())
	return state


def margins(logits, labels):
	"""log(p / (1 - p)) of the labels' probabilities, [rows]. Works under vmap."""
	own = labels.unsqueeze(-1) == torch.arange(logits.shape[-1])
	correct = torch.where(own, logits, 0).sum(-1)
	return correct - logits.masked_fill(own, -torch.inf).logsumexp(-1)


def dataset(rows):
	return TensorDataset(torch.from_numpy(rows.features), torch.from_numpy(rows.labels))


def batch_size(workload, rows):
	"""As many rows as fit: fewer and larger batches are faster in every library."""
	return max(1, min(len(rows), GRADIENT_BYTES // (4 * workload.parameters)))


def loader(workload, rows):
	return DataLoader(dataset(rows), batch_size=batch_size(workload, rows), shuffle=False)
