//! Eigenvalue-corrected Kronecker-factored curvature.

use crate::{
	basis::{GradientBasis, LayerBasis, Part},
	curvature::{
		moments::{coordinate_moments, factor_moments},
		symmetric_eigen,
	},
	index::all_rows,
	Contribution, Error, IndexBuilder, Influence, Result,
};
use openledger_models::{Function, Matrix, Model, Progress, Stage};
use openledger_rows::Dataset;
use serde_json::{json, Value};

/// All gradients of a row are in memory at once.
const MAX_DRAWS: u32 = 1 << 10;

/// EK-FAC influence: `psi_c = -(G + λI)⁻¹ Σ ∇L(row)` with the Gauss-Newton matrix `G` approximated
/// layer by layer.
///
/// Per linear layer, K-FAC takes `G` as the Kronecker product of the second moments of the layer's
/// inputs `a` (with a 1 for the bias) and of the loss gradients `δ` at its outputs; EK-FAC keeps
/// the eigenvectors of both factors and replaces the eigenvalues by the second moments of the
/// gradient in that basis, which is the best diagonal there (George et al. 2018, *Fast Approximate
/// Natural Gradient Descent in a Kronecker-factored Eigenbasis*, section 3). As an influence
/// function: Grosse et al. 2023, *Studying Large Language Model Generalization with Influence
/// Functions*, section 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EkFac {
	/// The most gradients of a row by which `G` is estimated, 1 to 1,024. No fewer than classes make
	/// it exact; otherwise they are those of labels drawn from the model.
	pub draws: u32,
	/// `λ` of a layer, as a part of the mean of the layer's eigenvalues; positive. The default,
	/// 0.1, is that of Grosse et al. 2023, section 3.1.
	pub damping: f64,
	/// Fixes the labels drawn from the model.
	pub seed: u64,
}

impl Default for EkFac {
	fn default() -> Self {
		Self { draws: 16, damping: 0.1, seed: 0 }
	}
}

impl EkFac {
	fn check(&self) -> Result<()> {
		if !(1..=MAX_DRAWS).contains(&self.draws) {
			return Err(Error::setting("draws", format!("must be 1 to {MAX_DRAWS}")));
		}
		if !(self.damping > 0.0 && self.damping.is_finite()) {
			return Err(Error::setting("damping", "must be positive"));
		}
		Ok(())
	}

	fn function(&self) -> Function {
		Function::Fisher { seed: self.seed, draws: self.draws }
	}

	/// The eigenvectors of both factors of each site.
	fn basis(&self, model: &Model, data: &Dataset) -> Result<Vec<LayerBasis>> {
		let moments = factor_moments(model, data, self.function())?;
		let basis = |(inputs, outputs): &(Matrix<f64>, Matrix<f64>)| {
			Ok(LayerBasis {
				input_vectors: eigenvectors(inputs)?,
				output_vectors: eigenvectors(outputs)?,
			})
		};
		moments.iter().map(basis).collect()
	}

	/// Basis and diagonal inverse curvature of `model` over `data`, all of it local: other builders
	/// precondition with it.
	///
	/// # Errors
	/// [`Error::Setting`] and those of [`Model::gradients`].
	pub fn part(
		&self,
		model: &Model,
		data: &Dataset,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Part> {
		self.check()?;
		let mut stage = Stage::Curvature.of(2, progress);
		stage.done(0);
		let layers = self.basis(model, data)?;
		stage.done(1);
		let eigenvalues = coordinate_moments(model, &layers, data, self.function())?;
		stage.done(2);
		let inverse_curvature = inverse(&eigenvalues, self.damping);
		Ok(Part { companion: None, basis: GradientBasis::Kronecker(layers), inverse_curvature })
	}
}

/// The eigenvectors, in columns, of a matrix that is symmetric up to rounding.
fn eigenvectors(matrix: &Matrix<f64>) -> Result<Matrix<f32>> {
	let n = matrix.rows();
	let symmetric = Matrix::from_fn(n, n, |i, j| 0.5 * (matrix[(i, j)] + matrix[(j, i)]));
	let rows = symmetric_eigen(&symmetric)?.vectors;
	Ok(Matrix::from_fn(n, n, |i, j| rows[(j, i)] as f32))
}

/// `1 / (Λ + λ)` per coordinate, all layers after each other.
fn inverse(eigenvalues: &[Vec<f64>], damping: f64) -> Vec<f32> {
	// Keeps the inverse finite where a layer has no curvature at all: there, no gradient either.
	const LEAST: f64 = 1e-30;
	let layer = |values: &Vec<f64>| {
		let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
		let damping = (damping * mean).max(LEAST);
		values.iter().map(|value| (1.0 / (value + damping)) as f32).collect::<Vec<_>>()
	};
	eigenvalues.iter().flat_map(layer).collect()
}

impl IndexBuilder for EkFac {
	fn name(&self) -> &'static str {
		"ekfac"
	}

