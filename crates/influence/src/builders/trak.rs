//! Randomly projected margin gradients.

use super::{ensemble::companions, ensemble::derived_seed, EnsembleKind};
use crate::{
	basis::{GradientBasis, Part},
	curvature::symmetric_eigen,
	index::all_rows,
	Contribution, Error, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_kernels::exp;
use openledger_models::{
	batches, Function, Gradients, Matrix, Model, Progress, Stage, TrainConfig,
};
use openledger_primitives::MAX_DIMENSION;
use openledger_rows::Dataset;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde_json::{json, Value};

/// TRAK (Park et al. 2023, *TRAK: Attributing Model Behavior at Scale*, section 3).
///
/// With `f` the margin, `P` a random projection and `φ = Pᵀ ∇f`, `psi_c` is
/// `(Φᵀ Φ)⁻¹ Σ_r (1 - p_r) φ_r`: `Φ` has the features of all training rows, `p_r` is the probability
/// of a row's label, averaged over the models. Each model has a projection and a part of its own,
/// and scores are averaged over them. The entries of `P` are `±1/√dimension`, as good as normal
/// ones (Achlioptas 2003). The paper's soft thresholding, which depends on the query, is left out.
///
/// The dimension must stay well below the number of rows. Near it `Φᵀ Φ` is close to singular, its
/// inverse magnifies directions that hardly any row has, and scores are noise; beyond it, only the
/// ridge makes an inverse. The paper's dimensions of 2,048 and more, over tens of thousands of rows,
/// are therefore no default for small tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Trak {
	/// Number of models, at least 1.
	pub models: usize,
	/// What the models are. The paper trains them on random halves of the rows.
	pub kind: EnsembleKind,
	/// Dimension of each projection, from 1.
	pub dimension: usize,
	/// Added to the diagonal of `Φᵀ Φ`, as a part of its mean; positive. Small: it is there so that
	/// the inverse exists.
	pub ridge: f64,
	/// Fixes the random signs of the projections.
	pub seed: u64,
	/// The recipe of the model and its companions. Nothing is trained for a single model with
	/// [`EnsembleKind::Seeds`], which is the model itself.
	pub config: TrainConfig,
}

impl Trak {
	/// The model alone, projected on 512 dimensions, with a ridge of 10⁻⁶.
	pub fn standard(config: TrainConfig) -> Self {
		Self { models: 1, kind: EnsembleKind::Seeds, dimension: 512, ridge: 1e-6, seed: 0, config }
	}

	fn check(&self) -> Result<()> {
		if self.models == 0 {
			return Err(Error::setting("models", "must be at least 1"));
		}
		let dimension = self.dimension.checked_mul(self.models);
		let largest = MAX_DIMENSION as usize;
		if self.dimension == 0 || dimension.is_none_or(|dimension| dimension > largest) {
			let reason = format!("must be from 1 to {largest} over all models");
			return Err(Error::setting("dimension", reason));
		}
		if !(self.ridge > 0.0 && self.ridge.is_finite()) {
			return Err(Error::setting("ridge", "must be positive"));
		}
		Ok(())
	}

	/// A projection for model `number`.
	fn projection(&self, number: u64, coordinates: usize) -> Result<GradientBasis> {
		if coordinates.checked_mul(self.dimension).is_none() {
			return Err(Error::setting("dimension", "is too large for the model's parameters"));
		}
		let seed = derived_seed("projection", self.seed, number);
		let entry = 1.0 / (self.dimension as f32).sqrt();
		let mut vectors = Matrix::zeros(coordinates, self.dimension);
		vectors.values_mut().par_chunks_mut(self.dimension).enumerate().for_each(
			|(row, entries)| {
				// A stream for each row: the same projection for any number of threads.
				let mut rng = ChaCha8Rng::seed_from_u64(seed);
				rng.set_stream(row as u64);
				for entries in entries.chunks_mut(64) {
					let signs = rng.next_u64();
					for (bit, x) in entries.iter_mut().enumerate() {
						*x = if signs >> bit & 1 == 1 { entry } else { -entry };
					}
				}
			},
		);
		Ok(GradientBasis::Dense(vectors))
	}

