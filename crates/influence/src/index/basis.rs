//! The coordinates in which gradients are compared.

use crate::{
	kernels::{accumulate_outer, accumulate_rows},
	model::network::{cross_entropy_gradient, margin_gradient, Activations, Linear, Network},
	Dataset, Error, Result,
};

/// An orthogonal basis for the gradients of one linear layer: the Kronecker product of two small
/// ones.
///
/// A sample's gradient is the outer product of `δ` (at the layer's output) and `a` (the input with
/// a 1 for the bias), so its coordinates are the outer product of `δ` and `a` rotated on their own,
/// and the gradient is never formed in the original coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerBasis {
	/// Width of the layer's input, the bias not counted.
	pub inputs: usize,
	/// Width of the layer's output.
	pub outputs: usize,
	/// Basis vectors of the input side in columns, row-major `[inputs + 1][inputs + 1]`.
	pub input_vectors: Vec<f32>,
	/// Basis vectors of the output side in columns, row-major `[outputs][outputs]`.
	pub output_vectors: Vec<f32>,
}

impl LayerBasis {
	/// A basis for `layer`.
	pub fn new(layer: &Linear, input_vectors: Vec<f32>, output_vectors: Vec<f32>) -> Self {
		Self { inputs: layer.inputs, outputs: layer.outputs, input_vectors, output_vectors }
	}

	/// The original coordinates of `layer`.
	pub fn identity(layer: &Linear) -> Self {
		let identity =
			|n: usize| (0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
		Self::new(layer, identity(layer.inputs + 1), identity(layer.outputs))
	}

	/// Number of coordinates: `outputs · (inputs + 1)`.
	pub fn coordinates(&self) -> usize {
		self.outputs * (self.inputs + 1)
	}
}

/// A basis for the gradients of a whole network: its layers' coordinates after each other, each
/// row-major `[outputs][inputs + 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
	/// One for each layer.
	pub layers: Vec<LayerBasis>,
}

impl Basis {
	/// The original coordinates.
	pub fn identity(network: &Network) -> Self {
		Self { layers: network.layers.iter().map(LayerBasis::identity).collect() }
	}

	/// Number of coordinates: the dimension of a sketch.
	pub fn dimension(&self) -> usize {
		self.layers.iter().map(LayerBasis::coordinates).sum()
	}

	/// Adds one sample's gradient to `sum` `[dimension]`: rotates inputs and output gradients, then
	/// adds their outer product. O(inputs² + outputs² + inputs · outputs) per layer.
	fn add_gradient(&self, activations: &Activations, deltas: &[Vec<f32>], sum: &mut [f64]) {
		let mut rest = sum;
		for ((layer, input), delta) in self.layers.iter().zip(&activations.inputs).zip(deltas) {
			let (here, after) = rest.split_at_mut(layer.coordinates());
			rest = after;
			let input = rotate(input, &layer.input_vectors);
			accumulate_outer(&rotate(delta, &layer.output_vectors), &input, here);
		}
	}
}

fn rotate(vector: &[f32], basis: &[f32]) -> Vec<f32> {
	let mut rotated = vec![0.0; vector.len()];
	accumulate_rows(vector, basis, &mut rotated);
	rotated
}

/// Adds the gradient of the cross-entropy loss of one row to `sum` `[dimension]`, in the basis.
pub fn loss_coordinates(
	network: &Network,
	basis: &Basis,
	row: &[f32],
	class: usize,
	sum: &mut [f64],
) {
	let activations = network.forward(row);
	let gradient = cross_entropy_gradient(&activations.logits, class);
	basis.add_gradient(&activations, &network.backward(&activations, &gradient), sum);
}

/// Adds the gradient of the margin of `class` at one row to `sum` `[dimension]`, in the basis.
pub fn margin_coordinates(
	network: &Network,
	basis: &Basis,
	row: &[f32],
	class: usize,
	sum: &mut [f64],
) {
	let activations = network.forward(row);
	let gradient = margin_gradient(&activations.logits, class);
	basis.add_gradient(&activations, &network.backward(&activations, &gradient), sum);
}

