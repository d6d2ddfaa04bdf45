//! The derivative of the trained parameters, carried forward through training itself.

mod checkpoint;
mod tangents;

use self::{checkpoint::Saved, tangents::Tangents};
use super::tracin::replay;
use crate::{
	basis::{Basis, Part},
	index::all_rows,
	Contribution, Error, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_models::{
	tangent::Linearised, train::TrainingRun, Model, Progress, Stage, TrainConfig,
};
use openledger_rows::Dataset;
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	sync::atomic::{AtomicBool, Ordering},
};

/// Unrolled differentiation: `psi_c = dθ_T / dw_c`, where `w_c` multiplies the loss of
/// contribution `c`'s rows in every batch of the training run (the batch's mean keeps its
/// denominator) and `θ_T` are the parameters after its last step.
///
/// One tangent for each contribution follows the run step by step (forward-mode differentiation:
/// Franceschi et al. 2017, *Forward and Reverse Gradient-Based Hyperparameter Optimization*, section
/// 3.2; as data attribution: Hara et al. 2019, *Data Cleansing for Models Trained with SGD*, and
/// Bae et al. 2024, *Training Data Attribution via Approximate Unrolling*, section 3). A step moves
/// it by the derivative of the optimiser's rule, in which the gradient's derivative is
/// `H_B dθ/dw_c + Σ ∇L(row) / |B|`, over the rows of `c` in the batch `B` whose mean loss has the
/// Hessian `H_B`. Nothing is approximated but by rounding: momentum, weight decay, Adam's moments
/// and corrections, warm-up and schedule are all differentiated. Order of rows and initial weights
/// stay those of the run, so that `psi_c` holds the run's own chance too.
///
/// Time: for each step and contribution two to three gradients of the batch. Memory:
/// [`Unrolled::memory`].
#[derive(Clone, Debug, PartialEq)]
pub struct Unrolled {
	/// The recipe the model was trained by. Training is done again, twice: once to check that it
	/// gives the model, and once to be differentiated.
	pub config: TrainConfig,
}

/// Where and when [`Unrolled::build_resumable`] saves its state.
#[derive(Clone, Debug)]
pub struct Checkpoints<'a> {
	/// The file. Replaced as a whole, removed at the end.
	pub path: PathBuf,
	/// Steps from one save to the next; at least 1.
	pub every: u64,
	/// Once true, the state is saved after the present step and the computation ends.
	pub stop: Option<&'a AtomicBool>,
}

/// How a computation ended that may be interrupted.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
	/// The whole run was followed.
	Done(FloatIndex),
	/// It was asked to stop; the same call goes on from the checkpoint.
	Stopped {
		/// Steps of the run that were followed so far.
		step: u64,
		/// Steps of the whole run.
		steps: u64,
	},
}

impl Unrolled {
	/// Bytes that tangents take: of the parameters and of each of the optimiser's moments, four for
	/// each trained parameter and contribution. Writing a checkpoint takes twice as much again for
	/// its time.
	pub fn memory(&self, model: &Model, contributions: usize) -> u64 {
		Tangents::vectors(self.config.optimiser)
			* 4 * (model.coordinates() as u64).saturating_mul(contributions as u64)
	}

