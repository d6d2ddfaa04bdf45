//! Models and indexes in memory, loaded from the blob store and checked against their hashes.

use super::{child::FileHashes, limits};
use openledger_blobs::{BlobError, BlobStore};
use openledger_influence::{Error, Index};
use openledger_models::Model;
use openledger_pallet_support::Artifacts;
use std::{
	collections::HashMap,
	io::ErrorKind,
	sync::{Arc, Mutex, PoisonError},
};

/// A model with its influence index.
pub struct Loaded {
	pub model: Model,
	pub index: Index,
}

/// Why a model or its index is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
	/// The store does not have a file, or a damaged one.
	#[error("the {what} cannot be had: {source}")]
	Blob { what: &'static str, source: BlobError },
	/// There is no memory for a file.
	#[error(
		"the {what} does not fit into the memory of the engine's process, {memory} MiB at most \
		 (--attribution-memory)"
	)]
	NoMemory { what: &'static str, memory: u64 },
	/// The engine cannot use a file.
	#[error("the {what} cannot be used: {source}")]
	Engine { what: &'static str, source: openledger_models::Error },
	/// The model is an adapter of a base model that this node has not opened.
	#[error(
		"the base model 0x{} of the model is not open: start the node with --base-model and the folder of \
		 its files",
		hex::encode(.0)
	)]
	NoBase([u8; 32]),
}

/// Keeps in memory the models that were used last.
pub struct Cache<B> {
	store: B,
	capacity: usize,
	/// The MiB that the process may use. When it uses half of them, models are forgotten for another.
	memory: u64,
	entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
	loaded: HashMap<FileHashes, (Arc<Loaded>, u64)>,
	/// Counts uses, to tell which one was the last.
	clock: u64,
}

fn key(artifacts: &Artifacts) -> FileHashes {
	(artifacts.weights.0, artifacts.index.0)
}

impl<B: BlobStore> Cache<B> {
	/// Makes a cache of at most `capacity` models over `store`, in a process that may use `memory`
	/// MiB.
	pub fn new(store: B, capacity: usize, memory: u64) -> Self {
		Self { store, capacity, memory, entries: Mutex::default() }
	}

	/// Gets the model behind `artifacts`, from memory or from the store.
	///
	/// # Errors
	/// If a file is missing or damaged, or is not a model or that model's index.
	pub fn get(&self, artifacts: &Artifacts) -> Result<Arc<Loaded>, LoadError> {
		if let Some(loaded) = self.lock().touch(&key(artifacts)) {
			return Ok(loaded);
		}
		// Models that were used before must not be why another has no room.
		let half = self.memory.saturating_mul(limits::BYTES_PER_MIB / 2);
		if limits::in_use().is_some_and(|bytes| bytes > half) {
			self.lock().loaded.clear();
		}
		let loaded = Arc::new(self.load(artifacts)?);
		self.lock().insert(key(artifacts), loaded.clone(), self.capacity);
		Ok(loaded)
	}

	/// The hashes of the weights and of the index of each model in memory.
	pub fn loaded(&self) -> Vec<FileHashes> {
		let mut keys: Vec<FileHashes> = self.lock().loaded.keys().copied().collect();
		keys.sort_unstable();
		keys
	}

	fn load(&self, artifacts: &Artifacts) -> Result<Loaded, LoadError> {
		let (weights, index) = key(artifacts);
		let memory = self.memory;
		let fetch = |what, hash| {
			self.store.get(hash).map_err(|source| match source {
				BlobError::Io { source, .. } if source.kind() == ErrorKind::OutOfMemory => {
					LoadError::NoMemory { what, memory }
				},
				source => LoadError::Blob { what, source },
			})
		};
		let model =
			Model::load(&fetch("weights file", &weights)?, Some(&weights)).map_err(|error| {
				match error {
					Error::NoBase(hash) => LoadError::NoBase(hash),
					source => LoadError::Engine { what: "weights file", source },
				}
			})?;
		let index = Index::load(&fetch("index file", &index)?, Some(&index), &model)
			.map_err(|source| LoadError::Engine { what: "index file", source })?;
		Ok(Loaded { model, index })
	}

	fn lock(&self) -> std::sync::MutexGuard<'_, Entries> {
		// The entries are whole, whatever a thread that panicked was doing.
		self.entries.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Entries {
	fn touch(&mut self, key: &FileHashes) -> Option<Arc<Loaded>> {
		self.clock = self.clock.saturating_add(1);
		let (loaded, used) = self.loaded.get_mut(key)?;
		*used = self.clock;
		Some(loaded.clone())
	}

	fn insert(&mut self, key: FileHashes, loaded: Arc<Loaded>, capacity: usize) {
		self.clock = self.clock.saturating_add(1);
		self.loaded.insert(key, (loaded, self.clock));
		while self.loaded.len() > capacity {
			let oldest = self.loaded.iter().min_by_key(|(_, (_, used))| *used).map(|(k, _)| *k);
			match oldest {
				Some(oldest) => self.loaded.remove(&oldest),
				None => break,
			};
		}
	}
}
