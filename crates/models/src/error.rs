//! What can go wrong, and what to do about it.

use crate::Hash;
use openledger_transformers::{
	files::{FileError, TokenizerError},
	Error as T,
};
use std::path::{Path, PathBuf};

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong. Each message says where, what was found and what was wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// Rows cannot be read, or do not fit the model.
	#[error(transparent)]
	Rows(#[from] openledger_rows::Error),
	/// A file cannot be read or written.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io {
		/// What was tried: `read` or `write`.
		action: &'static str,
		/// On which file.
		path: PathBuf,
		/// Why not.
		source: std::io::Error,
	},
	/// An answer is not the name of a class.
	#[error("the output '{text}' is not one of the model's {classes} classes")]
	UnknownClass {
		/// The answer.
		text: String,
		/// The number of classes.
		classes: usize,
	},
	/// An architecture descriptor or a setting is out of range.
	#[error("{setting}: {reason}")]
	Setting {
		/// Which one.
		setting: &'static str,
		/// What is wrong with it, and what would be right.
		reason: String,
	},
	/// A JSON document is malformed.
	#[error("the {what} is not valid: {source}")]
	Json {
		/// What it describes.
		what: &'static str,
		/// What is wrong with it.
		source: serde_json::Error,
	},
	/// A file's content is not what its hash promises.
	#[error(
		"the {what} is damaged or another one: expected hash 0x{}, its content has 0x{}; fetch it again",
		hex::encode(.expected),
		hex::encode(.found)
	)]
	HashMismatch {
		/// Which file.
		what: &'static str,
		/// The hash promised.
		expected: Hash,
		/// The hash of the content.
		found: Hash,
	},
	/// A file is not of the format expected.
	#[error("the {what} is malformed: {reason}")]
	Malformed {
		/// Which file.
		what: &'static str,
		/// What is wrong with it.
		reason: String,
	},
	/// An index or a manifest belongs to another model.
	#[error(
		"the {what} was made for the weights 0x{}, not for 0x{}: use the pair that was registered together",
		hex::encode(.expected),
		hex::encode(.found)
	)]
	WrongModel {
		/// Which file.
		what: &'static str,
		/// The weights it names.
		expected: Hash,
		/// The weights given.
		found: Hash,
	},
	/// Training left the range of numbers.
	#[error("training diverged in epoch {epoch}: the loss is {loss}; lower the learning rate or scale the features")]
	Diverged {
		/// The epoch, from 1.
		epoch: u32,
		/// The loss, not finite.
		loss: f64,
	},
	/// A computation left the range of numbers.
	#[error("{0} is not finite: the row or the weights are far out of range")]
	NotFinite(&'static str),
	/// The base model that an adapter belongs to is not at hand.
	#[error(
		"the base model 0x{} is not open: give the directory of its files",
		hex::encode(.0)
	)]
	NoBase(Hash),
	/// A transformer, its files or its training failed.
	#[error(transparent)]
	Transformer(Box<openledger_transformers::Error>),
	/// Single rows have no influence of their own under this index. Of the engine above, which adds no
	/// other failure to those of models.
	#[error(
		"the index was built by a method that needs the rows of all contributions for each leaf, so \
		 that single rows have no vectors of their own: build it by ekfac, or for a smaller model by \
		 exact"
	)]
	NotLocal,
}

impl From<openledger_transformers::Error> for Error {
	fn from(error: openledger_transformers::Error) -> Self {
		Self::Transformer(Box::new(error))
	}
}

impl Error {
	/// Whether the input or the answer is to blame, on every machine alike, and not a file or a
	/// setting: a model has no answer to such an input, or such an answer no attribution.
	pub fn is_of_input(&self) -> bool {
		match self {
			Self::Rows(error) => error.is_of_input(),
			Self::NotFinite(_) => true,
			Self::Transformer(error) => match &**error {
				T::TextLength { .. } | T::NoTargets { .. } | T::NotFinite(_) => true,
				T::File(FileError::Tokenizer { source, .. }) => matches!(
					source,
					TokenizerError::NoTokens(_)
						| TokenizerError::Encode { .. }
						| TokenizerError::Decode(_)
				),
				_ => false,
			},
			_ => false,
		}
	}

	/// A file that cannot be read or written; `action` says which.
	pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
		Self::Io { action, path: path.to_owned(), source }
	}

	/// A setting out of range.
	pub fn setting(setting: &'static str, reason: impl Into<String>) -> Self {
		Self::Setting { setting, reason: reason.into() }
	}

	/// A file of another format.
	pub fn malformed(what: &'static str, reason: impl std::fmt::Display) -> Self {
		Self::Malformed { what, reason: reason.to_string() }
	}
}
