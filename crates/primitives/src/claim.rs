//! The attribution of one answer, and every check on it.

use crate::{precedes, verify, Entry, IndexCommitment, Leaf, Sketch, H256};
use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::{cmp::Ordering, fmt};
use scale_info::TypeInfo;

/// One contribution's score with all that is needed to check it.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct ProvenEntry {
	/// The leaf that the index commits to.
	pub leaf: Leaf,
	/// The leaf's position in the index, from 0.
	pub leaf_index: u32,
	/// The sibling hashes on the way from the leaf to the root.
	pub proof: Vec<H256>,
	/// The dot product of query sketch and leaf sketch.
	pub score: i64,
}

impl ProvenEntry {
	/// The entry without its proof.
	pub fn entry(&self) -> Entry {
		Entry { contribution: self.leaf.contribution, score: self.score }
	}
}

/// The contributions that shaped one answer, in the order of [`precedes`], with proofs.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Attribution {
	/// The query sketch. It has the dimension of the index, and either width.
	pub query: Sketch,
	/// The contributions with a positive score, best first.
	pub entries: Vec<ProvenEntry>,
}

/// Why an attribution does not hold. Entries are counted from 0.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
#[allow(missing_docs)] // Of fields: each `entry` is the position of the entry at fault.
pub enum ClaimError {
	/// There are more entries than allowed.
	TooManyEntries,
	/// The query sketch has another dimension than the index.
	QueryDimension,
	/// The leaf's sketch has another dimension than the index.
	LeafDimension { entry: u32 },
	/// The leaf's sketch has another width than the index.
	LeafWidth { entry: u32 },
	/// The index has no leaf at that position.
	NoSuchLeaf { entry: u32 },
	/// The contribution already has an earlier entry.
	Repeated { entry: u32 },
	/// The entry ranks above the one before it, or beside it.
	Unsorted { entry: u32 },
	/// The score is zero or negative.
	NotPositive { entry: u32 },
	/// The score is not the dot product of query and leaf.
	WrongScore { entry: u32 },
	/// The proof does not lead from the leaf to the root of the index.
	WrongProof { entry: u32 },
}

impl fmt::Display for ClaimError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::TooManyEntries => write!(f, "more entries than the limit"),
			Self::QueryDimension => {
				write!(f, "the query sketch has another dimension than the index")
			},
			Self::LeafDimension { entry } => {
				write!(f, "entry {entry}: the leaf has another dimension than the index")
			},
			Self::LeafWidth { entry } => {
				write!(f, "entry {entry}: the leaf has another width than the index")
			},
			Self::NoSuchLeaf { entry } => {
				write!(f, "entry {entry}: the index has no leaf of that number")
			},
			Self::Repeated { entry } => {
				write!(f, "entry {entry}: the contribution stands in an earlier entry already")
			},
			Self::Unsorted { entry } => {
				write!(f, "entry {entry}: ranks above the entry before it")
			},
			Self::NotPositive { entry } => {
				write!(f, "entry {entry}: the score is zero or negative")
			},
			Self::WrongScore { entry } => {
				write!(f, "entry {entry}: the score is not the dot product of query and leaf")
			},
			Self::WrongProof { entry } => {
				write!(f, "entry {entry}: the proof does not lead to the index root")
			},
		}
	}
}

impl core::error::Error for ClaimError {}

impl Attribution {
	/// Checks everything that can be checked without the model: the number of entries,
	/// dimensions and widths, order, distinctness, every score and every proof. Cheap checks come
	/// first.
	///
	/// Returns the entries without their proofs.
	///
	/// # Errors
	/// The first fault found, in that order.
	pub fn check(
		&self,
		index: &IndexCommitment,
		max_entries: u32,
	) -> Result<Vec<Entry>, ClaimError> {
		if exceeds(self.entries.len(), max_entries) {
			return Err(ClaimError::TooManyEntries);
		}
		if !equals(self.query.dimension(), index.dimension) {
			return Err(ClaimError::QueryDimension);
		}
		self.check_order()?;
		for (entry, proven) in (0u32..).zip(&self.entries) {
			let sketch = &proven.leaf.sketch;
			if !equals(sketch.dimension(), index.dimension) {
				return Err(ClaimError::LeafDimension { entry });
			}
			if sketch.width() != index.width {
				return Err(ClaimError::LeafWidth { entry });
			}
			if proven.leaf_index >= index.leaf_count {
				return Err(ClaimError::NoSuchLeaf { entry });
			}
			if self.query.dot(sketch) != Ok(proven.score) {
				return Err(ClaimError::WrongScore { entry });
			}
			if !verify(index, &proven.leaf, proven.leaf_index, &proven.proof) {
				return Err(ClaimError::WrongProof { entry });
			}
		}
		Ok(self.entries.iter().map(ProvenEntry::entry).collect())
	}

	fn check_order(&self) -> Result<(), ClaimError> {
		let mut seen = BTreeSet::new();
		let mut previous: Option<Entry> = None;
		for (entry, proven) in (0u32..).zip(&self.entries) {
			let current = proven.entry();
			if current.score <= 0 {
				return Err(ClaimError::NotPositive { entry });
			}
			if !seen.insert(current.contribution) {
				return Err(ClaimError::Repeated { entry });
			}
			if previous.is_some_and(|p| precedes(&p, &current) != Ordering::Less) {
				return Err(ClaimError::Unsorted { entry });
			}
			previous = Some(current);
		}
		Ok(())
	}
}

fn equals(length: usize, expected: u32) -> bool {
	u32::try_from(length) == Ok(expected)
}

fn exceeds(length: usize, limit: u32) -> bool {
	u32::try_from(length).map_or(true, |l| l > limit)
}

#[cfg(test)]
mod tests;
