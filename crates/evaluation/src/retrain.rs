//! Training again on some of the rows, on all processors, remembered on disk if wanted.

mod cache;

use super::{Protocol, Subject};
use cache::OutcomeCache;
use openledger_models::{
	argmax, network::margin, train, Error, Progress, Result, Stage, TrainConfig,
};
use std::{
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		mpsc,
	},
	thread,
};

/// A model to be trained again on some of the rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Retraining {
	/// Numbers of the rows, in order.
	pub rows: Vec<usize>,
	/// The seed of this training, in place of the recipe's.
	pub seed: u64,
}

/// What the retrained model answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RetrainingOutcome {
	/// The margin of each test row's own label, `[test]`.
	pub margins: Vec<f64>,
	/// The answered class, `[test]`.
	pub labels: Vec<u32>,
}

/// Runs all jobs and returns their outcomes in order, whatever the number of threads.
pub(super) fn retrain(
	subject: &Subject<'_>,
	jobs: &[Retraining],
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<RetrainingOutcome>> {
	let cache = protocol.cache.as_deref();
	let cache = cache.map(|directory| OutcomeCache::open(directory, subject)).transpose()?;
	let run = |job: &Retraining| -> Result<RetrainingOutcome> {
		if let Some(outcome) = cache.as_ref().and_then(|cache| cache.get(job)) {
			return Ok(outcome);
		}
		let outcome = outcome(subject, job)?;
		if let Some(cache) = &cache {
			cache.put(job, &outcome)?;
		}
		Ok(outcome)
	};
	let mut outcomes = vec![None; jobs.len()];
	let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
	let (sender, results) = mpsc::channel();
	thread::scope(|scope| -> Result<()> {
		for _ in 0..protocol.threads {
			let (run, next, stop, sender) = (&run, &next, &stop, sender.clone());
			scope.spawn(move || loop {
				let number = next.fetch_add(1, Ordering::Relaxed);
				let job = jobs.get(number).filter(|_| !stop.load(Ordering::Relaxed));
				let Some(job) = job else { break };
				// Nobody listens any more when another job has failed.
				if sender.send((number, run(job))).is_err() {
					break;
				}
			});
		}
		drop(sender);
		let mut stage = Stage::Retraining.of(jobs.len() as u64, progress);
		for (done, (number, result)) in (1..).zip(&results) {
			outcomes[number] = Some(result.inspect_err(|_| stop.store(true, Ordering::Relaxed))?);
			stage.done(done);
		}
		Ok(())
	})?;
	// Every job has sent its result by now.
	Ok(outcomes.into_iter().flatten().collect())
}

fn outcome(subject: &Subject<'_>, job: &Retraining) -> Result<RetrainingOutcome> {
	let task = subject.task;
	let rows = task.train.select(&job.rows)?;
	let config = TrainConfig { seed: job.seed, ..task.config.clone() };
	let model = train(&rows, &config, &mut |_| ())?.model;
	let logits = model.batch_logits(&task.test)?;
	let pairs = || logits.iter().zip(task.test.labels());
	let outcome = RetrainingOutcome {
		margins: pairs().map(|(logits, label)| margin(logits, *label as usize)).collect(),
		labels: logits.iter().map(|logits| argmax(logits)).collect(),
	};
	if outcome.margins.iter().any(|margin| !margin.is_finite()) {
		return Err(Error::NotFinite("the margin of a retrained model"));
	}
	Ok(outcome)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Task;
	use openledger_models::{testing::blobs, Activation, Architecture};
	use std::fs;

	fn task(learning_rate: f32) -> Task {
		let architecture = Architecture::mlp(&[2, 4, 3], Activation::Relu);
		let standard = TrainConfig::standard(architecture);
		let config = TrainConfig { epochs: 5, learning_rate, ..standard };
		Task::new("blobs", blobs(40, 1), blobs(20, 2), config)
	}

	fn jobs() -> Vec<Retraining> {
		(0..7).map(|n| Retraining { rows: (n..20 + n).collect(), seed: n as u64 }).collect()
	}

	fn protocol(threads: usize) -> Protocol {
		Protocol { threads, ..Protocol::standard() }
	}

	#[test]
	fn outcomes_should_not_depend_on_threads() {
		let task = task(0.05);
		let subject = Subject::train(&task, &mut |_| ()).unwrap();
		let run = |threads| {
			let mut reports = Vec::new();
			let mut progress = |p: Progress| reports.push((p.done, p.total));
			let found = retrain(&subject, &jobs(), &protocol(threads), &mut progress).unwrap();
			assert_eq!(reports, (1..=7).map(|n| (n, 7)).collect::<Vec<_>>());
			found
		};
		let one = run(1);
		assert_eq!(one.len(), 7);
		assert_eq!(one, run(3));
		assert_ne!(one[0], one[1]);
	}

	#[test]
	fn retraining_should_stop_when_a_job_fails() {
		let good = task(0.05);
		let subject = Subject::train(&good, &mut |_| ()).unwrap();
		let bad = task(1e30);
		let subject = Subject { task: &bad, ..subject };
		let result = retrain(&subject, &jobs(), &protocol(2), &mut |_| ());
		assert!(matches!(result, Err(Error::Diverged { .. })));
	}

	#[test]
	fn outcome_should_come_from_the_cache_unless_it_is_damaged_or_another_models() {
		let directory = std::env::temp_dir().join(format!("retrain-{}", std::process::id()));
		let task = task(0.05);
		let subject = Subject::train(&task, &mut |_| ()).unwrap();
		let plain = retrain(&subject, &jobs(), &protocol(2), &mut |_| ()).unwrap();
		let cached = Protocol { cache: Some(directory.clone()), ..protocol(2) };
		let run = || retrain(&subject, &jobs(), &cached, &mut |_| ()).unwrap();
		assert_eq!(run(), plain);
		let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|f| f.unwrap().path()).collect();
		assert_eq!(files.len(), 7);
		// The files are read: one job's outcome under another's name is refused, as is a stump.
		let contents = fs::read(&files[0]).unwrap();
		fs::write(&files[1], &contents).unwrap();
		fs::write(&files[2], &contents[..40]).unwrap();
		assert_eq!(run(), plain);
		assert_ne!(fs::read(&files[1]).unwrap(), contents);
		let cache = OutcomeCache::open(&directory, &subject).unwrap();
		assert_eq!(cache.get(&jobs()[3]).as_ref(), Some(&plain[3]));
		let other = Task { config: TrainConfig { seed: 9, ..task.config.clone() }, ..task.clone() };
		let other = Subject::train(&other, &mut |_| ()).unwrap().model;
		let cache = OutcomeCache::open(&directory, &Subject { model: other, ..subject }).unwrap();
		assert_eq!(cache.get(&jobs()[3]), None);
		fs::remove_dir_all(directory).unwrap();
	}
}
