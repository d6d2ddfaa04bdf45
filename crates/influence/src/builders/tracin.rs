//! Gradients along the training run.

use crate::{
	basis::{GradientBasis, Part},
	index::all_rows,
	Contribution, Error, IndexBuilder, Influence, Result,
};
use openledger_models::{train::TrainingRun, Model, Progress, Stage, TrainConfig};
use openledger_rows::Dataset;
use serde_json::{json, Value};

/// TracIn with checkpoints: the gradient dot product summed over checkpoints of the training run,
/// each times the learning rate there (Pruthi et al. 2020, *Estimating Training Data Influence by
/// Tracing Gradient Descent*, section 3.2, TracInCP).
///
/// `psi_c` has one part for each checkpoint: `-η_k Σ ∇L(row; θ_k)`. Checkpoints are spread evenly
/// over the steps, and `η_k` is the mean rate of the steps since the one before: the paper keeps
/// the rate constant in between. The last checkpoint is the model itself.
#[derive(Clone, Debug, PartialEq)]
pub struct TracIn {
	/// Number of checkpoints, from 1 to the number of steps.
	pub checkpoints: u32,
	/// The recipe the model was trained by. Training is done again to meet its checkpoints.
	pub config: TrainConfig,
}

impl TracIn {
	/// The method with ten checkpoints.
	pub fn standard(config: TrainConfig) -> Self {
		Self { checkpoints: 10, config }
	}

	/// The numbers of steps after which the checkpoints lie, ascending.
	fn positions(&self, steps: u64) -> Result<Vec<u64>> {
		let count = u64::from(self.checkpoints);
		if count == 0 || count > steps {
			let reason = format!("must be from 1 to the {steps} steps of the training run");
			return Err(Error::setting("checkpoints", reason));
		}
		let position = |k| (u128::from(steps) * u128::from(k) / u128::from(count)) as u64;
		Ok((1..=count).map(position).collect())
	}
}

impl IndexBuilder for TracIn {
	fn name(&self) -> &'static str {
		"tracin"
	}

	fn parameters(&self) -> Value {
		json!({ "checkpoints": self.checkpoints, "config": self.config })
	}

	/// # Errors
	/// Besides those of the trait, [`Error::Setting`] if the recipe does not train this model, and
	/// those of training.
	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let data = all_rows(contributions)?;
		let positions = |steps| self.positions(steps);
		let checkpoints = replay(model, &data, &self.config, &positions, progress)?;
		let basis = GradientBasis::identity(&model.sites());
		let parts: Vec<Part> = checkpoints
			.into_iter()
			.map(|checkpoint| Part {
				companion: checkpoint.companion,
				basis: basis.clone(),
				inverse_curvature: vec![checkpoint.rate; basis.dimension()],
			})
			.collect();
		Ok(Influence::Local(parts))
	}
}

/// A model met in training.
pub(super) struct Waypoint {
	/// `None` for the last: the trained model itself.
	pub companion: Option<Model>,
	/// The mean learning rate of the steps since the checkpoint before it, or the start.
	pub rate: f32,
}

