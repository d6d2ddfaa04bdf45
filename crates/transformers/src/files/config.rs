//! A base model's `config.json`.
//!
//! Fields that Hugging Face's files may leave out get the defaults of its `transformers` library.

use super::{parse_json, read, ConfigError, FileError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

/// The name of the file.
pub(super) const NAME: &str = "config.json";

/// The size of the largest file that is read, in bytes. Real ones have a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// The largest width, vocabulary or number of positions: the product of two fits any `usize`.
const MAX_SIZE: u64 = 1 << 24;

const MAX_LAYERS: u64 = 1 << 12;

const MODEL_TYPES: &str = "bert, llama, mistral and qwen2";

/// The non-linearity in a BERT model's feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Activation {
	/// `x Φ(x)` with the exact normal distribution function: `gelu`.
	Gelu,
	/// The approximation of it by `tanh`: `gelu_new`, `gelu_pytorch_tanh`, `gelu_fast`.
	GeluTanh,
	/// `max(x, 0)`: `relu`.
	Relu,
}

/// The shape of a BERT encoder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BertConfig {
	/// The number of tokens in the vocabulary.
	pub vocab_size: usize,
	/// The width of the token vectors; a multiple of `num_attention_heads`.
	pub hidden_size: usize,
	/// The number of layers.
	pub num_hidden_layers: usize,
	/// The number of attention heads of each layer.
	pub num_attention_heads: usize,
	/// The width of the feed-forward part.
	pub intermediate_size: usize,
	/// The length of the longest text, in tokens.
	pub max_position_embeddings: usize,
	/// The number of segment types.
	pub type_vocab_size: usize,
	/// What layer normalisation adds to the variance.
	pub layer_norm_eps: f64,
	/// The non-linearity of the feed-forward part.
	pub hidden_act: Activation,
	/// The token that fills up short texts; below `vocab_size`.
	pub pad_token_id: u32,
}

/// The shape of a Llama decoder, which Mistral and Qwen2 share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LlamaConfig {
	/// The number of tokens in the vocabulary.
	pub vocab_size: usize,
	/// The width of the token vectors.
	pub hidden_size: usize,
	/// The number of layers.
	pub num_hidden_layers: usize,
	/// The number of attention heads of each layer; a multiple of `num_key_value_heads`.
	pub num_attention_heads: usize,
	/// The number of heads of keys and values. Each is shared by several attention heads.
	pub num_key_value_heads: usize,
	/// The number of coordinates of each head, which is even.
	pub head_dim: usize,
	/// The width of the feed-forward part.
	pub intermediate_size: usize,
	/// The length of the longest text, in tokens.
	pub max_position_embeddings: usize,
	/// What RMS normalisation adds to the mean square.
	pub rms_norm_eps: f64,
	/// The base of the rotary embeddings' frequencies.
	pub rope_theta: f64,
	/// Whether the token embedding is also the output layer.
	pub tie_word_embeddings: bool,
	/// Whether the projections of query, key and value have a bias, as in Qwen2. That of the output
	/// has none.
	pub attention_bias: bool,
}

/// The shape of a base model of either family.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum BaseConfig {
	/// A BERT encoder.
	Bert(BertConfig),
	/// A Llama decoder.
	Llama(LlamaConfig),
}

impl BaseConfig {
	/// Reads `config.json` of `directory`.
	///
	/// # Errors
	/// [`FileError::Io`], [`FileError::TooLarge`], and those of [`BaseConfig::from_json`].
	pub fn open(directory: &Path) -> Result<Self, FileError> {
		let path = directory.join(NAME);
		Self::parse(&path, &read(&path, MAX_BYTES)?)
	}

