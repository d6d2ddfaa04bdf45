//! Averages of rank-one inverses in place of an inverse.

use super::cosine::{finite, RowSums};
use crate::{
	basis::{GradientBasis, Part},
	index::all_rows,
	Contribution, Error, FloatIndex, IndexBuilder, Influence, Result,
};
use openledger_kernels::{matmul_nt, matmul_tn};
use openledger_models::{
	batches, Function, Gradients, Matrix, Model, Progress, SiteFactors, Stage,
};
use openledger_rows::Dataset;
use rayon::prelude::*;
use serde_json::{json, Value};

/// DataInf: the inverse of the mean is replaced by the mean of the inverses (Kwon et al. 2024,
/// *DataInf: Efficiently Estimating Data Influence in LoRA-tuned LLMs and Diffusion Models*,
/// equation 5).
///
/// At each site `psi_c = -(1/n) Σ_i (g_i g_iᵀ + λ I)⁻¹ Σ_r g_r`, which the Sherman-Morrison formula
/// writes as `-(1/λ) (Σ_r g_r - (1/n) Σ_i g_i (g_i · Σ_r g_r) / (λ + |g_i|²))`: `i` runs over the
/// loss gradients of all `n` rows, `r` over the contribution's own. The error grows with the number
/// of parameters of a site; the paper means it for adapters of low rank.
///
/// Time is O(n · contributions · coordinates), memory twice that of the leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataInf {
	/// `λ` of a site, as a part of its mean squared gradient coordinate; positive. The default,
	/// 0.1, is the paper's.
	pub damping: f64,
}

impl Default for DataInf {
	fn default() -> Self {
		Self { damping: 0.1 }
	}
}

/// Contributions that one thread takes at a time.
const BLOCK: usize = 32;

/// What is known of one site.
struct AtSite {
	/// Σ_r g_r of each contribution, `[contributions][coordinates]`.
	sums: Matrix<f32>,
	/// Σ_i g_i (g_i · Σ_r g_r) / (λ + |g_i|²) of each, `[contributions][coordinates]`.
	corrections: Matrix<f32>,
	damping: f64,
}

impl AtSite {
	/// Adds some rows' terms to the corrections; `gradients` is `[rows][coordinates]`.
	fn correct(&mut self, gradients: &Matrix<f32>) {
		let (rows, width, damping) = (gradients.rows(), gradients.columns(), self.damping);
		let square = |row: &[f32]| row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
		let factors: Vec<f64> =
			gradients.each_row().map(|row| 1.0 / (damping + square(row))).collect();
		let corrections = self.corrections.values_mut().par_chunks_mut(BLOCK * width);
		let sums = self.sums.values().par_chunks(BLOCK * width);
		corrections.zip(sums).for_each(|(corrections, sums)| {
			let count = sums.len() / width;
			let mut products = Matrix::zeros(rows, count);
			matmul_nt(gradients.values(), sums, products.values_mut(), rows, width, count);
			for (products, factor) in products.each_row_mut().zip(&factors) {
				products.iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32);
			}
			matmul_tn(products.values(), gradients.values(), corrections, count, rows, width);
		});
	}

	/// The influence of contribution `position` at the site, `[coordinates]`.
	fn influence(&self, position: usize, rows: f64) -> impl Iterator<Item = f32> + '_ {
		let pairs = self.sums.row(position).iter().zip(self.corrections.row(position));
		let damping = self.damping;
		pairs.map(move |(sum, correction)| {
			(-(f64::from(*sum) - f64::from(*correction) / rows) / damping) as f32
		})
	}
}

