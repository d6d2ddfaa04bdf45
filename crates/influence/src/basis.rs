//! The coordinates in which gradients are compared.

use crate::Result;
use openledger_kernels::matmul;
use openledger_models::{
	batches, gradients::accumulate_outer, Function, Gradients, Matrix, Model, Site, SiteFactors,
	Sites,
};
use openledger_rows::Dataset;
use std::ops::Range;

/// A basis for the gradients of one site: the Kronecker product of two small ones.
///
/// A token's gradient is the outer product of `δ` and `a`, so its coordinates are the outer product
/// of both rotated on their own, and it is never formed in the original coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerBasis {
	/// Basis vectors of the input side in columns, `[columns][columns]` of the site.
	pub input_vectors: Matrix<f32>,
	/// Basis vectors of the output side in columns, `[outputs][outputs]` of the site.
	pub output_vectors: Matrix<f32>,
}

impl LayerBasis {
	/// The original coordinates of a site.
	pub fn identity(site: &Site) -> Self {
		Self {
			input_vectors: Matrix::identity(site.columns()),
			output_vectors: Matrix::identity(site.outputs),
		}
	}

	/// Number of coordinates.
	pub fn coordinates(&self) -> usize {
		self.input_vectors.rows() * self.output_vectors.rows()
	}
}

/// A basis for the gradients of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum GradientBasis {
	/// One for each site, their coordinates after each other, each row-major `[outputs][inputs]`.
	Kronecker(Vec<LayerBasis>),
	/// Any vectors in the space of all trained parameters, in columns, `[parameters][dimension]`.
	Dense(Matrix<f32>),
}

impl GradientBasis {
	/// The original coordinates.
	pub fn identity(sites: &Sites) -> Self {
		Self::Kronecker(sites.iter().map(LayerBasis::identity).collect())
	}

	/// Number of coordinates.
	pub fn dimension(&self) -> usize {
		match self {
			Self::Kronecker(layers) => layers.iter().map(LayerBasis::coordinates).sum(),
			Self::Dense(vectors) => vectors.columns(),
		}
	}

	/// Rotates some rows' (first) gradients. A row gets the same bits in every batch.
	pub fn project(&self, gradients: &Gradients) -> Projected {
		match self {
			Self::Kronecker(layers) => {
				let layer = |(layer, factors): (&LayerBasis, &SiteFactors)| {
					let tokens = factors.tokens[gradients.rows()];
					let inputs = rotate(factors.inputs.slice(0..tokens), &layer.input_vectors);
					let deltas = rotate(factors.deltas.slice(0..tokens), &layer.output_vectors);
					RotatedFactors { tokens: factors.tokens.clone(), deltas, inputs }
				};
				Projected::Factors(layers.iter().zip(&gradients.sites).map(layer).collect())
			},
			Self::Dense(vectors) => {
				let rows = (0..gradients.rows()).flat_map(|row| gradients.flat(row));
				let flat = rows.map(|x| x as f32).collect();
				let flat = Matrix::new(gradients.rows(), vectors.rows(), flat);
				Projected::Rows(flat.product(vectors))
			},
		}
	}
}

/// The product of whole rows with basis vectors in columns.
pub(crate) fn rotate(rows: &[f32], vectors: &Matrix<f32>) -> Matrix<f32> {
	let width = vectors.rows();
	let mut rotated = Matrix::zeros(rows.len() / width.max(1), width);
	let count = rotated.rows();
	matmul(rows, vectors.values(), rotated.values_mut(), count, width, width);
	rotated
}

/// The rotated factors of some rows at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct RotatedFactors {
	/// The first token of each row and the end of the last, `[rows + 1]`.
	pub(crate) tokens: Vec<usize>,
	/// The gradients at the site's outputs, `[tokens][outputs]`.
	pub(crate) deltas: Matrix<f32>,
	/// The site's inputs, `[tokens][inputs]`.
	pub(crate) inputs: Matrix<f32>,
}

impl RotatedFactors {
	fn coordinates(&self) -> usize {
		self.deltas.columns() * self.inputs.columns()
	}
}

/// Some rows' gradients in a basis.
#[derive(Clone, Debug, PartialEq)]
pub enum Projected {
	/// By their factors at each site.
	Factors(Vec<RotatedFactors>),
	/// Gradients that are laid out, `[rows][dimension]`.
	Rows(Matrix<f32>),
}

impl Projected {
	pub(crate) fn rows(&self) -> usize {
		match self {
			Self::Factors(sites) => sites.first().map_or(0, |site| site.tokens.len() - 1),
			Self::Rows(rows) => rows.rows(),
		}
	}

	/// The most columns that `Columns` of it have: tokens, or rows.
	pub(crate) fn columns(&self) -> usize {
		match self {
			Self::Factors(sites) => {
				let tokens = sites.iter().filter_map(|site| site.tokens.last().copied());
				tokens.max().unwrap_or(0)
			},
			Self::Rows(rows) => rows.rows(),
		}
	}

	fn dimension(&self) -> usize {
		match self {
			Self::Factors(sites) => sites.iter().map(RotatedFactors::coordinates).sum(),
			Self::Rows(rows) => rows.columns(),
		}
	}

