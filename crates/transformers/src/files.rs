//! Everything that is read from or written to disk.
//!
//! | file | type |
//! | --- | --- |
//! | `config.json` | [`BaseConfig`] |
//! | `model.safetensors`, or shards with `model.safetensors.index.json` | [`Weights`] |
//! | `adapter_config.json` and `adapter_model.safetensors` | [`AdapterFile`] |
//! | `tokenizer.json` | [`Tokenizer`] |
//!
//! The formats are those of Hugging Face's `transformers` and `peft`: a directory they wrote can be
//! read here, and what is written here they can read. Nothing is trusted: sizes are checked before
//! memory is taken for them.

mod adapter;
mod config;
mod error;
mod tensors;
pub mod tiny;
mod tokenizer;
mod weights;

pub(crate) use adapter::is_target;
pub use adapter::{AdapterFile, LoraConfig, TaskType};
pub use config::{Activation, BaseConfig, BertConfig, LlamaConfig};
pub use error::{AdapterError, ConfigError, FileError, TensorError, TokenizerError};
pub use tokenizer::{Encoding, Tokenizer};
pub use weights::Weights;

use std::{fs, io::Read, path::Path};

/// A blake2-256 hash, of a file or of all that a model computes with.
pub type Hash = openledger_blobs::BlobHash;

/// Reads a whole file of at most `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
	let failed = |source| FileError::io("read", path, source);
	let file = fs::File::open(path).map_err(failed)?;
	let mut bytes = Vec::new();
	// One byte more than allowed tells a file that is too large from one that just fits.
	file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
	if bytes.len() as u64 > limit {
		return Err(FileError::TooLarge { path: path.to_owned(), limit });
	}
	Ok(bytes)
}

/// Reads JSON, without the mark that some editors put in front of it.
fn parse_json<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, FileError> {
	let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
	serde_json::from_slice(bytes).map_err(|source| FileError::json(path, source))
}

/// Writes a whole file: to a temporary one first, which is then renamed, so that no reader sees
/// half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
	use std::sync::atomic::{AtomicU64, Ordering};
	static TEMPORARY: AtomicU64 = AtomicU64::new(0);

	let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
	let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
	let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
	if written.is_err() {
		// The first error is the one worth telling.
		let _ = fs::remove_file(&temporary);
	}
	written.map_err(|source| FileError::io("write", path, source))
}

fn create_directory(path: &Path) -> Result<(), FileError> {
	fs::create_dir_all(path).map_err(|source| FileError::io("create", path, source))
}

/// A library's message, kept to a length worth reading.
fn shorten_message(error: &dyn std::fmt::Display) -> String {
	let text = error.to_string();
	match text.char_indices().nth(300) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text,
	}
}

/// Keeps a message readable when a whole paragraph stands where a word should.
fn shorten(text: &str) -> String {
	const LIMIT: usize = 40;
	match text.char_indices().nth(LIMIT) {
		Some((end, _)) => format!("{}…", &text[..end]),
		None => text.to_owned(),
	}
}
