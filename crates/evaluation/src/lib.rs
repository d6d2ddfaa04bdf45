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
//!
//! | module | subject |
//! | --- | --- |
//! | this one | [`evaluate`], which takes all measures, and its report |
//! | `task`, `protocol` | what is evaluated, and the settings of measures |
//! | `method`, `memory` | methods under evaluation, the time and the memory that they take |
//! | `retrain`, `logistic` | training again on some rows; the exact minimum of a convex model |
//! | `lds`, `leave_one_out`, `removal` | the measures that retrain |
//! | `mislabelled`, `detection` | the measure that knows which labels are wrong |
//! | `statistics` | correlations, and intervals by the bootstrap |
//! | [`bm25`], `lexical` | a method that compares words, which attributions of texts must beat |
//! | [`messages`] | texts for tasks, made by a grammar |
//! | [`export`] | tasks as files for other programs |
//!
//! ```
//! use openledger_evaluation::{evaluate, Measure, Method, Precision, Protocol, Task};
//! use openledger_influence::EkFac;
//! use openledger_models::{Activation, Architecture, TrainConfig};
//! use openledger_rows::{Dataset, Schema};
//!
//! # fn main() -> openledger_models::Result<()> {
//! let train = b"0,1,0\n1,0,1\n0,2,0\n3,0,1\n0,3,0\n2,1,1\n";
//! let train = Dataset::from_csv(train, &Schema::default())?;
//! let test = Dataset::from_csv(b"2,0,1\n1,3,0\n", &Schema::default())?;
//! let architecture = Architecture::mlp(&[2, 4, 2], Activation::Tanh);
//! let task = Task::new("example", train, test, TrainConfig::standard(architecture));
//!
//! let name = "ekfac".to_owned();
//! let precisions = vec![Precision::Int8];
//! let method = Method::Index { name, builder: Box::new(EkFac::default()), precisions };
//! let protocol = Protocol { subsets: 10, retrains: 1, resamples: 100, ..Protocol::standard() };
//! let report = evaluate(&task, &[method], &[Measure::LdsRows].into(), &protocol, &mut |_| ())?;
//! let score = report.lds[0].results[0].lds;
//! assert!((-1.0..=1.0).contains(&score.value));
//! # Ok(())
//! # }
//! ```

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
pub struct Report {
	/// The name of the task.
	pub task: String,
	/// The recipe that the attributed model was trained by.
	pub config: TrainConfig,
	/// The number of training rows, which are those that are scored.
	pub train_rows: usize,
	/// The number of test rows, which are the queries.
	pub test_rows: usize,
	/// The part of test rows that the attributed model answers with their label, 0 to 1.
	pub accuracy: f64,
	/// The loss of that model on the training rows, in nats.
	pub training_loss: f64,
	/// The length of the training objective's gradient at that model's parameters.
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
	/// The number of rows of a contribution.
	pub contribution_rows: usize,
	/// The number of contributions, of which each subset has half.
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
	/// The method, with its settings, time and memory.
	#[serde(flatten)]
	pub measured: Measured,
	/// The mean of the score over test rows.
	pub lds: Estimate,
	/// Predicted and actual output for the first test row, for each subset.
	pub example: Vec<(f64, f64)>,
}

/// Has everything in this process run on that many threads, and not on one for each processor. It is to be
/// called before the first computation.
///
/// # Errors
/// [`Error::Setting`] if the number is zero, or something has run already.
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
) -> Result<Report> {
	protocol.check(task, measures)?;
	let start = Instant::now();
	// Before the work, for it fails where there is no room.
	let export = protocol.export.as_deref().map(|root| Export::create(root, task)).transpose()?;
	let export = export.as_ref();
	let subject = Subject::train(task, progress)?;
	if let Some(export) = export {
		export.subject(&subject)?;
	}
	let mut report = Report {
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

/// Checks that a method scored each contribution for each test row with a number: all that follows relies
/// on this.
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
