//! Dot products and scores as plain sums, which define what every other path must give.

pub(super) fn dot_i8(a: &[i8], b: &[i8]) -> i64 {
	a.iter().zip(b).map(|(a, b)| i64::from(i32::from(*a) * i32::from(*b))).sum()
}

pub(super) fn dot_i16(a: &[i16], b: &[i16]) -> i64 {
	a.iter().zip(b).map(|(a, b)| i64::from(i32::from(*a) * i32::from(*b))).sum()
}

pub(crate) fn scan_i8(query: &[i8], rows: &[i8], out: &mut [i64]) {
	for (r, sum) in out.iter_mut().enumerate() {
		*sum = dot_i8(query, &rows[r * query.len()..][..query.len()]);
	}
}

pub(crate) fn scan_i16(query: &[i16], rows: &[i16], out: &mut [i64]) {
	for (r, sum) in out.iter_mut().enumerate() {
		*sum = dot_i16(query, &rows[r * query.len()..][..query.len()]);
	}
}

/// Computes scores by single dot products. Rows are taken in parts that stay in a second-level
/// cache while all queries pass.
pub(crate) fn scores<T>(
	queries: &[&[T]],
	rows: &[T],
	out: &mut [i64],
	dot: impl Fn(&[T], &[T]) -> i64,
) {
	const DEPTH: usize = 4096;
	const ROWS: usize = 32;
	let (width, count) = (queries[0].len(), out.len() / queries.len());
	out.fill(0);
	for first in (0..count).step_by(ROWS) {
		for from in (0..width).step_by(DEPTH) {
			let part = from..width.min(from + DEPTH);
			for (query, out) in queries.iter().zip(out.chunks_exact_mut(count)) {
				for (r, sum) in out.iter_mut().enumerate().skip(first).take(ROWS) {
					*sum += dot(&query[part.clone()], &rows[r * width..][part.clone()]);
				}
			}
		}
	}
}

pub(crate) fn scores_i8(queries: &[&[i8]], rows: &[i8], out: &mut [i64]) {
	scores(queries, rows, out, dot_i8);
}

pub(crate) fn scores_i16(queries: &[&[i16]], rows: &[i16], out: &mut [i64]) {
	scores(queries, rows, out, dot_i16);
}
