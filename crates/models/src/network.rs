//! The forward and backward pass of a multi-layer perceptron over a batch of rows. A row gets the
//! same bits in every batch.

use super::Activation;
use openledger_kernels::{log_sum_exp, matmul, softmax, tanh_slice};

/// A fully connected layer: `z = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
	/// Width of the input.
	pub inputs: usize,
	/// Width of the output.
	pub outputs: usize,
	/// `[W | b]`, row-major `[outputs][inputs + 1]`: the order of gradient coordinates.
	pub parameters: Vec<f32>,
	/// `[inputs + 1][outputs]`.
	transposed: Vec<f32>,
}

impl Linear {
	/// Takes `[W | b]`, row-major `[outputs][inputs + 1]`; the caller has checked the length.
	pub fn new(inputs: usize, parameters: Vec<f32>) -> Self {
		let columns = inputs + 1;
		let outputs = parameters.len() / columns;
		let mut transposed = vec![0.0; parameters.len()];
		for (o, row) in parameters.chunks_exact(columns).enumerate() {
			for (i, value) in row.iter().enumerate() {
				transposed[i * outputs + o] = *value;
			}
		}
		Self { inputs, outputs, parameters, transposed }
	}

	/// Takes `weight`, row-major `[bias.len()][inputs]`, and `bias`.
	pub fn from_parts(inputs: usize, weight: &[f32], bias: &[f32]) -> Self {
		let rows = bias.iter().enumerate();
		let row = |(o, bias): (usize, &f32)| {
			weight[o * inputs..(o + 1) * inputs].iter().copied().chain([*bias])
		};
		Self::new(inputs, rows.flat_map(row).collect())
	}

	/// `W`, row-major `[outputs][inputs]`, and `b`, `[outputs]`.
	pub fn to_parts(&self) -> (Vec<f32>, Vec<f32>) {
		let rows = || self.parameters.chunks_exact(self.inputs + 1);
		let weight = rows().flat_map(|row| &row[..self.inputs]).copied().collect();
		(weight, rows().map(|row| row[self.inputs]).collect())
	}

	/// Number of gradient coordinates: `outputs · (inputs + 1)`, the bias counted as one more
	/// input.
	pub fn coordinates(&self) -> usize {
		self.parameters.len()
	}
}

/// What the forward pass of a batch leaves behind.
#[derive(Clone, Debug)]
pub struct Activations {
	/// Rows of the batch.
	pub rows: usize,
	/// Per layer its inputs with a trailing 1 for the bias, `[rows][inputs + 1]`.
	pub inputs: Vec<Vec<f32>>,
	/// The last layer's outputs, `[rows][classes]`.
	pub logits: Vec<f32>,
}

/// Scaled features, linear layers and the non-linearity between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
	/// The layers, first to last; at least one.
	pub layers: Vec<Linear>,
	/// Applied after every layer but the last.
	pub activation: Activation,
	/// Subtracted from each feature, `[inputs]`.
	pub shift: Vec<f32>,
	/// Multiplied onto each shifted feature, `[inputs]`.
	pub factor: Vec<f32>,
}

impl Network {
	/// Number of gradient coordinates over all layers.
	pub fn coordinates(&self) -> usize {
		self.layers.iter().map(Linear::coordinates).sum()
	}

	/// Number of classes.
	pub fn classes(&self) -> usize {
		self.layers.last().map_or(0, |layer| layer.outputs)
	}

	/// Scales raw features, `[rows][inputs]`.
	pub fn scale(&self, features: &[f32]) -> Vec<f32> {
		let rows = features.chunks_exact(self.shift.len().max(1));
		let scale = |row| {
			std::iter::zip(row, std::iter::zip(&self.shift, &self.factor))
				.map(|(x, (shift, factor)): (&f32, _)| (x - shift) * factor)
		};
		rows.flat_map(scale).collect()
	}

	/// Runs raw features `[rows][inputs]` forward.
	pub fn forward(&self, features: &[f32]) -> Activations {
		self.forward_scaled(self.scale(features))
	}

