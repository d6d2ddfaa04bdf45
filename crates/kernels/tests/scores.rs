//! Integer scores: exact on every path, extremes included.

mod common;

use common::{on_every_path, random};
use openledger_kernels::{scan_i16, scan_i8, scores_i16, scores_i8};
use proptest::prelude::*;

fn exact<T: Copy + Into<i128>>(a: &[T], b: &[T]) -> i128 {
	a.iter().zip(b).map(|(a, b)| (*a).into() * (*b).into()).sum()
}

fn check(a8: &[i8], b8: &[i8], a16: &[i16], b16: &[i16]) {
	let (expected8, expected16) = (exact(a8, b8), exact(a16, b16));
	on_every_path(|path| {
		let (mut scan, mut score) = ([-1], [-1]);
		scan_i8(a8, b8, &mut scan);
		scores_i8(&[a8], b8, &mut score);
		let found = [scan, score].map(|[sum]| i128::from(sum));
		assert_eq!(found, [expected8; 2], "{path}, {} i8", a8.len());
		scan_i16(a16, b16, &mut scan);
		scores_i16(&[a16], b16, &mut score);
		let found = [scan, score].map(|[sum]| i128::from(sum));
		assert_eq!(found, [expected16; 2], "{path}, {} i16", a16.len());
	});
}

#[test]
fn scores_should_be_exact_when_all_values_are_extreme() {
	// Beyond every block after which narrow sums are widened.
	for length in [1, 31, 64, 8160, 8161, 70_000, (1 << 20) + 257, (1 << 21) + 3] {
		for (a, b) in
			[(i16::MIN, i16::MIN), (i16::MIN, i16::MAX), (i16::MAX, i16::MIN), (i16::MAX, i16::MAX)]
		{
			let byte = |x: i16| if x < 0 { i8::MIN } else { i8::MAX };
			let (a8, b8) = (vec![byte(a); length], vec![byte(b); length]);
			check(&a8, &b8, &vec![a; length], &vec![b; length]);
		}
	}
}

#[test]
fn scores_should_be_exact_at_every_length() {
	let mut next = random(7);
	let words: Vec<u64> = (0..700).map(|_| next()).collect();
	let (a8, b8): (Vec<i8>, Vec<i8>) = words.iter().map(|w| (*w as i8, (*w >> 8) as i8)).unzip();
	let (a16, b16): (Vec<i16>, Vec<i16>) =
		words.iter().map(|w| ((*w >> 16) as i16, (*w >> 32) as i16)).unzip();
	for length in 0..words.len() {
		check(&a8[..length], &b8[..length], &a16[..length], &b16[..length]);
	}
}

#[test]
fn scans_should_give_the_dot_product_of_every_row() {
	let mut next = random(8);
	for (rows, width) in [(0, 5), (3, 0), (1, 1), (5, 3), (7, 64), (4, 300), (2, 8200), (9, 4096)] {
		let bytes: Vec<i8> = (0..rows * width).map(|_| next() as i8).collect();
		let shorts: Vec<i16> = (0..rows * width).map(|_| next() as i16).collect();
		let query8: Vec<i8> = (0..width).map(|_| next() as i8).collect();
		let query16: Vec<i16> = (0..width).map(|_| next() as i16).collect();
		on_every_path(|path| {
			let mut out = vec![-1; rows];
			scan_i8(&query8, &bytes, &mut out);
			for (r, score) in out.iter().enumerate() {
				let expected = exact(&query8, &bytes[r * width..][..width]);
				assert_eq!(i128::from(*score), expected, "{path}, i8, {rows} x {width}, row {r}");
			}
			let mut out = vec![-1; rows];
			scan_i16(&query16, &shorts, &mut out);
			for (r, score) in out.iter().enumerate() {
				let expected = exact(&query16, &shorts[r * width..][..width]);
				assert_eq!(i128::from(*score), expected, "{path}, i16, {rows} x {width}, row {r}");
			}
		});
	}
}

#[test]
fn scans_should_be_exact_when_all_values_are_extreme() {
	let width = (1 << 20) + 100;
	on_every_path(|path| {
		let mut out = [0; 2];
		scan_i8(&vec![i8::MIN; width], &vec![i8::MIN; 2 * width], &mut out);
		assert_eq!(out, [width as i64 * 16384; 2], "{path}");
		scan_i16(&vec![i16::MIN; width], &vec![i16::MIN; 2 * width], &mut out);
		assert_eq!(out, [width as i64 * (1 << 30); 2], "{path}");
	});
}

