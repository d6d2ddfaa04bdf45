//! Building an index: rows per second and memory.

use super::{index_path, megabytes};
use crate::{
	digits::{enlarged, SIDE},
	error::{Error, Result},
};
use openledger_evaluation::{messages::messages, Memory, Meter};
use openledger_influence::{Contribution, EkFac, ExactCurvature, IndexBuilder, IndexDraft};
use openledger_models::{train, Activation, Architecture, Base, Lora, Optimiser, TrainConfig};
use openledger_output::{table, Column, Console};
use openledger_primitives::Width;
use openledger_rows::Dataset;
use openledger_rows::TextDataset;
use openledger_transformers::files::tiny;
use serde_json::{json, Value};
use std::{path::Path, time::Instant};

/// Rows of the small model, and texts.
const DIGITS: usize = 1200;
const TEXTS: usize = 300;

/// A model to be trained, and the builders of its index.
struct Case {
	name: &'static str,
	config: TrainConfig,
	rows: Dataset,
	builders: Vec<Box<dyn IndexBuilder>>,
}

struct Built {
	model: &'static str,
	epochs: u32,
	builder: &'static str,
	rows: usize,
	dimension: usize,
	file: u64,
	seconds: f64,
	memory: Option<Memory>,
}

/// Indices of int8 with one leaf for each row, written to files.
pub fn run(
	console: Console,
	directory: &Path,
	digits: &Dataset,
	rows: usize,
) -> Result<(Value, String)> {
	// Each case is made when its turn comes, so that none counts in another's memory.
	let mut built = measure(console, directory, small(digits)?)?;
	built.extend(measure(console, directory, large(digits, rows)?)?);
	built.extend(measure(console, directory, text(directory)?)?);
	Ok((built.iter().map(Built::json).collect(), view(&built)))
}

fn measure(console: Console, directory: &Path, case: Case) -> Result<Vec<Built>> {
	let Case { name, config, rows, builders } = case;
	let model = train(&rows, &config, &mut console.stages())?.model;
	let alone = |row: usize| Ok(Contribution { id: row as u64, rows: rows.select(&[row])? });
	let leaves = (0..rows.len()).map(alone).collect::<Result<Vec<_>>>()?;
	let build = |builder: Box<dyn IndexBuilder>| {
		console.note(format!("{name}, {}", builder.name()));
		let (mut meter, start) = (Meter::start(), Instant::now());
		let (path, progress) = (index_path(directory), &mut console.stages());
		let draft = IndexDraft::build(&*builder, &model, &leaves, Width::Int8, &path, progress)?;
		Ok(Built {
			model: name,
			epochs: config.epochs,
			builder: builder.name(),
			rows: rows.len(),
			dimension: draft.index().dimension(),
			file: draft.index().to_bytes().len() as u64,
			seconds: start.elapsed().as_secs_f64(),
			memory: meter.as_mut().map(Meter::read),
		})
	};
	builders.into_iter().map(build).collect()
}

fn mlp(widths: &[usize], epochs: u32) -> TrainConfig {
	let architecture = Architecture::mlp(widths, Activation::Tanh);
	TrainConfig { epochs, ..TrainConfig::standard(architecture) }
}

/// The digits as the data set has them, 8 by 8 pixels.
fn small(digits: &Dataset) -> Result<Case> {
	let (rows, _) = digits.split(DIGITS.min(digits.len().saturating_sub(1)), 0)?;
	let config = mlp(&[digits.columns(), 32, digits.classes() as usize], 20);
	let exact = ExactCurvature::for_recipe(&config);
	let builders: Vec<Box<dyn IndexBuilder>> = vec![Box::new(EkFac::default()), Box::new(exact)];
	Ok(Case { name: "MLP 64-32-10", config, rows, builders })
}

/// Digits enlarged, of the size that many papers report on. Neither memory nor time depends on how
/// good the model is.
fn large(digits: &Dataset, rows: usize) -> Result<Case> {
	let config = mlp(&[SIDE * SIDE, 512, 512, digits.classes() as usize], 1);
	let builders: Vec<Box<dyn IndexBuilder>> = vec![Box::new(EkFac::default())];
	Ok(Case { name: "MLP 784-512-512-10", config, rows: enlarged(digits, rows)?, builders })
}

