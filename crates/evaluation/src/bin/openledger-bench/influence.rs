//! `bench influence`: how good attributions are.

use super::{digits::enlarged, lora, methods::Name, plots, view};
use crate::{
	error::{Error, Result},
	files::{read_rows, write},
	Report,
};
use clap::{Args, ValueEnum};
use openledger_evaluation::{
	evaluate, export::new_directory, limit_threads, Measure, Method, Protocol, Task,
};
use openledger_models::{Activation, Architecture, Optimiser, Schedule, TrainConfig};
use openledger_output::Console;
use openledger_rows::{Dataset, Schema};
use serde_json::json;
use std::{collections::BTreeSet, path::PathBuf};
use tempfile::TempDir;

/// Trains a classifier on a part of a table, lets methods score every training row for every test
/// row, and compares the scores with what retraining does.
///
/// Every value has a 95 % bootstrap interval. The result does not depend on the number of threads.
#[derive(Args, Debug)]
pub struct Arguments {
	/// Rows with the label last, in CSV, compressed with gzip or not
	#[arg(long, value_name = "CSV", default_value = "tests/data/digits.csv.gz")]
	data: PathBuf,
	/// Enlarges rows of 8 x 8 pixels to 28 x 28, each moved at random, and repeats them until there
	/// are as many as are trained and tested on
	#[arg(long)]
	enlarged: bool,
	/// What is measured; may be repeated
	#[arg(long = "task", value_delimiter = ',', default_value = "digits-mlp")]
	tasks: Vec<TaskName>,
	/// The methods that are compared [default: those that take seconds]
	#[arg(long, value_delimiter = ',')]
	methods: Vec<Name>,
	/// Number of rows to train on
	#[arg(long, default_value_t = 1200)]
	train_rows: usize,
	/// Number of rows to test on
	#[arg(long, default_value_t = 200)]
	test_rows: usize,
	/// Widths of the hidden layers of the multi-layer perceptron
	#[arg(long, value_delimiter = ',', value_name = "WIDTHS", default_value = "32")]
	hidden: Vec<usize>,
	/// Passes over the rows [default: the recipe's]
	#[arg(long)]
	epochs: Option<u32>,
	/// The step at each batch, before the schedule [default: the recipe's]
	#[arg(long)]
	learning_rate: Option<f32>,
	/// The pull of every weight to zero [default: the recipe's]
	#[arg(long)]
	weight_decay: Option<f32>,
	/// Number of random halves of the training rows; 0 leaves linear datamodeling scores out
	#[arg(long, default_value_t = Protocol::standard().subsets)]
	subsets: usize,
	/// Number of models trained on each half; it is one where training has one outcome
	#[arg(long, default_value_t = Protocol::standard().retrains)]
	retrains: usize,
	/// Number of rows of a contribution, where contributions are scored; 0 leaves that out
	#[arg(long, default_value_t = Protocol::standard().contribution_rows)]
	contribution_rows: usize,
	/// Number of rows that are left out, one at a time
	#[arg(long, default_value_t = Protocol::standard().left_out)]
	left_out: usize,
	/// How many of the most helpful rows are removed
	#[arg(long, value_delimiter = ',', value_name = "COUNTS", default_value = "20,40,80")]
	removed: Vec<usize>,
	/// Number of test rows for which they are removed
	#[arg(long, default_value_t = Protocol::standard().removal_rows)]
	removal_rows: usize,
	/// The part of training labels that are changed, 0 to 1
	#[arg(long, default_value_t = 0.1)]
	mislabelled: f64,
	/// How many models are trained for a method that sums over several
	#[arg(long, default_value_t = 8)]
	members: usize,
	/// Number of bootstrap resamples for each interval
	#[arg(long, default_value_t = Protocol::standard().resamples)]
	resamples: usize,
	/// Fixes the split, all samples and all training
	#[arg(long, default_value_t = Protocol::standard().seed)]
	seed: u64,
	/// Number of threads [default: one for each processor]
	#[arg(long)]
	threads: Option<usize>,
	/// Keeps what retrained models answer in this directory, for the next time
	#[arg(long, value_name = "DIR")]
	cache: Option<PathBuf>,
	/// Writes each task for other programs: rows, model, halves, what retrained models answer,
	/// and scores, with a README that gives shapes and types; a new or empty directory
	#[arg(long, value_name = "DIR")]
	export: Option<PathBuf>,
	/// Also writes the document that --json prints
	#[arg(long, value_name = "FILE")]
	report: Option<PathBuf>,
	/// Draws the results as SVG files in this directory
	#[arg(long, value_name = "DIR")]
	plots: Option<PathBuf>,
	#[command(flatten)]
	lora: lora::Arguments,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TaskName {
	/// Linear datamodeling scores of a multi-layer perceptron, by rows and by contributions
	DigitsMlp,
	/// Linear datamodeling scores of a logistic regression trained to its minimum, and leaving out
	/// one row at a time
	DigitsLogistic,
	/// Finding rows whose label was changed
	Mislabel,
	/// Removing the rows that helped an answer most
	Removal,
	/// Linear datamodeling scores of a LoRA adapter on a BERT-type classifier of text, by rows and
	/// by contributions
	Lora,
	/// All of these, one after the other
	All,
}

impl TaskName {
	/// The tasks whose rows come from the table of numbers.
	const TABLES: [Self; 4] =
		[Self::DigitsMlp, Self::DigitsLogistic, Self::Mislabel, Self::Removal];

