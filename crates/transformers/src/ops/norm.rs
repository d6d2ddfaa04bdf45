//! Normalisations of the rows of a tensor.

use super::{columns, row_broadcast, row_sum, Unary};
use crate::tensor::{Result, SharedVector, Tensor};

/// Layer normalisation (Ba et al. 2016): brings each row of `[.., width]` to mean 0 and variance 1,
/// multiplies it by `scale` and adds `shift`, both `[width]`.
///
/// # Errors
/// If the widths differ.
pub fn layer_norm(
	x: &Tensor,
	epsilon: f64,
	scale: &SharedVector,
	shift: &SharedVector,
) -> Result<Tensor> {
	let width = x.width();
	let mean = row_broadcast(&row_sum(x).affine(1.0 / width as f64, 0.0), width)?;
	columns(&unit_rows(&x.sub(&mean)?, epsilon)?, scale, Some(shift))
}

/// Root-mean-square normalisation (Zhang and Sennrich 2019): brings each row of `[.., width]` to
/// mean square 1 and multiplies it by `scale`, `[width]`.
///
/// # Errors
/// If the widths differ.
pub fn rms_norm(x: &Tensor, epsilon: f64, scale: &SharedVector) -> Result<Tensor> {
	columns(&unit_rows(x, epsilon)?, scale, None)
}

/// Divides each row by the root of its mean square plus `epsilon`.
fn unit_rows(x: &Tensor, epsilon: f64) -> Result<Tensor> {
	let width = x.width();
	let square = row_sum(&x.mul(x)?).affine(1.0 / width as f64, 0.0);
	let inverse = Unary::InverseRoot.apply(&square.affine(1.0, epsilon));
	x.mul(&row_broadcast(&inverse, width)?)
}
