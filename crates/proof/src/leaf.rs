//! Canonical leaves of an influence index, and their Merkle tree.

use crate::{blake2_256, ContributionId, Sketch, Width, H256};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
	binary_merkle_tree::{self, Leaf as TreeLeaf},
	sp_runtime::traits::BlakeTwo256,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Keeps leaf hashes apart from the hashes of inner nodes and of anything else.
const LEAF_DOMAIN: &[u8] = b"openledger/leaf/1";

/// One contribution's influence vector, as committed by the index.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
	/// The contribution.
	pub contribution: ContributionId,
	/// `Psi_c`, shape `[dimension]`, the sum over the contribution's rows.
	pub sketch: Sketch,
}

impl Leaf {
	/// The leaf's hash in the tree: blake2-256 of a domain tag and the SCALE encoding.
	pub fn hash(&self) -> H256 {
		let mut bytes = LEAF_DOMAIN.to_vec();
		self.encode_to(&mut bytes);
		blake2_256(&bytes)
	}
}

/// What a model commits to on chain about its influence index.
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
	Serialize,
	Deserialize,
)]
pub struct IndexCommitment {
	/// Merkle root over the leaves.
	pub root: H256,
	/// Number of leaves: one for each accepted contribution of the training versions.
	pub leaf_count: u32,
	/// Coordinates of each leaf's sketch.
	pub dimension: u32,
	/// Bits of each coordinate.
	pub width: Width,
}

/// Merkle root over leaf hashes in order. Zero for no leaves.
pub fn merkle_root(leaf_hashes: &[H256]) -> H256 {
	binary_merkle_tree::merkle_root_raw::<BlakeTwo256, _>(leaf_hashes.iter().copied())
}

/// Sibling hashes from leaf `leaf_index` up to the root; `None` if there is no such leaf.
pub fn merkle_proof(leaf_hashes: &[H256], leaf_index: u32) -> Option<Vec<H256>> {
	// The library panics on an index out of range.
	if usize::try_from(leaf_index).ok()? >= leaf_hashes.len() {
		return None;
	}
	let leaves = leaf_hashes.iter().copied();
	Some(binary_merkle_tree::merkle_proof_raw::<BlakeTwo256, _>(leaves, leaf_index).proof)
}

/// Whether `leaf` is leaf number `leaf_index` of the tree under `index`.
pub fn verify(index: &IndexCommitment, leaf: &Leaf, leaf_index: u32, proof: &[H256]) -> bool {
	binary_merkle_tree::verify_proof::<BlakeTwo256, _, _>(
		&index.root,
		proof.iter().copied(),
		index.leaf_count,
		leaf_index,
		TreeLeaf::Hash(leaf.hash()),
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn leaves(n: u64) -> Vec<Leaf> {
		(0..n)
			.map(|contribution| Leaf {
				contribution,
				sketch: Sketch::Int8(vec![contribution as i8, -3, 7]),
			})
			.collect()
	}

	fn commit(leaves: &[Leaf]) -> (IndexCommitment, Vec<H256>) {
		let hashes: Vec<_> = leaves.iter().map(Leaf::hash).collect();
		let index = IndexCommitment {
			root: merkle_root(&hashes),
			leaf_count: leaves.len() as u32,
			dimension: 3,
			width: Width::Int8,
		};
		(index, hashes)
	}

	/// The tree by definition: pair neighbours, promote an odd one.
	fn naive_root(mut level: Vec<H256>) -> H256 {
		while level.len() > 1 {
			level = level
				.chunks(2)
				.map(|pair| match pair {
					[a, b] => blake2_256(&[a.as_bytes(), b.as_bytes()].concat()),
					rest => rest[0],
				})
				.collect();
		}
		level.first().copied().unwrap_or_default()
	}

	proptest! {
		#[test]
		fn every_leaf_should_verify_when_proof_is_its_own(n in 1u64..40) {
			let leaves = leaves(n);
			let (index, hashes) = commit(&leaves);
			prop_assert_eq!(index.root, naive_root(hashes.clone()));
			for (i, leaf) in (0..).zip(&leaves) {
				let proof = merkle_proof(&hashes, i).unwrap();
				prop_assert!(verify(&index, leaf, i, &proof));
			}
		}

		#[test]
		fn proof_should_fail_when_anything_is_changed(n in 2u64..40, pick: u32, bit in 0usize..256) {
			let leaves = leaves(n);
			let (index, hashes) = commit(&leaves);
			let i = pick % n as u32;
			let leaf = &leaves[i as usize];
			let proof = merkle_proof(&hashes, i).unwrap();

			let mut bent = proof.clone();
			bent[0].0[bit / 8] ^= 1 << (bit % 8);
			prop_assert!(!verify(&index, leaf, i, &bent));

			let other = Leaf { contribution: leaf.contribution + 1, ..leaf.clone() };
			prop_assert!(!verify(&index, &other, i, &proof));

			let mut foreign = index;
			foreign.root.0[bit / 8] ^= 1 << (bit % 8);
			prop_assert!(!verify(&foreign, leaf, i, &proof));
		}
	}

	#[test]
	fn proof_should_be_none_when_leaf_is_out_of_range() {
		let (_, hashes) = commit(&leaves(3));
		assert_eq!(merkle_proof(&hashes, 3), None);
		assert_eq!(merkle_proof(&[], 0), None);
	}

	#[test]
	fn root_should_be_zero_when_there_are_no_leaves() {
		assert_eq!(merkle_root(&[]), H256::zero());
	}
}
