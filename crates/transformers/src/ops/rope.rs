//! Rotary position embedding (Su et al. 2021, RoFormer, section 3.2.2).

use crate::tensor::{misfit, Result, Tensor};
use openledger_kernels as kernels;
use std::{f64::consts::FRAC_2_PI, sync::Arc};

/// The rotations of positions `0..positions`. Elements `i` and `i + width / 2` of a head turn by
/// `position · base^(-2 i / width)`.
#[derive(Clone, Debug)]
pub struct Rotation {
	/// The cosine and the sine of each position and pair, `[positions][width / 2]`.
	turns: Arc<Vec<(f32, f32)>>,
	positions: usize,
	half: usize,
}

impl Rotation {
	/// Computes the rotations for heads of `width` elements; `base` is `rope_theta`, which is
	/// positive.
	///
	/// The angles are computed in `f64` with one rounding to `f32` at the end.
	pub fn new(positions: usize, width: usize, base: f64) -> Self {
		let (half, exponent) = (width / 2, kernels::ln(base));
		let rates: Vec<f64> = (0..half)
			.map(|i| kernels::exp(-exponent * (2 * i) as f64 / width.max(1) as f64))
			.collect();
		let turn = |angle: f64| {
			let (sine, cosine) = sine_cosine(angle);
			(cosine as f32, sine as f32)
		};
		let turns = (0..positions)
			.flat_map(|position| rates.iter().map(move |rate| turn(position as f64 * rate)))
			.collect();
		Self { turns: Arc::new(turns), positions, half }
	}

	/// Turns every row of `x` `[heads, positions, width]` by the angle of its position.
	///
	/// # Errors
	/// If `x` has another shape.
	pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
		self.turn(x, false)
	}

	fn turn(&self, x: &Tensor, back: bool) -> Result<Tensor> {
		let Self { turns, positions, half } = self;
		match x.dims() {
			&[_, tokens, width] if tokens == *positions && width == 2 * half => {},
			dims => return misfit("rotation", &[dims, &[*positions, 2 * half]]),
		}
		let mut out = x.values().to_vec();
		let pairs = turns.chunks_exact((*half).max(1)).cycle();
		for (row, turns) in out.chunks_exact_mut((2 * half).max(1)).zip(pairs) {
			let (left, right) = row.split_at_mut(*half);
			for ((x, y), (cosine, sine)) in left.iter_mut().zip(right).zip(turns) {
				let sine = if back { -sine } else { *sine };
				(*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
			}
		}
		let rotation = self.clone();
		Ok(Tensor::derived(x.dims().to_vec(), out, &[x], move |step| {
			Ok(vec![Some(rotation.turn(step.gradient, !back)?)])
		}))
	}
}

/// The sine and the cosine, with the same bits on every machine. The absolute error is below
/// `1e-15` plus `1e-16` times the angle, for angles up to `2^20`.
pub(super) fn sine_cosine(angle: f64) -> (f64, f64) {
	// π / 2 in two parts: the first has 33 bits, so that its product with a quadrant number below
	// 2^20 is exact.
	const HIGH: f64 = 1.570_796_326_734_125_6;
	const LOW: f64 = 6.077_100_506_506_192e-11;
	let quadrant = (angle * FRAC_2_PI).round();
	let rest = (angle - quadrant * HIGH) - quadrant * LOW;
	let square = rest * rest;
	// Taylor series to the 17th and 16th power: on [-π/4, π/4] the next term is below 1e-18.
	let series = |first: u32| {
		let mut sum = 1.0;
		for k in (1..=8u32).rev() {
			let factor = f64::from((2 * k + first) * (2 * k + first - 1));
			sum = 1.0 - square / factor * sum;
		}
		sum
	};
	let (sine, cosine) = (rest * series(1), series(0));
	match (quadrant as i64).rem_euclid(4) {
		0 => (sine, cosine),
		1 => (cosine, -sine),
		2 => (-sine, -cosine),
		_ => (-cosine, sine),
	}
}
