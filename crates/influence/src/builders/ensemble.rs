//! Sums over several models.

use super::tracin::{check_architecture, replay};
use crate::{index::all_rows, Contribution, Error, FloatIndex, IndexBuilder, Influence, Result};
use openledger_models::{train, Model, Progress, Stage, TrainConfig};
use openledger_rows::Dataset;
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::ops::Range;

/// The mean of a builder's scores over several models, each with its own gradients of queries and
/// rows: how training happened to go averages out.
///
/// Every member has influence vectors of all contributions, also of those it was not trained on.
/// Its parts stand one after the other in the index, so that cost and dimension grow with the
/// members.
pub struct Ensemble {
	/// Computes each member's influence vectors. One that itself replays the training of the model
	/// ([`TracIn`](super::TracIn), [`Unrolled`](super::Unrolled)) fits no companion.
	pub builder: Box<dyn IndexBuilder>,
	/// Number of models, at least 1.
	pub members: usize,
	/// What the models have in common, and in what they differ.
	pub kind: EnsembleKind,
	/// The recipe of the model and its companions.
	pub config: TrainConfig,
}

/// The models of an ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum EnsembleKind {
	/// The model itself, and others of the same recipe with other seeds.
	Seeds,
	/// Models trained on random halves, with other seeds.
	Halves {
		/// Halves of the contributions, each taken whole, instead of halves of the rows.
		contributions: bool,
		/// Whether the model itself takes the place of the first.
		itself: bool,
	},
	/// The model itself, and checkpoints of its training, evenly back from its end.
	Checkpoints {
		/// The part of the run over which they are spread, above 0 to 1.
		part: f64,
	},
}

impl IndexBuilder for Ensemble {
	fn name(&self) -> &'static str {
		"ensemble"
	}

	fn parameters(&self) -> Value {
		json!({
			"builder": { "name": self.builder.name(), "parameters": self.builder.parameters() },
			"config": self.config,
			"kind": self.kind,
			"members": self.members,
		})
	}

	/// # Errors
	/// Besides those of the trait, those of training the companions.
	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		if self.members == 0 {
			return Err(Error::setting("members", "must be at least 1"));
		}
		let companions =
			companions(model, contributions, self.kind, self.members, &self.config, progress)?;
		let share = 1.0 / self.members as f64;
		let scale = |x: &f32| (share * f64::from(*x)) as f32;
		let (mut parts, mut leaves) = (Vec::new(), vec![Vec::new(); contributions.len()]);
		for (done, companion) in (1..).zip(companions) {
			let member = companion.as_ref().unwrap_or(model);
			let of_member = match self.builder.influence(member, contributions, progress)? {
				Influence::Local(parts) => parts,
				Influence::Held(index) => {
					for (leaf, of_member) in leaves.iter_mut().zip(&index.leaves) {
						leaf.extend(of_member.iter().map(scale));
					}
					index.parts
				},
			};
			for mut part in of_member {
				part.companion = part.companion.or_else(|| companion.clone());
				part.inverse_curvature.iter_mut().for_each(|x| *x = scale(x));
				parts.push(part);
			}
			Stage::Ensemble.of(self.members as u64, progress).done(done);
		}
		if leaves.iter().all(Vec::is_empty) {
			// The mean is in the inverse curvature.
			return Ok(Influence::Local(parts));
		}
		Ok(Influence::Held(FloatIndex { parts, leaves, local: false }))
	}
}

