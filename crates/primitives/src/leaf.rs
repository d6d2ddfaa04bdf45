//! Canonical leaves of an influence index.

use crate::{blake2_256, verify_merkle_proof, ContributionId, Sketch, Width, H256};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Keeps leaf hashes apart from the hashes of inner nodes and of anything else.
const LEAF_DOMAIN: &[u8] = b"openledger/leaf/1";

/// One contribution's influence vector, as an index commits to it.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
	/// The contribution whose influence it is.
	pub contribution: ContributionId,
	/// `psi_c`, the sum over the contribution's rows; it has the dimension of the index.
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
	/// The Merkle root over the leaves.
	pub root: H256,
	/// The number of leaves: one for each accepted contribution of the versions trained on.
	pub leaf_count: u32,
	/// The number of coordinates of each leaf's sketch.
	pub dimension: u32,
	/// The number of bits of each coordinate.
	pub width: Width,
}

/// Whether `leaf` is the leaf at position `leaf_index` of the tree that `index` commits to.
pub fn verify(index: &IndexCommitment, leaf: &Leaf, leaf_index: u32, proof: &[H256]) -> bool {
	verify_merkle_proof(&index.root, index.leaf_count, leaf_index, leaf.hash(), proof)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::MerkleTree;
	use alloc::vec::Vec;
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
			root: MerkleTree::new(hashes.clone()).root(),
			leaf_count: leaves.len() as u32,
			dimension: 3,
			width: Width::Int8,
		};
		(index, hashes)
	}

	proptest! {
		#[test]
		fn every_leaf_should_verify_when_proof_is_its_own(n in 1u64..40) {
			let leaves = leaves(n);
			let (index, hashes) = commit(&leaves);
			let tree = MerkleTree::new(hashes);
			for (i, leaf) in (0..).zip(&leaves) {
				let proof = tree.proof(i as usize).unwrap();
				prop_assert!(verify(&index, leaf, i, &proof));
			}
		}

		#[test]
		fn proof_should_fail_when_anything_is_changed(n in 2u64..40, pick: u32, bit in 0usize..256) {
			let leaves = leaves(n);
			let (index, hashes) = commit(&leaves);
			let i = pick % n as u32;
			let leaf = &leaves[i as usize];
			let proof = MerkleTree::new(hashes).proof(i as usize).unwrap();

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

	/// The owner of an index declares two leaves and makes a tree of three, so as to show for
	/// contribution number 0 whichever leaf pays better.
	#[test]
	fn number_should_have_one_leaf_when_the_tree_is_deeper_than_declared() {
		let [shown, hidden, beside] = <[Leaf; 3]>::try_from(leaves(3)).unwrap();
		let below = MerkleTree::new(vec![hidden.hash(), beside.hash()]).root();
		let root = MerkleTree::new(vec![shown.hash(), below]).root();
		let index = IndexCommitment { root, leaf_count: 2, dimension: 3, width: Width::Int8 };
		assert!(verify(&index, &shown, 0, &[below]));
		assert!(!verify(&index, &hidden, 0, &[beside.hash(), shown.hash()]));
	}
}
