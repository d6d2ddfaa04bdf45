//! Governance as the chain stores it. Fields and variants are matched by name.

use super::Hash;
use crate::keys::AccountId;
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;

/// What a proposal may do.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
	/// Anything.
	Constitutional,
	/// Spends from the treasury, and some parameters.
	Treasury,
	/// Removes a member of the security council.
	CouncilRemoval,
}

/// A quantity whose past is kept.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
pub enum Series {
	/// The votes delegated to an account.
	Votes(AccountId),
	/// All wrapped units.
	Wrapped,
	/// All delegated votes.
	Delegated,
}

/// A value from a block on.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Checkpoint {
	pub block: u32,
	pub value: u128,
	pub position: u32,
}

/// How somebody voted.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Side {
	For,
	Against,
	Abstain,
}

/// A vote that was cast.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Ballot {
	pub side: Side,
	pub weight: u128,
}

/// The votes on a proposal. Blocks are numbers, votes units of OPEN.
#[derive(DecodeAsType, Clone, Debug)]
pub struct Tally {
	/// For.
	pub ayes: u128,
	/// Against.
	pub nays: u128,
	/// For and Abstain.
	pub support: u128,
	/// By which rules it is decided.
	pub kind: Kind,
	/// The block whose votes count; voting begins after it.
	pub snapshot: u32,
	/// The last block of voting.
	pub end: u32,
	/// Blocks that a late quorum adds; zero once it did.
	pub extension: u32,
	/// The least share of For in For and Against, in billionths.
	pub majority: u32,
	/// For and Abstain needed; known once the snapshot is past.
	pub quorum: Option<u128>,
}

/// How far a proposal is.
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
	/// blake2-256 of the call.
	pub call: Option<Hash>,
	pub tally: Option<Tally>,
	/// The block at which a queued call is dispatched.
	pub enactment: Option<u32>,
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
	/// At a block.
	At(u32),
	/// So many blocks after approval.
	After(u32),
}

/// An open referendum.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Referendum {
	pub proposal: Bounded,
	pub enactment: DispatchTime,
	pub submitted: u32,
}

#[derive(DecodeAsType)]
pub(super) struct Deposit {}

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

/// Whether the call of a hash is stored, and how long it is.
#[derive(DecodeAsType)]
pub(super) enum RequestStatus {
	Unrequested { len: u32 },
	Requested { maybe_len: Option<u32> },
}

/// A quorum: a share of all delegated votes in millionths, within limits.
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
	/// The votes it takes.
	pub quorum: Quorum,
	/// Blocks between approval and dispatch.
	pub timelock: u32,
}

/// The numbers of governance; periods in blocks.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Parameters {
	pub proposal_threshold: u128,
	pub voting_delay: u32,
	pub voting_period: u32,
	pub late_quorum_window: u32,
	/// In billionths.
	pub removal_majority: u32,
	pub constitutional: KindTerms,
	pub treasury: KindTerms,
	pub removal: KindTerms,
}

impl Parameters {
	/// The rules of a kind.
	pub fn terms(&self, kind: Kind) -> &KindTerms {
		match kind {
			Kind::Constitutional => &self.constitutional,
			Kind::Treasury => &self.treasury,
			Kind::CouncilRemoval => &self.removal,
		}
	}
}
