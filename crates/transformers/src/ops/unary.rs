//! Functions of one number, applied to every element.

use crate::tensor::{Result, Tensor};
use openledger_kernels as kernels;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI, FRAC_2_SQRT_PI, PI};

/// The cubic coefficient of GELU's tanh form (Hendrycks and Gimpel 2016, section 2).
const GELU_CUBIC: f64 = 0.044715;

/// A function of one number whose derivative is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
	/// The exponential function `e^x`.
	Exp,
	/// The hyperbolic tangent `tanh x`.
	Tanh,
	/// `1 / (1 + e^-x)`.
	Sigmoid,
	/// The error function `2/√π ∫_0^x e^{-t²} dt`.
	Erf,
	/// `x Φ(x)` with the normal distribution function `Φ` (Hendrycks and Gimpel 2016).
	Gelu,
	/// GELU with `Φ` approximated by tanh (the same, section 2).
	GeluTanh,
	/// `x · sigmoid(x)`, the gate of SwiGLU (Shazeer 2020).
	Silu,
	/// `1 / √x`.
	InverseRoot,
	/// `max(x, 0)`; its derivative at 0 is 0.
	Relu,
}

impl Unary {
	/// Applies the function to every element of `x`, which may have any shape.
	pub fn apply(self, x: &Tensor) -> Tensor {
		Tensor::derived(x.dims().to_vec(), self.evaluate(x.values()), &[x], move |step| {
			let slope = self.slope(&step.arguments[0], step.result)?;
			Ok(vec![Some(step.gradient.mul(&slope)?)])
		})
	}

	/// The derivative at every element of `x`, where the function has the value `y`. It is made of
	/// these operations, so it can be differentiated in its turn.
	fn slope(self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
		match self {
			Self::Exp => Ok(y.clone()),
			Self::Tanh => Ok(y.mul(y)?.affine(-1.0, 1.0)),
			Self::Sigmoid => y.mul(&y.affine(-1.0, 1.0)),
			Self::Erf => {
				Ok(Self::Exp.apply(&x.mul(x)?.affine(-1.0, 0.0)).affine(FRAC_2_SQRT_PI, 0.0))
			},
			Self::Gelu => {
				let below = Self::Erf.apply(&x.affine(FRAC_1_SQRT_2, 0.0)).affine(0.5, 0.5);
				let density = Self::Exp.apply(&x.mul(x)?.affine(-0.5, 0.0));
				below.add(&x.mul(&density)?.affine(1.0 / (2.0 * PI).sqrt(), 0.0))
			},
			Self::GeluTanh => {
				let square = x.mul(x)?;
				let inner = x.mul(&square.affine(GELU_CUBIC, 1.0))?.affine(FRAC_2_PI.sqrt(), 0.0);
				let tanh = Self::Tanh.apply(&inner);
				let rate = square.affine(3.0 * GELU_CUBIC, 1.0).affine(FRAC_2_PI.sqrt(), 0.0);
				let curve = x.mul(&Self::Tanh.slope(&inner, &tanh)?)?.mul(&rate)?;
				tanh.affine(0.5, 0.5).add(&curve.affine(0.5, 0.0))
			},
			Self::Silu => {
				let gate = Self::Sigmoid.apply(x);
				gate.add(&y.mul(&gate.affine(-1.0, 1.0))?)
			},
			Self::InverseRoot => Ok(y.mul(y)?.mul(y)?.affine(-0.5, 0.0)),
			Self::Relu => {
				let step = |x: &f32| if *x > 0.0 { 1.0 } else { 0.0 };
				Tensor::new(x.dims(), x.values().iter().map(step).collect::<Vec<_>>())
			},
		}
	}

	fn evaluate(self, x: &[f32]) -> Vec<f32> {
		let mut y = x.to_vec();
		match self {
			Self::Exp => kernels::exp_slice(&mut y),
			Self::Tanh => kernels::tanh_slice(&mut y),
			Self::Sigmoid => kernels::sigmoid_slice(&mut y),
			Self::Erf => kernels::erf_slice(&mut y),
			Self::Gelu => {
				y.iter_mut().for_each(|y| *y *= FRAC_1_SQRT_2 as f32);
				kernels::erf_slice(&mut y);
				y.iter_mut().zip(x).for_each(|(y, x)| *y = 0.5 * x * (1.0 + *y));
			},
			Self::GeluTanh => {
				let (cubic, factor) = (GELU_CUBIC as f32, FRAC_2_PI.sqrt() as f32);
				y.iter_mut().for_each(|y| *y = factor * (*y * (1.0 + cubic * (*y * *y))));
				kernels::tanh_slice(&mut y);
				y.iter_mut().zip(x).for_each(|(y, x)| *y = 0.5 * x * (1.0 + *y));
			},
			Self::Silu => {
				kernels::sigmoid_slice(&mut y);
				y.iter_mut().zip(x).for_each(|(y, x)| *y *= x);
			},
			Self::InverseRoot => y.iter_mut().for_each(|y| *y = 1.0 / y.sqrt()),
			Self::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
		}
		y
	}
}
