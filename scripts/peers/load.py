"""Reads what `openledger bench influence --export` writes.

| file | |
| --- | --- |
| `train.csv`, `test.csv` | rows of numbers, the label last |
| `model.safetensors` | `layers.L.weight` [outputs, inputs], `layers.L.bias`, `scaling.shift`, `scaling.factor` |
| `members/N.safetensors` | further models of the same recipe, for methods that use several; may be missing |
| `subsets.json` | training rows of each half, [subset][rows]; empty where nothing was retrained |
| `outputs.json` | mean margins of the models trained on each half, [test row][subset] |
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

ACTIVATIONS = ("tanh", "relu")


@dataclass
class Rows:
	features: np.ndarray  # [rows][inputs], float32, scaled as the model scales them
	labels: np.ndarray  # [rows], int64

	def __len__(self):
		return len(self.labels)


@dataclass
class Workload:
	name: str
	train: Rows
	test: Rows
	activation: str
	models: list  # [model][layer](weight [outputs, inputs], bias); the first is the one attributed
	subsets: list  # [subset][rows]
	outputs: np.ndarray  # [test row][subset]

	@property
	def classes(self):
		return len(self.models[0][-1][1])

	@property
	def parameters(self):
		return sum(weight.size + bias.size for weight, bias in self.models[0])

	@property
	def pairs(self):
		return len(self.train) * len(self.test)

	@property
	def retrained(self):
		return len(self.subsets) > 0


def read_model(path):
	"""Returns (activation, layers, shift, factor)."""
	with safe_open(str(path), framework="numpy") as file:
		names = set(file.keys())
		layers = []
		while f"layers.{len(layers)}.weight" in names:
			prefix = f"layers.{len(layers)}"
			layers.append((file.get_tensor(f"{prefix}.weight"), file.get_tensor(f"{prefix}.bias")))
		shift, factor = file.get_tensor("scaling.shift"), file.get_tensor("scaling.factor")
		metadata = json.loads((file.metadata() or {}).get("openledger", "{}"))
	if not layers:
		raise SystemExit(f"error: {path} holds no layers")
	# A logistic regression has one layer and no activation.
	activation = metadata.get("architecture", {}).get("activation", "tanh")
	if activation not in ACTIVATIONS:
		raise SystemExit(f"error: {path}: activation '{activation}' is none of {ACTIVATIONS}")
	return activation, layers, shift, factor


def read_rows(path, shift, factor):
	table = np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=2)
	return Rows((table[:, :-1] - shift) * factor, table[:, -1].astype(np.int64))


def load(directory):
	directory = Path(directory)
	activation, layers, shift, factor = read_model(directory / "model.safetensors")
	models = [layers]
	for path in sorted(directory.glob("members/*.safetensors")):
		_, member, member_shift, member_factor = read_model(path)
		# Rows are scaled once, for all models.
		if not (np.array_equal(shift, member_shift) and np.array_equal(factor, member_factor)):
			raise SystemExit(f"error: {path} scales features otherwise than the model")
		models.append(member)
	read = lambda name: json.loads((directory / name).read_text())
	workload = Workload(
		name=directory.resolve().name,
		train=read_rows(directory / "train.csv", shift, factor),
		test=read_rows(directory / "test.csv", shift, factor),
		activation=activation,
		models=models,
		subsets=[np.array(rows, dtype=np.int64) for rows in read("subsets.json")],
		outputs=np.array(read("outputs.json"), dtype=np.float64),
	)
	expected = (len(workload.test), len(workload.subsets))
	if workload.retrained and workload.outputs.shape != expected:
		raise SystemExit(f"error: outputs.json is {workload.outputs.shape} instead of {expected}")
	return workload
