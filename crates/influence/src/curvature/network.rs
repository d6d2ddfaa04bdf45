//! The curvature of a multi-layer perceptron's loss, laid out.
//!
//! With `z_l = W_l a_(l-1)` and `δ_l` the gradient at `z_l`, a change `e_i a_(m-1)[j]` of `z_m` moves
//! the gradient `δ_l a_(l-1)ᵀ` of every later layer by `∂δ_l a_(l-1)ᵀ + δ_l ∂a_(l-1)ᵀ`, and both
//! derivatives are products of the layers in between (Pearlmutter 1994 gives the recursion for one
//! direction; here it runs for all directions at once, which share their factor `a_(m-1)[j]`).
//! Where `δ` is taken as zero, what is left is the Gauss-Newton matrix; where the second derivative
//! at the logits is, the residual curvature.

use openledger_kernels::softmax;
use openledger_models::{
	matrix::pieces_mut,
	network::{cross_entropy_gradient, Activations, Network},
	Matrix, Progress, Stage,
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
	let mut stage = Stage::Curvature.of(data.len() as u64, progress);
	let [gauss_newton, residual] = sums;
	for rows in (0..data.len()).step_by(CHUNK) {
		let end = (rows + CHUNK).min(data.len());
		let columns = data.columns();
		let features = &data.features()[rows * columns..end * columns];
		let chunk = Chunk::new(network, features);
		let labels = &data.labels()[rows..end];
		chunk.part(None).add(gauss_newton);
		chunk.part(Some(labels)).add(residual);
		stage.done(end as u64);
	}
}

/// For layer `l` and each layer `m` up to it a matrix `[outputs_l][outputs_m]`.
type ByLayers = Vec<Vec<Matrix<f32>>>;

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
		let rows = (0..activations.rows()).into_par_iter();
		let jacobians = rows.map(|row| jacobians(network, &activations, row)).collect();
		Self { network, activations, jacobians }
	}

	/// The residual curvature, for the rows' labels, or the Gauss-Newton matrix, which knows none.
	fn part(&self, labels: Option<&[u32]>) -> Summand<'_> {
		let (logits, classes) = (&self.activations.logits, self.network.classes());
		let at_logits: Vec<f32> = match labels {
			None => vec![0.0; logits.values().len()],
			Some(labels) => logits
				.each_row()
				.zip(labels)
				.flat_map(|(z, label)| cross_entropy_gradient(z, *label as usize))
				.collect(),
		};
		let at_logits = Matrix::new(logits.rows(), classes, at_logits);
		let deltas = self.network.backward(&self.activations, at_logits);
		let moves = |row: usize| {
			let curvature = match labels {
				None => loss_curvature(logits.row(row)),
				Some(_) => Matrix::zeros(classes, classes),
			};
			self.moves(row, &deltas, curvature)
		};
		let moves = (0..logits.rows()).into_par_iter().map(moves).collect();
		Summand { chunk: self, deltas, moves }
	}

	/// `∂δ_l / ∂z_m` of a row, from `∂²L / ∂z²` at the logits.
	fn moves(&self, row: usize, deltas: &[Matrix<f32>], at_logits: Matrix<f32>) -> ByLayers {
		let layers = &self.network.layers;
		let (mut moves, mut curvature) = (Vec::with_capacity(layers.len()), at_logits);
		for l in (0..layers.len()).rev() {
			let jacobians = self.jacobians[row][l].iter();
			moves.push(jacobians.map(|jacobian| curvature.product(jacobian)).collect());
			if l > 0 {
				curvature = self.curvature_below(row, l, deltas[l].row(row), &curvature);
			}
		}
		moves.reverse();
		moves
	}

	/// `∂²L / ∂z_(l-1)²` of a row from that of layer `l`: through the weights twice, and through the
	/// bend of the non-linearity.
	fn curvature_below(
		&self,
		row: usize,
		l: usize,
		delta: &[f32],
		above: &Matrix<f32>,
	) -> Matrix<f32> {
		let (layer, activation) = (&self.network.layers[l], self.network.activation);
		let outputs = &self.activations.inputs[l].row(row)[..layer.inputs];
		// C W, then Wᵀ (C W), bias columns left out at the end.
		let both = layer.parameters.transposed_product(&above.product(&layer.parameters));
		let pull = Matrix::new(1, delta.len(), delta.to_vec()).product(&layer.parameters);
		let slope = |k: usize| activation.slope(outputs[k]);
		let mut curvature =
			Matrix::from_fn(layer.inputs, layer.inputs, |i, j| slope(i) * both[(i, j)] * slope(j));
		for i in 0..layer.inputs {
			curvature[(i, i)] += activation.bend(outputs[i]) * pull[(0, i)];
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
			let outputs = activations.inputs[l].row(row);
			// W diag(slopes), the Jacobian from the last layer's z to this one's.
			let step = Matrix::from_fn(layer.outputs, layer.inputs, |o, i| {
				layer.parameters[(o, i)] * network.activation.slope(outputs[i])
			});
			below.extend(earlier.iter().map(|earlier| step.product(earlier)));
		}
		below.push(Matrix::identity(layer.outputs));
		jacobians.push(below);
	}
	jacobians
}

