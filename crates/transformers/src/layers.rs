//! The layers of a transformer, some of which are trained sites.

use crate::{
	error::{Error, Result},
	lora::{Adapter, SiteWeights},
	ops::{self, Mask, Rotation, SharedMatrix},
	sites::Module,
	tensor::{misfit, SharedVector, Tensor},
};
use std::sync::Arc;

/// A place that frozen weights come from, such as files.
pub trait TensorSource {
	/// The tensor `name`, row-major; it must have this `shape`.
	///
	/// # Errors
	/// If there is no such tensor, or it has another shape.
	fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;

	/// Whether there is a tensor `name`.
	fn has(&self, name: &str) -> bool;
}

impl TensorSource for crate::files::Weights {
	fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
		Ok(self.get(name, shape)?)
	}

	fn has(&self, name: &str) -> bool {
		self.has(name)
	}
}

/// A frozen linear layer, `z = W x + b`.
#[derive(Clone, Debug)]
pub(crate) struct FrozenLinear {
	/// The position in the model's list of modules.
	module: usize,
	/// `Wᵀ`, `[inputs][outputs]`: products with a single row then read it in order.
	weight: SharedMatrix,
	bias: Option<SharedVector>,
}

impl FrozenLinear {
	/// Reads `name.weight`, and `name.bias` where there is to be one, and adds the layer to
	/// `modules`.
	pub fn load(
		source: &dyn TensorSource,
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
		Ok(Self { module, weight: SharedMatrix::new(inputs, outputs, weight)?, bias })
	}
}

/// Reads a vector of that width.
pub(crate) fn load_vector(
	source: &dyn TensorSource,
	name: &str,
	width: usize,
) -> Result<SharedVector> {
	source.get(name, &[width]).map(Arc::new)
}

/// Reads a table `[rows][columns]`.
pub(crate) fn load_table(
	source: &dyn TensorSource,
	name: &str,
	rows: usize,
	columns: usize,
) -> Result<SharedMatrix> {
	Ok(SharedMatrix::new(rows, columns, Arc::new(source.get(name, &[rows, columns])?))?)
}

/// Checks that the length of a text is in range and that its tokens are in the vocabulary.
pub(crate) fn check_ids(ids: &[u32], least: usize, most: usize, vocabulary: usize) -> Result<()> {
	if !(least..=most).contains(&ids.len()) {
		return Err(Error::TextLength { tokens: ids.len(), least, most });
	}
	match ids.iter().find(|id| **id as usize >= vocabulary) {
		Some(&id) => Err(Error::UnknownToken { id, vocabulary }),
		None => Ok(()),
	}
}

/// What a trained site's input was in a forward pass, and the zero variable at its output. The
/// gradients at that variable are the deltas.
pub(crate) struct SiteRecord {
	/// The input, `[tokens, inputs]`.
	pub input: Tensor,
	/// The zero variable that was added to the output, `[tokens, outputs]`.
	pub probe: Tensor,
}

/// The parameters of a trained site as variables, one copy of them for each copy of a text.
pub(crate) struct SiteVariables {
	/// The matrix `W`, `[copies, outputs, inputs]`.
	pub weight: Tensor,
	/// The bias `b`, `[copies, outputs, 1]`, where the site has one.
	pub bias: Option<Tensor>,
}

impl SiteVariables {
	/// Makes `copies` of a site's parameters.
	pub fn new(weights: &SiteWeights, copies: usize) -> Result<Self> {
		let SiteWeights { weight, bias } = weights;
		let copied = |values: &[f32], columns: usize| -> Result<Tensor> {
			let dims = [copies, weight.rows, columns];
			Ok(Tensor::new(&dims, values.repeat(copies))?.to_variable())
		};
		let weight_copies = copied(&weight.values, weight.columns)?;
		let bias = bias.as_ref().map(|bias| copied(bias, 1)).transpose()?;
		Ok(Self { weight: weight_copies, bias })
	}

	/// `W x + b` of `[copies · tokens, inputs]`, where each copy has its own parameters.
	fn apply(&self, x: &Tensor) -> Result<Tensor> {
		let &[copies, outputs, inputs] = self.weight.dims() else {
			return Ok(misfit("trained site", &[self.weight.dims()])?);
		};
		let rows = x.dims().first().copied().unwrap_or(0);
		let tokens = rows / copies.max(1);
		let mut z = ops::matmul_nt(&x.reshape(&[copies, tokens, inputs])?, &self.weight)?;
		if let Some(bias) = &self.bias {
			let ones = Tensor::new(&[copies, tokens, 1], vec![1.0; rows])?;
			z = z.add(&ops::matmul_nt(&ones, bias)?)?;
		}
		Ok(z.reshape(&[rows, outputs])?)
	}
}

/// One forward pass: the adapter, copies of its parameters, and what is recorded.
pub(crate) struct Pass<'a> {
	adapter: &'a Adapter,
	/// The parameters as variables; `None` if they are constants.
	variables: Option<&'a [SiteVariables]>,
	/// How many copies of the text stand side by side.
	copies: usize,
	/// One record per site; `None` if nothing is to be recorded.
	records: Option<Vec<Option<SiteRecord>>>,
}

impl<'a> Pass<'a> {
	/// A pass that computes the output and records nothing.
	pub fn plain(adapter: &'a Adapter) -> Self {
		Self { adapter, variables: None, copies: 1, records: None }
	}

