//! Very small models with random weights, in the files of real ones: for tests, benchmarks and
//! trying things out.

use super::{
	config, create_directory, tensors::TensorWriter, tokenizer, weights, write, BaseConfig,
	BertConfig, FileError, LlamaConfig, TokenizerError,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{json, Value};
use std::{
	cmp::Reverse,
	collections::{BTreeMap, BTreeSet},
	path::Path,
};
use tokenizers::{
	models::bpe::{BpeTrainer, BPE},
	normalizers::BertNormalizer,
	pre_tokenizers::{bert::BertPreTokenizer, byte_level::ByteLevel},
	processors::template::TemplateProcessing,
	AddedToken, NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential, OffsetType,
	PreTokenizedString, PreTokenizer, TokenizerBuilder,
};

/// The shape of a tiny model and the seed of its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct TinyConfig {
	/// The largest size of the vocabulary; single characters (BERT) or bytes (Llama) are never left
	/// out for it.
	pub vocab_size: usize,
	/// The width of the token vectors.
	pub hidden_size: usize,
	/// The number of layers.
	pub num_hidden_layers: usize,
	/// The number of attention heads of each layer.
	pub num_attention_heads: usize,
	/// The number of heads of keys and values, for Llama alone.
	pub num_key_value_heads: usize,
	/// The width of the feed-forward part.
	pub intermediate_size: usize,
	/// The length of the longest text, in tokens.
	pub max_position_embeddings: usize,
	/// Whether the token embedding is also the output layer, for Llama alone.
	pub tie_word_embeddings: bool,
	/// Whether queries, keys and values have a bias, which makes a Llama a Qwen2.
	pub attention_bias: bool,
	/// Whether there is a pooler on the first token, for BERT alone. Without one, a text's vector
	/// is the mean over its tokens, and random weights lose less of that.
	pub pooler: bool,
	/// The seed of the weights: equal seeds, shapes and texts give equal files.
	pub seed: u64,
}

impl Default for TinyConfig {
	fn default() -> Self {
		Self {
			vocab_size: 320,
			hidden_size: 32,
			num_hidden_layers: 2,
			num_attention_heads: 4,
			num_key_value_heads: 2,
			intermediate_size: 64,
			max_position_embeddings: 64,
			tie_word_embeddings: false,
			attention_bias: false,
			pooler: true,
			seed: 0,
		}
	}
}

/// Writes a BERT encoder with a WordPiece vocabulary: the characters of `texts` and their most
/// frequent words.
///
/// # Errors
/// [`FileError::Config`] if the shape is not possible; [`FileError::Io`] if the files cannot be
/// written.
pub fn bert(
	directory: &Path,
	texts: &[impl AsRef<str>],
	tiny: &TinyConfig,
) -> Result<(), FileError> {
	let vocabulary = word_pieces(texts, tiny.vocab_size).map_err(refused(directory))?;
	let config = json!({
		"architectures": ["BertModel"],
		"hidden_act": "gelu",
		"hidden_size": tiny.hidden_size,
		"intermediate_size": tiny.intermediate_size,
		"layer_norm_eps": 1e-12,
		"max_position_embeddings": tiny.max_position_embeddings,
		"model_type": "bert",
		"num_attention_heads": tiny.num_attention_heads,
		"num_hidden_layers": tiny.num_hidden_layers,
		"pad_token_id": 0,
		"type_vocab_size": 2,
		"vocab_size": vocabulary.len(),
	});
	let mut weights = Draws::new(tiny.seed);
	if let BaseConfig::Bert(config) = check(directory, &config)? {
		weights.bert(&config);
		if tiny.pooler {
			weights.linear("pooler.dense", config.hidden_size, config.hidden_size);
		}
	}
	write_all(directory, &config, &bert_tokenizer(&vocabulary), &weights)
}

