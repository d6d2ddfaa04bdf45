//! The coordinates in which gradients are compared.

use crate::Result;
use openledger_kernels::matmul;
use openledger_models::{
	gradients::{accumulate_outer, for_each_batch},
	Function, Gradients, Model, Site,
};
use openledger_rows::Dataset;
use std::ops::Range;

/// A basis for the gradients of one site: the Kronecker product of two small ones.
///
/// A token's gradient is the outer product of `δ` and `a`, so its coordinates are the outer product
/// of both rotated on their own, and it is never formed in the original coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerBasis {
	/// Columns of the site, its bias counted.
	pub inputs: usize,
	/// Width of the site's output.
	pub outputs: usize,
	/// Basis vectors of the input side in columns, row-major `[inputs][inputs]`.
	pub input_vectors: Vec<f32>,
	/// Basis vectors of the output side in columns, row-major `[outputs][outputs]`.
	pub output_vectors: Vec<f32>,
}

impl LayerBasis {
	/// The original coordinates of a site.
	pub fn identity(site: &Site) -> Self {
		let identity =
			|n: usize| (0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
		let (inputs, outputs) = (site.columns(), site.outputs);
		let (input_vectors, output_vectors) = (identity(inputs), identity(outputs));
		Self { inputs, outputs, input_vectors, output_vectors }
	}
}

/// A basis for the gradients of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
	/// One for each site, their coordinates after each other, each row-major `[outputs][inputs]`.
	Kronecker(Vec<LayerBasis>),
	/// Any vectors in the space of all trained parameters.
	Dense {
		/// Number of trained parameters.
		rows: usize,
		/// The vectors in columns, row-major `[rows][dimension]`.
		vectors: Vec<f32>,
	},
}

impl Basis {
	/// The original coordinates.
	pub fn identity(sites: &[Site]) -> Self {
		Self::Kronecker(sites.iter().map(LayerBasis::identity).collect())
	}

	/// Number of coordinates.
	pub fn dimension(&self) -> usize {
		match self {
			Self::Kronecker(layers) => layers.iter().map(|l| l.inputs * l.outputs).sum(),
			Self::Dense { rows, vectors } => vectors.len() / (*rows).max(1),
		}
	}

	/// Rotates some rows' (first) gradients. A row gets the same bits in every batch.
	pub fn project(&self, sites: &[Site], gradients: &Gradients) -> Projected {
		match self {
			Self::Kronecker(layers) => {
				let layer = |(layer, factors): (
					&LayerBasis,
					&openledger_models::gradients::SiteFactors,
				)| {
					let tokens = factors.tokens[gradients.rows()];
					let deltas = &factors.deltas[..tokens * layer.outputs];
					let inputs = rotate(&factors.inputs, &layer.input_vectors, layer.inputs);
					let deltas = rotate(deltas, &layer.output_vectors, layer.outputs);
					Rotated { tokens: factors.tokens.clone(), deltas, inputs }
				};
				Projected::Factors {
					widths: layers.iter().map(|layer| (layer.outputs, layer.inputs)).collect(),
					sites: layers.iter().zip(&gradients.sites).map(layer).collect(),
				}
			},
			Self::Dense { rows, vectors } => {
				let (count, dimension) = (gradients.rows(), self.dimension());
				let flat: Vec<f32> = (0..count)
					.flat_map(|row| gradients.flat(row, sites))
					.map(|x| x as f32)
					.collect();
				let mut coordinates = vec![0.0; count * dimension];
				matmul(&flat, vectors, &mut coordinates, count, *rows, dimension);
				Projected::Rows { dimension, coordinates }
			},
		}
	}
}

fn rotate(rows: &[f32], vectors: &[f32], width: usize) -> Vec<f32> {
	let mut rotated = vec![0.0; rows.len()];
	matmul(rows, vectors, &mut rotated, rows.len() / width.max(1), width, width);
	rotated
}

