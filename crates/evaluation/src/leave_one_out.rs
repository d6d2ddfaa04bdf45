//! Leaving out one row at a time, on a model whose retraining has one outcome.

use super::{
	logistic::Problem,
	method::{Measured, Scored},
	statistics::{Correlation, Predictions},
	task::derived_seed,
	Estimate, Protocol, Subject,
};
use openledger_models::{Progress, Result, Stage};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How well scores predict what leaving out one row changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaveOneOut {
	/// The rows that were left out, one at a time.
	pub rows: Vec<usize>,
	/// The length of the objective's gradient at the exact minimum over all rows. It is as small at the
	/// minimum of every retraining.
	pub gradient_norm: f64,
	/// The largest change of a margin.
	pub largest_change: f64,
	/// How well the scores of each method predict the changes.
	pub results: Vec<LeaveOneOutResult>,
}

/// How well the scores of one method predict the changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaveOneOutResult {
	/// The method, with its settings, time and memory.
	#[serde(flatten)]
	pub measured: Measured,
	/// The correlation over rows between predicted and actual change of the margin, as the mean over
	/// test rows.
	pub pearson: Estimate,
	/// The correlation of the ranks of these changes, as the mean over test rows.
	pub spearman: Estimate,
	/// The predicted and the actual change of the first test row's margin, for each row left out.
	pub example: Vec<(f64, f64)>,
}

/// What leaving out rows changes.
pub(super) struct LeftOut {
	rows: Vec<usize>,
	gradient_norm: f64,
	/// The change of each test row's margin for each row left out, `[test][rows]`.
	changes: Vec<Vec<f64>>,
}

/// Finds the exact minimum over all rows, and without each of a random sample of rows.
pub(super) fn leave_out(
	subject: &Subject<'_>,
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<LeftOut> {
	let task = subject.task;
	let decay = f64::from(task.config.weight_decay);
	let problem = Problem::new(&subject.model, &task.train, decay)?;
	let mut rows: Vec<usize> = (0..task.train.len()).collect();
	let seed = derived_seed(protocol.seed, "left-out", 0);
	rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
	rows.truncate(protocol.left_out);
	rows.sort_unstable();
	let mut stage = Stage::LeavingOut.of(rows.len() as u64, progress);
	stage.done(0);
	let minimum = problem.minimise(&subject.model.parameters())?;
	let margins = |parameters: &[f64]| problem.margins(parameters, &subject.model, &task.test);
	let with = margins(&minimum.parameters)?;
	let mut without = Vec::with_capacity(rows.len());
	for rows in rows.chunks(2 * rayon::current_num_threads().max(1)) {
		let retrained: Vec<Result<Vec<f64>>> =
			rows.par_iter().map(|row| margins(&problem.without(&minimum, *row)?)).collect();
		for margins in retrained {
			without.push(margins?);
		}
		stage.done(without.len() as u64);
	}
	let changes = (0..task.test.len())
		.map(|q| without.iter().map(|margins| margins[q] - with[q]).collect())
		.collect();
	Ok(LeftOut { rows, gradient_norm: minimum.gradient_norm, changes })
}

impl LeftOut {
	/// Compares the scores of single rows with these changes.
	pub fn compare(&self, scored: &[Scored], protocol: &Protocol) -> LeaveOneOut {
		let result = |scored: &Scored| {
			let predicted: Vec<Vec<f64>> = scored
				.scores
				.iter()
				.map(|scores| self.rows.iter().map(|row| -scores[*row]).collect())
				.collect();
			let predictions = Predictions::new(&predicted, &self.changes);
			let bootstrap = protocol.bootstrap();
			let first = predicted.iter().zip(&self.changes).next();
			LeaveOneOutResult {
				measured: scored.measured.clone(),
				pearson: predictions.mean(Correlation::Pearson, &bootstrap),
				spearman: predictions.mean(Correlation::Spearman, &bootstrap),
				example: first.map_or(Vec::new(), |(predicted, actual)| {
					predicted.iter().copied().zip(actual.iter().copied()).collect()
				}),
			}
		};
		let changes = self.changes.iter().flatten();
		LeaveOneOut {
			rows: self.rows.clone(),
			gradient_norm: self.gradient_norm,
			largest_change: changes.fold(0.0, |max, change| max.max(change.abs())),
			results: scored.iter().map(result).collect(),
		}
	}
}
