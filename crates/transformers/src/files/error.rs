//! What can be wrong with a file, and what to do about it.

use std::{
	io,
	path::{Path, PathBuf},
};

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum FileError {
	/// The operating system refused.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io { action: &'static str, path: PathBuf, source: io::Error },
	/// The file is larger than this crate reads.
	#[error("{} has more than {limit} bytes: it is not the file it should be", .path.display())]
	TooLarge {
		path: PathBuf,
		/// The size of the largest file that is read, in bytes.
		limit: u64,
	},
	/// The file is not JSON, or a value has the wrong type.
	#[error("{} is not valid: {source}", .path.display())]
	Json { path: PathBuf, source: serde_json::Error },
	/// A model's configuration cannot be used.
	#[error("{}: {source}", .path.display())]
	Config { path: PathBuf, source: ConfigError },
	/// A file of tensors, or one tensor of it, cannot be used.
	#[error("{}: {source}", .path.display())]
	Tensor { path: PathBuf, source: TensorError },
	/// An adapter cannot be used.
	#[error("{}: {source}", .path.display())]
	Adapter { path: PathBuf, source: AdapterError },
	/// A tokenizer cannot be used, or cannot encode a text.
	#[error("{}: {source}", .path.display())]
	Tokenizer { path: PathBuf, source: TokenizerError },
}

impl FileError {
	pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
		Self::Io { action, path: path.to_owned(), source }
	}

	pub(crate) fn json(path: &Path, source: serde_json::Error) -> Self {
		Self::Json { path: path.to_owned(), source }
	}

	pub(crate) fn config(path: &Path, source: ConfigError) -> Self {
		Self::Config { path: path.to_owned(), source }
	}

	pub(crate) fn tensor(path: &Path, source: TensorError) -> Self {
		Self::Tensor { path: path.to_owned(), source }
	}

	pub(crate) fn adapter(path: &Path, source: AdapterError) -> Self {
		Self::Adapter { path: path.to_owned(), source }
	}

	pub(crate) fn tokenizer(path: &Path, source: TokenizerError) -> Self {
		Self::Tokenizer { path: path.to_owned(), source }
	}
}

