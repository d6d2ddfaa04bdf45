"""Prints results side by side.

usage: table.py OURS.json PEERS.json

Both are lists of results with the fields of `run.Result`.
"""

import json
import sys
from pathlib import Path

HEADINGS = ("", "method", "LDS", "95 %", "seconds", "pairs/s", "MB more", "MB in all", "")
LEGEND = """\
LDS          the same random halves and retrained margins for all; higher is better
tuned        its setting is the best of a grid on this very score, which favours it; ours are not
             tuned; kronfluence's damping_factor 0 is its heuristic, a tenth of the mean eigenvalue
seconds      curvature and the scores of all pairs of test and training row, without imports,
             loading and tuning
MB more      by how much memory at its highest exceeds that before the computation
MB in all    the whole process at its highest; the libraries' includes PyTorch"""


def cells(result):
	number = lambda key, form: "" if result[key] is None else format(result[key], form)
	megabytes = lambda key: "" if result[key] is None else f"{result[key] / 1e6:,.0f}"
	interval = "[{:.3f}, {:.3f}]".format(*result["interval"]) if result["interval"] else ""
	note = result["error"] or (f"tuned: {result['damping']}" if result["damping"] else "")
	if result["error"] and result["tuned"]:
		note = f"tuned: {note}"
	return (
		f"{result['library']} {result['version']}".strip(),
		result["method"],
		number("lds", ".3f"),
		interval,
		number("seconds", ".2f"),
		number("pairs_per_second", ",.0f"),
		megabytes("extra_bytes"),
		megabytes("peak_bytes"),
		note,
	)


def text(results):
	# The best first; then those without a score, by time.
	order = lambda r: (r["lds"] is None, -(r["lds"] or 0), r["seconds"] is None, r["seconds"] or 0)
	rows = [HEADINGS] + [cells(result) for result in sorted(results, key=order)]
	widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
	numeric = range(2, len(HEADINGS) - 1)
	pad = lambda column, cell: cell.rjust(widths[column]) if column in numeric else cell.ljust(widths[column])
	return "\n".join("  ".join(map(pad, range(len(row)), row)).rstrip() for row in rows)


def main():
	results = [result for path in sys.argv[1:] for result in json.loads(Path(path).read_text())]
	print(f"{text(results)}\n\n{LEGEND}")


if __name__ == "__main__":
	main()