/// The rotated factors of some rows at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotated {
	/// The first token of each row and the end of the last, `[rows + 1]`.
	pub(super) tokens: Vec<usize>,
	/// `[tokens][outputs]`.
	pub(super) deltas: Vec<f32>,
	/// `[tokens][inputs]`.
	pub(super) inputs: Vec<f32>,
}

/// Some rows' gradients in a basis.
#[derive(Clone, Debug, PartialEq)]
pub enum Projected {
	/// By their factors.
	Factors {
		/// Outputs and inputs of each site.
		widths: Vec<(usize, usize)>,
		/// Of each site.
		sites: Vec<Rotated>,
	},
	/// Laid out.
	Rows {
		/// Coordinates of a row.
		dimension: usize,
		/// `[rows][dimension]`.
		coordinates: Vec<f32>,
	},
}

impl Projected {
	/// Number of rows.
	pub(super) fn rows(&self) -> usize {
		match self {
			Self::Factors { sites, .. } => sites.first().map_or(0, |site| site.tokens.len() - 1),
			Self::Rows { dimension, coordinates } => coordinates.len() / (*dimension).max(1),
		}
	}

	/// The most columns that [`Columns`](super::Columns) of it have: tokens, or rows.
	pub(crate) fn columns(&self) -> usize {
		match self {
			Self::Factors { sites, .. } => {
				let tokens = sites.iter().filter_map(|site| site.tokens.last().copied());
				tokens.max().unwrap_or(0)
			},
			Self::Rows { .. } => self.rows(),
		}
	}

	/// Number of coordinates.
	pub(super) fn dimension(&self) -> usize {
		match self {
			Self::Factors { widths, .. } => widths.iter().map(|(o, i)| o * i).sum(),
			Self::Rows { dimension, .. } => *dimension,
		}
	}

	/// Adds row `row`'s gradient to `sum`: as many of its coordinates as `sum` has, from `start` on.
	/// A coordinate gets the same bits whichever others are asked for.
	///
	/// # Panics
	/// If there is no such row.
	pub fn add_row(&self, row: usize, start: usize, sum: &mut [f64]) {
		match self {
			Self::Factors { widths, sites } => {
				let lengths = widths.iter().map(|(outputs, inputs)| outputs * inputs);
				overlaps(lengths, start, sum, |at, start, sum| {
					let ((outputs, inputs), site) = (widths[at], &sites[at]);
					for token in site.tokens[row]..site.tokens[row + 1] {
						let delta = &site.deltas[token * outputs..][..outputs];
						let input = &site.inputs[token * inputs..][..inputs];
						accumulate_outer(delta, input, start, sum);
					}
				});
			},
			Self::Rows { dimension, coordinates } => {
				let row = &coordinates[row * dimension..][..*dimension][start..];
				sum.iter_mut().zip(row).for_each(|(total, x)| *total += f64::from(*x));
			},
		}
	}
}

/// Of pieces of these lengths, one after the other, calls `visit` for each that shares values with
/// `sum`, which begins at `start`: with the piece's number, the first value shared, counted from the
/// piece's beginning, and the values shared.
fn overlaps(
	lengths: impl Iterator<Item = usize>,
	start: usize,
	sum: &mut [f64],
	mut visit: impl FnMut(usize, usize, &mut [f64]),
) {
	let (mut skipped, mut rest) = (start, sum);
	for (at, length) in lengths.enumerate() {
		if rest.is_empty() {
			break;
		}
		if skipped >= length {
			skipped -= length;
			continue;
		}
		let (here, after) = rest.split_at_mut((length - skipped).min(rest.len()));
		visit(at, skipped, here);
		(skipped, rest) = (0, after);
	}
}

/// Some rows' gradients in the coordinates of all parts.
pub(crate) struct Projections(Vec<Projected>);

impl Projections {
	/// As [`Projected::add_row`], over all parts.
	pub fn add_row(&self, row: usize, start: usize, sum: &mut [f64]) {
		let lengths = self.0.iter().map(Projected::dimension);
		overlaps(lengths, start, sum, |at, start, sum| self.0[at].add_row(row, start, sum));
	}
}

