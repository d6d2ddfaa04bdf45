//! The influence index: one integer sketch per contribution, committed by a Merkle root.

mod basis;
mod builder;
mod file;
mod quantise;

pub use basis::{influence, loss_coordinates, margin_coordinates, Basis, LayerBasis};
pub use builder::{Contribution, FloatIndex, GradientDot, IndexBuilder};
pub use quantise::Scales;

use crate::{Dataset, Error, Hash, Model, Progress, Result};
use file::{Header, WHAT};
use openledger_proof::{
	merkle_proof, merkle_root, ContributionId, IndexCommitment, Leaf, Sketch, Width, H256,
};

/// An influence index: leaves in canonical order, and all that a query needs to be expressed in the
/// same coordinates.
///
/// Leaf `i` belongs to the `i`-th contribution as the chain orders them; the builder is given that
/// order.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
	header: Header,
	basis: Basis,
	inverse_curvature: Vec<f32>,
	scales: Scales,
	leaves: Vec<Leaf>,
	leaf_hashes: Vec<H256>,
	bytes: Vec<u8>,
	file_hash: Hash,
}

/// Builds the index of `model` over `contributions`, which must be in the chain's order.
///
/// # Errors
/// [`Error::NoRows`] without contributions, [`Error::Setting`] if one is given twice or a parameter
/// of the builder is out of range, [`Error::FeatureCount`], [`Error::ClassCount`],
/// [`Error::NotFinite`], [`Error::Tensor`].
pub fn build_index(
	builder: &dyn IndexBuilder,
	model: &Model,
	contributions: &[Contribution],
	width: Width,
	progress: &mut dyn FnMut(Progress),
) -> Result<Index> {
	builder::check_contributions(model, contributions)?;
	let float = builder.build(model, contributions, progress)?;
	Index::quantise(builder, model, contributions, float, width)
}

impl Index {
	/// Quantises influence vectors that `builder` computed for `contributions`.
	///
	/// The scales are balanced against the margin gradients of the contributions' own rows, each
	/// for the class the model answers.
	///
	/// # Errors
	/// Those of [`build_index`].
	pub fn quantise(
		builder: &dyn IndexBuilder,
		model: &Model,
		contributions: &[Contribution],
		float: FloatIndex,
		width: Width,
	) -> Result<Self> {
		builder::check_contributions(model, contributions)?;
		let FloatIndex { basis, inverse_curvature, leaves } = float;
		let squares = margin_squares(model, &basis, contributions)?;
		let scales = Scales::fit(&leaves, &squares, width);
		let leaves: Vec<Leaf> = contributions
			.iter()
			.zip(&leaves)
			.map(|(contribution, leaf)| Leaf {
				contribution: contribution.id,
				sketch: scales.leaf(leaf, width),
			})
			.collect();
		let header = Header::new(builder, model, width);
		let bytes = file::write(&header, &basis, &inverse_curvature, &scales, &leaves)?;
		Ok(Self::assemble(header, basis, inverse_curvature, scales, leaves, bytes))
	}

	fn assemble(
		header: Header,
		basis: Basis,
		inverse_curvature: Vec<f32>,
		scales: Scales,
		leaves: Vec<Leaf>,
		bytes: Vec<u8>,
	) -> Self {
		let leaf_hashes = leaves.iter().map(Leaf::hash).collect();
		let file_hash = crate::blake2_256(&bytes);
		Self { header, basis, inverse_curvature, scales, leaves, leaf_hashes, bytes, file_hash }
	}

	/// Reads an index file for `model`; `expected` is the hash it was registered with.
	///
	/// # Errors
	/// [`Error::HashMismatch`] with both hashes if the bytes are others, [`Error::WrongModel`] with
	/// both hashes if it was built for other weights, [`Error::Malformed`] or [`Error::Json`] if it
	/// is no index file or its shapes are not the model's.
	pub fn load(bytes: &[u8], expected: Option<&Hash>, model: &Model) -> Result<Self> {
		crate::check_hash(WHAT, bytes, expected)?;
		let (header, basis, inverse_curvature, scales, leaves) = file::read(bytes, model)?;
		Ok(Self::assemble(header, basis, inverse_curvature, scales, leaves, bytes.to_vec()))
	}

