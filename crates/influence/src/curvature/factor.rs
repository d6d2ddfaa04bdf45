//! Roots of the inverse of positive definite matrices.

use crate::{Error, Result};
use faer::{linalg::triangular_inverse::invert_lower_triangular, Mat, MatRef, Par, Side};

/// `L⁻¹` of a positive definite matrix `A = L Lᵀ` (Cholesky), so that `A⁻¹` is `(L⁻¹)ᵀ L⁻¹`; both
/// row-major `[n][n]`. O(n³), in far less time than an eigendecomposition takes; the bits do
/// not depend on the number of threads.
///
/// # Errors
/// [`Error::NotFinite`] if a value is not finite or the matrix is not positive definite.
///
/// # Panics
/// If the matrix does not have `n · n` values.
pub fn inverse_factor(matrix: &[f64], n: usize) -> Result<Vec<f64>> {
	assert_eq!(matrix.len(), n * n, "a square matrix");
	let failed = Error::NotFinite("a curvature matrix");
	if matrix.iter().any(|x| !x.is_finite()) {
		return Err(failed);
	}
	let factor = MatRef::from_row_major_slice(matrix, n, n).llt(Side::Lower).map_err(|_| failed)?;
	let mut inverse = Mat::zeros(n, n);
	invert_lower_triangular(inverse.as_mut(), factor.L(), Par::Seq);
	Ok((0..n * n).map(|at| inverse[(at / n, at % n)]).collect())
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn factor_should_be_a_root_of_the_inverse(
			n in 1usize..20,
			values in prop::collection::vec(-1.0f64..1.0, 400),
		) {
			let entry = |at: usize| -> f64 {
				let (i, j) = (at / n, at % n);
				let square: f64 = (0..n).map(|k| values[i * n + k] * values[j * n + k]).sum();
				square + if i == j { 0.1 } else { 0.0 }
			};
			let matrix: Vec<f64> = (0..n * n).map(entry).collect();
			let factor = inverse_factor(&matrix, n).unwrap();
			for i in 0..n {
				for j in 0..n {
					prop_assert!(j <= i || factor[i * n + j] == 0.0);
					// L⁻¹ A (L⁻¹)ᵀ
					let found: f64 = (0..n * n)
						.map(|at| factor[i * n + at / n] * matrix[at] * factor[j * n + at % n])
						.sum();
					prop_assert!((found - f64::from(u8::from(i == j))).abs() < 1e-9);
				}
			}
		}
	}

	#[test]
	fn factor_should_be_refused_when_the_matrix_is_not_positive_definite() {
		for matrix in [[1.0, 2.0, 2.0, 1.0], [1.0, f64::NAN, f64::NAN, 1.0]] {
			assert!(inverse_factor(&matrix, 2).is_err());
		}
		assert!(inverse_factor(&[], 0).unwrap().is_empty());
	}
}
