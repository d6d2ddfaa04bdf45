//! `bench engine`: what attribution costs on this machine.

mod building;
mod determinism;
mod scan;

use crate::{
	error::{Error, Result},
	files::{read_rows, write},
	Report,
};
use clap::{Args, ValueEnum};
use openledger_evaluation::limit_threads;
use openledger_models::{network::Linear, Activation, Architecture, Model};
use openledger_output::Console;
use openledger_rows::Schema;
use serde_json::{json, Map};
use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
	process,
	thread::available_parallelism,
	time::{Duration, Instant},
};

/// Measures how fast an index is searched and built, and what the same bits everywhere cost.
///
/// Times are the best of several; other work on the machine shows in them all the same.
#[derive(Args, Debug)]
pub struct Arguments {
	/// What is measured; may be repeated [default: all]
	#[arg(long, value_delimiter = ',')]
	what: Vec<What>,
	/// Handwritten digits with the label last, in CSV, compressed with gzip or not
	#[arg(long, value_name = "CSV", default_value = "tests/data/digits.csv.gz")]
	data: PathBuf,
	/// Number of leaves of the index that is searched
	#[arg(long, default_value_t = 200_000)]
	leaves: usize,
	/// Number of rows for the largest model
	#[arg(long, default_value_t = 5000)]
	rows: usize,
	/// Where files are put meanwhile: 3.5 GB by default, best on a disk [default: the system's
	/// directory for temporary files]
	#[arg(long, value_name = "DIR")]
	directory: Option<PathBuf>,
	/// Number of threads [default: one for each processor]
	#[arg(long)]
	threads: Option<usize>,
	/// Also writes the document that --json prints
	#[arg(long, value_name = "FILE")]
	report: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
	/// Exact scores of a large index and the best of them, beside reading its bytes
	Scan,
	/// Building indices: rows per second and memory
	Building,
	/// Gradients of single rows with the same bits everywhere, beside candle's
	Determinism,
}

impl Arguments {
	fn wanted(&self) -> BTreeSet<What> {
		match self.what.is_empty() {
			true => What::value_variants().iter().copied().collect(),
			false => self.what.iter().copied().collect(),
		}
	}
}

pub fn run(console: Console, arguments: &Arguments) -> Result<Report> {
	if let Some(threads) = arguments.threads {
		limit_threads(threads)?;
	}
	let threads =
		arguments.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
	let scratch = Scratch::new(arguments.directory.clone().unwrap_or_else(std::env::temp_dir))?;
	let mut document = Map::from_iter([("threads".to_owned(), json!(threads))]);
	let mut text = Vec::new();
	for what in arguments.wanted() {
		let (name, (json, table)) = match what {
			What::Scan => ("scan", scan::run(console, &scratch.0, arguments.leaves, threads)?),
			What::Building => {
				let digits = read_rows(
					&arguments.data,
					&Schema { columns: Some(64), classes: Some(10), ..Schema::default() },
				)?;
				("building", building::run(console, &scratch.0, &digits, arguments.rows)?)
			},
			What::Determinism => ("determinism", determinism::run(console)?),
		};
		document.insert(name.to_owned(), json);
		text.push(table);
	}
	let document = document.into();
	if let Some(path) = &arguments.report {
		write(path, format!("{document:#}\n"))?;
	}
	Ok(Report { json: document, text: text.join("\n\n") })
}

/// A directory that is removed with everything in it.
struct Scratch(PathBuf);

impl Scratch {
	fn new(parent: PathBuf) -> Result<Self> {
		let path = parent.join(format!("openledger-bench-{}", process::id()));
		fs::create_dir_all(&path).map_err(|e| Error::io("create", &path, e))?;
		Ok(Self(path))
	}
}

impl Drop for Scratch {
	fn drop(&mut self) {
		// What cannot be removed is the system's to clean up.
		let _ = fs::remove_dir_all(&self.0);
	}
}

/// Seconds of the fastest of many runs, after one to warm up.
fn fastest<T>(mut run: impl FnMut() -> Result<T>) -> Result<f64> {
	run()?;
	let (start, mut best, mut runs) = (Instant::now(), f64::INFINITY, 0);
	while runs < 10 || start.elapsed() < Duration::from_millis(400) {
		let once = Instant::now();
		std::hint::black_box(run()?);
		best = best.min(once.elapsed().as_secs_f64());
		runs += 1;
	}
	Ok(best)
}

/// Pseudo-random numbers (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// A whole number below `end`.
	pub fn below(&mut self, end: u32) -> u32 {
		// The upper half: below 2^32, so that the product's upper half is below `end`.
		(((self.next() >> 32) * u64::from(end)) >> 32) as u32
	}

	/// Values within ±`size`.
	fn values(&mut self, count: usize, size: f32) -> Vec<f32> {
		(0..count).map(|_| size * (self.next() as i32 as f32 / 2f32.powi(31))).collect()
	}
}

/// A model of these widths with random weights; logistic regression for two.
fn random_model(widths: &[usize], numbers: &mut Numbers) -> Result<Model> {
	let layer = |pair: &[usize]| {
		let weight = numbers.values(pair[0] * pair[1], 1.7 / (pair[0] as f32).sqrt());
		Linear::from_parts(pair[0], &weight, &numbers.values(pair[1], 0.1))
	};
	let layers = widths.windows(2).map(layer).collect();
	let architecture = match widths {
		[inputs, classes] => Architecture::Logistic { inputs: *inputs, classes: *classes },
		_ => Architecture::mlp(widths, Activation::Tanh),
	};
	let inputs = architecture.inputs();
	Ok(Model::new(architecture, layers, vec![0.0; inputs], vec![1.0; inputs])?)
}

/// A file in the scratch directory.
fn index_path(directory: &Path) -> PathBuf {
	directory.join("index.safetensors")
}

fn megabytes(bytes: u64) -> String {
	format!("{:.0}", bytes as f64 / 1e6)
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

	fn wanted(line: &str) -> Vec<What> {
		let line = format!("engine {line}");
		let line = Line::try_parse_from(line.split_whitespace()).unwrap();
		line.arguments.wanted().into_iter().collect()
	}

	#[test]
	fn units_should_be_those_named_and_all_without_a_name() {
		assert_eq!(wanted(""), [What::Scan, What::Building, What::Determinism]);
		assert_eq!(wanted("--what determinism,scan"), [What::Scan, What::Determinism]);
		assert_eq!(wanted("--what building --what building"), [What::Building]);
		let wrong = Line::try_parse_from(["engine", "--what", "speed"]);
		assert!(wrong.is_err_and(|e| e.to_string().contains("scan, building, determinism")));
	}

	#[test]
	fn numbers_should_be_within_their_range() {
		let mut numbers = Numbers(1);
		let values = numbers.values(1000, 0.5);
		assert!(values.iter().all(|x| x.abs() <= 0.5));
		assert!(values.iter().any(|x| *x < -0.4) && values.iter().any(|x| *x > 0.4));
		let mut seen = [0; 7];
		(0..1000).for_each(|_| seen[numbers.below(7) as usize] += 1);
		assert!(seen.iter().all(|count| *count > 90), "{seen:?}");
	}

	#[test]
	fn scratch_should_be_removed_with_its_files() {
		let parent = tempfile::tempdir().unwrap();
		let scratch = Scratch::new(parent.path().to_owned()).unwrap();
		fs::write(scratch.0.join("file"), "text").unwrap();
		drop(scratch);
		assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
	}
}
