//! Absolute values of symmetric matrices.

use super::symmetric_eigen;
use crate::Result;
use faer::MatRef;
use openledger_models::Matrix;

/// Replaces a symmetric matrix by its absolute value: the same eigenvectors,
/// eigenvalues without their signs.
///
/// O(k³) for each block of `k` coordinates that no chain of entries other than zero connects with
/// others: the residual curvature of a network with one hidden layer has a block for each hidden
/// unit. The bits do not depend on the number of threads.
///
/// # Errors
/// Those of [`symmetric_eigen`].
///
/// # Panics
/// If the matrix is not square.
pub fn make_absolute(matrix: &mut Matrix<f64>) -> Result<()> {
	assert_eq!(matrix.rows(), matrix.columns(), "a square matrix");
	for block in blocks(matrix) {
		let k = block.len();
		let own = Matrix::from_fn(k, k, |a, b| matrix[(block[a], block[b])]);
		let eigen = symmetric_eigen(&own)?;
		// |A| = A + 2 Σ |λ| v vᵀ over the negative eigenvalues, which come first.
		let negative = eigen.values.iter().take_while(|value| **value < 0.0).count();
		let mut vectors = eigen.vectors.into_values();
		vectors.truncate(negative * k);
		for (vector, value) in vectors.chunks_exact_mut(k).zip(&eigen.values) {
			let factor = (-2.0 * value).sqrt();
			vector.iter_mut().for_each(|x| *x *= factor);
		}
		let vectors = MatRef::from_row_major_slice(&vectors, negative, k);
		let added = vectors.transpose() * vectors;
		for (a, i) in block.iter().enumerate() {
			for (b, j) in block.iter().enumerate() {
				// The one triangle for both, so that the result is symmetric to the bit.
				matrix[(*i, *j)] += added[(a.max(b), a.min(b))];
			}
		}
	}
	Ok(())
}

/// The coordinates of each block, ascending.
fn blocks(matrix: &Matrix<f64>) -> Vec<Vec<usize>> {
	let (mut blocks, mut left) = (Vec::new(), (0..matrix.rows()).collect::<Vec<usize>>());
	while let Some(first) = left.first().copied() {
		left.remove(0);
		let mut block = vec![first];
		let mut seen = 0;
		while let Some(i) = block.get(seen).copied() {
			seen += 1;
			let (near, far) = left.into_iter().partition(|j| matrix[(i, *j)] != 0.0);
			let near: Vec<usize> = near;
			block.extend(near);
			left = far;
		}
		block.sort_unstable();
		blocks.push(block);
	}
	blocks
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn times(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
		let n = a.rows();
		Matrix::from_fn(n, n, |i, j| (0..n).map(|k| a[(i, k)] * b[(k, j)]).sum())
	}

	proptest! {
		/// Of matrices with negative and positive eigenvalues, in one block or in several.
		#[test]
		fn absolute_should_be_the_positive_root_of_the_square(
			n in 1usize..16,
			parts in 1usize..4,
			values in prop::collection::vec(-1.0f64..1.0, 256),
		) {
			let matrix = Matrix::from_fn(n, n, |a, b| {
				let (i, j) = (a.max(b), a.min(b));
				if i % parts == j % parts { values[i * 16 + j] } else { 0.0 }
			});
			let mut absolute = matrix.clone();
			make_absolute(&mut absolute).unwrap();
			prop_assert!(blocks(&matrix).len() >= parts.min(n));
			let (expected, found) = (times(&matrix, &matrix), times(&absolute, &absolute));
			for (found, expected) in found.values().iter().zip(expected.values()) {
				prop_assert!((found - expected).abs() < 1e-10);
			}
			for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
				prop_assert_eq!(absolute[(i, j)].to_bits(), absolute[(j, i)].to_bits());
			}
			let eigen = symmetric_eigen(&absolute).unwrap();
			prop_assert!(eigen.values[0] > -1e-10);
		}
	}

	#[test]
	fn blocks_should_be_what_entries_connect() {
		// 0 - 3 - 1, 2 alone.
		let mut matrix = Matrix::zeros(4, 4);
		for (i, j) in [(0, 3), (3, 1)] {
			(matrix[(i, j)], matrix[(j, i)]) = (1.0, 1.0);
		}
		assert_eq!(blocks(&matrix), [vec![0, 1, 3], vec![2]]);
		assert!(blocks(&Matrix::zeros(0, 0)).is_empty());
	}

	#[test]
	fn absolute_should_be_refused_when_a_value_is_not_finite() {
		let mut matrix = Matrix::new(2, 2, vec![1.0, f64::NAN, f64::NAN, 1.0]);
		assert!(make_absolute(&mut matrix).is_err());
	}
}