/// Trains `model` again and keeps the checkpoints after the numbers of steps that `positions` gives
/// for a run's number of steps: ascending, each at least 1, the last one that number itself.
///
/// # Errors
/// [`Error::Setting`] if `config` does not train `model` on `data`, those of `positions` and of
/// training.
pub(super) fn replay(
	model: &Model,
	data: &Dataset,
	config: &TrainConfig,
	positions: &dyn Fn(u64) -> Result<Vec<u64>>,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Waypoint>> {
	check_architecture(model, config)?;
	let mut run = TrainingRun::new(data, config)?;
	let (steps, mut checkpoints) = (run.steps(), Vec::new());
	let (mut rates, mut since) = (0.0, 0u32);
	let positions = positions(steps)?;
	let mut stage = Stage::Training.of(steps, progress);
	let mut next = positions.iter().peekable();
	while let Some(batch) = run.batch() {
		let (done, last, rate) = (batch.number + 1, batch.last_of_epoch, f64::from(batch.rate));
		let loss = run.step()?;
		(rates, since) = (rates + rate, since + 1);
		if next.next_if(|position| **position == done).is_some() {
			let companion = if done < steps { Some(run.model()?) } else { None };
			let rate = (rates / f64::from(since)) as f32;
			checkpoints.push(Waypoint { companion, rate });
			(rates, since) = (0.0, 0);
		}
		if last {
			stage.done_with_loss(done, loss);
		}
	}
	if run.finish()?.model.hash() != model.hash() {
		let reason = "does not train this model on these contributions: give the recipe and, in \
		              their order, the contributions it was trained with";
		return Err(Error::setting("config", reason));
	}
	Ok(checkpoints)
}

/// Checks that `config` trains models of the same shape.
pub(super) fn check_architecture(model: &Model, config: &TrainConfig) -> Result<()> {
	if config.architecture == *model.architecture() {
		return Ok(());
	}
	let (found, expected) = (config.architecture.to_json(), model.architecture().to_json());
	let reason = format!("trains {found} where the model is {expected}");
	Err(Error::setting("config", reason))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::builders::cosine::tests::contributions;
	use openledger_models::{gradients::Function, testing::blobs, Activation, Architecture};

	fn setting() -> (TrainConfig, Model, Vec<Contribution>) {
		let architecture = Architecture::mlp(&[2, 3, 3], Activation::Tanh);
		let config = TrainConfig {
			epochs: 3,
			batch_size: 4,
			warm_up: 0.2,
			..TrainConfig::standard(architecture)
		};
		let data = blobs(10, 7);
		let model = openledger_models::train(&data, &config, &mut |_| ()).unwrap().model;
		(config, model, contributions(&data, &[4, 1, 5]))
	}

	#[test]
	fn positions_should_be_spread_evenly_and_end_at_the_last_step() {
		let config = setting().0;
		let positions =
			|checkpoints, steps| TracIn { checkpoints, config: config.clone() }.positions(steps);
		assert_eq!(positions(4, 10).unwrap(), [2, 5, 7, 10]);
		assert_eq!(positions(3, 3).unwrap(), [1, 2, 3]);
		let text = positions(4, 3).unwrap_err().to_string();
		assert_eq!(text, "checkpoints: must be from 1 to the 3 steps of the training run");
		assert!(positions(0, 3).is_err());
	}

	#[test]
	fn score_should_be_the_sum_over_checkpoints_of_rates_times_dot_products() {
		let (config, model, contributions) = setting();
		let index = TracIn { checkpoints: 3, config: config.clone() }
			.build(&model, &contributions, &mut |_| ())
			.unwrap();
		assert_eq!(index.parts.len(), 3);
		assert!(index.parts[0].companion.is_some() && index.parts[2].companion.is_none());
		// Nine steps of batches of 4, 4 and 2.
		let (data, queries) = (blobs(10, 7), blobs(4, 8));
		let (mut run, mut expected) =
			(TrainingRun::new(&data, &config).unwrap(), vec![vec![0.0; 3]; 4]);
		let gradient = |model: &Model, data: &Dataset, row: usize, function| {
			model.gradients(data, row..row + 1, function).unwrap().flat(0)
		};
		let mut rates = Vec::new();
		while let Some(batch) = run.batch() {
			rates.push(batch.rate);
			run.step().unwrap();
			if rates.len() < 3 {
				continue;
			}
			let (checkpoint, rate) = (run.model().unwrap(), rates.drain(..).sum::<f32>() / 3.0);
			for (query, scores) in expected.iter_mut().enumerate() {
				let query = gradient(&checkpoint, &queries, query, Function::Margin);
				for (contribution, score) in contributions.iter().zip(scores) {
					for row in 0..contribution.rows.len() {
						let row = gradient(&checkpoint, &contribution.rows, row, Function::Loss);
						let dot: f64 = query.iter().zip(&row).map(|(x, y)| x * y).sum();
						*score -= f64::from(rate) * dot;
					}
				}
			}
		}
		let found = index.queries(&model, &queries).unwrap();
		for (query, expected) in found.iter().zip(&expected) {
			for (found, expected) in index.scores(query).iter().zip(expected) {
				assert!((found - expected).abs() < 1e-5 * (1.0 + expected.abs()));
			}
		}
	}

	#[test]
	fn one_checkpoint_should_rank_as_the_gradient_dot_product() {
		let (config, model, contributions) = setting();
		let one = TracIn { checkpoints: 1, config }.build(&model, &contributions, &mut |_| ());
		let dot = crate::GradientDot.build(&model, &contributions, &mut |_| ()).unwrap();
		let one = one.unwrap();
		let rate = one.parts[0].inverse_curvature[0];
		for (one, dot) in one.leaves.iter().flatten().zip(dot.leaves.iter().flatten()) {
			assert!((one - rate * dot).abs() < 1e-6);
		}
	}

	#[test]
	fn build_should_refuse_when_the_recipe_is_another() {
		let (config, model, contributions) = setting();
		let refuse = |config: TrainConfig| {
			let builder = TracIn { checkpoints: 2, config };
			builder.build(&model, &contributions, &mut |_| ()).unwrap_err().to_string()
		};
		let text = refuse(TrainConfig { seed: 1, ..config.clone() });
		assert!(text.starts_with("config: does not train this model"), "{text}");
		let architecture = Architecture::mlp(&[2, 4, 3], Activation::Tanh);
		let text = refuse(TrainConfig { architecture, ..config });
		assert!(text.starts_with("config: trains {"), "{text}");
	}
}
