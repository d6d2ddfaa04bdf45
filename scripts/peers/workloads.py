"""The tasks, exported by `openledger-bench influence --export`."""

import sys

from process import run

# At the recipe's learning rate a model of this width learns nothing in so few epochs.
WIDE_TESTS, WIDE_EPOCHS, WIDE_RATE = 200, 3, 0.03


def make(name, directory, chosen):
	"""Exports a workload below `directory` and returns its task's directory."""
	print(f"{name}: training, and retraining on halves where there are any ...", file=sys.stderr)
	directory.parent.mkdir(parents=True, exist_ok=True)
	line = [chosen.openledger_bench, "influence", "--export", directory, "--threads", chosen.threads, "--quiet"]
	line += ["--contribution-rows", 0]
	if chosen.cache:
		line += ["--cache", chosen.cache]
	if name == "digits":
		line += ["--data", chosen.data, "--task", "digits-mlp", "--methods", "gradient-dot"]
	elif name == "wide":
		line += ["--data", chosen.data, "--enlarged", "--task", "digits-mlp", "--hidden", "512,512", "--subsets", 0]
		line += ["--train-rows", chosen.wide_rows, "--test-rows", WIDE_TESTS, "--epochs", WIDE_EPOCHS]
		line += ["--learning-rate", WIDE_RATE]
	else:
		line += ["--task", name, "--methods", "gradient-dot"]
	ended = run(line)
	if ended.error:
		raise SystemExit(f"error: cannot make the workload {name}: {ended.error}")
	return next(directory.glob("*/task.json")).parent
