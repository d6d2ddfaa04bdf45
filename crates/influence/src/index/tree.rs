//! The Merkle tree over leaf hashes, all levels kept: a proof reads one hash of each level instead
//! of hashing every leaf again.
//!
//! The tree is that of `openledger_proof::merkle_root`: neighbours are hashed in pairs, and a last
//! one without a neighbour moves up unchanged.

use openledger_proof::{blake2_256, H256};

/// All levels one after the other, leaf hashes first, the root last.
pub(super) fn grow(mut level: Vec<H256>) -> Vec<H256> {
	let mut tree = Vec::with_capacity(size(level.len()));
	while level.len() > 1 {
		let parent = |pair: &[H256]| match pair {
			[left, right] => blake2_256(&[left.0, right.0].concat()),
			single => single[0],
		};
		let above = level.chunks(2).map(parent).collect();
		tree.append(&mut level);
		level = above;
	}
	tree.append(&mut level);
	tree
}

/// Number of hashes of a tree with that many leaves.
pub(super) fn size(leaves: usize) -> usize {
	let (mut level, mut sum) = (leaves, leaves);
	while level > 1 {
		level = level.div_ceil(2);
		sum += level;
	}
	sum
}

/// The sibling hashes from leaf `position` up to the root; `None` if there is no such leaf.
pub(super) fn proof(tree: &[H256], leaves: usize, position: usize) -> Option<Vec<H256>> {
	if position >= leaves {
		return None;
	}
	let (mut start, mut level, mut at) = (0, leaves, position);
	let mut proof = Vec::new();
	while level > 1 {
		let sibling = at ^ 1;
		if sibling < level {
			proof.push(*tree.get(start + sibling)?);
		}
		start += level;
		(level, at) = (level.div_ceil(2), at / 2);
	}
	Some(proof)
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_proof::{merkle_proof, merkle_root};

	#[test]
	fn proofs_and_root_should_be_those_of_the_chain() {
		for leaves in 1..70usize {
			let hashes: Vec<H256> = (0..leaves).map(|i| blake2_256(&[i as u8])).collect();
			let tree = grow(hashes.clone());
			assert_eq!(tree.len(), size(leaves));
			assert_eq!(tree.last(), Some(&merkle_root(&hashes)));
			for position in 0..leaves {
				let expected = merkle_proof(&hashes, position as u32);
				assert_eq!(proof(&tree, leaves, position), expected);
			}
			assert_eq!(proof(&tree, leaves, leaves), None);
		}
		assert_eq!((size(0), grow(Vec::new()).len()), (0, 0));
	}
}
