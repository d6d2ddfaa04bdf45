//! Matrix products: every path gives the bits of the portable one, and a row's bits do not depend on
//! the rows beside it.

mod common;

use common::{bits, on_every_path, special_values, values};
use openledger_kernels::{matmul, matmul_nt, matmul_tn};
use proptest::prelude::*;

/// A product with its operands laid out for one of the three forms.
#[derive(Clone, Copy, Debug)]
enum Form {
	Plain,
	RightTransposed,
	LeftTransposed,
}

const FORMS: [Form; 3] = [Form::Plain, Form::RightTransposed, Form::LeftTransposed];

fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
	(0..columns).flat_map(|c| (0..rows).map(move |r| matrix[r * columns + c])).collect()
}

/// The product of row-major `a` and `b` added to `out`, through `form`.
fn product(form: Form, a: &[f32], b: &[f32], out: &[f32], [m, k, n]: [usize; 3]) -> Vec<f32> {
	let mut out = out.to_vec();
	match form {
		Form::Plain => matmul(a, b, &mut out, m, k, n),
		Form::RightTransposed => matmul_nt(a, &transpose(b, k, n), &mut out, m, k, n),
		Form::LeftTransposed => matmul_tn(&transpose(a, m, k), b, &mut out, m, k, n),
	}
	out
}

/// The definition, written down once more.
fn chain(a: &[f32], b: &[f32], out: &[f32], [m, k, n]: [usize; 3]) -> Vec<u32> {
	let one = |i: usize, j: usize| {
		(0..k).fold(out[i * n + j], |sum, l| a[i * k + l].mul_add(b[l * n + j], sum))
	};
	let sums = (0..m).flat_map(|i| (0..n).map(move |j| one(i, j)));
	sums.map(|sum| if sum.is_nan() && k > 0 { 0x7fc0_0000 } else { sum.to_bits() }).collect()
}

fn check(a: &[f32], b: &[f32], out: &[f32], shape: [usize; 3]) {
	let expected = chain(a, b, out, shape);
	on_every_path(|path| {
		for form in FORMS {
			let found = bits(&product(form, a, b, out, shape));
			assert!(found == expected, "{path}, {form:?}, {shape:?}");
		}
	});
}

fn check_shape(shape: [usize; 3], seed: u64) {
	let [m, k, n] = shape;
	let (a, b) = (values(seed, m * k), values(seed + 1, k * n));
	check(&a, &b, &values(seed + 2, m * n), shape);
}

#[test]
fn products_should_have_the_bits_of_the_chain_when_shapes_are_at_the_edges_of_tiles() {
	for m in [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 24, 25] {
		for k in [0, 1, 3, 7, 8, 9, 17] {
			for n in [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 64, 65, 127, 128, 130] {
				check_shape([m, k, n], (m * 10_000 + k * 1000 + n) as u64);
			}
		}
	}
}

#[test]
fn products_should_have_the_bits_of_the_chain_when_shapes_are_at_the_edges_of_blocks() {
	for m in [1, 4, 13, 239, 240, 241] {
		for k in [255, 256, 257, 513] {
			for n in [1, 32, 45] {
				check_shape([m, k, n], (m + k + n) as u64);
			}
		}
	}
}

#[test]
fn products_should_have_the_same_bits_when_values_are_special() {
	let special = special_values();
	for [m, k, n] in [[1, 3, 5], [4, 20, 40], [13, 9, 33], [26, 11, 129]] {
		for shift in 0..special.len() {
			let cycle = |count: usize, step: usize| -> Vec<f32> {
				(0..count).map(|i| special[(i * step + shift) % special.len()]).collect()
			};
			check(&cycle(m * k, 7), &cycle(k * n, 5), &cycle(m * n, 3), [m, k, n]);
		}
	}
}

#[test]
fn products_should_keep_subnormal_numbers() {
	let tiny = f32::from_bits(3);
	on_every_path(|path| {
		for form in FORMS {
			let found = product(form, &[1.0; 4], &[tiny; 4 * 40], &[tiny; 40], [1, 4, 40]);
			assert_eq!(found, [f32::from_bits(15); 40], "{path}, {form:?}");
		}
	});
}

#[test]
fn outputs_should_be_left_alone_when_there_is_nothing_to_add() {
	on_every_path(|_| {
		let quiet = f32::from_bits(0xffc0_1234);
		let mut out = [quiet, 1.5];
		matmul(&[], &[], &mut out, 1, 0, 2);
		assert_eq!(bits(&out), bits(&[quiet, 1.5]));
	});
}

#[test]
fn a_row_should_have_the_same_bits_when_others_are_computed_with_it() {
	for (k, n) in [(300, 70), (64, 257), (33, 10)] {
		let (a, b) = (values(1, 40 * k), values(2, k * n));
		let bias = values(3, n);
		on_every_path(|path| {
			for form in FORMS {
				let alone: Vec<Vec<u32>> = a
					.chunks(k)
					.map(|row| bits(&product(form, row, &b, &bias, [1, k, n])))
					.collect();
				for rows in [2, 3, 5, 8, 12, 13, 15, 40] {
					let out = bias.repeat(rows);
					let batch = product(form, &a[..rows * k], &b, &out, [rows, k, n]);
					for (row, alone) in batch.chunks(n).zip(&alone) {
						assert!(bits(row) == *alone, "{path}, {form:?}, {rows} rows");
					}
				}
			}
		});
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn products_should_have_the_bits_of_the_chain(
		m in 0usize..40, k in 0usize..300, n in 0usize..150, seed in any::<u64>(),
	) {
		check_shape([m, k, n], seed >> 1);
	}
}

#[test]
#[should_panic(expected = "right: 5 values, not 2 x 3")]
fn products_should_refuse_operands_when_their_lengths_do_not_fit() {
	matmul(&[0.0; 2], &[0.0; 5], &mut [0.0; 3], 1, 2, 3);
}