/// The `count` models of an ensemble, at least 1; `None` is the model itself.
///
/// # Errors
/// [`Error::Setting`] if `config` trains models of another shape or, for checkpoints, another
/// model; those of training.
pub(super) fn companions(
	model: &Model,
	contributions: &[Contribution],
	kind: EnsembleKind,
	count: usize,
	config: &TrainConfig,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Option<Model>>> {
	check_architecture(model, config)?;
	let (mut members, halves) = match kind {
		EnsembleKind::Checkpoints { part } => {
			return checkpoints(model, contributions, part, count, config, progress)
		},
		EnsembleKind::Seeds => (vec![None], None),
		EnsembleKind::Halves { contributions, itself } => {
			(vec![None; usize::from(itself)], Some(contributions))
		},
	};
	let data = all_rows(contributions)?;
	let units: Vec<Range<usize>> = match halves {
		Some(true) => row_ranges(contributions),
		_ => (0..data.len()).map(|row| row..row + 1).collect(),
	};
	let train_one = |number: &u64| -> Result<Model> {
		let seed = derived_seed("training", config.seed, *number);
		let config = TrainConfig { seed, ..config.clone() };
		let trained = match halves {
			None => train(&data, &config, &mut |_| ()),
			Some(_) => {
				let seed = derived_seed("halves", seed, *number);
				train(&half(&data, &units, seed)?, &config, &mut |_| ())
			},
		};
		Ok(trained?.model)
	};
	let mut stage = Stage::Retraining.of(count as u64, progress);
	let numbers: Vec<u64> = (members.len() as u64..count as u64).collect();
	for group in numbers.chunks(rayon::current_num_threads().max(1)) {
		let trained: Vec<Result<Model>> = group.par_iter().map(train_one).collect();
		for model in trained {
			members.push(Some(model?));
		}
		stage.done(members.len() as u64);
	}
	Ok(members)
}

/// The rows of each contribution among all rows.
fn row_ranges(contributions: &[Contribution]) -> Vec<Range<usize>> {
	let mut start = 0;
	let range = |contribution: &Contribution| {
		let range = start..start + contribution.rows.len();
		start = range.end;
		range
	};
	contributions.iter().map(range).collect()
}

/// The rows of a random half of `units`, rounded up, in their order.
fn half(data: &Dataset, units: &[Range<usize>], seed: u64) -> Result<Dataset> {
	let mut order: Vec<usize> = (0..units.len()).collect();
	order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
	order.truncate(units.len().div_ceil(2));
	order.sort_unstable();
	let rows: Vec<usize> = order.iter().flat_map(|unit| units[*unit].clone()).collect();
	Ok(data.select(&rows)?)
}

/// The model itself and `count - 1` checkpoints, backwards from the end of training.
fn checkpoints(
	model: &Model,
	contributions: &[Contribution],
	part: f64,
	count: usize,
	config: &TrainConfig,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Option<Model>>> {
	if count == 1 {
		return Ok(vec![None]);
	}
	if !(part > 0.0 && part <= 1.0) {
		return Err(Error::setting("part", "must be above 0 and at most 1"));
	}
	let positions = |steps: u64| {
		let span = (part * steps as f64) as u64;
		if count as u64 > span {
			let reason = format!("must be at most the {span} steps over which they are spread");
			return Err(Error::setting("members", reason));
		}
		let back = |k: usize| (u128::from(span) * k as u128 / count as u128) as u64;
		Ok((0..count).rev().map(|k| steps - back(k)).collect())
	};
	let checkpoints = replay(model, &all_rows(contributions)?, config, &positions, progress)?;
	Ok(checkpoints.into_iter().rev().map(|checkpoint| checkpoint.companion).collect())
}

/// A seed that no other purpose, seed or number leads to: companions share no random numbers with
/// the retrainings of an evaluation, which count up from the recipe's seed.
pub(super) fn derived_seed(purpose: &str, seed: u64, number: u64) -> u64 {
	let mut bytes = [seed.to_le_bytes(), number.to_le_bytes()].concat();
	bytes.extend_from_slice(b"openledger/companions/");
	bytes.extend_from_slice(purpose.as_bytes());
	let hash = openledger_models::blake2_256(&bytes);
	u64::from_le_bytes(std::array::from_fn(|i| hash[i]))
}

#[cfg(test)]
mod tests;
