//! Small random models for this crate's tests, and independent ones in double precision to compare
//! them with: candle's own operations, every head and layer spelled out.

use crate::{
	files::{Activation, BertConfig, LlamaConfig, LoraConfig},
	gradients::gradient,
	Bert, Factors, LanguageModel, Llama, Products, Result, Site, TensorSource, TextClassifier,
};
use candle_core::{DType, Device, Tensor, Var, D};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Weights of a size that makes every non-linearity felt, the same for the same name.
#[derive(Default)]
pub struct RandomWeights {
	/// The beginnings of names that are not there.
	pub without: Vec<&'static str>,
}

impl TensorSource for RandomWeights {
	fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
		let seed = name.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let (middle, size) = match shape {
			[_] if name.to_lowercase().contains("norm") && !name.ends_with("bias") => (1.0, 0.4),
			&[_, inputs] if !name.contains("embed") => (0.0, 2.0 / (inputs as f32).sqrt()),
			_ => (0.0, 0.5),
		};
		let count = shape.iter().product();
		Ok((0..count).map(|_| middle + rng.random_range(-size..size)).collect())
	}

	fn has(&self, name: &str) -> bool {
		!self.without.iter().any(|start| name.contains(start))
	}
}

pub fn bert_config() -> BertConfig {
	BertConfig {
		vocab_size: 13,
		hidden_size: 8,
		num_hidden_layers: 2,
		num_attention_heads: 2,
		intermediate_size: 12,
		max_position_embeddings: 100,
		type_vocab_size: 2,
		layer_norm_eps: 1e-3,
		hidden_act: Activation::Gelu,
		pad_token_id: 0,
	}
}

pub fn llama_config() -> LlamaConfig {
	LlamaConfig {
		vocab_size: 11,
		hidden_size: 6,
		num_hidden_layers: 2,
		num_attention_heads: 4,
		num_key_value_heads: 2,
		head_dim: 4,
		intermediate_size: 10,
		max_position_embeddings: 100,
		rms_norm_eps: 1e-3,
		rope_theta: 100.0,
		tie_word_embeddings: false,
		attention_bias: true,
	}
}

pub fn lora(targets: &[&str]) -> LoraConfig {
	let target_modules = targets.iter().map(|target| target.to_string()).collect();
	LoraConfig { rank: 2, alpha: 3.0, target_modules, rslora: false }
}

/// Every linear layer of an encoder.
pub const BERT_MODULES: [&str; 5] = ["query", "key", "value", "dense", "attention.output.dense"];

/// Every linear layer of a decoder with an output layer of its own.
pub const LLAMA_MODULES: [&str; 8] =
	["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"];

/// Numbers of either sign up to `size`.
pub fn random_vector(count: usize, size: f32, seed: u64) -> Vec<f32> {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	(0..count).map(|_| rng.random_range(-size..size)).collect()
}

/// A classifier before training.
pub fn new_classifier(
	base: Arc<Bert>,
	lora: LoraConfig,
	classes: usize,
	seed: u64,
) -> TextClassifier {
	let layout = TextClassifier::layout(&base, lora, classes).unwrap();
	let parameters = layout.random(seed);
	TextClassifier::new(base, layout, &parameters).unwrap()
}

/// A language model before training.
pub fn new_language_model(base: Arc<Llama>, lora: LoraConfig, seed: u64) -> LanguageModel {
	let layout = LanguageModel::layout(&base, lora).unwrap();
	let parameters = layout.random(seed);
	LanguageModel::new(base, layout, &parameters).unwrap()
}

/// A classifier into 3 classes with random parameters, `A` and `B` alike.
pub fn classifier(config: BertConfig, weights: &RandomWeights, lora: LoraConfig) -> TextClassifier {
	let base = Arc::new(Bert::new(config, weights, None).unwrap());
	let mut model = new_classifier(base, lora, 3, 1);
	model.set_parameters(&random_vector(model.parameters().len(), 0.4, 2)).unwrap();
	model
}

/// A language model with random parameters, `A` and `B` alike.
pub fn language_model(
	config: LlamaConfig,
	weights: &RandomWeights,
	lora: LoraConfig,
) -> LanguageModel {
	let base = Arc::new(Llama::new(config, weights, None).unwrap());
	let mut model = new_language_model(base, lora, 1);
	model.set_parameters(&random_vector(model.parameters().len(), 0.4, 2)).unwrap();
	model
}

