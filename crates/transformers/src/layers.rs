//! The layers of a transformer, with the trained sites among them.

use crate::{
	dual::{add_tangents, Dual},
	error::Result,
	lora::{Adapter, SiteWeights},
	ops::{self, Mask, Matrix, Rotation},
	tensor::{misfit, SharedVector, Tensor},
};
use std::sync::Arc;

/// Where a model's frozen weights come from.
pub trait Source {
	/// The tensor `name`, of `shape`, row-major.
	///
	/// # Errors
	/// If it is not there or is another shape.
	fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;

	/// Whether there is a tensor `name`.
	fn has(&self, name: &str) -> bool;
}

impl Source for crate::files::Weights {
	fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
		Ok(self.get(name, shape)?)
	}

	fn has(&self, name: &str) -> bool {
		self.has(name)
	}
}

/// A linear layer that an adapter may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
	/// Its path in the base model, such as `encoder.layer.0.attention.self.query`.
	pub name: String,
	/// Width of its input.
	pub inputs: usize,
	/// Width of its output.
	pub outputs: usize,
}

/// A frozen linear layer, `z = W x + b`.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
	/// Place in the model's list of modules.
	module: usize,
	/// `Wᵀ`, `[inputs][outputs]`: products with a single row then read it in order.
	weight: Matrix,
	bias: Option<SharedVector>,
}

impl Linear {
	/// Reads `name.weight` and, where there is to be one, `name.bias`, and adds the layer to
	/// `modules`.
	pub fn load(
		source: &dyn Source,
		modules: &mut Vec<Module>,
		name: String,
		(inputs, outputs): (usize, usize),
		bias: bool,
	) -> Result<Self> {
		let weight = source.get(&format!("{name}.weight"), &[outputs, inputs])?;
		let weight = Arc::new(ops::transpose(&weight, outputs, inputs));
		let bias = if bias {
			Some(Arc::new(source.get(&format!("{name}.bias"), &[outputs])?))
		} else {
			None
		};
		let module = modules.len();
		modules.push(Module { name, inputs, outputs });
		Ok(Self { module, weight: Matrix::new(inputs, outputs, weight)?, bias })
	}
}

/// Reads a vector.
pub(crate) fn load_vector(source: &dyn Source, name: &str, width: usize) -> Result<SharedVector> {
	source.get(name, &[width]).map(Arc::new)
}

/// Reads a table `[rows][columns]`.
pub(crate) fn load_table(
	source: &dyn Source,
	name: &str,
	rows: usize,
	columns: usize,
) -> Result<Matrix> {
	Ok(Matrix::new(rows, columns, Arc::new(source.get(name, &[rows, columns])?))?)
}

/// What a trained site saw in a forward pass, and the zero variables at its output whose gradients
/// are the deltas.
pub(crate) struct Record {
	/// `[tokens, inputs]`.
	pub input: Dual,
	/// At the output, `[tokens, outputs]`.
	pub probe: Tensor,
	/// At the output's tangent; `None` without a direction.
	pub tangent_probe: Option<Tensor>,
}

/// One forward pass: the adapter, the direction of the derivative, and what is recorded.
pub(crate) struct Pass<'a> {
	adapter: &'a Adapter,
	direction: Option<&'a [SiteWeights]>,
	/// One per site; `None` if nothing is to be recorded.
	records: Option<Vec<Option<Record>>>,
}

impl<'a> Pass<'a> {
	/// A pass that gives the output alone.
	pub fn plain(adapter: &'a Adapter) -> Self {
		Self { adapter, direction: None, records: None }
	}

	/// A pass that carries the derivative along a direction of the parameters.
	pub fn along(adapter: &'a Adapter, direction: &'a [SiteWeights]) -> Self {
		Self { direction: Some(direction), ..Self::plain(adapter) }
	}

	/// The same pass with every site recorded.
	pub fn recorded(mut self) -> Self {
		self.records = Some(self.adapter.sites().iter().map(|_| None).collect());
		self
	}

	/// What was recorded, one per site; `None` for a site the pass did not come by.
	pub fn into_records(self) -> Vec<Option<Record>> {
		self.records.unwrap_or_default()
	}