	/// Reads the content of a `config.json`.
	///
	/// # Errors
	/// [`FileError::Json`], and [`FileError::Config`] for what is missing, out of range or not
	/// supported.
	pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
		Self::parse(Path::new(NAME), bytes)
	}

	fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
		let fields: Fields = parse_json(path, bytes)?;
		fields.check().map_err(|source| FileError::config(path, source))
	}

	/// The number of tokens in the vocabulary.
	pub fn vocab_size(&self) -> usize {
		match self {
			Self::Bert(config) => config.vocab_size,
			Self::Llama(config) => config.vocab_size,
		}
	}

	/// The length of the longest text, in tokens.
	pub fn max_position_embeddings(&self) -> usize {
		match self {
			Self::Bert(config) => config.max_position_embeddings,
			Self::Llama(config) => config.max_position_embeddings,
		}
	}

	/// The bytes of all that enters computation: equal for configurations that compute the same.
	pub(super) fn encode(&self) -> Vec<u8> {
		// Numbers and flags always have a JSON form.
		serde_json::to_vec(self).unwrap_or_default()
	}
}

/// Fields that are not read, since they describe the file, training or generation, or change nothing in
/// the models that are supported. Those that begin with `_` are notes of the library.
const HARMLESS: [&str; 87] = [
	"architectures",
	"attention_dropout",
	"attention_probs_dropout_prob",
	"attn_implementation",
	"bad_words_ids",
	"begin_suppress_tokens",
	"bos_token_id",
	"chunk_size_feed_forward",
	"classifier_dropout",
	"cross_attention_hidden_size",
	"decoder_start_token_id",
	"directionality",
	"diversity_penalty",
	"do_sample",
	"dtype",
	"early_stopping",
	"embd_pdrop",
	"encoder_no_repeat_ngram_size",
	"eos_token_id",
	"exponential_decay_length_penalty",
	"finetuning_task",
	"forced_bos_token_id",
	"forced_eos_token_id",
	"gradient_checkpointing",
	"hidden_dropout",
	"hidden_dropout_prob",
	"id2label",
	"initializer_factor",
	"initializer_range",
	"keys_to_ignore_at_inference",
	"label2id",
	"layerdrop",
	"length_penalty",
	"max_length",
	"max_window_layers",
	"min_length",
	"model_max_length",
	"name_or_path",
	"no_repeat_ngram_size",
	"num_beam_groups",
	"num_beams",
	"num_labels",
	"num_return_sequences",
	"output_attentions",
	"output_hidden_states",
	"output_scores",
	"pooler_fc_size",
	"pooler_num_attention_heads",
	"pooler_num_fc_layers",
	"pooler_size_per_head",
	"pooler_type",
	"prefix",
	"pretraining_tp",
	"problem_type",
	"remove_invalid_values",
	"repetition_penalty",
	"resid_pdrop",
	"return_dict",
	"return_dict_in_generate",
	"sep_token_id",
	"cls_token_id",
	"mask_token_id",
	"unk_token_id",
	"suppress_tokens",
	"task_specific_params",
	"temperature",
	"tf_legacy_loss",
	"tie_encoder_decoder",
	"tokenizer_class",
	"top_k",
	"top_p",
	"torch_dtype",
	"torchscript",
	"training",
	"transformers_version",
	"typical_p",
	"unsloth_fixed",
	"unsloth_version",
	"use_bfloat16",
	"use_cache",
	"use_return_dict",
	"use_flash_attn",
	"vocab_type",
	"sentence_transformers",
	"license",
	"language",
	"datasets",
];

