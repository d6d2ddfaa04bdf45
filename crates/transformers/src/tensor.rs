//! Tensors that remember how they were made, and reverse-mode differentiation through them.
//!
//! Operations on single elements run on the calling thread: texts are computed side by side, and
//! threads that share one vector would only wait for each other.

use std::{
	collections::{BTreeMap, HashMap},
	fmt,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

/// Shapes do not fit together, which is a mistake in the construction of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} of shapes that do not fit: {shapes}")]
pub struct ShapeError {
	/// The operation that was tried.
	pub operation: &'static str,
	/// The shapes of its arguments.
	pub shapes: String,
}

/// The result of an operation on tensors.
pub type Result<T> = std::result::Result<T, ShapeError>;

/// Fails `operation` on arguments of these shapes.
pub(crate) fn misfit<T>(operation: &'static str, shapes: &[&[usize]]) -> Result<T> {
	Err(ShapeError { operation, shapes: format!("{shapes:?}") })
}

/// Constant values, which clones share.
pub type SharedVector = Arc<Vec<f32>>;

/// A row-major tensor of `f32`. Clones share the values.
#[derive(Clone)]
pub struct Tensor(Arc<Node>);

struct Node {
	/// A number larger than those of all tensors that this one was made from.
	id: u64,
	/// The largest number of a variable that the tensor depends on; 0 if there is none.
	newest: u64,
	dims: Vec<usize>,
	values: SharedVector,
	kind: NodeKind,
}

/// Where a tensor comes from.
enum NodeKind {
	/// It depends on no variable.
	Constant,
	/// It is a variable.
	Variable,
	/// It is the result of an operation on others, of which one depends on a variable at least.
	Operation(Vec<Tensor>, Backward),
}

type Backward = Box<dyn Fn(&Step<'_>) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

/// One operation on the way back. The tensors in it are constants, unless gradients are to be
/// differentiable.
pub(crate) struct Step<'a> {
	/// The arguments of the operation.
	pub arguments: Vec<Tensor>,
	/// Which arguments depend on a variable. The others need no gradient.
	pub wanted: Vec<bool>,
	/// The result of the operation.
	pub result: &'a Tensor,
	/// The gradient at the result.
	pub gradient: &'a Tensor,
}

/// The gradients at variables, by the variables' numbers.
#[derive(Debug, Default)]
pub struct VariableGradients(HashMap<u64, Tensor>);

impl VariableGradients {
	/// The gradient at `variable`; `None` if nothing depends on it, or it was not asked for.
	pub fn get(&self, variable: &Tensor) -> Option<&Tensor> {
		self.0.get(&variable.0.id)
	}
}

impl Drop for Node {
	/// Takes the graph apart without recursion, because it is as deep as the model.
	fn drop(&mut self) {
		let take = |node: &mut Self| match &mut node.kind {
			NodeKind::Operation(arguments, _) => std::mem::take(arguments),
			_ => Vec::new(),
		};
		let mut left = take(self);
		while let Some(tensor) = left.pop() {
			if let Some(mut node) = Arc::into_inner(tensor.0) {
				left.extend(take(&mut node));
			}
		}
	}
}

impl fmt::Debug for Tensor {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Tensor{:?}{:?}", self.dims(), self.values())
	}
}

