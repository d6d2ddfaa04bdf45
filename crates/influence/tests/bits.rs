//! Everything that enters a sketch is the same bits for any number of threads, any batch and any
//! instructions, and in every process: each setting runs in a process of its own.

use openledger_influence::{
	attribute, build_index, held_out_sketch, Contribution, EkFac, ExactCurvature, IndexBuilder,
};
use openledger_models::{testing::set_batch_rows, train, Activation, Architecture, TrainConfig};
use openledger_primitives::Width;
use openledger_rows::{Dataset, Schema};
use std::{path::Path, process::Command};

/// Tells a process of this test which batch to use; others than these do nothing.
const BATCH: &str = "OPENLEDGER_TEST_BATCH_ROWS";

/// Hashes of the weights, of two index files and of query sketches, one per line.
fn hashes() -> String {
	// Tests run in their crate's folder.
	let path = Path::new("../../tests/data/digits.csv.gz");
	let (rows, rest) = Dataset::read(path, &Schema::default()).unwrap().split(131, 5).unwrap();
	let test = rest.select(&(0..20).collect::<Vec<_>>()).unwrap();
	let architecture = Architecture::mlp(&[64, 6, 10], Activation::Tanh);
	let config = TrainConfig { epochs: 3, ..TrainConfig::standard(architecture) };
	let model = train(&rows, &config, &mut |_| ()).unwrap().model;
	let parts = [0..1, 1..40, 40..105, 105..131];
	let contributions: Vec<Contribution> = (1..)
		.zip(parts)
		.map(|(id, part)| Contribution {
			id,
			rows: rows.select(&part.collect::<Vec<_>>()).unwrap(),
		})
		.collect();
	let mut lines = vec![hex::encode(model.hash())];
	let builders: [&dyn IndexBuilder; 2] =
		[&EkFac::default(), &ExactCurvature::for_recipe(&config)];
	for builder in builders {
		for width in [Width::Int8, Width::Int16] {
			let index = build_index(builder, &model, &contributions, width, &mut |_| ()).unwrap();
			lines.push(hex::encode(index.file_hash()));
			let held_out = held_out_sketch(&model, &index, &test).unwrap();
			lines.push(format!("{:?}", held_out.hash()));
			for row in 0..test.len() {
				let input = test.row_text(row);
				let answer = model.answer(&input).unwrap().text;
				let attribution = attribute(&model, &index, &input, &answer, 4).unwrap();
				lines.push(format!("{:?}", attribution.query.hash()));
			}
		}
	}
	lines.join("\n")
}

#[test]
fn hashes_of_a_process() {
	let Ok(rows) = std::env::var(BATCH) else { return };
	set_batch_rows(rows.parse().unwrap()).unwrap();
	println!("<<{}>>", hashes());
}

fn elsewhere(batch: usize, threads: usize, path: &str) -> String {
	let output = Command::new(std::env::current_exe().unwrap())
		.args(["--exact", "hashes_of_a_process", "--nocapture"])
		.env(BATCH, batch.to_string())
		.env("RAYON_NUM_THREADS", threads.to_string())
		.env("OPENLEDGER_KERNELS", path)
		.output()
		.unwrap();
	let text = String::from_utf8(output.stdout).unwrap();
	let found = text.split_once("<<").and_then(|(_, rest)| rest.split_once(">>"));
	found.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).0.into()
}

#[test]
fn sketches_should_be_the_same_bits_whatever_threads_batches_and_instructions() {
	let expected = hashes();
	assert_eq!(expected.lines().count(), 1 + 4 * 22);
	for path in openledger_kernels::available() {
		let settings: &[(usize, usize)] = match path {
			// Slow where the processor's fused product is not used.
			openledger_kernels::Path::Portable => &[(7, 4)],
			_ => &[(1, 1), (2, 2), (7, 4), (64, 1)],
		};
		for &(batch, threads) in settings {
			let found = elsewhere(batch, threads, path.name());
			assert_eq!(found, expected, "{batch} rows, {threads} threads, {}", path.name());
		}
	}
}