/// The second derivative of the cross-entropy at logits: `diag(p) - p pᵀ`.
fn loss_curvature(logits: &[f32]) -> Matrix<f32> {
	let mut p = logits.to_vec();
	softmax(&mut p);
	Matrix::from_fn(p.len(), p.len(), |i, j| p[i] * (f32::from(u8::from(i == j)) - p[j]))
}

/// The Gauss-Newton matrix or the residual curvature of some rows.
struct Summand<'a> {
	chunk: &'a Chunk<'a>,
	/// Of each layer the gradient at its output, `[rows][outputs]`.
	deltas: Vec<Matrix<f32>>,
	/// Of each row `∂δ_l / ∂z_m`.
	moves: Vec<ByLayers>,
}

impl Summand<'_> {
	fn add(&self, sum: &mut [f64]) {
		let (network, n) = (self.chunk.network, self.chunk.network.coordinates());
		// Every output of every layer owns some rows of the matrix.
		let layers = || network.layers.iter().enumerate();
		let outputs = || layers().flat_map(|(m, layer)| (0..layer.outputs).map(move |o| (m, o)));
		let lengths = outputs().map(|(m, _)| (network.layers[m].inputs + 1) * n);
		let owned: Vec<_> = outputs().zip(pieces_mut(sum, lengths)).collect();
		let places = network.places();
		owned.into_par_iter().for_each(|((m, i), sum)| {
			for (l, place) in places.iter().enumerate().skip(m) {
				self.add_layer((m, i), l, place.start, sum);
			}
		});
	}

	/// Adds to the rows of output `i` of layer `m` what belongs to the columns of layer `l`, of which
	/// `start` is the first.
	fn add_layer(&self, (m, i): (usize, usize), l: usize, start: usize, sum: &mut [f64]) {
		let layers = &self.chunk.network.layers;
		let n = self.chunk.network.coordinates();
		let moved = |row: usize, o: usize| self.moves[row][l][m][(o, i)];
		// In a layer's block with itself one triangle is enough, and many outputs of a residual
		// curvature do not move at all.
		let rows = self.chunk.activations.rows();
		let needed = |o: &usize| l > m || *o >= i && (0..rows).any(|row| moved(row, *o) != 0.0);
		let outputs: Vec<usize> = (0..layers[l].outputs).filter(needed).collect();
		let across = layers[l].inputs + 1;
		let width = outputs.len() * across;
		let mut derivatives = Vec::with_capacity(rows * width);
		for row in 0..rows {
			let (input, delta) =
				(self.chunk.activations.inputs[l].row(row), self.deltas[l].row(row));
			let slopes = self.input_slopes((m, i), l, row);
			for o in &outputs {
				let (moved, delta) = (moved(row, *o), delta[*o]);
				let pairs = input.iter().zip(&slopes);
				derivatives.extend(pairs.map(|(a, slope)| moved * a + delta * slope));
			}
		}
		let derivatives = Matrix::new(rows, width, derivatives);
		let product = self.chunk.activations.inputs[m].transposed_product(&derivatives);
		for (sum, product) in sum.chunks_exact_mut(n).zip(product.each_row()) {
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
			let outputs = &self.chunk.activations.inputs[l].row(row)[..inputs];
			let jacobian = &self.chunk.jacobians[row][l - 1][m];
			let moved = jacobian.each_row().map(|row| row[i]);
			for ((slope, y), moved) in slopes.iter_mut().zip(outputs).zip(moved) {
				*slope = network.activation.slope(*y) * moved;
			}
		}
		slopes
	}
}
