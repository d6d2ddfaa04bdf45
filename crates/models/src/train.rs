//! Training by mini-batches, seeded and reproducible.

mod config;
mod optimiser;
mod run;

pub use config::{Optimiser, Scaling, Schedule, TrainConfig};
pub use optimiser::State;
pub use run::{Batch, Run};

use crate::{Activation, Architecture, Model, Progress, Result};
use openledger_rows::Dataset;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A trained model and how well it fits the rows it was trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
	/// The model.
	pub model: Model,
	/// Mean cross-entropy loss over the training rows, in nats.
	pub loss: f64,
	/// The part of training rows answered with their label, 0 to 1.
	pub accuracy: f64,
}

/// Trains a model on `data` and reports after every epoch (`stage` is `training`, `loss` the
/// epoch's mean).
///
/// The last batch of an epoch holds the remaining rows. The same rows and recipe give the same bits
/// on every machine.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting), [`openledger_rows::Error::FeatureCount`](crate::openledger_rows::Error::FeatureCount),
/// [`openledger_rows::Error::ClassCount`](crate::openledger_rows::Error::ClassCount), and
/// [`Error::Diverged`](crate::Error::Diverged) as soon as the loss is not finite.
pub fn train(
	data: &Dataset,
	config: &TrainConfig,
	progress: &mut dyn FnMut(Progress),
) -> Result<Trained> {
	let mut run = Run::new(data, config)?;
	let (mut total, epochs) = (0.0, u64::from(config.epochs));
	while let Some(batch) = run.batch() {
		let (epoch, rows, last) = (batch.epoch, batch.rows.len(), batch.last_of_epoch);
		total += run.step()? * rows as f64;
		if last {
			let loss = Some(total / data.len() as f64);
			progress(Progress { stage: "training", done: u64::from(epoch), total: epochs, loss });
			total = 0.0;
		}
	}
	run.finish()
}

/// Shift and factor of each feature, `[columns]`.
fn fit_scaling(scaling: Scaling, data: &Dataset) -> (Vec<f32>, Vec<f32>) {
	let columns = data.columns();
	// A feature of no extent, or of one too small for its inverse to be a number, becomes 0.
	let inverse =
		|extent: f64| Some((1.0 / extent) as f32).filter(|x| x.is_finite()).unwrap_or(0.0);
	match scaling {
		Scaling::None => (vec![0.0; columns], vec![1.0; columns]),
		Scaling::Maximum => {
			let largest = data.features().iter().fold(0.0, |max: f32, x| max.max(x.abs()));
			(vec![0.0; columns], vec![inverse(f64::from(largest)); columns])
		},
		Scaling::Standardise => {
			let rows = data.len() as f64;
			let column = |c: usize| data.rows().map(move |(row, _)| f64::from(row[c]));
			(0..columns)
				.map(|c| {
					let mean = column(c).sum::<f64>() / rows;
					let variance = column(c).map(|x| (x - mean).powi(2)).sum::<f64>() / rows;
					(mean as f32, inverse(variance.sqrt()))
				})
				.unzip()
		},
	}
}

/// Per layer `[outputs][inputs + 1]`, the bias last in each row. Uniform weights of the variance that
/// keeps activations in range, `2 / (inputs + outputs)` (Glorot and Bengio 2010) or, before ReLU,
/// `2 / inputs` (He et al. 2015); biases zero.
fn initial_parameters(architecture: &Architecture, rng: &mut ChaCha8Rng) -> Vec<f32> {
	let mut parameters = Vec::with_capacity(architecture.parameters());
	for pair in architecture.widths().windows(2) {
		let fan = match architecture.activation() {
			Activation::Tanh => pair[0] + pair[1],
			Activation::Relu => pair[0],
		};
		let bound = (6.0 / fan as f32).sqrt();
		for _ in 0..pair[1] {
			parameters.extend((0..pair[0]).map(|_| rng.random_range(-bound..bound)));
			parameters.push(0.0);
		}
	}
	parameters
}

#[cfg(test)]
mod tests;
