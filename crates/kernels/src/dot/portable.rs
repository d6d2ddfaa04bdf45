//! Plain sums.

pub(crate) fn dot_i8(a: &[i8], b: &[i8]) -> i64 {
	a.iter().zip(b).map(|(a, b)| i64::from(i32::from(*a) * i32::from(*b))).sum()
}

pub(crate) fn dot_i16(a: &[i16], b: &[i16]) -> i64 {
	a.iter().zip(b).map(|(a, b)| i64::from(i32::from(*a) * i32::from(*b))).sum()
}

pub(crate) fn dot_i8_i16(a: &[i8], b: &[i16]) -> i64 {
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
