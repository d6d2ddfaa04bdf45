//! Outcomes of retrainings on disk.
//!
//! One file for each, named by the hash of all that determines it, so that runs that are
//! interrupted, repeated or differ in their methods only share them. It holds the hash of its name
//! and the rest, then the margins (`f64`) and the answered classes (`u32`), little-endian.

use super::{Retraining, RetrainingOutcome};
use crate::Subject;
use openledger_models::{blake2_256, Error, Hash, Result};
use std::{
	fs,
	path::{Path, PathBuf},
};

const DOMAIN: &[u8] = b"openledger/evaluation/retraining/1";

/// A directory in which outcomes are kept.
pub(super) struct OutcomeCache {
	directory: PathBuf,
	/// The hash of rows, recipe and model. The model is part of it because another training code gives
	/// another model.
	base: Hash,
	test_rows: usize,
}

impl OutcomeCache {
	/// Makes the directory where it is missing.
	pub fn open(directory: &Path, subject: &Subject<'_>) -> Result<Self> {
		fs::create_dir_all(directory).map_err(|source| io("create", directory, source))?;
		let task = subject.task;
		let recipe = serde_json::to_vec(&task.config)
			.map_err(|source| Error::Json { what: "recipe", source })?;
		let base = blake2_256(
			&[
				DOMAIN,
				&subject.model.hash(),
				&task.train.content_root(),
				&task.test.content_root(),
				&recipe,
			]
			.concat(),
		);
		Ok(Self { directory: directory.to_owned(), base, test_rows: task.test.len() })
	}

	fn key(&self, job: &Retraining) -> Hash {
		let rows = job.rows.iter().flat_map(|row| (*row as u64).to_le_bytes());
		let head = self.base.into_iter().chain(job.seed.to_le_bytes());
		blake2_256(&head.chain(rows).collect::<Vec<_>>())
	}

	fn path(&self, key: &Hash) -> PathBuf {
		self.directory.join(hex::encode(key))
	}

	/// Reads the outcome of a job, if it is there and whole.
	pub fn get(&self, job: &Retraining) -> Option<RetrainingOutcome> {
		let key = self.key(job);
		let bytes = fs::read(self.path(&key)).ok()?;
		let (hash, values) = bytes.split_at_checked(32)?;
		let (margins, labels) = values.split_at_checked(self.test_rows * 8)?;
		let whole = labels.len() == self.test_rows * 4
			&& hash == blake2_256(&[key.as_slice(), values].concat()).as_slice();
		whole.then(|| RetrainingOutcome {
			margins: margins.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
			labels: labels.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect(),
		})
	}

	pub fn put(&self, job: &Retraining, outcome: &RetrainingOutcome) -> Result<()> {
		let key = self.key(job);
		let margins = outcome.margins.iter().flat_map(|x| x.to_le_bytes());
		let labels = outcome.labels.iter().flat_map(|x| x.to_le_bytes());
		let values: Vec<u8> = margins.chain(labels).collect();
		let hash = blake2_256(&[key.as_slice(), &values].concat());
		// Under a name of its own until it is whole.
		let (path, part) = (self.path(&key), self.path(&key).with_extension("part"));
		fs::write(&part, [hash.as_slice(), &values].concat())
			.and_then(|()| fs::rename(&part, &path))
			.map_err(|source| io("write", &path, source))
	}
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
	Error::io(action, path, source)
}
