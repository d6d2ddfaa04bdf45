//! Products of many rows' gradients with many directions, without laying a gradient out.

use crate::basis::{Projected, RotatedFactors};
use openledger_kernels::matmul;
use openledger_models::{matrix::pieces, Matrix};
use rayon::prelude::*;

/// Some rows' gradients with a column for each token, or for each row where they are laid out: a
/// direction is then read once for all of them, as it lies in memory.
pub(crate) enum Columns {
	/// Gradients by their factors.
	Factors {
		rows: usize,
		/// The factors at each site.
		sites: Vec<SiteColumns>,
	},
	/// Gradients that are laid out, `[dimension][rows]`.
	Rows(Matrix<f32>),
}

/// Some rows' factors at one site.
pub(crate) struct SiteColumns {
	/// The row of each token.
	rows: Vec<usize>,
	/// The gradients at the site's outputs, `[outputs][tokens]`.
	deltas: Matrix<f32>,
	/// The site's inputs, `[inputs][tokens]`.
	features: Matrix<f32>,
}

impl Columns {
	/// Those of these batches, which are of the same basis, one after the other.
	pub fn of(batches: &[Projected]) -> Self {
		let rows = batches.iter().map(Projected::rows).sum();
		let (mut laid_out, mut factors) = (Vec::new(), Vec::new());
		for batch in batches {
			match batch {
				Projected::Rows(rows) => laid_out.push(rows),
				Projected::Factors(sites) => factors.push(sites),
			}
		}
		let Some(first) = factors.first() else { return Self::Rows(stacked(&laid_out)) };
		let site = |s| SiteColumns::of(&factors.iter().map(|sites| &sites[s]).collect::<Vec<_>>());
		Self::Factors { rows, sites: (0..first.len()).map(site).collect() }
	}

	/// Number of values in memory.
	pub fn values(&self) -> usize {
		match self {
			Self::Factors { sites, .. } => {
				let sites = sites.iter();
				sites.map(|s| s.deltas.values().len() + s.features.values().len()).sum()
			},
			Self::Rows(coordinates) => coordinates.values().len(),
		}
	}

	/// The product of each row's gradient with each of `directions`, `[directions][rows]`; a
	/// direction is `[dimension]` in the same basis. Products of a row are the same bits whatever
	/// rows are beside it.
	pub fn products(&self, directions: &[Vec<f32>]) -> Vec<Vec<f64>> {
		match self {
			Self::Factors { rows, sites } => {
				let product = |direction: &Vec<f32>| {
					let mut products = vec![0.0; *rows];
					let lengths = sites.iter().map(SiteColumns::coordinates);
					for (site, here) in sites.iter().zip(pieces(direction, lengths)) {
						site.add_products(here, &mut products);
					}
					products
				};
				directions.par_iter().map(product).collect()
			},
			Self::Rows(coordinates) => {
				let directions =
					Matrix::new(directions.len(), coordinates.rows(), directions.concat());
				let row = |of_one: &[f32]| of_one.iter().map(|x| f64::from(*x)).collect();
				directions.product(coordinates).each_row().map(row).collect()
			},
		}
	}
}

impl SiteColumns {
	fn of(batches: &[&RotatedFactors]) -> Self {
		let (mut rows, mut first) = (Vec::new(), 0);
		for batch in batches {
			for tokens in batch.tokens.windows(2) {
				rows.extend((tokens[0]..tokens[1]).map(|_| first));
				first += 1;
			}
		}
		let deltas: Vec<_> = batches.iter().map(|batch| &batch.deltas).collect();
		let features: Vec<_> = batches.iter().map(|batch| &batch.inputs).collect();
		Self { rows, deltas: stacked(&deltas), features: stacked(&features) }
	}

	fn coordinates(&self) -> usize {
		self.deltas.rows() * self.features.rows()
	}

	/// Adds to the product of each row what this site contributes: over tokens the sum of `δᵀ D a`,
	/// for `D` of `[outputs][inputs]`.
	fn add_products(&self, direction: &[f32], products: &mut [f64]) {
		let (outputs, inputs, tokens) = (self.deltas.rows(), self.features.rows(), self.rows.len());
		let mut turned = Matrix::zeros(outputs, tokens);
		let features = self.features.values();
		matmul(direction, features, turned.values_mut(), outputs, inputs, tokens);
		let mut sums = vec![0.0; tokens];
		for (turned, deltas) in turned.each_row().zip(self.deltas.each_row()) {
			for ((sum, x), delta) in sums.iter_mut().zip(turned).zip(deltas) {
				*sum += f64::from(*x) * f64::from(*delta);
			}
		}
		self.rows.iter().zip(sums).for_each(|(row, sum)| products[*row] += sum);
	}
}

/// The rows of all these matrices, of equal width, as columns.
fn stacked(matrices: &[&Matrix<f32>]) -> Matrix<f32> {
	let columns = matrices.first().map_or(0, |matrix| matrix.columns());
	let values = matrices.iter().flat_map(|matrix| matrix.values()).copied().collect();
	Matrix::with_columns(columns, values).transposed()
}
