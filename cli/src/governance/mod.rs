//! What governance comes to, apart from any connection: dates in words, how far a proposal is, votes
//! and signed delegations as the chain reads them.

mod clock;
mod delegation;
mod election;
mod outlook;
mod track;
mod vote;

pub use clock::{duration, Clock};
pub use delegation::SignedDelegation;
pub use election::Phase;
pub use outlook::{next, outlook, percent, quorum_percent, shortfall, state_name, Shortfall};
pub use track::Track;
pub use vote::{AccountVote, Choice, Vote};
