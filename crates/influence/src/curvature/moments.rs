//! Second moments over the training rows of gradients that belong to the Fisher information.

use crate::{LayerBasis, Result};
use openledger_kernels::{matmul, matmul_tn};
use openledger_models::{gradients::for_each_chunk, Function, Gradients, Model, Site};
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
) -> Result<Vec<(Vec<f64>, Vec<f64>)>> {
	let sites = model.sites();
	let square = |n: usize| vec![0.0; n * n];
	let mut sums: Vec<_> =
		sites.iter().map(|site| (square(site.columns()), square(site.outputs))).collect();
	let grams = |_, gradients: Gradients| {
		let gram = |(site, factors): (&Site, &openledger_models::SiteFactors)| {
			(gram(&factors.inputs, site.columns()), gram(&factors.deltas, site.outputs))
		};
		Ok(sites.iter().zip(&gradients.sites).map(gram).collect::<Vec<_>>())
	};
	for_each_chunk(model, data, function, CHUNK, grams, |_, batch| {
		for ((inputs, deltas), (batch_inputs, batch_deltas)) in sums.iter_mut().zip(&batch) {
			add(inputs, batch_inputs);
			add(deltas, batch_deltas);
		}
		Ok(())
	})?;
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
		basis.iter().map(|layer| vec![0.0; layer.inputs * layer.outputs]).collect();
	for_each_squares(model, basis, data, function, |batch| {
		sums.iter_mut().zip(&batch).for_each(|(sum, batch)| add(sum, batch));
	})?;
	sums.iter_mut().flatten().for_each(|x| *x /= data.len() as f64);
	Ok(sums)
}

/// Calls `visit` for every [`CHUNK`] rows, in order, with the sums over all these rows' gradients of
/// squared coordinates, per site `[outputs][columns]`.
///
/// # Errors
/// Those of [`Model::gradients`].
pub(crate) fn for_each_squares(
	model: &Model,
	basis: &[LayerBasis],
	data: &Dataset,
	function: Function,
	mut visit: impl FnMut(Vec<Vec<f32>>),
) -> Result<()> {
	let squares = |_, gradients: Gradients| {
		let site = |(s, layer)| site_squares(&gradients, s, layer);
		Ok(basis.iter().enumerate().map(site).collect::<Vec<Vec<f32>>>())
	};
	for_each_chunk(model, data, function, CHUNK, squares, |_, batch| {
		visit(batch);
		Ok(())
	})
}

/// The sum over all gradients of a batch's rows of the squared coordinates at one site.
fn site_squares(gradients: &Gradients, s: usize, layer: &LayerBasis) -> Vec<f32> {
	let (inputs, outputs) = (layer.inputs, layer.outputs);
	let factors = &gradients.sites[s];
	let tokens = factors.tokens[gradients.rows()];
	let mut features = vec![0.0; tokens * inputs];
	matmul(&factors.inputs, &layer.input_vectors, &mut features, tokens, inputs, inputs);
	let mut deltas = vec![0.0; factors.deltas.len()];
	let count = deltas.len() / outputs.max(1);
	matmul(&factors.deltas, &layer.output_vectors, &mut deltas, count, outputs, outputs);
	let mut sum = vec![0.0; outputs * inputs];
	if tokens == gradients.rows() {
		// One token a row: the square of an outer product is the outer product of squares, and
		// gradients of a row share its input.
		features.iter_mut().chain(&mut deltas).for_each(|x| *x *= *x);
		let (squares, others) = deltas.split_at_mut(tokens * outputs);
		for other in others.chunks_exact((tokens * outputs).max(1)) {
			squares.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
		}
		matmul_tn(squares, &features, &mut sum, outputs, tokens, inputs);
		return sum;
	}
	for deltas in deltas.chunks_exact((tokens * outputs).max(1)) {
		for row in factors.tokens.windows(2) {
			let (first, count) = (row[0], row[1] - row[0]);
			let deltas = &deltas[first * outputs..][..count * outputs];
			let features = &features[first * inputs..][..count * inputs];
			let mut gradient = vec![0.0; outputs * inputs];
			matmul_tn(deltas, features, &mut gradient, outputs, count, inputs);
			sum.iter_mut().zip(&gradient).for_each(|(sum, x)| *sum += x * x);
		}
	}
	sum
}

/// `xᵀ x` of `x` `[rows][n]`.
fn gram(x: &[f32], n: usize) -> Vec<f32> {
	let mut sum = vec![0.0; n * n];
	matmul_tn(x, x, &mut sum, n, x.len() / n.max(1), n);
	sum
}

pub(crate) fn add(sum: &mut [f64], batch: &[f32]) {
	sum.iter_mut().zip(batch).for_each(|(total, x)| *total += f64::from(*x));
}
