//! What the pallets share: deadlines by block, measured costs, and the small traits through which they
//! know each other.
//!
//! A pallet never depends on another pallet of this workspace: it names the trait it needs in its
//! `Config`, the other pallet implements the trait, and the runtime wires the two. So each pallet
//! is tested alone with a mock.
//!
//! | module | subject |
//! | --- | --- |
//! | `ids` | identifiers |
//! | [`cost`] | measured computing time of the units of work that weights are built from |
//! | `deadlines` | bounded queues of what falls due in a block |
//! | `models`, `training`, `settlement`, `votes` | the traits between pallets |
//! | `signatures` | signatures that come with a call |
//!
//! ```text
//! inference-market --AttributionJobs--> attribution --Settlement--> inference-market
//!        |                                   |
//!        +-- ModelTerms --> model-registry <-+-- IndexedModels
//!        |                        |
//!        +-- ContributionOwners   +-- TrainingData --> datanets
//! ```
//!
//! ```
//! use openledger_pallet_support::{cost, ContributionOwners};
//!
//! // What the market's tests put in the place of the datanets.
//! struct Owners;
//! impl ContributionOwners<u64> for Owners {
//!     fn contributor(contribution: u64) -> Option<u64> {
//!         (contribution < 50).then(|| 100 + contribution)
//!     }
//! }
//! assert_eq!(Owners::contributor(7), Some(107));
//! assert_eq!(Owners::contributor(50), None);
//!
//! // The computing time of hashing a KiB and a byte, in picoseconds: what is begun counts.
//! assert!(cost::bytes(1025) > cost::KIB);
//! assert_eq!(cost::bytes(2048), 2 * cost::KIB);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod cost;
mod deadlines;
mod models;
mod settlement;
mod signatures;
mod training;
mod votes;

pub use deadlines::{DeadlineQueues, Entered};
pub use models::{Artifacts, IndexedModels, ModelTerms, Payee, Terms};
pub use openledger_primitives::{
	DatanetId, InferenceId, JobId, ModelId, Pricing, Usage, VersionNumber,
};
pub use settlement::{AnsweredInference, AttributionJobs, Inferences, Outcome, Settlement};
pub use signatures::SignedBy;
pub use training::{ContributionOwners, TrainingData, TrainingSource};
pub use votes::PastVotes;
