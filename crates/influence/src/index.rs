//! The influence index: one integer sketch per contribution, committed by a Merkle root.

mod build;
mod builder;
mod file;
mod leaves;
mod products;
mod quantise;
mod scoring;

pub use build::{build_index, IndexDraft};
pub use builder::{all_rows, Contribution, IndexBuilder};
pub use leaves::{local_leaf, FloatIndex, Influence};
pub(crate) use products::Columns;
pub use quantise::Scales;

use crate::{Error, Part, Result};
use file::{read_sketch, IndexContent, WHAT};
use memmap2::Mmap;
use openledger_models::{Hash, Model};
use openledger_primitives::{
	ContributionId, IndexCommitment, Leaf, MerkleTree, Sketch, Width, H256,
};
use openledger_rows::Dataset;
use rayon::prelude::*;
use std::{ops::Deref, path::Path, sync::Arc};

/// An influence index: leaves in canonical order, and all that a query needs to be expressed in the
/// same coordinates.
///
/// Leaf `i` belongs to the `i`-th contribution as the chain orders them; the builder is given that
/// order. The sketches are read where the file lies, in memory or mapped from disk.
#[derive(Clone, Debug)]
pub struct Index {
	content: IndexContent,
	bytes: Bytes,
	file_hash: Hash,
}

/// The bytes of an index file.
#[derive(Clone, Debug)]
enum Bytes {
	Owned(Arc<[u8]>),
	Mapped(Arc<Mmap>),
}

impl Deref for Bytes {
	type Target = [u8];

	fn deref(&self) -> &[u8] {
		match self {
			Self::Owned(bytes) => bytes,
			Self::Mapped(map) => map,
		}
	}
}

impl PartialEq for Index {
	fn eq(&self, other: &Self) -> bool {
		self.file_hash == other.file_hash
	}
}

impl Index {
	/// Reads an index file for `model`; `expected` is the hash it was registered with.
	///
	/// # Errors
	/// [`Error::HashMismatch`] with both hashes if the bytes are others, [`Error::WrongModel`] with
	/// both hashes if it was built for other weights, [`Error::Malformed`] or [`Error::Json`] if it
	/// is no index file, its shapes are not the model's or its tree is not that of its leaves.
	pub fn load(bytes: &[u8], expected: Option<&Hash>, model: &Model) -> Result<Self> {
		Self::read(Bytes::Owned(bytes.into()), expected, model)
	}

	/// Maps an index file of any size into memory; as [`Index::load`]. The file must not be changed
	/// as long as the index is in use.
	///
	/// # Errors
	/// [`Error::Io`] and those of [`Index::load`].
	pub fn open(path: &Path, expected: Option<&Hash>, model: &Model) -> Result<Self> {
		Self::read(build::map(path)?, expected, model)
	}

	fn read(bytes: Bytes, expected: Option<&Hash>, model: &Model) -> Result<Self> {
		let hash = openledger_models::check_hash(WHAT, &bytes, expected)?;
		let index = Self::parse(bytes, hash, model)?;
		let count = index.content.contributions.len();
		let hashes: Vec<H256> =
			(0..count).into_par_iter().map(|i| index.leaf_at(i).hash()).collect();
		if MerkleTree::new(hashes) != index.content.tree {
			return Err(Error::malformed(WHAT, "its Merkle tree is not that of its leaves"));
		}
		Ok(index)
	}

	/// Reads a file of this hash without comparing its tree with its leaves.
	fn parse(bytes: Bytes, file_hash: Hash, model: &Model) -> Result<Self> {
		let content = file::read(&bytes, model)?;
		Ok(Self { content, bytes, file_hash })
	}

