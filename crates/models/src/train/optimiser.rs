//! Steps over flat parameter vectors.

use super::{Optimiser, TrainConfig};

/// An optimiser with its moments.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
	/// The rule by which gradients become steps.
	pub optimiser: Optimiser,
	/// The pull of every parameter to zero; not negative.
	pub weight_decay: f32,
	/// The velocity or the mean of gradients, `[parameters]`.
	pub first: Vec<f32>,
	/// The mean of squared gradients, `[parameters]`; empty for gradient descent.
	pub second: Vec<f32>,
	/// The decays of both means to the power of the steps done, for Adam's correction.
	pub powers: (f32, f32),
}

impl State {
	/// Before the first step, for that many parameters.
	pub fn new(config: &TrainConfig, parameters: usize) -> Self {
		let second = match config.optimiser {
			Optimiser::Sgd { .. } => 0,
			Optimiser::AdamW { .. } => parameters,
		};
		Self {
			optimiser: config.optimiser,
			weight_decay: config.weight_decay,
			first: vec![0.0; parameters],
			second: vec![0.0; second],
			powers: (1.0, 1.0),
		}
	}

	/// Moves `parameters` by one step against `gradient`, both `[parameters]`.
	pub fn step(&mut self, parameters: &mut [f32], gradient: &[f32], rate: f32) {
		let decay = self.weight_decay;
		let moves = parameters.iter_mut().zip(gradient).zip(&mut self.first);
		match self.optimiser {
			Optimiser::Sgd { momentum } => {
				for ((parameter, gradient), velocity) in moves {
					*velocity = momentum * *velocity + (gradient + decay * *parameter);
					*parameter -= rate * *velocity;
				}
			},
			Optimiser::AdamW { beta1, beta2, epsilon } => {
				self.powers = (self.powers.0 * beta1, self.powers.1 * beta2);
				let (unbias1, unbias2) = (1.0 - self.powers.0, 1.0 - self.powers.1);
				for (((parameter, gradient), first), second) in moves.zip(&mut self.second) {
					*first = beta1 * *first + (1.0 - beta1) * gradient;
					*second = beta2 * *second + (1.0 - beta2) * gradient * gradient;
					let step = (*first / unbias1) / ((*second / unbias2).sqrt() + epsilon);
					*parameter -= rate * (step + decay * *parameter);
				}
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Activation, Architecture};

	fn state(optimiser: Optimiser, weight_decay: f32) -> State {
		let architecture = Architecture::mlp(&[1, 2], Activation::Tanh);
		let config = TrainConfig { optimiser, weight_decay, ..TrainConfig::standard(architecture) };
		State::new(&config, 2)
	}

	#[test]
	fn sgd_should_keep_momentum_and_add_decay_to_the_gradient() {
		let mut state = state(Optimiser::Sgd { momentum: 0.5 }, 0.1);
		let mut parameters = [1.0, 0.0];
		state.step(&mut parameters, &[1.0, -1.0], 0.1);
		// Velocities 1.1 and -1.
		assert!((parameters[0] - 0.89).abs() < 1e-6 && (parameters[1] - 0.1).abs() < 1e-6);
		state.step(&mut parameters, &[0.0, 0.0], 0.1);
		// Velocities 0.55 + 0.089 and -0.5 + 0.01.
		assert!((parameters[0] - (0.89 - 0.0639)).abs() < 1e-6);
		assert!((parameters[1] - (0.1 + 0.049)).abs() < 1e-6);
	}

	#[test]
	fn adamw_should_step_by_the_rate_at_first_and_decay_apart_from_the_gradient() {
		let adam = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
		let mut parameters = [1.0, -1.0];
		state(adam, 0.0).step(&mut parameters, &[1e-3, -50.0], 0.1);
		// Whatever the gradient's size.
		assert!((parameters[0] - 0.9).abs() < 1e-4 && (parameters[1] + 0.9).abs() < 1e-4);
		let mut parameters = [1.0, -1.0];
		state(adam, 0.5).step(&mut parameters, &[0.0, 0.0], 0.1);
		assert!((parameters[0] - 0.95).abs() < 1e-6 && (parameters[1] + 0.95).abs() < 1e-6);
	}
}
