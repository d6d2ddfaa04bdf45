//! SharedMatrix products: of two differentiable matrices, and with a constant one.

use crate::tensor::{misfit, Result, SharedVector, Tensor};
use openledger_kernels as kernels;
use rayon::prelude::*;

/// The number of rows of a product that one task computes. The bits of a row do not depend on it.
const TASK_ROWS: usize = 64;

/// Which factor of a product is read transposed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Transposed {
	/// `a · b`.
	Plain,
	/// `a · bᵀ`.
	Right,
	/// `aᵀ · b`.
	Left,
}

/// A constant row-major matrix; clones share the values.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedMatrix {
	/// Number of rows.
	pub rows: usize,
	/// The number of columns.
	pub columns: usize,
	/// The values, `[rows][columns]`.
	pub values: SharedVector,
}

impl SharedMatrix {
	/// Takes `values`, row-major `[rows][columns]`.
	///
	/// # Errors
	/// If there are more or fewer values.
	pub fn new(rows: usize, columns: usize, values: SharedVector) -> Result<Self> {
		if rows.checked_mul(columns) != Some(values.len()) {
			return misfit("matrix", &[&[rows, columns], &[values.len()]]);
		}
		Ok(Self { rows, columns, values })
	}
}

/// `a · b`, `[m, k] · [k, n] -> [m, n]`, or one such product per leading index,
/// `[batch, m, k] · [batch, k, n]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
	product(Transposed::Plain, a, b)
}

/// `a · bᵀ`, `[m, k] · [n, k] -> [m, n]`, batched as [`matmul`] is.
///
/// # Errors
/// If the shapes do not fit.
pub fn matmul_nt(a: &Tensor, b: &Tensor) -> Result<Tensor> {
	product(Transposed::Right, a, b)
}

/// `aᵀ · b`, `[k, m] · [k, n] -> [m, n]`, batched as [`matmul`] is.
///
/// # Errors
/// If the shapes do not fit.
pub fn matmul_tn(a: &Tensor, b: &Tensor) -> Result<Tensor> {
	product(Transposed::Left, a, b)
}

/// `x · w + bias` with constant `w` `[inputs, outputs]` and `bias` `[outputs]`, the bias first in
/// the sum: `[tokens, inputs] -> [tokens, outputs]`.
///
/// # Errors
/// If the shapes do not fit.
pub fn linear(x: &Tensor, w: &SharedMatrix, bias: Option<&SharedVector>) -> Result<Tensor> {
	constant_product(Transposed::Plain, x, w, bias)
}

/// `x · wᵀ + bias` with constant `w` `[outputs, inputs]`, otherwise as [`linear`].
///
/// # Errors
/// If the shapes do not fit.
pub fn linear_nt(x: &Tensor, w: &SharedMatrix, bias: Option<&SharedVector>) -> Result<Tensor> {
	constant_product(Transposed::Right, x, w, bias)
}

/// Adds a product to `out`, `[m][n]`.
fn multiply(
	transposed: Transposed,
	a: &[f32],
	b: &[f32],
	out: &mut [f32],
	(m, k, n): (usize, usize, usize),
) {
	let whole = m <= TASK_ROWS || n == 0 || k == 0;
	match transposed {
		Transposed::Left => kernels::matmul_tn(a, b, out, m, k, n),
		Transposed::Plain if whole => kernels::matmul(a, b, out, m, k, n),
		Transposed::Right if whole => kernels::matmul_nt(a, b, out, m, k, n),
		Transposed::Plain | Transposed::Right => {
			let tasks = out.par_chunks_mut(TASK_ROWS * n).zip(a.par_chunks(TASK_ROWS * k));
			tasks.for_each(|(out, a)| match transposed {
				Transposed::Right => kernels::matmul_nt(a, b, out, out.len() / n, k, n),
				_ => kernels::matmul(a, b, out, out.len() / n, k, n),
			});
		},
	}
}

fn product(transposed: Transposed, a: &Tensor, b: &Tensor) -> Result<Tensor> {
	let (batch, [a0, a1], [b0, b1]) = match (a.dims(), b.dims()) {
		(&[a0, a1], &[b0, b1]) => (None, [a0, a1], [b0, b1]),
		(&[batch, a0, a1], &[other, b0, b1]) if batch == other => (Some(batch), [a0, a1], [b0, b1]),
		(a, b) => return misfit("matrix product", &[a, b]),
	};
	let (m, k, inner, n) = match transposed {
		Transposed::Plain => (a0, a1, b0, b1),
		Transposed::Right => (a0, a1, b1, b0),
		Transposed::Left => (a1, a0, b0, b1),
	};
	if k != inner {
		return misfit("matrix product", &[a.dims(), b.dims()]);
	}
	let mut out = vec![0.0; batch.unwrap_or(1) * m * n];
	for (i, out) in out.chunks_exact_mut((m * n).max(1)).enumerate() {
		let (a, b) = (&a.values()[i * m * k..][..m * k], &b.values()[i * k * n..][..k * n]);
		multiply(transposed, a, b, out, (m, k, n));
	}
	let dims = batch.into_iter().chain([m, n]).collect();
	Ok(Tensor::derived(dims, out, &[a, b], move |step| {
		let (a, b, gradient) = (&step.arguments[0], &step.arguments[1], step.gradient);
		let at_a = || match transposed {
			Transposed::Plain => matmul_nt(gradient, b),
			Transposed::Right => matmul(gradient, b),
			Transposed::Left => matmul_nt(b, gradient),
		};
		let at_b = || match transposed {
			Transposed::Plain => matmul_tn(a, gradient),
			Transposed::Right => matmul_tn(gradient, a),
			Transposed::Left => matmul(a, gradient),
		};
		Ok(vec![
			if step.wanted[0] { Some(at_a()?) } else { None },
			if step.wanted[1] { Some(at_b()?) } else { None },
		])
	}))
}

/// A product with a constant on the right, added to the bias. The form is not `Left`.
fn constant_product(
	transposed: Transposed,
	x: &Tensor,
	weight: &SharedMatrix,
	bias: Option<&SharedVector>,
) -> Result<Tensor> {
	let (inputs, outputs) = match transposed {
		Transposed::Right => (weight.columns, weight.rows),
		_ => (weight.rows, weight.columns),
	};
	let tokens = match x.dims() {
		&[tokens, width] if width == inputs => tokens,
		dims => return misfit("linear layer", &[dims, &[inputs, outputs]]),
	};
	let mut out = match bias {
		Some(bias) if bias.len() == outputs => bias.repeat(tokens),
		Some(bias) => return misfit("linear layer", &[&[inputs, outputs], &[bias.len()]]),
		None => vec![0.0; tokens * outputs],
	};
	multiply(transposed, x.values(), &weight.values, &mut out, (tokens, inputs, outputs));
	let weight = weight.clone();
	Ok(Tensor::derived(vec![tokens, outputs], out, &[x], move |step| {
		let gradient = match transposed {
			Transposed::Right => linear(step.gradient, &weight, None),
			_ => linear_nt(step.gradient, &weight, None),
		};
		Ok(vec![Some(gradient?)])
	}))
}
