//! How well scores predict what retraining would do.

mod lds;

pub use lds::{half_subsets, linear_datamodeling_score, spearman};

use crate::{
	index::{margin_coordinates, FloatIndex},
	model::network::margin,
	train, Contribution, Dataset, Error, Index, IndexBuilder, Model, Progress, Result, TrainConfig,
};
use openledger_proof::Width;
use serde::{Deserialize, Serialize};
use std::{
	num::NonZero,
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		mpsc,
	},
	thread,
	time::Instant,
};

/// What an evaluation does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
	/// The recipe of the attributed model and of every retraining; only the seed differs.
	pub config: TrainConfig,
	/// Random halves of the training rows.
	pub subsets: usize,
	/// Models trained on each half, over which outputs are averaged.
	pub retrains: usize,
	/// Fixes the halves and the seeds of retraining.
	pub seed: u64,
	/// Threads that retrain; they do not change the result.
	pub threads: usize,
}

impl Protocol {
	/// 100 halves, 3 models each, on all processors.
	pub fn standard(config: TrainConfig) -> Self {
		let threads = thread::available_parallelism().map_or(1, NonZero::get);
		Self { config, subsets: 100, retrains: 3, seed: 0, threads }
	}

	fn check(&self) -> Result<()> {
		self.config.check()?;
		let least = [
			("subsets", self.subsets, 2),
			("retrains", self.retrains, 1),
			("threads", self.threads, 1),
		];
		for (setting, value, least) in least {
			if value < least {
				return Err(Error::setting(setting, format!("must be at least {least}")));
			}
		}
		Ok(())
	}
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
	/// The part of test rows that the attributed model answers with their label, 0 to 1.
	pub accuracy: f64,
	/// Its loss on the training rows, in nats.
	pub training_loss: f64,
	/// Linear datamodeling score with real scores, row by row.
	pub lds_float: f64,
	/// The same with an 8-bit index and 8-bit queries.
	pub lds_int8: f64,
	/// The same with an 16-bit index and 16-bit queries.
	pub lds_int16: f64,
	/// Standard error of `lds_int8` over the test rows.
	pub lds_int8_error: f64,
	/// The builder's name.
	pub builder: String,
	/// Its parameters.
	pub parameters: serde_json::Value,
	/// Training rows.
	pub train_rows: usize,
	/// Test rows.
	pub test_rows: usize,
	/// What was done.
	pub protocol: Protocol,
	/// Wall time of the retrainings, in seconds.
	pub retraining_seconds: f64,
	/// Wall time of index and scores, in seconds.
	pub scoring_seconds: f64,
	/// Wall time of everything, in seconds.
	pub seconds: f64,
}

