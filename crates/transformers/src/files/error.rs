//! What can be wrong with a file, and what to do about it.

use std::{
	io,
	path::{Path, PathBuf},
};

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
	/// The file system refused.
	#[error("cannot {action} {}: {source}", .path.display())]
	Io {
		/// What was tried: `read`, `write` or `create`.
		action: &'static str,
		/// On which file or directory.
		path: PathBuf,
		/// Why not.
		source: io::Error,
	},
	/// The file is larger than this crate reads.
	#[error("{} has more than {limit} bytes: it is not the file it should be", .path.display())]
	TooLarge {
		/// The file.
		path: PathBuf,
		/// The largest size accepted, in bytes.
		limit: u64,
	},
	/// The file is not JSON, or a value has the wrong type.
	#[error("{} is not valid: {source}", .path.display())]
	Json {
		/// The file.
		path: PathBuf,
		/// Where and why.
		source: serde_json::Error,
	},
	/// A model's configuration cannot be used.
	#[error("{}: {source}", .path.display())]
	Config {
		/// The file.
		path: PathBuf,
		/// Why not.
		source: ConfigError,
	},
	/// A file of tensors, or one tensor of it, cannot be used.
	#[error("{}: {source}", .path.display())]
	Tensor {
		/// The file.
		path: PathBuf,
		/// Why not.
		source: TensorError,
	},
	/// An adapter cannot be used.
	#[error("{}: {source}", .path.display())]
	Adapter {
		/// The file.
		path: PathBuf,
		/// Why not.
		source: AdapterError,
	},
	/// A tokenizer cannot be used, or cannot encode a text.
	#[error("{}: {source}", .path.display())]
	Tokenizer {
		/// The file.
		path: PathBuf,
		/// Why not.
		source: TokenizerError,
	},
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
#[non_exhaustive]
pub enum ConfigError {
	/// There is no such field.
	#[error("there is no \"{0}\"")]
	Missing(&'static str),
	/// The architecture is another one.
	#[error("model type '{found}' is not supported; supported are {supported}")]
	ModelType {
		/// What the file says.
		found: String,
		/// What it may say.
		supported: &'static str,
	},
	/// A size is zero or absurd.
	#[error("\"{field}\" is {found}: it must be from 1 to {largest}")]
	Size {
		/// Which.
		field: &'static str,
		/// What the file says.
		found: u64,
		/// The largest size accepted.
		largest: u64,
	},
	/// The attention heads do not share the width evenly.
	#[error("a hidden size of {width} cannot be divided among {heads} attention heads")]
	Heads {
		/// `hidden_size`.
		width: usize,
		/// `num_attention_heads`.
		heads: usize,
	},
	/// The attention heads do not share the key-value heads evenly.
	#[error("{heads} attention heads cannot share {key_value_heads} key-value heads evenly")]
	KeyValueHeads {
		/// `num_attention_heads`.
		heads: usize,
		/// `num_key_value_heads`.
		key_value_heads: usize,
	},
	/// Rotary embeddings turn pairs of coordinates.
	#[error("a head of {0} coordinates is odd: rotary position embeddings need pairs")]
	OddHead(usize),
	/// The activation is another one.
	#[error("activation '{found}' is not supported; supported are {supported}")]
	Activation {
		/// What the file says.
		found: String,
		/// What it may say.
		supported: &'static str,
	},
	/// A number is out of range.
	#[error("\"{field}\" is {found}: it must be a number above 0")]
	NotPositive {
		/// Which.
		field: &'static str,
		/// What the file says.
		found: f64,
	},
	/// The padding token is not a token.
	#[error("\"pad_token_id\" is {found}: tokens are numbered from 0 to {}", .vocabulary.saturating_sub(1))]
	PadToken {
		/// What the file says.
		found: u64,
		/// `vocab_size`.
		vocabulary: usize,
	},
	/// The weights are quantised.
	#[error("the weights are quantised ({0}): use the original model in F32, F16 or BF16")]
	Quantised(String),
	/// The rotary embeddings are scaled.
	#[error("rope scaling of type '{0}' is not supported: use a model without rope scaling")]
	RopeScaling(String),
	/// Attention sees a window of the text.
	#[error("sliding-window attention ({window} of {positions} tokens) is not supported: use a model without it, or set max_position_embeddings to at most the window")]
	SlidingWindow {
		/// Tokens in the window.
		window: u64,
		/// `max_position_embeddings`.
		positions: usize,
	},
	/// A field asks for something else that is not supported.
	#[error("\"{field}\" is {found}, which is not supported: only {supported} is")]
	Unsupported {
		/// Which.
		field: &'static str,
		/// What the file says.
		found: String,
		/// What it may say.
		supported: &'static str,
	},
}

/// Why a file of tensors, or one of its tensors, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
	/// The directory holds no weights in safetensors format.
	#[error("there is neither a model.safetensors nor a model.safetensors.index.json here{hint}")]
	NoWeights {
		/// What to do if weights of another format are there.
		hint: &'static str,
	},
	/// The file ends before its header does.
	#[error("the file is cut off or no safetensors file: it has {found} bytes, its header promises {expected}; fetch it again")]
	Truncated {
		/// Bytes found.
		found: u64,
		/// Bytes promised.
		expected: u64,
	},
	/// The header is larger than the format allows.
	#[error("its header has {found} bytes, the format allows {limit}: it is no safetensors file")]
	HeaderTooLarge {
		/// Bytes of the header.
		found: u64,
		/// The most the format allows.
		limit: u64,
	},
	/// The header cannot be understood.
	#[error("its header is malformed: {0}")]
	Header(String),
	/// The file has bytes behind its last tensor.
	#[error("the file has {found} bytes where its header describes {expected}; fetch it again")]
	TrailingBytes {
		/// Bytes found.
		found: u64,
		/// Bytes described.
		expected: u64,
	},
	/// There is no such tensor.
	#[error("there is no tensor '{0}'")]
	Missing(String),
	/// A tensor has another shape.
	#[error("tensor '{name}' has shape {found:?} instead of {expected:?}")]
	Shape {
		/// Which.
		name: String,
		/// The shape found.
		found: Vec<usize>,
		/// The shape wanted.
		expected: Vec<usize>,
	},
	/// A tensor is not of a supported type.
	#[error("tensor '{name}' is of type {found}; supported are F32, F16 and BF16")]
	Type {
		/// Which.
		name: String,
		/// Its type.
		found: String,
	},
	/// A tensor holds a value that is no number.
	#[error("tensor '{name}' holds {value} at position {position}: the file is damaged or training diverged")]
	NotFinite {
		/// Which.
		name: String,
		/// NaN or an infinity.
		value: f32,
		/// Where, in row-major order, from 0.
		position: usize,
	},
	/// The file is not the one that was opened.
	#[error("tensor '{0}' has changed since the model was opened: leave the files as they are and load it again")]
	Changed(String),
	/// An index names a shard outside of its directory.
	#[error("the index names the shard '{0}', which is not a plain file name")]
	ShardName(String),
	/// An index names no shards, or too many.
	#[error("the index names {found} shards: there must be from 1 to {limit}")]
	ShardCount {
		/// Shards named.
		found: usize,
		/// The most accepted.
		limit: usize,
	},
}

