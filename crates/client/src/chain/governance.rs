//! Governance as the chain stores it. Fields and variants are matched by name, votes are in the smallest
//! unit of OPEN, and blocks are numbers.

use super::Hash;
use crate::keys::AccountId;
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;

/// What the call of a proposal may do.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
	/// It may do anything.
	Constitutional,
	/// It may spend little from the treasury, and set some parameters.
	Treasury,
	/// It may remove a member of the security council.
	CouncilRemoval,
	/// It may spend more from the treasury.
	MediumSpender,
	/// It may spend most from the treasury.
	BigSpender,
}

/// Which side somebody voted for.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Side {
	For,
	Against,
	Abstain,
}

/// A vote that was cast, with its weight.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Ballot {
	pub side: Side,
	pub weight: u128,
}

/// The votes on a proposal, and by which rules they are counted.
#[derive(DecodeAsType, Clone, Debug)]
pub struct Tally {
	/// The votes for it.
	pub ayes: u128,
	/// The votes against it.
	pub nays: u128,
	/// The votes that count for the quorum: For and Abstain.
	pub support: u128,
	/// What it may do, which decides by which rules it passes.
	pub kind: Kind,
	/// The block whose votes count; voting begins after it.
	pub snapshot: u32,
	/// The blocks before the snapshot in which votes must have been held: the least of them count.
	pub holding_window: u32,
	/// The last block of voting.
	pub end: u32,
	/// The blocks that a quorum reached late adds to voting; zero once it did.
	pub extension: u32,
	/// The least share of For in For and Against, in billionths.
	pub majority: u32,
	/// The votes For or Abstain that it takes; known once the snapshot is past.
	pub quorum: Option<u128>,
}

/// How far a proposal is, as the runtime tells it.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum State {
	Pending,
	Active,
	Canceled,
	Defeated,
	Succeeded,
	Queued,
	Executed,
}

/// A proposal as the runtime tells it.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Proposal {
	pub state: State,
	pub proposer: Option<AccountId>,
	/// The blake2-256 hash of the call.
	pub call: Option<Hash>,
	pub tally: Option<Tally>,
	/// What the votes so far lack; none if they are enough, or the quorum is not known yet.
	pub shortfall: Option<Shortfall>,
	/// The blocks between approval and dispatch, by the parameters of the block asked.
	pub timelock: Option<u32>,
	/// The block at which a queued call is dispatched.
	pub enactment: Option<u32>,
	/// Whether the security council stopped it.
	pub vetoed: bool,
}

/// What a proposal lacks to pass.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortfall {
	/// The call was not on the chain at the snapshot: the proposal lapsed.
	Call,
	/// Too few votes For or Abstain.
	Quorum {
		/// How many are missing, in the smallest unit of OPEN.
		missing: u128,
	},
	/// For is not more than Against.
	Majority,
	/// For is too small a share of For and Against.
	Share {
		/// The share needed, in billionths.
		least: u32,
	},
}

/// What the runtime itself asks of those who propose.
#[derive(Clone, Copy, Debug)]
pub struct Proposing {
	/// What is held of the proposer until the proposal has ended, in the smallest unit of OPEN.
	pub deposit: u128,
	/// The share of its quorum that For and Abstain must reach for the deposit of a defeated proposal to come
	/// back, in millionths.
	pub deposit_support: u32,
	/// The most proposals that one account may have open.
	pub most_open: u32,
}

/// Why an account cannot propose.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
	/// The chain has no parameters of governance.
	NoParameters,
	/// Too few votes were delegated to it at the block before.
	Votes {
		/// How many are missing, in the smallest unit of OPEN.
		missing: u128,
	},
	/// As many of its proposals are open as may be.
	Open {
		/// How many may be.
		most: u32,
	},
	/// As many proposals have the same snapshot as may have.
	SnapshotFull,
	/// It cannot pay the deposit.
	Deposit {
		/// The deposit, in the smallest unit of OPEN.
		amount: u128,
	},
}

/// A quantity whose past the chain keeps.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy)]
pub(super) enum Series {
	Votes(AccountId),
}

#[derive(DecodeAsType)]
pub(super) struct Checkpoint {
	pub value: u128,
}

#[derive(DecodeAsType)]
pub(super) struct Enactment {
	pub at: u32,
}

/// A call by its hash, or itself.
#[derive(EncodeAsType, DecodeAsType, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Bounded {
	Legacy { hash: Hash },
	Inline(Vec<u8>),
	Lookup { hash: Hash, len: u32 },
}

/// When an approved call is dispatched, at the earliest.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum DispatchTime {
	/// At this block.
	At(u32),
	/// So many blocks after approval.
	After(u32),
}

/// A referendum that is not decided yet.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Referendum {
	pub proposal: Bounded,
	pub enactment: DispatchTime,
	pub submitted: u32,
	pub(super) submission_deposit: Deposit,
}

/// What a proposer paid for a proposal.
#[derive(DecodeAsType, Clone, Debug)]
pub(super) struct Deposit {
	amount: u128,
}

#[derive(DecodeAsType)]
#[expect(dead_code, reason = "a variant is decoded with all its fields, read or not")]
pub(super) enum ReferendumInfo {
	Ongoing(Referendum),
	Approved(u32, Option<Deposit>, Option<Deposit>),
	Rejected(u32, Option<Deposit>, Option<Deposit>),
	Cancelled(u32, Option<Deposit>, Option<Deposit>),
	TimedOut(u32, Option<Deposit>, Option<Deposit>),
	Killed(u32),
}

impl ReferendumInfo {
	pub fn deposit(self) -> Option<u128> {
		let deposit = match self {
			Self::Ongoing(referendum) => Some(referendum.submission_deposit),
			Self::Approved(_, deposit, _)
			| Self::Rejected(_, deposit, _)
			| Self::Cancelled(_, deposit, _)
			| Self::TimedOut(_, deposit, _) => deposit,
			Self::Killed(_) => None,
		};
		deposit.map(|deposit| deposit.amount)
	}
}

/// Whether the call of a hash is stored, and how long it is.
#[derive(DecodeAsType)]
pub(super) enum RequestStatus {
	Unrequested { len: u32 },
	Requested { maybe_len: Option<u32> },
}

/// A quorum: a share of all delegated votes, in millionths, between the least and the most votes.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Quorum {
	pub share: u32,
	pub least: u128,
	pub most: u128,
}

/// The rules of one kind of proposals.
#[derive(DecodeAsType, Clone, Copy, Debug)]
pub struct KindTerms {
	/// The votes that a proposal takes.
	pub quorum: Quorum,
	/// The blocks between approval and dispatch.
	pub timelock: u32,
}

/// The numbers of governance; periods in blocks.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Parameters {
	pub proposal_threshold: u128,
	pub voting_delay: u32,
	/// The blocks before a snapshot in which votes must have been held to count.
	pub holding_window: u32,
	pub voting_period: u32,
	pub late_quorum_window: u32,
	/// The share of For in For and Against that a removal takes, in billionths.
	pub removal_majority: u32,
	pub constitutional: KindTerms,
	pub treasury: KindTerms,
	pub medium_spender: KindTerms,
	pub big_spender: KindTerms,
	pub removal: KindTerms,
	pub spending: Spending,
}

/// What proposals may spend from the treasury, in the smallest unit of OPEN: the most that waits to be paid once
/// one of a kind has approved something.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Spending {
	/// The blocks between two payments.
	pub period: u32,
	pub treasury: u128,
	pub medium_spender: u128,
	pub big_spender: u128,
}