/// One model's share of an index: its coordinates and the inverse curvature there.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
	/// The model whose gradients these are; `None` for the indexed model itself. Sums over several
	/// models (other seeds, other halves of the data, checkpoints) have one part for each.
	pub companion: Option<Model>,
	/// Its coordinates.
	pub basis: Basis,
	/// Diagonal in the basis, `[dimension]`.
	pub inverse_curvature: Vec<f32>,
}

impl Part {
	/// Whether coordinates and curvature are of gradients of this part's model, `model` being the
	/// indexed one.
	pub(crate) fn fits(&self, model: &Model) -> bool {
		let sites = self.model(model).sites();
		let basis = match &self.basis {
			Basis::Kronecker(layers) => {
				let layer = |layer: &LayerBasis| (layer.outputs, layer.inputs);
				layers.iter().map(layer).eq(sites.iter().map(|site| (site.outputs, site.columns())))
			},
			Basis::Dense { rows, .. } => *rows == openledger_models::coordinates(&sites),
		};
		basis && self.inverse_curvature.len() == self.basis.dimension()
	}

	/// The model whose gradients these are, `model` being the indexed one.
	pub fn model<'a>(&'a self, model: &'a Model) -> &'a Model {
		self.companion.as_ref().unwrap_or(model)
	}
}

/// Number of coordinates over all parts.
pub(crate) fn dimension(parts: &[Part]) -> usize {
	parts.iter().map(|part| part.basis.dimension()).sum()
}

/// Calls `visit` for each batch of rows, in order, with the gradients of `function` there.
pub(crate) fn for_each_projection(
	model: &Model,
	parts: &[Part],
	data: &Dataset,
	function: Function,
	visit: impl FnMut(Range<usize>, Projections) -> Result<()>,
) -> Result<()> {
	let sites: Vec<Vec<Site>> = parts.iter().map(|part| part.model(model).sites()).collect();
	// The first part's model leads; the others follow batch by batch.
	let Some((first, others)) = parts.split_first() else { return Ok(()) };
	let project = |rows: Range<usize>, gradients: Gradients| {
		let mut projections = vec![first.basis.project(&sites[0], &gradients)];
		for (part, sites) in others.iter().zip(&sites[1..]) {
			let gradients = part.model(model).gradients(data, rows.clone(), function)?;
			projections.push(part.basis.project(sites, &gradients));
		}
		Ok(Projections(projections))
	};
	for_each_batch(first.model(model), data, function, project, visit)
}

