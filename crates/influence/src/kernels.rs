//! Fixed-order arithmetic for everything that enters an answer or a sketch.
//!
//! A host, an attester and an auditor must compute the same bits. So each function here adds its
//! terms in one fixed order whatever the number of rows, threads or vector lanes, and uses only
//! `+`, `-`, `*`, `/` and comparisons, which IEEE 754 defines to the last bit. Nothing calls the
//! platform's mathematical library. Inner loops run over independent outputs, which compilers
//! vectorise without changing any sum.

/// `out[j] += Σ_k coefficients[k] · matrix[k][j]`, the terms added in the order of `k`.
///
/// `matrix` is row-major with one row of `out.len()` values per coefficient. With the transposed
/// weights of a linear layer this is its forward pass, with the weights themselves the backward
/// pass, and with an eigenvector matrix (eigenvectors in columns) the rotation into the eigenbasis.
pub fn accumulate_rows(coefficients: &[f32], matrix: &[f32], out: &mut [f32]) {
	debug_assert_eq!(matrix.len(), coefficients.len() * out.len());
	for (coefficient, row) in coefficients.iter().zip(matrix.chunks_exact(out.len().max(1))) {
		for (sum, value) in out.iter_mut().zip(row) {
			*sum += coefficient * value;
		}
	}
}

/// `sum[o][i] += left[o] · right[i]`: adds one sample's gradient of a linear layer (`left` the
/// gradient at its output, `right` its input) to a row-major `[left.len()][right.len()]` sum.
pub fn accumulate_outer(left: &[f32], right: &[f32], sum: &mut [f64]) {
	debug_assert_eq!(sum.len(), left.len() * right.len());
	for (value, row) in left.iter().zip(sum.chunks_exact_mut(right.len().max(1))) {
		for (total, other) in row.iter_mut().zip(right) {
			*total += f64::from(*value) * f64::from(*other);
		}
	}
}

/// The row-major transpose of a row-major `[rows][columns]` matrix.
pub fn transpose(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
	let mut out = vec![0.0; matrix.len()];
	for (r, row) in matrix.chunks_exact(columns.max(1)).enumerate() {
		for (c, value) in row.iter().enumerate() {
			out[c * rows + r] = *value;
		}
	}
	out
}

/// Inverse factorials `1/k!` for `k` from 13 down to 0: the Taylor polynomial of `exp` on `[-ln 2 /
/// 2, ln 2 / 2]` with a truncation error below `1e-17`.
const INVERSE_FACTORIALS: [f64; 14] = [
	1.0 / 6_227_020_800.0,
	1.0 / 479_001_600.0,
	1.0 / 39_916_800.0,
	1.0 / 3_628_800.0,
	1.0 / 362_880.0,
	1.0 / 40_320.0,
	1.0 / 5_040.0,
	1.0 / 720.0,
	1.0 / 120.0,
	1.0 / 24.0,
	1.0 / 6.0,
	0.5,
	1.0,
	1.0,
];

/// `e^x`, the same bits on every machine; relative error below `1e-14`.
///
/// Arguments beyond ±700 are clamped, so the result is finite, positive and normal. NaN stays NaN.
pub fn exp(x: f64) -> f64 {
	if x.is_nan() {
		return x;
	}
	let x = x.clamp(-700.0, 700.0);
	// Adding and subtracting 1.5 · 2^52 rounds to the nearest integer.
	const ROUNDER: f64 = 6_755_399_441_055_744.0;
	let power = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
	// ln 2 in two parts: the first has trailing zero bits, so that its product with `power` is
	// exact.
	const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
	const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
	let rest = (x - power * LN_2_HIGH) - power * LN_2_LOW;
	let polynomial = INVERSE_FACTORIALS.iter().fold(0.0, |sum, factor| sum * rest + factor);
	let scale = f64::from_bits(((power as i64 + 1023) as u64) << 52);
	polynomial * scale
}

/// `tanh x`, the same bits on every machine; within one unit in the last place.
pub fn tanh(x: f32) -> f32 {
	let magnitude = f64::from(x.abs());
	// Below this the cubic term is under half a unit in the last place.
	if magnitude < 1e-4 {
		return x;
	}
	let decay = exp(-2.0 * magnitude);
	let value = ((1.0 - decay) / (1.0 + decay)) as f32;
	if x < 0.0 {
		-value
	} else {
		value
	}
}