impl Tensor {
	/// Makes a constant of `dims` and row-major `values`.
	///
	/// # Errors
	/// If there are more or fewer values than `dims` say.
	pub fn new(dims: &[usize], values: impl Into<SharedVector>) -> Result<Self> {
		let values = values.into();
		let count = dims.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim));
		match count {
			Some(count) if count == values.len() => {
				Ok(Self::with_kind(dims.to_vec(), values, NodeKind::Constant))
			},
			_ => misfit("values", &[dims, &[values.len()]]),
		}
	}

	/// Makes a variable of that shape, all zeros.
	pub fn zero_variable(dims: &[usize]) -> Self {
		let values = vec![0.0; dims.iter().product()];
		Self::with_kind(dims.to_vec(), values.into(), NodeKind::Variable)
	}

	/// The same values as a variable.
	pub fn to_variable(&self) -> Self {
		Self::with_kind(self.0.dims.clone(), self.0.values.clone(), NodeKind::Variable)
	}

	/// The same values as a constant, which forgets how they were made.
	pub fn detach(&self) -> Self {
		match self.0.kind {
			NodeKind::Constant => self.clone(),
			_ => Self::with_kind(self.0.dims.clone(), self.0.values.clone(), NodeKind::Constant),
		}
	}

	/// The result of an operation; `backward` computes the gradients at its arguments.
	pub(crate) fn derived(
		dims: Vec<usize>,
		values: impl Into<SharedVector>,
		arguments: &[&Self],
		backward: impl Fn(&Step<'_>) -> Result<Vec<Option<Self>>> + Send + Sync + 'static,
	) -> Self {
		let kind = if arguments.iter().any(|argument| argument.depends_on_variable()) {
			let arguments = arguments.iter().map(|argument| (*argument).clone()).collect();
			NodeKind::Operation(arguments, Box::new(backward))
		} else {
			NodeKind::Constant
		};
		Self::with_kind(dims, values.into(), kind)
	}

	fn with_kind(dims: Vec<usize>, values: SharedVector, kind: NodeKind) -> Self {
		static NEXT: AtomicU64 = AtomicU64::new(1);
		// Other threads only leave gaps: an argument's number is always smaller.
		let id = NEXT.fetch_add(1, Ordering::Relaxed);
		let newest = match &kind {
			NodeKind::Constant => 0,
			NodeKind::Variable => id,
			NodeKind::Operation(arguments, _) => {
				arguments.iter().map(|argument| argument.0.newest).max().unwrap_or(0)
			},
		};
		Self(Arc::new(Node { id, newest, dims, values, kind }))
	}

	fn depends_on_variable(&self) -> bool {
		self.0.newest > 0
	}

	/// The lengths of all dimensions, from the outermost to that of a row.
	pub fn dims(&self) -> &[usize] {
		&self.0.dims
	}

	/// The length of a row, which is the last dimension; 1 for a scalar.
	pub fn width(&self) -> usize {
		self.0.dims.last().copied().unwrap_or(1)
	}

	/// The values, row-major.
	pub fn values(&self) -> &[f32] {
		&self.0.values
	}

	/// Computes the gradients of `Σ self · seed` at the variables it depends on.
	///
	/// Where gradients meet, they are added in the order from the last operation to the first.
	///
	/// # Errors
	/// If the shapes of tensor and seed differ.
	pub fn backward(&self, seed: &Self) -> Result<VariableGradients> {
		walk_back([(self, seed)], 0, false)
	}

	/// Computes the same gradients as functions of the variables, so that they can be
	/// differentiated.
	///
	/// # Errors
	/// If the shapes of tensor and seed differ.
	pub fn differentiable_backward(&self, seed: &Self) -> Result<VariableGradients> {
		walk_back([(self, seed)], 0, true)
	}

	/// Computes the gradients of the sum over `roots` of `Σ root · seed`, at `oldest` and the
	/// variables made after it. Ways that lead only to older variables are not followed.
	///
	/// # Errors
	/// If the shapes of a tensor and its seed differ.
	pub fn backward_of_all<'a>(
		roots: impl IntoIterator<Item = (&'a Self, &'a Self)>,
		oldest: &Self,
	) -> Result<VariableGradients> {
		walk_back(roots, oldest.0.id, false)
	}

	/// Combines two tensors of one shape, element by element.
	fn zip(
		&self,
		other: &Self,
		operation: &'static str,
		function: impl Fn(f32, f32) -> f32,
		backward: impl Fn(&Step<'_>) -> Result<Vec<Option<Self>>> + Send + Sync + 'static,
	) -> Result<Self> {
		if self.dims() != other.dims() {
			return misfit(operation, &[self.dims(), other.dims()]);
		}
		let pairs = self.values().iter().zip(other.values());
		let values: Vec<f32> = pairs.map(|(x, y)| function(*x, *y)).collect();
		Ok(Self::derived(self.dims().to_vec(), values, &[self, other], backward))
	}

	/// `self + other`.
	///
	/// # Errors
	/// If the shapes differ.
	pub fn add(&self, other: &Self) -> Result<Self> {
		self.zip(
			other,
			"sum",
			|x, y| x + y,
			|step| Ok(vec![Some(step.gradient.clone()), Some(step.gradient.clone())]),
		)
	}

	/// `self - other`.
	///
	/// # Errors
	/// If the shapes differ.
	pub fn sub(&self, other: &Self) -> Result<Self> {
		self.zip(
			other,
			"difference",
			|x, y| x - y,
			|step| {
				let minus = step.wanted[1].then(|| step.gradient.affine(-1.0, 0.0));
				Ok(vec![Some(step.gradient.clone()), minus])
			},
		)
	}

	/// The element-wise product.
	///
	/// # Errors
	/// If the shapes differ.
	pub fn mul(&self, other: &Self) -> Result<Self> {
		self.zip(
			other,
			"product",
			|x, y| x * y,
			|step| {
				let at = |own: usize, other: usize| match step.wanted[own] {
					true => step.gradient.mul(&step.arguments[other]).map(Some),
					false => Ok(None),
				};
				Ok(vec![at(0, 1)?, at(1, 0)?])
			},
		)
	}

	/// `self · factor + term`, where factor and term are rounded to `f32` first.
	pub fn affine(&self, factor: f64, term: f64) -> Self {
		let (scale, shift) = (factor as f32, term as f32);
		let values: Vec<f32> = match term == 0.0 {
			true => self.values().iter().map(|x| x * scale).collect(),
			false => self.values().iter().map(|x| x * scale + shift).collect(),
		};
		Self::derived(self.dims().to_vec(), values, &[self], move |step| {
			Ok(vec![Some(step.gradient.affine(factor, 0.0))])
		})
	}

	/// The same values in another shape.
	///
	/// # Errors
	/// If that shape has more or fewer elements.
	pub fn reshape(&self, dims: &[usize]) -> Result<Self> {
		if dims.iter().product::<usize>() != self.values().len() {
			return misfit("reshape", &[self.dims(), dims]);
		}
		let values = self.0.values.clone();
		Ok(Self::derived(dims.to_vec(), values, &[self], |step| {
			Ok(vec![Some(step.gradient.reshape(step.arguments[0].dims())?)])
		}))
	}

	/// Exchanges the two dimensions before the last, `[.., a, b, width] -> [.., b, a, width]`.
	///
	/// # Errors
	/// If there are fewer than three dimensions.
	pub fn swap_before_last(&self) -> Result<Self> {
		let &[.., a, b, width] = self.dims() else { return misfit("swap", &[self.dims()]) };
		let mut values = Vec::with_capacity(self.values().len());
		for block in self.values().chunks_exact((a * b * width).max(1)) {
			for j in 0..b {
				for i in 0..a {
					let start = (i * b + j) * width;
					values.extend_from_slice(&block[start..start + width]);
				}
			}
		}
		let mut dims = self.dims().to_vec();
		let last = dims.len() - 1;
		dims.swap(last - 2, last - 1);
		Ok(Self::derived(dims, values, &[self], |step| {
			Ok(vec![Some(step.gradient.swap_before_last()?)])
		}))
	}

	/// Takes `count` rows of each `[rows, width]`, from row `first` on, `[.., rows, width] -> [..,
	/// count, width]`.
	///
	/// # Errors
	/// If there are not so many rows.
	pub fn narrow_rows(&self, first: usize, count: usize) -> Result<Self> {
		let &[.., rows, width] = self.dims() else { return misfit("narrow", &[self.dims()]) };
		let last = first.saturating_add(count);
		if last > rows {
			return misfit("narrow", &[self.dims(), &[first, count]]);
		}
		let blocks = self.values().chunks_exact((rows * width).max(1));
		let values: Vec<f32> =
			blocks.flat_map(|block| &block[first * width..last * width]).copied().collect();
		Ok(Self::derived(self.with_rows(count), values, &[self], move |step| {
			Ok(vec![Some(step.gradient.widen_rows(first, rows)?)])
		}))
	}

	/// Puts each `[count, width]` at row `first` of `rows` rows, the others being zero. It is the
	/// backward of [`Tensor::narrow_rows`].
	fn widen_rows(&self, first: usize, rows: usize) -> Result<Self> {
		let &[.., count, width] = self.dims() else { return misfit("widen", &[self.dims()]) };
		let blocks = self.0.dims.iter().rev().skip(2).product::<usize>();
		let mut values = vec![0.0; blocks * rows * width];
		let wide = values.chunks_exact_mut((rows * width).max(1));
		for (wide, own) in wide.zip(self.values().chunks_exact((count * width).max(1))) {
			wide[first * width..(first + count) * width].copy_from_slice(own);
		}
		Ok(Self::derived(self.with_rows(rows), values, &[self], move |step| {
			Ok(vec![Some(step.gradient.narrow_rows(first, count)?)])
		}))
	}

	/// The shape with another number of rows, the dimension before the last.
	fn with_rows(&self, rows: usize) -> Vec<usize> {
		let mut dims = self.dims().to_vec();
		if let Some(before_last) = dims.iter_mut().nth_back(1) {
			*before_last = rows;
		}
		dims
	}
}

