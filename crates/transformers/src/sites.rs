//! The linear layers of a model: those that an adapter may change, and those that are trained.

/// The shape of a linear layer that an adapter may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
	/// The path of the layer in the base model, such as `encoder.layer.0.attention.self.query`.
	pub name: String,
	/// The width of its input.
	pub inputs: usize,
	/// The width of its output.
	pub outputs: usize,
}

/// The shape of a trained linear layer, `z = W a + b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
	/// The path of the layer in the model.
	pub name: String,
	/// The width of its input.
	pub inputs: usize,
	/// The width of its output.
	pub outputs: usize,
	/// Whether it has a bias.
	pub bias: bool,
}

impl Site {
	/// The number of columns of its parameters `[W | b]`.
	pub fn columns(&self) -> usize {
		self.inputs + usize::from(self.bias)
	}

	/// The number of its parameters, which is that of the gradient's coordinates.
	pub fn coordinates(&self) -> usize {
		self.outputs * self.columns()
	}
}
