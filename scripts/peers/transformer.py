"""A BERT encoder with a LoRA adapter and a linear head, from Hugging Face's and PEFT's files.

Plain operations only, so that every library can differentiate it twice and map it over rows; the
encoder's weights are buffers, so that the parameters are those that are trained.
"""

import re

import torch
from torch.nn.functional import embedding, gelu, layer_norm, relu

from load import PADDING

ACTIVATIONS = {
	"gelu": gelu,
	"gelu_new": lambda x: gelu(x, approximate="tanh"),
	"gelu_pytorch_tanh": lambda x: gelu(x, approximate="tanh"),
	"relu": relu,
}
OLD_NAMES = {"gamma": "weight", "beta": "bias"}


class Classifier(torch.nn.Module):
	def __init__(self, workload):
		super().__init__()
		self.config, lora = workload.settings
		self.activation = ACTIVATIONS[self.config["hidden_act"]]
		rank = lora["r"]
		self.scale = lora["lora_alpha"] / (rank**0.5 if lora.get("use_rslora") else rank)
		self.names = set()
		for name, array in workload.tensors.items():
			*path, last = re.sub(r"^bert\.", "", name).split(".")
			self.names.add(".".join(path))
			key = ".".join([*path, OLD_NAMES.get(last, last)])
			self.register_buffer(key.replace(".", "_"), torch.from_numpy(array.copy()))
		# In the order of the encoder's layers, as the files are not.
		self.a, self.b = torch.nn.ModuleDict(), torch.nn.ModuleDict()
		found = {re.sub(r"^base_model\.model\.(bert\.)?", "", n): x for n, x in workload.adapter.items()}
		number = lambda name: [int(x) if x.isdigit() else x for x in re.split(r"(\d+)", name)]
		for name in sorted((n for n in found if n.endswith("lora_A.weight")), key=number):
			module = name.removesuffix(".lora_A.weight")
			self.a[module.replace(".", "_")] = linear(found[name])
			self.b[module.replace(".", "_")] = linear(found[f"{module}.lora_B.weight"])
		self.head = linear(found["classifier.weight"], found["classifier.bias"])

	def get(self, name):
		return getattr(self, name.replace(".", "_"))

	def linear(self, name, x):
		y = x @ self.get(f"{name}.weight").T + self.get(f"{name}.bias")
		key = name.replace(".", "_")
		return y + self.scale * self.b[key](self.a[key](x)) if key in self.a else y

	def normalise(self, name, x):
		weight, bias = self.get(f"{name}.weight"), self.get(f"{name}.bias")
		return layer_norm(x, weight.shape, weight, bias, self.config["layer_norm_eps"])

	def attend(self, name, x, mask):
		heads = self.config["num_attention_heads"]
		split = lambda y: y.unflatten(-1, (heads, -1)).transpose(-2, -3)
		query, key, value = (split(self.linear(f"{name}.self.{part}", x)) for part in ("query", "key", "value"))
		weights = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
		weights = weights.masked_fill(~mask[:, None, None, :], -torch.inf).softmax(-1)
		return self.linear(f"{name}.output.dense", (weights @ value).transpose(-2, -3).flatten(-2))

	def forward(self, tokens):
		"""Logits [rows][classes] of tokens [rows][longest]."""
		mask = tokens != PADDING
		x = embedding(torch.where(mask, tokens, 0), self.get("embeddings.word_embeddings.weight"))
		x = x + self.get("embeddings.token_type_embeddings.weight")[0]
		x = x + self.get("embeddings.position_embeddings.weight")[: tokens.shape[-1]]
		x = self.normalise("embeddings.LayerNorm", x)
		for number in range(self.config["num_hidden_layers"]):
			name = f"encoder.layer.{number}"
			x = self.normalise(f"{name}.attention.output.LayerNorm", x + self.attend(f"{name}.attention", x, mask))
			inner = self.activation(self.linear(f"{name}.intermediate.dense", x))
			x = self.normalise(f"{name}.output.LayerNorm", x + self.linear(f"{name}.output.dense", inner))
		if "pooler.dense" in self.names:
			return self.head(self.linear("pooler.dense", x[:, 0]).tanh())
		kept = mask.unsqueeze(-1)
		return self.head((x * kept).sum(-2) / kept.sum(-2))


def linear(weight, bias=None):
	"""A linear layer of these parameters."""
	layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
	layer.weight.data = torch.from_numpy(weight.copy())
	if bias is not None:
		layer.bias.data = torch.from_numpy(bias.copy())
	return layer