	/// A frozen layer and its low-rank change, `W x + b + s B A x` (Hu et al. 2021, section 4.1).
	pub fn linear(&mut self, layer: &Linear, x: &Dual) -> Result<Dual> {
		let tangent = x.tangent.as_ref().map(|v| ops::linear(v, &layer.weight, None));
		let value = ops::linear(&x.value, &layer.weight, layer.bias.as_ref())?;
		let base = Dual { value, tangent: tangent.transpose()? };
		match self.adapter.site_of(layer.module) {
			None => Ok(base),
			Some(first) => {
				let inner = self.site(first, x)?;
				let change = self.site(first + 1, &inner)?.scale(self.adapter.scaling())?;
				Ok(base.add(&change)?)
			},
		}
	}

	/// The trained head.
	pub fn head(&mut self, x: &Dual) -> Result<Dual> {
		let last = self.adapter.sites().len().saturating_sub(1);
		self.site(last, x)
	}

	/// A trained layer, `z = W x + b`, and along a direction `(V, c)` of its parameters
	/// `ż = W ẋ + V x + c`.
	fn site(&mut self, index: usize, x: &Dual) -> Result<Dual> {
		let Some(SiteWeights { weight, bias }) = self.adapter.weights().get(index) else {
			return Ok(misfit("trained site", &[&[index]])?);
		};
		let mut value = ops::linear_nt(&x.value, weight, bias.as_ref())?;
		let moved = x.tangent.as_ref().map(|v| ops::linear_nt(v, weight, None)).transpose()?;
		let turned = match self.direction.and_then(|direction| direction.get(index)) {
			Some(along) => Some(ops::linear_nt(&x.value, &along.weight, along.bias.as_ref())?),
			None => None,
		};
		let mut tangent = add_tangents(moved, turned)?;
		if let Some(record) = self.records.as_mut().and_then(|records| records.get_mut(index)) {
			let zeros = |like: &Tensor| Tensor::zero_variable(like.dims());
			let (probe, tangent_probe) = (zeros(&value), tangent.as_ref().map(zeros));
			value = value.add(&probe)?;
			tangent = add_tangents(tangent, tangent_probe.clone())?;
			*record = Some(Record { input: x.clone(), probe, tangent_probe });
		}
		Ok(Dual { value, tangent })
	}
}

/// The shape of an attention layer (Vaswani et al. 2017, section 3.2; grouped queries: Ainslie et
/// al. 2023).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
	/// Number of query heads; a multiple of `groups`.
	pub queries: usize,
	/// Number of key and value heads, each serving as many query heads in a row.
	pub groups: usize,
	/// Width of a head.
	pub width: usize,
}

impl Heads {
	/// `softmax(q kᵀ / √width) v`, head by head: `[tokens, queries · width]` and twice
	/// `[tokens, groups · width]` to `[tokens, queries · width]`.
	pub fn attend(
		&self,
		[q, k, v]: [Dual; 3],
		mask: Mask,
		rotation: Option<&Rotation>,
	) -> Result<Dual> {
		let tokens = q.value.dims().first().copied().unwrap_or(0);
		let turned = |x: Dual| match rotation {
			Some(rotation) => x.rotate(rotation),
			None => Ok(x),
		};
		let q = turned(self.split(&q, self.queries)?)?.scale(1.0 / (self.width as f64).sqrt())?;
		let k = turned(self.split(&k, self.groups)?)?;
		let v = self.split(&v, self.groups)?;
		// The queries of one group lie side by side and share its keys: one product per group.
		let rows = self.queries / self.groups.max(1) * tokens;
		let scores = q.reshape(&[self.groups, rows, self.width])?.matmul_nt(&k)?;
		let mixed = scores.softmax(&mask)?.matmul(&v)?;
		let heads = mixed.reshape(&[self.queries, tokens, self.width])?;
		Ok(heads.swap_leading()?.reshape(&[tokens, self.queries * self.width])?)
	}

	/// `[tokens, heads · width]` to `[heads, tokens, width]`.
	fn split(&self, x: &Dual, heads: usize) -> Result<Dual> {
		let tokens = x.value.dims().first().copied().unwrap_or(0);
		Ok(x.reshape(&[tokens, heads, self.width])?.swap_leading()?)
	}
}