	/// The index file (safetensors).
	pub fn to_bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// blake2-256 of the index file.
	pub fn file_hash(&self) -> Hash {
		self.file_hash
	}

	/// What the model commits to on chain.
	pub fn commitment(&self) -> IndexCommitment {
		IndexCommitment {
			root: merkle_root(&self.leaf_hashes),
			// Both are checked against the limits of the file's and the architecture's sizes.
			leaf_count: u32::try_from(self.leaves.len()).unwrap_or(u32::MAX),
			dimension: u32::try_from(self.basis.dimension()).unwrap_or(u32::MAX),
			width: self.header.width,
		}
	}

	/// How the index was built, in JSON: the builder's name and its parameters.
	pub fn parameters_json(&self) -> String {
		self.header.parameters_json()
	}

	/// The weights the index was built for.
	pub fn weights_hash(&self) -> Hash {
		self.header.weights
	}

	/// Bits of each coordinate.
	pub fn width(&self) -> Width {
		self.header.width
	}

	/// The leaves in order.
	pub fn leaves(&self) -> &[Leaf] {
		&self.leaves
	}

	/// The contributions in the order of their leaves.
	pub fn contributions(&self) -> impl Iterator<Item = ContributionId> + '_ {
		self.leaves.iter().map(|leaf| leaf.contribution)
	}

	/// The coordinates of gradients.
	pub fn basis(&self) -> &Basis {
		&self.basis
	}

	/// Sibling hashes from leaf `position` to the root; `None` if there is no such leaf.
	pub fn proof(&self, position: u32) -> Option<Vec<H256>> {
		merkle_proof(&self.leaf_hashes, position)
	}

	/// The sketch of a query gradient `[dimension]` in the basis, of the index's width.
	///
	/// # Errors
	/// [`Error::NotFinite`].
	pub fn query_sketch(&self, gradient: &[f64]) -> Result<Sketch> {
		self.scales.query(gradient, self.header.width)
	}

	/// Computes leaf `position` again from the contribution's rows, to the same bits as the builder
	/// on any machine: an audit compares it with [`Index::leaves`].
	///
	/// # Errors
	/// [`Error::WrongModel`], [`Error::Malformed`] if there is no such leaf, and those of
	/// [`influence`].
	pub fn recompute_leaf(&self, model: &Model, position: usize, rows: &Dataset) -> Result<Leaf> {
		self.check_model(model)?;
		let leaf = self.leaves.get(position);
		let leaf =
			leaf.ok_or_else(|| Error::malformed(WHAT, format!("there is no leaf {position}")))?;
		let influence = influence(model.network(), &self.basis, &self.inverse_curvature, rows)?;
		let sketch = self.scales.leaf(&influence, self.header.width);
		Ok(Leaf { contribution: leaf.contribution, sketch })
	}

	/// Checks that the index was built for `model`.
	///
	/// # Errors
	/// [`Error::WrongModel`] with both hashes.
	pub fn check_model(&self, model: &Model) -> Result<()> {
		self.header.check_model(model)
	}
}

/// The mean square of each coordinate of the margin gradient over all rows, `[dimension]`.
fn margin_squares(
	model: &Model,
	basis: &Basis,
	contributions: &[Contribution],
) -> Result<Vec<f64>> {
	let mut squares = vec![0.0; basis.dimension()];
	let mut count = 0.0;
	for (row, _) in contributions.iter().flat_map(|c| c.rows.rows()) {
		let class = crate::model::argmax(&model.logits(row)?);
		let mut gradient = vec![0.0; squares.len()];
		margin_coordinates(model.network(), basis, row, class as usize, &mut gradient);
		squares.iter_mut().zip(&gradient).for_each(|(sum, x)| *sum += x * x);
		count += 1.0;
	}
	squares.iter_mut().for_each(|x| *x /= count);
	Ok(squares)
}

#[cfg(test)]
mod tests;
