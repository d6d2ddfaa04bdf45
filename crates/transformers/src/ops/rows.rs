//! Operations on the rows of a tensor, which are the vectors along its last dimension.

use super::{matmul_tn, Matrix};
use crate::tensor::{misfit, Result, SharedVector, Tensor};
use openledger_kernels as kernels;
use std::sync::Arc;

/// The elements of a row that a softmax leaves out; they get probability 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mask {
	/// No element is left out.
	Nothing,
	/// Rows go through the positions `0..width` again and again. In each, the elements beyond its
	/// own position are left out, so that attention sees the past alone.
	Future,
	/// In each row the element at this position is left out.
	One(Arc<Vec<usize>>),
}

/// The shape of `x` with another last dimension.
fn with_width(x: &Tensor, width: usize) -> Vec<usize> {
	let mut dims = x.dims().to_vec();
	match dims.last_mut() {
		Some(last) => *last = width,
		None => dims.push(width),
	}
	dims
}

/// The sum of each row, in the order of its elements, `[.., width] -> [.., 1]`.
pub fn row_sum(x: &Tensor) -> Tensor {
	let (dims, width) = (with_width(x, 1), x.width());
	let sums: Vec<f32> = match width {
		0 => vec![0.0; dims.iter().product()],
		_ => {
			let rows = x.values().chunks_exact(width);
			rows.map(|row| row.iter().fold(0.0, |sum, x| sum + x)).collect()
		},
	};
	Tensor::derived(dims, sums, &[x], move |step| {
		Ok(vec![Some(row_broadcast(step.gradient, width)?)])
	})
}

/// Repeats each single element, `[.., 1] -> [.., width]`.
///
/// # Errors
/// If the last dimension is not 1.
pub fn row_broadcast(x: &Tensor, width: usize) -> Result<Tensor> {
	if x.width() != 1 {
		return misfit("row broadcast", &[x.dims()]);
	}
	let mut values = Vec::with_capacity(x.values().len() * width);
	x.values().iter().for_each(|x| values.resize(values.len() + width, *x));
	Ok(Tensor::derived(with_width(x, width), values, &[x], |step| {
		Ok(vec![Some(row_sum(step.gradient))])
	}))
}

/// The mean over the rows of each text, `[texts, rows, width] -> [texts, 1, width]`.
///
/// # Errors
/// If there are not three dimensions.
pub fn mean_of_rows(x: &Tensor) -> Result<Tensor> {
	let &[texts, rows, _] = x.dims() else { return misfit("mean of rows", &[x.dims()]) };
	let ones = Tensor::new(&[texts, rows, 1], vec![1.0; texts * rows])?;
	Ok(matmul_tn(&ones, x)?.affine(1.0 / rows.max(1) as f64, 0.0))
}

/// `x · scale + shift`, `[.., width]`, with constants as wide as the rows.
///
/// # Errors
/// If the widths differ.
pub fn columns(x: &Tensor, scale: &SharedVector, shift: Option<&SharedVector>) -> Result<Tensor> {
	let width = x.width();
	if scale.len() != width || shift.is_some_and(|shift| shift.len() != width) {
		return misfit("scale and shift", &[x.dims(), &[scale.len()]]);
	}
	let mut values = x.values().to_vec();
	for row in values.chunks_exact_mut(width.max(1)) {
		row.iter_mut().zip(scale.iter()).for_each(|(x, scale)| *x *= scale);
		if let Some(shift) = shift {
			row.iter_mut().zip(shift.iter()).for_each(|(x, shift)| *x += shift);
		}
	}
	let scale = scale.clone();
	Ok(Tensor::derived(x.dims().to_vec(), values, &[x], move |step| {
		Ok(vec![Some(columns(step.gradient, &scale, None)?)])
	}))
}

/// The softmax of each row, `[.., width]`: the powers of the differences from its largest element,
/// divided by their sum, which is taken in order.
///
/// # Errors
/// If `mask` names an element that is not there.
pub fn softmax(x: &Tensor, mask: &Mask) -> Result<Tensor> {
	let width = x.width();
	let mut values = x.values().to_vec();
	for (i, row) in values.chunks_exact_mut(width.max(1)).enumerate() {
		match mask {
			Mask::Nothing => kernels::softmax(row),
			Mask::Future => {
				let (past, future) = row.split_at_mut(i % width + 1);
				kernels::softmax(past);
				future.fill(0.0);
			},
			Mask::One(skipped) => match skipped.get(i) {
				Some(&skipped) if skipped < width => {
					// The other elements are moved together, and the gap is opened again
					// afterwards.
					row[skipped..].rotate_left(1);
					kernels::softmax(&mut row[..width - 1]);
					row[width - 1] = 0.0;
					row[skipped..].rotate_right(1);
				},
				_ => return misfit("softmax without one", &[x.dims(), skipped]),
			},
		}
	}
	Ok(Tensor::derived(x.dims().to_vec(), values, &[x], |step| {
		Ok(vec![Some(softmax_product(step.result, step.gradient)?)])
	}))
}

/// Multiplies `v` by the symmetric Jacobian of a softmax with probabilities `p`: `p (v - Σ p v)`.
fn softmax_product(p: &Tensor, v: &Tensor) -> Result<Tensor> {
	let mean = row_sum(&p.mul(v)?);
	p.mul(&v.sub(&row_broadcast(&mean, p.width())?)?)
}

/// Looks up the rows `ids` of a constant table, `[ids, table.columns]`.
///
/// # Errors
/// If a row is not there.
pub fn gather(table: &Matrix, ids: impl ExactSizeIterator<Item = usize>) -> Result<Tensor> {
	let (count, width) = (ids.len(), table.columns);
	let mut rows = Vec::with_capacity(count * width);
	for id in ids {
		match table.values.get(id.saturating_mul(width)..id.saturating_add(1).saturating_mul(width))
		{
			Some(row) if id < table.rows => rows.extend_from_slice(row),
			_ => return misfit("row of a table", &[&[id], &[table.rows, width]]),
		}
	}
	Tensor::new(&[count, width], rows)
}

/// Transposes a row-major matrix `[rows][columns]`.
pub fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
	// Squares of this side stay in the nearest cache while they are read across.
	const SIDE: usize = 32;
	let mut out = vec![0.0; matrix.len()];
	for top in (0..rows).step_by(SIDE) {
		for left in (0..columns).step_by(SIDE) {
			for r in top..rows.min(top + SIDE) {
				for c in left..columns.min(left + SIDE) {
					out[c * rows + r] = matrix[r * columns + c];
				}
			}
		}
	}
	out
}
