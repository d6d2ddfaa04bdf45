//! Integer scores on 64-bit Arm.

use std::arch::aarch64::*;

/// How many vectors of `i8 · i8` a 32-bit sum takes: each adds two products of at most 2^14.
const BYTES: usize = (1 << 16) - 1;

#[inline]
#[target_feature(enable = "neon")]
fn dot_i8_enabled(a: &[i8], b: &[i8]) -> i64 {
	let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
	let mut total = super::portable::dot_i8(a_rest, b_rest);
	for (a, b) in a.chunks(BYTES).zip(b.chunks(BYTES)) {
		let mut sums = [vdupq_n_s32(0); 2];
		for (a, b) in a.iter().zip(b) {
			// SAFETY: sixteen bytes each.
			let (a, b) = unsafe { (vld1q_s8(a.as_ptr()), vld1q_s8(b.as_ptr())) };
			// One product fits 16 bits, the sum of two does not.
			sums[0] = vpadalq_s16(sums[0], vmull_s8(vget_low_s8(a), vget_low_s8(b)));
			sums[1] = vpadalq_s16(sums[1], vmull_high_s8(a, b));
		}
		total += vaddlvq_s32(sums[0]) + vaddlvq_s32(sums[1]);
	}
	total
}

#[inline]
#[target_feature(enable = "neon")]
fn dot_i16_enabled(a: &[i16], b: &[i16]) -> i64 {
	let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
	let mut sums = [vdupq_n_s64(0); 2];
	for (a, b) in a.iter().zip(b) {
		// SAFETY: eight values each.
		let (a, b) = unsafe { (vld1q_s16(a.as_ptr()), vld1q_s16(b.as_ptr())) };
		sums[0] = vpadalq_s32(sums[0], vmull_s16(vget_low_s16(a), vget_low_s16(b)));
		sums[1] = vpadalq_s32(sums[1], vmull_high_s16(a, b));
	}
	vaddvq_s64(vaddq_s64(sums[0], sums[1])) + super::portable::dot_i16(a_rest, b_rest)
}

#[target_feature(enable = "neon")]
fn scan_i8_enabled(query: &[i8], rows: &[i8], out: &mut [i64]) {
	for (row, out) in rows.chunks_exact(query.len()).zip(out) {
		*out = dot_i8_enabled(row, query);
	}
}

#[target_feature(enable = "neon")]
fn scan_i16_enabled(query: &[i16], rows: &[i16], out: &mut [i64]) {
	for (row, out) in rows.chunks_exact(query.len()).zip(out) {
		*out = dot_i16_enabled(row, query);
	}
}

// SAFETY of the calls below: `path::kernels` hands these functions out where their instructions were
// detected.

fn dot_i8(a: &[i8], b: &[i8]) -> i64 {
	// SAFETY: see above.
	unsafe { dot_i8_enabled(a, b) }
}

fn dot_i16(a: &[i16], b: &[i16]) -> i64 {
	// SAFETY: see above.
	unsafe { dot_i16_enabled(a, b) }
}

pub(crate) fn scan_i8(query: &[i8], rows: &[i8], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scan_i8_enabled(query, rows, out) }
}

pub(crate) fn scan_i16(query: &[i16], rows: &[i16], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scan_i16_enabled(query, rows, out) }
}

pub(crate) fn scores_i8(queries: &[&[i8]], rows: &[i8], out: &mut [i64]) {
	super::portable::scores(queries, rows, out, dot_i8);
}

pub(crate) fn scores_i16(queries: &[&[i16]], rows: &[i16], out: &mut [i64]) {
	super::portable::scores(queries, rows, out, dot_i16);
}