/// A contribution's influence vector `[dimension]`: minus the sum of its rows' loss gradients,
/// times the inverse curvature coordinate by coordinate. Every machine gets the same bits.
///
/// # Errors
/// [`Error::FeatureCount`], [`Error::ClassCount`], [`Error::NotFinite`].
pub fn influence(
	network: &Network,
	basis: &Basis,
	inverse_curvature: &[f32],
	rows: &Dataset,
) -> Result<Vec<f32>> {
	let classes = network.layers.last().map_or(0, |layer| layer.outputs);
	rows.check_fits(network.shift.len(), classes)?;
	let mut sum = vec![0.0; basis.dimension()];
	for (row, label) in rows.rows() {
		loss_coordinates(network, basis, row, label as usize, &mut sum);
	}
	let scaled =
		sum.iter().zip(inverse_curvature).map(|(x, inverse)| (-x * f64::from(*inverse)) as f32);
	let influence: Vec<f32> = scaled.collect();
	if influence.iter().any(|x| !x.is_finite()) {
		return Err(Error::NotFinite("a contribution's influence"));
	}
	Ok(influence)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		model::network::{cross_entropy, margin},
		testing::{digits, perturbed, random_model},
		Activation, Model,
	};

	/// Compares coordinates in the identity basis with central differences of `output`.
	fn compare(model: &Model, row: &[f32], output: impl Fn(&[f32]) -> f64, gradient: &[f64]) {
		let step = 1e-2f32;
		let mut checked = 0;
		for at in (0..gradient.len()).step_by(gradient.len() / 97 + 1) {
			let value = |sign: f32| output(&perturbed(model, at, sign * step).forward(row).logits);
			let expected = (value(1.0) - value(-1.0)) / (2.0 * f64::from(step));
			let found = gradient[at];
			assert!(
				(found - expected).abs() < 2e-3 + 2e-2 * expected.abs(),
				"{at}: {found} {expected}"
			);
			checked += 1;
		}
		assert!(checked > 20);
	}

	#[test]
	fn gradients_should_match_finite_differences() {
		let data = digits();
		for (widths, activation) in [
			(&[64usize, 10] as &[usize], Activation::Tanh),
			(&[64, 12, 10], Activation::Tanh),
			(&[64, 9, 8, 10], Activation::Relu),
		] {
			let model = random_model(widths, activation, 11);
			let (network, basis) = (model.network(), Basis::identity(model.network()));
			for i in [0, 7, 300] {
				let (row, class) = (data.row(i), data.label(i) as usize);
				let mut loss = vec![0.0; basis.dimension()];
				loss_coordinates(network, &basis, row, class, &mut loss);
				compare(&model, row, |z| cross_entropy(z, class), &loss);
				let mut margins = vec![0.0; basis.dimension()];
				margin_coordinates(network, &basis, row, class, &mut margins);
				compare(&model, row, |z| margin(z, class), &margins);
			}
		}
	}

	#[test]
	fn coordinates_should_keep_lengths_when_the_basis_is_orthogonal() {
		let model = random_model(&[2, 3, 3], Activation::Tanh, 1);
		let network = model.network();
		let plain = Basis::identity(network);
		let mut turned = plain.clone();
		// A rotation by 36.87 degrees in the first plane of each factor.
		for layer in &mut turned.layers {
			for (vectors, n) in [
				(&mut layer.input_vectors, layer.inputs + 1),
				(&mut layer.output_vectors, layer.outputs),
			] {
				(vectors[0], vectors[1], vectors[n], vectors[n + 1]) = (0.8, -0.6, 0.6, 0.8);
			}
		}
		let coordinates = |basis: &Basis, row: &[f32]| {
			let mut sum = vec![0.0; basis.dimension()];
			margin_coordinates(network, basis, row, 1, &mut sum);
			sum
		};
		let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
		let (x, y) = ([0.3, -1.0], [2.0, 0.5]);
		let before = product(&coordinates(&plain, &x), &coordinates(&plain, &y));
		let after = product(&coordinates(&turned, &x), &coordinates(&turned, &y));
		assert!((before - after).abs() < 1e-5 * before.abs());
		assert_ne!(coordinates(&plain, &x), coordinates(&turned, &x));
	}

	#[test]
	fn influence_should_be_the_sum_over_rows() {
		let model = random_model(&[64, 4, 10], Activation::Tanh, 1);
		let (network, basis) = (model.network(), Basis::identity(model.network()));
		let inverse = vec![2.0; basis.dimension()];
		let vector = |rows: &[usize]| {
			influence(network, &basis, &inverse, &digits().select(rows).unwrap()).unwrap()
		};
		let (all, first, second) = (vector(&[3, 8]), vector(&[3]), vector(&[8]));
		for i in 0..all.len() {
			assert!((all[i] - first[i] - second[i]).abs() < 1e-5);
		}
	}
}
