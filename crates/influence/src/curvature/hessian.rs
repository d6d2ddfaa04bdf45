//! The Hessian of the training loss as a matrix, in two parts.

use super::network::add_rows;
use crate::{Error, Result};
use openledger_models::{
	text_hessian::{add_products, Vectors},
	Model, Progress,
};
use openledger_rows::Dataset;
use std::ops::Range;

/// The most trained parameters whose Hessian is laid out: 8,192, or 512 MiB.
pub const DENSE_LIMIT: usize = 1 << 13;

/// The curvature of a mean loss, `H = G + R`. Matrices are row-major `[coordinates][coordinates]`,
/// in the order of gradient coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Curvature {
	/// `G`, the mean of `Jᵀ C J`: `J` is the Jacobian of a row's logits, `C` the second derivative
	/// of its loss at them. Never negative.
	pub gauss_newton: Vec<f64>,
	/// `R`, the mean of `Σ s_i ∇²z_i`: the loss's gradient `s` at the logits `z` times their own
	/// second derivatives. It vanishes with the loss, and for models that are linear.
	pub residual: Vec<f64>,
}

impl Curvature {
	/// The Hessian, in place of its parts.
	pub fn into_hessian(self) -> Vec<f64> {
		let Self { gauss_newton: mut sum, residual } = self;
		sum.iter_mut().zip(residual).for_each(|(sum, x)| *sum += x);
		sum
	}
}

/// The curvature of the mean cross-entropy loss over `data`, in the parts that Martens 2020 (*New
/// Insights and Perspectives on the Natural Gradient Method*, section 8) tells apart.
/// O(rows · coordinates²) time. Reports rows (`stage` is `curvature`); the same bits for any number
/// of threads.
///
/// For text these are products with unit vectors ([`openledger_transformers::Hessian`]).
///
/// # Errors
/// [`Error::Setting`] beyond [`DENSE_LIMIT`], those of [`Model::gradients`].
pub fn dense_curvature(
	model: &Model,
	data: &Dataset,
	progress: &mut dyn FnMut(Progress),
) -> Result<Curvature> {
	model.check_fits(data)?;
	let n = model.coordinates();
	if n > DENSE_LIMIT {
		let reason = format!(
			"a model of {n} parameters is too large for a dense Hessian, at most {DENSE_LIMIT}"
		);
		return Err(Error::setting("architecture", reason));
	}
	let [mut gauss_newton, mut residual] = [(); 2].map(|()| vec![0.0f64; n * n]);
	let sums = [&mut gauss_newton[..], &mut residual];
	match model.text() {
		Some(text) => add_products(text, data, unit_vectors(model), sums, progress)?,
		None => add_rows(model.network()?, data, sums, progress),
	}
	for matrix in [&mut gauss_newton, &mut residual] {
		mean_of_upper(matrix, n, data.len() as f64)?;
	}
	Ok(Curvature { gauss_newton, residual })
}

/// Divides by `count` and makes symmetric: what lies below the diagonal may not have been summed.
fn mean_of_upper(sum: &mut [f64], n: usize, count: f64) -> Result<()> {
	for i in 0..n {
		for j in i..n {
			let value = sum[i * n + j] / count;
			if !value.is_finite() {
				return Err(Error::NotFinite("a curvature matrix"));
			}
			(sum[i * n + j], sum[j * n + i]) = (value, value);
		}
	}
	Ok(())
}