/// Writes a Llama decoder, or a Qwen2 if there is an attention bias, with a byte-level BPE
/// vocabulary learned from `texts`.
///
/// # Errors
/// [`FileError::Config`] if the shape is not possible; [`FileError::Io`] if the files cannot be
/// written.
pub fn llama(
	directory: &Path,
	texts: &[impl AsRef<str>],
	tiny: &TinyConfig,
) -> Result<(), FileError> {
	let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
	let (vocab_size, tokenizer) =
		byte_pairs(&texts, tiny.vocab_size).map_err(refused(directory))?;
	let (kind, architecture) = match tiny.attention_bias {
		true => ("qwen2", "Qwen2ForCausalLM"),
		false => ("llama", "LlamaForCausalLM"),
	};
	let config = json!({
		"architectures": [architecture],
		"bos_token_id": 1,
		"eos_token_id": 2,
		"hidden_act": "silu",
		"hidden_size": tiny.hidden_size,
		"intermediate_size": tiny.intermediate_size,
		"max_position_embeddings": tiny.max_position_embeddings,
		"model_type": kind,
		"num_attention_heads": tiny.num_attention_heads,
		"num_hidden_layers": tiny.num_hidden_layers,
		"num_key_value_heads": tiny.num_key_value_heads,
		"rms_norm_eps": 1e-6,
		"rope_theta": 10000.0,
		"tie_word_embeddings": tiny.tie_word_embeddings,
		"vocab_size": vocab_size,
	});
	let mut weights = Draws::new(tiny.seed);
	if let BaseConfig::Llama(config) = check(directory, &config)? {
		weights.llama(&config);
	}
	write_all(directory, &config, &tokenizer, &weights)
}

fn check(directory: &Path, config: &Value) -> Result<BaseConfig, FileError> {
	BaseConfig::from_json(config.to_string().as_bytes()).map_err(|error| match error {
		FileError::Config { source, .. } => {
			FileError::config(&directory.join(config::NAME), source)
		},
		other => other,
	})
}

fn refused(directory: &Path) -> impl Fn(tokenizers::Error) -> FileError {
	let path = directory.join(tokenizer::NAME);
	move |error| {
		let reason = TokenizerError::Malformed(super::shorten_message(&error));
		FileError::tokenizer(&path, reason)
	}
}

fn write_all(
	directory: &Path,
	config: &Value,
	tokenizer: &str,
	weights: &Draws,
) -> Result<(), FileError> {
	let path = directory.join(weights::SINGLE);
	let mut tensors = TensorWriter::default();
	for (name, shape, values) in &weights.tensors {
		tensors.add(name, shape, values);
	}
	let tensors = tensors.finish(&path, &[("format", "pt")])?;
	create_directory(directory)?;
	write(&directory.join(config::NAME), format!("{config:#}\n").as_bytes())?;
	write(&directory.join(tokenizer::NAME), tokenizer.as_bytes())?;
	write(&path, &tensors)
}

const BERT_SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The special tokens; every character, at the start of a word and within one; the most frequent
/// words.
fn word_pieces(
	texts: &[impl AsRef<str>],
	vocab_size: usize,
) -> Result<Vec<String>, tokenizers::Error> {
	let mut words: BTreeMap<String, usize> = BTreeMap::new();
	for text in texts {
		let mut text = NormalizedString::from(text.as_ref());
		BertNormalizer::default().normalize(&mut text)?;
		let mut text = PreTokenizedString::from(text);
		BertPreTokenizer.pre_tokenize(&mut text)?;
		for (word, ..) in text.get_splits(OffsetReferential::Normalized, OffsetType::None) {
			*words.entry(word.to_owned()).or_default() += 1;
		}
	}
	let characters: BTreeSet<char> = words.keys().flat_map(|word| word.chars()).collect();
	let mut tokens: Vec<String> = BERT_SPECIAL.map(str::to_owned).to_vec();
	tokens.extend(characters.iter().map(char::to_string));
	tokens.extend(characters.iter().map(|character| format!("##{character}")));
	let mut frequent: Vec<_> =
		words.into_iter().filter(|(word, _)| word.chars().count() > 1).collect();
	frequent.sort_by_key(|(_, count)| Reverse(*count));
	let room = vocab_size.saturating_sub(tokens.len());
	let known: BTreeSet<String> = tokens.iter().cloned().collect();
	let words = frequent.into_iter().map(|(word, _)| word).filter(|word| !known.contains(word));
	tokens.extend(words.take(room));
	Ok(tokens)
}

