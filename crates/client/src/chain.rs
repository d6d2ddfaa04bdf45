//! The chain as the client sees it: a connection that comes back, typed storage, transactions.
//!
//! Everything is dynamic: types are matched by field and variant name against the metadata of the
//! chain that is connected to, so that a field added by a runtime upgrade does not break a client.

mod connection;
pub mod council;
mod dry_run;
mod enactment;
pub mod events;
pub mod governance;
mod governance_reads;
mod inclusion;
mod node_status;
mod outcome;
mod session_keys;
mod sign;
mod snapshot;
mod tx;
pub mod types;

pub use connection::{backoff, Chain};
pub use dry_run::dry_run;
pub use enactment::{Dispatch, FailedItem};
pub use inclusion::Included;
pub use node_status::NodeStatus;
pub use outcome::Outcome;
pub use session_keys::SessionKeys;
pub use sign::{call, Call, EncodedArgument};
pub use snapshot::Snapshot;
pub use tx::{submit, submit_one};

/// A block or content hash.
pub use subxt::utils::H256 as Hash;