	/// Adds row `row`'s gradient to `sum`: as many of its coordinates as `sum` has, from `start` on.
	/// A coordinate gets the same bits whichever others are asked for.
	///
	/// # Panics
	/// If there is no such row.
	pub fn add_row(&self, row: usize, start: usize, sum: &mut [f64]) {
		match self {
			Self::Factors(sites) => {
				let lengths = sites.iter().map(RotatedFactors::coordinates);
				overlaps(lengths, start, sum, |at, start, sum| {
					let site = &sites[at];
					for token in site.tokens[row]..site.tokens[row + 1] {
						let (delta, input) = (site.deltas.row(token), site.inputs.row(token));
						accumulate_outer(delta, input, start, sum);
					}
				});
			},
			Self::Rows(rows) => {
				let row = &rows.row(row)[start..];
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
	/// The coordinates that its gradients are expressed in.
	pub basis: GradientBasis,
	/// Diagonal in the basis, `[dimension]`.
	pub inverse_curvature: Vec<f32>,
}

impl Part {
	/// Whether coordinates and curvature are of gradients of this part's model, `model` being the
	/// indexed one.
	pub(crate) fn fits(&self, model: &Model) -> bool {
		let sites = self.model(model).sites();
		let basis = match &self.basis {
			GradientBasis::Kronecker(layers) => {
				let layers = layers.iter();
				let widths = layers.map(|l| (l.output_vectors.rows(), l.input_vectors.rows()));
				widths.eq(sites.iter().map(|site| (site.outputs, site.columns())))
			},
			GradientBasis::Dense(vectors) => vectors.rows() == sites.coordinates(),
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

/// The gradients of `function` in the coordinates of all parts, for batch after batch of rows. None
/// where there are no parts.
pub(crate) fn projections<'a>(
	model: &'a Model,
	parts: &'a [Part],
	data: &'a Dataset,
	function: Function,
) -> impl Iterator<Item = Result<(Range<usize>, Projections)>> + 'a {
	// The first part's model leads; the others follow batch by batch.
	parts.split_first().into_iter().flat_map(move |(first, others)| {
		let project = move |rows: Range<usize>, gradients: Gradients| {
			let mut projections = vec![first.basis.project(&gradients)];
			for part in others {
				let gradients = part.model(model).gradients(data, rows.clone(), function)?;
				projections.push(part.basis.project(&gradients));
			}
			Ok(Projections(projections))
		};
		batches(first.model(model), data, function, project)
	})
}

/// Calls `visit` for each row, in order, with its number and the gradient of `function` there,
/// `[dimension]` over all parts, part after part. All rows are lent the same memory in turn.
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
	for batch in projections(model, parts, data, function) {
		let (rows, batch) = batch?;
		for (at, row) in rows.enumerate() {
			gradient.fill(0.0);
			batch.add_row(at, 0, &mut gradient);
			visit(row, &gradient)?;
		}
	}
	Ok(())
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

	fn coordinates(model: &Model, basis: &GradientBasis, data: &Dataset) -> Vec<Vec<f64>> {
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
	fn turned(n: usize) -> Matrix<f32> {
		let mut vectors = Matrix::identity(n);
		vectors.row_mut(0)[..2].copy_from_slice(&[0.8, -0.6]);
		vectors.row_mut(1)[..2].copy_from_slice(&[0.6, 0.8]);
		vectors
	}

	/// Few vectors of whole numbers.
	fn some_vectors(rows: usize, dimension: usize) -> Matrix<f32> {
		let values = (0..rows * dimension).map(|at| (at % 7) as f32 - 3.0).collect();
		Matrix::new(rows, dimension, values)
	}

	#[test]
	fn coordinates_should_keep_products_when_the_basis_is_orthogonal() {
		let model = random_model(&[64, 3, 10], Activation::Tanh, 1);
		let data = digits().select(&[3, 90]).unwrap();
		let plain = coordinates(&model, &GradientBasis::identity(&model.sites()), &data);
		let GradientBasis::Kronecker(mut layers) = GradientBasis::identity(&model.sites()) else {
			unreachable!()
		};
		for layer in &mut layers {
			layer.input_vectors = turned(layer.input_vectors.rows());
			layer.output_vectors = turned(layer.output_vectors.rows());
		}
		let rows = model.coordinates();
		for basis in [GradientBasis::Kronecker(layers), GradientBasis::Dense(turned(rows))] {
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
		let companion = Some(random_model(&[64, 2, 10], Activation::Relu, 2));
		let other = GradientBasis::identity(&companion.as_ref().unwrap().sites());
		let part = |companion, basis: GradientBasis| {
			let inverse_curvature = vec![1.0; basis.dimension()];
			Part { companion, basis, inverse_curvature }
		};
		let parts = [
			part(None, GradientBasis::identity(&model.sites())),
			part(None, GradientBasis::Dense(some_vectors(rows, 5))),
			part(companion, other),
		];
		let (whole, mut seen) = (dimension(&parts), 0);
		for batch in projections(&model, &parts, &data, Function::Loss) {
			let batch = batch.unwrap().1;
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
		}
		assert_eq!(seen, 3);
	}

	#[test]
	fn dense_coordinates_should_be_products_with_the_vectors() {
		let model = random_model(&[64, 3, 10], Activation::Tanh, 1);
		let (data, rows) = (digits().select(&[3, 90]).unwrap(), model.coordinates());
		let vectors = some_vectors(rows, 2);
		let found = coordinates(&model, &GradientBasis::Dense(vectors.clone()), &data);
		let plain = coordinates(&model, &GradientBasis::identity(&model.sites()), &data);
		for (found, plain) in found.iter().zip(&plain) {
			for (column, found) in found.iter().enumerate() {
				let column = vectors.each_row().map(|row| row[column]);
				let expected: f64 = plain.iter().zip(column).map(|(x, v)| x * f64::from(v)).sum();
				assert!((found - expected).abs() < 1e-3 * (1.0 + expected.abs()));
			}
		}
	}
}
