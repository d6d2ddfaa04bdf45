//! Roots of the inverse of positive definite matrices.

use crate::{Error, Result};
use faer::{linalg::triangular_inverse::invert_lower_triangular, Mat, MatRef, Par, Side};
use openledger_models::Matrix;

/// `L⁻¹` of a positive definite matrix `A = L Lᵀ` (Cholesky), so that `A⁻¹` is `(L⁻¹)ᵀ L⁻¹`.
/// O(n³), in far less time than an eigendecomposition takes; the bits do not depend on the number of
/// threads.
///
/// # Errors
/// [`Error::NotFinite`] if a value is not finite or the matrix is not positive definite.
///
/// # Panics
/// If the matrix is not square.
pub fn inverse_factor(matrix: &Matrix<f64>) -> Result<Matrix<f64>> {
	let n = matrix.rows();
	assert_eq!(n, matrix.columns(), "a square matrix");
	let failed = Error::NotFinite("a curvature matrix");
	if matrix.values().iter().any(|x| !x.is_finite()) {
		return Err(failed);
	}
	let factor =
		MatRef::from_row_major_slice(matrix.values(), n, n).llt(Side::Lower).map_err(|_| failed)?;
	let mut inverse = Mat::zeros(n, n);
	invert_lower_triangular(inverse.as_mut(), factor.L(), Par::Seq);
	Ok(Matrix::from_fn(n, n, |i, j| inverse[(i, j)]))
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
			let matrix = Matrix::from_fn(n, n, |i, j| {
				let square: f64 = (0..n).map(|k| values[i * n + k] * values[j * n + k]).sum();
				square + if i == j { 0.1 } else { 0.0 }
			});
			let factor = inverse_factor(&matrix).unwrap();
			for i in 0..n {
				for j in 0..n {
					prop_assert!(j <= i || factor[(i, j)] == 0.0);
					// L⁻¹ A (L⁻¹)ᵀ
					let found: f64 = (0..n * n)
						.map(|at| (at / n, at % n))
						.map(|(k, l)| factor[(i, k)] * matrix[(k, l)] * factor[(j, l)])
						.sum();
					prop_assert!((found - f64::from(u8::from(i == j))).abs() < 1e-9);
				}
			}
		}
	}

	#[test]
	fn factor_should_be_refused_when_the_matrix_is_not_positive_definite() {
		for matrix in [[1.0, 2.0, 2.0, 1.0], [1.0, f64::NAN, f64::NAN, 1.0]] {
			assert!(inverse_factor(&Matrix::new(2, 2, matrix.to_vec())).is_err());
		}
		assert!(inverse_factor(&Matrix::zeros(0, 0)).unwrap().values().is_empty());
	}
}
