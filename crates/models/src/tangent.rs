//! Exact products of the loss's Hessian with many vectors at once.
//!
//! Pearlmutter 1994, *Fast Exact Multiplication by the Hessian*: differentiate the backward pass
//! along a direction of the parameters (forward-over-reverse). What does not depend on the
//! direction is computed once; each product then costs two to three times one gradient.

use super::{
	network::{cross_entropy, Activations, Network},
	text_hessian::add_products,
	Model,
};
use crate::Result;
use openledger_kernels::{matmul, matmul_nt, matmul_tn, softmax};
use openledger_rows::Dataset;
use rayon::prelude::*;
use std::ops::Range;

/// Directions taken together by one thread. It changes no result: bounds memory, and parts the work
/// between threads.
pub const DIRECTIONS: usize = 8;

/// Rows taken together when a whole dataset is passed over.
const ROWS: usize = 128;

/// The mean loss of some rows around the present parameters: what all directions share.
///
/// Vectors are in the order of gradient coordinates: layer by layer `[outputs][inputs + 1]`, the
/// bias last in each row.
pub struct Linearised<'a> {
	network: &'a Network,
	activations: Activations,
	/// Softmax of the logits, `[rows][classes]`.
	probabilities: Vec<f32>,
	/// Per layer the mean loss's gradients at its output before the non-linearity,
	/// `[rows][outputs]`.
	deltas: Vec<Vec<f32>>,
	/// Per hidden layer the non-linearity's derivative, `[rows][outputs]`.
	slopes: Vec<Vec<f32>>,
	/// Per hidden layer the non-linearity's second derivative times the mean loss's gradient after
	/// it, `[rows][outputs]`.
	bends: Vec<Vec<f32>>,
	loss: f64,
}

impl<'a> Linearised<'a> {
	/// Takes scaled features `[rows][inputs]` and one label for each row, less than the number of
	/// classes.
	///
	/// # Panics
	/// If there are no rows, or a label is no class.
	pub fn new(network: &'a Network, features: Vec<f32>, labels: &[u32]) -> Self {
		let activations = network.forward_scaled(features);
		let (classes, part) = (network.classes(), 1.0 / labels.len() as f32);
		let (mut loss, mut probabilities) = (0.0, activations.logits.clone());
		let mut at_logits = Vec::with_capacity(probabilities.len());
		let logits = activations.logits.chunks_exact(classes);
		for ((row, logits), label) in
			probabilities.chunks_exact_mut(classes).zip(logits).zip(labels)
		{
			let label = *label as usize;
			loss += cross_entropy(logits, label);
			softmax(row);
			let gradient = row.iter().enumerate();
			at_logits.extend(gradient.map(|(k, p)| (p - f32::from(u8::from(k == label))) * part));
		}
		let deltas = network.backward(&activations, &at_logits);
		let (mut slopes, mut bends) = (Vec::new(), Vec::new());
		for (layer, (delta, outputs)) in
			network.layers.iter().zip(deltas.iter().zip(&activations.inputs)).skip(1)
		{
			let columns = layer.inputs + 1;
			let mut after = vec![0.0; activations.rows * columns];
			matmul(delta, &layer.parameters, &mut after, activations.rows, layer.outputs, columns);
			let outputs = outputs.chunks_exact(columns).flat_map(|row| &row[..layer.inputs]);
			let after = after.chunks_exact(columns).flat_map(|row| &row[..layer.inputs]);
			slopes.push(outputs.clone().map(|y| network.activation.slope(*y)).collect());
			bends.push(outputs.zip(after).map(|(y, g)| g * network.activation.bend(*y)).collect());
		}
		let loss = loss / labels.len() as f64;
		Self { network, activations, probabilities, deltas, slopes, bends, loss }
	}

	/// The mean loss, in nats.
	pub fn loss(&self) -> f64 {
		self.loss
	}