	/// The influence of each contribution in one model's part, `[contributions][dimension]`, times
	/// `share`.
	fn leaves(
		&self,
		model: &Model,
		basis: &GradientBasis,
		rows: &WeightedRows<'_>,
		share: f64,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Vec<Vec<f32>>> {
		let dimension = self.dimension;
		let mut kernel = Matrix::zeros(dimension, dimension);
		let mut sums = vec![vec![0.0; dimension]; rows.contributions];
		let features = |_, gradients: Gradients| {
			let projected = basis.project(&gradients);
			let mut features = Matrix::zeros(gradients.rows(), dimension);
			for (row, features) in features.each_row_mut().enumerate() {
				projected.add_row(row, 0, features);
			}
			Ok(features)
		};
		let mut stage = Stage::Influence.of(rows.data.len() as u64, progress);
		for batch in batches(model, rows.data, Function::Margin, features) {
			let (batch, features) = batch?;
			add_gram(&mut kernel, &features);
			let done = batch.end as u64;
			for (row, features) in batch.zip(features.each_row()) {
				let (owner, weight) = rows.weights[row];
				sums[owner].iter_mut().zip(features).for_each(|(sum, x)| *sum += weight * x);
			}
			stage.done(done);
		}
		let inverse = RidgeInverse::new(&kernel, self.ridge)?;
		let leaf = |sum: &Vec<f64>| {
			let leaf: Vec<f32> = inverse.apply(sum).iter().map(|x| (share * x) as f32).collect();
			let finite = leaf.iter().all(|x| x.is_finite());
			finite.then_some(leaf).ok_or(Error::NotFinite("a contribution's influence"))
		};
		sums.par_iter().map(leaf).collect()
	}
}

/// What all models share of the training rows.
struct WeightedRows<'a> {
	data: &'a Dataset,
	contributions: usize,
	/// Each row's contribution, and how far its label is from certain: the mean of `1 - p` over the
	/// models.
	weights: Vec<(usize, f64)>,
}

impl<'a> WeightedRows<'a> {
	fn new(data: &'a Dataset, contributions: &[Contribution], models: &[&Model]) -> Result<Self> {
		let owners = contributions
			.iter()
			.enumerate()
			.flat_map(|(owner, contribution)| std::iter::repeat_n(owner, contribution.rows.len()));
		let mut weights: Vec<(usize, f64)> = owners.map(|owner| (owner, 0.0)).collect();
		for model in models {
			let margins = |_, gradients: Gradients| Ok(gradients.values);
			for batch in batches(model, data, Function::Margin, margins) {
				let (rows, margins) = batch?;
				for ((_, weight), margin) in weights[rows].iter_mut().zip(margins) {
					// 1 - p from the log-odds of p, with all digits where p is near 1.
					*weight += 1.0 / (1.0 + exp(margin)) / models.len() as f64;
				}
			}
		}
		Ok(Self { data, contributions: contributions.len(), weights })
	}
}

/// Adds `Φᵀ Φ` to the lower triangle of `kernel`, `[dimension][dimension]`, for `features` of
/// `[rows][dimension]`.
fn add_gram(kernel: &mut Matrix<f64>, features: &Matrix<f64>) {
	let dimension = kernel.columns();
	kernel.values_mut().par_chunks_mut(dimension).enumerate().for_each(|(i, kernel)| {
		for features in features.each_row() {
			let factor = features[i];
			kernel[..=i].iter_mut().zip(features).for_each(|(sum, x)| *sum += factor * x);
		}
	});
}

/// `(K + ridge · mean of K's diagonal · I)⁻¹` by eigenvectors.
struct RidgeInverse {
	/// The eigenvalues of the inverse, `[dimension]`.
	values: Vec<f64>,
	/// The eigenvectors in rows, `[dimension][dimension]`.
	vectors: Matrix<f64>,
}

impl RidgeInverse {
	/// `kernel` is `[dimension][dimension]`; its lower triangle counts.
	fn new(kernel: &Matrix<f64>, ridge: f64) -> Result<Self> {
		// Keeps the inverse finite where no row has a gradient.
		const LEAST: f64 = 1e-30;
		let n = kernel.rows();
		let mean = (0..n).map(|i| kernel[(i, i)]).sum::<f64>() / n as f64;
		let symmetric = Matrix::from_fn(n, n, |i, j| kernel[(i.max(j), i.min(j))]);
		let eigen = symmetric_eigen(&symmetric)?;
		let ridge = (ridge * mean).max(LEAST);
		// Rounding can leave an eigenvalue of zero below zero.
		let values = eigen.values.iter().map(|value| 1.0 / (value.max(0.0) + ridge)).collect();
		Ok(Self { values, vectors: eigen.vectors })
	}

