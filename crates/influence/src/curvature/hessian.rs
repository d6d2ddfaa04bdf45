//! The Hessian of the training loss as a matrix, in two parts.

use crate::{
	model::{
		network::{cross_entropy_gradient, Activations, Network},
		text_hessian::{add_products, Vectors},
	},
	Dataset, Error, Model, Progress, Result,
};
use openledger_kernels::{matmul, matmul_tn, softmax};
use rayon::prelude::*;
use std::ops::Range;

/// The most trained parameters whose Hessian is laid out: 8,192, or 512 MiB.
pub const DENSE_LIMIT: usize = 1 << 13;

/// Rows summed in single precision before they are added to the result.
const CHUNK: usize = 256;

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
/// For text these are products with unit vectors ([`openledger_transformers::Hessian`]). In a network,
/// with `z_l = W_l a_(l-1)` and `δ_l` the gradient at `z_l`, a change `e_i a_(m-1)[j]` of `z_m`
/// moves the gradient `δ_l a_(l-1)ᵀ` of every later layer by `∂δ_l a_(l-1)ᵀ + δ_l ∂a_(l-1)ᵀ`, and both
/// derivatives are products of the layers in between (Pearlmutter 1994 gives the recursion for one
/// direction; here it runs for all directions at once, which share their factor `a_(m-1)[j]`).
/// Where `δ` is taken as zero, what is left is `G`; where `C` is, `R`.
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

fn add_rows(
	network: &Network,
	data: &Dataset,
	sums: [&mut [f64]; 2],
	progress: &mut dyn FnMut(Progress),
) {
	let [gauss_newton, residual] = sums;
	for rows in (0..data.len()).step_by(CHUNK) {
		let end = (rows + CHUNK).min(data.len());
		let columns = data.columns();
		let features = &data.features()[rows * columns..end * columns];
		let labels = &data.labels()[rows..end];
		add_chunk(network, features, labels, Part::GaussNewton, gauss_newton);
		add_chunk(network, features, labels, Part::Residual, residual);
		let (done, total) = (end as u64, data.len() as u64);
		progress(Progress { stage: "curvature", done, total, loss: None });
	}
}

/// Per layer what one row contributes.
struct Layer {
	/// `∂z_l / ∂z_m` for `m` from 0 to `l`, each `[outputs_l][outputs_m]`.
	below: Vec<Vec<f32>>,
	/// `∂²L / ∂z_l²`, `[outputs][outputs]`.
	curvature: Vec<f32>,
	/// `∂δ_l / ∂z_m` for `m` from 0 to `l`, each `[outputs_l][outputs_m]`.
	moves: Vec<Vec<f32>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
	GaussNewton,
	Residual,
}

fn add_chunk(network: &Network, features: &[f32], labels: &[u32], part: Part, sum: &mut [f64]) {
	let (n, depth) = (network.coordinates(), network.layers.len());
	let activations = network.forward(features);
	let classes = network.classes();
	let logits = activations.logits.chunks_exact(classes.max(1));
	let at_logits: Vec<f32> = match part {
		Part::GaussNewton => vec![0.0; activations.logits.len()],
		Part::Residual => logits
			.zip(labels)
			.flat_map(|(z, label)| cross_entropy_gradient(z, *label as usize))
			.collect(),
	};
	let deltas = network.backward(&activations, &at_logits);
	let rows: Vec<Vec<Layer>> = (0..labels.len())
		.into_par_iter()
		.map(|row| row_layers(network, &activations, &deltas, row, part))
		.collect();
	let mut starts = vec![0];
	for layer in &network.layers {
		starts.push(starts[starts.len() - 1] + layer.coordinates());
	}
	// Every output of every layer owns some rows of the matrix.
	let mut blocks: Vec<(usize, usize, &mut [f64])> = Vec::new();
	let mut rest = sum;
	for (m, layer) in network.layers.iter().enumerate() {
		for output in 0..layer.outputs {
			let (here, after) = rest.split_at_mut((layer.inputs + 1) * n);
			rest = after;
			blocks.push((m, output, here));
		}
	}
	blocks.into_par_iter().for_each(|(m, i, block)| {
		let columns = network.layers[m].inputs + 1;
		for l in m..depth {
			let layer = &network.layers[l];
			let width = network.layers[m].outputs;
			let moved = |layers: &[Layer], o: usize| layers[l].moves[m][o * width + i];
			// In a layer's block with itself one triangle is enough, and many outputs of a residual
			// curvature do not move at all.
			let needed =
				|o: &usize| l > m || *o >= i && rows.iter().any(|layers| moved(layers, *o) != 0.0);
			let outputs: Vec<usize> = (0..layer.outputs).filter(needed).collect();
			let across = layer.inputs + 1;
			let mut coefficients = Vec::with_capacity(rows.len() * outputs.len() * across);
			for (row, layers) in rows.iter().enumerate() {
				let input = &activations.inputs[l][row * across..][..across];
				let delta = &deltas[l][row * layer.outputs..][..layer.outputs];
				let slopes = (l > m).then(|| {
					let (earlier, below) = (&layers[l - 1], &input[..layer.inputs]);
					let at = |(k, y): (usize, &f32)| {
						network.activation.slope(*y) * earlier.below[m][k * width + i]
					};
					below.iter().enumerate().map(at).collect::<Vec<f32>>()
				});
				for o in &outputs {
					let (moved, delta) = (moved(layers, *o), delta[*o]);
					coefficients.extend(input.iter().enumerate().map(|(k, a)| {
						let slope = slopes.as_ref().and_then(|s| s.get(k)).copied().unwrap_or(0.0);
						moved * a + delta * slope
					}));
				}
			}
			let products = outputs.len() * across;
			let mut product = vec![0.0; columns * products];
			let inputs = &activations.inputs[m];
			matmul_tn(inputs, &coefficients, &mut product, columns, rows.len(), products);
			for (out, product) in block.chunks_exact_mut(n).zip(product.chunks(products.max(1))) {
				for (o, product) in outputs.iter().zip(product.chunks_exact(across)) {
					let out = &mut out[starts[l] + o * across..][..across];
					out.iter_mut().zip(product).for_each(|(sum, x)| *sum += f64::from(*x));
				}
			}
		}
	});
}

