//! Elementary functions: errors against double precision, ends of the ranges, and the same bits on
//! every path.

mod common;

use common::{bits, on_every_path, special_values, values};
use openledger_kernels::{
	erf, erf_slice, exp, exp_f32, exp_slice, ln, log_sum_exp, sigmoid, sigmoid_slice, softmax,
	tanh, tanh_slice,
};
use proptest::prelude::*;

type Single = fn(f32) -> f32;
type Slice = fn(&mut [f32]);

const FUNCTIONS: [(&str, Single, Slice); 4] = [
	("exp", exp_f32, exp_slice),
	("tanh", tanh, tanh_slice),
	("erf", erf, erf_slice),
	("sigmoid", sigmoid, sigmoid_slice),
];

/// The error in units in the last place of the exact result.
fn error(found: f32, exact: f64) -> f64 {
	let magnitude = (exact.abs() as f32).clamp(f32::MIN_POSITIVE, f32::MAX);
	let unit = f64::from(f32::from_bits(magnitude.to_bits() & 0x7f80_0000)) / f64::from(1u32 << 23);
	(f64::from(found) - exact).abs() / unit
}

/// Numbers of both signs, spaced evenly among all finite ones up to `limit`.
fn spaced(limit: f32) -> impl Iterator<Item = f32> {
	(0..=limit.to_bits()).step_by(1009).map(f32::from_bits).flat_map(|x| [x, -x])
}

fn largest_error(function: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, limit: f32) -> f64 {
	spaced(limit).map(|x| error(function(x), exact(f64::from(x)))).fold(0.0, f64::max)
}

