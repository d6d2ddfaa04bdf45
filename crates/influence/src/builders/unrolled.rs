//! The derivative of the trained parameters, carried forward through training itself.

mod tangents;

use self::tangents::Tangents;
use super::tracin::replay;
use crate::{
	basis::{GradientBasis, Part},
	index::all_rows,
	Contribution, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_models::{
	tangent::Linearised, train::TrainingRun, Model, Progress, Stage, TrainConfig,
};
use openledger_rows::Dataset;
use serde_json::{json, Value};

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
/// Time: for each step and contribution two to three gradients of the batch. Memory: four
/// bytes for each trained parameter and contribution, and as much for each of the optimiser's
/// moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Unrolled {
	/// The recipe the model was trained by. Training is done again, twice: once to check that it
	/// gives the model, and once to be differentiated.
	pub config: TrainConfig,
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

impl IndexBuilder for Unrolled {
	fn name(&self) -> &'static str {
		"unrolled"
	}

	fn parameters(&self) -> Value {
		json!({ "config": self.config })
	}

	/// # Errors
	/// Besides those of the trait, [`Setting`](crate::Error::Setting) for a model of text or if the
	/// recipe does not train this model, and those of training.
	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
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
		let mut stage = Stage::Unrolling.of(run.steps(), progress);
		while let Some(batch) = run.batch() {
			let step = batch.number + 1;
			stage.done_with_loss(step, advance(&mut run, &data, &owners, &mut tangents)?);
		}
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Held(FloatIndex { parts, leaves: tangents.finish()?, local: false }))
	}
}

#[cfg(test)]
mod tests;
