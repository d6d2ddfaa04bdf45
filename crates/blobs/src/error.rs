//! What can go wrong with a blob.

use crate::BlobHash;
use std::path::PathBuf;

/// Why a blob could not be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
pub enum BlobError {
	/// The store has no blob of that hash.
	#[error(
		"blob 0x{} is not in {}: copy it there, or point to the directory that has it",
		hex::encode(.hash),
		.directory.display()
	)]
	NotFound {
		hash: BlobHash,
		/// The directory in which it was looked for.
		directory: PathBuf,
	},
	/// The content of a file does not have the hash that is its name.
	#[error(
		"{} is damaged: its name says 0x{}, its content hashes to 0x{}; replace it with an intact copy",
		.path.display(),
		hex::encode(.expected),
		hex::encode(.found)
	)]
	Mismatch { expected: BlobHash, found: BlobHash, path: PathBuf },
	/// The operating system refused.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io {
		/// What was tried: `create`, `read`, `write` or `look up`.
		action: &'static str,
		path: PathBuf,
		source: std::io::Error,
	},
}
