//! What the pallet stores and tells.

use crate::{Config, Shortfall, Tally};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// The runtime's accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Votes, which are amounts of the native token in its smallest unit.
pub type Balance = u128;
/// The parameters as the runtime stores them.
pub type ParametersOf<T> = crate::Terms<BlockNumberFor<T>>;
/// A checkpoint as the runtime stores it.
pub type CheckpointOf<T> = Checkpoint<BlockNumberFor<T>>;
/// The votes of an account in one class, in conviction voting's shape.
pub type VotingOf<T> = pallet_conviction_voting::Voting<
	Balance,
	AccountIdOf<T>,
	BlockNumberFor<T>,
	u32,
	<T as Config>::MaxVotes,
>;
/// A vote in conviction voting's shape.
pub type AccountVote = pallet_conviction_voting::AccountVote<Balance>;

/// What a proposal may do, and so by which rules it is decided.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
)]
pub enum Kind {
	/// Dispatches anything, as Root.
	Constitutional,
	/// Spends little from the treasury, and the parameters that are not constitutional.
	Treasury,
	/// Removes a member of the security council.
	CouncilRemoval,
	/// Spends more from the treasury.
	MediumSpender,
	/// Spends most from the treasury.
	BigSpender,
}

impl Kind {
	/// All kinds, by track.
	pub const ALL: [Self; 5] = [
		Self::Constitutional,
		Self::Treasury,
		Self::CouncilRemoval,
		Self::MediumSpender,
		Self::BigSpender,
	];
	/// Those that spend from the treasury and from nothing else, by how much they may spend; then the one
	/// that may spend all of it. In this order quorums grow.
	pub const SPENDERS: [Self; 4] =
		[Self::Treasury, Self::MediumSpender, Self::BigSpender, Self::Constitutional];

	/// The referendum track of this kind.
	pub const fn track(self) -> u16 {
		match self {
			Self::Constitutional => 0,
			Self::Treasury => 1,
			Self::CouncilRemoval => 2,
			Self::MediumSpender => 3,
			Self::BigSpender => 4,
		}
	}

	/// The track's name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Constitutional => "constitutional",
			Self::Treasury => "treasury",
			Self::CouncilRemoval => "council_removal",
			Self::MediumSpender => "medium_spender",
			Self::BigSpender => "big_spender",
		}
	}

	/// The kind of a track; constitutional, the strictest, if there is no such track.
	pub fn of_track(track: u16) -> Self {
		Self::ALL.into_iter().find(|kind| kind.track() == track).unwrap_or(Self::Constitutional)
	}
}

/// A number of a quorum.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
)]
pub enum Bound {
	/// The share of the delegated votes, in millionths.
	Share,
	/// The least it can be.
	Least,
	/// The most it can be.
	Most,
}

/// A quantity whose past is kept.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
)]
pub enum Series<AccountId> {
	/// The votes delegated to an account.
	Votes(AccountId),
	/// All units that were wrapped, delegated or not.
	Wrapped,
	/// All delegated votes, less those delegated to the excluded account.
	Delegated,
	/// A number of the quorum of proposals of a kind.
	Quorum(Kind, Bound),
	/// The blocks before a snapshot in which votes must have been held to count.
	HoldingWindow,
}

/// A value from a block on. There is at most one for each block.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Checkpoint<BlockNumber> {
	/// The block in which it was set last.
	pub block: BlockNumber,
	/// The value at the end of that block.
	pub value: Balance,
	/// Its place in the series, from 0.
	pub position: u32,
	/// The place of an earlier checkpoint; its own, if it is the first.
	pub jump: u32,
	/// The least value of the checkpoints after the one at `jump`, up to this one.
	pub low: Balance,
}

/// How somebody voted.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Side {
	/// Counts for the majority and for the quorum.
	For,
	/// Counts for the majority.
	Against,
	/// Counts for the quorum.
	Abstain,
}

/// A vote that was cast.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Ballot {
	/// The side that the voter took.
	pub side: Side,
	/// The votes of the voter that count.
	pub weight: Balance,
}

/// What remains of a proposal when its referendum has ended.
#[derive(Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound(T: Config))]
pub struct Record<T: Config> {
	/// The votes so far, with the dates of the vote.
	pub tally: Tally<T>,
	/// The blake2-256 of the proposed call.
	pub call: H256,
	/// Who proposed it.
	pub proposer: AccountIdOf<T>,
}

/// What remains of an approved proposal.
#[derive(Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound(T: Config))]
pub struct Enactment<T: Config> {
	/// The block at which its call is dispatched.
	pub at: BlockNumberFor<T>,
	/// The hash of the call, if that is not in the scheduler itself.
	pub preimage: Option<T::Hash>,
}

/// How far a proposal is.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
pub enum State {
	/// Voting has not begun.
	Pending,
	/// It is voted on.
	Active,
	/// Its proposer took it back, or it was vetoed, or stopped by Root.
	Canceled,
	/// Voting is over and it did not pass.
	Defeated,
	/// Voting is over and it passed.
	Succeeded,
	/// It waits for its timelock.
	Queued,
	/// The block of its dispatch has come. The scheduler's event tells the result.
	Executed,
}

/// A proposal as [`crate::runtime_api::GovernanceApi`] tells it.
#[derive(Encode, Decode, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Proposal<T: Config> {
	/// How far the proposal is.
	pub state: State,
	/// Who proposed it, where that is still known.
	pub proposer: Option<AccountIdOf<T>>,
	/// The blake2-256 of the proposed call, where that is still known.
	pub call: Option<H256>,
	/// The votes, and the blocks between which they are cast.
	pub tally: Option<Tally<T>>,
	/// What the votes so far lack for it to pass; `None` if they are enough, or as long as the quorum is
	/// not known.
	pub shortfall: Option<Shortfall>,
	/// The blocks between its approval and its dispatch, by the parameters of now.
	pub timelock: Option<BlockNumberFor<T>>,
	/// The block at which its call is dispatched, if it is queued.
	pub enactment: Option<BlockNumberFor<T>>,
	/// Whether it was vetoed when it was queued.
	pub vetoed: bool,
}
