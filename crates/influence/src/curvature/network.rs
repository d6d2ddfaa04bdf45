//! The curvature of a multi-layer perceptron's loss, laid out.
//!
//! With `z_l = W_l a_(l-1)` and `δ_l` the gradient at `z_l`, a change `e_i a_(m-1)[j]` of `z_m` moves
//! the gradient `δ_l a_(l-1)ᵀ` of every later layer by `∂δ_l a_(l-1)ᵀ + δ_l ∂a_(l-1)ᵀ`, and both
//! derivatives are products of the layers in between (Pearlmutter 1994 gives the recursion for one
//! direction; here it runs for all directions at once, which share their factor `a_(m-1)[j]`).
//! Where `δ` is taken as zero, what is left is the Gauss-Newton matrix; where the second derivative
//! at the logits is, the residual curvature.

use openledger_kernels::{matmul, matmul_tn, softmax};
use openledger_models::{
	network::{cross_entropy_gradient, Activations, Linear, Network},
	Progress,
};
use openledger_rows::Dataset;
use rayon::prelude::*;

/// Rows summed in single precision before they are added to the result.
const CHUNK: usize = 256;

/// Adds to `sums`, the Gauss-Newton matrix and the residual curvature, those of all rows; each
/// `[coordinates][coordinates]`, at and above the diagonal. The same bits for any number of threads.
pub(super) fn add_rows(
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
		let chunk = Chunk::new(network, features);
		let labels = &data.labels()[rows..end];
		chunk.part(None).add(gauss_newton);
		chunk.part(Some(labels)).add(residual);
		let (done, total) = (end as u64, data.len() as u64);
		progress(Progress { stage: "curvature", done, total, loss: None });
	}
}

/// For layer `l` and each layer `m` up to it a matrix `[outputs_l][outputs_m]`.
type ByLayers = Vec<Vec<Vec<f32>>>;

/// Some rows, and what both parts of their curvature are made of.
struct Chunk<'a> {
	network: &'a Network,
	activations: Activations,
	/// Of each row `∂z_l / ∂z_m`.
	jacobians: Vec<ByLayers>,
}

impl<'a> Chunk<'a> {
	fn new(network: &'a Network, features: &[f32]) -> Self {
		let activations = network.forward(features);
		let rows = (0..activations.rows).into_par_iter();
		let jacobians = rows.map(|row| jacobians(network, &activations, row)).collect();
		Self { network, activations, jacobians }
	}