/// The fields that are read. Those of `others` must be known to change nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
	model_type: Option<String>,
	vocab_size: Option<u64>,
	hidden_size: Option<u64>,
	num_hidden_layers: Option<u64>,
	num_attention_heads: Option<u64>,
	num_key_value_heads: Option<u64>,
	head_dim: Option<u64>,
	intermediate_size: Option<u64>,
	max_position_embeddings: Option<u64>,
	type_vocab_size: Option<u64>,
	layer_norm_eps: Option<f64>,
	rms_norm_eps: Option<f64>,
	hidden_act: Option<String>,
	pad_token_id: Option<u64>,
	position_embedding_type: Option<String>,
	is_decoder: Option<bool>,
	add_cross_attention: Option<bool>,
	rope_theta: Option<f64>,
	rope_scaling: Option<Map<String, Value>>,
	rope_parameters: Option<Map<String, Value>>,
	tie_word_embeddings: Option<bool>,
	attention_bias: Option<bool>,
	mlp_bias: Option<bool>,
	sliding_window: Option<Value>,
	use_sliding_window: Option<bool>,
	layer_types: Option<Vec<String>>,
	quantization_config: Option<Value>,
	#[serde(flatten)]
	others: Map<String, Value>,
}

impl Fields {
	/// Refuses fields that may change the numbers and are not read.
	fn check_others(&self) -> Result<(), ConfigError> {
		let unknown = self.others.iter().find(|(name, value)| {
			!(is_unset(value) || name.starts_with('_') || HARMLESS.contains(&name.as_str()))
		});
		match unknown {
			None => Ok(()),
			Some((name, value)) => Err(unknown_field(name, value)),
		}
	}

	fn check(&self) -> Result<BaseConfig, ConfigError> {
		self.check_others()?;
		if let Some(quantisation) = &self.quantization_config {
			let method = quantisation.get("quant_method").and_then(Value::as_str);
			return Err(ConfigError::Quantised(super::shorten(method.unwrap_or("unknown method"))));
		}
		match self.model_type.as_deref() {
			Some("bert") => self.bert().map(BaseConfig::Bert),
			Some("llama") => self.llama(false).map(BaseConfig::Llama),
			Some("mistral") => {
				// If it is left out, the window is that of the first Mistral.
				let window = self.sliding_window.as_ref().map_or(Some(4096), Value::as_u64);
				self.refuse_window(window)?;
				self.llama(false).map(BaseConfig::Llama)
			},
			Some("qwen2") => {
				if self.use_sliding_window == Some(true) {
					let window = self.sliding_window.as_ref().map_or(Some(4096), Value::as_u64);
					self.refuse_window(window)?;
				}
				self.llama(true).map(BaseConfig::Llama)
			},
			Some(other) => {
				Err(ConfigError::ModelType { found: super::shorten(other), supported: MODEL_TYPES })
			},
			None => Err(ConfigError::Missing("model_type")),
		}
	}

	fn bert(&self) -> Result<BertConfig, ConfigError> {
		let embedding = self.position_embedding_type.as_deref().unwrap_or("absolute");
		if embedding != "absolute" {
			let found = format!("'{}'", super::shorten(embedding));
			let field = "position_embedding_type";
			return Err(ConfigError::Unsupported { field, found, supported: "'absolute'" });
		}
		for (field, value) in [
			("rope_theta", self.rope_theta.map(Value::from)),
			("rope_scaling", self.rope_scaling.clone().map(Value::from)),
			("rope_parameters", self.rope_parameters.clone().map(Value::from)),
			("sliding_window", self.sliding_window.clone()),
			("head_dim", self.head_dim.map(Value::from)),
		] {
			if let Some(value) = value.filter(|value| !is_unset(value)) {
				return Err(unknown_field(field, &value));
			}
		}
		refuse("is_decoder", self.is_decoder)?;
		refuse("add_cross_attention", self.add_cross_attention)?;
		let hidden_act = match self.hidden_act.as_deref().unwrap_or("gelu") {
			"gelu" => Activation::Gelu,
			"gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Activation::GeluTanh,
			"relu" => Activation::Relu,
			other => {
				return Err(ConfigError::Activation {
					found: super::shorten(other),
					supported: "gelu, gelu_new, gelu_pytorch_tanh, gelu_fast and relu",
				})
			},
		};
		let hidden_size = size("hidden_size", self.hidden_size)?;
		let num_attention_heads = size("num_attention_heads", self.num_attention_heads)?;
		if hidden_size % num_attention_heads != 0 {
			return Err(ConfigError::Heads { width: hidden_size, heads: num_attention_heads });
		}
		let vocab_size = size("vocab_size", self.vocab_size)?;
		let pad_token = self.pad_token_id.unwrap_or(0);
		let pad_token_id =
			u32::try_from(pad_token)
				.ok()
				.filter(|id| (*id as usize) < vocab_size)
				.ok_or(ConfigError::PadToken { found: pad_token, vocabulary: vocab_size })?;
		Ok(BertConfig {
			vocab_size,
			hidden_size,
			num_hidden_layers: layers(self.num_hidden_layers)?,
			num_attention_heads,
			intermediate_size: size("intermediate_size", self.intermediate_size)?,
			max_position_embeddings: size("max_position_embeddings", self.max_position_embeddings)?,
			type_vocab_size: size("type_vocab_size", self.type_vocab_size.or(Some(2)))?,
			layer_norm_eps: positive("layer_norm_eps", self.layer_norm_eps.unwrap_or(1e-12))?,
			hidden_act,
			pad_token_id,
		})
	}

