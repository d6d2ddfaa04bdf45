//! Eigenvalue-corrected Kronecker-factored curvature.

use super::{
	moments::{add_gram, add_product, for_each_sample},
	symmetric_eigen,
};
use crate::{
	index::{influence, Basis, FloatIndex, IndexBuilder, LayerBasis},
	kernels::transpose,
	model::network::Network,
	Contribution, Dataset, Error, Model, Progress, Result,
};
use candle_core::{Device, Tensor};
use serde_json::{json, Value};

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
	/// Labels drawn from the model for each row; at least 1. A confident model rarely draws any
	/// label but its first choice, so that several draws make a steadier estimate.
	pub draws: u32,
	/// `λ` of a layer, as a part of the mean of the layer's eigenvalues; positive. The default,
	/// 0.1, is that of Grosse et al. 2023, section 3.1.
	pub damping: f64,
	/// Fixes the labels drawn.
	pub seed: u64,
}

impl Default for EkFac {
	fn default() -> Self {
		Self { draws: 16, damping: 0.1, seed: 0 }
	}
}

impl EkFac {
	fn check(&self) -> Result<()> {
		if self.draws == 0 {
			return Err(Error::setting("draws", "must be at least 1"));
		}
		if !(self.damping > 0.0 && self.damping.is_finite()) {
			return Err(Error::setting("damping", "must be positive"));
		}
		Ok(())
	}

	/// The eigenvectors of both factors of each layer.
	fn basis(&self, network: &Network, data: &Dataset) -> Result<Basis> {
		let square = |n: usize| vec![0.0; n * n];
		let mut inputs: Vec<_> = network.layers.iter().map(|l| square(l.inputs + 1)).collect();
		let mut deltas: Vec<_> = network.layers.iter().map(|l| square(l.outputs)).collect();
		for_each_sample(network, data, self.draws, self.seed, &mut |sample| {
			add_gram(&mut inputs[sample.layer], sample.inputs)?;
			add_gram(&mut deltas[sample.layer], sample.deltas)
		})?;
		let layers =
			network.layers.iter().zip(inputs.iter().zip(&deltas)).map(|(layer, moments)| {
				let inputs = eigenvectors(moments.0, layer.inputs + 1)?;
				Ok(LayerBasis::new(layer, inputs, eigenvectors(moments.1, layer.outputs)?))
			});
		Ok(Basis { layers: layers.collect::<Result<_>>()? })
	}

	/// Per layer the corrected eigenvalues: the mean square of each coordinate of the gradient in
	/// the basis, `[outputs][inputs + 1]`.
	fn eigenvalues(
		&self,
		network: &Network,
		basis: &Basis,
		data: &Dataset,
	) -> Result<Vec<Vec<f64>>> {
		let vectors = basis.layers.iter().map(|layer| {
			let (inputs, outputs) = (layer.inputs + 1, layer.outputs);
			let input_vectors =
				Tensor::from_slice(&layer.input_vectors, (inputs, inputs), &Device::Cpu)?;
			let output_vectors =
				Tensor::from_slice(&layer.output_vectors, (outputs, outputs), &Device::Cpu)?;
			Ok((input_vectors, output_vectors))
		});
		let vectors = vectors.collect::<Result<Vec<_>>>()?;
		let mut sums: Vec<_> = network.layers.iter().map(|l| vec![0.0; l.coordinates()]).collect();
		for_each_sample(network, data, self.draws, self.seed, &mut |sample| {
			let (input_vectors, output_vectors) = &vectors[sample.layer];
			let inputs = sample.inputs.matmul(input_vectors)?.sqr()?;
			let deltas = sample.deltas.matmul(output_vectors)?.sqr()?;
			add_product(&mut sums[sample.layer], &deltas, &inputs)
		})?;
		let samples = data.len() as f64 * f64::from(self.draws);
		sums.iter_mut().flatten().for_each(|x| *x /= samples);
		Ok(sums)
	}
}

