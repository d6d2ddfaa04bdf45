"""Compares attributions by OpenLedger with those of three Python libraries: dattri, kronfluence and
traker. All get the same rows, model, random halves and retrained margins, each method a process of
its own, all processors.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

WORKLOADS = {
	"digits": "MLP 64-32-10 on handwritten digits, 1,200 training and 200 test rows, 100 halves",
	"wide": "MLP 784-512-512-10, 5,000 training and 200 test rows; speed and memory only",
	"lora": "LoRA adapter and head on a small BERT, made on the spot",
}
OURS = ("exact:int16", "exact:int8", "exact:rows", "ekfac:int16", "ekfac:int8", "ekfac:rows", "gradient-dot:int8")
WIDE = ("ekfac:int8", "ekfac:rows", "gradient-dot:rows")


def arguments():
	parser = argparse.ArgumentParser(
		prog="scripts/bench influence --peers",
		description=__doc__,
		formatter_class=argparse.RawDescriptionHelpFormatter,
		epilog="workloads:\n" + "\n".join(f"  {name:8}{text}" for name, text in WORKLOADS.items()),
	)
	listed = lambda text: [name for name in text.split(",") if name]
	add = parser.add_argument
	add("--openledger-bench", type=Path, metavar="FILE", required=True, help="the binary (scripts/bench gives it)")
	add("--data", type=Path, metavar="CSV", required=True, help="the handwritten digits (scripts/bench gives it)")
	add("--workloads", type=listed, default=list(WORKLOADS), help="which, separated by commas [default: all]")
	add("--task", type=Path, action="append", default=[], metavar="DIR", help="also a task that `openledger-bench influence --export` wrote; may be repeated")
	add("--ours", type=listed, help=f"our methods, NAME:int8, NAME:int16 or NAME:rows [default: {','.join(OURS)}; where the exact curvature is out of reach {','.join(WIDE)}]")
	add("--methods", type=listed, help="methods of the libraries, such as dattri/EK-FAC [default: all but the slowest]")
	add("--list", action="store_true", help="list the libraries' methods and end")
	add("--untuned", action="store_true", help="leave out the runs that are tuned on the score")
	add("--wide-rows", type=int, default=5000, help="training rows of the wide workload")
	add("--threads", type=int, default=os.cpu_count(), help="threads of each process [default: all]")
	add("--seconds", type=float, default=600, help="longest time of each process")
	add("--gigabytes", type=float, default=12, help="most memory of each process, mapped files not counted")
	add("--cache", type=Path, metavar="DIR", help="keeps what retrained models answer, for the next time")
	add("--keep", type=Path, metavar="DIR", help="keeps the exported tasks; a new or empty directory")
	add("--report", type=Path, metavar="FILE", help="also writes all results as JSON")
	chosen = parser.parse_args()
	if unknown := [name for name in chosen.workloads if name not in WORKLOADS]:
		parser.error(f"no workload '{unknown[0]}'; there are {', '.join(WORKLOADS)}")
	for path in (chosen.openledger_bench, chosen.data):
		if not path.exists():
			parser.error(f"{path} does not exist")
	return chosen


def compare(task, chosen):
	"""Measures everything on one exported task and prints it."""
	import ours
	import peers
	import table
	from load import load

	workload = load(task)
	peers.check(task, chosen)
	names = chosen.ours or (WIDE if workload.parameters > ours.EXACT_LIMIT else OURS)
	results = [ours.measure(task, workload, name, chosen) for name in names]
	results += peers.measure(task, workload, chosen)
	print(f"\n{table.heading(workload)}\n\n{table.text(results)}\n", flush=True)
	return {"task": workload.name, "results": [asdict(result) for result in results]}


def main():
	chosen = arguments()
	if chosen.list:
		import peers

		print("\n".join(peers.methods()))
		return
	import workloads

	with tempfile.TemporaryDirectory(prefix="openledger-peers-") as scratch:
		root = chosen.keep or Path(scratch)
		if chosen.keep and chosen.keep.exists() and any(chosen.keep.iterdir()):
			raise SystemExit(f"error: {chosen.keep} is not empty: name a new directory, or empty it")
		made = [workloads.make(name, root / name, chosen) for name in chosen.workloads]
		found = [compare(task, chosen) for task in [*chosen.task, *made]]
	import table

	print(table.LEGEND)
	if chosen.report:
		chosen.report.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
	try:
		main()
	except KeyboardInterrupt:
		sys.exit("interrupted")
