//! One number for all kernels on fixed inputs: the same on every path and every architecture.

mod common;

use common::{on_every_path, random, special_values, values};
use openledger_kernels::*;

const GOLDEN: u64 = 0x4a1a_1239_bdf6_43aa;

/// FNV-1a, 64 bits.
struct Checksum(u64);

impl Checksum {
	fn add(&mut self, bits: u64) {
		for byte in bits.to_le_bytes() {
			self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
		}
	}

	fn add_all(&mut self, values: &[f32]) {
		values.iter().for_each(|value| self.add(u64::from(value.to_bits())));
	}
}

fn products(sum: &mut Checksum) {
	let special = special_values();
	for [m, k, n] in [[1, 300, 130], [4, 70, 97], [8, 33, 48], [13, 140, 50], [250, 9, 5]] {
		let (a, b) = (values(m as u64, m * k), values(k as u64, k * n));
		let odd = |count: usize| -> Vec<f32> {
			(0..count).map(|i| special[i * 7 % special.len()]).collect()
		};
		for form in [matmul, matmul_nt, matmul_tn] {
			for (a, b) in [(&a, &b), (&odd(m * k), &b)] {
				let mut out = values(n as u64, m * n);
				form(a, b, &mut out, m, k, n);
				sum.add_all(&out);
			}
		}
	}
}

fn functions(sum: &mut Checksum) {
	let mut next = random(1);
	let mut input: Vec<f32> = (0..20_000).map(|_| f32::from_bits(next() as u32)).collect();
	input.extend(values(2, 20_000).iter().map(|x| x * 12.0));
	for function in [exp_slice, tanh_slice, erf_slice, sigmoid_slice] {
		let mut output = input.clone();
		function(&mut output);
		sum.add_all(&output);
	}
	for length in [1, 10, 16, 100, 1000] {
		let mut row: Vec<f32> = values(3, length).iter().map(|x| x * 30.0).collect();
		sum.add(log_sum_exp(&row, Some(3)).to_bits());
		softmax(&mut row);
		sum.add_all(&row);
	}
	for x in values(4, 5000) {
		sum.add(exp(f64::from(x) * 720.0).to_bits());
		sum.add(ln(f64::from(x) * 1e3).to_bits());
	}
}

fn scores(sum: &mut Checksum) {
	let mut next = random(5);
	let bytes: Vec<i8> = (0..9000).map(|_| next() as i8).collect();
	let shorts: Vec<i16> = (0..9000).map(|_| next() as i16).collect();
	let widened: Vec<i16> = bytes.iter().map(|byte| i16::from(*byte)).collect();
	for length in [0, 7, 64, 1000, 9000] {
		let mut products = [[0]; 3];
		scan_i8(&bytes[..length], &bytes[9000 - length..], &mut products[0]);
		scan_i16(&shorts[..length], &shorts[9000 - length..], &mut products[1]);
		scan_i16(&widened[..length], &shorts[9000 - length..], &mut products[2]);
		products.iter().for_each(|[product]| sum.add(*product as u64));
	}
	let mut out = [0; 9];
	scan_i8(&bytes[..1000], &bytes, &mut out);
	out.iter().for_each(|score| sum.add(*score as u64));
	scan_i16(&shorts[..1000], &shorts, &mut out);
	out.iter().for_each(|score| sum.add(*score as u64));
}

#[test]
fn all_kernels_should_give_the_golden_checksum() {
	on_every_path(|path| {
		let mut sum = Checksum(0xcbf2_9ce4_8422_2325);
		products(&mut sum);
		functions(&mut sum);
		scores(&mut sum);
		println!("{}, {path}: {:#018x}", std::env::consts::ARCH, sum.0);
		assert_eq!(sum.0, GOLDEN, "{path}: {:#018x}", sum.0);
	});
}
