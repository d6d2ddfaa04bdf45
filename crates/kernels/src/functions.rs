//! Elementary functions whose bits are those of the formulas written here.
//!
//! The formulas have no branches, so that the loops of [`paths`] compile to vector instructions.
//! Polynomials are least-maximum fits (Remez's exchange at 40 digits, coefficients rounded one
//! after the other). Their errors are measured over all or densely spaced arguments by the tests.

pub(crate) mod paths;

use crate::path::kernels;

/// The one of the many NaN that every result without a number becomes, the same on all machines.
pub(crate) const NAN: f32 = f32::from_bits(0x7fc0_0000);
const NAN_F64: f64 = f64::from_bits(0x7ff8 << 48);

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

/// `e^x` in double precision; relative error below `1e-14`.
///
/// Arguments beyond ±700 are clamped, so the result is finite, positive and normal. NaN stays NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
	// Adding and subtracting 1.5 · 2^52 rounds to the nearest integer, which the low bits then hold.
	const ROUNDER: f64 = 6_755_399_441_055_744.0;
	// ln 2 in two parts: the first has trailing zero bits, so that its product with `power` is
	// exact.
	const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
	const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
	let clamped = between(x, -700.0, 700.0);
	let rounded = clamped * std::f64::consts::LOG2_E + ROUNDER;
	let power = rounded - ROUNDER;
	let rest = (clamped - power * LN_2_HIGH) - power * LN_2_LOW;
	let polynomial = INVERSE_FACTORIALS.iter().fold(0.0, |sum, factor| sum * rest + factor);
	let scale = f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52);
	if x.is_nan() {
		NAN_F64
	} else {
		polynomial * scale
	}
}

#[inline(always)]
fn between(x: f64, low: f64, high: f64) -> f64 {
	let x = if x < low { low } else { x };
	if x > high {
		high
	} else {
		x
	}
}

/// The natural logarithm in double precision; absolute error below `1e-15` plus the rounding of the
/// result. Zero gives negative infinity, negative numbers NaN.
pub fn ln(x: f64) -> f64 {
	if x.is_nan() || x < 0.0 {
		return NAN_F64;
	}
	if x == 0.0 {
		return f64::NEG_INFINITY;
	}
	if x == f64::INFINITY {
		return x;
	}
	// Subnormal numbers are brought into the normal range first.
	const TWO_54: f64 = 18_014_398_509_481_984.0;
	let (x, raised) = if x < f64::MIN_POSITIVE { (x * TWO_54, 54) } else { (x, 0) };
	let bits = x.to_bits();
	let mut power = ((bits >> 52) & 0x7ff) as i64 - 1023 - raised;
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

/// `e^x`; within 0.91 units in the last place. Overflows to infinity, underflows gradually to zero.
///
/// `e^x = 2^n e^r` with `n` the integer nearest to `x / ln 2` (Cody and Waite, Software Manual for
/// the Elementary Functions, 1980, chapter 6), and a polynomial for `e^r`.
#[inline(always)]
pub fn exp_f32(x: f32) -> f32 {
	// 1.5 · 2^23, as in `exp`.
	const ROUNDER: f32 = 12_582_912.0;
	const LN_2_LOW: f32 = -1.904_654_3e-9;
	// Beyond these the result is infinite or zero anyway.
	let clamped = if x < -104.0 { -104.0 } else { x };
	let clamped = if clamped > 89.0 { 89.0 } else { clamped };
	let rounded = clamped.mul_add(std::f32::consts::LOG2_E, ROUNDER);
	let power = rounded - ROUNDER;
	let rest = power.mul_add(-std::f32::consts::LN_2, clamped);
	let rest = power.mul_add(-LN_2_LOW, rest);
	let polynomial =
		horner(rest, [0.001_403_605_1, 0.008_372_286, 0.041_665_55, 0.166_664_88, 0.5, 1.0, 1.0]);
	// In two steps, since 2^n alone may be beyond the range; the first is exact.
	let n = (rounded.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32);
	let half = n >> 1;
	let result = polynomial * power_of_two(half) * power_of_two(n.wrapping_sub(half));
	if x.is_nan() {
		NAN
	} else {
		result
	}
}

/// `2^n`, for results in the normal range.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
	f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// The value at `x` of the polynomial with these coefficients, that of the highest power first.
#[inline(always)]
fn horner<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
	let mut sum = coefficients[0];
	for coefficient in &coefficients[1..] {
		sum = sum.mul_add(x, *coefficient);
	}
	sum
}

