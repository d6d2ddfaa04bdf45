//! The Merkle tree of every content root and every influence index.
//!
//! Neighbours are hashed in pairs: the blake2-256 hash of both hashes, one after the other. A last
//! one without a neighbour moves up unchanged. Whoever hashes the leaves keeps them apart from
//! inner nodes by a domain tag.
//!
//! The number of leaves fixes the depth of every leaf, and a proof that is longer or shorter does
//! not hold. So a root has one leaf for each position, even if somebody made it up. Without that
//! check, a tree that is deeper than declared would have two leaves for one position, and the owner
//! of an index could show whichever pays better.

use crate::{blake2_256, H256};
use alloc::vec::Vec;

/// The hash of two neighbours.
fn parent(left: &H256, right: &H256) -> H256 {
	let mut both = [0; 64];
	both[..32].copy_from_slice(left.as_bytes());
	both[32..].copy_from_slice(right.as_bytes());
	blake2_256(&both)
}

/// The level above a level of the tree.
fn above(level: &[H256]) -> Vec<H256> {
	let node = |pair: &[H256]| match pair {
		[left, right] => parent(left, right),
		single => single.first().copied().unwrap_or_default(),
	};
	level.chunks(2).map(node).collect()
}

/// The Merkle root over leaf hashes in order; zero if there are none.
pub fn merkle_root(leaf_hashes: &[H256]) -> H256 {
	let mut level = leaf_hashes.to_vec();
	while level.len() > 1 {
		level = above(&level);
	}
	level.first().copied().unwrap_or_default()
}

/// A tree with all its levels: a proof reads one hash of each level instead of hashing every leaf
/// again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MerkleTree {
	/// All levels one after the other: the leaf hashes first, the root last.
	nodes: Vec<H256>,
	leaves: usize,
}

impl MerkleTree {
	/// The tree over leaf hashes in order.
	pub fn new(leaf_hashes: Vec<H256>) -> Self {
		let leaves = leaf_hashes.len();
		let mut nodes = Vec::with_capacity(Self::size(leaves));
		let mut level = leaf_hashes;
		while level.len() > 1 {
			let next = above(&level);
			nodes.append(&mut level);
			level = next;
		}
		nodes.append(&mut level);
		Self { nodes, leaves }
	}

	/// Takes a tree of `leaves` leaves from the [`nodes`](Self::nodes) that somebody has kept,
	/// without checking their hashes; `None` if such a tree has another number of nodes.
	pub fn from_nodes(nodes: Vec<H256>, leaves: usize) -> Option<Self> {
		(nodes.len() == Self::size(leaves)).then_some(Self { nodes, leaves })
	}

	/// The number of nodes of a tree with that many leaves, the leaves included.
	pub fn size(leaves: usize) -> usize {
		let (mut level, mut sum) = (leaves, leaves);
		while level > 1 {
			level = level.div_ceil(2);
			sum = sum.saturating_add(level);
		}
		sum
	}

	/// All levels one after the other: the leaf hashes first, the root last.
	pub fn nodes(&self) -> &[H256] {
		&self.nodes
	}

	/// The Merkle root; zero if there are no leaves.
	pub fn root(&self) -> H256 {
		self.nodes.last().copied().unwrap_or_default()
	}

	/// The sibling hashes on the way from leaf number `leaf` to the root; `None` if there is no
	/// such leaf.
	pub fn proof(&self, leaf: usize) -> Option<Vec<H256>> {
		if leaf >= self.leaves {
			return None;
		}
		let (mut start, mut level, mut at) = (0usize, self.leaves, leaf);
		let mut proof = Vec::new();
		while level > 1 {
			let sibling = at ^ 1;
			if sibling < level {
				proof.push(*self.nodes.get(start.saturating_add(sibling))?);
			}
			start = start.saturating_add(level);
			(level, at) = (level.div_ceil(2), at / 2);
		}
		Some(proof)
	}
}

