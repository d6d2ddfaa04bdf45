//! What can go wrong with a blob.

use crate::BlobHash;
use std::path::PathBuf;

/// Why a blob could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
	/// The store has no such blob.
	#[error(
		"blob 0x{} is not in {}: copy it there, or point to the directory that has it",
		hex::encode(.hash),
		.directory.display()
	)]
	NotFound {
		/// The blob asked for.
		hash: BlobHash,
		/// Where it was looked for.
		directory: PathBuf,
	},
	/// The bytes under this name have another hash.
	#[error(
		"{} is damaged: its name says 0x{}, its content hashes to 0x{}; replace it with an intact copy",
		.path.display(),
		hex::encode(.expected),
		hex::encode(.found)
	)]
	Mismatch {
		/// The hash asked for.
		expected: BlobHash,
		/// The hash of what is there.
		found: BlobHash,
		/// The damaged file.
		path: PathBuf,
	},
	/// The file system refused.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io {
		/// What was tried: `create`, `read`, `write` or `look up`.
		action: &'static str,
		/// On which file or directory.
		path: PathBuf,
		/// Why not.
		source: std::io::Error,
	},
}