/// `tanh x`; nearly always the nearest number, and within 0.501 units in the last place.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
	let magnitude = f64::from(x.abs());
	let decay = exp(-2.0 * magnitude);
	let value = ((1.0 - decay) / (1.0 + decay)) as f32;
	let signed = if x < 0.0 { -value } else { value };
	// Below this the cubic term is under half a unit in the last place.
	let result = if magnitude < 1e-4 { x } else { signed };
	if x.is_nan() {
		NAN
	} else {
		result
	}
}

/// The error function `2/√π ∫_0^x e^{-t²} dt`; within 1.1 units in the last place.
///
/// `x + x P(x²)` up to 1, and `1 - e^{Q(x)}` above, `Q` being fitted to `ln erfc`.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
	let magnitude = x.abs();
	let square = x * x;
	let near = horner(
		square,
		[
			7.806_904e-5,
			-0.000_799_785_3,
			0.005_187_162,
			-0.026_853_347,
			0.112_835_79,
			-0.376_126_26,
			0.128_379_17,
		],
	);
	let near = near.mul_add(x, x);
	// From 3.84 on the result rounds to 1.
	let clamped = if magnitude > 4.0 { 4.0 } else { magnitude };
	let far = horner(
		clamped,
		[
			0.000_185_574_9,
			-0.002_939_615_4,
			0.021_805_342,
			-0.103_037_395,
			-0.638_225_7,
			-1.127_04,
			-0.000_353_719_4,
		],
	);
	let far = 1.0 - exp_f32(far);
	let far = if x < 0.0 { -far } else { far };
	let result = if magnitude < 1.0 { near } else { far };
	if x.is_nan() {
		NAN
	} else {
		result
	}
}

/// `1 / (1 + e^-x)`; within 2.5 units in the last place.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
	// The power of a negative number, so that nothing overflows and small results keep all digits.
	let power = exp_f32(-x.abs());
	let result = (if x < 0.0 { power } else { 1.0 }) / (1.0 + power);
	if x.is_nan() {
		NAN
	} else {
		result
	}
}

/// Replaces every value by its [`exp_f32`].
pub fn exp_slice(values: &mut [f32]) {
	(kernels().exp)(values);
}

/// Replaces every value by its [`tanh`].
pub fn tanh_slice(values: &mut [f32]) {
	(kernels().tanh)(values);
}

/// Replaces every value by its [`erf`].
pub fn erf_slice(values: &mut [f32]) {
	(kernels().erf)(values);
}

/// Replaces every value by its [`sigmoid`].
pub fn sigmoid_slice(values: &mut [f32]) {
	(kernels().sigmoid)(values);
}

/// Replaces a row of logits by its softmax: [`exp_f32`] of the differences from the largest, divided
/// by their sum, which is taken in order and in double precision.
///
/// Logits of negative infinity get zero. A row with a NaN or a positive infinity, or with nothing
/// but negative infinities, has no softmax: all its values become NaN.
pub fn softmax(row: &mut [f32]) {
	(kernels().softmax)(row);
}

/// `ln Σ_k e^{logits[k]}` over all classes but `skip`, summed in order of the classes in double
/// precision.
///
/// With `skip = None` this is the softmax's normaliser. Returns negative infinity when nothing is
/// left to sum.
pub fn log_sum_exp(logits: &[f32], skip: Option<usize>) -> f64 {
	let kept =
		|| logits.iter().enumerate().filter(|(k, _)| Some(*k) != skip).map(|(_, z)| f64::from(*z));
	let maximum = kept().fold(f64::NEG_INFINITY, f64::max);
	if maximum.is_infinite() {
		return if kept().any(f64::is_nan) { NAN_F64 } else { maximum };
	}
	let total: f64 = kept().map(|z| exp(z - maximum)).sum();
	maximum + ln(total)
}
