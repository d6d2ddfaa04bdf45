//! Exact integer dot products of queries with the rows of an index.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;

use crate::path::kernels;

/// `out[r] = Σ_i query[i] · rows[r][i]`, exact, for `rows` of `[out.len()][query.len()]`.
#[track_caller]
pub fn scan_i8(query: &[i8], rows: &[i8], out: &mut [i64]) {
	whole_rows(query.len(), rows.len(), out.len());
	if query.is_empty() {
		out.fill(0);
	} else {
		(kernels().scan_i8)(query, rows, out);
	}
}

/// `out[r] = Σ_i query[i] · rows[r][i]`, exact, for `rows` of `[out.len()][query.len()]`.
#[track_caller]
pub fn scan_i16(query: &[i16], rows: &[i16], out: &mut [i64]) {
	whole_rows(query.len(), rows.len(), out.len());
	if query.is_empty() {
		out.fill(0);
	} else {
		(kernels().scan_i16)(query, rows, out);
	}
}

/// `out[q][r] = Σ_i queries[q][i] · rows[r][i]`, exact, for queries of one length and `rows` of
/// `[out.len() / queries.len()][length]`: faster than a scan for each query, as what is read serves
/// several of them.
#[track_caller]
pub fn scores_i8(queries: &[&[i8]], rows: &[i8], out: &mut [i64]) {
	if whole_tables(queries, rows.len(), out) {
		(kernels().scores_i8)(queries, rows, out);
	}
}

/// `out[q][r] = Σ_i queries[q][i] · rows[r][i]`, exact, as [`scores_i8`] computes it for bytes.
#[track_caller]
pub fn scores_i16(queries: &[&[i16]], rows: &[i16], out: &mut [i64]) {
	if whole_tables(queries, rows.len(), out) {
		(kernels().scores_i16)(queries, rows, out);
	}
}

/// Whether there is anything to multiply; where there is not, all scores are zero.
#[track_caller]
fn whole_tables<T>(queries: &[&[T]], values: usize, out: &mut [i64]) -> bool {
	let Some(first) = queries.first() else {
		assert!(out.is_empty(), "out: {} values for no queries", out.len());
		return false;
	};
	queries.iter().for_each(|query| same_length(first.len(), query.len()));
	let (count, rows) = (queries.len(), out.len() / queries.len());
	assert_eq!(rows * count, out.len(), "out: {} values for {count} queries", out.len());
	whole_rows(first.len(), values, rows);
	if values == 0 {
		out.fill(0);
	}
	values > 0
}

#[track_caller]
fn same_length(a: usize, b: usize) {
	assert_eq!(a, b, "a dot product needs two slices of the same length");
}

#[track_caller]
fn whole_rows(width: usize, values: usize, rows: usize) {
	assert!(
		rows.checked_mul(width) == Some(values),
		"rows: {values} values, not {rows} rows of {width}"
	);
}