/// Why a model's `config.json` cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum ConfigError {
	/// There is no such field.
	#[error("there is no \"{0}\"")]
	Missing(&'static str),
	/// The architecture is not one of those supported.
	#[error("model type '{found}' is not supported; supported are {supported}")]
	ModelType { found: String, supported: &'static str },
	/// A size is zero or absurd.
	#[error("\"{field}\" is {found}: it must be from 1 to {largest}")]
	Size { field: &'static str, found: u64, largest: u64 },
	/// The attention heads do not share the width evenly.
	#[error("a hidden size of {width} cannot be divided among {heads} attention heads")]
	Heads { width: usize, heads: usize },
	/// The attention heads do not share the key-value heads evenly.
	#[error("{heads} attention heads cannot share {key_value_heads} key-value heads evenly")]
	KeyValueHeads { heads: usize, key_value_heads: usize },
	/// The number of coordinates of a head is odd, but rotary embeddings turn pairs of them.
	#[error("a head of {0} coordinates is odd: rotary position embeddings need pairs")]
	OddHead(usize),
	/// The activation is not one of those supported.
	#[error("activation '{found}' is not supported; supported are {supported}")]
	Activation { found: String, supported: &'static str },
	/// A number is not positive.
	#[error("\"{field}\" is {found}: it must be a number above 0")]
	NotPositive { field: &'static str, found: f64 },
	/// The padding token is not in the vocabulary.
	#[error("\"pad_token_id\" is {found}: tokens are numbered from 0 to {}", .vocabulary.saturating_sub(1))]
	PadToken { found: u64, vocabulary: usize },
	/// The weights are quantised.
	#[error("the weights are quantised ({0}): use the original model in F32, F16 or BF16")]
	Quantised(String),
	/// The rotary embeddings are scaled.
	#[error("rope scaling of type '{0}' is not supported: use a model without rope scaling")]
	RopeScaling(String),
	/// A field is not known to change nothing.
	#[error("\"{field}\" is {found}, which may change what the model computes and is not supported: use a model without it, or delete the field if it does not concern computation")]
	UnknownField { field: String, found: String },
	/// Attention sees only a window of the text.
	#[error("sliding-window attention ({window} of {positions} tokens) is not supported: use a model without it, or set max_position_embeddings to at most the window")]
	SlidingWindow {
		/// The number of tokens in the window.
		window: u64,
		positions: usize,
	},
	/// A field asks for something that is not supported.
	#[error("\"{field}\" is {found}, which is not supported: only {supported} is")]
	Unsupported { field: &'static str, found: String, supported: &'static str },
}

/// Why a file of tensors, or one of its tensors, cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum TensorError {
	/// The directory holds no weights in safetensors format.
	#[error("there is neither a model.safetensors nor a model.safetensors.index.json here{hint}")]
	NoWeights { hint: &'static str },
	/// The file ends before its header does.
	#[error("the file is cut off or no safetensors file: it has {found} bytes, its header promises {expected}; fetch it again")]
	Truncated { found: u64, expected: u64 },
	/// The header is larger than the format allows.
	#[error("its header has {found} bytes, the format allows {limit}: it is no safetensors file")]
	HeaderTooLarge { found: u64, limit: u64 },
	/// The header cannot be understood.
	#[error("its header is malformed: {0}")]
	Header(String),
	/// The file has bytes behind its last tensor.
	#[error("the file has {found} bytes where its header describes {expected}; fetch it again")]
	TrailingBytes { found: u64, expected: u64 },
	/// There is no such tensor.
	#[error("there is no tensor '{0}'")]
	Missing(String),
	/// A tensor has another shape than the model needs.
	#[error("tensor '{name}' has shape {found:?} instead of {expected:?}")]
	Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
	/// The type of a tensor's values is not supported.
	#[error("tensor '{name}' is of type {found}; supported are F32, F16 and BF16")]
	Type { name: String, found: String },
	/// A tensor holds a value that is not a number.
	#[error("tensor '{name}' holds {value} at position {position}: the file is damaged or training diverged")]
	NotFinite {
		name: String,
		value: f32,
		/// The position of the value in row-major order, from 0.
		position: usize,
	},
	/// The file has changed since it was opened.
	#[error("tensor '{0}' has changed since the model was opened: leave the files as they are and load it again")]
	Changed(String),
	/// An index names a shard outside of its directory.
	#[error("the index names the shard '{0}', which is not a plain file name")]
	ShardName(String),
	/// An index names no shards, or too many.
	#[error("the index names {found} shards: there must be from 1 to {limit}")]
	ShardCount { found: usize, limit: usize },
}

/// Why an adapter cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum AdapterError {
	/// The adapter is not a LoRA adapter.
	#[error("adapter type '{0}' is not supported; supported is LORA")]
	Type(String),
	/// The adapter was made for another task.
	#[error("task type '{0}' is not supported; supported are SEQ_CLS and CAUSAL_LM")]
	Task(String),
	/// A setting is missing.
	#[error("there is no \"{0}\"")]
	Missing(&'static str),
	/// The rank is zero or absurd.
	#[error("rank \"r\" is {found}: it must be from 1 to {largest}")]
	Rank { found: u64, largest: u64 },
	/// The factor is out of range.
	#[error("\"lora_alpha\" is {0}: it must be a number above 0")]
	Alpha(f64),
	/// The modules are not listed by their names.
	#[error("\"target_modules\" is {0}: list the names of the modules")]
	TargetModules(String),
	/// A setting changes what the adapter computes, in a way that is not supported.
	#[error("\"{field}\" is {found}, which is not supported: {reason}")]
	Unsupported { field: String, found: String, reason: &'static str },
	/// The adapter has no matrices.
	#[error("there is no matrix in it")]
	Empty,
	/// A tensor belongs to no module.
	#[error("tensor '{0}' is neither a LoRA matrix nor the classifier")]
	UnknownTensor(String),
	/// One of a module's two matrices is missing.
	#[error("module '{module}' has no {missing}")]
	Unpaired { module: String, missing: &'static str },
	/// A matrix does not have the shape it should have.
	#[error("{matrix} of module '{module}' has shape {found:?} instead of {expected}")]
	Shape {
		/// The path of the module, or `classifier`.
		module: String,
		/// `lora_A`, `lora_B`, `weight` or `bias`.
		matrix: &'static str,
		/// The shape that was found, or the number of values.
		found: Vec<usize>,
		expected: String,
	},
	/// A value is not a number.
	#[error("{matrix} of module '{module}' holds a value that is not finite: training diverged")]
	NotFinite {
		/// The path of the module, or `classifier`.
		module: String,
		/// `lora_A`, `lora_B`, `weight` or `bias`.
		matrix: &'static str,
	},
	/// A module has matrices but is not among the target modules.
	#[error("module '{0}' has matrices but is not one of \"target_modules\"")]
	NotTargeted(String),
	/// A target module has no matrices.
	#[error("target module '{0}' has no matrices")]
	Untrained(String),
	/// The classifier's head is missing where one is needed, or is there where none is.
	#[error("a {task} adapter must have {expected}")]
	Head { task: &'static str, expected: &'static str },
	/// The recorded hash is no hash.
	#[error(
		"its base model's hash is recorded as '{0}', which is not 0x and 64 hexadecimal digits"
	)]
	BaseHash(String),
}

/// Why a tokenizer cannot be used, or cannot encode a text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // Of fields: their names and the messages say what they are.
#[non_exhaustive]
pub enum TokenizerError {
	/// The file cannot be understood.
	#[error("not a tokenizer: {0}")]
	Malformed(String),
	/// The tokenizer has tokens that the model does not know.
	#[error("token {largest} is beyond the model's vocabulary of {vocabulary}: use the tokenizer that came with the model")]
	Vocabulary { largest: u32, vocabulary: usize },
	/// There is no room for any token of the text.
	#[error(
		"a maximum of {maximum} tokens leaves no room for text besides {special} special tokens"
	)]
	NoRoom {
		maximum: usize,
		/// The number of special tokens around every text.
		special: usize,
	},
	/// The text cannot be encoded.
	#[error("cannot encode '{text}': {reason}")]
	Encode {
		/// The beginning of the text.
		text: String,
		reason: String,
	},
	/// The text has no tokens.
	#[error("'{0}' has no tokens")]
	NoTokens(String),
	/// Token ids do not make a text.
	#[error("cannot decode: {0}")]
	Decode(String),
}