fn bert_tokenizer(vocabulary: &[String]) -> String {
	let ids: BTreeMap<&String, usize> =
		vocabulary.iter().enumerate().map(|(id, token)| (token, id)).collect();
	let added: Vec<Value> = (0..)
		.zip(BERT_SPECIAL)
		.map(|(id, content): (u32, _)| {
			json!({
				"content": content, "id": id, "lstrip": false, "normalized": false,
				"rstrip": false, "single_word": false, "special": true,
			})
		})
		.collect();
	let special = |token: &str| json!({ "SpecialToken": { "id": token, "type_id": 0 } });
	let sequence = |name: &str, kind: u32| json!({ "Sequence": { "id": name, "type_id": kind } });
	let entry = |token: &str, id: u32| json!({ "id": token, "ids": [id], "tokens": [token] });
	let tokenizer = json!({
		"added_tokens": added,
		"decoder": { "cleanup": true, "prefix": "##", "type": "WordPiece" },
		"model": {
			"continuing_subword_prefix": "##",
			"max_input_chars_per_word": 100,
			"type": "WordPiece",
			"unk_token": "[UNK]",
			"vocab": ids,
		},
		"normalizer": {
			"clean_text": true, "handle_chinese_chars": true, "lowercase": true,
			"strip_accents": null, "type": "BertNormalizer",
		},
		"padding": null,
		"post_processor": {
			"pair": [
				special("[CLS]"), sequence("A", 0), special("[SEP]"), sequence("B", 1),
				special("[SEP]"),
			],
			"single": [special("[CLS]"), sequence("A", 0), special("[SEP]")],
			"special_tokens": { "[CLS]": entry("[CLS]", 2), "[SEP]": entry("[SEP]", 3) },
			"type": "TemplateProcessing",
		},
		"pre_tokenizer": { "type": "BertPreTokenizer" },
		"truncation": null,
		"version": "1.0",
	});
	format!("{tokenizer:#}\n")
}

/// Returns the number of tokens and the content of the tokenizer's file.
fn byte_pairs(texts: &[&str], vocab_size: usize) -> Result<(usize, String), tokenizers::Error> {
	let special = ["<unk>", "<s>", "</s>"].map(|token| AddedToken::from(token, true)).to_vec();
	let begin = TemplateProcessing::builder()
		.try_single("<s> $A")?
		.special_tokens(vec![("<s>", 1)])
		.build()?;
	let bytes = ByteLevel::new(false, true, true);
	let mut tokenizer = TokenizerBuilder::new()
		.with_model(BPE::default())
		.with_normalizer(None::<NormalizerWrapper>)
		.with_pre_tokenizer(Some(bytes))
		.with_post_processor(Some(begin))
		.with_decoder(Some(bytes))
		.build()?;
	let mut trainer = BpeTrainer::builder()
		.vocab_size(vocab_size)
		.initial_alphabet(ByteLevel::alphabet().into_iter().collect())
		.special_tokens(special)
		.show_progress(false)
		.build();
	tokenizer.train(&mut trainer, texts.iter())?;
	Ok((tokenizer.get_vocab_size(true), tokenizer.to_string(true)?))
}

/// Tensors that are drawn one after the other.
struct Draws {
	rng: ChaCha8Rng,
	tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl Draws {
	fn new(seed: u64) -> Self {
		Self { rng: ChaCha8Rng::seed_from_u64(seed), tensors: Vec::new() }
	}

	fn draw(&mut self, name: String, shape: &[usize], centre: f32, width: f32) {
		let count = shape.iter().product();
		let values = (0..count).map(|_| centre + self.rng.random_range(-width..width)).collect();
		self.tensors.push((name, shape.to_vec(), values));
	}

	/// Draws a matrix `[outputs, inputs]` whose product has about the variance of its input.
	fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) {
		let width = (3.0 / inputs as f32).sqrt();
		self.draw(format!("{name}.weight"), &[outputs, inputs], 0.0, width);
	}

	fn embedding(&mut self, name: &str, count: usize, width: usize) {
		self.draw(format!("{name}.weight"), &[count, width], 0.0, 0.5);
	}

	fn bias(&mut self, name: &str, width: usize) {
		self.draw(format!("{name}.bias"), &[width], 0.0, 0.1);
	}

	fn scale(&mut self, name: &str, width: usize) {
		self.draw(format!("{name}.weight"), &[width], 1.0, 0.1);
	}

	fn linear(&mut self, name: &str, outputs: usize, inputs: usize) {
		self.matrix(name, outputs, inputs);
		self.bias(name, outputs);
	}

	fn layer_norm(&mut self, name: &str, width: usize) {
		self.scale(name, width);
		self.bias(name, width);
	}

	fn bert(&mut self, config: &BertConfig) {
		let (width, inner) = (config.hidden_size, config.intermediate_size);
		for (name, count) in [
			("word_embeddings", config.vocab_size),
			("position_embeddings", config.max_position_embeddings),
			("token_type_embeddings", config.type_vocab_size),
		] {
			self.embedding(&format!("embeddings.{name}"), count, width);
		}
		self.layer_norm("embeddings.LayerNorm", width);
		for layer in 0..config.num_hidden_layers {
			let name = |part: &str| format!("encoder.layer.{layer}.{part}");
			for part in ["self.query", "self.key", "self.value", "output.dense"] {
				self.linear(&name(&format!("attention.{part}")), width, width);
			}
			self.layer_norm(&name("attention.output.LayerNorm"), width);
			self.linear(&name("intermediate.dense"), inner, width);
			self.linear(&name("output.dense"), width, inner);
			self.layer_norm(&name("output.LayerNorm"), width);
		}
	}

