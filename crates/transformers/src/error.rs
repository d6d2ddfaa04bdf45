//! What can go wrong with models, and what to do about it.

use crate::{files::FileError, tensor::ShapeError};

/// The result of a computation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong. Each message says what was found and what was wanted.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum Error {
	/// A file cannot be read, written or used.
	#[error(transparent)]
	File(#[from] FileError),
	/// A setting is out of range.
	#[error("{setting}: {reason}")]
	Setting { setting: &'static str, reason: String },
	/// A name in `target_modules` fits no linear layer.
	#[error("target_modules: '{target}' is no linear layer of this model; its last names are {}", .known.join(", "))]
	UnknownTarget {
		target: String,
		/// The last parts of the names of the model's linear layers.
		known: Vec<String>,
	},
	/// An adapter does not fit the base model.
	#[error(
		"the adapter does not fit the base model: {reason}; use the base model it was trained on"
	)]
	WrongAdapter { reason: String },
	/// A text has no tokens, or more than the model has positions.
	#[error("a text of {tokens} tokens, where the model takes {least} to {most}: shorten it or leave it out")]
	TextLength {
		tokens: usize,
		/// The smallest number of tokens for this use.
		least: usize,
		/// The number of positions that the model has.
		most: usize,
	},
	/// A token is not in the model's vocabulary.
	#[error("token {id} is not in the model's vocabulary of {vocabulary}: use the tokenizer that belongs to the model")]
	UnknownToken {
		id: u32,
		/// The size of the vocabulary.
		vocabulary: usize,
	},
	/// A label is beyond the model's classes.
	#[error("label {label} is not one of the {classes} classes, 0 to {}", .classes.saturating_sub(1))]
	UnknownClass { label: u32, classes: usize },
	/// The first token to be predicted has none before it, or lies beyond the text.
	#[error("the tokens to be predicted start at {from} in a text of {tokens}: from 1 to {} is possible", .tokens.saturating_sub(1))]
	NoTargets {
		/// The position of the first token to be predicted, from 0.
		from: usize,
		/// The number of tokens of the text.
		tokens: usize,
	},
	/// A flat vector has another number of values than there are trained parameters.
	#[error("{found} values for {expected} trained parameters")]
	ParameterCount { found: usize, expected: usize },
	/// A batch is empty.
	#[error("a batch has no samples: give at least one")]
	NoSamples,
	/// A computation left the range of numbers.
	#[error("{0} is not finite: the weights are far out of range")]
	NotFinite(&'static str),
	/// The model's tensors do not fit together.
	#[error(transparent)]
	Shape(#[from] ShapeError),
}

impl Error {
	/// Whether numbers left their range, as they do where training diverges.
	pub fn is_overflow(&self) -> bool {
		matches!(self, Self::NotFinite(_))
	}

	pub(crate) fn setting(setting: &'static str, reason: impl Into<String>) -> Self {
		Self::Setting { setting, reason: reason.into() }
	}

	pub(crate) fn wrong_adapter(reason: impl Into<String>) -> Self {
		Self::WrongAdapter { reason: reason.into() }
	}
}
