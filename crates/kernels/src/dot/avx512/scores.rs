//! Many queries against many rows, in tiles of sums that stay in registers.

use std::arch::x86_64::*;

/// How many bytes of each query and row are taken together: then the operands of a tile stay in a
/// first-level cache, and the 32-bit sums of [`Coordinate::add`] stay in range.
const DEPTH: usize = 4096;
/// How many rows are taken together: their part of `DEPTH` bytes stays in a second-level cache
/// while all queries pass.
const ROWS: usize = 96;
/// How many operands the queries of a tile become. With the rows of the tile that makes 24
/// registers of sums.
const OPERANDS: usize = 8;
const HEIGHT: usize = 3;

/// The operands of a tile, interleaved: one register of each, then the next one of each.
#[repr(align(64))]
struct Packed([__m512i; OPERANDS * DEPTH / 64]);

/// A coordinate that the instructions multiply once queries are made into operands.
///
/// # Safety
///
/// The methods execute instructions of this path.
pub(super) trait Coordinate: Copy {
	/// How many operands one query becomes.
	const OPERANDS: usize;
	/// Makes operands of a register of a query's coordinates. Only the first
	/// [`Coordinate::OPERANDS`] are used.
	unsafe fn operands(query: __m512i) -> [__m512i; 2];
	/// Adds products to sixteen sums, which stay in range for `DEPTH` bytes, and even for twice as
	/// many.
	unsafe fn add(sums: __m512i, operand: __m512i, row: __m512i) -> __m512i;
	/// Computes the sums for each query from those for each operand.
	unsafe fn totals(sums: &[__m512i; OPERANDS]) -> [i64; OPERANDS];
	/// How much too large the row makes each of its sums.
	unsafe fn shift(row: &[Self]) -> i64;
}

/// The operand is the query plus 128, unsigned. Totals are of at most 255 · 128 · `DEPTH`.
impl Coordinate for i8 {
	const OPERANDS: usize = 1;

	#[inline]
	#[target_feature(enable = "avx512f,avx512bw")]
	unsafe fn operands(query: __m512i) -> [__m512i; 2] {
		[_mm512_xor_si512(query, _mm512_set1_epi8(i8::MIN)), _mm512_setzero_si512()]
	}

	#[inline]
	#[target_feature(enable = "avx512f,avx512vnni")]
	unsafe fn add(sums: __m512i, operand: __m512i, row: __m512i) -> __m512i {
		_mm512_dpbusd_epi32(sums, operand, row)
	}

	#[inline]
	#[target_feature(enable = "avx512f,avx2")]
	unsafe fn totals(sums: &[__m512i; OPERANDS]) -> [i64; OPERANDS] {
		let mut totals = [0; OPERANDS];
		let (fours, _) = sums.as_chunks::<4>();
		for (totals, sums) in totals.chunks_mut(4).zip(fours) {
			// SAFETY: room for four values.
			unsafe { _mm256_storeu_si256(totals.as_mut_ptr().cast(), totals_of_four(sums)) };
		}
		totals
	}

	#[inline]
	#[target_feature(enable = "avx512f,avx512bw")]
	unsafe fn shift(row: &[Self]) -> i64 {
		super::shift(row)
	}
}

/// The sum of the lanes of each register.
#[inline]
#[target_feature(enable = "avx512f,avx2")]
fn totals_of_four(sums: &[__m512i; 4]) -> __m256i {
	let halves = |a, b| _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
	let (a, b) = (halves(sums[0], sums[1]), halves(sums[2], sums[3]));
	let quarters = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
	let high = _mm512_extracti64x4_epi64::<1>(quarters);
	let pairs = _mm256_add_epi32(_mm512_castsi512_si256(quarters), high);
	let high = _mm256_extracti128_si256::<1>(pairs);
	_mm256_cvtepi32_epi64(_mm_add_epi32(_mm256_castsi256_si128(pairs), high))
}

/// The operands are the query's low bytes, without a sign, and its high bytes: two products with a row
/// are then below 2^24.
impl Coordinate for i16 {
	const OPERANDS: usize = 2;

	#[inline]
	#[target_feature(enable = "avx512f,avx512bw")]
	unsafe fn operands(query: __m512i) -> [__m512i; 2] {
		[_mm512_and_si512(query, _mm512_set1_epi16(0xff)), _mm512_srai_epi16::<8>(query)]
	}

	#[inline]
	#[target_feature(enable = "avx512f,avx512vnni")]
	unsafe fn add(sums: __m512i, operand: __m512i, row: __m512i) -> __m512i {
		_mm512_dpwssd_epi32(sums, operand, row)
	}

