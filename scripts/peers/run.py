"""Runs the methods of dattri, kronfluence and traker on an exported workload.

usage: run.py DIR [--methods KEY,...] [--threads N] [--seconds S] [--gigabytes G]

Prints a JSON list of results. Every method runs twice, each time in a process of its own: with the
library's defaults, and with the damping that gives the highest score on the very outputs it is
scored with, which favours it. A process that takes too long or too much memory is ended.
"""

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Optional

LIBRARIES = ("dattri", "kronfluence", "traker")
# A method that takes less than this is run again, and its fastest run counts.
REPEATED_BELOW = 5.0
RUNS = 3
RESAMPLES = 1000


@dataclass
class Result:
	library: str
	version: str
	method: str
	damping: Optional[str] = None  # the setting's name and value where it was tuned
	tuned: bool = False
	lds: Optional[float] = None
	interval: Optional[list] = None  # 95 %
	seconds: Optional[float] = None  # curvature and all scores; not imports, loading and tuning
	pairs_per_second: Optional[float] = None
	peak_bytes: Optional[int] = None  # of the whole process
	extra_bytes: Optional[int] = None  # beyond the process that has imported and loaded everything
	error: Optional[str] = None


def methods():
	found = [m for name in LIBRARIES for m in importlib.import_module(f"with_{name}").METHODS]
	return {method.key: method for method in found}


def peak():
	return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(method, workload, damping):
	"""One result in this process."""
	import numpy as np
	from score import lds

	before, times = peak(), []
	while not times or (len(times) < RUNS and sum(times) < REPEATED_BELOW):
		start = time.perf_counter()
		scores = method.scores(workload, damping)
		times.append(time.perf_counter() - start)
	seconds, after = min(times), peak()
	if scores.shape != (len(workload.test), len(workload.train)):
		raise SystemExit(f"error: {method.key} gave scores of shape {scores.shape}")
	result = Result(method.library, version(method.library), method.name)
	result.tuned = damping is not None
	result.damping = f"{method.damping} {damping:.2g}" if result.tuned else None
	result.seconds, result.pairs_per_second = seconds, workload.pairs / seconds
	result.peak_bytes, result.extra_bytes = after, after - before
	lost = int(np.size(scores) - np.isfinite(scores).sum())
	if lost:
		result.error = f"{100 * lost / scores.size:.0f} % of scores are not finite"
	if workload.retrained and lost < scores.size:
		result.lds, result.interval = lds(scores, workload.subsets, workload.outputs, RESAMPLES)
	return asdict(result)


def tune(method, workload):
	"""The LDS of each damping, in this process."""
	from score import lds

	tried = []
	for damping in method.grid:
		scores = method.scores(workload, damping)
		tried.append((damping, lds(scores, workload.subsets, workload.outputs)[0]))
		print(f"  {method.key}: {method.damping} {damping:.2g}: {tried[-1][1]:.4f}", file=sys.stderr)
	return tried


def child(arguments):
	from load import load

	warnings.simplefilter("ignore")
	import torch

	torch.manual_seed(0)
	torch.set_num_threads(arguments.threads)
	workload, method = load(arguments.directory), methods()[arguments.child]
	refusal = method.refuses(workload)
	if refusal:
		answer = {"refusal": refusal}
	elif arguments.tune:
		answer = {"tried": tune(method, workload)}
	else:
		answer = {"result": measure(method, workload, arguments.damping)}
	Path(arguments.answer).write_text(json.dumps(answer))


def resident(process):
	try:
		pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
	except (OSError, IndexError):
		return 0
	return int(pages) * resource.getpagesize()


def run_child(arguments, key, *options):
	"""What a child answers, or {"error": why not}."""
	with tempfile.TemporaryDirectory() as directory:
		answer = Path(directory) / "answer.json"
		line = [sys.executable, __file__, arguments.directory, "--child", key, "--answer", str(answer)]
		line += ["--threads", str(arguments.threads), *options]
		threads = {name: str(arguments.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
		with open(Path(directory) / "log", "w+") as log:
			process = subprocess.Popen(
				line, stdout=log, stderr=log, env={**os.environ, **threads}, cwd=directory
			)
			start, error = time.monotonic(), None
			while process.poll() is None:
				time.sleep(0.1)
				if time.monotonic() - start > arguments.seconds:
					error = f"not done after {arguments.seconds:.0f} s"
				elif resident(process) > arguments.gigabytes * 1e9:
					error = f"took more than {arguments.gigabytes:g} GB"
				if error:
					process.kill()
					process.wait()
					return {"error": error}
			log.seek(0)
			lines = log.read().strip().splitlines()
		if arguments.verbose:
			print("\n".join(lines), file=sys.stderr)
		if process.returncode == 0 and answer.exists():
			return json.loads(answer.read_text())
		return {"error": lines[-1] if lines else f"ended with status {process.returncode}"}


def failed(method, why, tuned=False):
	return asdict(Result(method.library, version(method.library), method.name, tuned=tuned, error=why))


def results(arguments, method, retrained):
	"""The result with defaults and, where there is something to tune on, with the best damping."""
	print(f"{method.key} ...", file=sys.stderr)
	answer = run_child(arguments, method.key)
	why = answer.get("refusal") or answer.get("error")
	yield failed(method, why) if why else answer["result"]
	if "refusal" in answer or not method.grid or not retrained:
		return
	answer = run_child(arguments, method.key, "--tune")
	if "tried" not in answer:
		yield failed(method, answer["error"], tuned=True)
		return
	best = max(answer["tried"], key=lambda pair: pair[1])[0]
	answer = run_child(arguments, method.key, "--damping", repr(best))
	yield answer.get("result") or failed(method, answer.get("error"), tuned=True)


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("directory", type=lambda path: str(Path(path).resolve()))
	parser.add_argument("--methods", help="keys, separated by commas [default: all but the slowest]")
	parser.add_argument("--threads", type=int, default=os.cpu_count())
	parser.add_argument("--seconds", type=float, default=300, help="limit of each process")
	parser.add_argument("--gigabytes", type=float, default=10, help="limit of each process")
	parser.add_argument("--verbose", action="store_true")
	for name in ("--child", "--answer"):
		parser.add_argument(name, help=argparse.SUPPRESS)
	parser.add_argument("--tune", action="store_true", help=argparse.SUPPRESS)
	parser.add_argument("--damping", type=float, help=argparse.SUPPRESS)
	arguments = parser.parse_args()
	if arguments.child:
		return child(arguments)
	retrained = json.loads((Path(arguments.directory) / "subsets.json").read_text()) != []
	found = methods()
	wanted = arguments.methods.split(",") if arguments.methods else [
		key for key, method in found.items() if not method.optional
	]
	if unknown := [key for key in wanted if key not in found]:
		raise SystemExit(f"error: no method {unknown[0]}; there are {', '.join(found)}")
	all_results = [r for key in wanted for r in results(arguments, found[key], retrained)]
	print(json.dumps(all_results, indent=1))


if __name__ == "__main__":
	main()
