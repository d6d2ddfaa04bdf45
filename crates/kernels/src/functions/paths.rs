//! The loops over slices, compiled once for each path.

use super::{erf, exp_f32, sigmoid, tanh, NAN};

#[inline(always)]
fn each(values: &mut [f32], function: impl Fn(f32) -> f32) {
	for value in values {
		*value = function(*value);
	}
}

#[inline(always)]
fn softmax(row: &mut [f32]) {
	let maximum = maximum(row);
	each(row, |logit| exp_f32(logit - maximum));
	let total = row.iter().fold(0.0, |sum, power| sum + f64::from(*power)) as f32;
	each(row, |power| {
		let share = power / total;
		if share.is_nan() {
			NAN
		} else {
			share
		}
	});
}

/// The largest number, NaN left out. The order of comparisons matters only to the sign of a zero,
/// which does not matter to [`softmax`].
#[inline(always)]
fn maximum(values: &[f32]) -> f32 {
	let larger = |a: f32, b: f32| if b > a { b } else { a };
	let mut lanes = [f32::NEG_INFINITY; 16];
	let chunks = values.chunks_exact(16);
	let rest = chunks.remainder().iter().fold(f32::NEG_INFINITY, |a, b| larger(a, *b));
	for chunk in chunks {
		for (lane, value) in lanes.iter_mut().zip(chunk) {
			*lane = larger(*lane, *value);
		}
	}
	lanes.into_iter().fold(rest, larger)
}

pub(crate) mod portable {
	pub(crate) fn exp(values: &mut [f32]) {
		super::each(values, super::exp_f32);
	}

	pub(crate) fn tanh(values: &mut [f32]) {
		super::each(values, super::tanh);
	}

	pub(crate) fn erf(values: &mut [f32]) {
		super::each(values, super::erf);
	}

	pub(crate) fn sigmoid(values: &mut [f32]) {
		super::each(values, super::sigmoid);
	}

	pub(crate) fn softmax(values: &mut [f32]) {
		super::softmax(values);
	}
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
	pub(crate) fn exp(values: &mut [f32]) {
		#[target_feature(enable = "avx2,fma")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::exp_f32);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn tanh(values: &mut [f32]) {
		#[target_feature(enable = "avx2,fma")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::tanh);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn erf(values: &mut [f32]) {
		#[target_feature(enable = "avx2,fma")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::erf);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn sigmoid(values: &mut [f32]) {
		#[target_feature(enable = "avx2,fma")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::sigmoid);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn softmax(values: &mut [f32]) {
		#[target_feature(enable = "avx2,fma")]
		fn enabled(values: &mut [f32]) {
			super::softmax(values);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512 {
	pub(crate) fn exp(values: &mut [f32]) {
		#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::exp_f32);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn tanh(values: &mut [f32]) {
		#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::tanh);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn erf(values: &mut [f32]) {
		#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::erf);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn sigmoid(values: &mut [f32]) {
		#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::sigmoid);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn softmax(values: &mut [f32]) {
		#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
		fn enabled(values: &mut [f32]) {
			super::softmax(values);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}
}

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon {
	pub(crate) fn exp(values: &mut [f32]) {
		#[target_feature(enable = "neon")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::exp_f32);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn tanh(values: &mut [f32]) {
		#[target_feature(enable = "neon")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::tanh);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn erf(values: &mut [f32]) {
		#[target_feature(enable = "neon")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::erf);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn sigmoid(values: &mut [f32]) {
		#[target_feature(enable = "neon")]
		fn enabled(values: &mut [f32]) {
			super::each(values, super::sigmoid);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}

	pub(crate) fn softmax(values: &mut [f32]) {
		#[target_feature(enable = "neon")]
		fn enabled(values: &mut [f32]) {
			super::softmax(values);
		}
		// SAFETY: handed out where these instructions were detected.
		unsafe { enabled(values) }
	}
}
