//! The derivative of the optimiser's step along many directions.

use crate::{Error, Result};
use openledger_models::{
	tangent::{Linearised, DIRECTIONS},
	train::{Optimiser, OptimiserState},
	Matrix, Model,
};
use rayon::prelude::*;

/// Derivatives of parameters and moments by the weight of each contribution.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tangents {
	/// Of the parameters, `[contributions][coordinates]`.
	parameters: Matrix<f32>,
	/// Of the velocity or of the mean of gradients, `[contributions][coordinates]`.
	first: Matrix<f32>,
	/// Of the mean of squared gradients, `[contributions][coordinates]`; without contributions for
	/// gradient descent.
	second: Matrix<f32>,
}

/// How a parameter and its moments follow the derivative of the gradient: the optimiser's rule,
/// linear in the tangents.
enum Rule {
	Sgd {
		momentum: f32,
	},
	AdamW {
		beta1: f32,
		beta2: f32,
		/// What the second moment takes up of the gradient's derivative, `[coordinates]`.
		takes: Vec<f32>,
		/// The step's derivative by the first moment, `[coordinates]`.
		by_first: Vec<f32>,
		/// Minus the step's derivative by the second moment, `[coordinates]`.
		by_second: Vec<f32>,
	},
}

impl Rule {
	/// Of the step that used `gradient` and left `after` behind.
	fn new(gradient: &[f32], after: &OptimiserState) -> Self {
		let (beta1, beta2, epsilon) = match after.optimiser {
			Optimiser::Sgd { momentum } => return Self::Sgd { momentum },
			Optimiser::AdamW { beta1, beta2, epsilon } => (beta1, beta2, epsilon),
		};
		let unbias1 = f64::from(1.0 - after.powers.0);
		let unbias2 = f64::from(1.0 - after.powers.1);
		// The step is (m / u1) / (√(s / u2) + ε).
		let (by_first, by_second) = after
			.first
			.iter()
			.zip(&after.second)
			.map(|(first, second)| {
				let root = (f64::from(*second) / unbias2).sqrt();
				let below = root + f64::from(epsilon);
				// Where all gradients were zero, so is the first moment, and the root's kink is
				// multiplied by it.
				let by_second = match root > 0.0 {
					true => f64::from(*first) / unbias1 / (below * below * 2.0 * root * unbias2),
					false => 0.0,
				};
				((1.0 / (unbias1 * below)) as f32, by_second as f32)
			})
			.unzip();
		let takes = gradient.iter().map(|g| 2.0 * (1.0 - beta2) * g).collect();
		Self::AdamW { beta1, beta2, takes, by_first, by_second }
	}
}

impl Tangents {
	/// Before the first step: nothing depends on a weight.
	pub fn new(optimiser: Optimiser, contributions: usize, model: &Model) -> Self {
		let zeros = Matrix::zeros(contributions, model.coordinates());
		let second = match optimiser {
			Optimiser::Sgd { .. } => Matrix::zeros(0, model.coordinates()),
			Optimiser::AdamW { .. } => zeros.clone(),
		};
		Self { parameters: zeros.clone(), first: zeros, second }
	}

	pub fn count(&self) -> usize {
		self.parameters.rows()
	}

	/// Follows one step of training, of which `batch` is the loss before, `rows_of` the positions in
	/// the batch of each contribution's rows, `gradient` the gradient used and `after` what it made
	/// of the optimiser. The same bits for any number of threads.
	pub fn step(
		&mut self,
		batch: &Linearised,
		rows_of: &[Vec<usize>],
		gradient: &[f32],
		after: &OptimiserState,
		rate: f32,
	) {
		let (n, decay) = (self.parameters.columns(), after.weight_decay);
		// The derivatives of the batch's gradient.
		let gradients = |position: usize, parameters: &[f32]| {
			let mut sums = vec![0.0; parameters.len()];
			for (sum, rows) in sums.chunks_exact_mut(n).zip(&rows_of[position * DIRECTIONS..]) {
				rows.iter().for_each(|row| batch.add_row_gradient(*row, sum));
			}
			batch.add_block(parameters, &mut sums);
			sums
		};
		let parameters = self.parameters.values_mut().par_chunks_mut(DIRECTIONS * n);
		let firsts = self.first.values_mut().par_chunks_mut(DIRECTIONS * n);
		let blocks = parameters.zip(firsts).enumerate();
		match Rule::new(gradient, after) {
			Rule::Sgd { momentum } => blocks.for_each(|(position, (parameters, velocities))| {
				let gradients = gradients(position, parameters);
				let moves = parameters.iter_mut().zip(velocities).zip(&gradients);
				for ((parameter, velocity), gradient) in moves {
					*velocity = momentum * *velocity + (gradient + decay * *parameter);
					*parameter -= rate * *velocity;
				}
			}),
			Rule::AdamW { beta1, beta2, takes, by_first, by_second } => {
				let seconds = self.second.values_mut().par_chunks_mut(DIRECTIONS * n);
				let blocks = blocks.zip(seconds);
				blocks.for_each(|((position, (parameters, firsts)), seconds)| {
					let gradients = gradients(position, parameters);
					for (start, _) in gradients.chunks_exact(n).enumerate() {
						let here = start * n..(start + 1) * n;
						let factors = takes.iter().zip(by_first.iter().zip(&by_second));
						let moments =
							firsts[here.clone()].iter_mut().zip(&mut seconds[here.clone()]);
						let moves = parameters[here.clone()].iter_mut().zip(&gradients[here]);
						for (
							((parameter, gradient), (first, second)),
							(takes, (by_first, by_second)),
						) in moves.zip(moments).zip(factors)
						{
							*first = beta1 * *first + (1.0 - beta1) * gradient;
							*second = beta2 * *second + takes * gradient;
							let step = by_first * *first - by_second * *second;
							*parameter -= rate * (step + decay * *parameter);
						}
					}
				})
			},
		}
	}

	/// The parameters' derivatives, `[contributions][coordinates]`.
	///
	/// # Errors
	/// [`Error::NotFinite`] if training has carried the tangents out of the range of numbers.
	pub fn finish(self) -> Result<Vec<Vec<f32>>> {
		let all = [&self.parameters, &self.first, &self.second];
		match all.into_iter().all(|matrix| matrix.values().par_iter().all(|x| x.is_finite())) {
			true => Ok(self.parameters.each_row().map(<[f32]>::to_vec).collect()),
			false => Err(Error::NotFinite("the derivative of training by a contribution's weight")),
		}
	}
}
