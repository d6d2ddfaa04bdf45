//! The true Hessian of the training loss, eigenvalues by absolute value.

use crate::{
	curvature::{dense_hessian, symmetric_eigen},
	index::{all_rows, Basis, Part},
	train::Optimiser,
	Contribution, Dataset, Error, Function, IndexBuilder, Influence, Model, Progress, Result,
	TrainConfig,
};
use serde_json::{json, Value};

/// How much is added to every eigenvalue.
#[derive(Clone, Debug, PartialEq)]
pub enum Damping {
	/// What the training itself does: see [`ExactCurvature`].
	Recipe(TrainConfig),
	/// A number, in units of the loss's curvature; positive.
	Value(f64),
}

/// Exact-curvature influence: `psi_c = -(|H| + λ)⁻¹ Σ ∇L(row)` with the true Hessian `H` of the mean
/// training loss, its negative eigenvalues replaced by their absolute values.
///
/// `λ` follows from the recipe: weight decay adds itself to every eigenvalue, and training that
/// stops after a time `T` (the sum of learning rates, divided by one minus the momentum) leaves
/// directions of less curvature than `1 / T` unlearned as a ridge of that size would (Goodfellow et
/// al. 2016, *Deep Learning*, section 7.8), so `λ = weight decay + 1 / T`. AdamW measures both in
/// units of the root mean square of batch gradients, which is taken at the trained weights.
///
/// Needs O(parameters²) memory and O(rows · parameters² + parameters³) time, for all contributions
/// together; at most [`crate::curvature::DENSE_LIMIT`] parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactCurvature {
	/// `λ`.
	pub damping: Damping,
}

impl ExactCurvature {
	/// With the damping that `config`, the recipe the model was trained by, implies.
	pub fn for_recipe(config: &TrainConfig) -> Self {
		Self { damping: Damping::Recipe(config.clone()) }
	}

	/// `λ` for a model trained on `data`.
	///
	/// # Errors
	/// [`Error::Setting`] if it is not positive, those of [`Model::gradients`].
	pub fn damping(&self, model: &Model, data: &Dataset) -> Result<f64> {
		let damping = match &self.damping {
			Damping::Value(value) => *value,
			Damping::Recipe(config) => recipe_damping(config, model, data)?,
		};
		if damping > 0.0 && damping.is_finite() {
			return Ok(damping);
		}
		Err(Error::setting("damping", "must be positive"))
	}
}

fn recipe_damping(config: &TrainConfig, model: &Model, data: &Dataset) -> Result<f64> {
	config.check()?;
	let batches = data.len().div_ceil(config.batch_size) as u64;
	let steps = u64::from(config.epochs) * batches;
	let rates: f64 = (0..steps).map(|step| f64::from(config.learning_rate_at(step, steps))).sum();
	let decay = f64::from(config.weight_decay);
	Ok(match config.optimiser {
		Optimiser::Sgd { momentum } => decay + (1.0 - f64::from(momentum)) / rates,
		Optimiser::AdamW { .. } => {
			(decay + 1.0 / rates) * batch_gradient_size(model, data, config.batch_size)?
		},
	})
}

/// The root mean square over coordinates of a batch's mean gradient, rows taken as independent.
fn batch_gradient_size(model: &Model, data: &Dataset, batch_size: usize) -> Result<f64> {
	let sites = model.sites();
	let (mut mean, mut squares) = (vec![0.0; model.coordinates()], 0.0);
	let flat = |_, g: crate::Gradients| Ok((0..g.rows()).map(|r| g.flat(r, &sites)).collect());
	crate::for_each_batch(model, data, Function::Loss, flat, |_, rows: Vec<Vec<f64>>| {
		for row in rows {
			squares += row.iter().map(|x| x * x).sum::<f64>();
			mean.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
		}
		Ok(())
	})?;
	let count = data.len() as f64;
	let mean: f64 = mean.iter().map(|x| (x / count).powi(2)).sum();
	let variance = (squares / count - mean).max(0.0) / batch_size.min(data.len()) as f64;
	Ok(((mean + variance) / model.coordinates() as f64).sqrt())
}