/// The sites' parameters `[outputs, columns]` in double precision.
pub struct SiteParameters<'a> {
	pub sites: &'a [Site],
	/// The values, laid out as the model's.
	pub flat: Tensor,
	/// The factor of `B A x`.
	pub scaling: f64,
}

impl SiteParameters<'_> {
	fn of(&self, name: &str) -> Option<Tensor> {
		let mut start = 0;
		for site in self.sites {
			if site.name == name {
				let own = self.flat.narrow(0, start, site.coordinates()).unwrap();
				return Some(own.reshape((site.outputs, site.columns())).unwrap());
			}
			start += site.coordinates();
		}
		None
	}
}

/// The model in double precision.
pub struct Reference<'a> {
	pub weights: &'a RandomWeights,
	pub parameters: SiteParameters<'a>,
}

/// `x wᵀ`. Not candle's product, whose threads would only wait for each other at this size.
fn product(x: &Tensor, w: &Tensor) -> Tensor {
	let (x, w) = (x.unsqueeze(1).unwrap(), w.unsqueeze(0).unwrap());
	x.broadcast_mul(&w).unwrap().sum(2).unwrap()
}

impl Reference<'_> {
	fn tensor(&self, name: &str, shape: &[usize]) -> Tensor {
		let values = self.weights.get(name, shape).unwrap();
		let values: Vec<f64> = values.into_iter().map(f64::from).collect();
		Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
	}

	fn linear(&self, name: &str, x: &Tensor, outputs: usize, bias: bool) -> Tensor {
		let inputs = x.dim(1).unwrap();
		let mut z = product(x, &self.tensor(&format!("{name}.weight"), &[outputs, inputs]));
		if bias {
			z = z.broadcast_add(&self.tensor(&format!("{name}.bias"), &[outputs])).unwrap();
		}
		let part = |part: &str| self.parameters.of(&format!("{name}.{part}"));
		if let (Some(a), Some(b)) = (part("lora_A"), part("lora_B")) {
			z = (z + (product(&product(x, &a), &b) * self.parameters.scaling).unwrap()).unwrap();
		}
		z
	}

	fn embedding(&self, name: &str, rows: usize, width: usize, ids: &[u32]) -> Tensor {
		let ids = Tensor::new(ids, &Device::Cpu).unwrap();
		self.tensor(name, &[rows, width]).index_select(&ids, 0).unwrap()
	}

	fn layer_norm(&self, name: &str, x: &Tensor, epsilon: f64) -> Tensor {
		let width = x.dim(1).unwrap();
		let centred = x.broadcast_sub(&x.mean_keepdim(1).unwrap()).unwrap();
		let variance = centred.sqr().unwrap().mean_keepdim(1).unwrap();
		let unit = centred.broadcast_div(&(variance + epsilon).unwrap().sqrt().unwrap()).unwrap();
		let scaled = unit.broadcast_mul(&self.tensor(&format!("{name}.weight"), &[width]));
		scaled.unwrap().broadcast_add(&self.tensor(&format!("{name}.bias"), &[width])).unwrap()
	}

	fn rms_norm(&self, name: &str, x: &Tensor, epsilon: f64) -> Tensor {
		let width = x.dim(1).unwrap();
		let square = x.sqr().unwrap().mean_keepdim(1).unwrap();
		let unit = x.broadcast_div(&(square + epsilon).unwrap().sqrt().unwrap()).unwrap();
		unit.broadcast_mul(&self.tensor(&format!("{name}.weight"), &[width])).unwrap()
	}

	/// One head, `[tokens, width]` each.
	fn head(q: &Tensor, k: &Tensor, v: &Tensor, causal: bool) -> Tensor {
		let (tokens, width) = q.dims2().unwrap();
		let mut scores = (product(q, k) / (width as f64).sqrt()).unwrap();
		if causal {
			let mask = (0..tokens)
				.flat_map(|i| (0..tokens).map(move |j| if j > i { -1e4 } else { 0.0 }))
				.collect();
			let mask = Tensor::from_vec(mask, (tokens, tokens), &Device::Cpu).unwrap();
			scores = (scores + mask).unwrap();
		}
		let powers = scores.exp().unwrap();
		let p = powers.broadcast_div(&powers.sum_keepdim(1).unwrap()).unwrap();
		product(&p, &v.t().unwrap())
	}

	/// The logits of a text, `[1, classes]`.
	pub fn bert(&self, config: &BertConfig, ids: &[u32]) -> Tensor {
		let (width, epsilon) = (config.hidden_size, config.layer_norm_eps);
		let at = |part: &str| format!("embeddings.{part}_embeddings.weight");
		let positions: Vec<u32> = (0..ids.len() as u32).collect();
		let words = self.embedding(&at("word"), config.vocab_size, width, ids);
		let most = config.max_position_embeddings;
		let positions = self.embedding(&at("position"), most, width, &positions);
		let types = vec![0; ids.len()];
		let types = self.embedding(&at("token_type"), config.type_vocab_size, width, &types);
		let sum = ((words + positions).unwrap() + types).unwrap();
		let mut x = self.layer_norm("embeddings.LayerNorm", &sum, epsilon);
		for layer in 0..config.num_hidden_layers {
			let at = |part: &str| format!("encoder.layer.{layer}.{part}");
			let [q, k, v] = ["query", "key", "value"]
				.map(|part| self.linear(&at(&format!("attention.self.{part}")), &x, width, true));
			let size = width / config.num_attention_heads;
			let heads: Vec<Tensor> = (0..config.num_attention_heads)
				.map(|head| {
					let own = |x: &Tensor| x.narrow(1, head * size, size).unwrap();
					Self::head(&own(&q), &own(&k), &own(&v), false)
				})
				.collect();
			let mixed = Tensor::cat(&heads, 1).unwrap();
			let mixed = self.linear(&at("attention.output.dense"), &mixed, width, true);
			let name = at("attention.output.LayerNorm");
			x = self.layer_norm(&name, &(mixed + x).unwrap(), epsilon);
			let z = self.linear(&at("intermediate.dense"), &x, config.intermediate_size, true);
			let inner = match config.hidden_act {
				Activation::Gelu => {
					let erf = (&z / 2f64.sqrt()).unwrap().erf().unwrap();
					((&z * (erf + 1.0).unwrap()).unwrap() * 0.5).unwrap()
				},
				Activation::GeluTanh => {
					let cube = ((&z * &z).unwrap() * &z).unwrap();
					let inner = (&z + (cube * 0.044715).unwrap()).unwrap();
					let inner = (inner * (2.0 / std::f64::consts::PI).sqrt()).unwrap();
					((&z * (inner.tanh().unwrap() + 1.0).unwrap()).unwrap() * 0.5).unwrap()
				},
				Activation::Relu => z.relu().unwrap(),
			};
			let output = self.linear(&at("output.dense"), &inner, width, true);
			x = self.layer_norm(&at("output.LayerNorm"), &(output + x).unwrap(), epsilon);
		}
		let pooled = if self.weights.has("pooler.dense.weight") {
			let first = x.narrow(0, 0, 1).unwrap();
			self.linear("pooler.dense", &first, width, true).tanh().unwrap()
		} else {
			x.mean_keepdim(0).unwrap()
		};
		let head = self.parameters.of("classifier").unwrap();
		let weight = head.narrow(1, 0, width).unwrap();
		let bias = head.narrow(1, width, 1).unwrap().t().unwrap();
		(product(&pooled, &weight) + bias).unwrap()
	}

	/// The logits that predict `ids[from..]`, `[ids - from, vocabulary]`.
	pub fn llama(&self, config: &LlamaConfig, ids: &[u32], from: usize) -> Tensor {
		let (width, size) = (config.hidden_size, config.head_dim);
		let (queries, groups) = (config.num_attention_heads, config.num_key_value_heads);
		let mut x = self.embedding("embed_tokens.weight", config.vocab_size, width, ids);
		for layer in 0..config.num_hidden_layers {
			let at = |part: &str| format!("layers.{layer}.{part}");
			let input = self.rms_norm(&at("input_layernorm"), &x, config.rms_norm_eps);
			let linear = |part: &str, heads: usize| {
				let name = at(&format!("self_attn.{part}_proj"));
				self.linear(&name, &input, heads * size, config.attention_bias)
			};
			let (q, k, v) = (linear("q", queries), linear("k", groups), linear("v", groups));
			let heads: Vec<Tensor> = (0..queries)
				.map(|head| {
					let part = |x: &Tensor, head: usize| x.narrow(1, head * size, size).unwrap();
					let group = head / (queries / groups);
					let (q, k) = (part(&q, head), part(&k, group));
					let turn = |x: &Tensor| Self::rotate(x, config.rope_theta);
					Self::head(&turn(&q), &turn(&k), &part(&v, group), true)
				})
				.collect();
			let mixed = Tensor::cat(&heads, 1).unwrap();
			let name = at("self_attn.o_proj");
			let bias = config.attention_bias && self.weights.has(&format!("{name}.bias"));
			x = (x + self.linear(&name, &mixed, width, bias)).unwrap();
			let input = self.rms_norm(&at("post_attention_layernorm"), &x, config.rms_norm_eps);
			let inner = config.intermediate_size;
			let gate = self.linear(&at("mlp.gate_proj"), &input, inner, false).silu().unwrap();
			let up = self.linear(&at("mlp.up_proj"), &input, inner, false);
			let down = self.linear(&at("mlp.down_proj"), &(gate * up).unwrap(), width, false);
			x = (x + down).unwrap();
		}
		let x = self.rms_norm("norm", &x, config.rms_norm_eps);
		let logits = if config.tie_word_embeddings {
			product(&x, &self.tensor("embed_tokens.weight", &[config.vocab_size, width]))
		} else {
			self.linear("lm_head", &x, config.vocab_size, false)
		};
		logits.narrow(0, from - 1, ids.len() - from).unwrap()
	}

	/// The rotation written as one matrix per position.
	fn rotate(x: &Tensor, theta: f64) -> Tensor {
		let (tokens, width) = x.dims2().unwrap();
		let rows: Vec<Tensor> = (0..tokens)
			.map(|position| {
				let mut matrix = vec![0.0; width * width];
				for i in 0..width / 2 {
					let j = i + width / 2;
					let angle = position as f64 / theta.powf(2.0 * i as f64 / width as f64);
					matrix[i * width + i] = angle.cos();
					matrix[j * width + j] = angle.cos();
					matrix[i * width + j] = -angle.sin();
					matrix[j * width + i] = angle.sin();
				}
				let matrix = Tensor::from_vec(matrix, (width, width), &Device::Cpu).unwrap();
				product(&x.narrow(0, position, 1).unwrap(), &matrix)
			})
			.collect();
		Tensor::cat(&rows, 0).unwrap()
	}
}

