//! A training run, step by step.

use super::{fit_scaling, initial_parameters, OptimiserState, TrainConfig, Trained};
use crate::{
	matrix::Matrix,
	model::{numbers_only, split_layers},
	network::{cross_entropy, cross_entropy_gradient, Network},
	text::{Sample, TextModel, TextPlan},
	Error, Model, Result,
};
use openledger_rows::Dataset;
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A training run between two steps. Equal rows and recipes give equal bits.
pub struct TrainingRun<'a> {
	data: &'a Dataset,
	config: &'a TrainConfig,
	trainee: Trainee,
	parameters: Vec<f32>,
	state: OptimiserState,
	/// Shuffles the rows of each epoch anew.
	rng: ChaCha8Rng,
	/// The present epoch's order of rows.
	order: Vec<usize>,
	step: u64,
}

/// What is trained, apart from its parameters, with the rows as it takes them.
#[derive(Clone)]
enum Trainee {
	Network {
		shift: Vec<f32>,
		factor: Vec<f32>,
		/// The scaled features of all rows, `[rows][columns]`.
		features: Vec<f32>,
	},
	Text {
		model: Box<TextModel>,
		samples: Vec<Sample>,
	},
}

/// The rows of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch<'a> {
	/// The number of the step, from 0.
	pub number: u64,
	/// The number of the epoch, from 1.
	pub epoch: u32,
	/// Whether it is the epoch's last.
	pub last_of_epoch: bool,
	/// The numbers of the rows in the order they are taken.
	pub rows: &'a [usize],
	/// The learning rate of the step.
	pub rate: f32,
}

impl<'a> TrainingRun<'a> {
	/// A run before its first step.
	///
	/// # Errors
	/// Those of [`TrainConfig::check`] and [`Dataset::check_fits`].
	pub fn new(data: &'a Dataset, config: &'a TrainConfig) -> Result<Self> {
		config.check()?;
		let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
		let (trainee, parameters) = start(data, config, &mut rng)?;
		let state = OptimiserState::new(config, parameters.len());
		let order: Vec<usize> = (0..data.len()).collect();
		let mut run = Self { data, config, trainee, parameters, state, rng, order, step: 0 };
		run.order.shuffle(&mut run.rng);
		Ok(run)
	}

	fn epoch_steps(&self) -> u64 {
		self.data.len().div_ceil(self.config.batch_size) as u64
	}

	/// Number of steps of the whole run.
	pub fn steps(&self) -> u64 {
		u64::from(self.config.epochs) * self.epoch_steps()
	}

