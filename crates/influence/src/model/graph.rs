//! The network as a candle graph over a batch of rows, for what is computed once and stored:
//! trained weights and curvature. What others must recompute to the bit goes through
//! [`super::network`] instead.

use super::{network::Network, Activation, Architecture};
use crate::Result;
use candle_core::{backprop::GradStore, DType, Device, Tensor, Var};

/// One linear layer's tensors.
struct Layer {
	/// `[outputs, inputs]`.
	weight: Tensor,
	/// `[outputs]`.
	bias: Tensor,
}

/// Linear layers and the non-linearity between them; features come in scaled.
pub(crate) struct Graph {
	layers: Vec<Layer>,
	activation: Activation,
}

/// The forward pass of a batch.
pub(crate) struct Forward {
	/// Per layer its input, `[rows, inputs]`.
	pub inputs: Vec<Tensor>,
	/// `[rows, classes]`.
	pub logits: Tensor,
}

impl Graph {
	/// The network's weights as constants.
	pub fn constant(network: &Network) -> Result<Self> {
		let layers = network.layers.iter().map(|layer| {
			let shape = (layer.outputs, layer.inputs);
			let weight = Tensor::from_slice(&layer.weight, shape, &Device::Cpu)?;
			Ok(Layer {
				weight,
				bias: Tensor::from_slice(&layer.bias, layer.outputs, &Device::Cpu)?,
			})
		});
		Ok(Self { layers: layers.collect::<Result<_>>()?, activation: network.activation })
	}

	/// Weights to be trained, from `parameters`: per layer the weight `[outputs][inputs]`, then the
	/// bias.
	///
	/// Also returns the variables, in that order.
	pub fn variable(architecture: &Architecture, parameters: &[f32]) -> Result<(Self, Vec<Var>)> {
		let (mut layers, mut variables, mut rest) = (Vec::new(), Vec::new(), parameters);
		for pair in architecture.widths().windows(2) {
			let (weight, after) = rest.split_at(pair[0] * pair[1]);
			let (bias, after) = after.split_at(pair[1]);
			rest = after;
			let weight = Var::from_slice(weight, (pair[1], pair[0]), &Device::Cpu)?;
			let bias = Var::from_slice(bias, pair[1], &Device::Cpu)?;
			layers
				.push(Layer { weight: weight.as_tensor().clone(), bias: bias.as_tensor().clone() });
			variables.extend([weight, bias]);
		}
		Ok((Self { layers, activation: architecture.activation() }, variables))
	}

	/// Runs scaled features `[rows, inputs]` forward.
	pub fn forward(&self, features: &Tensor) -> Result<Forward> {
		self.run(features, Ok)
	}

	/// Runs forward with a zero variable added to each layer's output, `[rows, outputs]`.
	///
	/// The gradient of a loss that is *summed* over the rows at that variable holds, row by row,
	/// each sample's gradient at the layer's output: per-sample gradients from one backward pass,
	/// never formed as matrices.
	pub fn forward_probed(&self, features: &Tensor) -> Result<(Forward, Vec<Var>)> {
		let mut probes = Vec::new();
		let forward = self.run(features, |output| {
			let probe = Var::zeros(output.shape(), DType::F32, &Device::Cpu)?;
			let output = (output + probe.as_tensor())?;
			probes.push(probe);
			Ok(output)
		})?;
		Ok((forward, probes))
	}

	fn run(
		&self,
		features: &Tensor,
		mut probe: impl FnMut(Tensor) -> Result<Tensor>,
	) -> Result<Forward> {
		let (mut inputs, mut current) = (Vec::new(), features.clone());
		for (l, layer) in self.layers.iter().enumerate() {
			let output = current.matmul(&layer.weight.t()?)?.broadcast_add(&layer.bias)?;
			let output = probe(output)?;
			inputs.push(current);
			current = match self.activation {
				_ if l + 1 == self.layers.len() => output,
				Activation::Tanh => output.tanh()?,
				Activation::Relu => output.relu()?,
			};
		}
		Ok(Forward { inputs, logits: current })
	}
}

/// The gradient at `variable`, flattened; zeros where the loss does not depend on it.
pub(crate) fn gradient(gradients: &GradStore, variable: &Var) -> Result<Vec<f32>> {
	Ok(match gradients.get(variable) {
		Some(gradient) => gradient.flatten_all()?.to_vec1()?,
		None => vec![0.0; variable.elem_count()],
	})
}