	fn measures(self) -> &'static [Measure] {
		match self {
			Self::DigitsMlp | Self::Lora => &[Measure::LdsRows, Measure::LdsContributions],
			Self::DigitsLogistic => {
				&[Measure::LdsRows, Measure::LdsContributions, Measure::LeaveOneOut]
			},
			Self::Mislabel => &[Measure::Mislabelled],
			Self::Removal => &[Measure::Removal],
			Self::All => &[],
		}
	}
}

/// A task and what is measured on it.
struct BenchJob {
	task: Task,
	measures: BTreeSet<Measure>,
	protocol: Protocol,
	/// Files of a base model made for it, kept as long as the job.
	_files: Option<TempDir>,
}

impl Arguments {
	fn protocol(&self) -> Protocol {
		let standard = Protocol::standard();
		Protocol {
			subsets: self.subsets,
			retrains: self.retrains,
			contribution_rows: self.contribution_rows,
			left_out: self.left_out,
			removed: self.removed.clone(),
			removal_rows: self.removal_rows,
			resamples: self.resamples,
			seed: self.seed,
			threads: self.threads.unwrap_or(standard.threads),
			cache: self.cache.clone(),
			export: self.export.clone(),
			..standard
		}
	}

	fn changed(&self, config: TrainConfig) -> TrainConfig {
		TrainConfig {
			epochs: self.epochs.unwrap_or(config.epochs),
			learning_rate: self.learning_rate.unwrap_or(config.learning_rate),
			weight_decay: self.weight_decay.unwrap_or(config.weight_decay),
			seed: self.seed,
			..config
		}
	}

	fn mlp(&self, data: &Dataset) -> TrainConfig {
		let widths = [&[data.columns()], self.hidden.as_slice(), &[classes(data)]].concat();
		self.changed(TrainConfig::standard(Architecture::mlp(&widths, Activation::Tanh)))
	}

	/// Whole batches at a constant rate, long enough to reach the minimum.
	fn logistic(&self, data: &Dataset) -> TrainConfig {
		let architecture =
			Architecture::Logistic { inputs: data.columns(), classes: classes(data) };
		self.changed(TrainConfig {
			optimiser: Optimiser::Sgd { momentum: 0.9 },
			learning_rate: 0.5,
			schedule: Schedule::Constant,
			weight_decay: 1e-3,
			epochs: 3000,
			batch_size: self.train_rows.max(1),
			..TrainConfig::standard(architecture)
		})
	}

	/// The rows of the table, enlarged where that is asked for.
	fn rows(&self) -> Result<Dataset> {
		let rows = read_rows(&self.data, &Schema::default())?;
		match self.enlarged {
			true => enlarged(&rows, self.train_rows.saturating_add(self.test_rows)),
			false => Ok(rows),
		}
	}

	fn wants(&self, name: TaskName) -> bool {
		self.tasks.contains(&name) || self.tasks.contains(&TaskName::All)
	}

	/// The measures that are taken of a task with that many random halves.
	fn measures(&self, name: TaskName, subsets: usize) -> BTreeSet<Measure> {
		let wanted = |measure: &Measure| match measure {
			Measure::LdsRows => subsets > 0,
			Measure::LdsContributions => subsets > 0 && self.contribution_rows > 0,
			_ => true,
		};
		name.measures().iter().copied().filter(wanted).collect()
	}

	/// The task of text, if it is wanted.
	fn text_job(&self) -> Result<Option<BenchJob>> {
		if !self.wants(TaskName::Lora) {
			return Ok(None);
		}
		let (task, files) = self.lora.task(self.seed, |config| self.changed(config))?;
		let measures = self.measures(TaskName::Lora, self.lora.text_subsets);
		let protocol = Protocol { subsets: self.lora.text_subsets, ..self.protocol() };
		Ok(Some(BenchJob { task, measures, protocol, _files: files }))
	}