/// The mean loss of `targets` at `logits`.
pub fn reference_loss(logits: &Tensor, targets: &[u32]) -> Tensor {
	let targets = Tensor::new(targets, &Device::Cpu).unwrap().unsqueeze(1).unwrap();
	let normaliser = logits.exp().unwrap().sum_keepdim(D::Minus1).unwrap().log().unwrap();
	(normaliser - logits.gather(&targets, 1).unwrap()).unwrap().mean_all().unwrap()
}

/// The mean margin of `targets` at `logits`, by its definition `log(p / (1 - p))`.
pub fn reference_margin(logits: &Tensor, targets: &[u32]) -> Tensor {
	let targets = Tensor::new(targets, &Device::Cpu).unwrap().unsqueeze(1).unwrap();
	let powers = logits.exp().unwrap();
	let p = powers.broadcast_div(&powers.sum_keepdim(D::Minus1).unwrap()).unwrap();
	let p = p.gather(&targets, 1).unwrap();
	(p.log().unwrap() - p.affine(-1.0, 1.0).unwrap().log().unwrap()).unwrap().mean_all().unwrap()
}

/// A function of flat parameters in double precision.
pub type Function<'a> = &'a dyn Fn(&Tensor) -> Tensor;

fn wide(values: &[f32], along: &[f32], by: f64) -> Vec<f64> {
	values.iter().zip(along).map(|(x, v)| f64::from(*x) + by * f64::from(*v)).collect()
}