/// The eigenvectors in columns, row-major `[n][n]`, of a matrix that is symmetric up to rounding.
fn eigenvectors(matrix: &[f64], n: usize) -> Result<Vec<f32>> {
	let symmetric: Vec<f64> =
		(0..n * n).map(|at| 0.5 * (matrix[at] + matrix[(at % n) * n + at / n])).collect();
	let rows: Vec<f32> =
		symmetric_eigen(&symmetric, n)?.vectors.iter().map(|x| *x as f32).collect();
	Ok(transpose(&rows, n, n))
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

	fn build(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<FloatIndex> {
		self.check()?;
		let network = model.network();
		let rows: Vec<&Dataset> = contributions.iter().map(|c| &c.rows).collect();
		let data = Dataset::concat(&rows)?;
		let mut tell = |stage, done, total| progress(Progress { stage, done, total, loss: None });
		tell("curvature", 0, 2);
		let basis = self.basis(network, &data)?;
		tell("curvature", 1, 2);
		let inverse_curvature = inverse(&self.eigenvalues(network, &basis, &data)?, self.damping);
		tell("curvature", 2, 2);
		let mut leaves = Vec::with_capacity(contributions.len());
		for (done, contribution) in (1..).zip(contributions) {
			leaves.push(influence(network, &basis, &inverse_curvature, &contribution.rows)?);
			tell("influence", done, contributions.len() as u64);
		}
		Ok(FloatIndex { basis, inverse_curvature, leaves })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		index::loss_coordinates,
		model::network::{cross_entropy_gradient, Network},
		testing::{blobs, random_model},
		Activation,
	};

	/// Per layer the gradient of a row's loss, `[outputs][inputs + 1]`, the naive way.
	fn gradients(network: &Network, row: &[f32], label: usize) -> Vec<Vec<f64>> {
		let activations = network.forward(row);
		let gradient = cross_entropy_gradient(&activations.logits, label);
		let deltas = network.backward(&activations, &gradient);
		let outer = |(delta, input): (&Vec<f32>, &Vec<f32>)| {
			let products =
				delta.iter().flat_map(|d| input.iter().map(move |a| f64::from(*d) * f64::from(*a)));
			products.collect()
		};
		deltas.iter().zip(&activations.inputs).map(outer).collect()
	}

	/// The Fisher block of a layer with labels weighted by their probability instead of drawn.
	fn fisher(network: &Network, data: &Dataset, layer: usize) -> Vec<f64> {
		let n = network.layers[layer].coordinates();
		let mut sum = vec![0.0; n * n];
		for (row, _) in data.rows() {
			let probabilities = crate::kernels::softmax(&network.forward(row).logits);
			for (label, probability) in probabilities.iter().enumerate() {
				let gradient = &gradients(network, row, label)[layer];
				for (i, x) in gradient.iter().enumerate() {
					for (j, y) in gradient.iter().enumerate() {
						sum[i * n + j] += f64::from(*probability) * x * y / data.len() as f64;
					}
				}
			}
		}
		sum
	}

	#[test]
	fn eigenvalues_should_be_the_diagonal_of_the_dense_fisher_in_the_basis() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 8), blobs(60, 2));
		let network = model.network();
		// Many draws, so that drawn labels come close to their expectation.
		let builder = EkFac { draws: 3000, ..Default::default() };
		let basis = builder.basis(network, &data).unwrap();
		let eigenvalues = builder.eigenvalues(network, &basis, &data).unwrap();
		for (l, layer) in basis.layers.iter().enumerate() {
			let dense = fisher(network, &data, l);
			let (inputs, outputs) = (layer.inputs + 1, layer.outputs);
			let n = inputs * outputs;
			let largest = eigenvalues[l].iter().fold(0.0f64, |max, x| max.max(*x));
			for (at, eigenvalue) in eigenvalues[l].iter().enumerate() {
				// The basis vector of this coordinate: Kronecker product of the two eigenvectors.
				let vector: Vec<f64> = (0..n)
					.map(|k| {
						let output = layer.output_vectors[(k / inputs) * outputs + at / inputs];
						f64::from(output)
							* f64::from(layer.input_vectors[(k % inputs) * inputs + at % inputs])
					})
					.collect();
				let product = (0..n * n).map(|ij| vector[ij / n] * dense[ij] * vector[ij % n]);
				let expected: f64 = product.sum();
				assert!((eigenvalue - expected).abs() < 0.03 * largest, "layer {l}, {at}");
			}
		}
	}

	#[test]
	fn basis_should_diagonalise_both_moments() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 8), blobs(60, 2));
		let network = model.network();
		let basis = EkFac::default().basis(network, &data).unwrap();
		for (l, layer) in basis.layers.iter().enumerate() {
			let n = layer.inputs + 1;
			let mut rotated = vec![0.0f64; n * n];
			for (row, _) in data.rows() {
				let input = &network.forward(row).inputs[l];
				let turned: Vec<f64> = (0..n)
					.map(|k| {
						(0..n).map(|i| f64::from(input[i] * layer.input_vectors[i * n + k])).sum()
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

	#[test]
	fn influence_should_equal_a_dense_solve_when_there_is_one_logistic_output_pair() {
		// With two classes the gradients of the two logits are opposite, and inputs are independent
		// of them when constant: here EK-FAC is exact, so its influence must be the dense damped
		// solve.
		let model = random_model(&[1, 2], Activation::Tanh, 5);
		let data = Dataset::new(1, vec![0.7; 8], vec![0, 1, 0, 0, 1, 0, 1, 1]).unwrap();
		let network = model.network();
		let builder = EkFac { draws: 4000, damping: 0.5, seed: 3 };
		let contributions = [Contribution { id: 1, rows: data.clone() }];
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		let dense = fisher(network, &data, 0);
		let damping = 0.5 * (0..4).map(|k| dense[k * 5]).sum::<f64>() / 4.0;
		let total: Vec<f64> = (0..4)
			.map(|k| {
				data.rows().map(|(row, label)| gradients(network, row, label as usize)[0][k]).sum()
			})
			.collect();
		let eigen = symmetric_eigen(&dense, 4).unwrap();
		let solve = |other: &[f64]| -> f64 {
			(0..4)
				.map(|k| {
					let vector = &eigen.vectors[k * 4..(k + 1) * 4];
					let along = |x: &[f64]| vector.iter().zip(x).map(|(v, x)| v * x).sum::<f64>();
					along(other) * along(&total) / (eigen.values[k] + damping)
				})
				.sum()
		};
		for label in 0..2 {
			let query = &gradients(network, data.row(0), label)[0];
			let mut turned = vec![0.0; 4];
			loss_coordinates(network, &index.basis, data.row(0), label, &mut turned);
			let score = index.scores(&turned)[0];
			let expected = -solve(query);
			assert!((score - expected).abs() < 0.05 * expected.abs(), "{score} {expected}");
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