/// Walks back as [`Tensor::backward_of_all`] says. With `differentiable`, gradients remember how
/// they were made.
fn walk_back<'a>(
	roots: impl IntoIterator<Item = (&'a Tensor, &'a Tensor)>,
	oldest: u64,
	differentiable: bool,
) -> Result<VariableGradients> {
	let kept = |tensor: &Tensor| if differentiable { tensor.clone() } else { tensor.detach() };
	let wanted = |tensor: &Tensor| tensor.depends_on_variable() && tensor.0.newest >= oldest;
	let mut found = VariableGradients::default();
	let mut pending: BTreeMap<u64, (Tensor, Tensor)> = BTreeMap::new();
	let meet = |pending: &mut BTreeMap<u64, (Tensor, Tensor)>, at: &Tensor, gradient: Tensor| {
		let sum = match pending.remove(&at.0.id) {
			None => gradient,
			Some((_, before)) => before.add(&gradient)?,
		};
		pending.insert(at.0.id, (at.clone(), sum));
		Ok(())
	};
	for (root, seed) in roots {
		if root.dims() != seed.dims() {
			return misfit("backward", &[root.dims(), seed.dims()]);
		}
		if wanted(root) {
			meet(&mut pending, root, kept(seed))?;
		}
	}
	// The largest number comes first: by then, everything that a tensor went into has been passed.
	while let Some((id, (tensor, gradient))) = pending.pop_last() {
		let NodeKind::Operation(arguments, backward) = &tensor.0.kind else {
			found.0.insert(id, gradient);
			continue;
		};
		let step = Step {
			arguments: arguments.iter().map(kept).collect(),
			wanted: arguments.iter().map(wanted).collect(),
			result: &kept(&tensor),
			gradient: &gradient,
		};
		for (argument, gradient) in arguments.iter().zip(backward(&step)?) {
			if let Some(gradient) = gradient.filter(|_| wanted(argument)) {
				meet(&mut pending, argument, gradient)?;
			}
		}
	}
	Ok(found)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn vector(values: &[f32]) -> Tensor {
		Tensor::new(&[values.len()], values.to_vec()).unwrap()
	}

	#[test]
	fn backward_should_add_gradients_where_ways_meet() {
		let x = vector(&[2.0, -3.0]).to_variable();
		let square = x.mul(&x).unwrap();
		// x^4 + 3 x^2 - x, and 4 x^3 + 6 x - 1.
		let y = square.mul(&square).unwrap().add(&square.affine(3.0, 7.0)).unwrap();
		let y = y.sub(&x).unwrap();
		let gradients = y.backward(&vector(&[1.0, 2.0])).unwrap();
		assert_eq!(gradients.get(&x).unwrap().values(), [43.0, -254.0]);
	}

	#[test]
	fn backward_should_stop_at_constants() {
		let (x, constant) = (vector(&[2.0]).to_variable(), vector(&[5.0]));
		let y = x.mul(&constant).unwrap().mul(&x.detach()).unwrap();
		let gradients = y.backward(&vector(&[1.0])).unwrap();
		assert_eq!(gradients.get(&x).unwrap().values(), [10.0]);
		assert!(gradients.get(&constant).is_none());
		assert!(constant.backward(&vector(&[1.0])).unwrap().0.is_empty());
	}

	#[test]
	fn backward_should_be_differentiable_when_asked_and_leave_older_variables_out() {
		let x = vector(&[2.0, -3.0]).to_variable();
		let y = vector(&[1.0, 0.5]).to_variable();
		let value = x.mul(&x).unwrap().mul(&x).unwrap().mul(&y).unwrap();
		// At x it is 3 x^2 y. Of this, once more, it is 6 x y at x and 3 x^2 at y.
		let gradients = value.differentiable_backward(&vector(&[1.0; 2])).unwrap();
		let slope = gradients.get(&x).unwrap();
		assert_eq!(slope.values(), [12.0, 13.5]);
		let seed = vector(&[1.0, 2.0]);
		let all = Tensor::backward_of_all([(slope, &seed)], &x).unwrap();
		assert_eq!(all.get(&x).unwrap().values(), [12.0, -18.0]);
		assert_eq!(all.get(&y).unwrap().values(), [12.0, 54.0]);
		let newer = Tensor::backward_of_all([(slope, &seed), (&value, &seed)], &y).unwrap();
		assert_eq!(newer.get(&y).unwrap().values(), [20.0, 0.0]);
		assert!(newer.get(&x).is_none());
	}

	#[test]
	fn rows_should_be_narrowed_and_swapped_block_by_block() {
		let x = Tensor::new(&[2, 3, 1], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
		let variable = x.to_variable();
		let narrow = variable.narrow_rows(1, 1).unwrap();
		assert_eq!((narrow.dims(), narrow.values()), (&[2, 1, 1][..], &[2.0, 5.0][..]));
		let seed = Tensor::new(&[2, 1, 1], vec![7.0, 8.0]).unwrap();
		let gradient = narrow.backward(&seed).unwrap();
		let expected = [0.0, 7.0, 0.0, 0.0, 8.0, 0.0];
		assert_eq!(gradient.get(&variable).unwrap().values(), expected);
		let swapped = x.reshape(&[1, 2, 3, 1]).unwrap().swap_before_last().unwrap();
		assert_eq!(swapped.dims(), [1, 3, 2, 1]);
		assert_eq!(swapped.values(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
	}

	#[test]
	fn long_chains_should_not_exhaust_the_stack() {
		let x = vector(&[1.0]).to_variable();
		let mut y = x.clone();
		for _ in 0..200_000 {
			y = y.affine(1.0, 0.0);
		}
		assert_eq!(y.backward(&vector(&[3.0])).unwrap().get(&x).unwrap().values(), [3.0]);
	}

	#[test]
	fn tensors_should_be_refused_when_shapes_do_not_fit() {
		let (two, three) = (vector(&[1.0; 2]), vector(&[1.0; 3]));
		assert!(two.add(&three).is_err() && two.sub(&three).is_err() && two.mul(&three).is_err());
		assert!(two.reshape(&[3]).is_err() && two.swap_before_last().is_err());
		assert!(two.backward(&three).is_err());
		assert!(Tensor::new(&[2, 2], vec![0.0; 3]).is_err());
		assert!(Tensor::new(&[usize::MAX, 2], vec![]).is_err());
		let matrix = Tensor::new(&[2, 1], vec![0.0; 2]).unwrap();
		assert!(matrix.narrow_rows(1, 2).is_err() && matrix.narrow_rows(usize::MAX, 1).is_err());
	}
}
