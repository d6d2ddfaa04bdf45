//! `bench score`: attributions of an exported task, and what they cost.

use super::methods::Name;
use crate::{
	error::{Error, Result},
	files::write,
	Report,
};
use clap::{Args, ValueEnum};
use openledger_evaluation::{export::Exported, limit_threads, Memory, Meter};
use openledger_influence::{margin_scores, rows::row_margin_scores, Contribution, IndexDraft};
use openledger_output::fields;
use openledger_output::Console;
use openledger_primitives::Width;
use openledger_rows::Dataset;
use serde_json::json;
use std::{path::PathBuf, time::Instant};

/// Scores every training row of an exported task for every test row: by the integers of an index with
/// a leaf for each training row, as on chain; or row by row in floating point, as a payment is
/// explained.
///
/// `scripts/bench influence --peers` measures this beside other programs. It runs alone in its process, so
/// that the memory measured is this method's.
#[derive(Args, Debug)]
pub struct Arguments {
	/// A task's directory that `bench influence --export` wrote
	#[arg(value_name = "DIR")]
	task: PathBuf,
	/// The method that scores rows, by its name in reports
	#[arg(long, default_value = "exact")]
	method: Name,
	/// What scores are computed from
	#[arg(long, default_value = "int16")]
	by: By,
	/// How many models are trained for a method that sums over several
	#[arg(long, default_value_t = 8)]
	members: usize,
	/// Number of threads [default: one for each processor]
	#[arg(long)]
	threads: Option<usize>,
	/// Writes the scores, float64 [test rows][training rows], in NumPy's format
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
}

/// What scores are made of.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum By {
	/// Dot products of 8-bit leaves and queries, as on chain
	Int8,
	/// Dot products of 16-bit leaves and queries, as on chain
	Int16,
	/// Each row's gradient in floating point, without leaves
	Rows,
}

pub fn run(console: Console, arguments: &Arguments) -> Result<Report> {
	if let Some(threads) = arguments.threads {
		limit_threads(threads)?;
	}
	let Exported { task, model } =
		Exported::read(&arguments.task).map_err(|e| Error::from(e).in_file(&arguments.task))?;
	let rows = task.train.len();
	let builder = arguments.method.builder(&task.config, rows, arguments.members);
	let builder = builder.ok_or_else(|| {
		Error::Usage(format!("--method {}: has no index; take another", arguments.method.text()))
	})?;
	let contributions = contributions(&task.train, arguments.by)?;

	let (mut meter, start) = (Meter::start(), Instant::now());
	let mut progress = console.stages();
	let mut index_bytes = None;
	let (dimension, building, scores) = match arguments.by {
		By::Rows => {
			let parts = builder.parts(&model, &contributions, &mut progress)?;
			let dimension = parts.iter().map(|part| part.basis.dimension()).sum::<usize>();
			let building = start.elapsed();
			let scores = row_margin_scores(&model, &parts, &task.test, &task.train)?;
			(dimension, building, scores)
		},
		By::Int8 | By::Int16 => {
			let width = if arguments.by == By::Int8 { Width::Int8 } else { Width::Int16 };
			// Beside the task, where there is room for files of this size; gone with the draft.
			let path = arguments.task.join("index.safetensors");
			let draft = IndexDraft::build(
				builder.as_ref(),
				&model,
				&contributions,
				width,
				&path,
				&mut progress,
			)?;
			let (index, building) = (draft.index(), start.elapsed());
			index_bytes = Some(index.to_bytes().len());
			// Whole numbers, far below where double precision loses any.
			let scores = margin_scores(&model, index, &task.test)?
				.into_iter()
				.map(|scores| scores.into_iter().map(|score| score as f64).collect())
				.collect();
			(index.dimension(), building, scores)
		},
	};
	let building = building.as_secs_f64();
	let scoring = start.elapsed().as_secs_f64() - building;
	let memory: Option<Memory> = meter.as_mut().map(Meter::read);

	if let Some(path) = &arguments.output {
		write(path, npy(&scores, rows))?;
	}
	let pairs = (rows * task.test.len()) as f64;
	let document = json!({
		"method": arguments.method.text(),
		"parameters": builder.parameters(),
		"train_rows": rows,
		"test_rows": task.test.len(),
		"dimension": dimension,
		"index_bytes": index_bytes,
		"building_seconds": building,
		"scoring_seconds": scoring,
		"memory": memory,
	});
	let size = index_bytes.map_or(String::new(), |bytes| format!(", {:.1} MB", bytes as f64 / 1e6));
	let text = fields(&[
		("task", format!("{}, {} x {} rows", task.name, task.test.len(), task.train.len())),
		("building", format!("{building:.2} seconds{size}")),
		("scoring", format!("{scoring:.2} seconds")),
		("together", format!("{:.0} pairs per second", pairs / (building + scoring))),
		("memory", memory.map_or("unknown".into(), |m| format!("{:.1} MB", m.peak as f64 / 1e6))),
	]);
	Ok(Report { json: document, text })
}

/// A contribution of each row, or one of all where rows need no leaves.
fn contributions(rows: &Dataset, by: By) -> Result<Vec<Contribution>> {
	if by == By::Rows {
		return Ok(vec![Contribution { id: 0, rows: rows.clone() }]);
	}
	let one = |row: usize| Ok(Contribution { id: row as u64, rows: rows.select(&[row])? });
	(0..rows.len()).map(one).collect()
}

/// A matrix of `columns` columns as a NumPy file (format 1.0).
fn npy(rows: &[Vec<f64>], columns: usize) -> Vec<u8> {
	let shape = format!("({}, {columns})", rows.len());
	let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
	// Magic, version, the header's length and the header with its line end fill multiples of 64.
	let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
	let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
	bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
	bytes.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
	bytes.extend(rows.iter().flatten().flat_map(|x| x.to_le_bytes()));
	bytes
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn matrix_should_be_written_in_numpys_format() {
		let bytes = npy(&[vec![1.0, -2.0, 3.0], vec![4.0, 5.5, 1e300]], 3);
		let (head, data) = bytes.split_at(bytes.len() - 48);
		assert_eq!(head.len() % 64, 0);
		assert_eq!(&head[..8], b"\x93NUMPY\x01\x00");
		assert_eq!(usize::from(u16::from_le_bytes([head[8], head[9]])), head.len() - 10);
		let header = std::str::from_utf8(&head[10..]).unwrap();
		assert!(header.starts_with("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"));
		assert!(header.ends_with(" \n"));
		let values: Vec<f64> = data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
		assert_eq!(values, [1.0, -2.0, 3.0, 4.0, 5.5, 1e300]);
	}
}
