//! The votes on one proposal, and when they decide it.

use crate::{
	types::{AccountVote, Balance},
	Config, Error, Kind, Parameters, Side,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::VoteTally, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_conviction_voting::{Conviction, Vote};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Saturating, Zero},
	Perbill,
};

/// What the votes on a proposal lack for it to pass, the first of these that applies.
#[derive(Encode, Decode, TypeInfo, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortfall {
	/// At the snapshot the call was not on the chain.
	Call,
	/// For and Abstain do not reach the quorum.
	Quorum {
		/// The votes that are missing, in the smallest unit.
		missing: Balance,
	},
	/// For is not more than Against.
	Majority,
	/// For is too small a share of For and Against.
	Share {
		/// The share needed, in billionths.
		least: Perbill,
	},
}

/// The votes on a proposal, with the rules and dates that were in force when it was made.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound(T: Config))]
pub struct Tally<T: Config> {
	/// Votes For, in the smallest unit.
	pub ayes: Balance,
	/// Votes Against, in the smallest unit.
	pub nays: Balance,
	/// Votes For and Abstain, which count for the quorum.
	pub support: Balance,
	/// The kind of the proposal, whose rules decide it.
	pub kind: Kind,
	/// The block whose votes count; voting begins after it.
	pub snapshot: BlockNumberFor<T>,
	/// Blocks before the snapshot from which on votes must have been held: the least of them counts.
	pub holding_window: BlockNumberFor<T>,
	/// The last block of voting.
	pub end: BlockNumberFor<T>,
	/// Blocks that a late quorum leaves to the others; zero once it did.
	pub extension: BlockNumberFor<T>,
	/// The least share of For in For and Against, in billionths.
	pub majority: Perbill,
	/// The quorum at the snapshot; known from the first vote on.
	pub quorum: Option<Balance>,
}

impl<T: Config> Tally<T> {
	/// Whether the quorum is known and reached.
	pub fn has_quorum(&self) -> bool {
		self.quorum.is_some_and(|quorum| self.support >= quorum)
	}

	/// Nobody can vote on it any more.
	pub(crate) fn lapse(&mut self) {
		self.end = self.snapshot;
	}

	/// Whether it lapsed: voting takes a block at least otherwise.
	pub fn has_lapsed(&self) -> bool {
		self.end <= self.snapshot
	}

	/// What it lacks to pass; `None` if nothing, or as long as the quorum is not known.
	pub fn shortfall(&self) -> Option<Shortfall> {
		if self.has_lapsed() {
			return Some(Shortfall::Call);
		}
		let missing = self.quorum?.saturating_sub(self.support);
		let votes = self.ayes.saturating_add(self.nays);
		if !missing.is_zero() {
			Some(Shortfall::Quorum { missing })
		} else if self.ayes <= self.nays {
			Some(Shortfall::Majority)
		} else if self.ayes < self.majority.mul_ceil(votes) {
			Some(Shortfall::Share { least: self.majority })
		} else {
			None
		}
	}

	/// Whether it would pass if voting were over.
	pub fn is_won(&self) -> bool {
		self.quorum.is_some() && self.shortfall().is_none()
	}

	/// Whether voting is over and it passed.
	pub fn has_passed(&self, now: BlockNumberFor<T>) -> bool {
		now > self.end && self.is_won()
	}

	/// Counts a vote. Saturating, as all votes together are at most the supply.
	pub(crate) fn count(&mut self, side: Side, weight: Balance) {
		match side {
			Side::For => {
				self.ayes = self.ayes.saturating_add(weight);
				self.support = self.support.saturating_add(weight);
			},
			Side::Against => self.nays = self.nays.saturating_add(weight),
			Side::Abstain => self.support = self.support.saturating_add(weight),
		}
	}

	/// One that nobody can vote on: nothing is proposed where there are no parameters.
	fn without_rules(kind: Kind, now: BlockNumberFor<T>) -> Self {
		Self {
			ayes: Zero::zero(),
			nays: Zero::zero(),
			support: Zero::zero(),
			kind,
			snapshot: now,
			holding_window: Zero::zero(),
			end: now,
			extension: Zero::zero(),
			majority: Perbill::one(),
			quorum: None,
		}
	}

	fn decided(&self) -> Perbill {
		if self.has_passed(frame_system::Pallet::<T>::block_number()) {
			Perbill::one()
		} else {
			Perbill::zero()
		}
	}
}

impl<T: Config> VoteTally<Balance, u16> for Tally<T> {
	/// That of a proposal made in this block.
	fn new(track: u16) -> Self {
		let kind = Kind::of_track(track);
		let now = frame_system::Pallet::<T>::block_number();
		let Some(parameters) = Parameters::<T>::get() else {
			return Self::without_rules(kind, now);
		};
		let snapshot = now.saturating_add(parameters.voting_delay);
		Self {
			ayes: Zero::zero(),
			nays: Zero::zero(),
			support: Zero::zero(),
			kind,
			snapshot,
			holding_window: parameters.holding_window,
			end: snapshot.saturating_add(parameters.voting_period),
			extension: parameters.late_quorum_window,
			majority: match kind {
				Kind::CouncilRemoval => parameters.removal_majority,
				Kind::Constitutional | Kind::Treasury | Kind::MediumSpender | Kind::BigSpender => {
					Perbill::zero()
				},
			},
			quorum: None,
		}
	}

	fn ayes(&self, _: u16) -> Balance {
		self.ayes
	}

	/// Nothing until voting is over, so that nothing passes early; then all or nothing.
	fn support(&self, _: u16) -> Perbill {
		self.decided()
	}

	/// The same as [`Self::support`], so that both curves are met at once or not at all.
	fn approval(&self, _: u16) -> Perbill {
		self.decided()
	}
}

/// What a vote in conviction voting's shape says. Its amounts and conviction mean nothing here: all
/// votes of the voter count.
///
/// # Errors
/// If it is for several sides, or for none.
pub(crate) fn side_of<T>(vote: &AccountVote) -> Result<Side, Error<T>> {
	let (aye, nay, abstain) = match *vote {
		AccountVote::Standard { vote, .. } => {
			return Ok(if vote.aye { Side::For } else { Side::Against })
		},
		AccountVote::Split { aye, nay } => (aye, nay, None),
		AccountVote::SplitAbstain { aye, nay, abstain } => (aye, nay, Some(abstain)),
	};
	match (aye, nay, abstain) {
		// Whatever the amount: wallets fill in the free balance, which may be nothing.
		(0, 0, Some(_)) => Ok(Side::Abstain),
		(1.., 0, None | Some(0)) => Ok(Side::For),
		(0, 1.., None | Some(0)) => Ok(Side::Against),
		_ => Err(Error::<T>::SplitVote),
	}
}

/// The vote that was counted, in conviction voting's shape.
pub(crate) fn vote_of(side: Side, weight: Balance) -> AccountVote {
	let standard = |aye| AccountVote::Standard {
		vote: Vote { aye, conviction: Conviction::None },
		balance: weight,
	};
	match side {
		Side::For => standard(true),
		Side::Against => standard(false),
		Side::Abstain => {
			AccountVote::SplitAbstain { aye: Zero::zero(), nay: Zero::zero(), abstain: weight }
		},
	}
}
