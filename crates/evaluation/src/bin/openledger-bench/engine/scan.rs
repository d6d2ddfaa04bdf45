//! Searching an index: exact scores of all leaves, and the best of them.

use super::{fastest, index_path, megabytes, random_model, Numbers};
use crate::error::Result;
use openledger_evaluation::Meter;
use openledger_influence::{attribute, Contribution, GradientDot, Index, IndexDraft};
use openledger_models::Model;
use openledger_output::{table, Column, Console};
use openledger_primitives::Width;
use openledger_rows::Dataset;
use serde_json::{json, Value};
use std::{hint::black_box, path::Path, time::Instant};

/// Features and classes of the model: with the bias, leaves of 4,096 coordinates.
const WIDTHS: [usize; 2] = [63, 64];

/// Contributions that each attribution names.
const ENTRIES: usize = 10;

/// How often reading and scoring take turns.
const ROUNDS: usize = 4;

struct Found {
	width: &'static str,
	leaves: usize,
	dimension: usize,
	/// Bytes of all sketches.
	bytes: u64,
	building_seconds: f64,
	/// How fast the file is read from memory, in bytes per second.
	reading: f64,
	/// How fast leaves are scored, in bytes per second.
	scanning: f64,
	query_seconds: f64,
	/// By which resident memory grew while queries ran, all of the file being resident before.
	memory: Option<u64>,
}

/// An index of `leaves` leaves in a mapped file, searched on all threads.
pub fn run(
	console: Console,
	directory: &Path,
	leaves: usize,
	threads: usize,
) -> Result<(Value, String)> {
	let mut numbers = Numbers(1);
	let model = random_model(&WIDTHS, &mut numbers)?;
	let mut found = Vec::new();
	for (name, width) in [("int8", Width::Int8), ("int16", Width::Int16)] {
		let start = Instant::now();
		let draft = {
			let rows = rows(leaves, &mut numbers)?;
			let path = index_path(directory);
			IndexDraft::build(&GradientDot, &model, &rows, width, &path, &mut console.stages())?
		};
		let building_seconds = start.elapsed().as_secs_f64();
		console.note(format!("searching {leaves} leaves, {name}"));
		let index = draft.index();
		let (reading, scanning, query_seconds, memory) = search(&model, index, threads)?;
		let bytes = bytes(index);
		let dimension = index.dimension();
		found.push(Found {
			width: name,
			leaves,
			dimension,
			bytes,
			building_seconds,
			reading,
			scanning,
			query_seconds,
			memory,
		});
	}
	Ok((found.iter().map(Found::json).collect(), text(&found, threads)))
}

/// Contributions of one random row each.
fn rows(count: usize, numbers: &mut Numbers) -> Result<Vec<Contribution>> {
	let [features, classes] = WIDTHS;
	let row = |id: usize| {
		let label = numbers.below(classes as u32);
		let rows = Dataset::new(features, numbers.values(features, 1.0), vec![label])?;
		Ok(Contribution { id: id as u64, rows })
	};
	(0..count).map(row).collect()
}

fn bytes(index: &Index) -> u64 {
	index.len() as u64 * index.dimension() as u64 * u64::from(index.width().bytes())
}

/// Speeds of reading the file and of scoring its leaves, the seconds of one whole query, and the
/// memory of queries.
fn search(model: &Model, index: &Index, threads: usize) -> Result<(f64, f64, f64, Option<u64>)> {
	let file = index.to_bytes();
	read_all(file, threads);
	// Starts when all of the file is resident.
	let mut meter = Meter::start();
	let input = Numbers(2).values(WIDTHS[0], 1.0).iter().map(f32::to_string).collect::<Vec<_>>();
	let (input, output) = (input.join(","), "7");
	let query = attribute(model, index, &input, output, ENTRIES)?.query;
	// By turns, so that other work on the machine disturbs both alike.
	let (mut reading, mut scanning) = (0.0f64, 0.0f64);
	for _ in 0..ROUNDS {
		let seconds = fastest(|| Ok(read_all(file, threads)))?;
		reading = reading.max(file.len() as f64 / seconds);
		let seconds = fastest(|| Ok(index.scores(&query)?))?;
		scanning = scanning.max(bytes(index) as f64 / seconds);
	}
	let query = fastest(|| Ok(attribute(model, index, &input, output, ENTRIES)?))?;
	Ok((reading, scanning, query, meter.as_mut().map(|meter| meter.read().growth)))
}