/// `function` at `parameters + by · along`.
pub fn value_at(function: Function<'_>, parameters: &[f32], along: &[f32], by: f64) -> Vec<f64> {
	let at = wide(parameters, along, by);
	let at = Tensor::from_vec(at, parameters.len(), &Device::Cpu).unwrap();
	function(&at).flatten_all().unwrap().to_vec1().unwrap()
}

/// The central difference of `function` along `along`.
pub fn difference_along(function: Function<'_>, parameters: &[f32], along: &[f32]) -> Vec<f64> {
	const STEP: f64 = 1e-4;
	let [after, before] = [STEP, -STEP].map(|by| value_at(function, parameters, along, by));
	after.iter().zip(before).map(|(a, b)| (a - b) / (2.0 * STEP)).collect()
}

/// The central difference of the scalar `function` along each parameter by itself.
pub fn differences(function: Function<'_>, parameters: &[f32]) -> Vec<f64> {
	let mut unit = vec![0.0; parameters.len()];
	let difference = |i: usize| {
		unit[i] = 1.0;
		let difference = difference_along(function, parameters, &unit)[0];
		unit[i] = 0.0;
		difference
	};
	(0..parameters.len()).map(difference).collect()
}

/// The variance of `values` under the softmax of `logits`.
pub fn variance(logits: &[f32], values: &[f64]) -> f64 {
	let mut p = logits.to_vec();
	openledger_kernels::softmax(&mut p);
	let mean: f64 = p.iter().zip(values).map(|(p, x)| f64::from(*p) * x).sum();
	p.iter().zip(values).map(|(p, x)| f64::from(*p) * (x - mean) * (x - mean)).sum()
}

