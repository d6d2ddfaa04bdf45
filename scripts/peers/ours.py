"""Runs our own methods as `run.py` runs the others', on the task it has exported.

usage: ours.py DIR METHOD,... COMMAND...

COMMAND is `openledger bench influence` with its options. It first exports the tasks to DIR with all
methods' scores, then runs each method once more in a process of its own, without retraining, which
gives seconds and memory. The results, with the fields of `run.Result`, go to DIR/TASK/ours.json.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from load import load
from run import RESAMPLES, Result
from score import lds


def execute(line):
	"""Runs to the end and returns the peak memory of the process in bytes."""
	process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
	_, status, usage = os.wait4(process.pid, 0)
	if status != 0:
		code = os.waitstatus_to_exitcode(status)
		raise SystemExit(f"error: '{' '.join(map(str, line))}' ended with status {code}")
	return usage.ru_maxrss * 1024


def main():
	directory, methods, command = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:]
	print("openledger: scores, and retraining on halves ...", file=sys.stderr)
	execute([*command, "--methods", ",".join(methods), "--export", directory])
	tasks = [path.parent for path in sorted(directory.glob("*/model.safetensors"))]
	results = {task: [] for task in tasks}
	for method in methods:
		print(f"openledger/{method} ...", file=sys.stderr)
		with tempfile.TemporaryDirectory() as alone:
			line = [*command, "--methods", method, "--export", alone, "--subsets", "0"]
			# One task for each process would be exact; with several the peak is that of the largest.
			peak = execute(line)
			for task in tasks:
				measured = json.loads((Path(alone) / task.name / "ours" / f"{method}.json").read_text())
				results[task].append((method, measured, peak))
	for task, found in results.items():
		workload = load(task)
		written = [asdict(converted(task, workload, *measured)) for measured in found]
		(task / "ours.json").write_text(json.dumps(written, indent=1))


def converted(task, workload, method, measured, peak):
	result = Result("openledger", "", method)
	result.seconds, result.extra_bytes = measured["seconds"], measured["extra_bytes"]
	result.pairs_per_second, result.peak_bytes = workload.pairs / result.seconds, peak
	if workload.retrained:
		scores = json.loads((task / "ours" / f"{method}.json").read_text())["scores"]
		chosen = workload.subsets, workload.outputs, RESAMPLES
		result.lds, result.interval = lds(np.array(scores), *chosen)
	return result


if __name__ == "__main__":
	main()