/// The natural logarithm of a positive, finite, normal number, the same bits on every machine;
/// absolute error below `1e-15` plus the rounding of the result.
pub fn ln(x: f64) -> f64 {
	let bits = x.to_bits();
	let mut power = ((bits >> 52) & 0x7ff) as i64 - 1023;
	let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
	if mantissa > std::f64::consts::SQRT_2 {
		mantissa *= 0.5;
		power += 1;
	}
	// ln m = 2 artanh((m - 1) / (m + 1)), and the argument is at most 0.1716.
	let ratio = (mantissa - 1.0) / (mantissa + 1.0);
	let square = ratio * ratio;
	let mut series = 0.0;
	for k in (0..12).rev() {
		series = series * square + 1.0 / f64::from(2 * k + 1);
	}
	2.0 * ratio * series + power as f64 * std::f64::consts::LN_2
}

/// `softmax(logits)`, summed in order of the classes.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
	let maximum = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
	let powers: Vec<f64> = logits.iter().map(|z| exp(f64::from(*z) - f64::from(maximum))).collect();
	let total: f64 = powers.iter().sum();
	powers.iter().map(|power| (power / total) as f32).collect()
}

/// `ln Σ_k e^{logits[k]}` over all classes but `skip`, summed in order of the classes.
///
/// With `skip = None` this is the softmax's normaliser. Returns negative infinity when nothing is
/// left to sum.
pub fn log_sum_exp(logits: &[f32], skip: Option<usize>) -> f64 {
	let kept =
		|| logits.iter().enumerate().filter(|(k, _)| Some(*k) != skip).map(|(_, z)| f64::from(*z));
	let maximum = kept().fold(f64::NEG_INFINITY, f64::max);
	if maximum == f64::NEG_INFINITY {
		return maximum;
	}
	let total: f64 = kept().map(|z| exp(z - maximum)).sum();
	maximum + ln(total)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn exp_should_match_the_standard_library_when_in_range(x in -690.0f64..690.0) {
			prop_assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13);
		}

		#[test]
		fn tanh_should_match_the_standard_library(x in -20.0f32..20.0) {
			let expected = f64::from(x).tanh();
			prop_assert!((f64::from(tanh(x)) - expected).abs() <= expected.abs() * 1.3e-7);
		}

		#[test]
		fn ln_should_match_the_standard_library(x in 1e-300f64..1e300, small in 0.5f64..2.0) {
			prop_assert!((ln(x) - x.ln()).abs() < 1e-12);
			prop_assert!((ln(small) - small.ln()).abs() < 1e-15);
		}

		#[test]
		fn softmax_should_sum_to_one_when_logits_are_large(logits in prop::collection::vec(-500.0f32..500.0, 1..12)) {
			let probabilities = softmax(&logits);
			prop_assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
			prop_assert!(probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
		}

		#[test]
		fn accumulate_rows_should_give_a_row_the_same_bits_when_more_columns_are_present(
			coefficients in prop::collection::vec(-2.0f32..2.0, 7),
			matrix in prop::collection::vec(-2.0f32..2.0, 7 * 13),
		) {
			let mut wide = vec![0.0; 13];
			accumulate_rows(&coefficients, &matrix, &mut wide);
			for (column, value) in wide.iter().enumerate() {
				let single: Vec<f32> = (0..7).map(|k| matrix[k * 13 + column]).collect();
				let mut narrow = [0.0];
				accumulate_rows(&coefficients, &single, &mut narrow);
				prop_assert_eq!(narrow[0].to_bits(), value.to_bits());
			}
		}
	}

	#[test]
	fn exp_should_stay_finite_when_the_argument_is_extreme() {
		assert!(exp(f64::INFINITY).is_finite());
		assert!(exp(f64::NEG_INFINITY) > 0.0);
		assert!(exp(f64::NAN).is_nan());
		assert_eq!(exp(0.0), 1.0);
	}

	#[test]
	fn tanh_should_saturate_and_keep_signs() {
		assert_eq!(tanh(100.0), 1.0);
		assert_eq!(tanh(-100.0), -1.0);
		assert_eq!(tanh(0.0), 0.0);
		assert!(tanh(f32::NAN).is_nan());
	}

	#[test]
	fn log_sum_exp_should_leave_out_the_skipped_class() {
		let all = log_sum_exp(&[1.0, 2.0, 3.0], None);
		let rest = log_sum_exp(&[1.0, 2.0, 3.0], Some(2));
		assert!((all - (1f64.exp() + 2f64.exp() + 3f64.exp()).ln()).abs() < 1e-14);
		assert!((rest - (1f64.exp() + 2f64.exp()).ln()).abs() < 1e-14);
		assert_eq!(log_sum_exp(&[1.0], Some(0)), f64::NEG_INFINITY);
	}

	#[test]
	fn transpose_should_undo_itself() {
		let matrix = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
		assert_eq!(transpose(&matrix, 2, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
		assert_eq!(transpose(&transpose(&matrix, 2, 3), 3, 2), matrix);
	}
}
