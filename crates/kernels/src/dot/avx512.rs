//! Integer scores on x86-64 with AVX-512 and its dot-product instructions (VNNI).

mod scores;

use std::arch::x86_64::*;

/// How many bytes ahead of the current product a long index is prefetched. The hardware looks ahead
/// too, but not across pages.
const AHEAD: usize = 2048;

#[inline(always)]
fn prefetch<T>(from: *const T) {
	// SAFETY: a prefetch of any address has no effect but on the caches.
	unsafe { _mm_prefetch::<_MM_HINT_T0>(from.wrapping_byte_add(AHEAD).cast()) }
}

/// The number of `i8` values in a block: a value adds at most 255 · 128, so the 32-bit sums of the
/// sixteen lanes stay in range.
const BLOCK: usize = 1 << 20;

/// `Σ a[i] · b[i]` with bytes `a` taken as `a + 128`, unsigned, as the instruction wants its first
/// operand.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn shifted_i8(a: &[i8], b: &[i8]) -> i64 {
	let flip = _mm512_set1_epi8(i8::MIN);
	let mut total = _mm512_setzero_si512();
	for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
		let mut sums = [_mm512_setzero_si512(); 4];
		let (a_parts, b_parts) = (a.chunks_exact(256), b.chunks_exact(256));
		let (a_rest, b_rest) = (a_parts.remainder(), b_parts.remainder());
		for (a, b) in a_parts.zip(b_parts) {
			for (i, sum) in sums.iter_mut().enumerate() {
				prefetch(a.as_ptr().wrapping_byte_add(64 * i));
				// SAFETY: 64 values at `64 i`, under 256.
				let (a, b) = unsafe {
					(
						_mm512_loadu_si512(a.as_ptr().add(64 * i).cast()),
						_mm512_loadu_si512(b.as_ptr().add(64 * i).cast()),
					)
				};
				*sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(a, flip), b);
			}
		}
		for (a, b) in a_rest.chunks(64).zip(b_rest.chunks(64)) {
			let mask = u64::MAX >> (64 - a.len());
			// SAFETY: the mask has a bit for each value of the two slices, which are equally long.
			let (a, b) = unsafe {
				(
					_mm512_maskz_loadu_epi8(mask, a.as_ptr()),
					_mm512_maskz_loadu_epi8(mask, b.as_ptr()),
				)
			};
			sums[0] = _mm512_dpbusd_epi32(sums[0], _mm512_xor_si512(a, flip), b);
		}
		let sum = _mm512_add_epi32(
			_mm512_add_epi32(sums[0], sums[1]),
			_mm512_add_epi32(sums[2], sums[3]),
		);
		total = _mm512_add_epi64(total, _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sum)));
		total = _mm512_add_epi64(total, _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(sum)));
	}
	_mm512_reduce_add_epi64(total)
}

/// What [`shifted_i8`] adds to the dot product with `b`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn shift(b: &[i8]) -> i64 {
	let flip = _mm512_set1_epi8(i8::MIN);
	let mut total = _mm512_setzero_si512();
	// Sums of eight bytes that are raised by 128, to have no sign.
	let mut add = |raised| {
		total = _mm512_add_epi64(total, _mm512_sad_epu8(raised, _mm512_setzero_si512()));
	};
	let parts = b.chunks_exact(64);
	let rest = parts.remainder();
	for b in parts {
		// SAFETY: 64 values.
		add(_mm512_xor_si512(flip, unsafe { _mm512_loadu_si512(b.as_ptr().cast()) }));
	}
	if !rest.is_empty() {
		let mask = u64::MAX >> (64 - rest.len());
		// SAFETY: the mask has a bit for each value.
		let rest = unsafe { _mm512_maskz_loadu_epi8(mask, rest.as_ptr()) };
		add(_mm512_maskz_mov_epi8(mask, _mm512_xor_si512(flip, rest)));
	}
	128 * (_mm512_reduce_add_epi64(total) - 128 * b.len() as i64)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn scan_i8_enabled(query: &[i8], rows: &[i8], out: &mut [i64]) {
	let shift = shift(query);
	for (row, out) in rows.chunks_exact(query.len()).zip(out) {
		*out = shifted_i8(row, query) - shift;
	}
}

/// The sum of two neighbouring products of `i16` lies between this, negated, and 2^31. Raised by it,
/// it fits in 32 bits without a sign.
const RAISE: i32 = 2 * 32768 * 32767;

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn dot_i16(a: &[i16], b: &[i16]) -> i64 {
	let raise = _mm512_set1_epi32(RAISE);
	let low = _mm512_set1_epi64(0xffff_ffff);
	let mut sums = [_mm512_setzero_si512(); 2];
	let mut add = |a: __m512i, b: __m512i| {
		let pairs = _mm512_add_epi32(_mm512_madd_epi16(a, b), raise);
		sums[0] = _mm512_add_epi64(sums[0], _mm512_and_si512(pairs, low));
		sums[1] = _mm512_add_epi64(sums[1], _mm512_srli_epi64::<32>(pairs));
	};
	let (a_parts, b_parts) = (a.chunks_exact(32), b.chunks_exact(32));
	let (a_rest, b_rest) = (a_parts.remainder(), b_parts.remainder());
	for (a, b) in a_parts.zip(b_parts) {
		prefetch(a.as_ptr());
		// SAFETY: both have 32 values.
		let (a, b) = unsafe {
			(_mm512_loadu_si512(a.as_ptr().cast()), _mm512_loadu_si512(b.as_ptr().cast()))
		};
		add(a, b);
	}
	if !a_rest.is_empty() {
		let mask = u32::MAX >> (32 - a_rest.len());
		// SAFETY: the mask has a bit for each value of the two slices, which are equally long.
		let (a, b) = unsafe {
			(
				_mm512_maskz_loadu_epi16(mask, a_rest.as_ptr()),
				_mm512_maskz_loadu_epi16(mask, b_rest.as_ptr()),
			)
		};
		add(a, b);
	}
	let raised = a.len().div_ceil(32) as i64 * 16 * i64::from(RAISE);
	_mm512_reduce_add_epi64(_mm512_add_epi64(sums[0], sums[1])) - raised
}

#[target_feature(enable = "avx512f,avx512bw")]
fn scan_i16_enabled(query: &[i16], rows: &[i16], out: &mut [i64]) {
	for (row, out) in rows.chunks_exact(query.len()).zip(out) {
		*out = dot_i16(row, query);
	}
}

// SAFETY of the calls below: `path::kernels` hands these functions out where their instructions were
// detected.

pub(crate) fn scan_i8(query: &[i8], rows: &[i8], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scan_i8_enabled(query, rows, out) }
}

pub(crate) fn scan_i16(query: &[i16], rows: &[i16], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scan_i16_enabled(query, rows, out) }
}

pub(crate) fn scores_i8(queries: &[&[i8]], rows: &[i8], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scores::scores(queries, rows, out) }
}

pub(crate) fn scores_i16(queries: &[&[i16]], rows: &[i16], out: &mut [i64]) {
	// SAFETY: see above.
	unsafe { scores::scores(queries, rows, out) }
}