	#[inline]
	#[target_feature(enable = "avx512f")]
	unsafe fn totals(sums: &[__m512i; OPERANDS]) -> [i64; OPERANDS] {
		let total = |sums| {
			let high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(sums));
			let low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums));
			_mm512_reduce_add_epi64(_mm512_add_epi64(low, high))
		};
		let mut totals = [0; OPERANDS];
		for (out, pair) in totals.iter_mut().zip(sums.as_chunks::<2>().0) {
			*out = total(pair[0]) + 256 * total(pair[1]);
		}
		totals
	}

	#[inline]
	unsafe fn shift(_: &[Self]) -> i64 {
		0
	}
}

/// The first values of `from`, as many as a register holds; zeros where there are fewer.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load<T>(from: &[T]) -> __m512i {
	let mask = u64::MAX >> 64usize.saturating_sub(size_of_val(from));
	// SAFETY: the mask has a bit for each byte of the slice, up to 64.
	unsafe { _mm512_maskz_loadu_epi8(mask, from.as_ptr().cast()) }
}

/// The sums of a tile's products, `[rows][operands]`, for rows of one length.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<T: Coordinate>(packed: &Packed, rows: [&[T]; HEIGHT]) -> [[__m512i; OPERANDS]; HEIGHT] {
	let lanes = 64 / size_of::<T>();
	let whole = rows[0].len() / lanes;
	let mut sums = [[_mm512_setzero_si512(); OPERANDS]; HEIGHT];
	let mut step = |operands: &[__m512i; OPERANDS], rows: [__m512i; HEIGHT]| {
		for (o, operand) in operands.iter().enumerate() {
			for (sums, row) in sums.iter_mut().zip(rows) {
				// SAFETY: the instructions are enabled here.
				sums[o] = unsafe { T::add(sums[o], *operand, row) };
			}
		}
	};
	let (operands, _) = packed.0.as_chunks::<OPERANDS>();
	let pointers = rows.map(|row| row.as_ptr().cast::<u8>());
	for (l, operands) in operands[..whole].iter().enumerate() {
		// SAFETY: there are `whole` registers of values in each row.
		step(operands, pointers.map(|row| unsafe { _mm512_loadu_si512(row.add(64 * l).cast()) }));
	}
	if whole * lanes < rows[0].len() {
		step(&operands[whole], rows.map(|row| load(&row[whole * lanes..])));
	}
	sums
}

/// `out[q][r] = Σ_i queries[q][i] · rows[r][i]`, with one query at least.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn scores<T: Coordinate>(queries: &[&[T]], rows: &[T], out: &mut [i64]) {
	let (width, count) = (queries[0].len(), out.len() / queries.len());
	let (depth, lanes) = (DEPTH / size_of::<T>(), 64 / size_of::<T>());
	let mut packed = Packed([_mm512_setzero_si512(); OPERANDS * DEPTH / 64]);
	out.fill(0);
	for first in (0..count).step_by(ROWS) {
		let end = count.min(first + ROWS);
		for from in (0..width).step_by(depth) {
			let part = from..width.min(from + depth);
			// The last row stands in for those that its tile lacks.
			let row = |r: usize| &rows[r.min(end - 1) * width..][part.clone()];
			let mut shifts = [0; ROWS];
			for (r, shift) in (first..end).zip(&mut shifts) {
				// SAFETY: the instructions are enabled here.
				*shift = unsafe { T::shift(row(r)) };
			}
			let size = OPERANDS / T::OPERANDS;
			for (queries, out) in queries.chunks(size).zip(out.chunks_mut(size * count)) {
				for (q, query) in queries.iter().enumerate() {
					let (places, _) = packed.0.as_chunks_mut::<OPERANDS>();
					for (place, query) in places.iter_mut().zip(query[part.clone()].chunks(lanes)) {
						// SAFETY: as above.
						let operands = unsafe { T::operands(load(query)) };
						place[q * T::OPERANDS..][..T::OPERANDS]
							.copy_from_slice(&operands[..T::OPERANDS]);
					}
				}
				for r in (first..end).step_by(HEIGHT) {
					let sums = tile(&packed, [row(r), row(r + 1), row(r + 2)]);
					for (r, sums) in (r..end).zip(sums) {
						// SAFETY: as above.
						let totals = unsafe { T::totals(&sums) };
						for (out, total) in out.iter_mut().skip(r).step_by(count).zip(totals) {
							*out += total - shifts[r - first];
						}
					}
				}
			}
		}
	}
}