impl IndexBuilder for ExactCurvature {
	fn name(&self) -> &'static str {
		"exact"
	}

	fn parameters(&self) -> Value {
		match &self.damping {
			Damping::Value(value) => json!({ "damping": value }),
			Damping::Recipe(_) => json!({ "damping": "recipe" }),
		}
	}

	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let data = all_rows(contributions)?;
		let damping = self.damping(model, &data)?;
		let mut tell = |done| progress(Progress { stage: "curvature", done, total: 2, loss: None });
		tell(0);
		let (n, hessian) = (model.coordinates(), dense_hessian(model, &data)?);
		tell(1);
		let eigen = symmetric_eigen(&hessian, n)?;
		tell(2);
		let inverse_curvature =
			eigen.values.iter().map(|value| (1.0 / (value.abs() + damping)) as f32).collect();
		let vectors = (0..n * n).map(|at| eigen.vectors[(at % n) * n + at / n] as f32).collect();
		let basis = Basis::Dense { rows: n, vectors };
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Local(parts))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{blobs, random_model},
		Activation, Architecture, FloatIndex,
	};

	#[test]
	fn influence_should_be_a_solve_with_the_absolute_hessian() {
		let model = random_model(&[2, 4, 3], Activation::Tanh, 4);
		let data = blobs(30, 2);
		let contributions = [
			Contribution { id: 1, rows: data.select(&(0..10).collect::<Vec<_>>()).unwrap() },
			Contribution { id: 2, rows: data.select(&(10..30).collect::<Vec<_>>()).unwrap() },
		];
		let builder = ExactCurvature { damping: Damping::Value(0.02) };
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		let n = model.coordinates();
		let hessian = dense_hessian(&model, &data).unwrap();
		// |H| is the positive root of H².
		let eigen = symmetric_eigen(&hessian, n).unwrap();
		assert!(eigen.values[0] < -0.01, "the test needs negative curvature");
		let vector = |k: usize| &eigen.vectors[k * n..(k + 1) * n];
		let sites = model.sites();
		let plain = Basis::identity(&sites);
		let ones = vec![1.0; n];
		let part = Part { companion: None, basis: plain, inverse_curvature: ones };
		let identity = FloatIndex { parts: vec![part], leaves: vec![], local: true };
		let queries = identity.queries(&model, &data).unwrap();
		let rotated = index.queries(&model, &data).unwrap();
		for (c, contribution) in contributions.iter().enumerate() {
			let mut total = vec![0.0; n];
			let rows = contribution.rows.len();
			let gradients = model.gradients(&contribution.rows, 0..rows, Function::Loss).unwrap();
			(0..rows).for_each(|row| gradients.add_row(row, &sites, &mut total));
			for (query, rotated) in queries.iter().zip(&rotated) {
				let along = |x: &[f64], k: usize| -> f64 {
					vector(k).iter().zip(x).map(|(v, x)| v * x).sum()
				};
				let expected: f64 = (0..n)
					.map(|k| -along(query, k) * along(&total, k) / (eigen.values[k].abs() + 0.02))
					.sum();
				let found = index.scores(rotated)[c];
				assert!(
					(found - expected).abs() < 1e-3 * (1.0 + expected.abs()),
					"{found} {expected}"
				);
			}
		}
	}

	#[test]
	fn damping_should_follow_the_recipe() {
		let (model, data) = (random_model(&[2, 4, 3], Activation::Tanh, 4), blobs(50, 2));
		let architecture = Architecture::mlp(&[2, 4, 3], Activation::Tanh);
		let config = TrainConfig {
			epochs: 10,
			batch_size: 20,
			learning_rate: 0.1,
			schedule: crate::Schedule::Constant,
			..TrainConfig::standard(architecture)
		};
		// 30 steps of 0.1 each, ten times as far with momentum 0.9.
		let damping = ExactCurvature::for_recipe(&config).damping(&model, &data).unwrap();
		assert!((damping - (0.001 + 1.0 / 30.0)).abs() < 1e-6, "{damping}");
		let optimiser = Optimiser::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
		let adam = TrainConfig { optimiser, ..config };
		let damping = ExactCurvature::for_recipe(&adam).damping(&model, &data).unwrap();
		let size = batch_gradient_size(&model, &data, 20).unwrap();
		assert!((damping - size * (0.001 + 1.0 / 3.0)).abs() < 1e-6 * damping);
		let zero = ExactCurvature { damping: Damping::Value(0.0) };
		assert!(zero.damping(&model, &data).is_err());
	}
}
