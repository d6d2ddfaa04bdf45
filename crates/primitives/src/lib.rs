//! What all sides must agree on, once: runtime, attesters, hosts, developers, contributors and
//! clients. No other crate repeats any of it.
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
//! | `ids` | numbers that the chain gives out |
//! | `hash`, `merkle` | blake2-256, and the one Merkle tree of content roots and indices |
//! | `rows` | the encoding of rows, and the content root of a contribution |
//! | `manifest` | commitments to lists of contributions |
//! | `sketch` | integer vectors and their exact dot product |
//! | `leaf` | the leaves of an influence index |
//! | `select` | the best entries, with a fixed rule for ties |
//! | `claim` | an attribution, and every check on it |
//! | `share` | scores to parts of a whole, parts to money |
//! | `pricing`, `answer` | what an inference costs and uses; what an answer may be |
//! | `scheduled` | the names of scheduled calls |
//! | `network` | the network's name, and the prefix of its addresses |
//!
//! ```
//! use openledger_primitives::*;
//!
//! let leaf = |contribution, values: [i8; 2]| Leaf { contribution, sketch: Sketch::Int8(values.into()) };
//! let leaves = [leaf(7, [3, 0]), leaf(9, [-1, 5])];
//! let tree = MerkleTree::new(leaves.iter().map(Leaf::hash).collect());
//! let index =
//!     IndexCommitment { root: tree.root(), leaf_count: 2, dimension: 2, width: Width::Int8 };
//!
//! let query = Sketch::Int8(vec![10, 2]);
//! let entries = vec![ProvenEntry {
//!     leaf: leaves[0].clone(),
//!     leaf_index: 0,
//!     proof: tree.proof(0).unwrap(),
//!     score: query.dot(&leaves[0].sketch).unwrap(),
//! }];
//! let attribution = Attribution { query, entries };
//! assert_eq!(attribution.check(&index, 10), Ok(vec![Entry { contribution: 7, score: 30 }]));
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod answer;
mod claim;
mod hash;
mod ids;
mod leaf;
mod manifest;
mod merkle;
mod network;
mod pricing;
mod rows;
mod scheduled;
mod select;
mod share;
mod sketch;

pub use answer::{MAX_OUTPUT, NO_ANSWER};
pub use claim::{Attribution, ClaimError, ProvenEntry};
pub use hash::{blake2_256, H256};
pub use ids::{ContributionId, DatanetId, InferenceId, JobId, ModelId, VersionNumber};
pub use leaf::{verify, IndexCommitment, Leaf};
pub use manifest::{extend_manifest, manifest, training_manifest};
pub use merkle::{merkle_root, verify_merkle_proof, MerkleTree};
pub use network::{NETWORK, SS58_PREFIX};
pub use pricing::{Pricing, Usage};
pub use rows::{content_root, encode_row, encode_text_row, RowLabel};
pub use scheduled::{council_task, enactment_task};
pub use select::{precedes, top_entries, Entry};
pub use share::{amounts, shares, Share, PARTS};
pub use sketch::{DimensionMismatch, Sketch, Width, MAX_DIMENSION};
