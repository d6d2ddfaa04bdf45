//! Eigenvalues and eigenvectors of symmetric matrices.

use crate::{Error, Result};
use faer::{Mat, Side};
use openledger_models::Matrix;

/// The eigendecomposition of a symmetric matrix of `n` rows.
#[derive(Clone, Debug)]
pub struct Eigen {
	/// The eigenvalues in ascending order, `[n]`.
	pub values: Vec<f64>,
	/// Row `k` is the unit eigenvector of `values[k]`.
	pub vectors: Matrix<f64>,
}

/// Decomposes a symmetric matrix in O(n³). The library runs on one thread, since
/// it is built without its feature for more: the bits do not depend on their number.
///
/// # Errors
/// [`Error::NotFinite`] if a value is not finite or the iteration does not converge.
///
/// # Panics
/// If the matrix is not square.
pub fn symmetric_eigen(matrix: &Matrix<f64>) -> Result<Eigen> {
	let n = matrix.rows();
	assert_eq!(n, matrix.columns(), "a square matrix");
	if matrix.values().iter().any(|x| !x.is_finite()) {
		return Err(Error::NotFinite("a curvature matrix"));
	}
	if n == 0 {
		return Ok(Eigen { values: Vec::new(), vectors: Matrix::zeros(0, 0) });
	}
	// One scale for all matrices: squares of entries neither overflow nor vanish.
	let largest = matrix.values().iter().fold(0.0f64, |max, x| max.max(x.abs()));
	let scale = if largest > 0.0 { largest } else { 1.0 };
	let matrix = Mat::from_fn(n, n, |i, j| matrix[(i, j)] / scale);
	let eigen =
		matrix.self_adjoint_eigen(Side::Lower).map_err(|_| Error::NotFinite("an eigenvalue"))?;
	let (values, vectors) = (eigen.S().column_vector(), eigen.U());
	let vectors = Matrix::from_fn(n, n, |k, i| vectors[(i, k)]);
	Ok(Eigen { values: values.iter().map(|x| x * scale).collect(), vectors })
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn dot(a: &[f64], b: &[f64]) -> f64 {
		a.iter().zip(b).map(|(x, y)| x * y).sum()
	}

	/// `Qᵀ diag Q` must be the matrix, and `Q Qᵀ` the identity.
	fn check(matrix: &[f64], n: usize) {
		let eigen = symmetric_eigen(&Matrix::new(n, n, matrix.to_vec())).unwrap();
		let scale = matrix.iter().fold(1e-300f64, |max, x| max.max(x.abs()));
		let row = |k: usize| eigen.vectors.row(k);
		assert!(eigen.values.windows(2).all(|pair| pair[0] <= pair[1]));
		for i in 0..n {
			for j in 0..n {
				let expected = f64::from(u8::from(i == j));
				assert!((dot(row(i), row(j)) - expected).abs() < 1e-12 * n as f64);
				let value: f64 = (0..n).map(|k| eigen.values[k] * row(k)[i] * row(k)[j]).sum();
				assert!((value - matrix[i * n + j]).abs() < 1e-12 * n as f64 * scale);
			}
		}
	}

	fn symmetric(n: usize, values: &[f64]) -> Vec<f64> {
		(0..n * n).map(|at| values[(at / n).max(at % n) * n + (at / n).min(at % n)]).collect()
	}

	proptest! {
		#[test]
		fn product_should_be_the_matrix_when_it_is_random(
			(n, values) in (1usize..24).prop_flat_map(|n| (Just(n), prop::collection::vec(-1.0f64..1.0, n * n))),
			exponent in -30i32..30,
		) {
			let scale = 10f64.powi(exponent);
			let values: Vec<f64> = values.iter().map(|x| x * scale).collect();
			check(&symmetric(n, &values), n);
		}

		#[test]
		fn product_should_be_the_matrix_when_rank_is_low(
			(n, vector) in (2usize..20).prop_flat_map(|n| (Just(n), prop::collection::vec(-1.0f64..1.0, n))),
			zeros in 0usize..10,
		) {
			let vector: Vec<f64> = vector.iter().enumerate().map(|(i, x)| if i < zeros { 0.0 } else { *x }).collect();
			let matrix: Vec<f64> = (0..n * n).map(|at| vector[at / n] * vector[at % n]).collect();
			check(&matrix, n);
		}
	}

	#[test]
	fn product_should_be_the_matrix_when_special() {
		check(&[], 0);
		check(&[3.0], 1);
		check(&[0.0; 25], 5);
		check(&symmetric(4, &[1.0; 16]), 4);
		// Diagonal, and split into blocks.
		check(&[2.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 2.0], 3);
		check(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 5.0, 0.0], 4);
		// Eigenvalues over many orders of magnitude.
		let hilbert: Vec<f64> = (0..144).map(|at| 1.0 / (at / 12 + at % 12 + 1) as f64).collect();
		check(&hilbert, 12);
	}

	#[test]
	fn values_should_be_known_when_the_matrix_is_a_path() {
		let n = 30usize;
		let path = Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i.abs_diff(j) == 1)));
		let eigen = symmetric_eigen(&path).unwrap();
		for (k, value) in eigen.values.iter().enumerate() {
			let angle = std::f64::consts::PI * (n - k) as f64 / (n + 1) as f64;
			assert!((value - 2.0 * angle.cos()).abs() < 1e-13);
		}
	}

	#[test]
	fn decomposition_should_be_refused_when_values_are_not_finite() {
		assert!(symmetric_eigen(&Matrix::new(1, 1, vec![f64::NAN])).is_err());
		let infinite = Matrix::new(2, 2, vec![f64::INFINITY, 0.0, 0.0, 1.0]);
		assert!(symmetric_eigen(&infinite).is_err());
	}
}
