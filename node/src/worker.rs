//! The attribution worker. It computes what the chain asks of this node's attesters, outside of the
//! runtime and in processes of its own, since the models are strangers' and block production is not
//! to end with them.
//!
//! ```text
//!  best block ---> assignments of our keys ---> Scheduler ---> Pool of processes
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
//! | `pool`, `process` | the processes that jobs are done in: routing; starting, asking and ending one |
//! | `frames` | what goes through the pipes between the node and a process |
//! | `child`, `limits` | a process from within: its jobs, and what it may take of the machine |
//! | `engine`, `artifacts` | from an assignment to a verdict; models and indexes in memory |
//! | `mailbox` | drafts where the runtime finds them |
//! | `status`, `metrics` | what the worker tells the outside |
//!
//! - `Scheduler` decides what is computed when. It holds neither a thread nor a clock.
//! - [`Mailbox`] keeps drafts where the runtime finds them, so that nothing is computed twice after
//!   a restart. A verdict is computed as soon as the best block asks for it, and goes into the
//!   mailbox as soon as the question is final.
//! - [`Engine`] turns an assignment into a verdict. [`Pool`] has it done by processes of the node's own
//!   program, each of which keeps the models that it used last: weights and influence index from the
//!   blob store. A job that needs more memory or time than it may costs its process and no more.
//! - [`Worker`] connects the three and follows the chain.

mod artifacts;
mod child;
mod engine;
mod events;
mod frames;
mod limits;
mod mailbox;
mod metrics;
mod pool;
mod process;
mod scheduler;
mod start;
mod status;
#[cfg(test)]
mod testing;

pub(crate) use child::serve;
pub use pool::{Engine, Pool};
pub use process::{Failure, Program};
pub(crate) use start::{start, Setup};
pub(crate) use status::{JobStatus, SharedStatus, WorkerStatus};

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