	/// The mean loss's gradient, `[coordinates]`.
	pub fn gradient(&self) -> Vec<f32> {
		let mut sum = vec![0.0; self.network.coordinates()];
		self.add_gradient(0..self.activations.rows, &mut sum);
		sum
	}

	/// Adds row `row`'s summand of the mean loss's gradient to `sum`, `[coordinates]`.
	///
	/// # Panics
	/// If there is no such row.
	pub fn add_row_gradient(&self, row: usize, sum: &mut [f32]) {
		self.add_gradient(row..row + 1, sum);
	}

	fn add_gradient(&self, rows: Range<usize>, sum: &mut [f32]) {
		let mut rest = sum;
		let factors = self.deltas.iter().zip(&self.activations.inputs);
		for (layer, (deltas, inputs)) in self.network.layers.iter().zip(factors) {
			let (outputs, columns) = (layer.outputs, layer.inputs + 1);
			let (here, after) = rest.split_at_mut(layer.coordinates());
			rest = after;
			let deltas = &deltas[rows.start * outputs..rows.end * outputs];
			let inputs = &inputs[rows.start * columns..rows.end * columns];
			matmul_tn(deltas, inputs, here, outputs, rows.len(), columns);
		}
	}

	/// Adds the Hessian of the mean loss times each direction to `sums`, both
	/// `[directions][coordinates]`. The same bits for any number of threads and of directions.
	///
	/// # Panics
	/// If the lengths differ or are no multiple of the number of coordinates.
	pub fn add_hessian_products(&self, directions: &[f32], sums: &mut [f32]) {
		assert_eq!(directions.len(), sums.len(), "one sum for each direction");
		let block = DIRECTIONS * self.network.coordinates();
		let blocks = directions.par_chunks(block).zip(sums.par_chunks_mut(block));
		blocks.for_each(|(directions, sums)| self.add_block(directions, sums));
	}

	/// As [`Linearised::add_hessian_products`], on the calling thread and with memory of
	/// `directions · rows` times about three times the sum of the widths.
	pub fn add_block(&self, directions: &[f32], sums: &mut [f32]) {
		let coordinates = self.network.coordinates();
		let count = directions.len() / coordinates;
		assert_eq!(count * coordinates, directions.len(), "whole directions");
		let (moved, mut outputs) = self.forward(directions, count);
		self.move_logit_gradients(&mut outputs);
		let rows = self.activations.rows;
		let mut end = coordinates;
		for (l, layer) in self.network.layers.iter().enumerate().rev() {
			let (width, columns) = (layer.outputs, layer.inputs + 1);
			let start = end - layer.coordinates();
			let (inputs, deltas) = (&self.activations.inputs[l], &self.deltas[l]);
			// The outputs' tangents have become those of the gradients there.
			let moved_deltas = std::mem::take(&mut outputs[l]);
			for (k, sum) in sums.chunks_exact_mut(coordinates).enumerate() {
				let sum = &mut sum[start..end];
				let moved_deltas = &moved_deltas[k * rows * width..(k + 1) * rows * width];
				matmul_tn(moved_deltas, inputs, sum, width, rows, columns);
				if l > 0 {
					let moved = &moved[l][k * rows * columns..(k + 1) * rows * columns];
					matmul_tn(deltas, moved, sum, width, rows, columns);
				}
			}
			if l > 0 {
				let mut below = vec![0.0; count * rows * columns];
				for (below, direction) in
					below.chunks_exact_mut(rows * columns).zip(directions.chunks_exact(coordinates))
				{
					matmul(deltas, &direction[start..end], below, rows, width, columns);
				}
				matmul(&moved_deltas, &layer.parameters, &mut below, count * rows, width, columns);
				self.through_activation(l - 1, &below, &mut outputs[l - 1]);
			}
			end = start;
		}
	}

