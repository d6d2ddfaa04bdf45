//! Eigenvalues of symmetric tridiagonal matrices, with as many components of the eigenvectors as
//! are wanted: with two, in O(n²).

use crate::{Error, Result};

/// Rotates a symmetric tridiagonal matrix to diagonal form: `diagonal` becomes the eigenvalues, in
/// no order, and `beside` (`[n]`, between `k` and `k + 1`, the last one zero) vanishes.
///
/// `vectors` `[n][width]` takes part in every rotation. Columns of the identity in, the same
/// components of all eigenvectors out, one eigenvector in each row.
///
/// Implicit QL with Wilkinson's shift (Golub and Van Loan, *Matrix Computations*, section 8.3.3);
/// components alone as Golub and Welsch 1969, *Calculation of Gauss Quadrature Rules*.
///
/// # Errors
/// [`Error::NotFinite`] if the iteration does not converge.
pub(super) fn diagonalise(
	diagonal: &mut [f64],
	beside: &mut [f64],
	vectors: &mut [f64],
	width: usize,
) -> Result<()> {
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
				rotate(vectors, width, k, sine, cosine);
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
fn rotate(vectors: &mut [f64], width: usize, k: usize, sine: f64, cosine: f64) {
	let (upper, lower) = vectors[k * width..(k + 2) * width].split_at_mut(width);
	for (x, y) in upper.iter_mut().zip(lower) {
		let (a, b) = (*x, *y);
		*y = sine * a + cosine * b;
		*x = cosine * a - sine * b;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn identity(n: usize) -> Vec<f64> {
		(0..n * n).map(|at| f64::from(u8::from(at / n == at % n))).collect()
	}

	proptest! {
		#[test]
		fn product_should_be_the_matrix(
			(diagonal, beside) in (1usize..40).prop_flat_map(|n| (
				prop::collection::vec(-1.0f64..1.0, n),
				prop::collection::vec(prop_oneof![4 => -1.0f64..1.0, 1 => Just(0.0)], n),
			)),
			exponent in -20i32..20,
		) {
			let (n, scale) = (diagonal.len(), 10f64.powi(exponent));
			let diagonal: Vec<f64> = diagonal.iter().map(|x| x * scale).collect();
			let mut beside: Vec<f64> = beside.iter().map(|x| x * scale).collect();
			beside[n - 1] = 0.0;
			let (mut values, mut rest, mut vectors) = (diagonal.clone(), beside.clone(), identity(n));
			diagonalise(&mut values, &mut rest, &mut vectors, n).unwrap();
			for i in 0..n {
				for j in 0..n {
					let sum = |weight: &dyn Fn(usize) -> f64| -> f64 {
						(0..n).map(|k| weight(k) * vectors[k * n + i] * vectors[k * n + j]).sum()
					};
					let expected = match i.abs_diff(j) {
						0 => diagonal[i],
						1 => beside[i.min(j)],
						_ => 0.0,
					};
					prop_assert!((sum(&|k| values[k]) - expected).abs() < 1e-12 * n as f64 * scale);
					let one = f64::from(u8::from(i == j));
					prop_assert!((sum(&|_| 1.0) - one).abs() < 1e-12 * n as f64);
				}
			}
			// The first and the last component alone.
			let mut ends = vec![0.0; 2 * n];
			ends[0] = 1.0;
			ends[2 * n - 1] = 1.0;
			let (mut again, mut rest) = (diagonal.clone(), beside.clone());
			diagonalise(&mut again, &mut rest, &mut ends, 2).unwrap();
			prop_assert_eq!(&again, &values);
			for k in 0..n {
				prop_assert_eq!([ends[2 * k], ends[2 * k + 1]], [vectors[k * n], vectors[k * n + n - 1]]);
			}
		}
	}

	#[test]
	fn values_should_be_known_when_the_matrix_is_a_path() {
		let n = 30;
		let (mut values, mut beside) = (vec![0.0; n], vec![1.0; n]);
		beside[n - 1] = 0.0;
		diagonalise(&mut values, &mut beside, &mut [], 0).unwrap();
		values.sort_by(f64::total_cmp);
		for (k, value) in values.iter().enumerate() {
			let angle = std::f64::consts::PI * (n - k) as f64 / (n + 1) as f64;
			assert!((value - 2.0 * angle.cos()).abs() < 1e-13);
		}
	}
}