	fn llama(&self, attention_bias: bool) -> Result<LlamaConfig, ConfigError> {
		let activation = self.hidden_act.as_deref().unwrap_or("silu");
		if activation != "silu" {
			let found = super::shorten(activation);
			return Err(ConfigError::Activation { found, supported: "silu" });
		}
		// It would give the output projection a bias too.
		refuse("attention_bias", self.attention_bias)?;
		refuse("mlp_bias", self.mlp_bias)?;
		refuse("add_cross_attention", self.add_cross_attention)?;
		let other = |kind: &&String| *kind != "full_attention";
		if let Some(kind) = self.layer_types.iter().flatten().find(other) {
			let (field, found) = ("layer_types", format!("'{}'", super::shorten(kind)));
			return Err(ConfigError::Unsupported { field, found, supported: "'full_attention'" });
		}
		let rope_theta = self.rope_theta()?;
		let hidden_size = size("hidden_size", self.hidden_size)?;
		let heads = size("num_attention_heads", self.num_attention_heads)?;
		let key_value_heads = match self.num_key_value_heads {
			None => heads,
			given => size("num_key_value_heads", given)?,
		};
		if heads % key_value_heads != 0 {
			return Err(ConfigError::KeyValueHeads { heads, key_value_heads });
		}
		let head_dim = match self.head_dim {
			None if hidden_size % heads != 0 => {
				return Err(ConfigError::Heads { width: hidden_size, heads });
			},
			None => hidden_size / heads,
			given => size("head_dim", given)?,
		};
		if head_dim % 2 != 0 {
			return Err(ConfigError::OddHead(head_dim));
		}
		Ok(LlamaConfig {
			vocab_size: size("vocab_size", self.vocab_size)?,
			hidden_size,
			num_hidden_layers: layers(self.num_hidden_layers)?,
			num_attention_heads: heads,
			num_key_value_heads: key_value_heads,
			head_dim,
			intermediate_size: size("intermediate_size", self.intermediate_size)?,
			max_position_embeddings: size("max_position_embeddings", self.max_position_embeddings)?,
			rms_norm_eps: positive("rms_norm_eps", self.rms_norm_eps.unwrap_or(1e-6))?,
			rope_theta,
			tie_word_embeddings: self.tie_word_embeddings.unwrap_or(false),
			attention_bias,
		})
	}

	/// The base of the rotary embeddings. Newer files keep it under `rope_parameters`, and some of those
	/// once for each kind of layer.
	fn rope_theta(&self) -> Result<f64, ConfigError> {
		let mut theta = self.rope_theta;
		for (name, settings) in
			[("rope_scaling", &self.rope_scaling), ("rope_parameters", &self.rope_parameters)]
		{
			let Some(settings) = settings else { continue };
			let settings = self.of_full_attention(name, settings)?;
			theta = rope_settings(name, settings)?.or(theta);
		}
		positive("rope_theta", theta.unwrap_or(10_000.0))
	}

