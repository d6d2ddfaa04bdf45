//! What an evaluation does.

use super::{task::derived_seed, Bootstrap, Task};
use openledger_models::{Error, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, num::NonZero, path::PathBuf, thread};

/// One kind of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
	/// Linear datamodeling score, each row a contribution of its own.
	LdsRows,
	/// Linear datamodeling score over contributions of several rows.
	LdsContributions,
	/// Correlation with leaving out one row at a time; logistic regression only.
	LeaveOneOut,
	/// Removing the most helpful rows.
	Removal,
	/// Finding mislabelled rows; for tasks that have some.
	Mislabelled,
}

/// How measures are taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
	/// Random halves of the contributions.
	pub subsets: usize,
	/// Models trained on each half, over which outputs are averaged.
	pub retrains: usize,
	/// Rows of a contribution where contributions have several.
	pub contribution_rows: usize,
	/// Rows left out, one at a time.
	pub left_out: usize,
	/// How many of the most helpful rows are removed.
	pub removed: Vec<usize>,
	/// Test rows for which rows are removed.
	pub removal_rows: usize,
	/// Models trained on each remainder.
	pub removal_retrains: usize,
	/// Resamples of each bootstrap.
	pub resamples: usize,
	/// Fixes subsets, samples, resamples and the seeds of retraining.
	pub seed: u64,
	/// Threads that retrain; they do not change the result.
	pub threads: usize,
	/// Where outcomes of retrainings are kept from one evaluation to the next, if anywhere.
	pub cache: Option<PathBuf>,
	/// Where each task is written to a directory of its name, if anywhere: see [`super::export`].
	pub export: Option<PathBuf>,
}

impl Protocol {
	/// 100 halves, 3 models each; contributions of 20 rows; 60 rows left out; 20, 40 and 80 rows
	/// removed for 20 test rows, 3 models each; 1,000 resamples; on all processors, nothing kept.
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
