//! Llama-type decoders (Touvron et al. 2023) and the language model built on them.

use crate::{
	error::{Error, Result},
	files::{AdapterFile, LlamaConfig, LoraConfig, TaskType},
	gradients::{self, Factors, Output},
	hessian::Hessian,
	layers::{check_ids, load_table, load_vector, FrozenLinear, Heads, Pass, TensorSource},
	lora::{Adapter, Layout},
	ops::{gather, linear_nt, rms_norm, Mask, Rotation, SharedMatrix, Unary},
	sites::{Module, Site},
	tensor::{SharedVector, Tensor},
};
use rand::Rng;
use std::sync::Arc;

#[derive(Clone, Debug)]
struct Layer {
	attention_norm: SharedVector,
	query: FrozenLinear,
	key: FrozenLinear,
	value: FrozenLinear,
	attention_output: FrozenLinear,
	mlp_norm: SharedVector,
	gate: FrozenLinear,
	up: FrozenLinear,
	down: FrozenLinear,
}

/// A frozen decoder, which predicts the token after each token of a text.
#[derive(Clone, Debug)]
pub struct Llama {
	config: LlamaConfig,
	hash: Option<[u8; 32]>,
	/// `[vocabulary][width]`; also the output layer where there is no other.
	embeddings: SharedMatrix,
	layers: Vec<Layer>,
	norm: SharedVector,
	output: Option<FrozenLinear>,
	modules: Vec<Module>,
}

impl Llama {
	/// Puts a decoder together; `hash` is that of the files it comes from, if it comes from files.
	///
	/// # Errors
	/// The errors of `source`.
	pub fn new(
		config: LlamaConfig,
		source: &dyn TensorSource,
		hash: Option<[u8; 32]>,
	) -> Result<Self> {
		let (width, inner) = (config.hidden_size, config.intermediate_size);
		let queries = config.num_attention_heads * config.head_dim;
		let groups = config.num_key_value_heads * config.head_dim;
		let mut modules = Vec::new();
		let mut layers = Vec::with_capacity(config.num_hidden_layers);
		for i in 0..config.num_hidden_layers {
			let at = |part: &str| format!("layers.{i}.{part}");
			let norm = |part: &str| load_vector(source, &at(&format!("{part}.weight")), width);
			let bias = config.attention_bias;
			// Where the others have biases, the output projection has one in Llama and none in
			// Qwen2.
			let output_bias = bias && source.has(&at("self_attn.o_proj.bias"));
			let mut linear = |part: &str, inputs, outputs, bias| {
				FrozenLinear::load(source, &mut modules, at(part), (inputs, outputs), bias)
			};
			layers.push(Layer {
				attention_norm: norm("input_layernorm")?,
				query: linear("self_attn.q_proj", width, queries, bias)?,
				key: linear("self_attn.k_proj", width, groups, bias)?,
				value: linear("self_attn.v_proj", width, groups, bias)?,
				attention_output: linear("self_attn.o_proj", queries, width, output_bias)?,
				mlp_norm: norm("post_attention_layernorm")?,
				gate: linear("mlp.gate_proj", width, inner, false)?,
				up: linear("mlp.up_proj", width, inner, false)?,
				down: linear("mlp.down_proj", inner, width, false)?,
			});
		}
		let vocabulary = config.vocab_size;
		let embeddings = load_table(source, "embed_tokens.weight", vocabulary, width)?;
		let output = if config.tie_word_embeddings {
			None
		} else {
			let name = "lm_head".to_owned();
			Some(FrozenLinear::load(source, &mut modules, name, (width, vocabulary), false)?)
		};
		let norm = load_vector(source, "norm.weight", width)?;
		Ok(Self { config, hash, embeddings, layers, norm, output, modules })
	}

	/// The shape of the decoder.
	pub fn config(&self) -> &LlamaConfig {
		&self.config
	}

	/// The linear layers that an adapter may change.
	pub fn modules(&self) -> &[Module] {
		&self.modules
	}