/// Calls `visit` for each row, in order, with its number and the gradient of `function` there,
/// `[dimension]` over all parts, part after part.
///
/// # Errors
/// Those of [`Model::gradients`], and of `visit`.
pub fn for_each_row(
	model: &Model,
	parts: &[Part],
	data: &Dataset,
	function: Function,
	mut visit: impl FnMut(usize, &[f64]) -> Result<()>,
) -> Result<()> {
	let mut gradient = vec![0.0; dimension(parts)];
	for_each_projection(model, parts, data, function, |rows, batch| {
		for (at, row) in rows.enumerate() {
			gradient.fill(0.0);
			batch.add_row(at, 0, &mut gradient);
			visit(row, &gradient)?;
		}
		Ok(())
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::{
		testing::{digits, random_model},
		Activation,
	};

	fn product(a: &[f64], b: &[f64]) -> f64 {
		a.iter().zip(b).map(|(x, y)| x * y).sum()
	}

	fn coordinates(model: &Model, basis: &Basis, data: &Dataset) -> Vec<Vec<f64>> {
		let inverse_curvature = vec![1.0; basis.dimension()];
		let part = Part { companion: None, basis: basis.clone(), inverse_curvature };
		let mut rows = Vec::new();
		for_each_row(model, &[part], data, Function::Margin, |_, row| {
			rows.push(row.to_vec());
			Ok(())
		})
		.unwrap();
		rows
	}

	/// The identity with a rotation by 36.87 degrees in the first plane.
	fn turned(n: usize) -> Vec<f32> {
		let mut vectors: Vec<f32> =
			(0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
		(vectors[0], vectors[1], vectors[n], vectors[n + 1]) = (0.8, -0.6, 0.6, 0.8);
		vectors
	}

	#[test]
	fn coordinates_should_keep_products_when_the_basis_is_orthogonal() {
		let model = random_model(&[64, 3, 10], Activation::Tanh, 1);
		let data = digits().select(&[3, 90]).unwrap();
		let plain = coordinates(&model, &Basis::identity(&model.sites()), &data);
		let Basis::Kronecker(mut layers) = Basis::identity(&model.sites()) else { unreachable!() };
		for layer in &mut layers {
			layer.input_vectors = turned(layer.inputs);
			layer.output_vectors = turned(layer.outputs);
		}
		let rows = model.coordinates();
		for basis in [Basis::Kronecker(layers), Basis::Dense { rows, vectors: turned(rows) }] {
			assert_eq!(basis.dimension(), rows);
			let turned = coordinates(&model, &basis, &data);
			assert_ne!(turned, plain);
			for (a, b) in [(0, 0), (0, 1), (1, 1)] {
				let (before, after) =
					(product(&plain[a], &plain[b]), product(&turned[a], &turned[b]));
				assert!((before - after).abs() < 1e-4 * before.abs(), "{before} {after}");
			}
		}
	}

	#[test]
	fn coordinates_should_be_the_same_bits_when_asked_for_in_blocks() {
		let model = random_model(&[64, 3, 10], Activation::Tanh, 1);
		let (data, rows) = (digits().select(&[3, 90, 4]).unwrap(), model.coordinates());
		let vectors = (0..rows * 5).map(|at| (at % 7) as f32 - 3.0).collect();
		let companion = Some(random_model(&[64, 2, 10], Activation::Relu, 2));
		let other = Basis::identity(&companion.as_ref().unwrap().sites());
		let part = |companion, basis: Basis| {
			let inverse_curvature = vec![1.0; basis.dimension()];
			Part { companion, basis, inverse_curvature }
		};
		let parts = [
			part(None, Basis::identity(&model.sites())),
			part(None, Basis::Dense { rows, vectors }),
			part(companion, other),
		];
		let (whole, mut seen) = (dimension(&parts), 0);
		for_each_projection(&model, &parts, &data, Function::Loss, |_, batch| {
			for row in 0..3 {
				let mut expected = vec![0.0; whole];
				batch.add_row(row, 0, &mut expected);
				assert!(expected[whole - 20..].iter().any(|x| *x != 0.0));
				for block in [1, 7, 64, 65, 200, whole] {
					let mut found = vec![0.0; whole];
					for (number, sum) in found.chunks_mut(block).enumerate() {
						batch.add_row(row, number * block, sum);
					}
					assert_eq!(found, expected);
				}
				seen += 1;
			}
			Ok(())
		})
		.unwrap();
		assert_eq!(seen, 3);
	}

	#[test]
	fn dense_coordinates_should_be_products_with_the_vectors() {
		let model = random_model(&[64, 3, 10], Activation::Tanh, 1);
		let (data, rows) = (digits().select(&[3, 90]).unwrap(), model.coordinates());
		let vectors: Vec<f32> = (0..rows * 2).map(|at| (at % 7) as f32 - 3.0).collect();
		let found = coordinates(&model, &Basis::Dense { rows, vectors: vectors.clone() }, &data);
		let plain = coordinates(&model, &Basis::identity(&model.sites()), &data);
		for (found, plain) in found.iter().zip(&plain) {
			for (column, found) in found.iter().enumerate() {
				let column = vectors.iter().skip(column).step_by(2);
				let expected: f64 = plain.iter().zip(column).map(|(x, v)| x * f64::from(*v)).sum();
				assert!((found - expected).abs() < 1e-3 * (1.0 + expected.abs()));
			}
		}
	}
}
