//! Matrix products in three forms, on the path in use.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod tile;

use crate::path::kernels;

/// The operands of `out += left · right`, all row-major, for one of the public forms.
pub(crate) struct Product<'a> {
	/// `left[i][l]` is at `i * left_row + l * left_step`.
	pub(crate) left: &'a [f32],
	pub(crate) left_row: usize,
	pub(crate) left_step: usize,
	/// The right matrix, `[k][n]`, or `[n][k]` when transposed.
	pub(crate) right: &'a [f32],
	pub(crate) right_transposed: bool,
	/// The output, `[m][n]`, to which the product is added.
	pub(crate) out: &'a mut [f32],
	pub(crate) m: usize,
	pub(crate) k: usize,
	pub(crate) n: usize,
}

impl Product<'_> {
	/// Computes the product on the active path. The lengths are checked here, once for all paths.
	#[track_caller]
	fn run(self) {
		let Self { m, k, n, .. } = self;
		let holds = |slice: &[f32], rows: usize, columns: usize| {
			rows.checked_mul(columns) == Some(slice.len())
		};
		assert!(holds(self.left, m, k), "left: {} values, not {m} x {k}", self.left.len());
		assert!(holds(self.right, k, n), "right: {} values, not {k} x {n}", self.right.len());
		assert!(holds(self.out, m, n), "out: {} values, not {m} x {n}", self.out.len());
		if m > 0 && k > 0 && n > 0 {
			(kernels().multiply)(self);
		}
	}
}

/// `out[i][j] += Σ_l a[i][l] · b[l][j]`, for `a` of `[m][k]`, `b` of `[k][n]`, `out` of `[m][n]`.
///
/// Each output is one chain of `mul_add` in the order of `l` that starts from the value present in
/// `out`: zero, or a bias. With `k = 0` nothing is written.
#[track_caller]
pub fn matmul(a: &[f32], b: &[f32], out: &mut [f32], m: usize, k: usize, n: usize) {
	Product { left: a, left_row: k, left_step: 1, right: b, right_transposed: false, out, m, k, n }
		.run();
}

/// `out[i][j] += Σ_l a[i][l] · b[j][l]`, for `a` of `[m][k]`, `b` of `[n][k]`, `out` of `[m][n]`:
/// [`matmul()`] with `b` transposed, as in the forward pass of a linear layer with weights `[outputs][inputs]`.
#[track_caller]
pub fn matmul_nt(a: &[f32], b: &[f32], out: &mut [f32], m: usize, k: usize, n: usize) {
	Product { left: a, left_row: k, left_step: 1, right: b, right_transposed: true, out, m, k, n }
		.run();
}

/// `out[i][j] += Σ_l a[l][i] · b[l][j]`, for `a` of `[k][m]`, `b` of `[k][n]`, `out` of `[m][n]`:
/// [`matmul()`] with `a` transposed, which is the sum of the outer products of their rows, in order.
#[track_caller]
pub fn matmul_tn(a: &[f32], b: &[f32], out: &mut [f32], m: usize, k: usize, n: usize) {
	Product { left: a, left_row: 1, left_step: m, right: b, right_transposed: false, out, m, k, n }
		.run();
}