	/// The tasks on the table, one for each model. Removal and the scores of rows share a task.
	fn jobs(&self, data: &Dataset) -> Result<Vec<BenchJob>> {
		let (train, rest) = data.split(self.train_rows, self.seed)?;
		if self.test_rows == 0 || rest.len() < self.test_rows {
			let reason = format!("{} rows are left after those to train on", rest.len());
			return Err(Error::Usage(format!("--test-rows {}: {reason}", self.test_rows)));
		}
		let test = rest.select(&(0..self.test_rows).collect::<Vec<_>>())?;
		let mut jobs: Vec<BenchJob> = Vec::new();
		for name in TaskName::TABLES.into_iter().filter(|name| self.wants(*name)) {
			let measures = self.measures(name, self.subsets);
			if let (TaskName::Removal, Some(job)) = (name, jobs.first_mut()) {
				if job.task.name == "mlp" {
					job.measures.extend(measures);
					continue;
				}
			}
			let mut protocol = self.protocol();
			let task = |name, config| Task::new(name, train.clone(), test.clone(), config);
			let task = match name {
				TaskName::DigitsLogistic => {
					// The minimum is the same for every seed.
					protocol.retrains = 1;
					task("logistic", self.logistic(data))
				},
				TaskName::Mislabel => task("mislabelled", self.mlp(data))
					.with_flipped_labels(self.mislabelled, self.seed)?,
				_ => task("mlp", self.mlp(data)),
			};
			jobs.push(BenchJob { task, measures, protocol, _files: None });
		}
		Ok(jobs)
	}

	/// The methods for a task, each of which must apply to it.
	fn methods(&self, task: &Task) -> Result<Vec<Method>> {
		let (mut seen, text) = (BTreeSet::new(), task.config.architecture.is_text());
		let quick: &[Name] = if text { &Name::QUICK_TEXT } else { &Name::QUICK };
		let names = if self.methods.is_empty() { quick } else { &self.methods };
		let names = names.iter().filter(|name| seen.insert(**name));
		let method = |name: &Name| {
			name.check(text)?;
			Ok(name.method(&task.config, task.train.len(), self.members))
		};
		names.map(method).collect()
	}
}

fn classes(data: &Dataset) -> usize {
	data.classes() as usize
}

