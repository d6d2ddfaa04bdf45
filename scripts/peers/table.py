"""Prints results side by side."""

HEADINGS = ("", "method", "LDS", "95 %", "build s", "score s", "pairs/s", "MB", "MB more", "MB anon", "")
RATIOS = ("ours", "against", "LDS", "their LDS", "pairs/s", "score s", "MB", "MB more", "MB anon")
LEGEND = """\
LDS          linear datamodeling score on the same random halves and retrained margins for all;
             higher is better, the interval is of a bootstrap over test rows and halves
tuned        its setting is the best of a grid on this very score, which favours it; ours have their
             defaults; kronfluence's damping_factor 0 is its heuristic, a tenth of the mean eigenvalue
build s      seconds for what all queries share: our index, once for a model; curvature, projections
             and features of the libraries, where they keep any
score s      seconds for the scores of all test rows against all training rows, with all that is
             computed again for every set of queries; imports, loading and tuning are in neither
pairs/s      pairs of test and training row, over both
MB           the whole process at its highest, mapped files counted; the libraries' has PyTorch in it
MB more      by how much that exceeds the process that has imported and loaded everything
MB anon      the most seen in samples, mapped files not counted
ratios       pairs/s and score s: how many times faster ours is; MB: the part of theirs that ours takes"""


def heading(workload):
	network = workload.architecture
	if workload.adapter:
		config, lora = workload.settings
		shape = f"BERT {config['num_hidden_layers']} x {config['hidden_size']}, LoRA rank {lora['r']}"
	else:
		shape = "-".join(map(str, network.get("widths") or (network["inputs"], network["classes"])))
	retrained = f"{len(workload.subsets)} halves retrained" if workload.retrained else "LDS not taken"
	return (
		f"{workload.name}: {shape}, {workload.parameters:,} trained parameters, accuracy {workload.accuracy:.3f}; "
		f"{len(workload.train):,} training and {len(workload.test):,} test rows; {retrained}"
	)


def form(value, style):
	return "" if value is None else format(value, style)


def megabytes(value):
	return "" if value is None else f"{value / 1e6:,.0f}"


def cells(result):
	interval = "[{:.3f}, {:.3f}]".format(*result.interval) if result.interval else ""
	note = result.error or (f"tuned: {result.damping}" if result.damping else "")
	if result.error and result.tuned:
		note = f"tuned: {note}"
	return (
		f"{result.library} {result.version}".strip(),
		result.method,
		form(result.lds, ".3f"),
		interval,
		form(result.building_seconds, ".2f"),
		form(result.scoring_seconds, ".2f"),
		form(result.pairs_per_second, ",.0f"),
		megabytes(result.peak_bytes),
		megabytes(result.more_bytes),
		megabytes(result.anonymous_bytes),
		note,
	)


def rivals(result, theirs):
	"""Those that a result of ours is held against, with why."""
	fastest = lambda some: max(some, key=lambda r: r.pairs_per_second)
	yield "fastest", fastest(theirs)
	scored = [r for r in theirs if r.lds is not None]
	if scored:
		yield "highest LDS", max(scored, key=lambda r: r.lds)
	if result.lds is not None:
		better = [r for r in scored if r.lds >= result.lds]
		if better:
			yield "fastest of LDS no lower", fastest(better)


def ratios(results):
	ours = [r for r in results if r.library == "openledger" and r.pairs_per_second]
	# A method whose scores are not numbers is no rival, however fast.
	theirs = [r for r in results if r.library != "openledger" and r.pairs_per_second and not r.error]
	if not theirs:
		return
	for result in ours:
		for why, rival in rivals(result, theirs):
			part = lambda name: form(share(getattr(result, name), getattr(rival, name)), ".2f")
			yield (
				result.method,
				f"{why}: {rival.label}",
				form(result.lds, ".3f"),
				form(rival.lds, ".3f"),
				f"{result.pairs_per_second / rival.pairs_per_second:.1f}",
				form(share(rival.scoring_seconds, result.scoring_seconds), ".1f"),
				part("peak_bytes"),
				part("more_bytes"),
				part("anonymous_bytes"),
			)


def share(one, other):
	return None if one is None or not other else one / other


def aligned(headings, rows, texts):
	rows = [headings, *rows]
	widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
	pad = lambda column, cell: cell.ljust(widths[column]) if column in texts else cell.rjust(widths[column])
	return "\n".join("  ".join(map(pad, range(len(row)), row)).rstrip() for row in rows)


def text(results):
	# The best first; then those without a score, by time; then those that failed.
	order = lambda r: (r.lds is None, -(r.lds or 0), r.seconds is None, r.seconds or 0)
	table = aligned(HEADINGS, [cells(r) for r in sorted(results, key=order)], {0, 1, 10})
	compared = aligned(RATIOS, list(ratios(results)), {0, 1})
	return f"{table}\n\n{compared}"