fn row_layers(
	network: &Network,
	activations: &Activations,
	deltas: &[Vec<f32>],
	row: usize,
	part: Part,
) -> Vec<Layer> {
	let depth = network.layers.len();
	let mut layers: Vec<Layer> = Vec::with_capacity(depth);
	for (l, layer) in network.layers.iter().enumerate() {
		let mut below = Vec::with_capacity(l + 1);
		if l > 0 {
			let outputs = &activations.inputs[l][row * (layer.inputs + 1)..][..layer.inputs];
			// W diag(slopes), the Jacobian from the last layer's z to this one's.
			let weights = layer.parameters.chunks_exact(layer.inputs + 1);
			let jacobian: Vec<f32> = weights
				.flat_map(|w| w.iter().zip(outputs).map(|(w, y)| w * network.activation.slope(*y)))
				.collect();
			for (m, earlier) in layers[l - 1].below.iter().enumerate() {
				let width = network.layers[m].outputs;
				let mut product = vec![0.0; layer.outputs * width];
				matmul(&jacobian, earlier, &mut product, layer.outputs, layer.inputs, width);
				below.push(product);
			}
		}
		let identity = |at| f32::from(u8::from(at / layer.outputs == at % layer.outputs));
		below.push((0..layer.outputs * layer.outputs).map(identity).collect());
		layers.push(Layer { below, curvature: Vec::new(), moves: Vec::new() });
	}
	let classes = network.classes();
	let mut p = activations.logits[row * classes..][..classes].to_vec();
	softmax(&mut p);
	let at_logits = |at| {
		let (i, j) = (at / classes, at % classes);
		p[i] * (f32::from(u8::from(i == j)) - p[j])
	};
	let mut curvature: Vec<f32> = match part {
		Part::GaussNewton => (0..classes * classes).map(at_logits).collect(),
		Part::Residual => vec![0.0; classes * classes],
	};
	for l in (0..depth).rev() {
		let layer = &network.layers[l];
		let width = layer.outputs;
		layers[l].moves = layers[l]
			.below
			.iter()
			.zip(&network.layers)
			.map(|(below, earlier)| {
				let mut moves = vec![0.0; width * earlier.outputs];
				matmul(&curvature, below, &mut moves, width, width, earlier.outputs);
				moves
			})
			.collect();
		layers[l].curvature = curvature;
		if l == 0 {
			break;
		}
		curvature = curvature_below(network, activations, deltas, row, l, &layers[l]);
	}
	layers
}

/// `∂²L / ∂z_(l-1)²` from that of layer `l`: through the weights twice, and through the bend of the
/// non-linearity.
fn curvature_below(
	network: &Network,
	activations: &Activations,
	deltas: &[Vec<f32>],
	row: usize,
	l: usize,
	above: &Layer,
) -> Vec<f32> {
	let layer = &network.layers[l];
	let (width, columns) = (layer.outputs, layer.inputs + 1);
	let outputs = &activations.inputs[l][row * columns..][..layer.inputs];
	let delta = &deltas[l][row * width..][..width];
	// C W, then Wᵀ (C W), bias columns left out at the end.
	let mut right = vec![0.0; width * columns];
	matmul(&above.curvature, &layer.parameters, &mut right, width, width, columns);
	let mut both = vec![0.0; columns * columns];
	matmul_tn(&layer.parameters, &right, &mut both, columns, width, columns);
	let mut pull = vec![0.0; columns];
	matmul(delta, &layer.parameters, &mut pull, 1, width, columns);
	let slope = |k: usize| network.activation.slope(outputs[k]);
	let mut curvature = vec![0.0; layer.inputs * layer.inputs];
	for i in 0..layer.inputs {
		for j in 0..layer.inputs {
			curvature[i * layer.inputs + j] = slope(i) * both[i * columns + j] * slope(j);
		}
		curvature[i * layer.inputs + i] += network.activation.bend(outputs[i]) * pull[i];
	}
	curvature
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
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
