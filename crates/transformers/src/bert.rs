//! BERT-type encoders (Devlin et al. 2019) and the text classifier built on them.

use crate::{
	error::{Error, Result},
	files::{Activation, AdapterFile, BertConfig, LoraConfig, TaskType},
	gradients::{self, Factors, Output},
	hessian::Hessian,
	layers::{check_ids, load_table, load_vector, FrozenLinear, Heads, Pass, TensorSource},
	lora::{Adapter, Layout},
	ops::{gather, layer_norm, mean_of_rows, Mask, SharedMatrix, Unary},
	sites::{Module, Site},
	tensor::{SharedVector, Tensor},
};
use rand::Rng;
use std::sync::Arc;

/// The scale and shift of a layer normalisation.
#[derive(Clone, Debug)]
struct Norm {
	scale: SharedVector,
	shift: SharedVector,
}

impl Norm {
	/// Reads `name.weight` and `name.bias`.
	fn load(source: &dyn TensorSource, name: &str, width: usize) -> Result<Self> {
		Ok(Self {
			scale: load_vector(source, &format!("{name}.weight"), width)?,
			shift: load_vector(source, &format!("{name}.bias"), width)?,
		})
	}
}

#[derive(Clone, Debug)]
struct Layer {
	query: FrozenLinear,
	key: FrozenLinear,
	value: FrozenLinear,
	attention_output: FrozenLinear,
	attention_norm: Norm,
	intermediate: FrozenLinear,
	output: FrozenLinear,
	output_norm: Norm,
}

/// A frozen encoder, which turns a text into vectors.
#[derive(Clone, Debug)]
pub struct Bert {
	config: BertConfig,
	hash: Option<[u8; 32]>,
	words: SharedMatrix,
	positions: SharedMatrix,
	types: SharedMatrix,
	norm: Norm,
	layers: Vec<Layer>,
	pooler: Option<FrozenLinear>,
	modules: Vec<Module>,
}

impl Bert {
	/// Puts an encoder together; `hash` is that of the files it comes from, if it comes from files.
	///
	/// # Errors
	/// The errors of `source`.
	pub fn new(
		config: BertConfig,
		source: &dyn TensorSource,
		hash: Option<[u8; 32]>,
	) -> Result<Self> {
		let width = config.hidden_size;
		let mut modules = Vec::new();
		let mut layers = Vec::with_capacity(config.num_hidden_layers);
		for i in 0..config.num_hidden_layers {
			let at = |part: &str| format!("encoder.layer.{i}.{part}");
			let mut linear = |part: &str, inputs, outputs| {
				FrozenLinear::load(source, &mut modules, at(part), (inputs, outputs), true)
			};
			let inner = config.intermediate_size;
			layers.push(Layer {
				query: linear("attention.self.query", width, width)?,
				key: linear("attention.self.key", width, width)?,
				value: linear("attention.self.value", width, width)?,
				attention_output: linear("attention.output.dense", width, width)?,
				attention_norm: Norm::load(source, &at("attention.output.LayerNorm"), width)?,
				intermediate: linear("intermediate.dense", width, inner)?,
				output: linear("output.dense", inner, width)?,
				output_norm: Norm::load(source, &at("output.LayerNorm"), width)?,
			});
		}
		let table = |part: &str, rows| {
			load_table(source, &format!("embeddings.{part}_embeddings.weight"), rows, width)
		};
		let pooler = if source.has("pooler.dense.weight") {
			let name = "pooler.dense".to_owned();
			Some(FrozenLinear::load(source, &mut modules, name, (width, width), true)?)
		} else {
			None
		};
		Ok(Self {
			words: table("word", config.vocab_size)?,
			positions: table("position", config.max_position_embeddings)?,
			types: table("token_type", config.type_vocab_size)?,
			norm: Norm::load(source, "embeddings.LayerNorm", width)?,
			config,
			hash,
			layers,
			pooler,
			modules,
		})
	}

	/// The shape of the encoder.
	pub fn config(&self) -> &BertConfig {
		&self.config
	}

	/// The linear layers that an adapter may change.
	pub fn modules(&self) -> &[Module] {
		&self.modules
	}

