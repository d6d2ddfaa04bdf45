//! Eigenvalues and eigenvectors of symmetric matrices.

use crate::{Error, Result};

/// The eigendecomposition of a symmetric matrix of `n` rows.
#[derive(Clone, Debug)]
pub struct Eigen {
	/// Ascending, `[n]`.
	pub values: Vec<f64>,
	/// Row `k` is the unit eigenvector of `values[k]`, `[n][n]`.
	pub vectors: Vec<f64>,
}

/// Decomposes a symmetric matrix, row-major `[n][n]`, in O(n³).
///
/// Householder reduction to tridiagonal form, then implicit QL with Wilkinson's shift (Golub and
/// Van Loan, *Matrix Computations*, section 8.3). All sums have a fixed order.
///
/// # Errors
/// [`Error::NotFinite`] if a value is not finite or the iteration does not converge.
///
/// # Panics
/// If the matrix does not have `n · n` values.
pub fn symmetric_eigen(matrix: &[f64], n: usize) -> Result<Eigen> {
	assert_eq!(matrix.len(), n * n, "a square matrix");
	if matrix.iter().any(|x| !x.is_finite()) {
		return Err(Error::NotFinite("a curvature matrix"));
	}
	let (mut diagonal, mut beside, mut vectors) = tridiagonalise(matrix.to_vec(), n);
	diagonalise(&mut diagonal, &mut beside, &mut vectors)?;
	let mut order: Vec<usize> = (0..n).collect();
	order.sort_by(|&a, &b| diagonal[a].total_cmp(&diagonal[b]));
	Ok(Eigen {
		values: order.iter().map(|&k| diagonal[k]).collect(),
		vectors: order.iter().flat_map(|&k| &vectors[k * n..(k + 1) * n]).copied().collect(),
	})
}

/// Reduces `a` to `Q a Qᵀ` with a diagonal and one off-diagonal (`beside[k]` between `k` and `k +
/// 1`, the last one zero). Returns both and `Q`.
fn tridiagonalise(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
	let mut q = vec![0.0; n * n];
	(0..n).for_each(|k| q[k * n + k] = 1.0);
	let mut beside = vec![0.0; n];
	for k in 0..n.saturating_sub(1) {
		// The reflection I - 2 v vᵀ takes the part of column k below the diagonal to its first
		// coordinate.
		let mut v: Vec<f64> = (k + 1..n).map(|i| a[i * n + k]).collect();
		let norm = length(&v);
		let target = if v[0] > 0.0 { -norm } else { norm };
		beside[k] = target;
		v[0] -= target;
		let size = length(&v);
		if size == 0.0 {
			continue;
		}
		v.iter_mut().for_each(|x| *x /= size);
		// a <- H a H on the remaining block, as the symmetric update a - v wᵀ - w vᵀ.
		let first = k + 1;
		let mut w: Vec<f64> =
			(first..n).map(|i| 2.0 * dot(&a[i * n + first..(i + 1) * n], &v)).collect();
		let along = dot(&w, &v);
		w.iter_mut().zip(&v).for_each(|(w, v)| *w -= along * v);
		for (i, (vi, wi)) in v.iter().zip(&w).enumerate() {
			let row = &mut a[(first + i) * n + first..(first + i + 1) * n];
			row.iter_mut().zip(v.iter().zip(&w)).for_each(|(x, (v, w))| *x -= vi * w + wi * v);
		}
		// q <- H q on the rows below k.
		let mut projection = vec![0.0; n];
		for (i, vi) in v.iter().enumerate() {
			let row = &q[(first + i) * n..(first + i + 1) * n];
			projection.iter_mut().zip(row).for_each(|(p, x)| *p += vi * x);
		}
		for (i, vi) in v.iter().enumerate() {
			let row = &mut q[(first + i) * n..(first + i + 1) * n];
			row.iter_mut().zip(&projection).for_each(|(x, p)| *x -= 2.0 * vi * p);
		}
	}
	((0..n).map(|k| a[k * n + k]).collect(), beside, q)
}

