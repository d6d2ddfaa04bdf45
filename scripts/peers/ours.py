"""Our own methods: `openledger-bench score`, by leaves of single rows or by rows without leaves."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from method import RESAMPLES, Result, again
from process import run
from score import lds

# Above this the exact curvature is solved row by row, which takes long.
EXACT_LIMIT = 8192


def measure(task, workload, name, chosen):
	method, _, by = name.partition(":")
	result = Result("openledger", "", f"{method} {by or 'int16'}")
	print(f"{workload.name}: {result.label} ...", file=sys.stderr)
	with tempfile.TemporaryDirectory() as directory:
		scores = Path(directory) / "scores.npy"
		line = [chosen.openledger_bench, "score", task, "--method", method, "--by", by or "int16"]
		line += ["--threads", chosen.threads, "--output", scores, "--json", "--quiet"]
		runs = []
		while again([seconds(document) for document, _ in runs]):
			ended = run(line, chosen.seconds, chosen.gigabytes)
			if ended.error:
				result.error = ended.error
				return result
			runs.append((json.loads(ended.output), ended.anonymous_bytes))
		best, result.anonymous_bytes = min(runs, key=lambda pair: seconds(pair[0]))
		result.building_seconds = best["building_seconds"]
		result.scoring_seconds = best["scoring_seconds"]
		result.pairs_per_second = workload.pairs / result.seconds
		if best["memory"]:
			result.peak_bytes, result.more_bytes = best["memory"]["peak"], best["memory"]["growth"]
		if workload.retrained:
			result.lds, result.interval = lds(np.load(scores), workload.subsets, workload.outputs, RESAMPLES)
	return result


def seconds(document):
	return document["building_seconds"] + document["scoring_seconds"]
