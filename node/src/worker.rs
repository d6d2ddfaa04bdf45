//! The attribution worker. It computes what the chain asks of this node's attesters, outside of the
//! runtime and on threads of its own.
//!
//! ```text
//!  best block ---> assignments of our keys ---> Scheduler ---> threads: Engine
//!  (runtime API)                                   |              | verdict
//!                                                  v              v
//!  final block ---> release, remove what is over    Mailbox: the node's off-chain storage
//!                                                  |
//!                                                  v
//!            the runtime's off-chain hook reads the draft, signs and submits the claim
//! ```
//!
//! | module | subject |
//! | --- | --- |
//! | `start` | starts the worker on a running node and asks the chain for it |
//! | `events` | what the worker does at each event |
//! | `scheduler` | what is computed when |
//! | `engine`, `artifacts` | from an assignment to a verdict; models and indexes in memory |
//! | `mailbox` | drafts where the runtime finds them |
//! | `status`, `metrics` | what the worker tells the outside |
//!
//! - `Scheduler` decides what is computed when. It holds neither a thread nor a clock.
//! - [`Mailbox`] keeps drafts where the runtime finds them, so that nothing is computed twice after
//!   a restart. A verdict is computed as soon as the best block asks for it, and goes into the
//!   mailbox as soon as the question is final.
//! - [`Engine`] turns an assignment into a verdict. [`InfluenceEngine`] does so with the model's
//!   weights and influence index from the blob store.
//! - [`Worker`] connects the three and follows the chain.

mod artifacts;
mod engine;
mod events;
mod mailbox;
mod metrics;
mod scheduler;
mod start;
mod status;
#[cfg(test)]
mod testing;

pub use start::{start, Setup};
pub use status::{JobStatus, SharedStatus, WorkerStatus};

use engine::{Engine, InfluenceEngine};
use events::Worker;
use mailbox::Mailbox;
use metrics::Metrics;
use openledger_runtime::{AccountId, BlockNumber};

/// A job that is assigned to one of this node's attesters.
pub type Assignment = pallet_attribution::Assignment<AccountId, BlockNumber>;
/// A verdict that waits to be signed.
pub type Draft = pallet_attribution::mailbox::Draft<AccountId>;
/// When a claim was last submitted.
pub type Sent = pallet_attribution::mailbox::Sent<AccountId, BlockNumber>;
/// The key by which an attester signs.
pub type AttesterId = pallet_attribution::sr25519::AttesterId;

/// The target of the worker's log lines.
const LOG_TARGET: &str = "attribution";