/// Why an adapter cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
	/// The adapter is not LoRA.
	#[error("adapter type '{0}' is not supported; supported is LORA")]
	Type(String),
	/// The adapter was made for another task.
	#[error("task type '{0}' is not supported; supported are SEQ_CLS and CAUSAL_LM")]
	Task(String),
	/// There is no such field.
	#[error("there is no \"{0}\"")]
	Missing(&'static str),
	/// The rank is zero or absurd.
	#[error("rank \"r\" is {found}: it must be from 1 to {largest}")]
	Rank {
		/// The rank.
		found: u64,
		/// The largest rank accepted.
		largest: u64,
	},
	/// The factor is out of range.
	#[error("\"lora_alpha\" is {0}: it must be a number above 0")]
	Alpha(f64),
	/// The modules are not listed by name.
	#[error("\"target_modules\" is {0}: list the names of the modules")]
	TargetModules(String),
	/// A setting changes what the adapter computes, in a way that is not supported.
	#[error("\"{field}\" is {found}, which is not supported: {reason}")]
	Unsupported {
		/// Which.
		field: String,
		/// What the file says.
		found: String,
		/// Why not, and what would be right.
		reason: &'static str,
	},
	/// There is no adapter in it.
	#[error("there is no matrix in it")]
	Empty,
	/// A tensor belongs to nothing known.
	#[error("tensor '{0}' is neither a LoRA matrix nor the classifier")]
	UnknownTensor(String),
	/// One of a module's two matrices is missing.
	#[error("module '{module}' has no {missing}")]
	Unpaired {
		/// Which module.
		module: String,
		/// `lora_A` or `lora_B`.
		missing: &'static str,
	},
	/// A matrix does not have the shape it should have.
	#[error("{matrix} of module '{module}' has shape {found:?} instead of {expected}")]
	Shape {
		/// Which module, or `classifier`.
		module: String,
		/// `lora_A`, `lora_B`, `weight` or `bias`.
		matrix: &'static str,
		/// The shape found, or the number of values.
		found: Vec<usize>,
		/// What it should be.
		expected: String,
	},
	/// A value is no number.
	#[error("{matrix} of module '{module}' holds a value that is not finite: training diverged")]
	NotFinite {
		/// Which module, or `classifier`.
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
	/// The classifier is missing where one is needed, or there where none is.
	#[error("a {task} adapter must have {expected}")]
	Head {
		/// The task.
		task: &'static str,
		/// What is wanted.
		expected: &'static str,
	},
	/// The recorded hash is no hash.
	#[error(
		"its base model's hash is recorded as '{0}', which is not 0x and 64 hexadecimal digits"
	)]
	BaseHash(String),
}

/// Why a tokenizer cannot be used, or cannot encode a text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
	/// The file cannot be understood.
	#[error("not a tokenizer: {0}")]
	Malformed(String),
	/// The tokenizer knows tokens that the model does not.
	#[error("token {largest} is beyond the model's vocabulary of {vocabulary}: use the tokenizer that came with the model")]
	Vocabulary {
		/// The largest token id.
		largest: u32,
		/// The model's `vocab_size`.
		vocabulary: usize,
	},
	/// There is no room for any token of the text.
	#[error(
		"a maximum of {maximum} tokens leaves no room for text besides {special} special tokens"
	)]
	NoRoom {
		/// The maximum asked for.
		maximum: usize,
		/// Special tokens around every text.
		special: usize,
	},
	/// The text cannot be encoded.
	#[error("cannot encode '{text}': {reason}")]
	Encode {
		/// Its beginning.
		text: String,
		/// Why not.
		reason: String,
	},
	/// The text has no tokens.
	#[error("'{0}' has no tokens")]
	NoTokens(String),
	/// Token ids are no text.
	#[error("cannot decode: {0}")]
	Decode(String),
}