/// The error function by its series of positive terms (Abramowitz and Stegun, 7.1.6).
fn erf_series(x: f64) -> f64 {
	let (mut term, mut sum) = (x, x);
	for n in 1..200 {
		term *= 2.0 * x * x / f64::from(2 * n + 1);
		sum += term;
		if term.abs() <= sum.abs() * 1e-17 {
			break;
		}
	}
	std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[test]
fn exp_f32_should_be_within_one_unit_in_the_last_place() {
	// Up to the largest finite result.
	let found = largest_error(
		|x| exp_f32(x.min(88.722_83)),
		|x| x.min(f64::from(88.722_83f32)).exp(),
		110.0,
	);
	assert!(found < 1.0, "{found}");
}

#[test]
fn tanh_should_be_within_one_unit_in_the_last_place() {
	let found = largest_error(tanh, f64::tanh, 30.0);
	assert!(found < 1.0, "{found}");
}

#[test]
fn erf_should_be_within_one_and_a_tenth_units_in_the_last_place() {
	let found = largest_error(erf, erf_series, 5.0);
	assert!(found < 1.1, "{found}");
}

#[test]
fn sigmoid_should_be_within_two_and_a_half_units_in_the_last_place() {
	let found = largest_error(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 110.0);
	assert!(found < 2.5, "{found}");
}

#[test]
fn functions_should_reach_their_limits_when_arguments_are_extreme() {
	assert_eq!(exp_f32(88.722_84), f32::INFINITY);
	assert_eq!(exp_f32(f32::INFINITY), f32::INFINITY);
	assert_eq!(exp_f32(-103.0), f32::from_bits(1));
	assert_eq!(exp_f32(-104.0), 0.0);
	assert_eq!(exp_f32(f32::NEG_INFINITY), 0.0);
	assert_eq!(exp_f32(0.0), 1.0);
	for function in [tanh, erf] {
		assert_eq!(function(f32::INFINITY), 1.0);
		assert_eq!(function(f32::NEG_INFINITY), -1.0);
		assert_eq!(function(-0.0).to_bits(), (-0.0f32).to_bits());
	}
	assert_eq!(tanh(f32::from_bits(1)), f32::from_bits(1));
	assert_eq!(erf(f32::from_bits(100)), f32::from_bits(113));
	assert_eq!(sigmoid(f32::INFINITY), 1.0);
	assert_eq!(sigmoid(f32::NEG_INFINITY), 0.0);
	assert_eq!(sigmoid(0.0), 0.5);
	assert!(sigmoid(-100.0) > 0.0);
}

#[test]
fn functions_should_return_the_one_nan_when_given_any() {
	for nan in [0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xff81_2345].map(f32::from_bits) {
		for (name, function, _) in FUNCTIONS {
			assert_eq!(function(nan).to_bits(), 0x7fc0_0000, "{name}");
		}
	}
	assert_eq!(exp(-f64::NAN).to_bits(), 0x7ff8 << 48);
	assert_eq!(ln(-1.0).to_bits(), 0x7ff8 << 48);
}

#[test]
fn slices_should_have_the_bits_of_the_single_function() {
	let mut input: Vec<f32> = spaced(f32::INFINITY).step_by(101).collect();
	input.extend(special_values());
	on_every_path(|path| {
		for (name, function, slice) in FUNCTIONS {
			for length in (0..70).chain([input.len()]) {
				let expected: Vec<f32> = input[..length].iter().map(|x| function(*x)).collect();
				let mut found = input[..length].to_vec();
				slice(&mut found);
				assert!(bits(&found) == bits(&expected), "{path}, {name}, {length} values");
			}
		}
	});
}

#[test]
fn exp_should_stay_finite_when_the_argument_is_extreme() {
	assert!(exp(f64::INFINITY).is_finite());
	assert!(exp(f64::NEG_INFINITY) > 0.0);
	assert_eq!(exp(0.0), 1.0);
}

#[test]
fn ln_should_have_its_limits_and_read_subnormal_numbers() {
	assert_eq!(ln(0.0), f64::NEG_INFINITY);
	assert_eq!(ln(f64::INFINITY), f64::INFINITY);
	assert_eq!(ln(1.0), 0.0);
	assert!((ln(f64::from_bits(1)) - f64::from_bits(1).ln()).abs() < 1e-12);
}

#[test]
fn softmax_should_have_the_same_bits_on_every_path() {
	for length in (0..70).chain([1000]) {
		let row: Vec<f32> = values(length as u64, length).iter().map(|x| x * 20.0).collect();
		let mut expected = None;
		on_every_path(|path| {
			let mut found = row.clone();
			softmax(&mut found);
			let found = bits(&found);
			assert_eq!(*expected.get_or_insert(found.clone()), found, "{path}, {length} logits");
		});
	}
}

#[test]
fn softmax_should_be_exp_divided_by_the_sum_in_order() {
	let row = [0.5f32, -1.0, 3.0, 2.5];
	let powers = row.map(|x| exp_f32(x - 3.0));
	let total = powers.iter().fold(0.0, |sum, power| sum + f64::from(*power)) as f32;
	on_every_path(|_| {
		let mut found = row;
		softmax(&mut found);
		assert_eq!(bits(&found), bits(&powers.map(|power| power / total)));
	});
}

#[test]
fn softmax_should_leave_out_masked_logits_and_refuse_rows_without_any() {
	on_every_path(|_| {
		let mut row = [f32::NEG_INFINITY, 1.0, 1.0, f32::NEG_INFINITY];
		softmax(&mut row);
		assert_eq!(row, [0.0, 0.5, 0.5, 0.0]);
		let rows = [[f32::NEG_INFINITY; 20], [f32::INFINITY; 20], [-f32::NAN; 20]];
		for mut row in rows {
			softmax(&mut row);
			assert_eq!(bits(&row), [0x7fc0_0000; 20]);
		}
		let mut row = [1.0; 33];
		row[7] = f32::NAN;
		softmax(&mut row);
		assert_eq!(bits(&row), [0x7fc0_0000; 33]);
	});
}

#[test]
fn log_sum_exp_should_leave_out_the_skipped_class() {
	let all = log_sum_exp(&[1.0, 2.0, 3.0], None);
	let rest = log_sum_exp(&[1.0, 2.0, 3.0], Some(2));
	assert!((all - (1f64.exp() + 2f64.exp() + 3f64.exp()).ln()).abs() < 1e-14);
	assert!((rest - (1f64.exp() + 2f64.exp()).ln()).abs() < 1e-14);
	assert_eq!(log_sum_exp(&[1.0], Some(0)), f64::NEG_INFINITY);
	assert_eq!(log_sum_exp(&[f32::INFINITY, 0.0], None), f64::INFINITY);
	assert!(log_sum_exp(&[f32::INFINITY, f32::NAN], None).is_nan());
	assert!(log_sum_exp(&[0.0, f32::NAN], None).is_nan());
}

proptest! {
	#[test]
	fn exp_should_match_the_standard_library_when_in_range(x in -690.0f64..690.0) {
		prop_assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14);
	}

	#[test]
	fn ln_should_match_the_standard_library(x in 1e-300f64..1e300, small in 0.5f64..2.0) {
		prop_assert!((ln(x) - x.ln()).abs() < 2.5e-13);
		prop_assert!((ln(small) - small.ln()).abs() < 1e-15);
	}

	#[test]
	fn softmax_should_sum_to_one_when_logits_are_large(
		mut row in prop::collection::vec(-500.0f32..500.0, 1..40),
	) {
		softmax(&mut row);
		prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
		prop_assert!(row.iter().all(|p| (0.0..=1.0).contains(p)));
	}
}