	/// The residual curvature, for the rows' labels, or the Gauss-Newton matrix, which knows none.
	fn part(&self, labels: Option<&[u32]>) -> Part<'_> {
		let (logits, classes) = (&self.activations.logits, self.network.classes());
		let at_logits: Vec<f32> = match labels {
			None => vec![0.0; logits.len()],
			Some(labels) => logits
				.chunks_exact(classes.max(1))
				.zip(labels)
				.flat_map(|(z, label)| cross_entropy_gradient(z, *label as usize))
				.collect(),
		};
		let deltas = self.network.backward(&self.activations, &at_logits);
		let moves = |row: usize| {
			let curvature = match labels {
				None => loss_curvature(&logits[row * classes..][..classes]),
				Some(_) => vec![0.0; classes * classes],
			};
			self.moves(row, &deltas, curvature)
		};
		let moves = (0..self.activations.rows).into_par_iter().map(moves).collect();
		Part { chunk: self, deltas, moves }
	}

	/// `∂δ_l / ∂z_m` of a row, from `∂²L / ∂z²` at the logits.
	fn moves(&self, row: usize, deltas: &[Vec<f32>], at_logits: Vec<f32>) -> ByLayers {
		let layers = &self.network.layers;
		let (mut moves, mut curvature) = (Vec::with_capacity(layers.len()), at_logits);
		for (l, layer) in layers.iter().enumerate().rev() {
			let width = layer.outputs;
			let product = |(jacobian, earlier): (&Vec<f32>, &Linear)| {
				let mut product = vec![0.0; width * earlier.outputs];
				matmul(&curvature, jacobian, &mut product, width, width, earlier.outputs);
				product
			};
			moves.push(self.jacobians[row][l].iter().zip(layers).map(product).collect());
			if l > 0 {
				curvature = self.curvature_below(row, l, &deltas[l], &curvature);
			}
		}
		moves.reverse();
		moves
	}

	/// `∂²L / ∂z_(l-1)²` of a row from that of layer `l`: through the weights twice, and through the
	/// bend of the non-linearity.
	fn curvature_below(&self, row: usize, l: usize, deltas: &[f32], above: &[f32]) -> Vec<f32> {
		let (layer, activation) = (&self.network.layers[l], self.network.activation);
		let (width, columns) = (layer.outputs, layer.inputs + 1);
		let outputs = &self.activations.inputs[l][row * columns..][..layer.inputs];
		let delta = &deltas[row * width..][..width];
		// C W, then Wᵀ (C W), bias columns left out at the end.
		let mut right = vec![0.0; width * columns];
		matmul(above, &layer.parameters, &mut right, width, width, columns);
		let mut both = vec![0.0; columns * columns];
		matmul_tn(&layer.parameters, &right, &mut both, columns, width, columns);
		let mut pull = vec![0.0; columns];
		matmul(delta, &layer.parameters, &mut pull, 1, width, columns);
		let slope = |k: usize| activation.slope(outputs[k]);
		let mut curvature = vec![0.0; layer.inputs * layer.inputs];
		for i in 0..layer.inputs {
			for j in 0..layer.inputs {
				curvature[i * layer.inputs + j] = slope(i) * both[i * columns + j] * slope(j);
			}
			curvature[i * layer.inputs + i] += activation.bend(outputs[i]) * pull[i];
		}
		curvature
	}
}

/// `∂z_l / ∂z_m` of a row.
fn jacobians(network: &Network, activations: &Activations, row: usize) -> ByLayers {
	let mut jacobians: ByLayers = Vec::with_capacity(network.layers.len());
	for (l, layer) in network.layers.iter().enumerate() {
		let mut below = Vec::with_capacity(l + 1);
		if let Some(earlier) = jacobians.last() {
			let outputs = &activations.inputs[l][row * (layer.inputs + 1)..][..layer.inputs];
			// W diag(slopes), the Jacobian from the last layer's z to this one's.
			let weights = layer.parameters.chunks_exact(layer.inputs + 1);
			let step: Vec<f32> = weights
				.flat_map(|w| w.iter().zip(outputs).map(|(w, y)| w * network.activation.slope(*y)))
				.collect();
			for (earlier, first) in earlier.iter().zip(&network.layers) {
				let mut product = vec![0.0; layer.outputs * first.outputs];
				matmul(&step, earlier, &mut product, layer.outputs, layer.inputs, first.outputs);
				below.push(product);
			}
		}
		let identity = |at| f32::from(u8::from(at / layer.outputs == at % layer.outputs));
		below.push((0..layer.outputs * layer.outputs).map(identity).collect());
		jacobians.push(below);
	}
	jacobians
}

/// The second derivative of the cross-entropy at logits: `diag(p) - p pᵀ`.
fn loss_curvature(logits: &[f32]) -> Vec<f32> {
	let (mut p, classes) = (logits.to_vec(), logits.len());
	softmax(&mut p);
	let entry = |at| {
		let (i, j) = (at / classes, at % classes);
		p[i] * (f32::from(u8::from(i == j)) - p[j])
	};
	(0..classes * classes).map(entry).collect()
}

/// One part of the curvature of some rows.
struct Part<'a> {
	chunk: &'a Chunk<'a>,
	/// Of each layer the gradient at its output, `[rows][outputs]`.
	deltas: Vec<Vec<f32>>,
	/// Of each row `∂δ_l / ∂z_m`.
	moves: Vec<ByLayers>,
}

