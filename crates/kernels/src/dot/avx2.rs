//! Integer scores on x86-64 with AVX2.

use std::arch::x86_64::*;

/// How many bytes ahead of the current product a long index is prefetched. The hardware looks ahead
/// too, but not across pages.
const AHEAD: usize = 2048;

#[inline(always)]
fn prefetch<T>(from: *const T) {
	// SAFETY: a prefetch of any address has no effect but on the caches.
	unsafe { _mm_prefetch::<_MM_HINT_T0>(from.wrapping_byte_add(AHEAD).cast()) }
}

/// Sixteen bytes as 16-bit integers.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(values: &[i8; 16]) -> __m256i {
	// SAFETY: sixteen bytes.
	_mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(values.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[i16; 16]) -> __m256i {
	// SAFETY: 32 bytes.
	unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

/// The sum of eight 32-bit integers.
#[inline]
#[target_feature(enable = "avx2")]
fn sum_i32(values: __m256i) -> i64 {
	let low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(values));
	let high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(values));
	sum_i64(_mm256_add_epi64(low, high))
}

/// The sum of four 64-bit integers.
#[inline]
#[target_feature(enable = "avx2")]
fn sum_i64(values: __m256i) -> i64 {
	let halves =
		_mm_add_epi64(_mm256_castsi256_si128(values), _mm256_extracti128_si256::<1>(values));
	_mm_cvtsi128_si64(halves) + _mm_extract_epi64::<1>(halves)
}

/// How many vectors of `i8 · i8` a 32-bit sum takes: each adds two products of at most 2^14.
const BYTES: usize = (1 << 16) - 1;

#[inline]
#[target_feature(enable = "avx2")]
fn dot_i8_enabled(a: &[i8], b: &[i8]) -> i64 {
	let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
	let mut total = super::portable::dot_i8(a_rest, b_rest);
	for (a, b) in a.chunks(BYTES).zip(b.chunks(BYTES)) {
		let mut sum = _mm256_setzero_si256();
		for (a, b) in a.iter().zip(b) {
			sum = _mm256_add_epi32(sum, _mm256_madd_epi16(widen(a), widen(b)));
		}
		total += sum_i32(sum);
	}
	total
}

/// The dot product with bytes `b` that were widened before.
#[inline]
#[target_feature(enable = "avx2")]
fn dot_widened(a: &[i8], b: &[i16]) -> i64 {
	let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
	let products = a_rest.iter().zip(b_rest).map(|(a, b)| i64::from(*a) * i64::from(*b));
	let mut total: i64 = products.sum();
	for (a, b) in a.chunks(BYTES).zip(b.chunks(BYTES)) {
		let mut sums = [_mm256_setzero_si256(); 4];
		let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
		for (a, b) in a.iter().zip(b) {
			prefetch(a.as_ptr());
			for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
				*sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(widen(a), load(b)));
			}
		}
		for (a, b) in a_rest.iter().zip(b_rest) {
			sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(widen(a), load(b)));
		}
		let halves = [_mm256_add_epi32(sums[0], sums[1]), _mm256_add_epi32(sums[2], sums[3])];
		total += sum_i32(_mm256_add_epi32(halves[0], halves[1]));
	}
	total
}

#[target_feature(enable = "avx2")]
fn scan_i8_enabled(query: &[i8], rows: &[i8], out: &mut [i64]) {
	let wide: Vec<i16> = query.iter().map(|value| i16::from(*value)).collect();
	for (row, out) in rows.chunks_exact(query.len()).zip(out) {
		*out = dot_widened(row, &wide);
	}
}

/// The sum of two neighbouring products of `i16` lies between this, negated, and 2^31. Raised by it,
/// it fits in 32 bits without a sign.
const RAISE: i32 = 2 * 32768 * 32767;

#[inline]
#[target_feature(enable = "avx2")]
fn dot_i16_enabled(a: &[i16], b: &[i16]) -> i64 {
	let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
	let raise = _mm256_set1_epi32(RAISE);
	let low = _mm256_set1_epi64x(0xffff_ffff);
	let mut sums = [_mm256_setzero_si256(); 2];
	for (a, b) in a.iter().zip(b) {
		prefetch(a);
		let pairs = _mm256_add_epi32(_mm256_madd_epi16(load(a), load(b)), raise);
		sums[0] = _mm256_add_epi64(sums[0], _mm256_and_si256(pairs, low));
		sums[1] = _mm256_add_epi64(sums[1], _mm256_srli_epi64::<32>(pairs));
	}
	let raised = a.len() as i64 * 8 * i64::from(RAISE);
	sum_i64(_mm256_add_epi64(sums[0], sums[1])) - raised + super::portable::dot_i16(a_rest, b_rest)
}

#[target_feature(enable = "avx2")]
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