pub fn run(console: Console, arguments: &Arguments) -> Result<Report> {
	if let Some(threads) = arguments.threads {
		limit_threads(threads)?;
	}
	if let Some(directory) = &arguments.export {
		new_directory(directory)?;
	}
	let mut jobs = Vec::new();
	if TaskName::TABLES.into_iter().any(|name| arguments.wants(name)) {
		jobs.extend(arguments.jobs(&arguments.rows()?)?);
	}
	jobs.extend(arguments.text_job()?);
	// A method that does not apply to a task shows before the first one is run.
	let methods: Vec<Vec<Method>> =
		jobs.iter().map(|job| arguments.methods(&job.task)).collect::<Result<_>>()?;
	let mut reports: Vec<openledger_evaluation::EvaluationReport> = Vec::new();
	for (job, methods) in jobs.iter().zip(methods) {
		let BenchJob { task, measures, protocol, .. } = job;
		console.note(format!("task {}", task.name));
		let mut progress = console.stages();
		reports.push(evaluate(task, &methods, measures, protocol, &mut progress)?);
	}
	let document = json!({ "data": arguments.data.display().to_string(), "tasks": reports });
	if let Some(path) = &arguments.report {
		write(path, format!("{document:#}\n"))?;
	}
	let mut text: Vec<String> = reports.iter().map(view::text).collect();
	if let Some(directory) = &arguments.plots {
		std::fs::create_dir_all(directory).map_err(|e| Error::io("create", directory, e))?;
		for plot in reports.iter().flat_map(plots::draw) {
			let path = directory.join(&plot.name);
			write(&path, plot.svg)?;
			text.push(format!("drawn: {}", path.display()));
		}
	}
	Ok(Report { json: document, text: text.join("\n\n") })
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		arguments: Arguments,
	}

	fn arguments(line: &str) -> Arguments {
		let line = format!("influence --train-rows 6 --test-rows 2 {line}");
		Line::try_parse_from(line.split_whitespace()).unwrap().arguments
	}

	fn data() -> Dataset {
		let features = (0..20).map(|x| x as f32).collect();
		Dataset::new(2, features, (0..10).map(|row| row % 3).collect()).unwrap()
	}

	fn names(jobs: &[BenchJob]) -> Vec<(&str, usize)> {
		jobs.iter().map(|job| (job.task.name.as_str(), job.measures.len())).collect()
	}

	#[test]
	fn tasks_should_share_a_model_when_they_have_the_same() {
		let jobs = |line| arguments(line).jobs(&data()).unwrap();
		assert_eq!(names(&jobs("")), [("mlp", 2)]);
		assert_eq!(names(&jobs("--task removal")), [("mlp", 1)]);
		let all = jobs("--task all --mislabelled 0.5");
		assert_eq!(names(&all), [("mlp", 3), ("logistic", 3), ("mislabelled", 1)]);
		assert_eq!(all[0].task.train, all[1].task.train);
		assert_eq!((all[2].task.mislabelled.len(), all[1].protocol.retrains), (3, 1));
		let two = jobs("--task digits-logistic,removal");
		assert_eq!(names(&two), [("logistic", 3), ("mlp", 1)]);
	}

	#[test]
	fn halves_should_be_left_out_when_there_are_none() {
		let measures = |line: &str| -> Vec<Vec<Measure>> {
			let jobs = arguments(line).jobs(&data()).unwrap();
			jobs.into_iter().map(|job| job.measures.into_iter().collect()).collect()
		};
		assert_eq!(measures("--subsets 0"), [vec![]]);
		let some = measures("--subsets 0 --task digits-logistic,removal");
		assert_eq!(some, [vec![Measure::LeaveOneOut], vec![Measure::Removal]]);
		assert_eq!(measures("--contribution-rows 0"), [vec![Measure::LdsRows]]);
	}

	#[test]
	fn recipe_should_hold_what_is_given() {
		let line = "--hidden 8,4 --epochs 3 --learning-rate 0.25 --weight-decay 0.5 --seed 7";
		let line = format!("{line} --task all --removed 1,2 --mislabelled 0.5");
		let jobs = arguments(&line).jobs(&data()).unwrap();
		let config = &jobs[0].task.config;
		assert_eq!(config.architecture, Architecture::mlp(&[2, 8, 4, 3], Activation::Tanh));
		for job in &jobs {
			let config = &job.task.config;
			assert_eq!((config.epochs, config.weight_decay, config.seed), (3, 0.5, 7));
			assert_eq!(config.learning_rate, 0.25);
			assert_eq!(job.protocol.removed, [1, 2]);
		}
	}

	#[test]
	fn task_of_text_should_be_made_on_the_spot_and_know_its_methods() {
		let text = |line: &str| arguments(&format!("--text-rows 40 --text-test-rows 8 {line}"));
		assert!(text("").text_job().unwrap().is_none());
		let line = "--task lora --seed 4 --epochs 3 --text-subsets 5 --rank 2 --targets value";
		let job = text(line).text_job().unwrap().unwrap();
		assert_eq!((job.task.train.len(), job.task.test.len()), (40, 8));
		assert_eq!((job.task.config.epochs, job.task.config.seed), (3, 4));
		assert_eq!((job.protocol.subsets, job.measures.len()), (5, 2));
		let again = text(line).text_job().unwrap().unwrap();
		assert_eq!(job.task, again.task);
		assert_eq!(text("").methods(&job.task).unwrap().len(), Name::QUICK_TEXT.len());
		let refused = text("--methods exact,unrolled").methods(&job.task).err().unwrap();
		assert!(refused.to_string().contains("unrolled is for tables"), "{refused}");
		let table = arguments("").jobs(&data()).unwrap().remove(0).task;
		let refused = text("--methods bm25").methods(&table).err().unwrap();
		assert!(refused.to_string().contains("bm25 is for text"), "{refused}");
		assert!(arguments("--task lora --text-rows 0").text_job().is_err());
		assert!(text("--task lora --text /nowhere").text_job().is_err());
	}

	#[test]
	fn task_should_be_refused_when_there_are_too_few_rows() {
		for (train_rows, test_rows) in [(10, 2), (6, 5), (6, 0), (0, 2)] {
			let arguments = Arguments { train_rows, test_rows, ..arguments("") };
			assert!(arguments.jobs(&data()).is_err(), "{train_rows} {test_rows}");
		}
	}

	#[test]
	fn methods_should_be_the_quick_ones_when_none_is_named_and_each_once() {
		let config = TrainConfig::standard(Architecture::Logistic { inputs: 2, classes: 3 });
		let task = Task::new("task", data(), data(), config);
		let names = |line: &str| -> Vec<String> {
			arguments(line).methods(&task).unwrap().iter().map(Method::name).collect()
		};
		assert_eq!(names("").len(), Name::QUICK.len());
		let some = names("--methods exact-halves,ekfac,exact-halves");
		assert_eq!(some, ["exact-halves", "ekfac"]);
		for name in Name::value_variants().iter().filter(|name| **name != Name::Bm25) {
			assert_eq!(names(&format!("--methods {}", name.text())), [name.text()]);
		}
	}
}
