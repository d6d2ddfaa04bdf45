"""The linear datamodeling score (Park et al. 2023, definition 2.3)."""

import numpy as np
from scipy.stats import rankdata


def correlations(predicted, actual):
	"""Spearman's rank correlation of each row, [rows]; 0 where one side is constant."""
	a, b = rankdata(predicted, axis=1), rankdata(actual, axis=1)
	a -= a.mean(axis=1, keepdims=True)
	b -= b.mean(axis=1, keepdims=True)
	norm = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
	return np.divide((a * b).sum(axis=1), norm, out=np.zeros(len(a)), where=norm > 0)


def lds(scores, subsets, outputs, resamples=0, seed=0):
	"""The mean over test rows, with the 95 % interval of a bootstrap over test rows and subsets.

	`scores` is [test row][training row]; a positive score says that training on the row raises the
	margin. Scores that are not finite predict nothing: they count as 0.
	"""
	scores = np.where(np.isfinite(scores), scores, 0.0).astype(np.float64)
	member = np.zeros((len(subsets), scores.shape[1]))
	for subset, rows in enumerate(subsets):
		member[subset, rows] = 1
	predicted = scores @ member.T
	value = float(correlations(predicted, outputs).mean())
	if resamples == 0:
		return value, None
	random, (tests, count) = np.random.default_rng(seed), outputs.shape
	means = []
	for _ in range(resamples):
		drawn, columns = random.integers(tests, size=tests), random.integers(count, size=count)
		pick = np.ix_(drawn, columns)
		means.append(correlations(predicted[pick], outputs[pick]).mean())
	return value, [float(x) for x in np.percentile(means, [2.5, 97.5])]