	/// Per layer the tangents of its inputs, `[directions · rows][inputs + 1]` (none for the first),
	/// and of its outputs before the non-linearity, `[directions · rows][outputs]`.
	fn forward(&self, directions: &[f32], count: usize) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
		let (rows, coordinates) = (self.activations.rows, self.network.coordinates());
		let (mut moved, mut outputs) = (vec![Vec::new()], Vec::new());
		let mut start = 0;
		for (l, layer) in self.network.layers.iter().enumerate() {
			let (width, columns) = (layer.outputs, layer.inputs + 1);
			let end = start + layer.coordinates();
			let mut output = vec![0.0; count * rows * width];
			for (output, direction) in
				output.chunks_exact_mut(rows * width).zip(directions.chunks_exact(coordinates))
			{
				let (inputs, direction) = (&self.activations.inputs[l], &direction[start..end]);
				matmul_nt(inputs, direction, output, rows, columns, width);
			}
			if l > 0 {
				let parameters = &layer.parameters;
				matmul_nt(&moved[l], parameters, &mut output, count * rows, columns, width);
			}
			if let Some(slopes) = self.slopes.get(l) {
				let mut next = Vec::with_capacity(count * rows * (width + 1));
				let slopes = slopes.chunks_exact(width).cycle();
				for (z, slopes) in output.chunks_exact(width).zip(slopes) {
					next.extend(z.iter().zip(slopes).map(|(z, slope)| z * slope));
					// The bias's input never moves.
					next.push(0.0);
				}
				moved.push(next);
			}
			outputs.push(output);
			start = end;
		}
		(moved, outputs)
	}

	/// Turns tangents of the logits into tangents of the mean loss's gradients there:
	/// `(diag(p) - p pᵀ) ż / rows`.
	fn move_logit_gradients(&self, outputs: &mut [Vec<f32>]) {
		let Some(logits) = outputs.last_mut() else { return };
		let (classes, part) = (self.network.classes(), 1.0 / self.activations.rows as f32);
		let probabilities = self.probabilities.chunks_exact(classes).cycle();
		for (row, probabilities) in logits.chunks_exact_mut(classes).zip(probabilities) {
			let pairs = row.iter().zip(probabilities);
			let mean = pairs.fold(0.0f32, |sum, (z, p)| z.mul_add(*p, sum));
			for (z, p) in row.iter_mut().zip(probabilities) {
				*z = p * (*z - mean) * part;
			}
		}
	}

	/// Turns tangents `outputs` of hidden layer `l`'s outputs before the non-linearity into tangents
	/// of the gradients there, given those after it, `below` `[directions · rows][outputs + 1]`.
	fn through_activation(&self, l: usize, below: &[f32], outputs: &mut [f32]) {
		let width = self.network.layers[l].outputs;
		let slopes = self.slopes[l].chunks_exact(width).cycle();
		let bends = self.bends[l].chunks_exact(width).cycle();
		let rows = outputs.chunks_exact_mut(width).zip(below.chunks_exact(width + 1));
		for ((row, below), (slopes, bends)) in rows.zip(slopes.zip(bends)) {
			let factors = slopes.iter().zip(bends);
			for ((z, below), (slope, bend)) in row.iter_mut().zip(below).zip(factors) {
				*z = below.mul_add(*slope, *z * bend);
			}
		}
	}
}