/// Reads all bytes on that many threads.
fn read_all(bytes: &[u8], threads: usize) -> u64 {
	// SAFETY: every eight bytes are a valid number.
	let (_, numbers, _) = unsafe { bytes.align_to::<u64>() };
	let part = numbers.len().div_ceil(threads.max(1)).max(1);
	std::thread::scope(|scope| {
		let reading: Vec<_> =
			numbers.chunks(part).map(|part| scope.spawn(move || black_box(sum(part)))).collect();
		// A sum cannot panic.
		reading.into_iter().filter_map(|thread| thread.join().ok()).fold(0, u64::wrapping_add)
	})
}

/// Reads numbers with the widest loads there are.
fn sum(numbers: &[u64]) -> u64 {
	#[inline(always)]
	fn plain(numbers: &[u64]) -> u64 {
		numbers.iter().fold(0, |sum, value| sum.wrapping_add(*value))
	}
	#[cfg(target_arch = "x86_64")]
	{
		#[target_feature(enable = "avx512f")]
		fn avx512(numbers: &[u64]) -> u64 {
			plain(numbers)
		}
		#[target_feature(enable = "avx2")]
		fn avx2(numbers: &[u64]) -> u64 {
			plain(numbers)
		}
		if is_x86_feature_detected!("avx512f") {
			// SAFETY: just detected.
			return unsafe { avx512(numbers) };
		}
		if is_x86_feature_detected!("avx2") {
			// SAFETY: just detected.
			return unsafe { avx2(numbers) };
		}
	}
	plain(numbers)
}

impl Found {
	fn share(&self) -> f64 {
		self.scanning / self.reading
	}

	fn json(&self) -> Value {
		json!({
			"width": self.width,
			"leaves": self.leaves,
			"dimension": self.dimension,
			"bytes": self.bytes,
			"building_seconds": self.building_seconds,
			"reading_bytes_per_second": self.reading,
			"scanning_bytes_per_second": self.scanning,
			"share_of_reading": self.share(),
			"query_seconds": self.query_seconds,
			"entries": ENTRIES,
			"memory_beyond_file": self.memory,
		})
	}
}

fn text(found: &[Found], threads: usize) -> String {
	let title = format!(
		"searching an index, {threads} threads: exact scores of all leaves, and whole queries with \
		 the {ENTRIES} best entries and their proofs"
	);
	let columns = [
		Column::Text("numbers"),
		Column::Number("leaves"),
		Column::Number("coordinates"),
		Column::Number("GB"),
		Column::Number("built, s"),
		Column::Number("reading, GB/s"),
		Column::Number("scores, GB/s"),
		Column::Number("of reading, %"),
		Column::Number("query, ms"),
		Column::Number("memory beyond the file, MB"),
	];
	let row = |found: &Found| {
		vec![
			found.width.to_owned(),
			found.leaves.to_string(),
			found.dimension.to_string(),
			format!("{:.2}", found.bytes as f64 / 1e9),
			format!("{:.1}", found.building_seconds),
			format!("{:.1}", found.reading / 1e9),
			format!("{:.1}", found.scanning / 1e9),
			format!("{:.0}", 100.0 * found.share()),
			format!("{:.1}", 1e3 * found.query_seconds),
			found.memory.map_or(String::new(), megabytes),
		]
	};
	[title, table(&columns, found.iter().map(row).collect())].join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn reading_should_sum_every_number_once_on_any_number_of_threads() {
		let numbers: Vec<u64> = (0..1003).map(|x| x * x).collect();
		let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_ne_bytes()).collect();
		// Behind eight bytes that may not be aligned.
		let expected = read_all(&bytes, 1);
		for threads in [1, 2, 3, 64, 2000] {
			assert_eq!(read_all(&bytes, threads), expected);
		}
		assert_eq!(sum(&numbers), numbers.iter().sum::<u64>());
		assert_eq!(read_all(&[], 4), 0);
	}

	#[test]
	fn search_should_find_rates_when_the_index_is_small() {
		let directory = tempfile::tempdir().unwrap();
		let (json, text) = run(Console { quiet: true }, directory.path(), 40, 2).unwrap();
		for (found, width) in json.as_array().unwrap().iter().zip([1, 2]) {
			assert_eq!(found["bytes"], 40 * 4096 * width);
			let rate = |name: &str| found[name].as_f64().unwrap();
			assert!(rate("scanning_bytes_per_second") > 0.0 && rate("query_seconds") > 0.0);
		}
		assert!(text.contains("int16") && text.contains("of reading"));
		assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
	}
}
