//! Products on x86-64 with AVX-512.

use super::{
	tile::{self, Lanes, Right, TileRows},
	Product,
};
use crate::functions::NAN;
use std::arch::x86_64::*;

impl Lanes for __m512 {
	const LANES: usize = 16;
	const WIDTH: usize = 3;
	const TALLEST: usize = 8;
	/// Transposing takes registers of half the width, for which the processor has twice the units.
	type Turning = __m256;

	#[inline(always)]
	unsafe fn splat(value: f32) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { _mm512_set1_ps(value) }
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		// SAFETY: the caller has the instructions enabled and gives sixteen values.
		unsafe { _mm512_loadu_ps(from) }
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		// SAFETY: the caller has the instructions enabled and gives room for sixteen values.
		unsafe {
			let unordered = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self);
			_mm512_storeu_ps(to, _mm512_mask_blend_ps(unordered, self, _mm512_set1_ps(NAN)));
		}
	}

	#[inline(always)]
	unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { _mm512_fmadd_ps(self, other, sum) }
	}

	#[inline(always)]
	unsafe fn prefetch(from: *const f32) {
		// SAFETY: a prefetch of any address has no effect but on the caches.
		unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
	}

	#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
	unsafe fn tile<const M: usize, const W: usize, const FAR: bool>(
		rows: TileRows,
		right: Right,
		depth: usize,
	) {
		// SAFETY: the instructions are enabled here.
		unsafe { tile::tile::<Self, M, W, FAR>(rows, right, depth) }
	}
}

pub(crate) fn multiply(product: Product<'_>) {
	#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
	unsafe fn enabled(product: Product<'_>) {
		// SAFETY: the instructions are enabled here, and `Product::run` has checked the lengths.
		unsafe { tile::multiply::<__m512>(product) }
	}
	// SAFETY: `path::kernels` hands this function out where these instructions were detected.
	unsafe { enabled(product) }
}