	/// A pass over `copies` of the text side by side, whose output depends on `variables`, one per
	/// site.
	pub fn of_variables(
		adapter: &'a Adapter,
		variables: &'a [SiteVariables],
		copies: usize,
	) -> Self {
		Self { variables: Some(variables), copies, ..Self::plain(adapter) }
	}

	/// The input of the first layer: the text's rows `[tokens, width]`, repeated for each copy.
	pub fn input(&self, embedded: Tensor) -> Result<Tensor> {
		match (self.copies, embedded.dims()) {
			(1, _) => Ok(embedded),
			(copies, &[tokens, width]) => {
				let values = embedded.values().repeat(copies);
				Ok(Tensor::new(&[copies * tokens, width], values)?)
			},
			(_, dims) => Ok(misfit("copies of a text", &[dims])?),
		}
	}

	/// Reshapes `[copies · tokens, width]` to `[copies, tokens, width]`.
	pub fn by_copy(&self, x: &Tensor) -> Result<Tensor> {
		let tokens = x.dims().first().copied().unwrap_or(0) / self.copies.max(1);
		Ok(x.reshape(&[self.copies, tokens, x.width()])?)
	}

	/// Reshapes `[copies, tokens, width]` to `[copies · tokens, width]`.
	pub fn all_rows(&self, x: &Tensor) -> Result<Tensor> {
		let width = x.width();
		Ok(x.reshape(&[x.values().len() / width.max(1), width])?)
	}

	/// The same pass, in which every site is recorded.
	pub fn recorded(mut self) -> Self {
		self.records = Some(self.adapter.sites().iter().map(|_| None).collect());
		self
	}

	/// What was recorded, one per site; `None` for a site that the pass did not come by.
	pub fn into_records(self) -> Vec<Option<SiteRecord>> {
		self.records.unwrap_or_default()
	}

	/// Applies a frozen layer and its low-rank change: `W x + b + s B A x` (Hu et al. 2021, section
	/// 4.1).
	pub fn linear(&mut self, layer: &FrozenLinear, x: &Tensor) -> Result<Tensor> {
		let base = ops::linear(x, &layer.weight, layer.bias.as_ref())?;
		match self.adapter.site_of(layer.module) {
			None => Ok(base),
			Some(first) => {
				let inner = self.site(first, x)?;
				let change = self.site(first + 1, &inner)?.affine(self.adapter.scaling(), 0.0);
				Ok(base.add(&change)?)
			},
		}
	}

	/// Applies the trained head.
	pub fn head(&mut self, x: &Tensor) -> Result<Tensor> {
		let last = self.adapter.sites().len().saturating_sub(1);
		self.site(last, x)
	}

	/// Applies a trained layer, `z = W x + b`.
	fn site(&mut self, index: usize, x: &Tensor) -> Result<Tensor> {
		let Some(SiteWeights { weight, bias }) = self.adapter.weights().get(index) else {
			return Ok(misfit("trained site", &[&[index]])?);
		};
		let mut value = match self.variables.and_then(|variables| variables.get(index)) {
			Some(variables) => variables.apply(x)?,
			None => ops::linear_nt(x, weight, bias.as_ref())?,
		};
		if let Some(record) = self.records.as_mut().and_then(|records| records.get_mut(index)) {
			let probe = Tensor::zero_variable(value.dims());
			value = value.add(&probe)?;
			*record = Some(SiteRecord { input: x.clone(), probe });
		}
		Ok(value)
	}
}

/// The shape of an attention layer (Vaswani et al. 2017, section 3.2; grouped queries: Ainslie et
/// al. 2023).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads {
	/// The number of query heads, a multiple of `groups`.
	pub queries: usize,
	/// The number of key and value heads. Each serves equally many query heads in a row.
	pub groups: usize,
	/// The width of a head.
	pub width: usize,
}

impl Heads {
	/// `softmax(q kᵀ / √width) v`, head by head: `[copies · tokens, queries · width]` and twice
	/// `[copies · tokens, groups · width]` to `[copies · tokens, queries · width]`.
	pub fn attend(
		&self,
		[q, k, v]: [Tensor; 3],
		pass: &Pass<'_>,
		mask: Mask,
		rotation: Option<&Rotation>,
	) -> Result<Tensor> {
		let (rows, copies) = (q.dims().first().copied().unwrap_or(0), pass.copies);
		let tokens = rows / copies.max(1);
		let turned = |x: Tensor| match rotation {
			Some(rotation) => rotation.apply(&x),
			None => Ok(x),
		};
		// From `[copies · tokens, heads · width]` to `[copies · heads, tokens, width]`.
		let split = |x: &Tensor, heads: usize| -> Result<Tensor> {
			let by_token = x.reshape(&[copies, tokens, heads, self.width])?;
			Ok(by_token.swap_before_last()?.reshape(&[copies * heads, tokens, self.width])?)
		};
		let q = turned(split(&q, self.queries)?)?.affine(1.0 / (self.width as f64).sqrt(), 0.0);
		let k = turned(split(&k, self.groups)?)?;
		let v = split(&v, self.groups)?;
		// The queries of one group lie side by side and share its keys, so each group takes one
		// product.
		let together = self.queries / self.groups.max(1) * tokens;
		let q = q.reshape(&[copies * self.groups, together, self.width])?;
		let weights = ops::softmax(&ops::matmul_nt(&q, &k)?, &mask)?;
		let mixed = ops::matmul(&weights, &v)?;
		let heads = mixed.reshape(&[copies, self.queries, tokens, self.width])?;
		Ok(heads.swap_before_last()?.reshape(&[rows, self.queries * self.width])?)
	}
}
