//! What an evaluation does.

use super::{task::derived_seed, Bootstrap, Task};
use openledger_models::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, num::NonZero, path::PathBuf, thread};

/// A comparison of scores with what retraining does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
	/// The linear datamodeling score, where each row is a contribution of its own.
	LdsRows,
	/// The linear datamodeling score of contributions of several rows each.
	LdsContributions,
	/// The correlation of scores with what leaving out one row changes; for logistic regression only.
	LeaveOneOut,
	/// How much an answer changes when the rows that helped it most are removed.
	Removal,
	/// How well scores find mislabelled rows; for tasks that have some.
	Mislabelled,
}

/// The settings that measures are taken with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
	/// The number of random halves of the contributions.
	pub subsets: usize,
	/// The number of models trained on each half, over which outputs are averaged.
	pub retrains: usize,
	/// The number of rows of a contribution, where contributions have several.
	pub contribution_rows: usize,
	/// The number of rows that are left out, one at a time.
	pub left_out: usize,
	/// How many of the most helpful rows are removed: each of these numbers in turn.
	pub removed: Vec<usize>,
	/// The number of test rows for which rows are removed.
	pub removal_rows: usize,
	/// The number of models trained on the rows that remain after each removal.
	pub removal_retrains: usize,
	/// The number of resamples of each bootstrap interval.
	pub resamples: usize,
	/// Fixes subsets, samples, resamples and the seeds of retraining.
	pub seed: u64,
	/// The number of threads that retrain, which does not change the result.
	pub threads: usize,
	/// Where outcomes of retrainings are kept from one evaluation to the next, if anywhere.
	pub cache: Option<PathBuf>,
	/// Where each task is written to a directory of its name, if anywhere: see [`super::export`].
	pub export: Option<PathBuf>,
}

impl Protocol {
	/// Usual settings: 100 halves with 3 models each, contributions of 20 rows, 60 rows
	/// left out, and 20, 40 and 80 rows removed for 20 test rows with 3 models each. Intervals are drawn
	/// from 1,000 resamples. All processors are used, and nothing is kept on disk.
	pub fn standard() -> Self {
		Self {
			subsets: 100,
			retrains: 3,
			contribution_rows: 20,
			left_out: 60,
			removed: vec![20, 40, 80],
			removal_rows: 20,
			removal_retrains: 3,
			resamples: 1000,
			seed: 0,
			threads: thread::available_parallelism().map_or(1, NonZero::get),
			cache: None,
			export: None,
		}
	}

	pub(super) fn bootstrap(&self) -> Bootstrap {
		let seed = derived_seed(self.seed, "bootstrap", 0);
		Bootstrap { resamples: self.resamples, seed }
	}

	/// Checks that settings are in range and that the measures apply to the task.
	pub(super) fn check(&self, task: &Task, measures: &BTreeSet<Measure>) -> Result<()> {
		task.config.check()?;
		let rows = task.train.len();
		let wanted = |measure| measures.contains(&measure);
		let grouped = wanted(Measure::LdsContributions);
		let contributions = match self.contribution_rows {
			_ if !grouped => usize::MAX,
			0 => 0,
			size => rows.div_ceil(size),
		};
		let retrains = wanted(Measure::LdsRows) || grouped;
		for (setting, value, least) in [
			("subsets", self.subsets, if retrains { 2 } else { 0 }),
			("retrains", self.retrains, 1),
			("removal_retrains", self.removal_retrains, 1),
			("removal_rows", self.removal_rows, 1),
			("left_out", self.left_out, 2),
			("resamples", self.resamples, 1),
			("threads", self.threads, 1),
			("contribution_rows", self.contribution_rows, usize::from(grouped)),
			("train_rows", rows, 2),
			("contributions", contributions, 2),
		] {
			if value < least {
				return Err(Error::setting(setting, format!("must be at least {least}")));
			}
		}
		let most = |setting, value: usize, most: usize| match value > most {
			true => Err(Error::setting(setting, format!("must be at most {most}"))),
			false => Ok(()),
		};
		if wanted(Measure::Removal) {
			most("removal_rows", self.removal_rows, task.test.len())?;
			let removed = self.removed.iter().max().copied().unwrap_or(0);
			most("removed", removed, rows - 1)?;
			if removed == 0 {
				return Err(Error::setting("removed", "must name a number of rows"));
			}
		}
		if wanted(Measure::Mislabelled) && task.mislabelled.is_empty() {
			let reason = "the task has no rows known to be mislabelled";
			return Err(Error::setting("measures", reason));
		}
		most("mislabelled", task.mislabelled.last().map_or(0, |row| row + 1), rows)
	}
}