impl DataInf {
	/// The sums of gradients at each site, and the dampings.
	fn sums(
		&self,
		model: &Model,
		data: &Dataset,
		contributions: &[Contribution],
	) -> Result<Vec<AtSite>> {
		// Keeps the inverse finite where a site has no gradient in any row.
		const LEAST: f64 = 1e-30;
		let sites = model.sites();
		let single = |sum: &[f64]| sum.iter().map(|x| *x as f32).collect::<Vec<_>>();
		let mut sums = RowSums::new(contributions, model.coordinates(), single);
		let mut squares = vec![0.0; sites.len()];
		let measured = |_, gradients: Gradients| {
			let squares: Vec<_> =
				(0..gradients.rows()).map(|row| site_squares(&gradients, row)).collect();
			Ok((gradients, squares))
		};
		for batch in batches(model, data, Function::Loss, measured) {
			let (gradients, of_rows) = batch?.1;
			for (row, of_row) in of_rows.iter().enumerate() {
				squares.iter_mut().zip(of_row).for_each(|(sum, x)| *sum += x);
				sums.add_row(|sum| gradients.add_row(row, sum));
			}
		}
		let sums = sums.finish();
		let at_site = |(s, square): (usize, &f64)| {
			let coordinates = sites[s].coordinates();
			let of_site = sums.iter().filter_map(|sum| sites.split(sum).nth(s));
			let values = of_site.flat_map(|(_, here)| here).copied().collect();
			let mean = square / (data.len() as f64 * coordinates as f64);
			AtSite {
				sums: Matrix::new(contributions.len(), coordinates, values),
				corrections: Matrix::zeros(contributions.len(), coordinates),
				damping: (self.damping * mean).max(LEAST),
			}
		};
		Ok(squares.iter().enumerate().map(at_site).collect())
	}
}

/// The squared length of row `row`'s gradient at each site.
fn site_squares(gradients: &Gradients, row: usize) -> Vec<f64> {
	let flat = gradients.flat(row);
	gradients.split(&flat).map(|(_, here)| here.iter().map(|x| x * x).sum()).collect()
}

/// Per site the gradients of all rows, `[rows][coordinates]`.
fn by_site(gradients: &Gradients) -> Vec<Matrix<f32>> {
	let zeros = |site: &SiteFactors| Matrix::zeros(gradients.rows(), site.coordinates());
	let mut blocks: Vec<Matrix<f32>> = gradients.sites.iter().map(zeros).collect();
	for row in 0..gradients.rows() {
		let flat = gradients.flat(row);
		for ((_, here), block) in gradients.split(&flat).zip(&mut blocks) {
			block.row_mut(row).iter_mut().zip(here).for_each(|(to, x)| *to = *x as f32);
		}
	}
	blocks
}

