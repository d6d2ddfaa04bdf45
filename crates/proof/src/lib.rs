//! Sketches, Merkle leaves, scores, shares and claim checks: what the chain and the engine must
//! agree on, once.
//!
//! Influence is bilinear: `I(q, c) = g_q . psi_c`, where `g_q` is the gradient of the model's
//! output function at a query and `psi_c` says how the trained parameters move if contribution `c`
//! is weighted up. `psi_c` does not depend on the query, so a model commits to one integer
//! [`Sketch`] per contribution ([`Leaf`]) with a Merkle root ([`IndexCommitment`]), and an
//! attribution of one answer ([`Attribution`]) is a query sketch with leaves, proofs and exact
//! integer scores, which anyone can check without the data.
//!
//! | module | subject |
//! | --- | --- |
//! | [`Sketch`], [`Width`] | integer vectors and their exact dot product |
//! | [`Leaf`], [`merkle_root`], [`merkle_proof`], [`verify`] | canonical leaves and their tree |
//! | [`top_entries`] | selection of the best entries with a fixed tie rule |
//! | [`shares`], [`amounts`], [`total_variation`] | scores to parts of a whole, parts to money |
//! | [`Attribution`] | the claim, and every check on it |
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod claim;
mod leaf;
mod select;
mod share;
mod sketch;

pub use claim::{Attribution, ClaimError, ProvenEntry};
pub use leaf::{merkle_proof, merkle_root, verify, IndexCommitment, Leaf};
pub use polkadot_sdk::sp_core::H256;
pub use select::{precedes, top_entries, Entry};
pub use share::{amounts, shares, total_variation, Share, PARTS};
pub use sketch::{DimensionMismatch, Sketch, Width, MAX_DIMENSION};

/// The longest answer that the chain takes, in bytes.
pub const MAX_OUTPUT: u32 = 1_024;

/// Number of a contribution, in order of submission over all datanets.
pub type ContributionId = u64;

/// blake2-256, the one hash of leaves, trees and files.
pub fn blake2_256(data: &[u8]) -> H256 {
	use polkadot_sdk::sp_runtime::traits::{BlakeTwo256, Hash};
	BlakeTwo256::hash(data)
}
