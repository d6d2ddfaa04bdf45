//! The files of a training run, which training and indexing leave in one directory.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The directory of one training run, and the names of its files.
#[derive(Clone, Debug)]
pub struct Run {
	directory: PathBuf,
}

impl Run {
	/// The run in `directory`, which need not exist yet.
	pub fn new(directory: &Path) -> Self {
		Self { directory: directory.to_owned() }
	}

	/// The model's weights as safetensors.
	pub fn weights(&self) -> PathBuf {
		self.directory.join("weights.safetensors")
	}

	/// The training manifest as JSON: sources, contributions and recipe.
	pub fn manifest(&self) -> PathBuf {
		self.directory.join("manifest.json")
	}

	/// The influence index as safetensors.
	pub fn index(&self) -> PathBuf {
		self.directory.join("index.safetensors")
	}

	/// The hash of the index file as JSON.
	pub fn index_record(&self) -> PathBuf {
		self.directory.join("index.json")
	}

	/// The attribution of the held-out rows in SCALE, which activation commits.
	pub fn held_out(&self) -> PathBuf {
		self.directory.join("held-out.scale")
	}

	/// Makes the directory, and those above it.
	///
	/// # Errors
	/// [`Error::Io`].
	pub fn create(&self) -> Result<()> {
		std::fs::create_dir_all(&self.directory).map_err(|source| Error::Io {
			action: "create",
			path: self.directory.clone(),
			source,
		})
	}
}
