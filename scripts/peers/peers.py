"""Runs the methods of dattri, kronfluence and traker on an exported task.

Every method runs twice, each time in a process of its own, which is this file: with the library's
defaults, and with the damping that gives the highest score on the very outputs it is scored with,
which favours it. A process that takes too long or too much memory is ended.
"""

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from method import RESAMPLES, Result, again
from process import run, status

LIBRARIES = ("dattri", "kronfluence", "traker")
# How far the libraries' model may answer from ours.
LOGITS_WITHIN = 1e-4


def methods():
	found = [m for name in LIBRARIES for m in importlib.import_module(f"with_{name}").METHODS]
	return {method.key: method for method in found}


def measure(task, workload, chosen):
	"""All results on a task, a process for each."""
	found = methods()
	wanted = chosen.methods or [key for key, method in found.items() if not method.optional]
	if unknown := [key for key in wanted if key not in found]:
		raise SystemExit(f"error: no method '{unknown[0]}'; there are {', '.join(found)}")
	tuning = workload.retrained and not chosen.untuned
	return [result for key in wanted for result in results(found[key], task, workload, tuning, chosen)]


def results(method, task, workload, tuning, chosen):
	"""The result with defaults and, where there is something to tune on, with the best damping."""
	print(f"{workload.name}: {method.key} ...", file=sys.stderr)
	failed = lambda why, tuned: Result(method.library, version(method.library), method.name, tuned=tuned, error=why)
	if why := method.refuses(workload):
		yield failed(why, False)
		return
	answer = child(task, chosen, method.key)
	yield failed(answer, False) if isinstance(answer, str) else Result(**answer)
	if not method.grid or not tuning:
		return
	answer = child(task, chosen, method.key, "--tune")
	if isinstance(answer, str):
		yield failed(answer, True)
		return
	best = max(answer, key=lambda pair: pair[1])[0]
	answer = child(task, chosen, method.key, "--damping", repr(best))
	yield failed(answer, True) if isinstance(answer, str) else Result(**answer)


def check(task, chosen):
	"""Ends if the model answers otherwise in PyTorch."""
	answer = child(task, chosen, "logits")
	if isinstance(answer, str):
		raise SystemExit(f"error: {task}: {answer}")
	if not answer <= LOGITS_WITHIN:
		raise SystemExit(f"error: {task}: logits in PyTorch differ from ours by {answer:.2g}")
	print(f"logits in PyTorch are within {answer:.1e} of ours", file=sys.stderr)


def child(task, chosen, key, *options):
	"""What a process of its own answers; a text if it fails, which says why."""
	with tempfile.TemporaryDirectory() as directory:
		answer = Path(directory) / "answer.json"
		line = [sys.executable, Path(__file__).resolve(), Path(task).resolve(), key, answer]
		line += ["--threads", chosen.threads, *options]
		ended = run(line, chosen.seconds, chosen.gigabytes, chosen.threads, directory)
		if ended.error:
			return ended.error
		found = json.loads(answer.read_text())
		if isinstance(found, dict):
			found["anonymous_bytes"] = ended.anonymous_bytes
		return found


def answer(arguments):
	"""What the process was started for."""
	import torch
	from load import load

	torch.set_num_threads(arguments.threads)
	workload = load(arguments.task)
	if arguments.method == "logits":
		from network import build, dataset

		with torch.no_grad():
			found = build(workload)(dataset(workload.test).tensors[0])
		return float((found - torch.from_numpy(workload.logits)).abs().max())
	method = methods()[arguments.method]
	return tried(method, workload) if arguments.tune else measured(method, workload, arguments.damping)


def scored(method, workload, damping, built=lambda: None):
	"""The scores; what is drawn at random is the same in every run of a process."""
	import torch

	torch.manual_seed(0)
	return method.scores(workload, damping, built)


def measured(method, workload, damping):
	"""A result of this process."""
	import numpy as np
	from score import lds

	before, times = status("self", "VmRSS:"), []
	while again([end - start for start, _, end in times]):
		laps = []
		start = time.perf_counter()
		scores = scored(method, workload, damping, lambda: laps.append(time.perf_counter()))
		times.append((start, *laps, time.perf_counter()))
	start, built, end = min(times, key=lambda time: time[-1] - time[0])
	peak = status("self", "VmHWM:")
	if scores.shape != (len(workload.test), len(workload.train)):
		raise SystemExit(f"error: {method.key} gave scores of shape {scores.shape}")
	result = Result(method.library, version(method.library), method.name)
	result.tuned = damping is not None
	result.damping = f"{method.damping} {damping:.2g}" if result.tuned else None
	result.building_seconds, result.scoring_seconds = built - start, end - built
	result.pairs_per_second = workload.pairs / (end - start)
	result.peak_bytes, result.more_bytes = peak, max(0, peak - before)
	lost = int(np.size(scores) - np.isfinite(scores).sum())
	if lost:
		result.error = f"{100 * lost / scores.size:.0f} % of scores are not finite"
	if workload.retrained and lost < scores.size:
		result.lds, result.interval = lds(scores, workload.subsets, workload.outputs, RESAMPLES)
	return asdict(result)


def tried(method, workload):
	"""The LDS of each damping."""
	from score import lds

	one = lambda damping: scored(method, workload, damping)
	return [(x, lds(one(x), workload.subsets, workload.outputs)[0]) for x in method.grid]


def main():
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("task", help="an exported task's directory")
	parser.add_argument("method", help="LIBRARY/NAME, or logits")
	parser.add_argument("answer", type=Path, help="the file that gets the result, JSON")
	parser.add_argument("--threads", type=int, default=os.cpu_count())
	parser.add_argument("--tune", action="store_true", help="try all dampings instead")
	parser.add_argument("--damping", type=float, help="instead of the library's default")
	arguments = parser.parse_args()
	warnings.simplefilter("ignore")
	arguments.answer.write_text(json.dumps(answer(arguments)))


if __name__ == "__main__":
	main()
