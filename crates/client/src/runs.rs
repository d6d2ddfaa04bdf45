//! The files of a training run, which training and indexing leave in one directory.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The directory of one training run, and the names of its files.
#[derive(Clone, Debug)]
pub struct Run {
	directory: PathBuf,
}

impl Run {
	/// Names the files of a run in `directory`, which need not exist yet.
	pub fn new(directory: &Path) -> Self {
		Self { directory: directory.to_owned() }
	}

	/// The file of the model's weights, in safetensors.
	pub fn weights(&self) -> PathBuf {
		self.directory.join("weights.safetensors")
	}

	/// The file of the training manifest, in JSON: sources, contributions and recipe.
	pub fn manifest(&self) -> PathBuf {
		self.directory.join("manifest.json")
	}

	/// The file of the influence index, in safetensors.
	pub fn index(&self) -> PathBuf {
		self.directory.join("index.safetensors")
	}

	/// The file of the index's hash, in JSON.
	pub fn index_record(&self) -> PathBuf {
		self.directory.join("index.json")
	}

	/// The file of the attribution of the held-out rows, in SCALE, to which activation commits.
	pub fn held_out(&self) -> PathBuf {
		self.directory.join("held-out.scale")
	}

	/// Makes the directory and those above it.
	///
	/// # Errors
	/// [`Error::Io`] if that fails.
	pub fn create(&self) -> Result<()> {
		std::fs::create_dir_all(&self.directory).map_err(|source| Error::Io {
			action: "create",
			path: self.directory.clone(),
			source,
		})
	}
}