/// The Hessian of the mean loss over all rows times each direction, both
/// `[directions][coordinates]`. The same bits for any number of threads.
///
/// Memory: eight bytes for each number of `directions` on every thread, besides that of a batch of
/// 128 rows, or of one text.
///
/// # Errors
/// Those of [`Model::check_fits`] and, for text, [`Model::gradients`].
///
/// # Panics
/// If the length is no multiple of the number of coordinates.
pub fn hessian_products(model: &Model, data: &Dataset, directions: &[f32]) -> Result<Vec<f64>> {
	model.check_fits(data)?;
	if let Some(text) = model.text() {
		let coordinates = model.coordinates();
		let [mut sums, mut residual] = [(); 2].map(|()| vec![0.0; directions.len()]);
		let chosen = |range: Range<usize>| {
			(directions[range.start * coordinates..range.end * coordinates].to_vec(), 0)
		};
		add_products(text, data, chosen, [&mut sums, &mut residual], |_| ())?;
		let rows = data.len() as f64;
		sums.iter_mut().zip(residual).for_each(|(sum, x)| *sum = (*sum + x) / rows);
		return Ok(sums);
	}
	let (network, columns) = (model.network()?, data.columns());
	let batches: Vec<(&[f32], &[u32])> =
		data.features().chunks(ROWS * columns).zip(data.labels().chunks(ROWS)).collect();
	let mut sums = vec![0.0; directions.len()];
	// As many batches at once as there are threads, added up in their order.
	for group in batches.chunks(rayon::current_num_threads().max(1)) {
		let product = |(features, labels): &(&[f32], &[u32])| {
			let mut products = vec![0.0; directions.len()];
			let batch = Linearised::new(network, network.scale(features), labels);
			batch.add_hessian_products(directions, &mut products);
			(labels.len() as f64, products)
		};
		let products: Vec<(f64, Vec<f32>)> = group.par_iter().map(product).collect();
		for (rows, products) in products {
			let weight = rows / data.len() as f64;
			sums.iter_mut().zip(&products).for_each(|(sum, x)| *sum += weight * f64::from(*x));
		}
	}
	Ok(sums)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{digits, random_model},
		Activation,
	};
	use proptest::prelude::*;
	use rand::{Rng, SeedableRng};
	use rand_chacha::ChaCha8Rng;

	const SHAPES: [(&[usize], Activation); 4] = [
		(&[64, 10], Activation::Tanh),
		(&[64, 6, 10], Activation::Tanh),
		(&[64, 7, 5, 10], Activation::Tanh),
		(&[64, 7, 5, 10], Activation::Relu),
	];

	fn random(count: usize, seed: u64) -> Vec<f32> {
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		(0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
	}

	fn batch<'a>(model: &'a Model, data: &Dataset) -> Linearised<'a> {
		let network = model.network().unwrap();
		Linearised::new(network, network.scale(data.features()), data.labels())
	}

	fn product(a: &[f32], b: &[f32]) -> f64 {
		a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
	}

	#[test]
	fn gradient_should_be_the_mean_of_the_rows() {
		let data = digits().select(&[3, 14, 15, 92]).unwrap();
		for (widths, activation) in SHAPES {
			let model = random_model(widths, activation, 3);
			let batch = batch(&model, &data);
			assert!((batch.loss() - model.loss(&data).unwrap()).abs() < 1e-12);
			let rows = model.gradients(&data, 0..4, crate::Function::Loss).unwrap();
			let mut expected = vec![0.0; model.coordinates()];
			(0..4).for_each(|row| rows.add_row(row, &model.sites(), &mut expected));
			let mut by_rows = vec![0.0; model.coordinates()];
			(0..4).for_each(|row| batch.add_row_gradient(row, &mut by_rows));
			for ((found, sum), expected) in batch.gradient().iter().zip(&by_rows).zip(&expected) {
				assert!((f64::from(*found) - expected / 4.0).abs() < 1e-5);
				assert!((found - sum).abs() < 1e-5);
			}
		}
	}

	#[test]
	fn products_should_match_finite_differences_of_gradients() {
		let data = digits().select(&(0..20).collect::<Vec<_>>()).unwrap();
		for (widths, activation) in SHAPES {
			let model = random_model(widths, activation, 11);
			let count = model.coordinates();
			let directions = random(3 * count, 5);
			let mut found = vec![0.0; directions.len()];
			batch(&model, &data).add_hessian_products(&directions, &mut found);
			// A step of ReLU must not pass a kink.
			let step = if activation == Activation::Relu { 1e-4f32 } else { 1e-3 };
			for (direction, found) in directions.chunks(count).zip(found.chunks(count)) {
				let gradient = |sign: f32| {
					let moves = model.parameters().into_iter().zip(direction);
					let moved: Vec<f32> = moves.map(|(x, v)| x + sign * step * v).collect();
					let moved = model.with_parameters(&moved).unwrap();
					let gradients = moved.gradients(&data, 0..20, crate::Function::Loss).unwrap();
					let mut sum = vec![0.0; count];
					(0..20).for_each(|row| gradients.add_row(row, &moved.sites(), &mut sum));
					sum
				};
				let (after, before) = (gradient(1.0), gradient(-1.0));
				let (mut error, mut size) = (0.0, 0.0);
				for ((after, before), found) in after.iter().zip(&before).zip(found) {
					let expected = (after - before) / (40.0 * f64::from(step));
					error += (expected - f64::from(*found)).powi(2);
					size += expected * expected;
				}
				assert!(error.sqrt() < 5e-3 * size.sqrt(), "{widths:?} {error:e} {size:e}");
			}
		}
	}

	#[test]
	fn products_should_be_added_to_what_is_there() {
		let (model, data) = (random_model(&[64, 6, 10], Activation::Tanh, 2), digits());
		let data = data.select(&(0..9).collect::<Vec<_>>()).unwrap();
		let (directions, there) = (random(model.coordinates(), 1), random(model.coordinates(), 2));
		let (mut alone, mut sum) = (vec![0.0; directions.len()], there.clone());
		let batch = batch(&model, &data);
		batch.add_hessian_products(&directions, &mut alone);
		batch.add_hessian_products(&directions, &mut sum);
		for ((sum, alone), there) in sum.iter().zip(&alone).zip(&there) {
			assert!((sum - alone - there).abs() < 1e-5);
		}
	}

	#[test]
	fn products_should_be_the_same_bits_whatever_threads_and_company() {
		let model = random_model(&[64, 7, 5, 10], Activation::Tanh, 2);
		let data = digits().select(&(0..300).collect::<Vec<_>>()).unwrap();
		let count = model.coordinates();
		let directions = random((2 * DIRECTIONS + 3) * count, 7);
		let all = |threads| {
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			pool.install(|| hessian_products(&model, &data, &directions).unwrap())
		};
		let one = all(1);
		assert_eq!(one, all(3));
		for (direction, expected) in directions.chunks(count).zip(one.chunks(count)) {
			assert_eq!(hessian_products(&model, &data, direction).unwrap(), expected);
		}
	}

	#[test]
	fn products_over_a_dataset_should_be_those_of_one_batch() {
		let model = random_model(&[64, 7, 5, 10], Activation::Tanh, 2);
		let data = digits().select(&(0..ROWS + 40).collect::<Vec<_>>()).unwrap();
		let directions = random(2 * model.coordinates(), 7);
		let mut expected = vec![0.0; directions.len()];
		batch(&model, &data).add_hessian_products(&directions, &mut expected);
		let found = hessian_products(&model, &data, &directions).unwrap();
		for (found, expected) in found.iter().zip(&expected) {
			assert!((found - f64::from(*expected)).abs() < 1e-4);
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(24))]

		#[test]
		fn hessian_should_be_symmetric(shape in 0usize..4, seed in 0u64..1000, rows in 1usize..40) {
			let (widths, activation) = SHAPES[shape];
			let model = random_model(widths, activation, seed);
			let data = digits().select(&(0..rows).collect::<Vec<_>>()).unwrap();
			let count = model.coordinates();
			let directions = random(2 * count, seed);
			let mut products = vec![0.0; 2 * count];
			batch(&model, &data).add_hessian_products(&directions, &mut products);
			let (u, v) = directions.split_at(count);
			let (hu, hv) = products.split_at(count);
			let scale = product(u, u).sqrt() * product(hv, hv).sqrt();
			prop_assert!((product(u, hv) - product(v, hu)).abs() < 1e-5 * scale);
		}
	}
}