	/// The logits of the token after each of `ids[from..]`, `[copies · (ids - from), vocabulary]`.
	fn forward(&self, ids: &[u32], from: usize, pass: &mut Pass<'_>) -> Result<Tensor> {
		check_ids(ids, 1, self.config.max_position_embeddings, self.config.vocab_size)?;
		let embedded = gather(&self.embeddings, ids.iter().map(|id| *id as usize))?;
		let rotation = Rotation::new(ids.len(), self.config.head_dim, self.config.rope_theta);
		let mut x = pass.input(embedded)?;
		for layer in &self.layers {
			x = self.layer(layer, &x, &rotation, pass)?;
		}
		let rows = pass.by_copy(&x)?.narrow_rows(from, ids.len().saturating_sub(from))?;
		let rows = self.normalise(&pass.all_rows(&rows)?, &self.norm)?;
		match &self.output {
			Some(output) => pass.linear(output, &rows),
			None => Ok(linear_nt(&rows, &self.embeddings, None)?),
		}
	}

	fn layer(
		&self,
		layer: &Layer,
		x: &Tensor,
		rotation: &Rotation,
		pass: &mut Pass<'_>,
	) -> Result<Tensor> {
		let shape = Heads {
			queries: self.config.num_attention_heads,
			groups: self.config.num_key_value_heads,
			width: self.config.head_dim,
		};
		let input = self.normalise(x, &layer.attention_norm)?;
		let [q, k, v] = [&layer.query, &layer.key, &layer.value];
		let parts = [pass.linear(q, &input)?, pass.linear(k, &input)?, pass.linear(v, &input)?];
		let mixed = shape.attend(parts, pass, Mask::Future, Some(rotation))?;
		let x = pass.linear(&layer.attention_output, &mixed)?.add(x)?;
		let input = self.normalise(&x, &layer.mlp_norm)?;
		let gate = Unary::Silu.apply(&pass.linear(&layer.gate, &input)?);
		let inner = gate.mul(&pass.linear(&layer.up, &input)?)?;
		Ok(pass.linear(&layer.down, &inner)?.add(&x)?)
	}

	fn normalise(&self, x: &Tensor, scale: &SharedVector) -> Result<Tensor> {
		Ok(rms_norm(x, self.config.rms_norm_eps, scale)?)
	}
}

/// A language model: a decoder and a LoRA adapter.
///
/// Where a method takes `ids` and `from`, the tokens `ids[from..]` are predicted, each from those
/// before it, and the value is the mean over them; `from` is at least 1. If `from` is the length of
/// a prompt, only the answer counts.
///
/// A text is computed alone and in a fixed order, so its numbers have the same bits on every
/// machine, in every batch and on any number of threads.
#[derive(Clone, Debug)]
pub struct LanguageModel {
	base: Arc<Llama>,
	adapter: Adapter,
}

impl LanguageModel {
	/// The layout of the parameters that an adapter on `base` would have.
	///
	/// # Errors
	/// [`Error::UnknownTarget`], and [`Error::Setting`] for a rank or factor out of range.
	pub fn layout(base: &Llama, config: LoraConfig) -> Result<Layout> {
		Layout::new(&base.modules, config, None)
	}

	/// A model with these parameters, laid out by [`LanguageModel::layout`] on `base`. Before
	/// training, [`Layout::random`] gives them, and the model still computes what the base model
	/// does.
	///
	/// # Errors
	/// [`Error::ParameterCount`], [`Error::NotFinite`].
	pub fn new(base: Arc<Llama>, layout: Layout, parameters: &[f32]) -> Result<Self> {
		Ok(Self { base, adapter: Adapter::new(layout, parameters)? })
	}

	/// Reads a trained model from an adapter's file.
	///
	/// # Errors
	/// [`Error::WrongAdapter`] if the file is for another task or base model.
	pub fn with_adapter(base: Arc<Llama>, file: &AdapterFile) -> Result<Self> {
		let task = TaskType::CausalLanguageModel;
		let adapter = Adapter::from_file(&base.modules, file, None, task, base.hash)?;
		Ok(Self { base, adapter })
	}

	/// Writes the trained parameters as an adapter's file.
	pub fn to_adapter(&self) -> AdapterFile {
		self.adapter.to_file(&self.base.modules, TaskType::CausalLanguageModel, self.base.hash)
	}

	/// The adapter, which has the trained parameters.
	pub fn adapter(&self) -> &Adapter {
		&self.adapter
	}

	/// The decoder that the adapter is for.
	pub fn base(&self) -> &Arc<Llama> {
		&self.base
	}

	/// The trained layers, in the order of the parameters.
	pub fn sites(&self) -> &[Site] {
		self.adapter.sites()
	}

	/// The trained parameters, laid out as [`Adapter::parameters`] says.
	pub fn parameters(&self) -> Vec<f32> {
		self.adapter.parameters()
	}

