//! Rows of three words, and models that learn them.

use crate::{Architecture, Base, Lora, Optimiser, TrainConfig};
use openledger_rows::{Dataset, TextDataset, TextSchema};
use openledger_transformers::files::tiny;
use std::{path::Path, sync::Arc};

const GOOD: [&str; 6] = ["good", "fine", "great", "lovely", "happy", "warm"];
const BAD: [&str; 6] = ["bad", "poor", "awful", "ugly", "sad", "cold"];
const PLAIN: [&str; 6] = ["film", "book", "day", "meal", "song", "house"];

/// Rows of three words; the label says whether the first one is a good one.
pub fn rows(count: usize, offset: usize) -> Dataset {
	let line = |i: usize| {
		let (label, words) = if i.is_multiple_of(2) { (1, GOOD) } else { (0, BAD) };
		let (a, b, c) = (words[i / 2 % 6], PLAIN[(i / 3) % 6], PLAIN[(i / 5) % 6]);
		format!("{{\"text\":\"{a} {b} and {c}\",\"label\":{label}}}\n")
	};
	let lines: String = (offset..offset + count).map(line).collect();
	Dataset::from_text(TextDataset::from_bytes(lines.as_bytes(), &TextSchema::default()).unwrap())
}

/// The texts of 60 of these rows.
pub fn texts() -> Vec<String> {
	rows(60, 0).texts().unwrap().texts().to_vec()
}

/// An adapter of rank 2.
pub fn lora(targets: &[&str]) -> Lora {
	let targets = targets.iter().map(|name| (*name).to_owned()).collect();
	Lora { rank: 2, alpha: 4, targets, rslora: false }
}

/// A recipe under which these rows are learned in a second.
pub fn config(architecture: Architecture) -> TrainConfig {
	let optimiser = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
	TrainConfig {
		optimiser,
		learning_rate: 0.02,
		epochs: 8,
		batch_size: 8,
		..TrainConfig::standard(architecture)
	}
}

/// A tiny encoder made in `directory`, open, and a classifier on it.
pub fn encoder(directory: &Path) -> (Arc<Base>, Architecture) {
	tiny::bert(directory, &texts(), &tiny::TinyConfig::default()).unwrap();
	let base = Base::open(directory).unwrap();
	let lora = lora(&["query", "value"]);
	let architecture = Architecture::Encoder {
		base: base.hash(),
		lora,
		classes: 2,
		class_names: Vec::new(),
		max_tokens: 16,
	};
	(base, architecture)
}
