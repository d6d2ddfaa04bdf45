//! The security council as the chain stores it. Fields and variants are matched by name, votes are in the
//! smallest unit of OPEN, and blocks are numbers.

use super::{
	governance::{Bounded, Quorum},
	Hash,
};
use crate::keys::AccountId;
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;
use subxt::utils::MultiSignature;

/// One half of the council; elections replace one and the other in turn.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cohort {
	/// The half that the first election replaces.
	First,
	/// The half that the second election replaces.
	Second,
}

impl Cohort {
	/// Both halves, in the order of their elections.
	pub const BOTH: [Self; 2] = [Self::First, Self::Second];

	/// Names it in one word.
	pub fn name(self) -> &'static str {
		match self {
			Self::First => "first",
			Self::Second => "second",
		}
	}
}

/// The place of a member in its half.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Seat {
	pub account: AccountId,
	/// The block in which its key was changed last.
	pub rotated: Option<u32>,
}

/// The timetable of an election: the last blocks of its phases.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phases {
	/// The block in which it was started.
	pub start: u32,
	/// The last block of registration, whose votes count for nomination.
	pub nomination: u32,
	/// The last block of nomination.
	pub vetting: u32,
	/// The last block of vetting, whose votes count for voting.
	pub voting: u32,
	/// The last block in which votes have their full weight.
	pub full_weight: u32,
	/// The last block of voting.
	pub end: u32,
}

/// An election that is not finished.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Election {
	pub number: u32,
	pub cohort: Cohort,
	pub phases: Phases,
	/// The share of the delegated votes that makes a contender a nominee, in millionths.
	pub nominee_threshold: u32,
	/// The votes that must be spent in voting.
	pub quorum: Quorum,
	/// The votes that an elected nominee holds at least.
	pub least_votes: u128,
	pub vetter: Option<AccountId>,
}

/// A new key's consent to a seat, as calls carry it.
#[derive(EncodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Acceptance {
	pub expiry: u32,
	pub signature: MultiSignature,
}

/// What became of an account that stands for election.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Standing {
	Contender,
	Nominee,
	Excluded,
}

/// An account that stands for election.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Contender {
	pub standing: Standing,
	/// Votes for its nomination.
	pub nominations: u128,
	/// Weight of the votes for its election.
	pub weight: u128,
}

/// The votes that a voter spent in the two phases of an election.
#[derive(DecodeAsType, Clone, Copy, Default, Debug)]
#[allow(missing_docs)]
pub struct Spent {
	pub nomination: u128,
	pub voting: u128,
}

/// A call of the council that waits for the timelock.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Scheduled {
	pub task: Bounded,
	pub at: u32,
}

/// The parameters of the council and its elections; periods are in blocks.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct CouncilParameters {
	pub election_interval: u32,
	pub registration_period: u32,
	pub nomination_period: u32,
	pub vetting_period: u32,
	pub voting_period: u32,
	pub full_weight_period: u32,
	/// The share of the delegated votes that makes a contender a nominee, in millionths.
	pub nominee_threshold: u32,
	/// The votes that must be spent in the voting of an election.
	pub quorum: Quorum,
	/// The votes that an elected nominee holds at least.
	pub least_votes: u128,
	pub vetter: Option<AccountId>,
	pub rotation_interval: u32,
}

/// The votes on a motion.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Voting {
	pub index: u32,
	pub threshold: u32,
	pub ayes: Vec<AccountId>,
	pub nays: Vec<AccountId>,
	/// The block from which on it can be closed whatever the votes.
	pub end: u32,
}

/// An open motion of the council.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Motion {
	pub hash: Hash,
	pub voting: Voting,
	/// The call in SCALE, as members agreed on it.
	pub call: Vec<u8>,
}

/// What a call may cost in time and in proof.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Weight {
	pub ref_time: u64,
	pub proof_size: u64,
}

#[derive(DecodeAsType)]
pub(super) struct CallInfo {
	pub weight: Weight,
}
