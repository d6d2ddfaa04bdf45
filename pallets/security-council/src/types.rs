//! What the pallet stores.

use crate::{Config, Error};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	traits::{Bounded, OriginTrait},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{
	helpers_128bit::multiply_by_rational_with_rounding,
	traits::{AtLeast32BitUnsigned, ConstU32, Get, SaturatedConversion},
	Permill, Rounding,
};

/// The seats of one of the two cohorts.
pub const COHORT_SIZE: u32 = 6;
/// Voters of one election whose votes are transferred, at most. Each had at least this part of the votable
/// units, so that there cannot be more.
pub const MAX_BALLOTS: u32 = 2_000;
/// Motions that one member can have open: one, and one more so that an emergency need not wait for it.
pub const MOTIONS_OF_A_MEMBER: usize = 2;
/// Nominees to whom one ballot can give votes.
pub const MAX_CHOICES: u32 = 16;

/// Votes: units of the native token.
pub type Balance = u128;
/// Number of an election, from 0.
pub type ElectionNumber = u32;
/// Number of a seat, over all elections.
pub type SeatNumber = u32;

/// The runtime's accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// The origins of the runtime's pallets.
pub type PalletsOriginOf<T> =
	<<T as frame_system::Config>::RuntimeOrigin as OriginTrait>::PalletsOrigin;
/// The parameters as the runtime stores them.
pub type ParametersOf<T> = Parameters<AccountIdOf<T>, BlockNumberFor<T>>;
/// The seats of a cohort as the runtime stores them.
pub type SeatsOf<T> = BoundedVec<Seat<AccountIdOf<T>, BlockNumberFor<T>>, ConstU32<COHORT_SIZE>>;
/// An election as the runtime stores it.
pub type ElectionOf<T> = Election<AccountIdOf<T>, BlockNumberFor<T>>;
/// The accounts that get the seats of a cohort.
pub type NamedOf<T> = BoundedVec<AccountIdOf<T>, ConstU32<COHORT_SIZE>>;
/// To which nominees, by their place among them, a voter gave what weight of votes.
pub type ElectionBallot = BoundedVec<(u32, Balance), ConstU32<MAX_CHOICES>>;
/// A scheduled call as the runtime stores it.
pub type ScheduledOf<T> = Scheduled<
	Bounded<<T as Config>::RuntimeCall, <T as frame_system::Config>::Hashing>,
	BlockNumberFor<T>,
>;

/// One half of the council. The halves are elected in turn.
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
pub enum Cohort {
	/// The one that the first election replaces.
	First,
	/// The one that the second election replaces.
	Second,
}

impl Cohort {
	/// Both cohorts, in the order in which elections replace them.
	pub const BOTH: [Self; 2] = [Self::First, Self::Second];

	/// The cohort that `election` replaces.
	pub fn of(election: ElectionNumber) -> Self {
		if election.is_multiple_of(2) {
			Self::First
		} else {
			Self::Second
		}
	}

	/// The cohort that is not this one.
	pub const fn other(self) -> Self {
		match self {
			Self::First => Self::Second,
			Self::Second => Self::First,
		}
	}
}

/// A member's place in its cohort. It stays the same seat whatever key the member rotates to, and when
/// the member is elected again.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Seat<AccountId, BlockNumber> {
	/// Its number, never given out again.
	pub number: SeatNumber,
	/// The key with which the member signs now.
	pub account: AccountId,
	/// The block of the last rotation.
	pub rotated: Option<BlockNumber>,
}

/// The timetable of an election, in block numbers. A phase lasts from the block after the one named like it,
/// at whose end the votes are counted that the phase may spend, until the block named like the next.
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
pub struct Phases<BlockNumber> {
	/// The block of the start; registration begins in it.
	pub start: BlockNumber,
	/// The last block of registration, and the snapshot for nomination.
	pub nomination: BlockNumber,
	/// The last block of nomination.
	pub vetting: BlockNumber,
	/// The last block of vetting, and the snapshot for voting.
	pub voting: BlockNumber,
	/// The last block of voting in which votes count in full.
	pub full_weight: BlockNumber,
	/// The last block of voting; from the next one on the election can be finished.
	pub end: BlockNumber,
}

