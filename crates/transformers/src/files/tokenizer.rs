//! The tokenizer of a base model: `tokenizer.json`.

mod checks;

use super::{
	parse_json, read, shorten, shorten_message, BaseConfig, FileError, Hash, TokenizerError,
};
use openledger_blobs::blob_hash;
use std::path::{Path, PathBuf};
use tokenizers::{PostProcessor, TruncationDirection};

/// The name of the file.
pub(super) const NAME: &str = "tokenizer.json";

/// The size of the largest file that is read, in bytes. The largest vocabularies take a tenth of
/// it.
const MAX_BYTES: u64 = 1 << 28;

/// The marks of a text's end in the tokenizers of decoders, those of turns in a dialogue last.
const ENDS: [&str; 9] = [
	"</s>",
	"<|endoftext|>",
	"<|end_of_text|>",
	"<eos>",
	"<|eos|>",
	"<|end▁of▁sentence|>",
	"[EOS]",
	"<|im_end|>",
	"<|eot_id|>",
];

/// A text in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
	/// The ids of the tokens, those of the special tokens around the text included; at least one.
	pub ids: Vec<u32>,
	/// The number of tokens of the whole text with the special ones, which is larger than that of `ids`
	/// if the text has lost its end.
	pub whole: usize,
}

impl Encoding {
	/// Whether the text has lost its end.
	pub fn is_cut(&self) -> bool {
		self.whole > self.ids.len()
	}
}

/// Turns texts into tokens and back.
#[derive(Clone, Debug)]
pub struct Tokenizer {
	path: PathBuf,
	tokenizer: tokenizers::Tokenizer,
	/// The number of special tokens around every text.
	special: usize,
	/// The largest id of a token.
	largest: u32,
	hash: Hash,
}

impl Tokenizer {
	/// Reads `tokenizer.json` of `directory`.
	///
	/// # Errors
	/// [`FileError::Io`], [`FileError::TooLarge`], and those of [`Tokenizer::from_json`].
	pub fn open(directory: &Path) -> Result<Self, FileError> {
		let path = directory.join(NAME);
		Self::parse(&path, &read(&path, MAX_BYTES)?)
	}

