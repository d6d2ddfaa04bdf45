//! `bench score`: attributions of an exported task, and what they cost.

use super::methods::Name;
use crate::{
	context::Context,
	error::{Error, Result},
	output::{fields, Report},
	training::write,
};
use clap::{Args, ValueEnum};
use openledger_influence::{
	build_index,
	evaluate::{export::Exported, limit_threads, Memory, Meter},
	margin_scores, Contribution,
};
use openledger_proof::Width;
use serde_json::json;
use std::{path::PathBuf, time::Instant};

/// Scores every training row of an exported task for every test row, by an index with a leaf for
/// each training row.
///
/// What `scripts/bench influence --peers` measures beside other programs. Alone in a process, so
/// that memory is this method's.
#[derive(Args, Debug)]
pub struct Arguments {
	/// A task's directory that `bench influence --export` wrote
	#[arg(value_name = "DIR")]
	task: PathBuf,
	/// The method
	#[arg(long, default_value = "exact")]
	method: Name,
	/// Integers of leaves and queries
	#[arg(long, default_value = "int16")]
	width: WidthName,
	/// Models of methods that sum over several
	#[arg(long, default_value_t = 8)]
	members: usize,
	/// Threads [default: all processors]
	#[arg(long)]
	threads: Option<usize>,
	/// Writes the scores, 64-bit integers [test rows][training rows], in NumPy's format
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
}

/// Integers of sketches.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum WidthName {
	Int8,
	Int16,
}

impl From<WidthName> for Width {
	fn from(name: WidthName) -> Self {
		match name {
			WidthName::Int8 => Self::Int8,
			WidthName::Int16 => Self::Int16,
		}
	}
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<Report> {
	if let Some(threads) = arguments.threads {
		limit_threads(threads)?;
	}
	let Exported { task, model } = Exported::read(&arguments.task)
		.map_err(|e| Error::from(e).in_file(arguments.task.display()))?;
	let rows = task.train.len();
	let builder = arguments.method.builder(&task.config, rows, arguments.members);
	let builder = builder.ok_or_else(|| {
		Error::Usage(format!("--method {}: has no index; take another", arguments.method.text()))
	})?;
	let leaf = |row: usize| -> openledger_influence::Result<Contribution> {
		Ok(Contribution { id: row as u64, rows: task.train.select(&[row])? })
	};
	let leaves = (0..rows).map(leaf).collect::<openledger_influence::Result<Vec<_>>>()?;

	let (mut meter, start) = (Meter::start(), Instant::now());
	let mut progress = context.console.stages();
	let width = arguments.width.into();
	let index = build_index(builder.as_ref(), &model, &leaves, width, &mut progress)?;
	let building = start.elapsed().as_secs_f64();
	let start = Instant::now();
	let scores = margin_scores(&model, &index, &task.test)?;
	let scoring = start.elapsed().as_secs_f64();
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
		"dimension": index.dimension(),
		"index_bytes": index.to_bytes().len(),
		"building_seconds": building,
		"scoring_seconds": scoring,
		"memory": memory,
	});
	let text = fields(&[
		("task", format!("{}, {} x {} rows", task.name, task.test.len(), task.train.len())),
		(
			"building",
			format!("{building:.2} seconds, {:.1} MB", index.to_bytes().len() as f64 / 1e6),
		),
		("scoring", format!("{scoring:.2} seconds")),
		("together", format!("{:.0} pairs per second", pairs / (building + scoring))),
		("memory", memory.map_or("unknown".into(), |m| format!("{:.1} MB", m.peak as f64 / 1e6))),
	]);
	Ok(Report::new(document, text))
}

/// A matrix of `columns` columns as a NumPy file (format 1.0).
fn npy(rows: &[Vec<i64>], columns: usize) -> Vec<u8> {
	let shape = format!("({}, {columns})", rows.len());
	let header = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}");
	// Magic, version, the header's length and the header with its line end fill multiples of 64.
	let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
	let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
	bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
	bytes.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
	bytes.extend(rows.iter().flatten().flat_map(|score| score.to_le_bytes()));
	bytes
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn matrix_should_be_written_in_numpys_format() {
		let bytes = npy(&[vec![1, -2, 3], vec![4, 5, i64::MIN]], 3);
		let (head, data) = bytes.split_at(bytes.len() - 48);
		assert_eq!(head.len() % 64, 0);
		assert_eq!(&head[..8], b"\x93NUMPY\x01\x00");
		assert_eq!(usize::from(u16::from_le_bytes([head[8], head[9]])), head.len() - 10);
		let header = std::str::from_utf8(&head[10..]).unwrap();
		assert!(header.starts_with("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }"));
		assert!(header.ends_with(" \n"));
		let values: Vec<i64> = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect();
		assert_eq!(values, [1, -2, 3, 4, 5, i64::MIN]);
	}
}
