//! Commitments to lists of contributions.

use crate::{blake2_256, ContributionId, H256};
use codec::Encode;

/// The manifest of a list of contributions with `contribution` after those of `manifest`:
/// `blake2_256(manifest ++ SCALE(contribution))`. The manifest of an empty list is zero.
pub fn extend_manifest(manifest: H256, contribution: ContributionId) -> H256 {
	(manifest, contribution).using_encoded(blake2_256)
}

/// The manifest of a list of contributions, which depends on their order.
pub fn manifest(contributions: impl IntoIterator<Item = ContributionId>) -> H256 {
	contributions.into_iter().fold(H256::zero(), extend_manifest)
}

/// The manifest of a model: blake2-256 of the SCALE-encoded list of its sources' manifests, in the
/// order in which the model names them.
pub fn training_manifest(manifests: &[H256]) -> H256 {
	manifests.using_encoded(blake2_256)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn manifest_should_follow_its_definition() {
		let zero = [0u8; 32];
		let first = blake2_256(&[&zero[..], &7u64.to_le_bytes()].concat());
		let second = blake2_256(&[&first.0[..], &2u64.to_le_bytes()].concat());
		assert_eq!(manifest([]), H256::zero());
		assert_eq!(manifest([7, 2]), second);
		assert_ne!(manifest([2, 7]), second);
	}

	#[test]
	fn training_manifest_should_be_the_hash_of_the_encoded_list() {
		let list = [blake2_256(b"a"), blake2_256(b"b")];
		let bytes = [&[2 << 2][..], list[0].as_bytes(), list[1].as_bytes()].concat();
		assert_eq!(training_manifest(&list), blake2_256(&bytes));
	}
}