/// Trains a model, scores every training row for every test row, and compares the scores with
/// retraining on random halves: the linear datamodeling score as Park et al. 2023 (TRAK),
/// definition 2.3, define it, with the margin of the correct class as output function.
///
/// Row by row: each training row is a contribution of its own.
///
/// # Errors
/// [`Error::Setting`] and those of training, building and querying.
pub fn evaluate(
	builder: &dyn IndexBuilder,
	train_rows: &Dataset,
	test_rows: &Dataset,
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<Report> {
	protocol.check()?;
	let start = Instant::now();
	let trained = train(train_rows, &protocol.config, progress)?;
	let model = &trained.model;
	let accuracy = model.accuracy(test_rows)?;

	let retraining = Instant::now();
	let subsets = half_subsets(train_rows.len(), protocol.subsets, protocol.seed);
	let outputs = retrain(train_rows, test_rows, &subsets, protocol, progress)?;
	let retraining_seconds = retraining.elapsed().as_secs_f64();

	let scoring = Instant::now();
	let rows = (0..).zip(0..train_rows.len());
	let rows = rows.map(|(id, i)| Ok(Contribution { id, rows: train_rows.select(&[i])? }));
	let rows = rows.collect::<Result<Vec<_>>>()?;
	let float = builder.build(model, &rows, progress)?;
	let index = |width| Index::quantise(builder, model, &rows, float.clone(), width);
	let (int8, int16) = (index(Width::Int8)?, index(Width::Int16)?);
	let (mut by_float, mut by_int8, mut by_int16) = (Vec::new(), Vec::new(), Vec::new());
	for (t, (row, label)) in test_rows.rows().enumerate() {
		let gradient = query_gradient(model, &float, row, label);
		let of = |scores: &[f64]| linear_datamodeling_score(scores, &subsets, &outputs[t]);
		by_float.push(of(&float.scores(&gradient)));
		by_int8.push(of(&integer_scores(&int8, &gradient)?));
		by_int16.push(of(&integer_scores(&int16, &gradient)?));
	}
	let (lds_int8, lds_int8_error) = mean_and_error(&by_int8);
	Ok(Report {
		accuracy,
		training_loss: trained.loss,
		lds_float: mean_and_error(&by_float).0,
		lds_int8,
		lds_int16: mean_and_error(&by_int16).0,
		lds_int8_error,
		builder: builder.name().to_owned(),
		parameters: builder.parameters(),
		train_rows: train_rows.len(),
		test_rows: test_rows.len(),
		protocol: protocol.clone(),
		retraining_seconds,
		scoring_seconds: scoring.elapsed().as_secs_f64(),
		seconds: start.elapsed().as_secs_f64(),
	})
}

fn query_gradient(model: &Model, float: &FloatIndex, row: &[f32], label: u32) -> Vec<f64> {
	let mut gradient = vec![0.0; float.basis.dimension()];
	margin_coordinates(model.network(), &float.basis, row, label as usize, &mut gradient);
	gradient
}

fn integer_scores(index: &Index, gradient: &[f64]) -> Result<Vec<f64>> {
	let query = index.query_sketch(gradient)?;
	let score = |leaf: &openledger_proof::Leaf| query.dot(&leaf.sketch).map(|score| score as f64);
	let scores: std::result::Result<_, _> = index.leaves().iter().map(score).collect();
	scores.map_err(|error| Error::malformed("index file", error))
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
	let count = values.len() as f64;
	let mean = values.iter().sum::<f64>() / count;
	let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
	(mean, (variance / count).sqrt())
}

/// The mean margin of each test row's label over the models trained on each subset,
/// `[test][subset]`.
///
/// Each model has a seed of its own, none of them the attributed model's.
fn retrain(
	train_rows: &Dataset,
	test_rows: &Dataset,
	subsets: &[Vec<usize>],
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Vec<f64>>> {
	let jobs = subsets.len() * protocol.retrains;
	let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
	let (sender, results) = mpsc::channel();
	let run = |job: usize| -> Result<Vec<f64>> {
		let rows = train_rows.select(&subsets[job / protocol.retrains])?;
		// The golden ratio's multiples keep seeds of different evaluations apart.
		let seed = protocol.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
		let seed = protocol.config.seed.wrapping_add(seed).wrapping_add(1 + job as u64);
		let config = TrainConfig { seed, ..protocol.config.clone() };
		let model = train(&rows, &config, &mut |_| ())?.model;
		let margin = |(row, label): (&[f32], u32)| Ok(margin(&model.logits(row)?, label as usize));
		test_rows.rows().map(margin).collect()
	};
	let mut margins = vec![Vec::new(); jobs];
	thread::scope(|scope| -> Result<()> {
		for _ in 0..protocol.threads {
			let (run, next, stop, sender) = (&run, &next, &stop, sender.clone());
			scope.spawn(move || loop {
				let job = next.fetch_add(1, Ordering::Relaxed);
				let done = job >= jobs || stop.load(Ordering::Relaxed);
				// Nobody listens any more when another job has failed.
				if done || sender.send((job, run(job))).is_err() {
					break;
				}
			});
		}
		for done in 1..=jobs {
			// The senders outlive this loop, so there is always a next result.
			let Ok((job, result)) = results.recv() else { break };
			margins[job] = result.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
			progress(Progress {
				stage: "retraining",
				done: done as u64,
				total: jobs as u64,
				loss: None,
			});
		}
		Ok(())
	})?;
	let mean = |t: usize, of_subset: &[Vec<f64>]| {
		of_subset.iter().map(|margins| margins[t]).sum::<f64>() / of_subset.len() as f64
	};
	let of_test = |t| margins.chunks(protocol.retrains).map(|subset| mean(t, subset)).collect();
	Ok((0..test_rows.len()).map(of_test).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{blobs, digits},
		Activation, Architecture, EkFac, GradientDot,
	};

	fn run(threads: usize, retrains: usize) -> Result<Report> {
		let architecture = Architecture::mlp(&[2, 4, 3], Activation::Tanh);
		let config = TrainConfig { epochs: 20, ..TrainConfig::standard(architecture) };
		let protocol = Protocol { config, subsets: 30, retrains, seed: 1, threads };
		evaluate(&EkFac::default(), &blobs(40, 1), &blobs(20, 2), &protocol, &mut |_| ())
	}

	#[test]
	fn report_should_not_depend_on_threads() {
		let (one, three) = (run(1, 1).unwrap(), run(3, 1).unwrap());
		assert_eq!(one.lds_int8, three.lds_int8);
		assert_eq!(one.lds_float, three.lds_float);
		assert_eq!(one.accuracy, three.accuracy);
	}

	#[test]
	fn scores_should_predict_retraining_and_survive_quantisation() {
		let report = run(2, 3).unwrap();
		assert!(report.lds_float > 0.3, "{report:?}");
		assert!((report.lds_float - report.lds_int16).abs() < 0.01, "{report:?}");
		assert!((report.lds_float - report.lds_int8).abs() < 0.05, "{report:?}");
		assert!(report.accuracy > 0.9);
	}

	#[test]
	fn curvature_should_predict_retraining_better_than_gradients_alone() {
		let (train, rest) = digits().split(300, 3).unwrap();
		let test = rest.select(&(0..60).collect::<Vec<_>>()).unwrap();
		let architecture = Architecture::mlp(&[64, 12, 10], Activation::Tanh);
		let config = TrainConfig { epochs: 40, ..TrainConfig::standard(architecture) };
		let protocol =
			Protocol { subsets: 40, retrains: 1, threads: 2, ..Protocol::standard(config) };
		let run = |builder: &dyn IndexBuilder| {
			evaluate(builder, &train, &test, &protocol, &mut |_| ()).unwrap().lds_int8
		};
		let (with, without) = (run(&EkFac::default()), run(&GradientDot));
		assert!(with > 0.3 && with > without + 0.1, "{with} {without}");
	}

	#[test]
	fn evaluation_should_refuse_when_there_is_nothing_to_compare() {
		let error = run(1, 0).unwrap_err();
		assert_eq!(error.to_string(), "retrains: must be at least 1");
	}

	#[test]
	fn evaluation_should_stop_when_a_retraining_fails() {
		let architecture = Architecture::mlp(&[2, 4, 3], Activation::Relu);
		let standard = TrainConfig::standard(architecture);
		let config = TrainConfig { learning_rate: 1e30, ..standard };
		let protocol = Protocol { config, subsets: 4, retrains: 1, seed: 1, threads: 2 };
		let (train, test) = (blobs(40, 1), blobs(20, 2));
		let subsets = half_subsets(40, 4, 1);
		let result = retrain(&train, &test, &subsets, &protocol, &mut |_| ());
		assert!(matches!(result, Err(Error::Diverged { .. })));
	}
}