	/// Runs scaled features `[rows][inputs]` forward.
	pub fn forward_scaled(&self, features: Vec<f32>) -> Activations {
		let rows = features.len() / self.shift.len().max(1);
		let mut current = features;
		let mut inputs = Vec::with_capacity(self.layers.len());
		for (position, layer) in self.layers.iter().enumerate() {
			let input = with_ones(&current, layer.inputs);
			let mut output = vec![0.0; rows * layer.outputs];
			let columns = layer.inputs + 1;
			matmul(&input, &layer.transposed, &mut output, rows, columns, layer.outputs);
			inputs.push(input);
			if position + 1 < self.layers.len() {
				self.activation.apply(&mut output);
			}
			current = output;
		}
		Activations { rows, inputs, logits: current }
	}

	/// Runs gradients at the logits (`[rows][classes]`) backward and returns, per layer, the
	/// gradients at that layer's output before the non-linearity, `[rows][outputs]`.
	///
	/// The gradient of the layer's parameters for one row is the outer product of its row here with
	/// its row of [`Activations::inputs`]; it is never formed here.
	pub fn backward(&self, activations: &Activations, logit_gradients: &[f32]) -> Vec<Vec<f32>> {
		let mut deltas = vec![logit_gradients.to_vec()];
		for position in (1..self.layers.len()).rev() {
			let layer = &self.layers[position];
			let (above, columns) = (&deltas[deltas.len() - 1], layer.inputs + 1);
			let samples = above.len() / layer.outputs.max(1);
			let mut below = vec![0.0; samples * columns];
			matmul(above, &layer.parameters, &mut below, samples, layer.outputs, columns);
			// Several gradients of one row follow each other batch by batch.
			let outputs = activations.inputs[position].chunks_exact(columns).cycle();
			let slopes = |(gradient, output): (&[f32], &[f32])| {
				let pairs = std::iter::zip(gradient, output).take(layer.inputs);
				pairs.map(|(x, y)| x * self.activation.slope(*y)).collect::<Vec<_>>()
			};
			deltas.push(below.chunks_exact(columns).zip(outputs).flat_map(slopes).collect());
		}
		deltas.reverse();
		deltas
	}
}

/// Appends a 1 to each row, `[rows][columns + 1]`.
fn with_ones(rows: &[f32], columns: usize) -> Vec<f32> {
	let mut out = Vec::with_capacity(rows.len() + rows.len() / columns.max(1));
	for row in rows.chunks_exact(columns.max(1)) {
		out.extend_from_slice(row);
		out.push(1.0);
	}
	out
}

impl Activation {
	/// Replaces each `z` by the function's value.
	pub fn apply(self, values: &mut [f32]) {
		match self {
			Self::Tanh => tanh_slice(values),
			Self::Relu => values.iter_mut().for_each(|z| *z = z.max(0.0)),
		}
	}

	/// The function's derivative, expressed by its value `output`; 0 for ReLU at 0.
	pub fn slope(self, output: f32) -> f32 {
		match self {
			Self::Tanh => 1.0 - output * output,
			Self::Relu if output > 0.0 => 1.0,
			Self::Relu => 0.0,
		}
	}

	/// The function's second derivative, expressed by its value `output`.
	pub fn bend(self, output: f32) -> f32 {
		match self {
			Self::Tanh => -2.0 * output * (1.0 - output * output),
			Self::Relu => 0.0,
		}
	}
}

/// The cross-entropy loss `-log p_class` in nats.
pub fn cross_entropy(logits: &[f32], class: usize) -> f64 {
	log_sum_exp(logits, None) - f64::from(logits[class])
}

/// The gradient of [`cross_entropy`] at the logits: `p - onehot(class)`.
pub fn cross_entropy_gradient(logits: &[f32], class: usize) -> Vec<f32> {
	let mut gradient = logits.to_vec();
	softmax(&mut gradient);
	gradient[class] -= 1.0;
	gradient
}

/// The margin `log(p_class / (1 - p_class))`: the model's log-odds of `class`, the output function
/// of Park et al. 2023 (TRAK), section 3.2. Infinite when there is only one class.
pub fn margin(logits: &[f32], class: usize) -> f64 {
	f64::from(logits[class]) - log_sum_exp(logits, Some(class))
}

/// The gradient of [`margin`] at the logits: 1 at `class`, and minus the softmax over the other
/// classes.
pub fn margin_gradient(logits: &[f32], class: usize) -> Vec<f32> {
	let mut gradient = logits.to_vec();
	gradient.remove(class);
	softmax(&mut gradient);
	gradient.iter_mut().for_each(|p| *p = -*p);
	gradient.insert(class, 1.0);
	gradient
}
