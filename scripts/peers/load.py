"""Reads what `openledger-bench influence --export` writes; its README says what that is."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

# In place of tokens after a text's end.
PADDING = -1


@dataclass
class Rows:
	# [rows][inputs] float32, scaled as the model scales them; or tokens [rows][longest] int64
	features: np.ndarray
	labels: np.ndarray  # [rows], int64

	def __len__(self):
		return len(self.labels)


@dataclass
class Workload:
	name: str
	train: Rows
	test: Rows
	architecture: dict
	tensors: dict  # of the model, by name; for text of the base model
	adapter: dict  # for text, by name
	settings: tuple  # for text: the base model's and the adapter's
	logits: np.ndarray  # [test row][class], ours
	parameters: int  # those trained
	accuracy: float
	subsets: np.ndarray  # [subset][rows]
	outputs: np.ndarray  # [test row][subset], means over retrainings

	@property
	def pairs(self):
		return len(self.train) * len(self.test)

	@property
	def retrained(self):
		return len(self.subsets) > 0


def read_tensors(path):
	with safe_open(str(path), framework="numpy") as file:
		return {name: file.get_tensor(name) for name in file.keys()}


def read_json(path):
	try:
		return json.loads(Path(path).read_text())
	except (OSError, ValueError) as error:
		raise SystemExit(f"error: {path} is no part of an exported task: {error}")


def read_table(path, model):
	table = np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=2)
	features = (table[:, :-1] - model["scaling.shift"]) * model["scaling.factor"]
	return Rows(features, table[:, -1].astype(np.int64))


def read_texts(path, tokenizer):
	rows = [json.loads(line) for line in path.read_text().splitlines()]
	tokens = [encoding.ids for encoding in tokenizer.encode_batch([row["text"] for row in rows])]
	features = np.full((len(rows), max(map(len, tokens))), PADDING, dtype=np.int64)
	for row, ids in zip(features, tokens):
		row[: len(ids)] = ids
	return Rows(features, np.array([row["label"] for row in rows], dtype=np.int64))


def same_length(rows):
	"""Both with as many columns: dattri is told one length for all."""
	longest = max(part.features.shape[1] for part in rows)
	pad = lambda features: np.pad(features, ((0, 0), (0, longest - features.shape[1])), constant_values=PADDING)
	return [Rows(pad(part.features), part.labels) for part in rows]


def load(directory):
	directory = Path(directory)
	task = read_json(directory / "task.json")
	architecture = task["config"]["architecture"]
	model, adapter, settings = read_tensors(directory / "model.safetensors"), {}, ()
	parameters = sum(array.size for name, array in model.items() if not name.startswith("scaling."))
	if architecture["kind"] == "encoder":
		from tokenizers import Tokenizer

		tokenizer = Tokenizer.from_file(str(directory / "base/tokenizer.json"))
		tokenizer.no_padding()
		tokenizer.enable_truncation(architecture["max_tokens"])
		rows = same_length([read_texts(directory / f"{name}.jsonl", tokenizer) for name in ("train", "test")])
		files = sorted(directory.glob("base/*.safetensors"))
		model = {name: array for path in files for name, array in read_tensors(path).items()}
		adapter = read_tensors(directory / "adapter/adapter_model.safetensors")
		paths = ("base/config.json", "adapter/adapter_config.json")
		settings = tuple(read_json(directory / path) for path in paths)
	elif architecture["kind"] in ("mlp", "logistic"):
		rows = [read_table(directory / f"{name}.csv", model) for name in ("train", "test")]
	else:
		raise SystemExit(f"error: {directory}: a model of kind {architecture['kind']} is not for classes")
	retrained = directory / "lds-1.safetensors"
	found = read_tensors(retrained) if retrained.exists() else {}
	return Workload(
		name=task["name"],
		train=rows[0],
		test=rows[1],
		architecture=architecture,
		tensors=model,
		adapter=adapter,
		settings=settings,
		logits=read_tensors(directory / "logits.safetensors")["test"],
		parameters=parameters,
		accuracy=task["accuracy"],
		subsets=found["subsets"].astype(np.int64) if found else np.zeros((0, 0), dtype=np.int64),
		outputs=found["margins"].mean(axis=1).T if found else np.zeros((len(rows[1]), 0)),
	)
