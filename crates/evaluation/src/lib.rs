//! How well scores predict what retraining would do.
//!
//! | measure | what it compares with |
//! | --- | --- |
//! | linear datamodeling score | training on random halves of rows or of contributions |
//! | leaving out | the exact minimum without one row, on a convex model |
//! | removal | training without the rows that a method says helped most |
//! | mislabelled rows | labels that were changed on purpose |
//!
//! All methods share the same retrainings, and every value has a bootstrap interval. Results are
//! the same bits for any number of threads.

pub mod bm25;
mod detection;
pub mod export;
mod lds;
mod leave_one_out;
mod lexical;
mod logistic;
mod memory;
pub mod messages;
mod method;
mod mislabelled;
mod protocol;
mod removal;
mod retrain;
mod statistics;
mod task;

pub use detection::Detection;
pub use lds::{half_subsets, linear_datamodeling_score};
pub use leave_one_out::{LeaveOneOut, LeaveOneOutResult};
pub use lexical::Lexical;
pub use memory::{Memory, Meter};
pub use method::{Measured, Method, Precision, Scorer};
pub use mislabelled::{Mislabelled, MislabelledResult};
pub use protocol::{Measure, Protocol};
pub use removal::{Removal, RemovalPoint, RemovalResult};
pub use statistics::{pearson, spearman, Bootstrap, Estimate};
pub use task::{Subject, Task};

use export::Export;
use lds::Retrained;
use method::Scored;
use openledger_models::{Error, Progress, Result, TrainConfig};
use retrain::retrain;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Instant};
use task::derived_seed;

/// What an evaluation found, with all that is needed to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
	/// The name of the task.
	pub task: String,
	/// The recipe that the attributed model was trained by.
	pub config: TrainConfig,
	/// Number of training rows: those that are scored.
	pub train_rows: usize,
	/// Number of test rows: the queries.
	pub test_rows: usize,
	/// The part of test rows that the attributed model answers with their label, 0 to 1.
	pub accuracy: f64,
	/// Its loss on the training rows, in nats.
	pub training_loss: f64,
	/// The length of the training objective's gradient at its parameters.
	pub gradient_norm: f64,
	/// The settings that measures were taken with.
	pub protocol: Protocol,
	/// Linear datamodeling scores, by rows and by contributions as was asked for.
	pub lds: Vec<Lds>,
	/// How well scores predict leaving out one row, if that was measured.
	pub leave_one_out: Option<LeaveOneOut>,
	/// What removing the most helpful rows does, if that was measured.
	pub removal: Option<Removal>,
	/// How well methods find mislabelled rows, if that was measured.
	pub mislabelled: Option<Mislabelled>,
	/// Wall time of everything, in seconds.
	pub seconds: f64,
}

/// Linear datamodeling scores (Park et al. 2023, definition 2.3) with the margin of the test row's
/// label as output function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lds {
	/// Number of rows of a contribution.
	pub contribution_rows: usize,
	/// Contributions; subsets are halves of them.
	pub contributions: usize,
	/// The highest score that a perfect prediction would reach, from the agreement of retrainings;
	/// `None` if each subset was trained on once.
	pub ceiling: Option<f64>,
	/// Wall time of the retrainings, in seconds; little when they come from the cache.
	pub retraining_seconds: f64,
	/// The scores of each method.
	pub results: Vec<LdsResult>,
}

/// The linear datamodeling score of one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LdsResult {
	/// Which method it is, and what it took.
	#[serde(flatten)]
	pub measured: Measured,
	/// The mean over test rows.
	pub lds: Estimate,
	/// Predicted and actual output for the first test row, for each subset.
	pub example: Vec<(f64, f64)>,
}

/// Lets everything of this crate run on that many threads, in the whole process and from the first
/// computation on; the default is all processors.
///
/// # Errors
/// [`Error::Setting`] if there are none, or something has run already.
pub fn limit_threads(threads: usize) -> Result<()> {
	if threads == 0 {
		return Err(Error::setting("threads", "must be at least 1"));
	}
	rayon::ThreadPoolBuilder::new()
		.num_threads(threads)
		.build_global()
		.map_err(|error| Error::setting("threads", format!("cannot be set any more: {error}")))
}