/// How far an election is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
	/// Accounts register as contenders.
	Registration,
	/// Voters give contenders votes towards their nomination.
	Nomination,
	/// The vetter excludes nominees, and includes others where fewer than six are left.
	Vetting,
	/// Voters elect members among the nominees.
	Voting,
	/// Voting is over: anybody can have the cohort replaced.
	Over,
}

impl<BlockNumber: AtLeast32BitUnsigned + Copy> Phases<BlockNumber> {
	/// The timetable of an election that starts at block `start`. `None` if it would not end before the last
	/// block number.
	pub fn new<AccountId>(
		start: BlockNumber,
		parameters: &Parameters<AccountId, BlockNumber>,
	) -> Option<Self> {
		let nomination = start.checked_add(&parameters.registration_period)?;
		let vetting = nomination.checked_add(&parameters.nomination_period)?;
		let voting = vetting.checked_add(&parameters.vetting_period)?;
		let full_weight = voting.checked_add(&parameters.full_weight_period)?;
		let end = voting.checked_add(&parameters.voting_period)?;
		Some(Self { start, nomination, vetting, voting, full_weight, end })
	}

	/// The phase in block `now`.
	pub fn at(&self, now: BlockNumber) -> Phase {
		match now {
			_ if now <= self.nomination => Phase::Registration,
			_ if now <= self.vetting => Phase::Nomination,
			_ if now <= self.voting => Phase::Vetting,
			_ if now <= self.end => Phase::Voting,
			_ => Phase::Over,
		}
	}

	/// What `votes` votes count for in block `now` of voting: all up to the last block of full weight, then
	/// the part `(end - now) / (end - full_weight)` of them, rounded down.
	pub fn weigh(&self, votes: Balance, now: BlockNumber) -> Balance {
		if now <= self.full_weight {
			return votes;
		}
		let left = self.end.saturating_sub(now).saturated_into();
		let fall = self.end.saturating_sub(self.full_weight).saturated_into();
		multiply_by_rational_with_rounding(votes, left, fall, Rounding::Down).unwrap_or_default()
	}
}

/// The election of one cohort, with what the parameters were at its start.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Election<AccountId, BlockNumber> {
	/// The number of the election, from 0. It decides which cohort is replaced.
	pub number: ElectionNumber,
	/// The cohort that it replaces.
	pub cohort: Cohort,
	/// The blocks in which its phases begin and end.
	pub phases: Phases<BlockNumber>,
	/// The part of the votable units that makes a contender a nominee.
	pub nominee_threshold: Permill,
	/// The votes that must be spent in voting; with fewer the cohort stays.
	pub quorum: Quorum,
	/// The votes that an elected nominee holds at least.
	pub least_votes: Balance,
	/// Who may exclude nominees; nobody if there is none.
	pub vetter: Option<AccountId>,
}

/// A quorum: a share of the votable units at the start of voting, within limits.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quorum {
	/// The share of the votable units; not zero.
	pub share: Permill,
	/// The least it can be; not zero.
	pub least: Balance,
	/// The most it can be.
	pub most: Balance,
}

impl Quorum {
	/// The quorum where `votable` units are votable: the share rounded down, no more than `most`, no less than
	/// `least`.
	pub fn of(&self, votable: Balance) -> Balance {
		self.share.mul_floor(votable).min(self.most).max(self.least)
	}
}

/// What became of an account that stood for election.
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
pub enum Standing {
	/// It registered, and has not enough votes for a nomination yet.
	Contender,
	/// It was nominated, or included by the vetter.
	Nominee,
	/// The vetter excluded it from this election, for good.
	Excluded,
}

/// The record of an account that stands for election.
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
pub struct Contender {
	/// How far the account has come.
	pub standing: Standing,
	/// The votes given towards its nomination, no more than it needs.
	pub nominations: Balance,
	/// Weight of the votes for its election.
	pub weight: Balance,
}

impl Contender {
	/// The record of an account that nobody gave votes yet.
	pub const fn new(standing: Standing) -> Self {
		Self { standing, nominations: 0, weight: 0 }
	}
}

