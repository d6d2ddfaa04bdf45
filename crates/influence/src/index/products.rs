//! Products of many rows' gradients with many directions, without laying a gradient out.

use super::{basis::Rotated, Projected};
use openledger_kernels::matmul;
use rayon::prelude::*;

/// Some rows' gradients with a column for each token, or for each row where they are laid out: a
/// direction is then read once for all of them, as it lies in memory.
pub(crate) enum Columns {
	/// By their factors at each site.
	Factors {
		/// Number of rows.
		rows: usize,
		/// Of each site.
		sites: Vec<SiteColumns>,
	},
	/// Laid out.
	Rows {
		/// Number of rows.
		rows: usize,
		/// `[dimension][rows]`.
		coordinates: Vec<f32>,
	},
}

/// Some rows' factors at one site.
pub(crate) struct SiteColumns {
	outputs: usize,
	inputs: usize,
	/// The row of each token.
	rows: Vec<usize>,
	/// `[outputs][tokens]`.
	deltas: Vec<f32>,
	/// `[inputs][tokens]`.
	features: Vec<f32>,
}

impl Columns {
	/// Those of these batches, which are of the same basis, one after the other.
	pub fn of(batches: &[Projected]) -> Self {
		let rows = batches.iter().map(Projected::rows).sum();
		let (mut flat, mut factors, mut of_sites) = (Vec::new(), Vec::new(), &[] as &[_]);
		for batch in batches {
			match batch {
				Projected::Rows { coordinates, .. } => flat.extend_from_slice(coordinates),
				Projected::Factors { widths, sites } => {
					factors.push(sites);
					of_sites = widths;
				},
			}
		}
		if factors.is_empty() {
			let dimension = batches.first().map_or(0, Projected::dimension);
			return Self::Rows { rows, coordinates: transposed(&flat, rows, dimension) };
		}
		let site = |(s, (outputs, inputs)): (usize, &(usize, usize))| {
			let batches: Vec<&Rotated> = factors.iter().map(|sites| &sites[s]).collect();
			SiteColumns::of(&batches, *outputs, *inputs)
		};
		Self::Factors { rows, sites: of_sites.iter().enumerate().map(site).collect() }
	}

	/// Values in memory.
	pub fn values(&self) -> usize {
		match self {
			Self::Factors { sites, .. } => {
				sites.iter().map(|site| site.deltas.len() + site.features.len()).sum()
			},
			Self::Rows { coordinates, .. } => coordinates.len(),
		}
	}

	/// The product of each row's gradient with each of `directions`, `[directions][rows]`; a
	/// direction is `[dimension]` in the same basis. Products of a row are the same bits whatever
	/// rows are beside it.
	pub fn products(&self, directions: &[Vec<f32>]) -> Vec<Vec<f64>> {
		match self {
			Self::Factors { rows, sites } => {
				let product = |direction: &Vec<f32>| {
					let (mut products, mut rest) = (vec![0.0; *rows], direction.as_slice());
					for site in sites {
						let (here, after) = rest.split_at(site.outputs * site.inputs);
						rest = after;
						site.add_products(here, &mut products);
					}
					products
				};
				directions.par_iter().map(product).collect()
			},
			Self::Rows { rows, coordinates } => {
				let (count, left) = (directions.len(), directions.concat());
				let mut products = vec![0.0; count * rows];
				matmul(&left, coordinates, &mut products, count, left.len() / count.max(1), *rows);
				let row = |of_one: &[f32]| of_one.iter().map(|x| f64::from(*x)).collect();
				products.chunks_exact((*rows).max(1)).map(row).collect()
			},
		}
	}
}

impl SiteColumns {
	fn of(batches: &[&Rotated], outputs: usize, inputs: usize) -> Self {
		let (mut rows, mut first) = (Vec::new(), 0);
		for batch in batches {
			for tokens in batch.tokens.windows(2) {
				rows.extend((tokens[0]..tokens[1]).map(|_| first));
				first += 1;
			}
		}
		let deltas: Vec<f32> = batches.iter().flat_map(|batch| &batch.deltas).copied().collect();
		let features: Vec<f32> = batches.iter().flat_map(|batch| &batch.inputs).copied().collect();
		let (deltas, features) =
			(transposed(&deltas, rows.len(), outputs), transposed(&features, rows.len(), inputs));
		Self { outputs, inputs, rows, deltas, features }
	}

	/// Adds to the product of each row what this site contributes: over tokens the sum of `δᵀ D a`,
	/// for `D` of `[outputs][inputs]`.
	fn add_products(&self, direction: &[f32], products: &mut [f64]) {
		let tokens = self.rows.len();
		let mut turned = vec![0.0; self.outputs * tokens];
		matmul(direction, &self.features, &mut turned, self.outputs, self.inputs, tokens);
		let mut sums = vec![0.0; tokens];
		let lines = turned.chunks_exact(tokens.max(1)).zip(self.deltas.chunks_exact(tokens.max(1)));
		for (turned, deltas) in lines {
			for ((sum, x), delta) in sums.iter_mut().zip(turned).zip(deltas) {
				*sum += f64::from(*x) * f64::from(*delta);
			}
		}
		self.rows.iter().zip(sums).for_each(|(row, sum)| products[*row] += sum);
	}
}

/// The columns of `[rows][columns]` as rows.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
	let mut turned = vec![0.0; values.len()];
	for (r, row) in values.chunks_exact(columns.max(1)).enumerate() {
		turned.iter_mut().skip(r).step_by(rows.max(1)).zip(row).for_each(|(to, x)| *to = *x);
	}
	turned
}
