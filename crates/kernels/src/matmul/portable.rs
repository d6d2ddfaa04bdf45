//! The definition of a product: one chain of `mul_add` per output.

use super::Product;
use crate::functions::NAN;

pub(crate) fn multiply(product: Product<'_>) {
	let Product { left, left_row, left_step, right, right_transposed, out, k, n, .. } = product;
	for (i, row) in out.chunks_exact_mut(n).enumerate() {
		let left = |l: usize| left[i * left_row + l * left_step];
		if right_transposed {
			for (sum, column) in row.iter_mut().zip(right.chunks_exact(k)) {
				*sum = (0..k).fold(*sum, |sum, l| left(l).mul_add(column[l], sum));
			}
		} else {
			for (l, right) in right.chunks_exact(n).enumerate() {
				for (sum, value) in row.iter_mut().zip(right) {
					*sum = left(l).mul_add(*value, *sum);
				}
			}
		}
		for sum in row.iter_mut().filter(|sum| sum.is_nan()) {
			*sum = NAN;
		}
	}
}