	/// The vector of a text, `[copies, width]`: what the pooler makes of the first token, or the
	/// mean over all tokens where the files have no pooler.
	fn pooled(&self, ids: &[u32], pass: &mut Pass<'_>) -> Result<Tensor> {
		let hidden = self.hidden(ids, pass)?;
		let hidden = pass.by_copy(&hidden)?;
		match &self.pooler {
			Some(pooler) => {
				let first = pass.all_rows(&hidden.narrow_rows(0, 1)?)?;
				Ok(Unary::Tanh.apply(&pass.linear(pooler, &first)?))
			},
			None => pass.all_rows(&mean_of_rows(&hidden)?),
		}
	}

	/// The last layer's output, `[copies · tokens, width]`.
	fn hidden(&self, ids: &[u32], pass: &mut Pass<'_>) -> Result<Tensor> {
		check_ids(ids, 1, self.config.max_position_embeddings, self.config.vocab_size)?;
		let words = gather(&self.words, ids.iter().map(|id| *id as usize))?;
		let types = gather(&self.types, ids.iter().map(|_| 0))?;
		let positions = gather(&self.positions, 0..ids.len())?;
		let embedded = pass.input(words.add(&types)?.add(&positions)?)?;
		let mut x = self.normalise(&embedded, &self.norm)?;
		for layer in &self.layers {
			x = self.layer(layer, &x, pass)?;
		}
		Ok(x)
	}

	fn layer(&self, layer: &Layer, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
		let heads = self.config.num_attention_heads;
		let shape =
			Heads { queries: heads, groups: heads, width: self.config.hidden_size / heads.max(1) };
		let [q, k, v] = [&layer.query, &layer.key, &layer.value];
		let parts = [pass.linear(q, x)?, pass.linear(k, x)?, pass.linear(v, x)?];
		let mixed = shape.attend(parts, pass, Mask::Nothing, None)?;
		let mixed = pass.linear(&layer.attention_output, &mixed)?;
		let x = self.normalise(&mixed.add(x)?, &layer.attention_norm)?;
		let activation = match self.config.hidden_act {
			Activation::Gelu => Unary::Gelu,
			Activation::GeluTanh => Unary::GeluTanh,
			Activation::Relu => Unary::Relu,
		};
		let inner = activation.apply(&pass.linear(&layer.intermediate, &x)?);
		self.normalise(&pass.linear(&layer.output, &inner)?.add(&x)?, &layer.output_norm)
	}

	fn normalise(&self, x: &Tensor, norm: &Norm) -> Result<Tensor> {
		Ok(layer_norm(x, self.config.layer_norm_eps, &norm.scale, &norm.shift)?)
	}
}

/// A text classifier: an encoder, a LoRA adapter, and a linear head on the text's vector.
///
/// A text is computed alone and in a fixed order, so its numbers have the same bits on every
/// machine, in every batch and on any number of threads.
#[derive(Clone, Debug)]
pub struct TextClassifier {
	base: Arc<Bert>,
	adapter: Adapter,
	classes: usize,
}

impl TextClassifier {
	/// The layout of the parameters that a classifier on `base` would have.
	///
	/// # Errors
	/// [`Error::UnknownTarget`], and [`Error::Setting`] for a rank, factor or number of classes out
	/// of range.
	pub fn layout(base: &Bert, config: LoraConfig, classes: usize) -> Result<Layout> {
		check_classes(classes)?;
		Layout::new(&base.modules, config, Some((base.config.hidden_size, classes)))
	}

	/// A classifier with these parameters, laid out by [`TextClassifier::layout`] on `base`. Before
	/// training, [`Layout::random`] gives them.
	///
	/// # Errors
	/// [`Error::ParameterCount`], [`Error::NotFinite`].
	pub fn new(base: Arc<Bert>, layout: Layout, parameters: &[f32]) -> Result<Self> {
		let classes = layout.sites().last().map_or(0, |head| head.outputs);
		Ok(Self { base, adapter: Adapter::new(layout, parameters)?, classes })
	}

	/// Reads a trained classifier from an adapter's file.
	///
	/// # Errors
	/// [`Error::WrongAdapter`] if the file is for another task or base model.
	pub fn with_adapter(base: Arc<Bert>, file: &AdapterFile) -> Result<Self> {
		let classes = file.head.as_ref().map_or(0, |(_, bias)| bias.len());
		let head = Some((base.config.hidden_size, classes));
		let task = TaskType::SequenceClassification;
		let adapter = Adapter::from_file(&base.modules, file, head, task, base.hash)?;
		check_classes(classes)?;
		Ok(Self { base, adapter, classes })
	}