#[test]
fn tables_of_scores_should_hold_every_dot_product() {
	let mut next = random(9);
	// Up to more rows and values than are taken together, and rests of every kind.
	for (queries, rows, width) in
		[(1, 1, 1), (2, 3, 63), (4, 4, 64), (5, 6, 65), (7, 9, 200), (3, 70, 33), (6, 5, 16_500)]
	{
		let values = rows.max(queries) * width;
		let bytes: Vec<i8> = (0..2 * values).map(|_| next() as i8).collect();
		let shorts: Vec<i16> = (0..2 * values).map(|_| next() as i16).collect();
		let (rows8, rows16) = (&bytes[..rows * width], &shorts[..rows * width]);
		let queries8: Vec<_> = bytes[values..].chunks(width).take(queries).collect();
		let queries16: Vec<_> = shorts[values..].chunks(width).take(queries).collect();
		on_every_path(|path| {
			let (mut out8, mut out16) = (vec![-1; queries * rows], vec![-1; queries * rows]);
			scores_i8(&queries8, rows8, &mut out8);
			scores_i16(&queries16, rows16, &mut out16);
			for (at, (score8, score16)) in out8.into_iter().zip(out16).enumerate() {
				let (q, r) = (at / rows, at % rows);
				let expected = exact(queries8[q], &rows8[r * width..][..width]);
				assert_eq!(i128::from(score8), expected, "{path}, i8, {rows} x {width}, {q}, {r}");
				let expected = exact(queries16[q], &rows16[r * width..][..width]);
				assert_eq!(
					i128::from(score16),
					expected,
					"{path}, i16, {rows} x {width}, {q}, {r}"
				);
			}
		});
	}
}

#[test]
fn tables_of_scores_should_be_exact_when_all_values_are_extreme() {
	for width in [32, 4096, 4097, 8192, 8193, 20_000] {
		for (a, b) in [
			(i16::MIN, i16::MIN),
			(i16::MIN, i16::MAX),
			(i16::MAX, i16::MIN),
			(i16::MAX, i16::MAX),
			(255, i16::MIN),
		] {
			let byte = |x: i16| if x < 0 { i8::MIN } else { i8::MAX };
			let (query8, rows8) = (vec![byte(a); width], vec![byte(b); 2 * width]);
			let (query16, rows16) = (vec![a; width], vec![b; 2 * width]);
			let product = |a: i64, b: i64| [a * b * width as i64; 4];
			on_every_path(|path| {
				let mut out = [0; 4];
				scores_i8(&[&query8, &query8], &rows8, &mut out);
				assert_eq!(out, product(byte(a).into(), byte(b).into()), "{path}, {width} i8");
				scores_i16(&[&query16, &query16], &rows16, &mut out);
				assert_eq!(out, product(a.into(), b.into()), "{path}, {width} i16");
			});
		}
	}
}

#[test]
fn tables_of_scores_should_be_zero_or_empty_when_there_is_nothing_to_multiply() {
	on_every_path(|_| {
		let mut out = [7; 6];
		scores_i8(&[&[], &[]], &[], &mut out);
		assert_eq!(out, [0; 6]);
		scores_i16(&[&[1, 2], &[3, 4]], &[], &mut []);
		scores_i16(&[], &[], &mut []);
	});
}

#[test]
#[should_panic(expected = "out: 3 values for 2 queries")]
fn tables_of_scores_should_refuse_an_output_when_it_is_not_whole() {
	scores_i8(&[&[1], &[2]], &[1], &mut [0; 3]);
}

proptest! {
	#[test]
	fn scores_should_be_exact(
		bytes in prop::collection::vec(any::<(i8, i8)>(), 0..2000),
		shorts in prop::collection::vec(any::<(i16, i16)>(), 2000),
	) {
		let (a8, b8): (Vec<_>, Vec<_>) = bytes.into_iter().unzip();
		let (a16, b16): (Vec<_>, Vec<_>) = shorts.into_iter().unzip();
		check(&a8, &b8, &a16[..a8.len()], &b16[..a8.len()]);
	}
}

#[test]
#[should_panic(expected = "same length")]
fn tables_of_scores_should_refuse_queries_when_their_lengths_differ() {
	scores_i8(&[&[1, 2], &[1]], &[], &mut []);
}

#[test]
#[should_panic(expected = "rows: 5 values, not 2 rows of 3")]
fn scans_should_refuse_an_index_when_it_has_no_whole_rows() {
	scan_i8(&[1; 3], &[1; 5], &mut [0; 2]);
}