	/// Reads the content of a `tokenizer.json`. What it says about truncation and padding is
	/// ignored.
	///
	/// # Errors
	/// [`FileError::Json`]; [`FileError::Tokenizer`] with [`TokenizerError::Malformed`], also for what
	/// no tokenizer of a supported model needs.
	pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
		Self::parse(Path::new(NAME), bytes)
	}

	fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
		let malformed = |reason: String| {
			FileError::tokenizer(path, TokenizerError::Malformed(shorten_message(&reason)))
		};
		let document: serde_json::Value = parse_json(path, bytes)?;
		checks::check(&document).map_err(malformed)?;
		let mut tokenizer: tokenizers::Tokenizer =
			serde_json::from_value(document).map_err(|error| malformed(error.to_string()))?;
		tokenizer.with_truncation(None).map_err(|error| malformed(error.to_string()))?;
		tokenizer.with_padding(None);
		// The library keeps the words it has seen, for each tokenizer ever loaded, until the thread
		// ends; loaded for job after job, that would fill the memory.
		let mut model = tokenizer.get_model().clone();
		model.resize_cache(0);
		tokenizer.with_model(model);
		let largest = tokenizer.get_vocab(true).into_values().max();
		let largest = largest.ok_or_else(|| malformed("its vocabulary is empty".to_owned()))?;
		let special = tokenizer.get_post_processor().map_or(0, |steps| steps.added_tokens(false));
		Ok(Self { path: path.to_owned(), tokenizer, special, largest, hash: blob_hash(bytes) })
	}

	/// The blake2-256 hash of the file.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// Checks that the model knows all tokens of the vocabulary.
	///
	/// # Errors
	/// [`FileError::Tokenizer`] with [`TokenizerError::Vocabulary`].
	pub fn check_vocabulary(&self, config: &BaseConfig) -> Result<(), FileError> {
		let (largest, vocabulary) = (self.largest, config.vocab_size());
		match (largest as usize) < vocabulary {
			true => Ok(()),
			false => Err(self.refused(TokenizerError::Vocabulary { largest, vocabulary })),
		}
	}

	/// Splits a text into tokens and puts around it the special tokens that the model expects, at
	/// most `maximum` in all. A text that is too long loses its end.
	///
	/// # Errors
	/// [`FileError::Tokenizer`] with [`TokenizerError::NoRoom`], [`TokenizerError::NoTokens`] or
	/// [`TokenizerError::Encode`].
	pub fn encode(&self, text: &str, maximum: usize) -> Result<Encoding, FileError> {
		let special = self.special;
		let room = maximum.checked_sub(special).filter(|room| *room > 0);
		let room = room.ok_or_else(|| self.refused(TokenizerError::NoRoom { maximum, special }))?;
		let failed = |error: tokenizers::Error| {
			let reason = shorten_message(&error);
			self.refused(TokenizerError::Encode { text: shorten(text), reason })
		};
		let mut encoding = self.tokenizer.encode_fast(text, false).map_err(failed)?;
		if encoding.is_empty() {
			return Err(self.refused(TokenizerError::NoTokens(shorten(text))));
		}
		let whole = encoding.len().saturating_add(special);
		encoding.truncate(room, 0, TruncationDirection::Right);
		encoding.take_overflowing();
		let encoding = self.tokenizer.post_process(encoding, None, true).map_err(failed)?;
		let ids = encoding.get_ids().to_vec();
		if ids.is_empty() || ids.len() > maximum {
			let reason =
				format!("{} tokens with the special ones, where {special} are special", ids.len());
			return Err(self.refused(TokenizerError::Encode { text: shorten(text), reason }));
		}
		Ok(Encoding { ids, whole })
	}

	/// The text that tokens stand for. Special ones are left out.
	///
	/// # Errors
	/// [`FileError::Tokenizer`] with [`TokenizerError::Decode`].
	pub fn decode(&self, ids: &[u32]) -> Result<String, FileError> {
		let failed = |error| TokenizerError::Decode(shorten_message(&error));
		self.tokenizer.decode(ids, true).map_err(|error| self.refused(failed(error)))
	}

	/// The token that marks the end of a text; `None` if the tokenizer has none of the usual ones.
	pub fn end(&self) -> Option<u32> {
		let id = |token: &&str| self.tokenizer.token_to_id(token).filter(|id| self.is_special(*id));
		ENDS.iter().find_map(id)
	}

	/// Whether a token frames texts, as a mark of their end does, and is never a part of them.
	pub fn is_special(&self, id: u32) -> bool {
		self.tokenizer.get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
	}

	fn refused(&self, source: TokenizerError) -> FileError {
		FileError::tokenizer(&self.path, source)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::files::tiny::{self, TinyConfig};

	const TEXTS: [&str; 3] = ["the film was good", "the film was bad", "a dull evening"];

	fn bert() -> (tempfile::TempDir, Tokenizer) {
		let directory = tempfile::tempdir().unwrap();
		tiny::bert(directory.path(), &TEXTS, &TinyConfig::default()).unwrap();
		let tokenizer = Tokenizer::open(directory.path()).unwrap();
		(directory, tokenizer)
	}

	fn refusal<T: std::fmt::Debug>(result: Result<T, FileError>) -> TokenizerError {
		match result {
			Err(FileError::Tokenizer { source, .. }) => source,
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn text_should_keep_its_special_tokens_when_truncated() {
		let (_directory, tokenizer) = bert();
		let long = "the film was good ".repeat(9);
		let whole = tokenizer.encode(&long, 512).unwrap().ids;
		let (first, last) = (whole[0], whole[whole.len() - 1]);
		for maximum in 3..whole.len() {
			let ids = tokenizer.encode(&long, maximum).unwrap().ids;
			assert_eq!(ids.len(), maximum);
			assert_eq!((ids[0], ids[maximum - 1]), (first, last));
			assert_eq!(ids[1..maximum - 1], whole[1..maximum - 1]);
		}
		assert_eq!(tokenizer.encode(&long, whole.len()).unwrap().ids, whole);
		assert_eq!(tokenizer.decode(&whole).unwrap(), long.trim_end());
		let none = refusal(tokenizer.encode(&long, 2));
		assert_eq!(none, TokenizerError::NoRoom { maximum: 2, special: 2 });
	}

	#[test]
	fn truncation_and_padding_should_not_count_when_the_file_sets_them() {
		let (directory, tokenizer) = bert();
		let path = directory.path().join(NAME);
		let mut json: serde_json::Value =
			serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
		json["truncation"] = serde_json::json!({
			"direction": "Left", "max_length": 3, "strategy": "LongestFirst", "stride": 0,
		});
		json["padding"] = serde_json::json!({
			"strategy": { "Fixed": 64 }, "direction": "Right", "pad_to_multiple_of": null,
			"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
		});
		let set = Tokenizer::from_json(json.to_string().as_bytes()).unwrap();
		assert_eq!(set.encode(TEXTS[0], 32).unwrap(), tokenizer.encode(TEXTS[0], 32).unwrap());
		assert_ne!(set.hash(), tokenizer.hash());
	}

	#[test]
	fn text_should_be_refused_when_it_has_no_tokens() {
		let (_directory, tokenizer) = bert();
		let none = refusal(tokenizer.encode("  ", 9));
		assert_eq!(none, TokenizerError::NoTokens("  ".to_owned()));
	}

	#[test]
	fn vocabulary_should_be_refused_when_the_model_has_fewer_tokens() {
		let (directory, tokenizer) = bert();
		let config = BaseConfig::open(directory.path()).unwrap();
		tokenizer.check_vocabulary(&config).unwrap();
		let BaseConfig::Bert(config) = config else { panic!() };
		let vocabulary = config.vocab_size - 1;
		let fewer = BaseConfig::Bert(crate::files::BertConfig { vocab_size: vocabulary, ..config });
		let error = refusal(tokenizer.check_vocabulary(&fewer));
		assert_eq!(error, TokenizerError::Vocabulary { largest: vocabulary as u32, vocabulary });
	}

	#[test]
	fn tokens_should_be_the_same_when_texts_are_encoded_in_any_order() {
		let directory = tempfile::tempdir().unwrap();
		tiny::llama(directory.path(), &TEXTS, &TinyConfig::default()).unwrap();
		let open = || Tokenizer::open(directory.path()).unwrap();
		let (forth, back) = (open(), open());
		let encode = |tokenizer: &Tokenizer, text| tokenizer.encode(text, 64).unwrap();
		let first: Vec<_> = TEXTS.iter().map(|text| encode(&forth, text)).collect();
		let mut second: Vec<_> = TEXTS.iter().rev().map(|text| encode(&back, text)).collect();
		second.reverse();
		assert_eq!(first, second);
		assert_eq!(first, TEXTS.map(|text| encode(&forth, text)));
	}

	#[test]
	fn file_should_be_refused_when_it_is_no_tokenizer() {
		for bytes in ["", "{"] {
			assert!(matches!(Tokenizer::from_json(bytes.as_bytes()), Err(FileError::Json { .. })));
		}
		for bytes in ["{}", "[1]", r#"{"version":"1.0","model":{"type":"BPE"}}"#] {
			let error = refusal(Tokenizer::from_json(bytes.as_bytes()));
			assert!(matches!(error, TokenizerError::Malformed(_)), "{bytes}");
		}
		let error = Tokenizer::open(Path::new("no/such")).unwrap_err().to_string();
		assert!(error.starts_with("cannot read no/such/tokenizer.json"), "{error}");
	}
}
