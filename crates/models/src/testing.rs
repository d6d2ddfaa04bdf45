//! Data and models for tests, of this crate and of those above it.

pub mod sentences;

use crate::{
	model::{split_layers, Computation, BATCH_ROWS},
	network::{Linear, Network},
	Activation, Architecture, Error, Model, Result, TrainConfig,
};
use openledger_rows::{Dataset, Schema};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
	path::Path,
	sync::{atomic::Ordering, OnceLock},
};

impl Model {
	/// The same model with other trained parameters, in the order of [`Model::parameters`].
	///
	/// # Errors
	/// [`Error::Malformed`] if their number is not the model's, [`Error::NotFinite`].
	pub fn with_parameters(&self, parameters: &[f32]) -> Result<Self> {
		let architecture = self.architecture().clone();
		match self.computation() {
			Computation::Network(network) => {
				let layers = split_layers(&architecture, parameters)?;
				let Network { shift, factor, .. } = network.clone();
				Self::new(architecture, layers, shift, factor)
			},
			Computation::Text(text) => {
				let mut text = text.clone();
				text.set_parameters(parameters)?;
				Self::from_text(architecture, text)
			},
		}
	}
}

/// Sets how many rows one batch has in this process. It changes no result.
///
/// # Errors
/// [`Error::Setting`] for 0.
pub fn set_batch_rows(rows: usize) -> Result<()> {
	if rows == 0 {
		return Err(Error::setting("batch rows", "must be at least 1"));
	}
	BATCH_ROWS.store(rows, Ordering::Relaxed);
	Ok(())
}

/// The 1,797 handwritten digits.
pub fn digits() -> Dataset {
	// Tests run in their crate's folder.
	let path = Path::new("../../tests/data/digits.csv.gz");
	let schema = Schema { columns: Some(64), classes: Some(10), max_rows: None };
	Dataset::read(path, &schema).unwrap()
}

/// A small model trained on 600 digits, those rows, and 200 others. Trained once.
pub fn digits_model() -> (Model, Dataset, Dataset) {
	static MODEL: OnceLock<(Model, Dataset, Dataset)> = OnceLock::new();
	let make = || {
		let (train, rest) = digits().split(600, 5).unwrap();
		let architecture = Architecture::mlp(&[64, 16, 10], Activation::Tanh);
		let config = TrainConfig { epochs: 30, ..TrainConfig::standard(architecture) };
		let model = crate::train(&train, &config, &mut |_| ()).unwrap().model;
		(model, train, rest.select(&(0..200).collect::<Vec<_>>()).unwrap())
	};
	MODEL.get_or_init(make).clone()
}

/// Three separable classes of points in the plane, by turns.
pub fn blobs(rows: usize, seed: u64) -> Dataset {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let centres = [[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]];
	let labels: Vec<u32> = (0..rows as u32).map(|i| i % 3).collect();
	let point = |label: &u32| centres[*label as usize].map(|x| x + rng.random_range(-0.7..0.7));
	let features = labels.iter().flat_map(point).collect();
	Dataset::new(2, features, labels).unwrap()
}

/// A multi-layer perceptron with random weights, biases and scaling.
pub fn random_model(widths: &[usize], activation: Activation, seed: u64) -> Model {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let mut uniform =
		|n: usize, size: f32| (0..n).map(|_| rng.random_range(-size..size)).collect::<Vec<_>>();
	let layers = widths
		.windows(2)
		.map(|pair| {
			let weight = uniform(pair[0] * pair[1], 1.5 / (pair[0] as f32).sqrt());
			Linear::from_parts(pair[0], &weight, &uniform(pair[1], 0.3))
		})
		.collect();
	let shift = uniform(widths[0], 1.0);
	let factor = uniform(widths[0], 0.1).iter().map(|x| x.abs() + 0.05).collect();
	Model::new(Architecture::mlp(widths, activation), layers, shift, factor).unwrap()
}

/// The network with `change` added to one parameter, in the order of gradient coordinates.
pub fn perturbed(model: &Model, coordinate: usize, change: f32) -> Network {
	let mut parameters = model.parameters();
	parameters[coordinate] += change;
	model.with_parameters(&parameters).unwrap().network().unwrap().clone()
}
