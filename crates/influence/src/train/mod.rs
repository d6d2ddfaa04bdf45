//! Training by mini-batches, seeded and reproducible.

mod config;
mod optimiser;

pub use config::{Optimiser, Scaling, Schedule, TrainConfig};

use crate::{
	model::{
		graph::{gradient, Graph},
		network::Linear,
	},
	Activation, Architecture, Dataset, Error, Model, Progress, Result,
};
use candle_core::{Device, Tensor};
use rand::{seq::SliceRandom, Rng, SeedableRng};
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
/// The last batch of an epoch holds the remaining rows. Gradients are candle's; the same rows and
/// recipe give the same bits on one machine, whatever the number of threads.
///
/// # Errors
/// [`Error::Setting`], [`Error::FeatureCount`], [`Error::ClassCount`], and [`Error::Diverged`] as
/// soon as the loss is not finite.
pub fn train(
	data: &Dataset,
	config: &TrainConfig,
	progress: &mut dyn FnMut(Progress),
) -> Result<Trained> {
	config.check()?;
	let architecture = &config.architecture;
	data.check_fits(architecture.inputs(), architecture.classes())?;
	let (shift, factor) = fit_scaling(config.scaling, data);
	let rows: Vec<Vec<f32>> = data.rows().map(|(row, _)| scale(row, &shift, &factor)).collect();

	let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
	let mut parameters = initial_parameters(architecture, &mut rng);
	let mut state = optimiser::State::new(config, parameters.len());
	let mut order: Vec<usize> = (0..data.len()).collect();
	let steps = u64::from(config.epochs) * data.len().div_ceil(config.batch_size) as u64;
	let mut step = 0;
	for epoch in 1..=config.epochs {
		order.shuffle(&mut rng);
		let mut total = 0.0;
		for batch in order.chunks(config.batch_size) {
			let features = batch.iter().flat_map(|&i| &rows[i]).copied().collect();
			let labels = batch.iter().map(|&i| data.label(i)).collect();
			let (loss, gradient) = batch_gradient(architecture, &parameters, features, labels)?;
			state.step(&mut parameters, &gradient, config.learning_rate_at(step, steps));
			step += 1;
			total += loss * batch.len() as f64;
		}
		let loss = total / data.len() as f64;
		if !loss.is_finite() {
			return Err(Error::Diverged { epoch, loss });
		}
		let (done, total) = (u64::from(epoch), u64::from(config.epochs));
		progress(Progress { stage: "training", done, total, loss: Some(loss) });
	}
	if !parameters.iter().all(|x| x.is_finite()) {
		return Err(Error::Diverged { epoch: config.epochs, loss: f64::NAN });
	}
	let model = Model::new(architecture.clone(), layers(architecture, &parameters), shift, factor)?;
	let (loss, accuracy) = (model.loss(data)?, model.accuracy(data)?);
	Ok(Trained { model, loss, accuracy })
}

/// Mean loss of a batch of scaled rows, and its gradient in the layout of `parameters`.
fn batch_gradient(
	architecture: &Architecture,
	parameters: &[f32],
	features: Vec<f32>,
	labels: Vec<u32>,
) -> Result<(f64, Vec<f32>)> {
	let rows = labels.len();
	let features = Tensor::from_vec(features, (rows, architecture.inputs()), &Device::Cpu)?;
	let labels = Tensor::from_vec(labels, rows, &Device::Cpu)?;
	let (graph, variables) = Graph::variable(architecture, parameters)?;
	let loss = candle_nn::loss::cross_entropy(&graph.forward(&features)?.logits, &labels)?;
	let gradients = loss.backward()?;
	let mut flat = Vec::with_capacity(parameters.len());
	for variable in &variables {
		flat.extend(gradient(&gradients, variable)?);
	}
	Ok((f64::from(loss.to_scalar::<f32>()?), flat))
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

fn scale(row: &[f32], shift: &[f32], factor: &[f32]) -> Vec<f32> {
	row.iter().zip(shift).zip(factor).map(|((x, shift), factor)| (x - shift) * factor).collect()
}

/// Per layer the weight `[outputs][inputs]`, then the bias. Uniform weights of the variance that
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
		parameters.extend((0..pair[0] * pair[1]).map(|_| rng.random_range(-bound..bound)));
		parameters.extend(vec![0.0; pair[1]]);
	}
	parameters
}

fn layers(architecture: &Architecture, parameters: &[f32]) -> Vec<Linear> {
	let (mut layers, mut rest) = (Vec::new(), parameters);
	for pair in architecture.widths().windows(2) {
		let (weight, after) = rest.split_at(pair[0] * pair[1]);
		let (bias, after) = after.split_at(pair[1]);
		rest = after;
		layers.push(Linear::new(pair[0], weight.to_vec(), bias.to_vec()));
	}
	layers
}

#[cfg(test)]
mod tests;