/// What a voter spent in an election.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Spent {
	/// The votes that the voter gave towards nominations.
	pub nomination: Balance,
	/// Votes for the election, before they were weighed.
	pub voting: Balance,
}

/// A call that waits for the timelock.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Scheduled<Task, BlockNumber> {
	/// The scheduler's task: the call inside `enact`. Long ones are in the preimage store.
	pub task: Task,
	/// The block in which it is dispatched.
	pub at: BlockNumber,
}

/// What the admin origin can change.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters<AccountId, BlockNumber> {
	/// Blocks from when one election is due until the next is; not less than the four periods.
	pub election_interval: BlockNumber,
	/// Blocks for which contenders register; not zero.
	pub registration_period: BlockNumber,
	/// Blocks for which voters nominate; not zero.
	pub nomination_period: BlockNumber,
	/// Blocks for which the vetter excludes; not zero.
	pub vetting_period: BlockNumber,
	/// Blocks for which voters elect; not zero.
	pub voting_period: BlockNumber,
	/// The first blocks of these, in which votes count in full; not zero.
	pub full_weight_period: BlockNumber,
	/// The part of the votable units that makes a contender a nominee; from one `MaxNominees`th to one sixth.
	pub nominee_threshold: Permill,
	/// The votes that must be spent in voting, or the cohort stays as it is.
	pub quorum: Quorum,
	/// The votes that a nominee must hold, once transfers are over, to be elected; from one to a sixth of the
	/// least quorum.
	pub least_votes: Balance,
	/// Who may exclude nominees. Without, nobody does. Neither a member nor one who stands for election.
	pub vetter: Option<AccountId>,
	/// Blocks from one rotation of a member's key to the next at least; not zero.
	pub rotation_interval: BlockNumber,
}

/// The highest threshold: with a higher one, the votable units could not nominate one contender for each seat.
const HIGHEST_THRESHOLD: Permill = Permill::from_parts(1_000_000 / COHORT_SIZE);

impl<AccountId, BlockNumber: AtLeast32BitUnsigned + Copy> Parameters<AccountId, BlockNumber> {
	/// # Errors
	/// If elections or rotations could not work, or few voters could decide an election.
	pub(crate) fn check<T: Config>(&self) -> Result<(), Error<T>> {
		let zero = BlockNumber::zero();
		ensure!(self.registration_period > zero, Error::<T>::ZeroRegistrationPeriod);
		ensure!(self.nomination_period > zero, Error::<T>::ZeroNominationPeriod);
		ensure!(self.vetting_period > zero, Error::<T>::ZeroVettingPeriod);
		ensure!(self.voting_period > zero, Error::<T>::ZeroVotingPeriod);
		ensure!(
			self.full_weight_period > zero && self.full_weight_period <= self.voting_period,
			Error::<T>::FullWeightPeriodOutOfRange
		);
		let length = Phases::new(zero, self).ok_or(Error::<T>::IntervalTooShort)?.end;
		ensure!(self.election_interval >= length, Error::<T>::IntervalTooShort);
		let nominees = u64::from(self.nominee_threshold.deconstruct())
			.saturating_mul(T::MaxNominees::get().into());
		ensure!(
			nominees >= 1_000_000 && self.nominee_threshold <= HIGHEST_THRESHOLD,
			Error::<T>::ThresholdOutOfRange
		);
		let Quorum { share, least, most } = self.quorum;
		ensure!(
			!share.is_zero() && least > 0 && least <= most && most <= T::HighestQuorum::get(),
			Error::<T>::QuorumOutOfRange
		);
		// Otherwise an election that reaches its quorum might be unable to fill all seats.
		ensure!(
			self.least_votes > 0 && self.least_votes.saturating_mul(COHORT_SIZE.into()) <= least,
			Error::<T>::LeastVotesOutOfRange
		);
		ensure!(self.rotation_interval > zero, Error::<T>::ZeroRotationInterval);
		Ok(())
	}
}

/// A length as `u32`, saturating.
pub(crate) fn count(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}