impl IndexBuilder for DataInf {
	fn name(&self) -> &'static str {
		"datainf"
	}

	fn parameters(&self) -> Value {
		json!({ "damping": self.damping })
	}

	fn influence(
		&self,
		model: &Model,
		contributions: &[Contribution],
		progress: &mut dyn FnMut(Progress),
	) -> Result<Influence> {
		if !(self.damping > 0.0 && self.damping.is_finite()) {
			return Err(Error::setting("damping", "must be positive"));
		}
		let data = all_rows(contributions)?;
		let mut at_sites = self.sums(model, &data, contributions)?;
		let mut stage = Stage::Influence.of(data.len() as u64, progress);
		let blocks = |_, gradients: Gradients| Ok(by_site(&gradients));
		for batch in batches(model, &data, Function::Loss, blocks) {
			let (rows, blocks) = batch?;
			at_sites.iter_mut().zip(&blocks).for_each(|(site, block)| site.correct(block));
			stage.done(rows.end as u64);
		}
		let rows = data.len() as f64;
		let leaf =
			|position| at_sites.iter().flat_map(|site| site.influence(position, rows)).collect();
		let leaves = finite((0..contributions.len()).map(leaf).collect())?;
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let parts = vec![Part { companion: None, basis, inverse_curvature }];
		Ok(Influence::Held(FloatIndex { parts, leaves, local: false }))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::builders::cosine::tests::contributions;
	use openledger_models::{
		testing::{blobs, random_model},
		Activation,
	};

	/// Solves `matrix x = right` by elimination with row pivots, `[n][n]` and `[n]`.
	fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
		let n = right.len();
		for column in 0..n {
			let largest = |a: &usize, b: &usize| {
				matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs())
			};
			let best = (column..n).max_by(largest).unwrap();
			matrix.swap(column, best);
			right.swap(column, best);
			let pivot = matrix[column].clone();
			for row in column + 1..n {
				let factor = matrix[row][column] / pivot[column];
				matrix[row].iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
				right[row] -= factor * right[column];
			}
		}
		let mut solution = vec![0.0; n];
		for row in (0..n).rev() {
			let known: f64 = (row + 1..n).map(|k| matrix[row][k] * solution[k]).sum();
			solution[row] = (right[row] - known) / matrix[row][row];
		}
		solution
	}

	/// `-(1/n) Σ_i (g_i g_iᵀ + λ I)⁻¹ sum` with each inverse taken in full.
	fn swapped(gradients: &[Vec<f64>], sum: &[f64], damping: f64) -> Vec<f64> {
		let (n, width) = (gradients.len() as f64, sum.len());
		let squares = gradients.iter().flatten().map(|x| x * x).sum::<f64>();
		let damping = damping * squares / (n * width as f64);
		let mut influence = vec![0.0; width];
		for gradient in gradients {
			let entry =
				|i: usize, j: usize| gradient[i] * gradient[j] + if i == j { damping } else { 0.0 };
			let matrix = (0..width).map(|i| (0..width).map(|j| entry(i, j)).collect()).collect();
			let solution = solve(matrix, sum.to_vec());
			influence.iter_mut().zip(&solution).for_each(|(sum, x)| *sum -= x / n);
		}
		influence
	}

	#[test]
	fn leaf_should_be_the_mean_of_inverses_times_the_gradients() {
		let (model, data) = (random_model(&[2, 4, 3], Activation::Tanh, 3), blobs(75, 4));
		let sizes: Vec<usize> = std::iter::repeat_n(1, 40).chain([5, 30]).collect();
		let contributions = contributions(&data, &sizes);
		let builder = DataInf { damping: 0.3 };
		let index = builder.build(&model, &contributions, &mut |_| ()).unwrap();
		let sites = model.sites();
		let gradients = model.gradients(&data, 0..75, Function::Loss).unwrap();
		let flat: Vec<Vec<f64>> = (0..75).map(|row| gradients.flat(row)).collect();
		let mut first_row = 0;
		for (size, leaf) in sizes.iter().zip(&index.leaves) {
			let own = &flat[first_row..first_row + size];
			first_row += size;
			let mut start = 0;
			for site in sites.iter() {
				let here = start..start + site.coordinates();
				start = here.end;
				let all: Vec<Vec<f64>> = flat.iter().map(|g| g[here.clone()].to_vec()).collect();
				let sum: Vec<f64> =
					here.clone().map(|at| own.iter().map(|g| g[at]).sum()).collect();
				let expected = swapped(&all, &sum, 0.3);
				let size = expected.iter().map(|x| x * x).sum::<f64>().sqrt();
				for (found, expected) in leaf[here].iter().zip(&expected) {
					let error = (f64::from(*found) - expected).abs();
					assert!(error < 1e-4 * size, "{found} {expected}");
				}
			}
		}
	}

	#[test]
	fn leaves_should_be_the_same_bits_when_threads_differ() {
		let (model, data) = (random_model(&[2, 4, 3], Activation::Relu, 3), blobs(200, 4));
		let contributions = contributions(&data, &[1; 200]);
		let build = |threads| {
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			pool.install(|| DataInf::default().build(&model, &contributions, &mut |_| ()).unwrap())
		};
		assert_eq!(build(1).leaves, build(3).leaves);
	}

	#[test]
	fn influence_should_be_zero_when_a_site_has_no_gradient() {
		let mut site =
			AtSite { sums: Matrix::zeros(1, 2), corrections: Matrix::zeros(1, 2), damping: 1e-30 };
		site.correct(&Matrix::zeros(3, 2));
		assert_eq!(site.influence(0, 3.0).collect::<Vec<_>>(), [0.0, 0.0]);
	}

	#[test]
	fn build_should_refuse_when_damping_is_not_positive() {
		let (model, data) = (random_model(&[2, 3, 3], Activation::Tanh, 3), blobs(3, 4));
		let contributions = contributions(&data, &[3]);
		for damping in [0.0, -1.0, f64::NAN, f64::INFINITY] {
			let result = DataInf { damping }.build(&model, &contributions, &mut |_| ());
			assert_eq!(result.unwrap_err().to_string(), "damping: must be positive");
		}
	}
}
