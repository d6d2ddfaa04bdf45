//! What governance comes to, apart from any connection: how far proposals and elections are, and votes,
//! signed delegations and signed acceptances of seats as the chain reads them.

mod acceptance;
mod delegation;
mod election;
mod signed_document;
mod tally;
mod track;
mod vote;

pub use crate::clock::{duration, Clock};
pub use acceptance::{OfferedSeat, SignedAcceptance};
pub use delegation::SignedDelegation;
pub use election::Phase;
pub use tally::{next, percent, quorum_percent, state_name};
pub use track::Track;
pub use vote::{AccountVote, Choice, Vote};
