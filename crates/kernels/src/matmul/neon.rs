//! Products on 64-bit Arm.

use super::{
	tile::{self, Lanes, Right, TileRows, Turning},
	Product,
};
use crate::functions::NAN;
use std::arch::aarch64::*;

impl Lanes for float32x4_t {
	const LANES: usize = 4;
	const WIDTH: usize = 3;
	const TALLEST: usize = 8;
	type Turning = Self;

	#[inline(always)]
	unsafe fn splat(value: f32) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { vdupq_n_f32(value) }
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		// SAFETY: the caller has the instructions enabled and gives four values.
		unsafe { vld1q_f32(from) }
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		// SAFETY: the caller has the instructions enabled and gives room for four values.
		unsafe {
			let ordered = vceqq_f32(self, self);
			vst1q_f32(to, vbslq_f32(ordered, self, vdupq_n_f32(NAN)));
		}
	}

	#[inline(always)]
	unsafe fn mul_add(self, other: Self, sum: Self) -> Self {
		// SAFETY: the caller has the instructions enabled.
		unsafe { vfmaq_f32(sum, self, other) }
	}

	#[inline(always)]
	unsafe fn prefetch(_: *const f32) {}

	#[target_feature(enable = "neon")]
	unsafe fn tile<const M: usize, const W: usize, const FAR: bool>(
		rows: TileRows,
		right: Right,
		depth: usize,
	) {
		// SAFETY: the instructions are enabled here.
		unsafe { tile::tile::<Self, M, W, FAR>(rows, right, depth) }
	}
}

impl Turning for float32x4_t {
	#[inline(always)]
	unsafe fn columns(from: *const f32, row: usize) -> [Self; 4] {
		// SAFETY: the caller has the instructions enabled and gives four values in each of four rows.
		unsafe {
			let rows = [0, 1, 2, 3].map(|r| vld1q_f32(from.add(r * row)));
			let low = [vzip1q_f32(rows[0], rows[2]), vzip1q_f32(rows[1], rows[3])];
			let high = [vzip2q_f32(rows[0], rows[2]), vzip2q_f32(rows[1], rows[3])];
			[
				vzip1q_f32(low[0], low[1]),
				vzip2q_f32(low[0], low[1]),
				vzip1q_f32(high[0], high[1]),
				vzip2q_f32(high[0], high[1]),
			]
		}
	}
}

pub(crate) fn multiply(product: Product<'_>) {
	#[target_feature(enable = "neon")]
	unsafe fn enabled(product: Product<'_>) {
		// SAFETY: the instructions are enabled here, and `Product::run` has checked the lengths.
		unsafe { tile::multiply::<float32x4_t>(product) }
	}
	// SAFETY: `path::kernels` hands this function out where these instructions were detected.
	unsafe { enabled(product) }
}