	/// The bytes of the index file (safetensors).
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
			root: self.content.tree.root(),
			// Both are checked against the limits of the file's and the architecture's sizes.
			leaf_count: u32::try_from(self.len()).unwrap_or(u32::MAX),
			dimension: u32::try_from(self.dimension()).unwrap_or(u32::MAX),
			width: self.width(),
		}
	}

	/// How the index was built, in JSON: the builder's name and its parameters.
	pub fn parameters_json(&self) -> String {
		self.content.header.parameters_json()
	}

	/// The weights the index was built for.
	pub fn weights_hash(&self) -> Hash {
		self.content.header.weights
	}

	/// Bits of each coordinate.
	pub fn width(&self) -> Width {
		self.content.header.width
	}

	/// Whether leaves follow from their own rows: see [`FloatIndex::local`].
	pub fn is_local(&self) -> bool {
		self.content.header.local
	}

	/// Number of leaves; at least one.
	pub fn len(&self) -> usize {
		self.content.contributions.len()
	}

	/// Whether there are no leaves; never so.
	pub fn is_empty(&self) -> bool {
		self.content.contributions.is_empty()
	}

	/// Number of coordinates of a sketch.
	pub fn dimension(&self) -> usize {
		self.content.scales.leaf.len()
	}

	/// The models, coordinates and curvatures.
	pub fn parts(&self) -> &[Part] {
		&self.content.parts
	}

	/// The factors by which vectors are quantised.
	pub fn scales(&self) -> &Scales {
		&self.content.scales
	}

	/// The contributions in the order of their leaves.
	pub fn contributions(&self) -> &[ContributionId] {
		&self.content.contributions
	}

	/// Leaf `position`; `None` if there is no such leaf.
	pub fn leaf(&self, position: usize) -> Option<Leaf> {
		(position < self.len()).then(|| self.leaf_at(position))
	}

	/// The leaves in canonical order.
	pub fn leaves(&self) -> impl Iterator<Item = Leaf> + '_ {
		(0..self.len()).map(|position| self.leaf_at(position))
	}

	fn leaf_at(&self, position: usize) -> Leaf {
		let width = self.dimension() * self.width().bytes() as usize;
		let sketches = &self.bytes[self.content.sketches.clone()];
		let sketch = read_sketch(&sketches[position * width..][..width], self.width());
		Leaf { contribution: self.content.contributions[position], sketch }
	}

	/// Sibling hashes from leaf `position` to the root; `None` if there is no such leaf.
	pub fn proof(&self, position: u32) -> Option<Vec<H256>> {
		self.content.tree.proof(usize::try_from(position).ok()?)
	}

	/// The sketch of a query gradient `[dimension]` in the coordinates of the parts, of the index's
	/// width.
	///
	/// # Errors
	/// [`Error::NotFinite`].
	pub fn query_sketch(&self, gradient: &[f64]) -> Result<Sketch> {
		self.content.scales.query(gradient, self.width())
	}

	/// Computes leaf `position` again from the contribution's rows, to the same bits as the builder
	/// on any machine: an audit compares it with [`Index::leaf`].
	///
	/// # Errors
	/// [`Error::WrongModel`], [`Error::Malformed`] if there is no such leaf, [`Error::NotLocal`],
	/// and those of [`local_leaf`].
	pub fn recompute_leaf(&self, model: &Model, position: usize, rows: &Dataset) -> Result<Leaf> {
		self.check_model(model)?;
		let missing = || Error::malformed(WHAT, format!("there is no leaf {position}"));
		let contribution = *self.contributions().get(position).ok_or_else(missing)?;
		if !self.is_local() {
			return Err(Error::NotLocal);
		}
		let influence = local_leaf(model, self.parts(), rows)?;
		Ok(Leaf { contribution, sketch: self.content.scales.leaf(&influence, self.width()) })
	}

	/// Checks that the index was built for `model`.
	///
	/// # Errors
	/// [`Error::WrongModel`] with both hashes.
	pub fn check_model(&self, model: &Model) -> Result<()> {
		self.content.header.check_model(model)
	}
}

#[cfg(test)]
mod tests;