/// The sum of squares along `along` of the gradients that `all` stand for.
pub fn squares_along(sites: &[Site], all: &[Vec<Factors>], along: &[f32]) -> f64 {
	let square = |factors: &Vec<Factors>| {
		let gradient = gradient(sites, factors).unwrap();
		gradient.iter().zip(along).map(|(g, v)| f64::from(g * v)).sum::<f64>().powi(2)
	};
	all.iter().map(square).sum()
}

/// The central difference along `along` of the gradient of the scalar `function`.
pub fn gradient_difference(function: Function<'_>, parameters: &[f32], along: &[f32]) -> Vec<f64> {
	const STEP: f64 = 1e-4;
	let gradient = |by: f64| -> Vec<f64> {
		let at = Tensor::from_vec(wide(parameters, along, by), parameters.len(), &Device::Cpu);
		let at = Var::from_tensor(&at.unwrap()).unwrap();
		let gradients = function(at.as_tensor()).backward().unwrap();
		gradients.get(&at).unwrap().to_vec1().unwrap()
	};
	let (after, before) = (gradient(STEP), gradient(-STEP));
	after.iter().zip(before).map(|(a, b)| (a - b) / (2.0 * STEP)).collect()
}

/// The sum of `logits` `[targets, classes]`, each times the loss's gradient there at `parameters`.
pub fn pulled_logits(logits: &Tensor, parameters_logits: &[f64], targets: &[u32]) -> Tensor {
	let (rows, classes) = logits.dims2().unwrap();
	let mut slope = Vec::with_capacity(rows * classes);
	for (row, target) in parameters_logits.chunks_exact(classes).zip(targets) {
		let sum: f64 = row.iter().map(|z| z.exp()).sum();
		slope.extend(row.iter().enumerate().map(|(class, z)| {
			(z.exp() / sum - f64::from(u8::from(class == *target as usize))) / rows as f64
		}));
	}
	let slope = Tensor::from_vec(slope, (rows, classes), &Device::Cpu).unwrap();
	logits.mul(&slope).unwrap().sum_all().unwrap()
}

/// Products with the whole Hessian.
pub fn whole(products: &Products) -> Vec<f32> {
	products.gauss_newton.iter().zip(&products.residual).map(|(g, r)| g + r).collect()
}

/// Checks `found` against `expected` up to single precision relative to the largest value.
pub fn assert_close(what: &str, found: &[f32], expected: &[f64]) {
	assert_eq!(found.len(), expected.len(), "{what}");
	let size = expected.iter().fold(1e-3, |max: f64, x| max.max(x.abs()));
	for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
		let error = (f64::from(*found) - expected).abs();
		assert!(error < 5e-5 * size, "{what}, {i}: {found} instead of {expected} of {size}");
	}
	assert!(expected.iter().any(|x| x.abs() > 1e-2), "{what}: nothing to be seen");
}

/// The parameters as a candle vector of doubles.
pub fn doubles(values: &[f32]) -> Tensor {
	Tensor::new(values, &Device::Cpu).unwrap().to_dtype(DType::F64).unwrap()
}

/// `work` on a pool of that many threads.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
	rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// `work` on every instruction set of this machine.
pub fn on_every_path<R>(work: impl Fn() -> R) -> Vec<R> {
	let on = |path| {
		openledger_kernels::force(Some(path)).unwrap();
		work()
	};
	let results = openledger_kernels::available().into_iter().map(on).collect();
	openledger_kernels::force(None).unwrap();
	results
}
