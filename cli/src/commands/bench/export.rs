//! A task for other programs: rows, models, what retraining on halves gives, and our scores.

use crate::{
	error::{Error, Result},
	training::write,
};
use openledger_influence::{
	evaluate::{half_subsets, Method, Protocol, Task},
	model::network::margin,
	train, Contribution, FloatIndex, IndexBuilder, Model, Progress, TrainConfig,
};
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
	sync::atomic::{AtomicUsize, Ordering},
	thread,
	time::Instant,
};

/// Apart from the seeds of methods that train models of their own: none may know the models whose
/// outputs it is to predict.
const SEED: u64 = 0x6578_706f_7274 << 16;

/// Writes a task to a directory of its name under `directory`, which it returns.
///
/// | file | |
/// | --- | --- |
/// | `train.csv`, `test.csv` | the rows |
/// | `model.safetensors` | the weights file of the model that is attributed |
/// | `ours/METHOD.json` | `seconds` to index and score, `extra_bytes` of memory for it or null, `scores` `[test row][training row]` |
/// | `members/N.safetensors` | models of the same recipe and other seeds, `members` with the first |
/// | `subsets.json` | `protocol.subsets` random halves of the training rows, `[subset][rows]` |
/// | `outputs.json` | mean margins of `protocol.retrains` models trained on each, `[test row][subset]` |
///
/// Without subsets nothing is retrained, and there are no members.
///
/// # Errors
/// [`Error::Failure`] if a file cannot be written, and those of training and of the methods.
pub fn export(
	directory: &Path,
	task: &Task,
	methods: &[Method],
	protocol: &Protocol,
	members: usize,
	progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf> {
	let directory = directory.join(&task.name);
	for folder in ["ours", "members"] {
		let folder = directory.join(folder);
		fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
	}
	write(&directory.join("train.csv"), task.train.to_bytes())?;
	write(&directory.join("test.csv"), task.test.to_bytes())?;
	let model = train(&task.train, &task.config, progress)?.model;
	write(&directory.join("model.safetensors"), model.to_bytes())?;
	for method in methods {
		if let Method::Index { name, builder, .. } = method {
			let scored = score(builder.as_ref(), task, &model, progress)?;
			write(&directory.join(format!("ours/{name}.json")), scored.to_string())?;
		}
	}
	let subsets = half_subsets(task.train.len(), protocol.subsets, protocol.seed ^ SEED);
	if !subsets.is_empty() {
		for number in 1..members {
			let config = reseeded(task, number as u64);
			let member = train(&task.train, &config, progress)?.model;
			write(&directory.join(format!("members/{number}.safetensors")), member.to_bytes())?;
		}
	}
	write(&directory.join("outputs.json"), json!(outputs(task, &subsets, protocol)?).to_string())?;
	write(&directory.join("subsets.json"), json!(subsets).to_string())?;
	Ok(directory)
}

/// Indexes each training row as a contribution of its own and scores it for each test row.
fn score(
	builder: &dyn IndexBuilder,
	task: &Task,
	model: &Model,
	progress: &mut dyn FnMut(Progress),
) -> Result<serde_json::Value> {
	let row = |row: usize| -> Result<Contribution> {
		Ok(Contribution { id: row as u64, rows: task.train.select(&[row])? })
	};
	let rows = (0..task.train.len()).map(row).collect::<Result<Vec<_>>>()?;
	let (before, start) = (restart_peak(), Instant::now());
	let index: FloatIndex = builder.build(model, &rows, progress)?;
	let queries = index.queries(model, &task.test)?;
	let scores: Vec<Vec<f64>> = queries.iter().map(|query| index.scores(query)).collect();
	let seconds = start.elapsed().as_secs_f64();
	let peak = status("VmHWM:").zip(before).map(|(peak, before)| peak.saturating_sub(before));
	Ok(json!({ "seconds": seconds, "extra_bytes": peak, "scores": scores }))
}

/// Mean margins, `[test row][subset]`, over the models trained on each subset.
fn outputs(task: &Task, subsets: &[Vec<usize>], protocol: &Protocol) -> Result<Vec<Vec<f64>>> {
	let (next, retrains) = (AtomicUsize::new(0), protocol.retrains.max(1));
	let work = || -> Result<Vec<(usize, Vec<f64>)>> {
		let mut done = Vec::new();
		loop {
			let number = next.fetch_add(1, Ordering::Relaxed);
			let Some(subset) = subsets.get(number / retrains) else { return Ok(done) };
			done.push((number, margins(task, subset, number as u64)?));
		}
	};
	let mut found = Vec::new();
	thread::scope(|scope| -> Result<()> {
		let workers: Vec<_> = (0..protocol.threads).map(|_| scope.spawn(work)).collect();
		for worker in workers {
			found.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
		}
		Ok(())
	})?;
	// In the order of retrainings, so that sums are the same bits for any number of threads.
	found.sort_by_key(|(number, _)| *number);
	let mut outputs = vec![vec![0.0; subsets.len()]; task.test.len()];
	for (number, margins) in found {
		for (output, margin) in outputs.iter_mut().zip(margins) {
			output[number / retrains] += margin / retrains as f64;
		}
	}
	Ok(outputs)
}

/// The margin of each test row's label after training on `rows`.
fn margins(task: &Task, rows: &[usize], number: u64) -> Result<Vec<f64>> {
	let config = reseeded(task, SEED.wrapping_add(number));
	let model = train(&task.train.select(rows)?, &config, &mut |_| ())?.model;
	let logits = model.batch_logits(&task.test)?;
	let labels = task.test.labels();
	Ok(logits.iter().zip(labels).map(|(z, label)| margin(z, *label as usize)).collect())
}

fn reseeded(task: &Task, by: u64) -> TrainConfig {
	TrainConfig { seed: task.config.seed.wrapping_add(by), ..task.config.clone() }
}

/// Lets the kernel's record of the highest resident size begin anew (`proc_pid_clear_refs(5)`), and
/// returns the present size in bytes; `None` where there is no such record.
fn restart_peak() -> Option<u64> {
	fs::write("/proc/self/clear_refs", "5").ok()?;
	status("VmRSS:")
}

/// A size of this process in bytes.
fn status(name: &str) -> Option<u64> {
	let text = fs::read_to_string("/proc/self/status").ok()?;
	let line = text.lines().find_map(|line| line.strip_prefix(name))?;
	line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_influence::{
		builders::GradientDot, evaluate::Precision, Activation, Architecture, Dataset,
	};

	fn task() -> Task {
		let rows = |from: u32, count: u32| {
			let label = |row: u32| row % 2;
			let features = (from..from + count)
				.flat_map(|row| [label(row) as f32 * 2.0 - 1.0 + 0.01 * row as f32, row as f32]);
			let labels = (from..from + count).map(label).collect();
			Dataset::new(2, features.collect(), labels).unwrap()
		};
		let architecture = Architecture::mlp(&[2, 3, 2], Activation::Tanh);
		let config = TrainConfig { epochs: 3, ..TrainConfig::standard(architecture) };
		Task::new("small", rows(0, 20), rows(20, 6), config)
	}

	fn methods() -> Vec<Method> {
		let builder = Box::new(GradientDot);
		let precisions = vec![Precision::Float];
		vec![Method::Index { name: "gradient-dot".to_owned(), builder, precisions }]
	}

	fn protocol(subsets: usize, threads: usize) -> Protocol {
		Protocol { subsets, retrains: 2, threads, ..Protocol::standard() }
	}

	fn written(subsets: usize, threads: usize) -> (tempfile::TempDir, PathBuf) {
		let root = tempfile::tempdir().unwrap();
		let protocol = protocol(subsets, threads);
		let path = export(root.path(), &task(), &methods(), &protocol, 3, &mut |_| ()).unwrap();
		(root, path)
	}

	fn read(path: &Path, name: &str) -> serde_json::Value {
		serde_json::from_slice(&fs::read(path.join(name)).unwrap()).unwrap()
	}

	fn numbers(value: &serde_json::Value) -> Vec<Vec<f64>> {
		serde_json::from_value(value.clone()).unwrap()
	}

	#[test]
	fn files_should_hold_the_task_and_its_retrainings_when_exported() {
		let (_root, path) = written(4, 2);
		let (task, model) = (task(), fs::read(path.join("model.safetensors")).unwrap());
		let model = Model::load(&model, None).unwrap();
		assert_eq!(model, train(&task.train, &task.config, &mut |_| ()).unwrap().model);
		let rows =
			Dataset::from_csv(&fs::read(path.join("train.csv")).unwrap(), &Default::default());
		assert_eq!(rows.unwrap(), task.train);
		for number in 1..3 {
			let member = fs::read(path.join(format!("members/{number}.safetensors"))).unwrap();
			assert_ne!(Model::load(&member, None).unwrap(), model);
		}
		let subsets: Vec<Vec<usize>> = serde_json::from_value(read(&path, "subsets.json")).unwrap();
		assert!(subsets.len() == 4 && subsets.iter().all(|rows| rows.len() == 10));
		let outputs = numbers(&read(&path, "outputs.json"));
		assert_eq!((outputs.len(), outputs[0].len()), (6, 4));
		let mean = |test: usize, subset: usize| -> f64 {
			let of = |number| margins(&task, &subsets[subset], number).unwrap()[test];
			(of(2 * subset as u64) + of(2 * subset as u64 + 1)) / 2.0
		};
		assert!((outputs[5][3] - mean(5, 3)).abs() < 1e-12);
		let scores = numbers(&read(&path, "ours/gradient-dot.json")["scores"]);
		assert_eq!((scores.len(), scores[0].len()), (6, 20));
	}

	#[test]
	fn outputs_should_be_the_same_bits_when_threads_differ() {
		let ((_a, one), (_b, three)) = (written(3, 1), written(3, 3));
		assert_eq!(read(&one, "outputs.json"), read(&three, "outputs.json"));
	}

	#[test]
	fn retrainings_and_members_should_be_missing_when_there_are_no_subsets() {
		let (_root, path) = written(0, 1);
		assert_eq!(read(&path, "subsets.json"), json!([]));
		assert_eq!(read(&path, "outputs.json"), json!(vec![Vec::<f64>::new(); 6]));
		assert_eq!(fs::read_dir(path.join("members")).unwrap().count(), 0);
		assert!(path.join("ours/gradient-dot.json").exists());
	}
}