	fn parameters(&self) -> Value {
		// In alphabetical order, the one order that every JSON map keeps.
		json!({ "damping": self.damping, "draws": self.draws, "seed": self.seed })
	}

	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		let part = self.part(model, &all_rows(contributions)?, progress)?;
		Ok(Influence::Local(vec![part]))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_kernels::softmax;
	use openledger_models::{
		testing::{blobs, random_model},
		Activation,
	};

	/// Per layer the gradient of a row's loss, `[outputs][inputs + 1]`.
	fn gradients(model: &Model, row: &[f32], label: usize) -> Vec<Vec<f64>> {
		let data = Dataset::new(row.len(), row.to_vec(), vec![label as u32]).unwrap();
		let flat = model.gradients(&data, 0..1, Function::Loss).unwrap().flat(0);
		model.sites().split(&flat).map(|(_, here)| here.to_vec()).collect()
	}

	/// The Fisher block of a layer.
	fn fisher(model: &Model, data: &Dataset, layer: usize) -> Matrix<f64> {
		let n = model.sites()[layer].coordinates();
		let mut sum = Matrix::zeros(n, n);
		for (row, _) in data.rows() {
			let mut probabilities = model.logits(row).unwrap();
			softmax(&mut probabilities);
			for (label, probability) in probabilities.iter().enumerate() {
				let gradient = &gradients(model, row, label)[layer];
				for (i, x) in gradient.iter().enumerate() {
					for (j, y) in gradient.iter().enumerate() {
						sum[(i, j)] += f64::from(*probability) * x * y / data.len() as f64;
					}
				}
			}
		}
		sum
	}

