//! Second moments of activations and output gradients over the training rows, with labels drawn
//! from the model.

use crate::{
	model::{graph::Graph, network::Network},
	Dataset, Result,
};
use candle_core::{Device, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows of one forward pass: bounds memory, and sums of `f32` to this many terms.
const BATCH: usize = 512;

/// One batch of samples at one layer.
pub(super) struct Sample<'a> {
	/// The layer.
	pub layer: usize,
	/// Its inputs with a trailing 1 for the bias, `[rows, inputs + 1]`.
	pub inputs: &'a Tensor,
	/// The gradients of the loss at its output, `[rows, outputs]`.
	pub deltas: &'a Tensor,
}

/// Calls `visit` for each batch, draw and layer. Labels are drawn from the model's own
/// probabilities, `draws` times per row; the same `seed` gives the same labels, so that a second
/// pass sees the same samples.
///
/// With labels drawn from the model the second moment of gradients is the Fisher information, which
/// for a softmax output is the Gauss-Newton matrix; with the training labels it is neither
/// (Kunstner et al. 2019).
pub(super) fn for_each_sample(
	network: &Network,
	data: &Dataset,
	draws: u32,
	seed: u64,
	visit: &mut dyn FnMut(Sample) -> Result<()>,
) -> Result<()> {
	let graph = Graph::constant(network)?;
	let shift = Tensor::from_slice(&network.shift, network.shift.len(), &Device::Cpu)?;
	let factor = Tensor::from_slice(&network.factor, network.factor.len(), &Device::Cpu)?;
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	for features in data.features().chunks(BATCH * data.columns()) {
		let rows = features.len() / data.columns();
		let features = Tensor::from_slice(features, (rows, data.columns()), &Device::Cpu)?;
		let features = features.broadcast_sub(&shift)?.broadcast_mul(&factor)?;
		let (forward, probes) = graph.forward_probed(&features)?;
		let probabilities =
			candle_nn::ops::softmax(&forward.logits.detach(), 1)?.to_vec2::<f32>()?;
		let ones = Tensor::ones((rows, 1), candle_core::DType::F32, &Device::Cpu)?;
		let inputs = forward.inputs.iter().map(|x| Tensor::cat(&[&x.detach(), &ones], 1));
		let inputs = inputs.collect::<std::result::Result<Vec<_>, _>>()?;
		for _ in 0..draws {
			let labels = probabilities.iter().map(|p| draw(p, rng.random())).collect();
			let deltas = output_gradients(&forward.logits, &probes, labels)?;
			for (layer, (inputs, deltas)) in inputs.iter().zip(&deltas).enumerate() {
				visit(Sample { layer, inputs, deltas })?;
			}
		}
	}
	Ok(())
}

/// Per layer the gradient of each row's own loss at the layer's output, `[rows, outputs]`.
fn output_gradients(logits: &Tensor, probes: &[Var], labels: Vec<u32>) -> Result<Vec<Tensor>> {
	let rows = labels.len();
	let labels = Tensor::from_vec(labels, rows, &Device::Cpu)?;
	// The library averages over rows; the gradient of the sum keeps each row's own.
	let loss = (candle_nn::loss::cross_entropy(logits, &labels)? * rows as f64)?;
	let gradients = loss.backward()?;
	let of = |probe: &Var| match gradients.get(probe) {
		Some(gradient) => Ok(gradient.clone()),
		None => probe.zeros_like(),
	};
	Ok(probes.iter().map(of).collect::<std::result::Result<_, _>>()?)
}

/// The class at which the cumulated probabilities pass `uniform`.
fn draw(probabilities: &[f32], uniform: f32) -> u32 {
	let mut passed = 0.0;
	for (class, probability) in (0..).zip(probabilities) {
		passed += probability;
		if uniform < passed {
			return class;
		}
	}
	// Rounding can leave the sum short of one.
	probabilities.len().saturating_sub(1) as u32
}

/// Adds `xᵀ x` of a batch `x` `[rows, n]` to `sum` `[n][n]`.
pub(super) fn add_gram(sum: &mut [f64], x: &Tensor) -> Result<()> {
	add_product(sum, x, x)
}

/// Adds `leftᵀ right` of two batches `[rows, m]` and `[rows, n]` to `sum` `[m][n]`.
pub(super) fn add_product(sum: &mut [f64], left: &Tensor, right: &Tensor) -> Result<()> {
	let product = left.t()?.matmul(right)?.flatten_all()?.to_vec1::<f32>()?;
	sum.iter_mut().zip(product).for_each(|(total, value)| *total += f64::from(value));
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		model::network::cross_entropy_gradient,
		testing::{digits, random_model},
		Activation,
	};

	#[test]
	fn draw_should_follow_the_probabilities() {
		let probabilities = [0.25, 0.0, 0.5, 0.25];
		let drawn: Vec<u32> = [0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999]
			.iter()
			.map(|u| draw(&probabilities, *u))
			.collect();
		assert_eq!(drawn, [0, 0, 2, 2, 3, 3]);
		assert_eq!(draw(&[0.3, 0.3], 0.99), 1);
	}

	#[test]
	fn zero_variables_should_give_each_rows_own_gradients() {
		for activation in [Activation::Tanh, Activation::Relu] {
			let model = random_model(&[64, 7, 5, 10], activation, 2);
			let data = digits().select(&[0, 5, 9, 100]).unwrap();
			let network = model.network();
			let scaled: Vec<f32> = data
				.rows()
				.flat_map(|(row, _)| network.forward(row).inputs[0][..64].to_vec())
				.collect();
			let features = Tensor::from_vec(scaled, (4, 64), &Device::Cpu).unwrap();
			let graph = Graph::constant(network).unwrap();
			let (forward, probes) = graph.forward_probed(&features).unwrap();
			let deltas =
				output_gradients(&forward.logits, &probes, data.labels().to_vec()).unwrap();
			for (i, (row, label)) in data.rows().enumerate() {
				let activations = network.forward(row);
				let logits: Vec<f32> = forward.logits.get(i).unwrap().to_vec1().unwrap();
				let apart = logits.iter().zip(&activations.logits).map(|(a, b)| (a - b).abs());
				assert!(apart.fold(0.0, f32::max) < 1e-5);
				let gradient = cross_entropy_gradient(&activations.logits, label as usize);
				for (l, expected) in network.backward(&activations, &gradient).iter().enumerate() {
					let found: Vec<f32> = deltas[l].get(i).unwrap().to_vec1().unwrap();
					let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
					assert!(close, "layer {l}, row {i}: {found:?} {expected:?}");
				}
			}
		}
	}

	#[test]
	fn samples_should_repeat_when_the_seed_is_the_same() {
		let (model, data) = (random_model(&[64, 4, 10], Activation::Tanh, 2), digits());
		let sum = |seed| {
			let mut sum = vec![0.0; 100];
			for_each_sample(model.network(), &data, 2, seed, &mut |sample| match sample.layer {
				1 => add_gram(&mut sum, sample.deltas),
				_ => Ok(()),
			})
			.unwrap();
			sum
		};
		assert_eq!(sum(1), sum(1));
		assert_ne!(sum(1), sum(2));
	}
}
