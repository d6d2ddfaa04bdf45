//! Training of an adapter by mini-batches, seeded and reproducible.
//!
//! Gradients are computed sample by sample on all threads and summed in the samples' order, and
//! nothing asks the platform's mathematical library: equal samples and settings give equal bits on
//! any number of threads and any machine.

mod config;
mod optimiser;

#[cfg(test)]
mod tests;

pub use config::{Optimiser, TrainConfig};

use crate::{
	bert::TextClassifier,
	error::{Error, Result},
	gradients::{add_gradient, in_order, Factors, Site},
	llama::LanguageModel,
};
use optimiser::State;
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledText {
	/// Its tokens.
	pub ids: Vec<u32>,
	/// Its class.
	pub label: u32,
}

/// A text of which a part is to be predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CausalText {
	/// Its tokens.
	pub ids: Vec<u32>,
	/// The first token to be predicted, at least 1.
	pub from: usize,
}

/// A model whose adapter can be trained.
pub trait Trainable: Sync {
	/// One sample.
	type Sample: Sync;

	/// The trained layers, in the order of the parameters.
	fn sites(&self) -> &[Site];

	/// The trained parameters.
	fn parameters(&self) -> Vec<f32>;

	/// Replaces the trained parameters.
	///
	/// # Errors
	/// If there are more or fewer, or one is not finite.
	fn set_parameters(&mut self, parameters: &[f32]) -> Result<()>;

	/// A sample's loss in nats and the factors of its gradient, one per site.
	///
	/// # Errors
	/// If the sample does not fit the model or the loss is not finite.
	fn loss_factors(&self, sample: &Self::Sample) -> Result<(f64, Vec<Factors>)>;
}

impl Trainable for TextClassifier {
	type Sample = LabelledText;

	fn sites(&self) -> &[Site] {
		self.sites()
	}

	fn parameters(&self) -> Vec<f32> {
		self.parameters()
	}

	fn set_parameters(&mut self, parameters: &[f32]) -> Result<()> {
		self.set_parameters(parameters)
	}

	fn loss_factors(&self, sample: &LabelledText) -> Result<(f64, Vec<Factors>)> {
		self.loss_factors(&sample.ids, sample.label)
	}
}

impl Trainable for LanguageModel {
	type Sample = CausalText;

	fn sites(&self) -> &[Site] {
		self.sites()
	}

	fn parameters(&self) -> Vec<f32> {
		self.parameters()
	}

	fn set_parameters(&mut self, parameters: &[f32]) -> Result<()> {
		self.set_parameters(parameters)
	}

	fn loss_factors(&self, sample: &CausalText) -> Result<(f64, Vec<Factors>)> {
		self.loss_factors(&sample.ids, sample.from)
	}
}

/// How far training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
	/// Steps done.
	pub step: u64,
	/// Steps in all.
	pub steps: u64,
	/// The mean loss of the last step's batch, before the step, in nats.
	pub loss: f64,
}

/// The mean loss of `samples` in nats, and its gradient laid out as the parameters are.
///
/// # Errors
/// [`Error::NoSamples`], and those of [`Trainable::loss_factors`].
pub fn batch_gradient<M: Trainable>(model: &M, samples: &[&M::Sample]) -> Result<(f64, Vec<f32>)> {
	if samples.is_empty() {
		return Err(Error::NoSamples);
	}
	let sites = model.sites();
	let mut gradient = vec![0.0; sites.iter().map(Site::coordinates).sum()];
	let mut loss = 0.0;
	// Some at a time, as the factors of a large batch would fill the memory.
	for group in samples.chunks(4 * rayon::current_num_threads().max(1)) {
		for (own, factors) in in_order(group, |sample| model.loss_factors(sample))? {
			add_gradient(sites, &factors, &mut gradient)?;
			loss += own;
		}
	}
	let count = samples.len() as f64;
	let factor = (1.0 / count) as f32;
	gradient.iter_mut().for_each(|g| *g *= factor);
	Ok((loss / count, gradient))
}

/// Trains the model's adapter on `samples`, reports after every step, and returns each epoch's mean
/// loss in nats.
///
/// The order of samples is drawn anew for every epoch; an epoch's last batch holds what remains.
///
/// # Errors
/// [`Error::Setting`], [`Error::NoSamples`], those of [`Trainable::loss_factors`], and
/// [`Error::Diverged`] with the step whose loss, gradient or parameters are not finite; the model
/// then keeps the parameters of the step before.
pub fn train<M: Trainable>(
	model: &mut M,
	samples: &[M::Sample],
	config: &TrainConfig,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<f64>> {
	config.check()?;
	if samples.is_empty() {
		return Err(Error::NoSamples);
	}
	let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
	let mut parameters = model.parameters();
	let mut state = State::new(config, parameters.len());
	let mut order: Vec<&M::Sample> = samples.iter().collect();
	let steps = u64::from(config.epochs) * samples.len().div_ceil(config.batch_size) as u64;
	let (mut step, mut losses) = (0, Vec::new());
	for _ in 0..config.epochs {
		order.shuffle(&mut rng);
		let mut total = 0.0;
		for batch in order.chunks(config.batch_size) {
			let diverged = |loss| Error::Diverged { step: step + 1, loss };
			let (loss, mut gradient) = match batch_gradient(model, batch) {
				Err(Error::NotFinite(_)) => return Err(diverged(f64::NAN)),
				other => other?,
			};
			let norm = norm(&gradient);
			if !norm.is_finite() {
				return Err(diverged(loss));
			}
			if let Some(most) = config.clip_norm.filter(|most| norm > f64::from(*most)) {
				let factor = (f64::from(most) / norm) as f32;
				gradient.iter_mut().for_each(|g| *g *= factor);
			}
			state.step(&mut parameters, &gradient, config.learning_rate_at(step, steps));
			match model.set_parameters(&parameters) {
				Err(Error::NotFinite(_)) => return Err(diverged(loss)),
				other => other?,
			}
			step += 1;
			total += loss * batch.len() as f64;
			progress(Progress { step, steps, loss });
		}
		losses.push(total / samples.len() as f64);
	}
	Ok(losses)
}

/// The Euclidean length, summed in order.
fn norm(vector: &[f32]) -> f64 {
	vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt()
}