	/// Writes the trained parameters as an adapter's file.
	pub fn to_adapter(&self) -> AdapterFile {
		self.adapter.to_file(&self.base.modules, TaskType::SequenceClassification, self.base.hash)
	}

	/// The adapter, which has the trained parameters.
	pub fn adapter(&self) -> &Adapter {
		&self.adapter
	}

	/// The encoder that the adapter is for.
	pub fn base(&self) -> &Arc<Bert> {
		&self.base
	}

	/// The number of classes.
	pub fn classes(&self) -> usize {
		self.classes
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

	/// The logits of a text, `[classes]`.
	///
	/// # Errors
	/// [`Error::TextLength`], [`Error::UnknownToken`], [`Error::NotFinite`].
	pub fn logits(&self, ids: &[u32]) -> Result<Vec<f32>> {
		let logits = self.forward(ids, &mut Pass::plain(&self.adapter))?;
		match logits.values().iter().all(|z| z.is_finite()) {
			true => Ok(logits.values().to_vec()),
			false => Err(Error::NotFinite("an output")),
		}
	}

	/// The cross-entropy loss `-log p_label` of a text, in nats.
	///
	/// # Errors
	/// Those of [`TextClassifier::logits`], and [`Error::UnknownClass`].
	pub fn loss(&self, ids: &[u32], label: u32) -> Result<f64> {
		let targets = self.target(label)?;
		let logits = self.forward(ids, &mut Pass::plain(&self.adapter))?;
		Output::Loss.value(&logits, &targets)
	}

	/// The loss in nats, and the factors of its gradient, one per site.
	///
	/// # Errors
	/// Those of [`TextClassifier::loss`].
	pub fn loss_factors(&self, ids: &[u32], label: u32) -> Result<(f64, Vec<Factors>)> {
		self.factors(ids, Output::Loss, label)
	}

	/// The margin `log(p / (1 - p))` of `class`, and the factors of its gradient, one per site.
	///
	/// # Errors
	/// Those of [`TextClassifier::loss`].
	pub fn margin_factors(&self, ids: &[u32], class: u32) -> Result<(f64, Vec<Factors>)> {
		self.factors(ids, Output::Margin, class)
	}

	/// The factors of gradients whose outer products sum to the Gauss-Newton (Fisher) matrix of this
	/// text's loss: one for each class if there are no more than `draws`, otherwise at that many
	/// labels drawn from the model, in expectation.
	///
	/// # Errors
	/// Those of [`TextClassifier::logits`].
	pub fn fisher_factors(
		&self,
		ids: &[u32],
		draws: usize,
		rng: &mut impl Rng,
	) -> Result<Vec<Vec<Factors>>> {
		let every_class = self.classes <= draws;
		let forward = |pass: &mut Pass<'_>| self.forward(ids, pass);
		gradients::fisher_factors(&self.adapter, forward, every_class, draws, rng)
	}

	/// The exact Hessian of this text's loss, ready for products with up to `at_once` vectors at a
	/// time.
	///
	/// # Errors
	/// Those of [`TextClassifier::loss`].
	pub fn hessian(&self, ids: &[u32], label: u32, at_once: usize) -> Result<Hessian> {
		let targets = self.target(label)?;
		Hessian::new(&self.adapter, |pass| self.forward(ids, pass), &targets, at_once)
	}

	fn factors(&self, ids: &[u32], output: Output, class: u32) -> Result<(f64, Vec<Factors>)> {
		let targets = self.target(class)?;
		gradients::factors(&self.adapter, |pass| self.forward(ids, pass), output, &targets)
	}

	/// The logits of the copies of a text, `[copies, classes]`.
	fn forward(&self, ids: &[u32], pass: &mut Pass<'_>) -> Result<Tensor> {
		let pooled = self.base.pooled(ids, pass)?;
		pass.head(&pooled)
	}

	fn target(&self, label: u32) -> Result<[usize; 1]> {
		match label as usize {
			class if class < self.classes => Ok([class]),
			_ => Err(Error::UnknownClass { label, classes: self.classes }),
		}
	}
}

fn check_classes(classes: usize) -> Result<()> {
	match classes {
		0 | 1 => Err(Error::setting("classes", "there must be at least 2")),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests;