	/// The settings for the one kind of layer that is supported, where they are nested by kind.
	fn of_full_attention<'a>(
		&self,
		name: &str,
		settings: &'a Map<String, Value>,
	) -> Result<&'a Map<String, Value>, ConfigError> {
		const FULL: &str = "full_attention";
		let Some((kind, value)) = settings.iter().find(|(_, value)| value.is_object()) else {
			return Ok(settings);
		};
		// Which kinds there are, the caller has checked; without a list they may be any.
		let others = settings.iter().find(|(key, value)| *key != FULL && !value.is_null());
		match (settings.get(FULL).and_then(Value::as_object), others) {
			(Some(full), None) => Ok(full),
			(Some(full), Some((_, Value::Object(_)))) if self.layer_types.is_some() => Ok(full),
			(_, Some((key, value))) => Err(unknown_field(&format!("{name}.{key}"), value)),
			_ => Err(unknown_field(&format!("{name}.{kind}"), value)),
		}
	}

	/// A window that no text exceeds is no window.
	fn refuse_window(&self, window: Option<u64>) -> Result<(), ConfigError> {
		let positions = size("max_position_embeddings", self.max_position_embeddings)?;
		match window {
			Some(window) if window < positions as u64 => {
				Err(ConfigError::SlidingWindow { window, positions })
			},
			_ => Ok(()),
		}
	}
}

/// Whether a value asks for nothing.
fn is_unset(value: &Value) -> bool {
	match value {
		Value::Null | Value::Bool(false) => true,
		Value::String(text) => text.is_empty(),
		Value::Array(list) => list.is_empty(),
		Value::Object(fields) => fields.is_empty(),
		Value::Bool(true) | Value::Number(_) => false,
	}
}

fn unknown_field(name: &str, value: &Value) -> ConfigError {
	let (field, found) = (super::shorten(name), super::shorten(&value.to_string()));
	ConfigError::UnknownField { field, found }
}

/// Checks that rotary embeddings are the plain ones, and returns their base, if it is given.
fn rope_settings(name: &str, settings: &Map<String, Value>) -> Result<Option<f64>, ConfigError> {
	let kind = ["rope_type", "type"].into_iter().find_map(|key| settings.get(key)?.as_str());
	if let Some(other) = kind.filter(|kind| *kind != "default") {
		return Err(ConfigError::RopeScaling(super::shorten(other)));
	}
	let mut theta = None;
	for (key, value) in settings {
		let plain = match key.as_str() {
			"rope_type" | "type" => value.is_null() || value.as_str() == Some("default"),
			"partial_rotary_factor" if !value.is_null() && value.as_f64() != Some(1.0) => {
				return Err(ConfigError::Unsupported {
					field: "partial_rotary_factor",
					found: super::shorten(&value.to_string()),
					supported: "1",
				});
			},
			"partial_rotary_factor" => true,
			"rope_theta" => {
				theta = value.as_f64();
				theta.is_some() || value.is_null()
			},
			// Stretched by one is not stretched.
			"factor" | "attention_factor" => value.is_null() || value.as_f64() == Some(1.0),
			_ => is_unset(value),
		};
		if !plain {
			return Err(unknown_field(&format!("{name}.{key}"), value));
		}
	}
	Ok(theta)
}

fn refuse(field: &'static str, value: Option<bool>) -> Result<(), ConfigError> {
	match value {
		Some(true) => {
			Err(ConfigError::Unsupported { field, found: "true".to_owned(), supported: "false" })
		},
		_ => Ok(()),
	}
}

fn bounded(field: &'static str, value: Option<u64>, largest: u64) -> Result<usize, ConfigError> {
	match value {
		None => Err(ConfigError::Missing(field)),
		Some(found) if found == 0 || found > largest => {
			Err(ConfigError::Size { field, found, largest })
		},
		Some(value) => Ok(value as usize),
	}
}