	/// The inverse times `vector`, both `[dimension]`.
	fn apply(&self, vector: &[f64]) -> Vec<f64> {
		let mut product = vec![0.0; vector.len()];
		for (value, eigenvector) in self.values.iter().zip(self.vectors.each_row()) {
			let along: f64 = eigenvector.iter().zip(vector).map(|(x, y)| x * y).sum();
			let factor = value * along;
			product.iter_mut().zip(eigenvector).for_each(|(sum, x)| *sum += factor * x);
		}
		product
	}
}

impl IndexBuilder for Trak {
	fn name(&self) -> &'static str {
		"trak"
	}

	fn parameters(&self) -> Value {
		json!({
			"config": self.config,
			"dimension": self.dimension,
			"kind": self.kind,
			"models": self.models,
			"ridge": self.ridge,
			"seed": self.seed,
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
		self.check()?;
		let data = all_rows(contributions)?;
		let companions =
			companions(model, contributions, self.kind, self.models, &self.config, progress)?;
		let models: Vec<&Model> = companions.iter().map(|c| c.as_ref().unwrap_or(model)).collect();
		let rows = WeightedRows::new(&data, contributions, &models)?;
		let share = 1.0 / self.models as f64;
		let mut parts = Vec::with_capacity(self.models);
		let mut leaves = vec![Vec::new(); contributions.len()];
		for (number, (this, companion)) in (0..).zip(models.iter().zip(&companions)) {
			let basis = self.projection(number, this.coordinates())?;
			let of_model = self.leaves(this, &basis, &rows, share, progress)?;
			leaves.iter_mut().zip(of_model).for_each(|(leaf, part)| leaf.extend(part));
			let inverse_curvature = vec![1.0; self.dimension];
			parts.push(Part { companion: companion.clone(), basis, inverse_curvature });
		}
		Ok(Influence::Held(FloatIndex { parts, leaves, local: false }))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::builders::cosine::tests::contributions;
	use openledger_models::{
		network::cross_entropy,
		testing::{blobs, random_model},
		Activation, Architecture,
	};

	fn recipe() -> TrainConfig {
		let architecture = Architecture::mlp(&[2, 3, 3], Activation::Tanh);
		TrainConfig { epochs: 4, ..TrainConfig::standard(architecture) }
	}

	/// `Pᵀ ∇f` of each row in a part.
	fn features(model: &Model, part: &Part, data: &Dataset) -> Vec<Vec<f64>> {
		let GradientBasis::Dense(vectors) = &part.basis else { panic!("a projection") };
		let model = part.model(model);
		let (rows, dimension) = (vectors.rows(), vectors.columns());
		assert_eq!(rows, model.coordinates());
		let gradients = model.gradients(data, 0..data.len(), Function::Margin).unwrap();
		let feature = |row| {
			let flat = gradients.flat(row);
			let along = |k| (0..rows).map(|i| flat[i] * f64::from(vectors[(i, k)])).sum();
			(0..dimension).map(along).collect()
		};
		(0..data.len()).map(feature).collect()
	}

	/// Checks `(K + ridge) psi_c = Σ (1 - p) φ / models` for all parts.
	fn check(builder: &Trak, model: &Model, data: &Dataset, sizes: &[usize]) {
		let contributions = contributions(data, sizes);
		let index = builder.build(model, &contributions, &mut |_| ()).unwrap();
		assert_eq!((index.parts.len(), index.local), (builder.models, false));
		let mut uncertain = vec![0.0; data.len()];
		for part in &index.parts {
			for (row, (features, label)) in data.rows().enumerate() {
				let logits = part.model(model).logits(features).unwrap();
				uncertain[row] += 1.0 - (-cross_entropy(&logits, label as usize)).exp();
			}
		}
		let k = builder.dimension;
		for (m, part) in index.parts.iter().enumerate() {
			let features = features(model, part, data);
			let kernel = |i: usize, j: usize| features.iter().map(|f| f[i] * f[j]).sum::<f64>();
			let ridge = builder.ridge * (0..k).map(|i| kernel(i, i)).sum::<f64>() / k as f64;
			let mut row = 0;
			for (size, leaf) in sizes.iter().zip(&index.leaves) {
				assert_eq!(leaf.len(), k * builder.models);
				let leaf = &leaf[m * k..(m + 1) * k];
				let own = row..row + size;
				row += size;
				let models = builder.models as f64;
				let expected = |i: usize| {
					let sum: f64 = own.clone().map(|r| uncertain[r] * features[r][i]).sum();
					sum / (models * models)
				};
				let found = |i: usize| {
					let product = |j| kernel(i, j) * f64::from(leaf[j]);
					(0..k).map(product).sum::<f64>() + ridge * f64::from(leaf[i])
				};
				let error: f64 = (0..k).map(|i| (found(i) - expected(i)).powi(2)).sum();
				let length: f64 = (0..k).map(|i| expected(i).powi(2)).sum();
				assert!(error < 1e-8 * length, "{error} {length}");
			}
		}
	}

	#[test]
	fn leaf_should_solve_the_normal_equations() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 3), blobs(80, 4));
		let builder = Trak { dimension: 7, ridge: 1e-3, ..Trak::standard(recipe()) };
		check(&builder, &model, &data, &[1, 70, 4, 5]);
	}

	#[test]
	fn leaf_should_exist_when_there_are_more_dimensions_than_rows() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 3), blobs(5, 4));
		let builder = Trak { dimension: 12, ridge: 1e-3, ..Trak::standard(recipe()) };
		check(&builder, &model, &data, &[1, 4]);
	}

	#[test]
	fn scores_should_be_averaged_over_models_when_there_are_several() {
		let data = blobs(20, 4);
		let model = openledger_models::train(&data, &recipe(), &mut |_| ()).unwrap().model;
		let halves = EnsembleKind::Halves { contributions: false, itself: false };
		for kind in [EnsembleKind::Seeds, halves] {
			let standard = Trak::standard(recipe());
			let builder = Trak { models: 3, kind, dimension: 5, ridge: 1e-2, ..standard };
			check(&builder, &model, &data, &[8, 12]);
			let build = || builder.build(&model, &contributions(&data, &[8, 12]), &mut |_| ());
			let index = build().unwrap();
			assert_eq!(index, build().unwrap());
			assert_eq!(index.parts[0].companion.is_none(), kind == EnsembleKind::Seeds);
			assert_ne!(index.parts[0].basis, index.parts[1].basis);
			assert_ne!(index.parts[1].companion, index.parts[2].companion);
		}
	}

	#[test]
	fn projection_should_keep_lengths_on_average() {
		let builder = Trak { dimension: 400, ..Trak::standard(recipe()) };
		let GradientBasis::Dense(vectors) = builder.projection(0, 50).unwrap() else {
			panic!("a projection")
		};
		let row = |i: usize| vectors.row(i);
		for i in 0..vectors.rows() {
			let dot = |j: usize| row(i).iter().zip(row(j)).map(|(x, y)| x * y).sum::<f32>();
			assert!((dot(i) - 1.0).abs() < 1e-5);
			// The standard deviation is 1/20.
			assert!((0..i).all(|j| dot(j).abs() < 0.25));
		}
		assert_ne!(builder.projection(1, 50).unwrap(), builder.projection(0, 50).unwrap());
	}

	#[test]
	fn build_should_refuse_when_a_setting_is_out_of_range() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 3), blobs(3, 4));
		let standard = Trak::standard(recipe());
		for (builder, name) in [
			(Trak { models: 0, ..standard.clone() }, "models"),
			(Trak { dimension: 0, ..standard.clone() }, "dimension"),
			(Trak { dimension: usize::MAX, models: 2, ..standard.clone() }, "dimension"),
			(Trak { ridge: 0.0, ..standard.clone() }, "ridge"),
			(Trak { ridge: f64::NAN, ..standard }, "ridge"),
		] {
			let result = builder.build(&model, &contributions(&data, &[3]), &mut |_| ());
			let text = result.unwrap_err().to_string();
			assert!(text.starts_with(name), "{text}");
		}
	}
}
