//! Products of many rows' gradients with many directions, without laying a gradient out.

use super::{basis::Rotated, Projected};
use openledger_kernels::matmul_nt;

impl Projected {
	/// The product of each row's gradient with each of `directions`, `[rows][directions]`; a
	/// direction is `[dimension]` in the same basis. Products of a row are the same bits in every
	/// batch.
	pub(crate) fn products(&self, directions: &[&[f32]]) -> Vec<f64> {
		match self {
			Self::Rows { dimension, coordinates } => {
				let rows = coordinates.len() / (*dimension).max(1);
				let mut products = vec![0.0; rows * directions.len()];
				let (right, count) = (directions.concat(), directions.len());
				matmul_nt(coordinates, &right, &mut products, rows, *dimension, count);
				products.into_iter().map(f64::from).collect()
			},
			Self::Factors { widths, sites } => {
				let rows = sites.first().map_or(0, |site| site.tokens.len() - 1);
				let mut products = vec![0.0; rows * directions.len()];
				for (at, direction) in directions.iter().enumerate() {
					let mut rest = *direction;
					for ((outputs, inputs), site) in widths.iter().zip(sites) {
						let (here, after) = rest.split_at(outputs * inputs);
						rest = after;
						let column = products.iter_mut().skip(at).step_by(directions.len());
						add_site(site, here, (*outputs, *inputs), column);
					}
				}
				products
			},
		}
	}
}

/// Adds to the product of each row what a site contributes: over tokens the sum of `δᵀ D a`, for `D`
/// of `[outputs][inputs]`.
fn add_site<'a>(
	site: &Rotated,
	direction: &[f32],
	(outputs, inputs): (usize, usize),
	products: impl Iterator<Item = &'a mut f64>,
) {
	let tokens = site.inputs.len() / inputs.max(1);
	let mut turned = vec![0.0; tokens * outputs];
	matmul_nt(&site.inputs, direction, &mut turned, tokens, inputs, outputs);
	for (product, row) in products.zip(site.tokens.windows(2)) {
		let of_row = row[0] * outputs..row[1] * outputs;
		let pairs = turned[of_row.clone()].iter().zip(&site.deltas[of_row]);
		*product += pairs.map(|(x, delta)| f64::from(*x) * f64::from(*delta)).sum::<f64>();
	}
}