/// Rotates a tridiagonal matrix to diagonal form, applying each rotation to two rows of `vectors`.
fn diagonalise(diagonal: &mut [f64], beside: &mut [f64], vectors: &mut [f64]) -> Result<()> {
	const MAX_ROUNDS: usize = 60;
	let n = diagonal.len();
	for start in 0..n {
		for round in 0.. {
			// The block from `start` ends where the off-diagonal is negligible.
			let end = (start..n - 1)
				.find(|&k| {
					let scale = diagonal[k].abs() + diagonal[k + 1].abs();
					beside[k].abs() <= f64::EPSILON * scale || beside[k].abs() < f64::MIN_POSITIVE
				})
				.unwrap_or(n - 1);
			if end == start {
				break;
			}
			if round == MAX_ROUNDS {
				return Err(Error::NotFinite("an eigenvalue"));
			}
			// Wilkinson's shift: the eigenvalue of the leading 2x2 block next to its first entry.
			let half = (diagonal[start + 1] - diagonal[start]) / (2.0 * beside[start]);
			let root = half.hypot(1.0).copysign(half);
			let mut chased = diagonal[end] - diagonal[start] + beside[start] / (half + root);
			let (mut sine, mut cosine, mut shift) = (1.0f64, 1.0f64, 0.0f64);
			let mut split = false;
			for k in (start..end).rev() {
				let (below, above) = (sine * beside[k], cosine * beside[k]);
				let radius = below.hypot(chased);
				beside[k + 1] = radius;
				if radius == 0.0 {
					diagonal[k + 1] -= shift;
					split = true;
					break;
				}
				(sine, cosine) = (below / radius, chased / radius);
				let base = diagonal[k + 1] - shift;
				let turned = (diagonal[k] - base) * sine + 2.0 * cosine * above;
				shift = sine * turned;
				diagonal[k + 1] = base + shift;
				chased = cosine * turned - above;
				rotate(vectors, n, k, sine, cosine);
			}
			if !split {
				diagonal[start] -= shift;
				beside[start] = chased;
			}
			beside[end] = 0.0;
		}
	}
	Ok(())
}

/// Rotates rows `k` and `k + 1`.
fn rotate(vectors: &mut [f64], n: usize, k: usize, sine: f64, cosine: f64) {
	let (upper, lower) = vectors[k * n..(k + 2) * n].split_at_mut(n);
	for (x, y) in upper.iter_mut().zip(lower) {
		let (a, b) = (*x, *y);
		*y = sine * a + cosine * b;
		*x = cosine * a - sine * b;
	}
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
	a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn length(v: &[f64]) -> f64 {
	// Scaled, so that squares neither overflow nor vanish.
	let largest = v.iter().fold(0.0f64, |max, x| max.max(x.abs()));
	if largest == 0.0 {
		return 0.0;
	}
	largest * v.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// `Qᵀ diag Q` must be the matrix, and `Q Qᵀ` the identity.
	fn check(matrix: &[f64], n: usize) {
		let eigen = symmetric_eigen(matrix, n).unwrap();
		let scale = matrix.iter().fold(1e-300f64, |max, x| max.max(x.abs()));
		let row = |k: usize| &eigen.vectors[k * n..(k + 1) * n];
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
		let path: Vec<f64> =
			(0..n * n).map(|at| f64::from(u8::from((at / n).abs_diff(at % n) == 1))).collect();
		let eigen = symmetric_eigen(&path, n).unwrap();
		for (k, value) in eigen.values.iter().enumerate() {
			let angle = std::f64::consts::PI * (n - k) as f64 / (n + 1) as f64;
			assert!((value - 2.0 * angle.cos()).abs() < 1e-13);
		}
	}

	#[test]
	fn decomposition_should_be_refused_when_values_are_not_finite() {
		assert!(symmetric_eigen(&[f64::NAN], 1).is_err());
		assert!(symmetric_eigen(&[f64::INFINITY, 0.0, 0.0, 1.0], 2).is_err());
	}
}
