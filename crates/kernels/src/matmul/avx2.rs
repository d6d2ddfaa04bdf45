//! Products on x86-64 with AVX2 and FMA.

use super::{
	tile::{self, Lanes, Right, TileRows, Turning},
	Product,
};
use crate::functions::NAN;
use std::arch::x86_64::*;

impl Lanes for __m256 {
	const LANES: usize = 8;
	const WIDTH: usize = 2;
	const TALLEST: usize = 6;
	type Turning = Self;

	#[inline(always)]
	unsafe fn splat(value: f32) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { _mm256_set1_ps(value) }
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		// SAFETY: the caller has the instructions enabled and gives eight values.
		unsafe { _mm256_loadu_ps(from) }
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		// SAFETY: the caller has the instructions enabled and gives room for eight values.
		unsafe {
			let unordered = _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self);
			_mm256_storeu_ps(to, _mm256_blendv_ps(self, _mm256_set1_ps(NAN), unordered));
		}
	}

	#[inline(always)]
	unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { _mm256_fmadd_ps(self, other, sum) }
	}

	#[inline(always)]
	unsafe fn prefetch(from: *const f32) {
		// SAFETY: a prefetch of any address has no effect but on the caches.
		unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
	}

	#[target_feature(enable = "avx2,fma")]
	unsafe fn tile<const M: usize, const W: usize, const FAR: bool>(
		rows: TileRows,
		right: Right,
		depth: usize,
	) {
		// SAFETY: the instructions are enabled here.
		unsafe { tile::tile::<Self, M, W, FAR>(rows, right, depth) }
	}
}

impl Turning for __m256 {
	#[inline(always)]
	unsafe fn columns(from: *const f32, row: usize) -> [Self; 4] {
		// SAFETY: the caller has the instructions enabled and gives four values in each of eight rows.
		unsafe {
			// Rows r and r + 4 share a register, so that all exchanges stay within its halves.
			let rows = [0, 1, 2, 3].map(|r| {
				let low = _mm256_castps128_ps256(_mm_loadu_ps(from.add(r * row)));
				_mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add((r + 4) * row)))
			});
			let low = [_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpacklo_ps(rows[2], rows[3])];
			let high = [_mm256_unpackhi_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[2], rows[3])];
			[
				_mm256_shuffle_ps::<0x44>(low[0], low[1]),
				_mm256_shuffle_ps::<0xee>(low[0], low[1]),
				_mm256_shuffle_ps::<0x44>(high[0], high[1]),
				_mm256_shuffle_ps::<0xee>(high[0], high[1]),
			]
		}
	}
}

pub(crate) fn multiply(product: Product<'_>) {
	#[target_feature(enable = "avx2,fma")]
	unsafe fn enabled(product: Product<'_>) {
		// SAFETY: the instructions are enabled here, and `Product::run` has checked the lengths.
		unsafe { tile::multiply::<__m256>(product) }
	}
	// SAFETY: `path::kernels` hands this function out where these instructions were detected.
	unsafe { enabled(product) }
}
