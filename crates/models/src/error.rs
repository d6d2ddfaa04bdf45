//! What can go wrong, and what to do about it.

use openledger_blobs::BlobHash;
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
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
pub enum Error {
	/// Rows cannot be read, or do not fit the model.
	#[error(transparent)]
	Rows(#[from] openledger_rows::Error),
	/// A file cannot be read or written.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io { action: &'static str, path: PathBuf, source: std::io::Error },
	/// An answer is not the name of a class.
	#[error("the output '{text}' is not one of the model's {classes} classes")]
	UnknownClass { text: String, classes: usize },
	/// An architecture descriptor or a setting is out of range.
	#[error("{setting}: {reason}")]
	Setting { setting: &'static str, reason: String },
	/// A JSON document is malformed.
	#[error("the {what} is not valid: {source}")]
	Json { what: &'static str, source: serde_json::Error },
	/// A file's content is not what its hash promises.
	#[error(
		"the {what} is damaged or another one: expected hash 0x{}, its content has 0x{}; fetch it again",
		hex::encode(.expected),
		hex::encode(.found)
	)]
	HashMismatch { what: &'static str, expected: BlobHash, found: BlobHash },
	/// A file is not of the format expected.
	#[error("the {what} is malformed: {reason}")]
	Malformed { what: &'static str, reason: String },
	/// An index or a manifest belongs to another model.
	#[error(
		"the {what} was made for the weights 0x{}, not for 0x{}: use the pair that was registered together",
		hex::encode(.expected),
		hex::encode(.found)
	)]
	WrongModel { what: &'static str, expected: BlobHash, found: BlobHash },
	/// Training left the range of numbers.
	#[error("training diverged in epoch {epoch}: the loss is {loss}; lower the learning rate or scale the features")]
	Diverged { epoch: u32, loss: f64 },
	/// The numbers leave the range before anything is learned, so that the learning rate is not to blame.
	#[error("the numbers leave the range before anything is learned: {0}")]
	Overflow(&'static str),
	/// A prompt leaves no room for an answer.
	#[error(
		"the prompt has {tokens} tokens, and this model takes at most {most}, so that one is left for the \
		 answer: shorten it"
	)]
	PromptLength { tokens: usize, most: usize },
	/// A computation left the range of numbers.
	#[error("{0} is not finite: the row or the weights are far out of range")]
	NotFinite(&'static str),
	/// The base model that an adapter belongs to is not at hand.
	#[error(
		"the base model 0x{} is not open: give the directory of its files",
		hex::encode(.0)
	)]
	NoBase(BlobHash),
	/// A transformer, its files or its training failed.
	#[error(transparent)]
	Transformer(Box<openledger_transformers::Error>),
	/// Single rows have no influence of their own under this index: of the crate `influence`, whose
	/// errors these are too.
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
			Self::NotFinite(_) | Self::PromptLength { .. } => true,
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
