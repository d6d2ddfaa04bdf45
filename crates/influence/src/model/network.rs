//! The forward and backward pass of a multi-layer perceptron, one row at a time.

use super::Activation;
use crate::kernels::{accumulate_rows, log_sum_exp, softmax, tanh, transpose};

/// A fully connected layer: `z = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
	/// Width of the input.
	pub inputs: usize,
	/// Width of the output.
	pub outputs: usize,
	/// `W`, row-major `[outputs][inputs]`.
	pub weight: Vec<f32>,
	/// `b`, `[outputs]`.
	pub bias: Vec<f32>,
	weight_transposed: Vec<f32>,
}

impl Linear {
	/// Takes `weight` (row-major `[bias.len()][inputs]`) and `bias`; the caller has checked the
	/// lengths.
	pub(crate) fn new(inputs: usize, weight: Vec<f32>, bias: Vec<f32>) -> Self {
		let outputs = bias.len();
		let weight_transposed = transpose(&weight, outputs, inputs);
		Self { inputs, outputs, weight, bias, weight_transposed }
	}

	/// Number of gradient coordinates: `outputs · (inputs + 1)`, the bias counted as one more
	/// input.
	pub fn coordinates(&self) -> usize {
		self.outputs * (self.inputs + 1)
	}
}

/// What the forward pass of one row leaves behind.
#[derive(Clone, Debug)]
pub struct Activations {
	/// Per layer its input with a trailing 1 for the bias, `[inputs + 1]`.
	pub inputs: Vec<Vec<f32>>,
	/// The last layer's output, `[classes]`.
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

	/// Runs one row of raw features `[inputs]` forward.
	pub fn forward(&self, row: &[f32]) -> Activations {
		let scaled = row
			.iter()
			.zip(&self.shift)
			.zip(&self.factor)
			.map(|((x, shift), factor)| (x - shift) * factor);
		let mut current: Vec<f32> = scaled.collect();
		let mut inputs = Vec::with_capacity(self.layers.len());
		for (position, layer) in self.layers.iter().enumerate() {
			let mut output = layer.bias.clone();
			accumulate_rows(&current, &layer.weight_transposed, &mut output);
			current.push(1.0);
			inputs.push(current);
			if position + 1 < self.layers.len() {
				output.iter_mut().for_each(|z| *z = self.activation.apply(*z));
			}
			current = output;
		}
		Activations { inputs, logits: current }
	}

	/// Runs a gradient at the logits (`[classes]`) backward and returns, per layer, the gradient at
	/// that layer's output before the non-linearity, `[outputs]`.
	///
	/// The gradient of the layer's parameters `[W | b]` is the outer product of this with
	/// [`Activations::inputs`]; it is never formed here.
	pub fn backward(&self, activations: &Activations, logit_gradient: &[f32]) -> Vec<Vec<f32>> {
		let mut deltas = vec![logit_gradient.to_vec()];
		for position in (1..self.layers.len()).rev() {
			let layer = &self.layers[position];
			let mut delta = vec![0.0; layer.inputs];
			accumulate_rows(&deltas[deltas.len() - 1], &layer.weight, &mut delta);
			for (value, output) in delta.iter_mut().zip(&activations.inputs[position]) {
				*value *= self.activation.slope(*output);
			}
			deltas.push(delta);
		}
		deltas.reverse();
		deltas
	}
}

impl Activation {
	/// The function's value at `z`.
	pub fn apply(self, z: f32) -> f32 {
		match self {
			Self::Tanh => tanh(z),
			Self::Relu => z.max(0.0),
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
}

/// The cross-entropy loss `-log p_class` in nats.
pub fn cross_entropy(logits: &[f32], class: usize) -> f64 {
	log_sum_exp(logits, None) - f64::from(logits[class])
}

/// The gradient of [`cross_entropy`] at the logits: `p - onehot(class)`.
pub fn cross_entropy_gradient(logits: &[f32], class: usize) -> Vec<f32> {
	let mut gradient = softmax(logits);
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
	let mut others = logits.to_vec();
	others.remove(class);
	let mut gradient: Vec<f32> = softmax(&others).iter().map(|p| -p).collect();
	gradient.insert(class, 1.0);
	gradient
}
