//! How long texts may be, so that what is computed from them fits into memory.
//!
//! Configurations and the number of tokens come from strangers: a tiny file can name a shape whose
//! attention would take all of a machine's memory.

use crate::files::{BaseConfig, BertConfig, LlamaConfig};

/// The most numbers that one text's forward pass may keep for its gradient: 4 GiB as `f32`.
const MAX_ACTIVATIONS: u128 = 1 << 30;

/// How many numbers a text keeps in memory: per token, and per pair of tokens.
struct ActivationCounts {
	per_token: u128,
	per_pair: u128,
}

impl ActivationCounts {
	/// Counts the outputs of every operation of an encoder's layers.
	fn of_bert(config: &BertConfig) -> Self {
		let [layers, width, inner, heads] = [
			config.num_hidden_layers,
			config.hidden_size,
			config.intermediate_size,
			config.num_attention_heads,
		]
		.map(|n| n as u128);
		Self {
			per_token: layers * (20 * width + 3 * inner) + 6 * width,
			per_pair: 2 * layers * heads,
		}
	}

	/// Counts the outputs of every operation of a decoder's layers, and of its output layer.
	fn of_llama(config: &LlamaConfig) -> Self {
		let [layers, width, inner, heads, groups, head, vocabulary] = [
			config.num_hidden_layers,
			config.hidden_size,
			config.intermediate_size,
			config.num_attention_heads,
			config.num_key_value_heads,
			config.head_dim,
			config.vocab_size,
		]
		.map(|n| n as u128);
		let projected = 8 * heads * head + 8 * groups * head;
		Self {
			per_token: layers * (8 * width + projected + 6 * inner) + 4 * width + 3 * vocabulary,
			per_pair: 2 * layers * heads,
		}
	}

	fn fit(&self, tokens: u128) -> bool {
		// The shape's sizes are below 2^24 and its layers below 2^12, so nothing overflows.
		tokens * self.per_token + tokens * tokens * self.per_pair <= MAX_ACTIVATIONS
	}
}

/// The length of the longest text, in tokens, that the model has positions for and whose gradient
/// fits into 4 GiB.
pub fn most_tokens(config: &BaseConfig) -> usize {
	let activations = match config {
		BaseConfig::Bert(config) => ActivationCounts::of_bert(config),
		BaseConfig::Llama(config) => ActivationCounts::of_llama(config),
	};
	let (mut fits, mut beyond) = (0, config.max_position_embeddings() + 1);
	while beyond - fits > 1 {
		let middle = fits + (beyond - fits) / 2;
		match activations.fit(middle as u128) {
			true => fits = middle,
			false => beyond = middle,
		}
	}
	fits
}

#[cfg(test)]
mod tests {
	use super::*;

	fn config(text: &str) -> BaseConfig {
		BaseConfig::from_json(text.as_bytes()).unwrap()
	}

	#[test]
	fn published_models_should_take_texts_as_long_as_their_positions() {
		let bert_base = r#"{"model_type": "bert", "vocab_size": 30522, "hidden_size": 768,
			"num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
			"max_position_embeddings": 512}"#;
		assert_eq!(most_tokens(&config(bert_base)), 512);
		let small_llama = r#"{"model_type": "llama", "vocab_size": 49152, "hidden_size": 576,
			"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
			"intermediate_size": 1536, "max_position_embeddings": 512}"#;
		assert_eq!(most_tokens(&config(small_llama)), 512);
	}

	#[test]
	fn texts_should_be_shorter_when_attention_would_take_all_memory() {
		// Some megabytes of weights: 2^20 heads of 2 coordinates on a width of 1.
		let many_heads = r#"{"model_type": "llama", "vocab_size": 300, "hidden_size": 1,
			"num_hidden_layers": 1, "num_attention_heads": 1048576, "num_key_value_heads": 1,
			"head_dim": 2, "intermediate_size": 1, "max_position_embeddings": 16777216}"#;
		assert!(most_tokens(&config(many_heads)) < 100);
		let largest = r#"{"model_type": "llama", "vocab_size": 16777216, "hidden_size": 16777216,
			"num_hidden_layers": 4096, "num_attention_heads": 16777216,
			"num_key_value_heads": 16777216, "head_dim": 16777216, "intermediate_size": 16777216,
			"max_position_embeddings": 16777216}"#;
		assert_eq!(most_tokens(&config(largest)), 0);
	}
}