	/// What the coming step takes; `None` after the last.
	pub fn batch(&self) -> Option<Batch<'_>> {
		if self.step >= self.steps() {
			return None;
		}
		let within = (self.step % self.epoch_steps()) as usize;
		let start = within * self.config.batch_size;
		let end = start.saturating_add(self.config.batch_size).min(self.order.len());
		Some(Batch {
			number: self.step,
			epoch: u32::try_from(self.step / self.epoch_steps() + 1).unwrap_or(u32::MAX),
			last_of_epoch: end == self.order.len(),
			rows: &self.order[start..end],
			rate: self.config.learning_rate_at(self.step, self.steps()),
		})
	}

	/// Does one step and returns the batch's mean loss before it, in nats. Does nothing after the
	/// last.
	///
	/// # Errors
	/// [`Error::Diverged`] when the loss is not finite, or [`Error::Overflow`] if it was not before the
	/// first step either.
	pub fn step(&mut self) -> Result<f64> {
		let Some(batch) = self.batch() else { return Ok(0.0) };
		let (epoch, last, rate) = (batch.epoch, batch.last_of_epoch, batch.rate);
		let (loss, gradient) = match self.batch_gradient(batch.rows) {
			Err(Error::Transformer(error)) if error.is_overflow() => (f64::NAN, Vec::new()),
			other => other?,
		};
		if !loss.is_finite() {
			let overflow = self.overflow(self.batch().map_or(&[][..], |batch| batch.rows))?;
			return Err(overflow.unwrap_or(Error::Diverged { epoch, loss }));
		}
		self.state.step(&mut self.parameters, &gradient, rate);
		self.step += 1;
		if last {
			self.order.shuffle(&mut self.rng);
		}
		Ok(loss)
	}

	/// What is to blame where the loss of some rows is not finite even before the first step.
	fn overflow(&self, rows: &[usize]) -> Result<Option<Error>> {
		let untrained = Self::new(self.data, self.config)?;
		let overflows = match untrained.batch_gradient(rows) {
			Err(Error::Transformer(error)) => error.is_overflow(),
			other => !other?.0.is_finite(),
		};
		let reason = match self.trainee {
			Trainee::Text { .. } => {
				"the weights of the base model are damaged, or too large for numbers of 32 bits: fetch them \
				 again, or use another base model"
			},
			Trainee::Network { .. } => {
				"the features are too large: divide them, or train with --scaling standardise"
			},
		};
		Ok(overflows.then_some(Error::Overflow(reason)))
	}

	/// Scaled features of some rows, `[rows][columns]`; none for text.
	pub fn features(&self, rows: &[usize]) -> Vec<f32> {
		let Trainee::Network { features, .. } = &self.trainee else { return Vec::new() };
		let columns = self.data.columns();
		rows.iter().flat_map(|row| &features[row * columns..][..columns]).copied().collect()
	}

	/// Mean loss of some rows, and its gradient `[parameters]`.
	fn batch_gradient(&self, rows: &[usize]) -> Result<(f64, Vec<f32>)> {
		if let Trainee::Text { model, samples } = &self.trainee {
			let mut model = model.clone();
			model.set_parameters(&self.parameters)?;
			return model
				.batch_gradient(&rows.iter().map(|row| &samples[*row]).collect::<Vec<_>>());
		}
		let network = self.network()?;
		let activations = network.forward_scaled(self.features(rows));
		let part = 1.0 / rows.len() as f32;
		let (mut loss, mut at_logits) = (0.0, Vec::new());
		for (logits, row) in activations.logits.each_row().zip(rows) {
			let class = self.data.label(*row) as usize;
			loss += cross_entropy(logits, class);
			at_logits.extend(cross_entropy_gradient(logits, class).iter().map(|x| x * part));
		}
		let at_logits = Matrix::with_columns(network.classes(), at_logits);
		let deltas = network.backward(&activations, at_logits);
		// Layer after layer, each row-major: the order of gradient coordinates.
		let layers = deltas.iter().zip(&activations.inputs);
		let gradient =
			layers.flat_map(|(deltas, inputs)| deltas.transposed_product(inputs).into_values());
		let gradient = gradient.collect();
		Ok((loss / rows.len() as f64, gradient))
	}

	/// The parameters now, in the order of gradient coordinates.
	pub fn parameters(&self) -> &[f32] {
		&self.parameters
	}

	/// The optimiser after the steps done.
	pub fn state(&self) -> &OptimiserState {
		&self.state
	}

	/// The network after the steps done.
	///
	/// # Errors
	/// [`Error::Setting`] if a model of text is trained.
	pub fn network(&self) -> Result<Network> {
		let Trainee::Network { shift, factor, .. } = &self.trainee else {
			return Err(numbers_only());
		};
		Ok(Network {
			layers: split_layers(&self.config.architecture, &self.parameters)?,
			activation: self.config.architecture.activation(),
			shift: shift.clone(),
			factor: factor.clone(),
		})
	}

	/// The model after the steps done.
	///
	/// # Errors
	/// [`Error::NotFinite`].
	pub fn model(&self) -> Result<Model> {
		let architecture = self.config.architecture.clone();
		match &self.trainee {
			Trainee::Network { .. } => {
				let Network { layers, shift, factor, .. } = self.network()?;
				Model::new(architecture, layers, shift, factor)
			},
			Trainee::Text { model, .. } => {
				let mut model = model.clone();
				model.set_parameters(&self.parameters)?;
				Model::from_text(architecture, *model)
			},
		}
	}

	/// The trained model.
	///
	/// # Errors
	/// [`Error::Diverged`] if the last step left the range of numbers.
	pub fn finish(self) -> Result<Trained> {
		let diverged = Error::Diverged { epoch: self.config.epochs, loss: f64::NAN };
		if !self.parameters.iter().all(|x| x.is_finite()) {
			return Err(diverged);
		}
		let model = self.model()?;
		let loss = model.loss(self.data)?;
		// A language model answers with more than a label.
		let classes = self.config.architecture.classes();
		let accuracy = if classes == 0 { 0.0 } else { model.accuracy(self.data)? };
		Ok(Trained { model, loss, accuracy })
	}
}

/// What is trained, and the parameters it starts from.
fn start(
	data: &Dataset,
	config: &TrainConfig,
	rng: &mut ChaCha8Rng,
) -> Result<(Trainee, Vec<f32>)> {
	let architecture = &config.architecture;
	architecture.check_fits(data)?;
	if architecture.is_text() {
		let plan = TextPlan::of(architecture)?;
		let parameters = plan.layout().random(config.seed);
		let model = plan.build(&parameters)?;
		let samples = model.samples(data, 0..data.len())?;
		return Ok((Trainee::Text { model: Box::new(model), samples }, parameters));
	}
	let (shift, factor) = fit_scaling(config.scaling, data);
	let parameters = initial_parameters(architecture, rng);
	let activation = architecture.activation();
	let scaling =
		Network { layers: Vec::new(), activation, shift: shift.clone(), factor: factor.clone() };
	let features = scaling.scale(data.features());
	Ok((Trainee::Network { shift, factor, features }, parameters))
}