	/// As [`IndexBuilder::build`], saving its state as `checkpoints` says. Where the file exists
	/// already, the computation goes on from it and gives the bits that it would have given in one
	/// go.
	///
	/// # Errors
	/// Those of [`IndexBuilder::build`]; [`Error::Io`]; [`Error::Malformed`] or [`Error::Json`] if
	/// the checkpoint is damaged; [`Error::Setting`], naming `checkpoint`, if it is another run's.
	pub fn build_resumable(
		&self,
		model: &Model,
		contributions: &[Contribution],
		checkpoints: &Checkpoints,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Outcome> {
		if checkpoints.every == 0 {
			return Err(Error::setting("every", "must be at least 1"));
		}
		self.follow(model, contributions, Some(checkpoints), progress)
	}

	fn follow(
		&self,
		model: &Model,
		contributions: &[Contribution],
		checkpoints: Option<&Checkpoints>,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Outcome> {
		// Only for rows of numbers are there tangents of gradients.
		model.network()?;
		let data = all_rows(contributions)?;
		// A wrong recipe shows here, before the long part.
		replay(model, &data, &self.config, &|steps| Ok(vec![steps]), progress)?;
		let owners: Vec<usize> = (0..)
			.zip(contributions)
			.flat_map(|(position, contribution)| vec![position; contribution.rows.len()])
			.collect();
		let mut run = TrainingRun::new(&data, &self.config)?;
		let mut tangents = Tangents::new(self.config.optimiser, contributions.len(), model);
		let identity = checkpoint::identity(model, &self.config, contributions)?;
		if let Some(Checkpoints { path, .. }) = checkpoints {
			if let Some(saved) = Saved::read(path, &identity, run.state(), &tangents)? {
				run.restore(saved.step, saved.parameters, saved.state)?;
				tangents = saved.tangents;
			}
		}
		let steps = run.steps();
		let mut stage = Stage::Unrolling.of(steps, progress);
		while let Some(batch) = run.batch() {
			let step = batch.number + 1;
			let loss = advance(&mut run, &data, &owners, &mut tangents)?;
			stage.done_with_loss(step, loss);
			let Some(Checkpoints { path, every, stop }) = checkpoints else { continue };
			let stop = step < steps && stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
			if stop || step < steps && step % every == 0 {
				checkpoint::write(path, &identity, step, &run, &tangents)?;
			}
			if stop {
				return Ok(Outcome::Stopped { step, steps });
			}
		}
		if run.finish()?.model.hash() != model.hash() {
			let reason = "does not lead to this model: delete it to start again";
			return Err(Error::setting("checkpoint", reason));
		}
		if let Some(Checkpoints { path, .. }) = checkpoints {
			remove(path)?;
		}
		let basis = Basis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Outcome::Done(FloatIndex { parts, leaves: tangents.finish()?, local: false }))
	}
}

/// One step of training and of all tangents. Returns the batch's mean loss before it, in nats.
fn advance(
	run: &mut TrainingRun,
	data: &Dataset,
	owners: &[usize],
	tangents: &mut Tangents,
) -> Result<f64> {
	let Some(batch) = run.batch() else { return Ok(0.0) };
	let (rate, features) = (batch.rate, run.features(batch.rows));
	let labels: Vec<u32> = batch.rows.iter().map(|row| data.label(*row)).collect();
	let mut rows_of = vec![Vec::new(); tangents.count()];
	for (position, row) in batch.rows.iter().enumerate() {
		rows_of[owners[*row]].push(position);
	}
	let network = run.network()?;
	let linearised = Linearised::new(&network, features, &labels);
	let gradient = linearised.gradient();
	let loss = run.step()?;
	tangents.step(&linearised, &rows_of, &gradient, run.state(), rate);
	Ok(loss)
}

/// Removes a file, if there is one.
fn remove(path: &Path) -> Result<()> {
	match std::fs::remove_file(path) {
		Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
			Err(Error::io("remove", path, source))
		},
		_ => Ok(()),
	}
}

impl IndexBuilder for Unrolled {
	fn name(&self) -> &'static str {
		"unrolled"
	}

	fn parameters(&self) -> Value {
		json!({ "config": self.config })
	}

	/// # Errors
	/// Besides those of the trait, [`Error::Setting`] for a model of text or if
	/// the recipe does not train this model, and those of training.
	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		match self.follow(model, contributions, None, progress)? {
			Outcome::Done(index) => Ok(Influence::Held(index)),
			Outcome::Stopped { .. } => Err(Error::setting("stop", "was given without checkpoints")),
		}
	}
}

#[cfg(test)]
mod tests;