fn size(field: &'static str, value: Option<u64>) -> Result<usize, ConfigError> {
	bounded(field, value, MAX_SIZE)
}

fn layers(value: Option<u64>) -> Result<usize, ConfigError> {
	bounded("num_hidden_layers", value, MAX_LAYERS)
}

fn positive(field: &'static str, found: f64) -> Result<f64, ConfigError> {
	match found.is_finite() && found > 0.0 {
		true => Ok(found),
		false => Err(ConfigError::NotPositive { field, found }),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	fn bert() -> Value {
		json!({
			"architectures": ["BertForMaskedLM"], "model_type": "bert", "vocab_size": 30522,
			"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
			"intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2,
			"layer_norm_eps": 1e-12, "hidden_act": "gelu", "pad_token_id": 0,
			"attention_probs_dropout_prob": 0.1, "position_embedding_type": "absolute",
			"transformers_version": "4.6.0", "use_cache": true,
		})
	}

	fn llama(model_type: &str) -> Value {
		json!({
			"model_type": model_type, "vocab_size": 32000, "hidden_size": 2048,
			"num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4,
			"intermediate_size": 5632, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5,
			"rope_theta": 10000.0, "rope_scaling": null, "tie_word_embeddings": false,
			"hidden_act": "silu", "sliding_window": null, "torch_dtype": "bfloat16",
		})
	}

	fn parse(value: &Value) -> Result<BaseConfig, FileError> {
		BaseConfig::from_json(value.to_string().as_bytes())
	}

	fn refusal(mut value: Value, field: &str, change: Value) -> ConfigError {
		value[field] = change;
		match parse(&value) {
			Err(FileError::Config { source, .. }) => source,
			other => panic!("{field}: {other:?}"),
		}
	}

	#[test]
	fn bert_should_be_read_when_complete_or_with_the_defaults() {
		let expected = BertConfig {
			vocab_size: 30522,
			hidden_size: 768,
			num_hidden_layers: 12,
			num_attention_heads: 12,
			intermediate_size: 3072,
			max_position_embeddings: 512,
			type_vocab_size: 2,
			layer_norm_eps: 1e-12,
			hidden_act: Activation::Gelu,
			pad_token_id: 0,
		};
		assert_eq!(parse(&bert()).unwrap(), BaseConfig::Bert(expected.clone()));
		let mut short = bert();
		for field in ["type_vocab_size", "layer_norm_eps", "hidden_act", "pad_token_id"] {
			short.as_object_mut().unwrap().remove(field);
		}
		assert_eq!(parse(&short).unwrap(), BaseConfig::Bert(expected));
	}

	#[test]
	fn llama_should_be_read_when_it_is_llama_mistral_or_qwen2() {
		let BaseConfig::Llama(config) = parse(&llama("llama")).unwrap() else { panic!() };
		assert_eq!((config.head_dim, config.num_key_value_heads), (64, 4));
		assert!(!config.attention_bias);
		assert_eq!(parse(&llama("mistral")).unwrap(), BaseConfig::Llama(config.clone()));
		let BaseConfig::Llama(qwen) = parse(&llama("qwen2")).unwrap() else { panic!() };
		assert_eq!(qwen, LlamaConfig { attention_bias: true, ..config });
	}

	#[test]
	fn rope_theta_should_be_found_when_it_is_nested() {
		let mut value = llama("llama");
		value["rope_parameters"] = json!({ "rope_type": "default", "rope_theta": 500000.0 });
		let BaseConfig::Llama(config) = parse(&value).unwrap() else { panic!() };
		assert_eq!(config.rope_theta, 500_000.0);
	}

	#[test]
	fn rope_settings_should_be_computed_or_refused_by_name() {
		let mut value = llama("llama");
		let nested =
			json!({ "full_attention": { "rope_type": "default", "rope_theta": 500000.0 } });
		value["rope_parameters"] = nested.clone();
		let BaseConfig::Llama(config) = parse(&value).unwrap() else { panic!() };
		assert_eq!(config.rope_theta, 500_000.0);
		value["rope_parameters"]["sliding_attention"] = json!({ "rope_theta": 10000.0 });
		value["layer_types"] = json!(["full_attention"]);
		let BaseConfig::Llama(config) = parse(&value).unwrap() else { panic!() };
		assert_eq!(config.rope_theta, 500_000.0);
		for (field, change, words) in [
			("rope_scaling", json!({ "factor": 2.0 }), "\"rope_scaling.factor\" is 2.0"),
			("rope_scaling", json!({ "type": null, "factor": 4 }), "\"rope_scaling.factor\" is 4"),
			(
				"rope_scaling",
				json!({ "rope_type": "default", "low_freq_factor": 1.0 }),
				"low_freq_factor",
			),
			("rope_parameters", json!({ "rope_theta": "many" }), "rope_parameters.rope_theta"),
			(
				"rope_parameters",
				json!({ "full_attention": {}, "sliding_attention": { "rope_theta": 1e4 } }),
				"rope_parameters.sliding_attention",
			),
			(
				"rope_parameters",
				json!({ "full_attention": { "factor": 8.0 } }),
				"rope_parameters.factor",
			),
			("logit_scale", json!(0.5), "\"logit_scale\" is 0.5"),
			("auto_map", json!({ "AutoModel": "model.M" }), "auto_map"),
			("partial_rotary_factor", json!(0.5), "partial_rotary_factor"),
		] {
			let message = refusal(llama("llama"), field, change).to_string();
			assert!(message.contains(words), "'{message}' lacks '{words}'");
		}
		let message = refusal(bert(), "rope_theta", json!(10000.0)).to_string();
		assert!(message.contains("rope_theta"), "{message}");
		for (field, change) in
			[("rope_scaling", json!({ "factor": 1.0 })), ("logit_scale", Value::Null)]
		{
			let mut value = llama("llama");
			value[field] = change;
			parse(&value).unwrap();
		}
	}

	#[test]
	fn config_should_be_read_when_a_mark_stands_in_front_of_it() {
		let bytes = format!("\u{feff}{}", bert());
		BaseConfig::from_json(bytes.as_bytes()).unwrap();
	}

	#[test]
	fn head_dim_should_stand_when_it_is_given() {
		let mut value = llama("mistral");
		value["head_dim"] = json!(128);
		let BaseConfig::Llama(config) = parse(&value).unwrap() else { panic!() };
		assert_eq!(config.head_dim, 128);
	}

	#[test]
	fn window_should_be_refused_when_texts_can_exceed_it() {
		let window = ConfigError::SlidingWindow { window: 1024, positions: 2048 };
		assert_eq!(refusal(llama("mistral"), "sliding_window", json!(1024)), window);
		let mut absent = llama("mistral");
		absent.as_object_mut().unwrap().remove("sliding_window");
		let longer = refusal(absent, "max_position_embeddings", json!(32768));
		assert_eq!(longer, ConfigError::SlidingWindow { window: 4096, positions: 32768 });
		let mut wide = llama("mistral");
		wide["sliding_window"] = json!(2048);
		parse(&wide).unwrap();
		let mut unused = llama("qwen2");
		unused["sliding_window"] = json!(1024);
		parse(&unused).unwrap();
		assert_eq!(refusal(unused, "use_sliding_window", json!(true)), window);
	}

	#[test]
	fn config_should_be_refused_with_its_own_reason_when_a_field_is_wrong() {
		let base = bert;
		for field in [
			"vocab_size",
			"hidden_size",
			"num_hidden_layers",
			"num_attention_heads",
			"intermediate_size",
			"max_position_embeddings",
		] {
			let zero = refusal(base(), field, json!(0));
			assert!(
				matches!(zero, ConfigError::Size { field: named, found: 0, .. } if named == field)
			);
			assert_eq!(refusal(base(), field, Value::Null), ConfigError::Missing(field));
			assert!(matches!(refusal(base(), field, json!(1u64 << 40)), ConfigError::Size { .. }));
		}
		let heads = ConfigError::Heads { width: 768, heads: 10 };
		assert_eq!(refusal(base(), "num_attention_heads", json!(10)), heads);
		assert!(matches!(
			refusal(base(), "hidden_act", json!("swish")),
			ConfigError::Activation { .. }
		));
		assert!(matches!(
			refusal(base(), "layer_norm_eps", json!(0.0)),
			ConfigError::NotPositive { .. }
		));
		let pad = ConfigError::PadToken { found: 30522, vocabulary: 30522 };
		assert_eq!(refusal(base(), "pad_token_id", json!(30522)), pad);
		for (field, value) in [
			("position_embedding_type", json!("relative_key")),
			("is_decoder", json!(true)),
			("add_cross_attention", json!(true)),
		] {
			assert!(matches!(refusal(base(), field, value), ConfigError::Unsupported { .. }));
		}
		let quantised = json!({ "quant_method": "gptq", "bits": 4 });
		let error = refusal(base(), "quantization_config", quantised);
		assert_eq!(error, ConfigError::Quantised("gptq".to_owned()));

		let base = || llama("llama");
		let shared = ConfigError::KeyValueHeads { heads: 32, key_value_heads: 5 };
		assert_eq!(refusal(base(), "num_key_value_heads", json!(5)), shared);
		assert!(matches!(refusal(base(), "hidden_size", json!(2047)), ConfigError::Heads { .. }));
		assert_eq!(refusal(base(), "head_dim", json!(7)), ConfigError::OddHead(7));
		assert!(matches!(
			refusal(base(), "hidden_act", json!("gelu")),
			ConfigError::Activation { .. }
		));
		let scaling = json!({ "rope_type": "llama3", "factor": 8.0 });
		let scaled = ConfigError::RopeScaling("llama3".to_owned());
		assert_eq!(refusal(base(), "rope_scaling", scaling.clone()), scaled);
		assert_eq!(refusal(base(), "rope_parameters", scaling), scaled);
		let old = json!({ "type": "linear", "factor": 2.0 });
		let linear = ConfigError::RopeScaling("linear".to_owned());
		assert_eq!(refusal(base(), "rope_scaling", old), linear);
		for (field, value) in [
			("attention_bias", json!(true)),
			("mlp_bias", json!(true)),
			("layer_types", json!(["full_attention", "sliding_attention"])),
			("rope_parameters", json!({ "partial_rotary_factor": 0.5 })),
		] {
			assert!(matches!(refusal(base(), field, value), ConfigError::Unsupported { .. }));
		}
	}

	#[test]
	fn other_models_should_be_refused_by_name_with_what_is_supported() {
		let text = refusal(bert(), "model_type", json!("roberta")).to_string();
		assert_eq!(
			text,
			"model type 'roberta' is not supported; supported are bert, llama, mistral and qwen2"
		);
		let missing = refusal(bert(), "model_type", Value::Null);
		assert_eq!(missing, ConfigError::Missing("model_type"));
		let mut wrong = bert();
		wrong["hidden_size"] = json!("wide");
		assert!(matches!(parse(&wrong), Err(FileError::Json { .. })));
		assert!(matches!(BaseConfig::from_json(b"{"), Err(FileError::Json { .. })));
	}

	#[test]
	fn file_should_be_named_when_it_cannot_be_read() {
		let text = BaseConfig::open(Path::new("no/such")).unwrap_err().to_string();
		assert!(text.starts_with("cannot read no/such/config.json"), "{text}");
	}
}
