//! Second moments over the training rows of gradients that belong to the Fisher information.

use crate::{basis::rotate, LayerBasis, Result};
use openledger_kernels::matmul_tn;
use openledger_models::{batches_of, Function, Gradients, Matrix, Model};
use openledger_rows::Dataset;

/// Rows summed in single precision before they are added to the result.
const CHUNK: usize = 64;

/// Per site the sums of `a aᵀ` over tokens, `[columns][columns]`, and of `δ δᵀ` over tokens and all
/// gradients of a row, `[outputs][outputs]`.
///
/// # Errors
/// Those of [`Model::gradients`].
pub(crate) fn factor_moments(
	model: &Model,
	data: &Dataset,
	function: Function,
) -> Result<Vec<(Matrix<f64>, Matrix<f64>)>> {
	let square = |n: usize| Matrix::zeros(n, n);
	let sites = model.sites();
	let mut sums: Vec<_> =
		sites.iter().map(|site| (square(site.columns()), square(site.outputs))).collect();
	let grams = |_, gradients: Gradients| {
		let gram = |x: &Matrix<f32>| x.transposed_product(x);
		let sites = gradients.sites.iter();
		Ok(sites.map(|site| (gram(&site.inputs), gram(&site.deltas))).collect::<Vec<_>>())
	};
	for batch in batches_of(CHUNK, model, data, function, grams) {
		for ((inputs, deltas), (batch_inputs, batch_deltas)) in sums.iter_mut().zip(&batch?.1) {
			add(inputs.values_mut(), batch_inputs.values());
			add(deltas.values_mut(), batch_deltas.values());
		}
	}
	Ok(sums)
}

/// Per site the mean over rows of the sum over a row's gradients of each coordinate's square in the
/// basis, `[outputs][columns]`.
///
/// # Errors
/// Those of [`Model::gradients`].
pub(crate) fn coordinate_moments(
	model: &Model,
	basis: &[LayerBasis],
	data: &Dataset,
	function: Function,
) -> Result<Vec<Vec<f64>>> {
	let mut sums: Vec<Vec<f64>> =
		basis.iter().map(|layer| vec![0.0; layer.coordinates()]).collect();
	for batch in squares(model, basis, data, function) {
		sums.iter_mut().zip(&batch?).for_each(|(sum, batch)| add(sum, batch.values()));
	}
	sums.iter_mut().flatten().for_each(|x| *x /= data.len() as f64);
	Ok(sums)
}

/// For every [`CHUNK`] rows, in order, the sums over all these rows' gradients of squared
/// coordinates, per site `[outputs][columns]`.
pub(crate) fn squares<'a>(
	model: &'a Model,
	basis: &'a [LayerBasis],
	data: &'a Dataset,
	function: Function,
) -> impl Iterator<Item = Result<Vec<Matrix<f32>>>> + 'a {
	let squares = |_, gradients: Gradients| {
		let site = |(s, layer)| site_squares(&gradients, s, layer);
		Ok(basis.iter().enumerate().map(site).collect::<Vec<_>>())
	};
	batches_of(CHUNK, model, data, function, squares).map(|batch| Ok(batch?.1))
}

/// The sum over all gradients of a batch's rows of the squared coordinates at one site.
fn site_squares(gradients: &Gradients, s: usize, layer: &LayerBasis) -> Matrix<f32> {
	let factors = &gradients.sites[s];
	let (inputs, outputs) = (layer.input_vectors.rows(), layer.output_vectors.rows());
	let tokens = factors.tokens[gradients.rows()];
	let mut features = rotate(factors.inputs.slice(0..tokens), &layer.input_vectors);
	let mut deltas = rotate(factors.deltas.values(), &layer.output_vectors);
	let mut sum = Matrix::zeros(outputs, inputs);
	if tokens == gradients.rows() {
		// One token a row: the square of an outer product is the outer product of squares, and
		// gradients of a row share its input.
		features.values_mut().iter_mut().chain(deltas.values_mut()).for_each(|x| *x *= *x);
		let (squares, others) = deltas.values_mut().split_at_mut(tokens * outputs);
		for other in others.chunks_exact((tokens * outputs).max(1)) {
			squares.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
		}
		matmul_tn(squares, features.values(), sum.values_mut(), outputs, tokens, inputs);
		return sum;
	}
	for first in (0..deltas.rows()).step_by(tokens.max(1)) {
		for row in factors.tokens.windows(2) {
			let deltas = deltas.slice(first + row[0]..first + row[1]);
			let features = features.slice(row[0]..row[1]);
			let mut gradient = vec![0.0; outputs * inputs];
			matmul_tn(deltas, features, &mut gradient, outputs, row[1] - row[0], inputs);
			let pairs = sum.values_mut().iter_mut().zip(&gradient);
			pairs.for_each(|(sum, x)| *sum += x * x);
		}
	}
	sum
}

pub(crate) fn add(sum: &mut [f64], batch: &[f32]) {
	sum.iter_mut().zip(batch).for_each(|(total, x)| *total += f64::from(*x));
}
