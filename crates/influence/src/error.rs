//! What can go wrong, and what to do about it.

use crate::Hash;
use openledger_transformers::{
	files::{FileError, TokenizerError},
	Error as T,
};
use std::{fmt, path::PathBuf};

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A place in a table or in one line of values; both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// The line of the file; `None` for a single line of values.
	pub row: Option<u64>,
	/// The column.
	pub column: usize,
}

impl fmt::Display for Place {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.row {
			Some(row) => write!(f, "row {row}, column {}", self.column),
			None => write!(f, "column {}", self.column),
		}
	}
}

/// Everything that can go wrong. Each message says where, what was found and what was wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
	/// The gzip stream is damaged.
	#[error("cannot decompress the table: {0}; send it uncompressed or compress it again")]
	Decompress(std::io::Error),
	/// The table is larger than this crate reads.
	#[error("the table has more than {limit} {unit}: split it")]
	TooLarge {
		/// The largest size accepted.
		limit: u64,
		/// What is counted: `bytes`, `rows` or `columns`.
		unit: &'static str,
	},
	/// The text is not a table.
	#[error("row {row}: {reason}")]
	Csv {
		/// The line of the file, from 1.
		row: u64,
		/// What the reader found.
		reason: String,
	},
	/// A feature is not a finite number.
	#[error("{place}: '{text}' is not a number; features are decimal numbers, at most 3.4e38")]
	NotANumber {
		/// Where.
		place: Place,
		/// What stands there.
		text: String,
	},
	/// What stands where a number should is a word, and the file does not say that it holds text.
	#[error(
		"{place}: '{text}' is not a number, and this is no file of text: rows of text are JSON Lines \
		 with a field 'text', or CSV with a header that has a column 'text'"
	)]
	NeitherKind {
		/// Where.
		place: Place,
		/// What stands there.
		text: String,
	},
	/// A label is not a class.
	#[error("{place}: '{text}' is not a label; labels are whole numbers from 0 to {largest}, in the last column")]
	NotALabel {
		/// Where.
		place: Place,
		/// What stands there.
		text: String,
		/// The largest label accepted.
		largest: u32,
	},
	/// A row has too many or too few columns.
	#[error("row {row}: {found} columns instead of {expected} ({} features and the label)", .expected.saturating_sub(1))]
	ColumnCount {
		/// The line of the file, from 1.
		row: u64,
		/// Columns found, the label included.
		found: usize,
		/// Columns wanted, the label included.
		expected: usize,
	},
	/// An inference input has too many or too few values.
	#[error("the input has {found} values instead of {expected}: give the features of one row, comma-separated, without a label")]
	InputLength {
		/// Values found.
		found: usize,
		/// Values wanted.
		expected: usize,
	},
	/// There are no rows.
	#[error("there are no rows")]
	NoRows,
	/// Datasets, or a dataset and a model, do not fit together.
	#[error("the rows have {found} features where {expected} are needed")]
	FeatureCount {
		/// Features found.
		found: usize,
		/// Features wanted.
		expected: usize,
	},
	/// A label is beyond the model's classes.
	#[error("label {label} is not one of the {classes} classes, 0 to {}", .classes.saturating_sub(1))]
	ClassCount {
		/// The label.
		label: u32,
		/// The number of classes.
		classes: usize,
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
	/// Rows of text where numbers are needed, or the other way round.
	#[error("the rows are of {found}, not of {expected}")]
	WrongKind {
		/// What the rows are of.
		found: &'static str,
		/// What is needed.
		expected: &'static str,
	},
	/// A classifier needs labels.
	#[error("the rows have no labels, which a classifier needs: give each row a label")]
	Unlabelled,
	/// Rows of text cannot be read.
	#[error(transparent)]
	Text(#[from] openledger_transformers::files::TextError),
	/// The base model that an adapter belongs to is not at hand.
	#[error(
		"the base model 0x{} is not open: give the directory of its files",
		hex::encode(.0)
	)]
	NoBase(Hash),
	/// A transformer, its files or its training failed.
	#[error(transparent)]
	Transformer(Box<openledger_transformers::Error>),
	/// A leaf cannot be computed from its contribution's rows alone.
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
			Self::InputLength { .. }
			| Self::NotANumber { .. }
			| Self::NotFinite(_)
			| Self::Text(_) => true,
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

	pub(crate) fn setting(setting: &'static str, reason: impl Into<String>) -> Self {
		Self::Setting { setting, reason: reason.into() }
	}

	pub(crate) fn malformed(what: &'static str, reason: impl fmt::Display) -> Self {
		Self::Malformed { what, reason: reason.to_string() }
	}
}
