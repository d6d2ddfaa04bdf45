"""The tasks, exported by `openledger bench influence --export`."""

import sys

import numpy as np

from process import run

# Digits come in 8 x 8 pixels; enlarged three times they leave four pixels to move in.
SIDE, LARGE, TIMES = 8, 28, 3
SEED = 0
WIDE_TESTS, WIDE_EPOCHS = 200, 3


def make(name, directory, chosen):
	"""Exports a workload below `directory` and returns its task's directory."""
	print(f"{name}: training, and retraining on halves where there are any ...", file=sys.stderr)
	directory.parent.mkdir(parents=True, exist_ok=True)
	line = [chosen.openledger, "bench", "influence", "--export", directory, "--threads", chosen.threads, "--quiet"]
	if chosen.cache:
		line += ["--cache", chosen.cache]
	if name == "digits":
		line += ["--data", chosen.data, "--task", "digits-mlp", "--methods", "gradient-dot"]
	elif name == "wide":
		table = directory.with_suffix(".csv")
		enlarge(chosen.data, table, chosen.wide_rows + WIDE_TESTS)
		line += ["--data", table, "--task", "digits-mlp", "--hidden", "512,512", "--subsets", 0]
		line += ["--train-rows", chosen.wide_rows, "--test-rows", WIDE_TESTS, "--epochs", WIDE_EPOCHS]
	else:
		line += ["--task", name, "--methods", "gradient-dot"]
	ended = run(line)
	if ended.error:
		raise SystemExit(f"error: cannot make the workload {name}: {ended.error}")
	return next(directory.glob("*/task.json")).parent


def enlarge(source, target, rows):
	"""Writes digits of 28 x 28 pixels, each enlarged by bilinear interpolation and moved at random."""
	table = np.loadtxt(source, delimiter=",", dtype=np.float32)
	random = np.random.default_rng(SEED)
	picked = random.permutation(np.resize(random.permutation(len(table)), rows))
	# Pixel centres of the enlarged image in the coordinates of the small one.
	at = np.clip((np.arange(SIDE * TIMES) + 0.5) / TIMES - 0.5, 0, SIDE - 1)
	low = np.minimum(at.astype(int), SIDE - 2)
	turn = np.zeros((SIDE * TIMES, SIDE), dtype=np.float32)
	turn[np.arange(len(at)), low] = 1 - (at - low)
	turn[np.arange(len(at)), low + 1] += at - low
	with open(target, "w") as file:
		for row in table[picked]:
			small = row[:-1].reshape(SIDE, SIDE)
			image = np.zeros((LARGE, LARGE), dtype=np.float32)
			down, right = random.integers(LARGE - SIDE * TIMES + 1, size=2)
			image[down : down + SIDE * TIMES, right : right + SIDE * TIMES] = turn @ small @ turn.T
			values = ",".join(f"{pixel:.4g}" for pixel in image.ravel())
			file.write(f"{values},{int(row[-1])}\n")