/// A small encoder with random weights and an adapter, on short texts.
fn text(directory: &Path) -> Result<Case> {
	let rows = messages(TEXTS, 0)?;
	let directory = directory.join("encoder");
	let shape = tiny::TinyConfig {
		hidden_size: 128,
		num_hidden_layers: 4,
		intermediate_size: 512,
		..tiny::TinyConfig::default()
	};
	let failed =
		|error: openledger_transformers::files::FileError| Error::Failure(error.to_string());
	let texts = rows.texts().map_or(&[][..], TextDataset::texts);
	tiny::bert(&directory, texts, &shape).map_err(failed)?;
	let targets = ["query", "value"].map(str::to_owned).to_vec();
	let architecture = Architecture::Encoder {
		base: Base::open(&directory)?.hash(),
		lora: Lora { rank: 8, alpha: 16, targets, rslora: false },
		classes: rows.classes() as usize,
		class_names: rows.class_names().to_vec(),
		max_tokens: 32,
	};
	let config = TrainConfig {
		optimiser: Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
		learning_rate: 2e-3,
		epochs: 1,
		batch_size: 16,
		..TrainConfig::standard(architecture)
	};
	let builders: Vec<Box<dyn IndexBuilder>> = vec![Box::new(EkFac::default())];
	Ok(Case { name: "BERT 4x128, LoRA 8", config, rows, builders })
}

impl Built {
	fn json(&self) -> Value {
		json!({
			"model": self.model,
			"epochs": self.epochs,
			"builder": self.builder,
			"rows": self.rows,
			"leaves": self.rows,
			"dimension": self.dimension,
			"width": "int8",
			"file_bytes": self.file,
			"seconds": self.seconds,
			"rows_per_second": self.rows as f64 / self.seconds,
			"memory": self.memory,
		})
	}
}

fn view(built: &[Built]) -> String {
	let title =
		"building an index of int8 in a file, one leaf for each row; the models are trained \
		for a few epochs, not to the end";
	let columns = [
		Column::Text("model"),
		Column::Number("epochs"),
		Column::Text("method"),
		Column::Number("rows"),
		Column::Number("coordinates"),
		Column::Number("file, MB"),
		Column::Number("seconds"),
		Column::Number("rows/s"),
		Column::Number("memory taken, MB"),
		Column::Number("peak, MB"),
	];
	let row = |built: &Built| {
		let memory = |of: fn(Memory) -> u64| {
			built.memory.map_or(String::new(), |memory| megabytes(of(memory)))
		};
		vec![
			built.model.to_owned(),
			built.epochs.to_string(),
			built.builder.to_owned(),
			built.rows.to_string(),
			built.dimension.to_string(),
			megabytes(built.file),
			format!("{:.2}", built.seconds),
			format!("{:.0}", built.rows as f64 / built.seconds),
			memory(|memory| memory.growth),
			memory(|memory| memory.peak),
		]
	};
	[title, &table(&columns, built.iter().map(row).collect())].join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	fn digits() -> Dataset {
		let features = (0..64 * 30).map(|at| (at * 7 % 17) as f32).collect();
		Dataset::new(64, features, (0..30).map(|row| row % 10).collect()).unwrap()
	}

	#[test]
	fn index_should_be_measured_and_leave_no_file_behind() {
		let directory = tempfile::tempdir().unwrap();
		let case = large(&digits(), 9).unwrap();
		let built = measure(Console { quiet: true }, directory.path(), case).unwrap();
		let found = built[0].json();
		assert_eq!((&found["builder"], &found["dimension"]), (&json!("ekfac"), &json!(669_706)));
		assert_eq!(found["rows"], 9);
		assert!(found["rows_per_second"].as_f64().unwrap() > 0.0);
		assert!(found["file_bytes"].as_u64().unwrap() > 9 * 669_706);
		assert!(view(&built).contains("MLP 784-512-512-10"));
		assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
	}

	#[test]
	fn adapter_should_fit_its_texts() {
		let directory = tempfile::tempdir().unwrap();
		let case = text(directory.path()).unwrap();
		assert_eq!((case.rows.len(), case.rows.classes()), (TEXTS, 3));
		assert!(case.config.check().is_ok());
		assert!(case.config.architecture.check_fits(&case.rows).is_ok());
	}
}