impl Part<'_> {
	fn add(&self, sum: &mut [f64]) {
		let (network, n) = (self.chunk.network, self.chunk.network.coordinates());
		// Every output of every layer owns some rows of the matrix.
		let mut owned: Vec<(usize, usize, &mut [f64])> = Vec::new();
		let mut rest = sum;
		for (m, layer) in network.layers.iter().enumerate() {
			for output in 0..layer.outputs {
				let (here, after) = rest.split_at_mut((layer.inputs + 1) * n);
				rest = after;
				owned.push((m, output, here));
			}
		}
		owned.into_par_iter().for_each(|(m, i, sum)| {
			let mut start = network.layers[..m].iter().map(|layer| layer.coordinates()).sum();
			for (l, layer) in network.layers.iter().enumerate().skip(m) {
				self.add_layer((m, i), l, start, sum);
				start += layer.coordinates();
			}
		});
	}

	/// Adds to the rows of output `i` of layer `m` what belongs to the columns of layer `l`, of which
	/// `start` is the first.
	fn add_layer(&self, (m, i): (usize, usize), l: usize, start: usize, sum: &mut [f64]) {
		let layers = &self.chunk.network.layers;
		let n = self.chunk.network.coordinates();
		let moved = |row: usize, o: usize| self.moves[row][l][m][o * layers[m].outputs + i];
		// In a layer's block with itself one triangle is enough, and many outputs of a residual
		// curvature do not move at all.
		let rows = self.chunk.activations.rows;
		let needed = |o: &usize| l > m || *o >= i && (0..rows).any(|row| moved(row, *o) != 0.0);
		let outputs: Vec<usize> = (0..layers[l].outputs).filter(needed).collect();
		let (columns, across) = (layers[m].inputs + 1, layers[l].inputs + 1);
		let width = outputs.len() * across;
		let mut derivatives = Vec::with_capacity(rows * width);
		for row in 0..rows {
			let input = &self.chunk.activations.inputs[l][row * across..][..across];
			let delta = &self.deltas[l][row * layers[l].outputs..][..layers[l].outputs];
			let slopes = self.input_slopes((m, i), l, row);
			for o in &outputs {
				let (moved, delta) = (moved(row, *o), delta[*o]);
				let pairs = input.iter().zip(&slopes);
				derivatives.extend(pairs.map(|(a, slope)| moved * a + delta * slope));
			}
		}
		let mut product = vec![0.0; columns * width];
		let inputs = &self.chunk.activations.inputs[m];
		matmul_tn(inputs, &derivatives, &mut product, columns, rows, width);
		for (sum, product) in sum.chunks_exact_mut(n).zip(product.chunks(width.max(1))) {
			for (o, product) in outputs.iter().zip(product.chunks_exact(across)) {
				let sum = &mut sum[start + o * across..][..across];
				sum.iter_mut().zip(product).for_each(|(sum, x)| *sum += f64::from(*x));
			}
		}
	}

	/// `∂a_(l-1) / ∂z_m[i]` of a row, `[inputs + 1]`: 0 for the bias, and in layer `m` itself, whose
	/// input does not depend on its output.
	fn input_slopes(&self, (m, i): (usize, usize), l: usize, row: usize) -> Vec<f32> {
		let network = self.chunk.network;
		let inputs = network.layers[l].inputs;
		let mut slopes = vec![0.0; inputs + 1];
		if l > m {
			let outputs = &self.chunk.activations.inputs[l][row * (inputs + 1)..][..inputs];
			let jacobian = &self.chunk.jacobians[row][l - 1][m];
			let moved = jacobian.iter().skip(i).step_by(network.layers[m].outputs);
			for ((slope, y), moved) in slopes.iter_mut().zip(outputs).zip(moved) {
				*slope = network.activation.slope(*y) * moved;
			}
		}
		slopes
	}
}
