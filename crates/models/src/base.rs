//! Published transformers that adapters are trained on.
//!
//! A base model is named by the hash of its files, so one that is open serves every model that
//! names it, whoever opened it: this module keeps those of the process.

use crate::{Error, Hash, Result};
use openledger_transformers::{
	files::{Tokenizer, Weights},
	most_tokens, BaseModel,
};
use std::{
	collections::HashMap,
	path::{Path, PathBuf},
	sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// An encoder or decoder with its tokenizer, frozen.
#[derive(Debug)]
pub struct Base {
	pub(super) model: BaseModel,
	pub(super) tokenizer: Tokenizer,
	positions: usize,
	most_tokens: usize,
	hash: Hash,
	directory: PathBuf,
}

/// The base models opened in this process.
static OPEN: LazyLock<Mutex<HashMap<Hash, Arc<Base>>>> = LazyLock::new(Default::default);

impl Base {
	/// Opens a directory with `config.json`, `tokenizer.json` and `model.safetensors` in Hugging
	/// Face's formats, BERT-type or Llama-type, and keeps it for [`Base::find`].
	///
	/// # Errors
	/// [`Error::Transformer`] naming the file and what is wrong with it.
	pub fn open(directory: &Path) -> Result<Arc<Self>> {
		let failed = |error: openledger_transformers::files::FileError| {
			Error::Transformer(Box::new(error.into()))
		};
		let weights = Weights::open(directory).map_err(failed)?;
		let tokenizer = Tokenizer::open(directory).map_err(failed)?;
		tokenizer.check_vocabulary(weights.config()).map_err(failed)?;
		let positions = weights.config().max_position_embeddings();
		let most_tokens = most_tokens(weights.config());
		let model = BaseModel::new(&weights)?;
		let hash = crate::blake2_256(&[weights.hash(), tokenizer.hash()].concat());
		let directory = directory.to_owned();
		let base = Arc::new(Self { model, tokenizer, positions, most_tokens, hash, directory });
		lock().insert(hash, Arc::clone(&base));
		Ok(base)
	}

	/// The open base model of this hash.
	///
	/// # Errors
	/// [`Error::NoBase`].
	pub fn find(hash: &Hash) -> Result<Arc<Self>> {
		lock().get(hash).cloned().ok_or(Error::NoBase(*hash))
	}

	/// Takes it from those that [`Base::find`] finds. Models that use it keep it.
	pub fn close(&self) {
		lock().remove(&self.hash);
	}

	/// blake2-256 of the hashes of configuration and weights, and of the tokenizer.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// The longest text, in tokens.
	pub fn positions(&self) -> usize {
		self.positions
	}

	/// The longest text whose gradient fits into 4 GiB of memory, in tokens; at most
	/// [`Base::positions`].
	pub fn most_tokens(&self) -> usize {
		self.most_tokens
	}

	/// Whether its tokenizer has a mark of a text's end, by which a decoder can learn to stop.
	pub fn has_end(&self) -> bool {
		self.tokenizer.end().is_some()
	}

	/// The directory that it was opened in.
	pub fn directory(&self) -> &Path {
		&self.directory
	}

	/// Whether it is a decoder, which continues texts; encoders classify them.
	pub fn is_decoder(&self) -> bool {
		matches!(self.model, BaseModel::Decoder(_))
	}
}

fn lock() -> std::sync::MutexGuard<'static, HashMap<Hash, Arc<Base>>> {
	// A map is whole between insertions, whatever else failed.
	OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
