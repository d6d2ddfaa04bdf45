//! Base models: the published transformers that models of text are adapters of.

use crate::error::{Error, Result};
use clap::Args;
use openledger_models::Base;
use std::{path::PathBuf, sync::Arc};

/// Where base models are.
#[derive(Args, Debug, Clone, Default)]
pub struct BaseModels {
	/// The directory of a base model of models of text, with config.json, tokenizer.json and
	/// model.safetensors; may be repeated
	#[arg(long = "base-model", value_name = "DIR")]
	directories: Vec<PathBuf>,
}

impl BaseModels {
	/// Opens the base models, so that models that name them by hash can be loaded.
	///
	/// # Errors
	/// [`Error::BadData`] naming the file that is missing or cannot be used.
	pub fn open(&self) -> Result<Vec<Arc<Base>>> {
		let open = |directory: &PathBuf| {
			Base::open(directory).map_err(|e| Error::from(e).in_file("--base-model"))
		};
		self.directories.iter().map(open).collect()
	}

	/// The directory of the first base model, as the user named it.
	pub fn first(&self) -> Option<String> {
		self.directories.first().map(|directory| directory.display().to_string())
	}

	/// Whether no base model was named.
	pub fn is_empty(&self) -> bool {
		self.directories.is_empty()
	}
}
