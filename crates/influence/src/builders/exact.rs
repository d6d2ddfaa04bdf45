//! The exact curvature of the training loss, made positive.

use super::cosine::{finite, RowSums};
use crate::{
	basis::{GradientBasis, Part},
	curvature::{
		dense_curvature, inverse_factor, make_absolute, solve_abs, symmetric_eigen, Solution,
		SolverSettings, DENSE_LIMIT,
	},
	index::all_rows,
	Contribution, Error, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_models::{
	batches, train::Optimiser, Function, Gradients, Matrix, Model, Progress, Stage, TrainConfig,
};
use openledger_rows::Dataset;
use serde_json::{json, Value};

/// How much is added to every eigenvalue.
#[derive(Clone, Debug, PartialEq)]
pub enum Damping {
	/// What the training itself does: see [`ExactCurvature`].
	Recipe(TrainConfig),
	/// A number, in units of the loss's curvature; positive.
	Value(f64),
}

/// How the Hessian `H = G + R` ([`Curvature`](crate::curvature::Curvature)) becomes positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positive {
	/// `|H|`: its eigenvalues without their signs.
	Hessian,
	/// `G + |R|`. Where training ends with losses left, `R` cancels a part of `G` in some
	/// directions. There `|H|` is small and influence would be large, but only as long as these
	/// losses stay what they are, which a change of the data does not let them. Never below `G`, it
	/// is `|H|` where `R` vanishes.
	Residual,
}

/// Exact-curvature influence: `psi_c = -(P + λ)⁻¹ Σ ∇L(row)`, where `P` is the true Hessian of the
/// mean training loss, made positive.
///
/// `λ` follows from the recipe: weight decay adds itself to every eigenvalue, and training that
/// stops after a time `T` (the sum of learning rates, divided by one minus the momentum) leaves
/// directions of less curvature than `1 / T` unlearned as a ridge of that size would (Goodfellow et
/// al. 2016, *Deep Learning*, section 7.8), so `λ = weight decay + 1 / T`. AdamW measures both in
/// units of the root mean square of batch gradients, which is taken at the trained weights.
///
/// Up to `dense_limit` parameters the curvature is laid out: O(parameters²) memory and
/// O(rows · parameters² + parameters³) time, for all contributions together; leaves are local.
/// Beyond, `P` is `|H|`, and each contribution's system is solved by itself ([`solve_abs`]):
/// O(steps · parameters) memory and O(steps · rows · parameters) time for each contribution. Such
/// leaves need all contributions' rows, so they are not local.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactCurvature {
	/// How `λ` is found.
	pub damping: Damping,
	/// `P`, up to `dense_limit` parameters.
	pub positive: Positive,
	/// The most parameters whose curvature is laid out; beyond [`DENSE_LIMIT`] it is never.
	pub dense_limit: usize,
	/// How systems of larger models are solved.
	pub settings: SolverSettings,
}

impl ExactCurvature {
	/// With a damping; everything else as usual.
	pub fn new(damping: Damping) -> Self {
		let settings = SolverSettings { max_steps: 2000, ..SolverSettings::default() };
		Self { damping, positive: Positive::Residual, dense_limit: DENSE_LIMIT, settings }
	}