	fn llama(&mut self, config: &LlamaConfig) {
		let (width, inner) = (config.hidden_size, config.intermediate_size);
		let queries = config.num_attention_heads * config.head_dim;
		let keys = config.num_key_value_heads * config.head_dim;
		self.embedding("model.embed_tokens", config.vocab_size, width);
		for layer in 0..config.num_hidden_layers {
			let name = |part: &str| format!("model.layers.{layer}.{part}");
			for (part, outputs) in [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)] {
				let name = name(&format!("self_attn.{part}"));
				self.matrix(&name, outputs, width);
				if config.attention_bias {
					self.bias(&name, outputs);
				}
			}
			self.matrix(&name("self_attn.o_proj"), width, queries);
			self.matrix(&name("mlp.gate_proj"), inner, width);
			self.matrix(&name("mlp.up_proj"), inner, width);
			self.matrix(&name("mlp.down_proj"), width, inner);
			self.scale(&name("input_layernorm"), width);
			self.scale(&name("post_attention_layernorm"), width);
		}
		self.scale("model.norm", width);
		if !config.tie_word_embeddings {
			self.matrix("lm_head", config.vocab_size, width);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::files::{ConfigError, Tokenizer, Weights};
	use std::fs;

	const TEXTS: [&str; 4] =
		["a good film, really", "a bad film", "really good", "the worst of films: bad"];

	type Make = fn(&Path, &[&str], &TinyConfig) -> Result<(), FileError>;

	const KINDS: [Make; 2] =
		[|path, texts, tiny| bert(path, texts, tiny), |path, texts, tiny| llama(path, texts, tiny)];

	#[test]
	fn model_should_be_readable_and_its_tokenizer_fit() {
		for (make, bias) in [(KINDS[0], false), (KINDS[1], false), (KINDS[1], true)] {
			let directory = tempfile::tempdir().unwrap();
			let tiny = TinyConfig { attention_bias: bias, ..Default::default() };
			make(directory.path(), &TEXTS, &tiny).unwrap();
			let weights = Weights::open(directory.path()).unwrap();
			let tokenizer = Tokenizer::open(directory.path()).unwrap();
			tokenizer.check_vocabulary(weights.config()).unwrap();
			for text in TEXTS {
				let ids = tokenizer.encode(text, 64).unwrap().ids;
				assert!(ids.iter().all(|id| (*id as usize) < weights.config().vocab_size()));
			}
			// Words of the texts are tokens. Others are spelt, and none are unknown.
			let count = |text: &str| tokenizer.encode(text, 64).unwrap().ids.len();
			assert!(count("really good film") < count("glyaer odgo mlfi"));
		}
	}

	#[test]
	fn files_should_be_equal_when_made_twice_and_differ_by_seed() {
		for make in KINDS {
			let directories = [0, 0, 1].map(|seed| {
				let directory = tempfile::tempdir().unwrap();
				let tiny = TinyConfig { seed, ..Default::default() };
				make(directory.path(), &TEXTS, &tiny).unwrap();
				directory
			});
			for name in [config::NAME, tokenizer::NAME, weights::SINGLE] {
				let [a, b, other] =
					[0, 1, 2].map(|i| fs::read(directories[i].path().join(name)).unwrap());
				assert!(a == b, "{name}");
				assert_eq!(a == other, name != weights::SINGLE, "{name}");
			}
		}
	}

	#[test]
	fn text_should_come_back_when_decoded() {
		for make in KINDS {
			let directory = tempfile::tempdir().unwrap();
			make(directory.path(), &TEXTS, &TinyConfig::default()).unwrap();
			let tokenizer = Tokenizer::open(directory.path()).unwrap();
			let ids = tokenizer.encode("a really good film", 64).unwrap().ids;
			assert_eq!(tokenizer.decode(&ids).unwrap(), "a really good film");
		}
	}

	#[test]
	fn shape_should_be_refused_when_it_is_none() {
		let directory = tempfile::tempdir().unwrap();
		let tiny = TinyConfig { num_attention_heads: 5, ..Default::default() };
		for make in KINDS {
			let error = make(directory.path(), &TEXTS, &tiny).unwrap_err();
			let FileError::Config { path, source } = error else { panic!("{error}") };
			assert!(path.starts_with(directory.path()));
			assert!(matches!(
				source,
				ConfigError::Heads { .. } | ConfigError::KeyValueHeads { .. }
			));
		}
		assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
	}
}