/// Whether leaf number `number` of the tree under `root`, which has `count` leaves, has this hash.
///
/// `proof` must have exactly one hash for each level at which that leaf's branch has a neighbour.
pub fn verify_merkle_proof(
	root: &H256,
	count: u32,
	number: u32,
	leaf_hash: H256,
	proof: &[H256],
) -> bool {
	if number >= count {
		return false;
	}
	let (mut hash, mut at, mut level) = (leaf_hash, number, count);
	let mut siblings = proof.iter();
	while level > 1 {
		if (at ^ 1) < level {
			let Some(sibling) = siblings.next() else { return false };
			hash = match at % 2 {
				0 => parent(&hash, sibling),
				_ => parent(sibling, &hash),
			};
		}
		(level, at) = (level.div_ceil(2), at / 2);
	}
	siblings.next().is_none() && hash == *root
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use proptest::prelude::*;

	fn hashes(count: usize) -> Vec<H256> {
		(0..count as u32).map(|i| blake2_256(&i.to_le_bytes())).collect()
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

	#[test]
	fn every_leaf_should_verify_when_the_proof_is_its_own() {
		for count in 1..70 {
			let tree = MerkleTree::new(hashes(count));
			assert_eq!(tree.nodes().len(), MerkleTree::size(count));
			assert_eq!(tree.root(), naive_root(hashes(count)));
			assert_eq!(tree.root(), merkle_root(&hashes(count)));
			for (number, hash) in hashes(count).into_iter().enumerate() {
				let proof = tree.proof(number).unwrap();
				assert!(verify_merkle_proof(
					&tree.root(),
					count as u32,
					number as u32,
					hash,
					&proof
				));
			}
			assert_eq!(tree.proof(count), None);
		}
	}

	#[test]
	fn root_should_be_that_of_the_first_indices_when_leaves_are_few_or_odd() {
		// Over blake2-256 of the bytes 0, 1, …
		let expected = [
			"0000000000000000000000000000000000000000000000000000000000000000",
			"03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
			"52c98fcb9a132e1e7acb398852d7c4c8023a112ac2d511761f6705079d07e443",
			"3f8fc66b1fc7006260eb087b7745362cd8d64b9983d89ad0281f03e8dc492464",
			"8b69d8a9b937b6afe7cbdef934468b1766065dc271fd42e01dd2588aa3d90961",
			"045ed6c76590a254687f40e37f99551f1bcd7a54c22138adeb493f3b267cf553",
		];
		for (count, expected) in [0u8, 1, 2, 3, 5, 7].into_iter().zip(expected) {
			let leaves: Vec<H256> = (0..count).map(|leaf| blake2_256(&[leaf])).collect();
			assert_eq!(alloc::format!("{:x}", merkle_root(&leaves)), expected, "{count}");
		}
	}

	#[test]
	fn tree_should_be_refused_when_it_has_another_number_of_nodes() {
		let tree = MerkleTree::new(hashes(5));
		assert_eq!(MerkleTree::from_nodes(tree.nodes().to_vec(), 5), Some(tree.clone()));
		assert_eq!(MerkleTree::from_nodes(tree.nodes().to_vec(), 6), None);
		assert_eq!(MerkleTree::new(Vec::new()).nodes(), []);
		assert_eq!(MerkleTree::new(Vec::new()).proof(0), None);
	}

	/// The owner of an index makes a tree that is one level deeper than its number of leaves says. Where
	/// proofs may have any length, its root has two leaves for number 0.
	#[test]
	fn number_should_have_one_leaf_when_the_tree_is_deeper_than_declared() {
		let [shown, hidden, beside] = [1u8, 2, 3].map(|leaf| blake2_256(&[leaf]));
		let below = parent(&hidden, &beside);
		let root = parent(&shown, &below);
		assert!(verify_merkle_proof(&root, 2, 0, shown, &[below]));
		assert!(!verify_merkle_proof(&root, 2, 0, hidden, &[beside, shown]));

		// The same with a proof that is too short: an inner node as a leaf.
		let honest = MerkleTree::new(hashes(4));
		let inner = honest.nodes()[4];
		assert!(!verify_merkle_proof(&honest.root(), 4, 0, inner, &[honest.nodes()[5]]));
		assert!(!verify_merkle_proof(&honest.root(), 4, 1, inner, &[honest.nodes()[5]]));

		// And with a last leaf that moves up, whose proof is shorter than the others'.
		let odd = MerkleTree::new(hashes(5));
		let (last, proof) = (hashes(5)[4], odd.proof(4).unwrap());
		assert_eq!(proof.len(), 1);
		assert!(verify_merkle_proof(&odd.root(), 5, 4, last, &proof));
		for number in 0..4 {
			assert!(!verify_merkle_proof(&odd.root(), 5, number, last, &proof));
		}
	}

	proptest! {
		#[test]
		fn proof_should_fail_when_anything_is_changed(
			count in 2u32..40,
			pick: u32,
			bit in 0usize..256,
		) {
			let tree = MerkleTree::new(hashes(count as usize));
			let (root, number) = (tree.root(), pick % count);
			let hash = hashes(count as usize)[number as usize];
			let proof = tree.proof(number as usize).unwrap();
			let flip = |hash: H256| {
				let mut bent = hash;
				bent.0[bit / 8] ^= 1 << (bit % 8);
				bent
			};
			prop_assert!(verify_merkle_proof(&root, count, number, hash, &proof));
			prop_assert!(!verify_merkle_proof(&flip(root), count, number, hash, &proof));
			prop_assert!(!verify_merkle_proof(&root, count, number, flip(hash), &proof));
			prop_assert!(!verify_merkle_proof(&root, count, count, hash, &proof));
			for other in (0..count).filter(|other| *other != number) {
				prop_assert!(!verify_merkle_proof(&root, count, other, hash, &proof));
			}
			let at = bit % proof.len();
			let mut bent = proof.clone();
			bent[at] = flip(bent[at]);
			prop_assert!(!verify_merkle_proof(&root, count, number, hash, &bent));
			let longer = [proof.clone(), vec![root]].concat();
			prop_assert!(!verify_merkle_proof(&root, count, number, hash, &longer));
			prop_assert!(!verify_merkle_proof(&root, count, number, hash, &proof[1..]));
		}

		/// However a root was made, no two leaves verify for one number with the proofs that random
		/// search over its nodes finds.
		#[test]
		fn number_should_have_one_leaf_whatever_the_tree(
			real in 2usize..12,
			declared in 1u32..12,
			number in 0u32..12,
		) {
			let tree = MerkleTree::new(hashes(real));
			let nodes = tree.nodes();
			let mut found = alloc::collections::BTreeSet::new();
			for leaf in nodes {
				for first in nodes {
					for proof in [&[][..], &[*first]] {
						if verify_merkle_proof(&tree.root(), declared, number, *leaf, proof) {
							found.insert(*leaf);
						}
					}
					for second in nodes {
						let proof = [*first, *second];
						if verify_merkle_proof(&tree.root(), declared, number, *leaf, &proof) {
							found.insert(*leaf);
						}
					}
				}
			}
			prop_assert!(found.len() <= 1, "{found:?}");
		}
	}
}