	/// With the damping that `config`, the recipe the model was trained by, implies.
	pub fn for_recipe(config: &TrainConfig) -> Self {
		Self::new(Damping::Recipe(config.clone()))
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

impl ExactCurvature {
	/// One solve for each contribution.
	fn solve(
		&self,
		model: &Model,
		data: &Dataset,
		damping: f64,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let n = model.coordinates();
		let mut sums = RowSums::new(contributions, n, <[f64]>::to_vec);
		for batch in batches(model, data, Function::Loss, |_, g| Ok(g)) {
			let gradients = batch?.1;
			for row in 0..gradients.rows() {
				sums.add_row(|sum| gradients.add_row(row, sum));
			}
		}
		let solved = solve_abs(model, data, damping, &sums.finish(), &self.settings, progress)?;
		let leaf = |x: Solution| x.values.iter().map(|x| -*x as f32).collect();
		let leaves = finite(solved.into_iter().map(leaf).collect())?;
		let basis = GradientBasis::identity(&model.sites());
		let parts = vec![Part { companion: None, basis, inverse_curvature: vec![1.0; n] }];
		Ok(Influence::Held(FloatIndex { parts, leaves, local: false }))
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
	let (mut mean, mut squares) = (vec![0.0; model.coordinates()], 0.0);
	let flat = |_, g: Gradients| Ok((0..g.rows()).map(|row| g.flat(row)).collect::<Vec<_>>());
	for batch in batches(model, data, Function::Loss, flat) {
		for row in batch?.1 {
			squares += row.iter().map(|x| x * x).sum::<f64>();
			mean.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
		}
	}
	let count = data.len() as f64;
	let mean: f64 = mean.iter().map(|x| (x / count).powi(2)).sum();
	let variance = (squares / count - mean).max(0.0) / batch_size.min(data.len()) as f64;
	Ok(((mean + variance) / model.coordinates() as f64).sqrt())
}

/// The eigenvectors in columns, and `1 / (|eigenvalue| + damping)`.
fn eigenbasis(hessian: &Matrix<f64>, damping: f64) -> Result<(Matrix<f32>, Vec<f32>)> {
	let eigen = symmetric_eigen(hessian)?;
	let inverse = eigen.values.iter().map(|value| (1.0 / (value.abs() + damping)) as f32);
	Ok((columns(&eigen.vectors), inverse.collect()))
}

/// The rows of a matrix as columns.
fn columns(matrix: &Matrix<f64>) -> Matrix<f32> {
	Matrix::from_fn(matrix.columns(), matrix.rows(), |i, j| matrix[(j, i)] as f32)
}

impl IndexBuilder for ExactCurvature {
	fn name(&self) -> &'static str {
		"exact"
	}

	fn parameters(&self) -> Value {
		let damping = match &self.damping {
			Damping::Value(value) => json!(value),
			Damping::Recipe(_) => json!("recipe"),
		};
		let positive = match self.positive {
			Positive::Hessian => "hessian",
			Positive::Residual => "residual",
		};
		json!({
			"damping": damping,
			"positive": positive,
			"dense_limit": self.dense_limit,
			"tolerance": self.settings.tolerance,
		})
	}

	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let data = all_rows(contributions)?;
		let (n, damping) = (model.coordinates(), self.damping(model, &data)?);
		if n > self.dense_limit.min(DENSE_LIMIT) {
			return self.solve(model, &data, damping, contributions, progress);
		}
		let mut curvature = dense_curvature(model, &data, progress)?;
		let (vectors, inverse_curvature) = match self.positive {
			Positive::Hessian => eigenbasis(&curvature.into_hessian(), damping)?,
			Positive::Residual => {
				make_absolute(&mut curvature.residual)?;
				let mut positive = curvature.into_hessian();
				(0..n).for_each(|i| positive[(i, i)] += damping);
				(columns(&inverse_factor(&positive)?), vec![1.0; n])
			},
		};
		Stage::Inverse.of(1, progress).done(1);
		let basis = GradientBasis::Dense(vectors);
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Local(parts))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::builders::cosine::tests::contributions;
	use openledger_models::{
		testing::{blobs, digits_model, random_model},
		Activation, Architecture,
	};
	use std::collections::BTreeSet;

	#[test]
	fn influence_should_be_a_solve_with_the_absolute_hessian() {
		let model = random_model(&[2, 4, 3], Activation::Tanh, 4);
		let data = blobs(30, 2);
		let contributions = [
			Contribution { id: 1, rows: data.select(&(0..10).collect::<Vec<_>>()).unwrap() },
			Contribution { id: 2, rows: data.select(&(10..30).collect::<Vec<_>>()).unwrap() },
		];
		let positive = Positive::Hessian;
		let builder = ExactCurvature { positive, ..ExactCurvature::new(Damping::Value(0.02)) };
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		let n = model.coordinates();
		let hessian = dense_curvature(&model, &data, &mut |_| ()).unwrap().into_hessian();
		// |H| is the positive root of H².
		let eigen = symmetric_eigen(&hessian).unwrap();
		assert!(eigen.values[0] < -0.01, "the test needs negative curvature");
		let vector = |k: usize| eigen.vectors.row(k);
		let plain = GradientBasis::identity(&model.sites());
		let ones = vec![1.0; n];
		let part = Part { companion: None, basis: plain, inverse_curvature: ones };
		let identity = FloatIndex { parts: vec![part], leaves: vec![], local: true };
		let queries = identity.queries(&model, &data).unwrap();
		let rotated = index.queries(&model, &data).unwrap();
		for (c, contribution) in contributions.iter().enumerate() {
			let mut total = vec![0.0; n];
			let rows = contribution.rows.len();
			let gradients = model.gradients(&contribution.rows, 0..rows, Function::Loss).unwrap();
			(0..rows).for_each(|row| gradients.add_row(row, &mut total));
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
	fn influence_should_be_a_solve_with_the_absolute_residual_by_default() {
		let model = random_model(&[2, 4, 3], Activation::Tanh, 4);
		let data = blobs(30, 2);
		let contributions = contributions(&data, &[10, 20]);
		let index = ExactCurvature::new(Damping::Value(0.02))
			.build(&model, &contributions, &mut |_| ())
			.unwrap();
		let n = model.coordinates();
		let curvature = dense_curvature(&model, &data, &mut |_| ()).unwrap();
		let residual = symmetric_eigen(&curvature.residual).unwrap();
		assert!(residual.values[0] < -0.01, "the test needs negative curvature");
		let mut positive = curvature.gauss_newton;
		for (value, vector) in residual.values.iter().zip(residual.vectors.each_row()) {
			for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
				positive[(i, j)] += value.abs() * vector[i] * vector[j];
			}
		}
		(0..n).for_each(|i| positive[(i, i)] += 0.02);
		// With rows of `P + λ` as queries, scores are the gradients themselves, negative.
		for (number, contribution) in contributions.iter().enumerate() {
			let mut gradient = vec![0.0; n];
			let rows = contribution.rows.len();
			let gradients = model.gradients(&contribution.rows, 0..rows, Function::Loss).unwrap();
			(0..rows).for_each(|row| gradients.add_row(row, &mut gradient));
			for (row, expected) in positive.each_row().zip(&gradient) {
				let GradientBasis::Dense(vectors) = &index.parts[0].basis else {
					panic!("a basis")
				};
				let coordinate =
					|k: usize| -> f64 { (0..n).map(|i| f64::from(vectors[(i, k)]) * row[i]).sum() };
				let query: Vec<f64> = (0..n).map(coordinate).collect();
				let found = index.scores(&query)[number];
				assert!((found + expected).abs() < 1e-3 * (1.0 + expected.abs()), "{found}");
			}
		}
	}

	#[test]
	fn large_models_should_have_the_same_influence_when_solved_contribution_by_contribution() {
		let (model, data, _) = digits_model();
		let contributions = contributions(&data, &[100; 6]);
		let (damping, positive) = (Damping::Value(0.01), Positive::Hessian);
		let dense = ExactCurvature { positive, ..ExactCurvature::new(damping) };
		let large = ExactCurvature { dense_limit: 100, ..dense.clone() };
		let (mut stages, queries) = (BTreeSet::new(), data.select(&[0, 50, 100]).unwrap());
		let dense = dense.build(&model, &contributions, &mut |_| ()).unwrap();
		let large = large
			.build(&model, &contributions, &mut |p| {
				stages.insert(p.stage);
			})
			.unwrap();
		assert!(stages.contains(&Stage::Solving));
		assert_eq!((dense.local, large.local), (true, false));
		let scores = |index: &FloatIndex| -> Vec<f64> {
			let queries = index.queries(&model, &queries).unwrap();
			queries.iter().flat_map(|query| index.scores(query)).collect()
		};
		let (dense, large) = (scores(&dense), scores(&large));
		let largest = dense.iter().fold(0.0f64, |max, x| max.max(x.abs()));
		for (dense, large) in dense.iter().zip(&large) {
			assert!((dense - large).abs() < 0.02 * largest, "{dense} {large}");
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
			schedule: openledger_models::Schedule::Constant,
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
		let zero = ExactCurvature::new(Damping::Value(0.0));
		assert!(zero.damping(&model, &data).is_err());
	}
}
