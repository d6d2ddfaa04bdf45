//! Absolute values of symmetric matrices.

use super::symmetric_eigen;
use crate::Result;
use faer::MatRef;

/// Replaces a symmetric matrix, row-major `[n][n]`, by its absolute value: the same eigenvectors,
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
/// If the matrix does not have `n · n` values.
pub fn make_absolute(matrix: &mut [f64], n: usize) -> Result<()> {
	assert_eq!(matrix.len(), n * n, "a square matrix");
	for block in blocks(matrix, n) {
		let k = block.len();
		let mut own = Vec::with_capacity(k * k);
		for i in &block {
			own.extend(block.iter().map(|j| matrix[i * n + j]));
		}
		let eigen = symmetric_eigen(&own, k)?;
		// |A| = A + 2 Σ |λ| v vᵀ over the negative eigenvalues, which come first.
		let negative = eigen.values.iter().take_while(|value| **value < 0.0).count();
		let mut vectors = eigen.vectors;
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
				matrix[i * n + j] += added[(a.max(b), a.min(b))];
			}
		}
	}
	Ok(())
}

/// The coordinates of each block, ascending.
fn blocks(matrix: &[f64], n: usize) -> Vec<Vec<usize>> {
	let (mut blocks, mut left) = (Vec::new(), (0..n).collect::<Vec<usize>>());
	while let Some(first) = left.first().copied() {
		left.remove(0);
		let mut block = vec![first];
		let mut seen = 0;
		while let Some(i) = block.get(seen).copied() {
			seen += 1;
			let (near, far) = left.into_iter().partition(|j| matrix[i * n + j] != 0.0);
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

	fn times(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
		let entry = |at: usize| (0..n).map(|k| a[at / n * n + k] * b[k * n + at % n]).sum();
		(0..n * n).map(entry).collect()
	}

	proptest! {
		/// Of matrices with negative and positive eigenvalues, in one block or in several.
		#[test]
		fn absolute_should_be_the_positive_root_of_the_square(
			n in 1usize..16,
			parts in 1usize..4,
			values in prop::collection::vec(-1.0f64..1.0, 256),
		) {
			let entry = |at: usize| {
				let (i, j) = ((at / n).max(at % n), (at / n).min(at % n));
				if i % parts == j % parts { values[i * 16 + j] } else { 0.0 }
			};
			let matrix: Vec<f64> = (0..n * n).map(entry).collect();
			let mut absolute = matrix.clone();
			make_absolute(&mut absolute, n).unwrap();
			prop_assert!(blocks(&matrix, n).len() >= parts.min(n));
			let (expected, found) = (times(&matrix, &matrix, n), times(&absolute, &absolute, n));
			for (found, expected) in found.iter().zip(&expected) {
				prop_assert!((found - expected).abs() < 1e-10);
			}
			for at in 0..n * n {
				prop_assert_eq!(absolute[at].to_bits(), absolute[at % n * n + at / n].to_bits());
			}
			let eigen = symmetric_eigen(&absolute, n).unwrap();
			prop_assert!(eigen.values[0] > -1e-10);
		}
	}

	#[test]
	fn blocks_should_be_what_entries_connect() {
		// 0 - 3 - 1, 2 alone.
		let mut matrix = vec![0.0; 16];
		for (i, j) in [(0, 3), (3, 1)] {
			(matrix[i * 4 + j], matrix[j * 4 + i]) = (1.0, 1.0);
		}
		assert_eq!(blocks(&matrix, 4), [vec![0, 1, 3], vec![2]]);
		assert!(blocks(&[], 0).is_empty());
	}

	#[test]
	fn absolute_should_be_refused_when_a_value_is_not_finite() {
		assert!(make_absolute(&mut [1.0, f64::NAN, f64::NAN, 1.0], 2).is_err());
	}
}