	/// Replaces the trained parameters, laid out as [`Adapter::parameters`] says.
	///
	/// # Errors
	/// Those of [`Adapter::set_parameters`].
	pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<()> {
		self.adapter.set_parameters(parameters)
	}

	/// The logits of the token that follows `ids`, `[vocabulary]`.
	///
	/// # Errors
	/// [`Error::TextLength`], [`Error::UnknownToken`], [`Error::NotFinite`].
	pub fn next_logits(&self, ids: &[u32]) -> Result<Vec<f32>> {
		let last = ids.len().saturating_sub(1);
		let logits = self.base.forward(ids, last, &mut Pass::plain(&self.adapter))?;
		match logits.values().iter().all(|z| z.is_finite()) {
			true => Ok(logits.values().to_vec()),
			false => Err(Error::NotFinite("an output")),
		}
	}

	/// The mean negative log likelihood of `ids[from..]` in nats.
	///
	/// # Errors
	/// Those of [`LanguageModel::next_logits`], and [`Error::NoTargets`].
	pub fn loss(&self, ids: &[u32], from: usize) -> Result<f64> {
		let text = Text::new(self, ids, from)?;
		let logits = text.forward(&mut Pass::plain(&self.adapter))?;
		Output::Loss.value(&logits, &text.targets)
	}

	/// The loss in nats, and the factors of its gradient, one per site.
	///
	/// # Errors
	/// Those of [`LanguageModel::loss`].
	pub fn loss_factors(&self, ids: &[u32], from: usize) -> Result<(f64, Vec<Factors>)> {
		let text = Text::new(self, ids, from)?;
		gradients::factors(&self.adapter, |p| text.forward(p), Output::Loss, &text.targets)
	}

	/// The mean of `log(p / (1 - p))` over `ids[from..]`, and the factors of its gradient, one per
	/// site.
	///
	/// # Errors
	/// Those of [`LanguageModel::loss`].
	pub fn output_factors(&self, ids: &[u32], from: usize) -> Result<(f64, Vec<Factors>)> {
		let text = Text::new(self, ids, from)?;
		gradients::factors(&self.adapter, |p| text.forward(p), Output::Margin, &text.targets)
	}

	/// The factors of gradients whose outer products sum, in expectation, to the Gauss-Newton
	/// (Fisher) matrix of this text's loss. There are `draws` of them, each at next tokens drawn
	/// from the model, independently for each position from `from` on.
	///
	/// # Errors
	/// Those of [`LanguageModel::loss`].
	pub fn fisher_factors(
		&self,
		ids: &[u32],
		from: usize,
		draws: usize,
		rng: &mut impl Rng,
	) -> Result<Vec<Vec<Factors>>> {
		let text = Text::new(self, ids, from)?;
		gradients::fisher_factors(&self.adapter, |p| text.forward(p), false, draws, rng)
	}

	/// The exact Hessian of this text's loss, ready for products with up to `at_once` vectors at a
	/// time.
	///
	/// # Errors
	/// Those of [`LanguageModel::loss`].
	pub fn hessian(&self, ids: &[u32], from: usize, at_once: usize) -> Result<Hessian> {
		let text = Text::new(self, ids, from)?;
		Hessian::new(&self.adapter, |p| text.forward(p), &text.targets, at_once)
	}
}

/// A text of which a part is predicted.
struct Text<'a> {
	base: &'a Llama,
	/// All tokens but the last, after which nothing is predicted.
	context: &'a [u32],
	/// The position of the first token of the context whose successor is predicted.
	first: usize,
	targets: Vec<usize>,
}

impl<'a> Text<'a> {
	fn new(model: &'a LanguageModel, ids: &'a [u32], from: usize) -> Result<Self> {
		let base = model.base.as_ref();
		// The last token is only predicted, so a text may have one more token than there are
		// positions.
		let most = base.config.max_position_embeddings.saturating_add(1);
		check_ids(ids, 2, most, base.config.vocab_size)?;
		match (ids.split_last(), from.checked_sub(1), ids.get(from..)) {
			(Some((_, context)), Some(first), Some(predicted)) if !predicted.is_empty() => {
				let targets = predicted.iter().map(|id| *id as usize).collect();
				Ok(Self { base, context, first, targets })
			},
			_ => Err(Error::NoTargets { from, tokens: ids.len() }),
		}
	}

	fn forward(&self, pass: &mut Pass<'_>) -> Result<Tensor> {
		self.base.forward(self.context, self.first, pass)
	}
}

#[cfg(test)]
mod tests;
