//! The benchmark's workload of text: a LoRA adapter on a BERT-type encoder.

use crate::{
	error::{Error, Result},
	files::read_rows,
};
use clap::Args;
use openledger_evaluation::{messages::messages, Task};
use openledger_models::{Architecture, Base, Lora, TrainConfig};
use openledger_rows::TextDataset;
use openledger_rows::{Dataset, Schema};
use openledger_transformers::files::{
	tiny::{self, TinyConfig},
	FileError,
};
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// What the task `lora` is made of.
#[derive(Args, Debug)]
#[command(next_help_heading = "Text (--task lora)")]
pub struct Arguments {
	/// The base model, BERT-type, in Hugging Face's files [default: a tiny one of random weights]
	#[arg(long, value_name = "DIR")]
	base: Option<PathBuf>,
	/// Labelled rows, JSON Lines or CSV [default: messages to product support, made by a grammar]
	#[arg(long, value_name = "FILE")]
	text: Option<PathBuf>,
	/// Number of texts to train on
	#[arg(long, default_value_t = 1000)]
	text_rows: usize,
	/// Number of texts to test on
	#[arg(long, default_value_t = 100)]
	text_test_rows: usize,
	/// Number of random halves of the texts
	#[arg(long, default_value_t = 50)]
	pub text_subsets: usize,
	/// Rank of the adapter
	#[arg(long, default_value_t = 4)]
	rank: usize,
	/// The adapted layers, by the last parts of their names
	#[arg(long, value_delimiter = ',', value_name = "NAMES", default_value = "query,value")]
	targets: Vec<String>,
	/// The most tokens of a text; longer ones lose their end
	#[arg(long, default_value_t = 64)]
	max_tokens: usize,
}

impl Arguments {
	/// The task, and the directory of a base model made for it, whose files an export copies. `seed`
	/// fixes the texts, the base model and the split.
	///
	/// # Errors
	/// [`Error::Usage`] if there are too few rows, [`Error::BadData`] if a file is damaged or the
	/// base model is no encoder.
	pub fn task(
		&self,
		seed: u64,
		changed: impl Fn(TrainConfig) -> TrainConfig,
	) -> Result<(Task, Option<TempDir>)> {
		let wanted = self.text_rows.saturating_add(self.text_test_rows);
		let rows = match &self.text {
			Some(path) => read_rows(path, &Schema::default())?,
			// Others than those that the recipe was chosen on, which were of the first seeds.
			None => messages(wanted, seed.wrapping_add(1 << 32))?,
		};
		if self.text_rows == 0 || self.text_test_rows == 0 || rows.len() < wanted {
			let reason = format!("there are {} texts, and each part needs some", rows.len());
			let (train, test) = (self.text_rows, self.text_test_rows);
			return Err(Error::Usage(format!(
				"--text-rows {train} --text-test-rows {test}: {reason}"
			)));
		}
		let (train, rest) = rows.split(self.text_rows, seed)?;
		let test = rest.select(&(0..self.text_test_rows).collect::<Vec<_>>())?;
		let (base, files) = self.open_base(&train, seed)?;
		if base.is_decoder() {
			return Err(Error::BadData("the base model is a decoder: give a BERT-type one".into()));
		}
		let lora = Lora {
			rank: self.rank,
			alpha: u32::try_from(self.rank.saturating_mul(2)).unwrap_or(u32::MAX),
			targets: self.targets.clone(),
			rslora: false,
		};
		let architecture = Architecture::Encoder {
			base: base.hash(),
			lora,
			classes: rows.classes() as usize,
			class_names: rows.class_names().to_vec(),
			max_tokens: self.max_tokens,
		};
		Ok((Task::new("lora", train, test, changed(recipe(architecture))), files))
	}

	fn open_base(&self, train: &Dataset, seed: u64) -> Result<(Arc<Base>, Option<TempDir>)> {
		if let Some(directory) = &self.base {
			return Ok((Base::open(directory)?, None));
		}
		let failed = |error: FileError| Error::Failure(error.to_string());
		let directory = tempfile::tempdir()
			.map_err(|e| Error::io("create a directory in", &std::env::temp_dir(), e))?;
		let texts = train.texts().map_or(&[][..], TextDataset::texts);
		let shape = TinyConfig {
			hidden_size: 96,
			intermediate_size: 192,
			num_hidden_layers: 1,
			max_position_embeddings: self.max_tokens.max(2),
			pooler: false,
			seed,
			..TinyConfig::default()
		};
		tiny::bert(directory.path(), texts, &shape).map_err(failed)?;
		Ok((Base::open(directory.path())?, Some(directory)))
	}
}

/// Of 23 tried (rates, weight decays, lengths, batch sizes), three seeds each, the one with the
/// lowest mean loss on messages not trained on.
fn recipe(architecture: Architecture) -> TrainConfig {
	TrainConfig {
		learning_rate: 0.06,
		weight_decay: 1e-2,
		epochs: 50,
		batch_size: 16,
		..TrainConfig::standard(architecture)
	}
}
