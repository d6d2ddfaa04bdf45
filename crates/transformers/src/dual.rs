//! Forward-mode differentiation by dual numbers (Griewank and Walther 2008, section 3.1).
//!
//! A [`Dual`] is a tensor with its derivative along one direction of the parameters. The derivative
//! is made of the operations of [`crate::ops`].

use crate::{
	ops::{self, Mask, Rotation, Unary},
	tensor::{misfit, Result, SharedVector, Tensor},
};

/// A tensor and its derivative along a direction.
#[derive(Clone, Debug)]
pub struct Dual {
	/// The tensor.
	pub value: Tensor,
	/// Its derivative, of the same shape; `None` is zero and costs nothing.
	pub tangent: Option<Tensor>,
}

impl From<Tensor> for Dual {
	/// A tensor that does not depend on the parameters.
	fn from(value: Tensor) -> Self {
		Self { value, tangent: None }
	}
}

/// The sum of two derivatives.
pub fn add_tangents(a: Option<Tensor>, b: Option<Tensor>) -> Result<Option<Tensor>> {
	match (a, b) {
		(Some(a), Some(b)) => a.add(&b).map(Some),
		(a, b) => Ok(a.or(b)),
	}
}

impl Dual {
	/// A linear function of the tensor, applied to value and tangent alike.
	pub fn linear(&self, function: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
		let tangent = self.tangent.as_ref().map(&function).transpose()?;
		Ok(Self { value: function(&self.value)?, tangent })
	}

	/// `self + other`.
	pub fn add(&self, other: &Self) -> Result<Self> {
		let tangent = add_tangents(self.tangent.clone(), other.tangent.clone())?;
		Ok(Self { value: self.value.add(&other.value)?, tangent })
	}

	/// `self - other`.
	pub fn sub(&self, other: &Self) -> Result<Self> {
		let minus = other.tangent.as_ref().map(|v| v.affine(-1.0, 0.0));
		let tangent = add_tangents(self.tangent.clone(), minus)?;
		Ok(Self { value: self.value.sub(&other.value)?, tangent })
	}

	/// `self · factor`.
	pub fn scale(&self, factor: f64) -> Result<Self> {
		self.linear(|x| Ok(x.affine(factor, 0.0)))
	}

	/// A product of two tensors that is linear in each: the product rule.
	fn bilinear(
		&self,
		other: &Self,
		product: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
	) -> Result<Self> {
		let left = self.tangent.as_ref().map(|a| product(a, &other.value)).transpose()?;
		let right = other.tangent.as_ref().map(|b| product(&self.value, b)).transpose()?;
		let value = product(&self.value, &other.value)?;
		Ok(Self { value, tangent: add_tangents(left, right)? })
	}

	/// The product element by element.
	pub fn mul(&self, other: &Self) -> Result<Self> {
		self.bilinear(other, Tensor::mul)
	}

	/// [`ops::matmul`].
	pub fn matmul(&self, other: &Self) -> Result<Self> {
		self.bilinear(other, ops::matmul)
	}

	/// [`ops::matmul_nt`].
	pub fn matmul_nt(&self, other: &Self) -> Result<Self> {
		self.bilinear(other, ops::matmul_nt)
	}

	/// A function of every element.
	pub fn unary(&self, function: Unary) -> Result<Self> {
		let value = function.apply(&self.value);
		let slope = |tangent| function.slope(&self.value, &value)?.mul(tangent);
		let tangent = self.tangent.as_ref().map(slope).transpose()?;
		Ok(Self { value, tangent })
	}

	/// [`ops::softmax`].
	pub fn softmax(&self, mask: &Mask) -> Result<Self> {
		let value = ops::softmax(&self.value, mask)?;
		let tangent = self.tangent.as_ref().map(|v| ops::softmax_product(&value, v));
		Ok(Self { tangent: tangent.transpose()?, value })
	}

	/// Layer normalisation (Ba et al. 2016): each row of `[tokens, width]` to mean 0 and variance 1,
	/// then `· scale + shift`, `[width]`.
	pub fn layer_norm(
		&self,
		epsilon: f64,
		scale: &SharedVector,
		shift: &SharedVector,
	) -> Result<Self> {
		let mean = self.row_mean()?;
		self.sub(&mean)?.unit_rows(epsilon)?.columns(scale, Some(shift))
	}

	/// Root-mean-square normalisation (Zhang and Sennrich 2019): each row of `[tokens, width]` to
	/// mean square 1, then `· scale`, `[width]`.
	pub fn rms_norm(&self, epsilon: f64, scale: &SharedVector) -> Result<Self> {
		self.unit_rows(epsilon)?.columns(scale, None)
	}

	/// [`ops::columns`].
	fn columns(&self, scale: &SharedVector, shift: Option<&SharedVector>) -> Result<Self> {
		let tangent = self.tangent.as_ref().map(|v| ops::columns(v, scale, None)).transpose()?;
		Ok(Self { value: ops::columns(&self.value, scale, shift)?, tangent })
	}

	/// The mean of each row in every place of that row.
	fn row_mean(&self) -> Result<Self> {
		let width = self.value.width();
		let mean = |x: &Tensor| {
			ops::row_broadcast(&ops::row_sum(x).affine(1.0 / width as f64, 0.0), width)
		};
		self.linear(mean)
	}

	/// Each row divided by the root of its mean square plus `epsilon`.
	fn unit_rows(&self, epsilon: f64) -> Result<Self> {
		let square = self.mul(self)?.row_sum().scale(1.0 / self.value.width() as f64)?;
		let raised = Self { value: square.value.affine(1.0, epsilon), tangent: square.tangent };
		let inverse = raised.unary(Unary::InverseRoot)?;
		self.mul(&inverse.linear(|x| ops::row_broadcast(x, self.value.width()))?)
	}

	/// [`ops::row_sum`].
	fn row_sum(&self) -> Self {
		Self { value: ops::row_sum(&self.value), tangent: self.tangent.as_ref().map(ops::row_sum) }
	}

	/// [`Rotation::apply`].
	pub fn rotate(&self, rotation: &Rotation) -> Result<Self> {
		self.linear(|x| rotation.apply(x))
	}

	/// The same elements in another shape.
	pub fn reshape(&self, dims: &[usize]) -> Result<Self> {
		self.linear(|x| x.reshape(dims))
	}

	/// [`Tensor::swap_before_last`].
	pub fn swap_before_last(&self) -> Result<Self> {
		self.linear(Tensor::swap_before_last)
	}

	/// [`Tensor::narrow_rows`].
	pub fn narrow_rows(&self, first: usize, count: usize) -> Result<Self> {
		self.linear(|x| x.narrow_rows(first, count))
	}

	/// The mean over the rows of each text, `[texts, rows, width] -> [texts, 1, width]`.
	pub fn mean_of_rows(&self) -> Result<Self> {
		let &[texts, rows, _] = self.value.dims() else {
			return misfit("mean of rows", &[self.value.dims()]);
		};
		let ones = Tensor::new(&[texts, rows, 1], vec![1.0; texts * rows])?;
		self.linear(|x| Ok(ops::matmul_tn(&ones, x)?.affine(1.0 / rows.max(1) as f64, 0.0)))
	}
}