/// Trains the task's model, and takes `measures` of `methods`.
///
/// # Errors
/// [`Error::Setting`] if a setting is out of range or a measure does not apply to the task, and
/// those of training, building and querying.
pub fn evaluate(
	task: &Task,
	methods: &[Method],
	measures: &BTreeSet<Measure>,
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<EvaluationReport> {
	protocol.check(task, measures)?;
	let start = Instant::now();
	// Before the work, for it fails where there is no room.
	let export = protocol.export.as_deref().map(|root| Export::create(root, task)).transpose()?;
	let export = export.as_ref();
	let subject = Subject::train(task, progress)?;
	if let Some(export) = export {
		export.subject(&subject)?;
	}
	let mut report = EvaluationReport {
		task: task.name.clone(),
		config: task.config.clone(),
		train_rows: task.train.len(),
		test_rows: task.test.len(),
		accuracy: subject.accuracy,
		training_loss: subject.loss,
		gradient_norm: subject.gradient_norm,
		protocol: protocol.clone(),
		lds: Vec::new(),
		leave_one_out: None,
		removal: None,
		mislabelled: None,
		seconds: 0.0,
	};
	let wanted = |measure| measures.contains(&measure);
	if [Measure::LdsRows, Measure::LeaveOneOut, Measure::Removal].into_iter().any(wanted) {
		let rows = task.groups(1);
		let scored = score(&subject, methods, &rows, progress)?;
		if wanted(Measure::LdsRows) {
			report.lds.push(lds(&subject, &scored, &rows, protocol, export, progress)?);
		}
		if wanted(Measure::LeaveOneOut) {
			let left_out = leave_one_out::leave_out(&subject, protocol, progress)?;
			report.leave_one_out = Some(left_out.compare(&scored, protocol));
		}
		if wanted(Measure::Removal) {
			// Retrainings are of each method's own, so once for each method is enough.
			let mut seen = BTreeSet::new();
			let mut first = scored;
			first.retain(|scored| seen.insert(scored.measured.method.clone()));
			report.removal = Some(removal::remove(&subject, &first, protocol, progress)?);
		}
	}
	if wanted(Measure::LdsContributions) {
		let groups = task.groups(protocol.contribution_rows);
		let scored = score(&subject, methods, &groups, progress)?;
		report.lds.push(lds(&subject, &scored, &groups, protocol, export, progress)?);
	}
	if wanted(Measure::Mislabelled) {
		let mut suspected = Vec::new();
		for method in methods {
			suspected.extend(method.suspect(&subject, progress)?);
		}
		let bootstrap = protocol.bootstrap();
		report.mislabelled = Some(mislabelled::detect(&subject, &suspected, &bootstrap)?);
	}
	report.seconds = start.elapsed().as_secs_f64();
	Ok(report)
}

fn score(
	subject: &Subject<'_>,
	methods: &[Method],
	groups: &[Vec<usize>],
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Scored>> {
	let contributions = subject.task.contributions(groups)?;
	let mut scored = Vec::new();
	for method in methods {
		for one in method.score(subject, &contributions, progress)? {
			check(&one, subject.task.test.len(), groups.len())?;
			scored.push(one);
		}
	}
	Ok(scored)
}

/// Everything after relies on this.
fn check(scored: &Scored, queries: usize, contributions: usize) -> Result<()> {
	let fits = scored.scores.len() == queries
		&& scored.scores.iter().all(|scores| scores.len() == contributions);
	if !fits {
		let name = &scored.measured.method;
		let reason = format!("{name} does not score each contribution for each test row");
		return Err(Error::setting("methods", reason));
	}
	if scored.scores.iter().flatten().any(|score| !score.is_finite()) {
		return Err(Error::NotFinite("a score"));
	}
	Ok(())
}

fn lds(
	subject: &Subject<'_>,
	scored: &[Scored],
	groups: &[Vec<usize>],
	protocol: &Protocol,
	export: Option<&Export>,
	progress: &mut dyn FnMut(Progress),
) -> Result<Lds> {
	let start = Instant::now();
	let rows = groups.first().map_or(0, Vec::len);
	// Rows and contributions have subsets and seeds of their own.
	let purpose = |what: &str| format!("{what} of {rows}");
	let seed = derived_seed(protocol.seed, &purpose("subsets"), 0);
	let subsets = half_subsets(groups.len(), protocol.subsets, seed);
	let jobs = Retrained::jobs(&subsets, groups, protocol.retrains, |number| {
		derived_seed(protocol.seed, &purpose("retraining"), number)
	});
	let outcomes = retrain(subject, &jobs, protocol, progress)?;
	let retraining_seconds = start.elapsed().as_secs_f64();
	let retrained = Retrained::new(subsets, &outcomes, protocol.retrains);
	if let Some(export) = export {
		export.retrained(rows, &retrained, &outcomes, scored)?;
	}
	let result = |scored: &Scored| LdsResult {
		measured: scored.measured.clone(),
		lds: retrained.score(&scored.scores, &protocol.bootstrap()),
		example: retrained.pairs(&scored.scores, 0),
	};
	Ok(Lds {
		contribution_rows: rows,
		contributions: groups.len(),
		ceiling: retrained.ceiling,
		retraining_seconds,
		results: scored.iter().map(result).collect(),
	})
}

#[cfg(test)]
mod tests;