	#[test]
	fn eigenvalues_should_be_the_diagonal_of_the_dense_fisher_in_the_basis() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 8), blobs(60, 2));
		let builder = EkFac::default();
		let basis = builder.basis(&model, &data).unwrap();
		let eigenvalues = coordinate_moments(&model, &basis, &data, builder.function()).unwrap();
		for (l, layer) in basis.iter().enumerate() {
			let dense = fisher(&model, &data, l);
			let (inputs, n) = (layer.input_vectors.rows(), layer.coordinates());
			let largest = eigenvalues[l].iter().fold(0.0f64, |max, x| max.max(*x));
			for (at, eigenvalue) in eigenvalues[l].iter().enumerate() {
				// The basis vector of this coordinate: Kronecker product of the two eigenvectors.
				let vector: Vec<f64> = (0..n)
					.map(|k| {
						let output = layer.output_vectors[(k / inputs, at / inputs)];
						f64::from(output)
							* f64::from(layer.input_vectors[(k % inputs, at % inputs)])
					})
					.collect();
				let product =
					(0..n * n).map(|ij| vector[ij / n] * dense.values()[ij] * vector[ij % n]);
				let expected: f64 = product.sum();
				assert!((eigenvalue - expected).abs() < 1e-5 * largest, "layer {l}, {at}");
			}
		}
	}

	#[test]
	fn basis_should_diagonalise_both_moments() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 8), blobs(60, 2));
		let network = model.network().unwrap();
		let basis = EkFac::default().basis(&model, &data).unwrap();
		for (l, layer) in basis.iter().enumerate() {
			let n = layer.input_vectors.rows();
			let mut rotated = vec![0.0f64; n * n];
			for (row, _) in data.rows() {
				let input = network.forward(row).inputs[l].row(0).to_vec();
				let turned: Vec<f64> = (0..n)
					.map(|k| {
						(0..n).map(|i| f64::from(input[i] * layer.input_vectors[(i, k)])).sum()
					})
					.collect();
				(0..n * n).for_each(|at| rotated[at] += turned[at / n] * turned[at % n]);
			}
			let trace: f64 = (0..n).map(|k| rotated[k * n + k]).sum();
			for at in (0..n * n).filter(|at| at / n != at % n) {
				assert!(rotated[at].abs() < 1e-5 * trace);
			}
		}
	}

	/// The same coordinates without curvature: leaves are then minus the loss gradient.
	fn ones(parts: &[Part]) -> Vec<Part> {
		let plain = |part: &Part| Part {
			inverse_curvature: vec![1.0; part.basis.dimension()],
			..part.clone()
		};
		parts.iter().map(plain).collect()
	}

	#[test]
	fn influence_should_equal_a_dense_solve_when_there_is_one_logistic_output_pair() {
		// With two classes the gradients of the two logits are opposite, and inputs are independent
		// of them when constant: here EK-FAC is exact, so its influence must be the dense damped
		// solve.
		let model = random_model(&[1, 2], Activation::Tanh, 5);
		let data = Dataset::new(1, vec![0.7; 8], vec![0, 1, 0, 0, 1, 0, 1, 1]).unwrap();
		let builder = EkFac { damping: 0.5, ..EkFac::default() };
		let contributions = [Contribution { id: 1, rows: data.clone() }];
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		let dense = fisher(&model, &data, 0);
		let damping = 0.5 * (0..4).map(|k| dense[(k, k)]).sum::<f64>() / 4.0;
		let total: Vec<f64> = (0..4)
			.map(|k| {
				data.rows().map(|(row, label)| gradients(&model, row, label as usize)[0][k]).sum()
			})
			.collect();
		let eigen = symmetric_eigen(&dense).unwrap();
		let solve = |other: &[f64]| -> f64 {
			(0..4)
				.map(|k| {
					let vector = eigen.vectors.row(k);
					let along = |x: &[f64]| vector.iter().zip(x).map(|(v, x)| v * x).sum::<f64>();
					along(other) * along(&total) / (eigen.values[k] + damping)
				})
				.sum()
		};
		for label in 0..2 {
			let query = &gradients(&model, data.row(0), label)[0];
			let row = Dataset::new(1, data.row(0).to_vec(), vec![label as u32]).unwrap();
			let loss = crate::index::local_leaf(&model, &ones(&index.parts), &row).unwrap();
			let turned: Vec<f64> = loss.iter().map(|x| -f64::from(*x)).collect();
			let score = index.scores(&turned)[0];
			let expected = -solve(query);
			assert!((score - expected).abs() < 1e-4 * expected.abs(), "{score} {expected}");
		}
	}

	#[test]
	fn inverse_should_stay_finite_when_a_layer_has_no_curvature() {
		let inverse = inverse(&[vec![0.0; 3], vec![1.0, 3.0]], 0.5);
		assert!(inverse.iter().all(|x| x.is_finite()));
		assert_eq!(inverse[3..], [0.5, 0.25]);
	}

	#[test]
	fn build_should_refuse_when_a_parameter_is_out_of_range() {
		let model = random_model(&[2, 3, 3], Activation::Tanh, 8);
		let contributions = [Contribution { id: 1, rows: blobs(9, 2) }];
		for builder in [
			EkFac { draws: 0, ..Default::default() },
			EkFac { damping: 0.0, ..Default::default() },
			EkFac { damping: f64::NAN, ..Default::default() },
		] {
			let result = builder.build(&model, &contributions, &mut |_| ());
			assert!(matches!(result, Err(Error::Setting { .. })));
		}
	}
}
