//! Steps over flat parameter vectors.

use super::{Optimiser, TrainConfig};

/// An optimiser with its moments, each `[parameters]`.
pub(super) struct State {
	optimiser: Optimiser,
	weight_decay: f32,
	first: Vec<f32>,
	second: Vec<f32>,
	/// What the moments still hold of their zero start: the decays to the power of the steps done.
	starts: (f64, f64),
}

impl State {
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
			starts: (1.0, 1.0),
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
				self.starts.0 *= f64::from(beta1);
				self.starts.1 *= f64::from(beta2);
				let unbias1 = (1.0 - self.starts.0) as f32;
				let unbias2 = (1.0 - self.starts.1) as f32;
				for (((parameter, gradient), first), second) in moves.zip(&mut self.second) {
					*first = beta1 * *first + (1.0 - beta1) * gradient;
					*second = beta2 * *second + (1.0 - beta2) * (gradient * gradient);
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

	fn state(optimiser: Optimiser, weight_decay: f32) -> State {
		State::new(&TrainConfig { optimiser, weight_decay, ..Default::default() }, 2)
	}

	fn near(parameters: [f32; 2], expected: [f32; 2]) -> bool {
		parameters.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-4)
	}

	#[test]
	fn sgd_should_keep_momentum_and_add_decay_to_the_gradient() {
		let mut state = state(Optimiser::Sgd { momentum: 0.5 }, 0.1);
		let mut parameters = [1.0, 0.0];
		state.step(&mut parameters, &[1.0, -1.0], 0.1);
		// Velocities 1.1 and -1.
		assert!(near(parameters, [0.89, 0.1]));
		state.step(&mut parameters, &[0.0, 0.0], 0.1);
		// Velocities 0.55 + 0.089 and -0.5 + 0.01.
		assert!(near(parameters, [0.89 - 0.0639, 0.1 + 0.049]));
	}

	#[test]
	fn adamw_should_step_by_the_rate_at_first_and_decay_apart_from_the_gradient() {
		let adam = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
		let mut parameters = [1.0, -1.0];
		let mut plain = state(adam, 0.0);
		// The same gradient again gives the same step, as the moments' start is corrected for.
		for expected in [[0.9, -0.9], [0.8, -0.8], [0.7, -0.7]] {
			plain.step(&mut parameters, &[1e-3, -50.0], 0.1);
			assert!(near(parameters, expected));
		}
		let mut parameters = [1.0, -1.0];
		state(adam, 0.5).step(&mut parameters, &[0.0, 0.0], 0.1);
		assert!(near(parameters, [0.95, -0.95]));
	}
}