/// Rows of the identity; products with them are wanted from the first one's own site on.
fn unit_vectors(model: &Model) -> impl Fn(Range<usize>) -> Vectors {
	let (n, sites) = (model.coordinates(), model.sites());
	let owners = sites.iter().enumerate();
	let owners: Vec<usize> =
		owners.flat_map(|(number, site)| std::iter::repeat_n(number, site.coordinates())).collect();
	move |range| {
		let mut vectors = vec![0.0; range.len() * n];
		range.clone().enumerate().for_each(|(row, at)| vectors[row * n + at] = 1.0);
		(vectors, owners.get(range.start).copied().unwrap_or(0))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::{
		testing::{blobs, digits, random_model},
		Activation, Function,
	};

	/// The mean loss gradient with one parameter changed.
	fn gradient(model: &Model, data: &Dataset, coordinate: usize, change: f32) -> Vec<f64> {
		let mut parameters = model.parameters();
		parameters[coordinate] += change;
		let model = model.with_parameters(&parameters).unwrap();
		let gradients = model.gradients(data, 0..data.len(), Function::Loss).unwrap();
		let mut sum = vec![0.0; model.coordinates()];
		(0..data.len()).for_each(|row| gradients.add_row(row, &model.sites(), &mut sum));
		sum.iter().map(|x| x / data.len() as f64).collect()
	}

	#[test]
	fn hessian_should_match_finite_differences_of_gradients() {
		for (widths, activation) in [
			(&[2usize, 3] as &[usize], Activation::Tanh),
			(&[2, 4, 3], Activation::Tanh),
			(&[2, 5, 4, 3], Activation::Tanh),
			(&[2, 5, 4, 3], Activation::Relu),
		] {
			let (model, data) = (random_model(widths, activation, 3), blobs(7, 1));
			let n = model.coordinates();
			let hessian = dense_curvature(&model, &data, &mut |_| ()).unwrap().into_hessian();
			let largest = hessian.iter().fold(0.0f64, |max, x| max.max(x.abs()));
			// Small steps keep ReLU on one side of its kink.
			let step = if activation == Activation::Relu { 1e-4 } else { 3e-3 };
			for i in 0..n {
				let (after, before) =
					(gradient(&model, &data, i, step), gradient(&model, &data, i, -step));
				for j in 0..n {
					let expected = (after[j] - before[j]) / (2.0 * f64::from(step));
					let found = hessian[i * n + j];
					assert!(
						(found - expected).abs() < 5e-3 * largest,
						"{i} {j}: {found} {expected}"
					);
				}
			}
		}
	}

	#[test]
	fn gauss_newton_matrix_should_be_the_mean_over_classes_and_rows() {
		for widths in [&[2usize, 3] as &[usize], &[2, 4, 3], &[2, 5, 4, 3]] {
			let (model, data) = (random_model(widths, Activation::Tanh, 3), blobs(7, 1));
			let (n, sites) = (model.coordinates(), model.sites());
			let found = dense_curvature(&model, &data, &mut |_| ()).unwrap();
			let mut expected = vec![0.0; n * n];
			for class in 0..3 {
				let labelled = data.with_labels(vec![class; 7]).unwrap();
				let gradients = model.gradients(&labelled, 0..7, Function::Loss).unwrap();
				for row in 0..7 {
					let probability = (-gradients.values[row]).exp();
					let gradient = gradients.flat(row, &sites);
					for at in 0..n * n {
						expected[at] += probability * gradient[at / n] * gradient[at % n] / 7.0;
					}
				}
			}
			for (found, expected) in found.gauss_newton.iter().zip(&expected) {
				assert!((found - expected).abs() < 1e-6, "{found} {expected}");
			}
			// Logits of a linear model have no second derivative.
			assert_eq!(widths.len() > 2, found.residual.iter().any(|x| *x != 0.0));
		}
	}

	#[test]
	fn hessian_should_be_the_mean_over_rows_whatever_the_chunks() {
		let model = random_model(&[64, 4, 10], Activation::Tanh, 3);
		let data = digits().select(&(0..300).collect::<Vec<_>>()).unwrap();
		let (first, second) = (
			data.select(&(0..200).collect::<Vec<_>>()).unwrap(),
			data.select(&(200..300).collect::<Vec<_>>()).unwrap(),
		);
		let of =
			|data: &Dataset| dense_curvature(&model, data, &mut |_| ()).unwrap().into_hessian();
		let (all, first, second) = (of(&data), of(&first), of(&second));
		for ((all, first), second) in all.iter().zip(&first).zip(&second) {
			assert!((all - (2.0 * first + second) / 3.0).abs() < 1e-5);
		}
	}

	#[test]
	fn hessian_should_be_refused_when_the_model_is_too_large() {
		let model = random_model(&[64, 120, 10], Activation::Tanh, 3);
		let result = dense_curvature(&model, &digits(), &mut |_| ());
		assert!(matches!(result, Err(Error::Setting { .. })));
	}
}
