//! The numbers of governance, and what keeps them from stopping the chain.

use crate::{
	types::{Balance, ParametersOf},
	Bound, Config, Error, Kind, LongestLife, Pallet, Parameters as StoredParameters, Series,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::ensure;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{
	traits::{AtLeast32BitUnsigned, Get, One, SaturatedConversion, Saturating},
	Perbill, Permill,
};

/// What a quorum is: a share of the delegated votes, within limits.
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
pub struct Quorum {
	/// The share of the votes delegated at the snapshot.
	pub share: Permill,
	/// The least it can be.
	pub least: Balance,
	/// The most it can be.
	pub most: Balance,
}

impl Quorum {
	/// The quorum where `delegated` votes are delegated: no more than `most`, no less than `least`.
	pub fn of(&self, delegated: Balance) -> Balance {
		self.share.mul_floor(delegated).min(self.most).max(self.least)
	}

	/// The number that `bound` names.
	pub(crate) fn get(&self, bound: Bound) -> Balance {
		match bound {
			Bound::Share => self.share.deconstruct().into(),
			Bound::Least => self.least,
			Bound::Most => self.most,
		}
	}

	/// The quorum made of the numbers that `get` finds.
	pub(crate) fn read<E>(get: impl Fn(Bound) -> Result<Balance, E>) -> Result<Self, E> {
		Ok(Self {
			share: Permill::from_parts(get(Bound::Share)?.saturated_into()),
			least: get(Bound::Least)?,
			most: get(Bound::Most)?,
		})
	}
}

/// The rules of one kind of proposals.
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
pub struct KindTerms<BlockNumber> {
	/// The votes it takes, For and Abstain.
	pub quorum: Quorum,
	/// Blocks between approval and dispatch.
	pub timelock: BlockNumber,
}

/// What proposals that only spend may spend. The chain pays what was approved once in each period; until then it
/// waits.
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
pub struct Spending<BlockNumber> {
	/// Blocks between two payments.
	pub period: BlockNumber,
	/// The most that may wait once a proposal of this kind has approved something, whoever approved the rest:
	/// also the most that such a proposal can spend.
	pub treasury: Balance,
	/// The same of medium spenders.
	pub medium_spender: Balance,
	/// The same of big spenders: the most that all of them together spend in a period.
	pub big_spender: Balance,
}

impl<BlockNumber> Spending<BlockNumber> {
	/// The most that may wait once a proposal of this kind has approved something; `None` if this says nothing
	/// about the kind: it is unlimited, or may not spend at all.
	pub fn limit(&self, kind: Kind) -> Option<Balance> {
		match kind {
			Kind::Treasury => Some(self.treasury),
			Kind::MediumSpender => Some(self.medium_spender),
			Kind::BigSpender => Some(self.big_spender),
			Kind::Constitutional | Kind::CouncilRemoval => None,
		}
	}
}

/// The numbers of governance.
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
pub struct Parameters<BlockNumber> {
	/// Votes delegated to a proposer, at the block before.
	pub proposal_threshold: Balance,
	/// Blocks from the proposal to the snapshot, after which voting begins.
	pub voting_delay: BlockNumber,
	/// Blocks before the snapshot from which on votes must have been held to count.
	pub holding_window: BlockNumber,
	/// Blocks of voting.
	pub voting_period: BlockNumber,
	/// A quorum reached with less than this many blocks left moves the end to this many blocks
	/// later, once.
	pub late_quorum_window: BlockNumber,
	/// The least share of For in For and Against to remove a member of the security council. In
	/// billionths, as five sixths in millionths let whole votes less than that pass.
	pub removal_majority: Perbill,
	/// The rules of constitutional proposals.
	pub constitutional: KindTerms<BlockNumber>,
	/// The rules of treasury proposals.
	pub treasury: KindTerms<BlockNumber>,
	/// The rules of medium spenders.
	pub medium_spender: KindTerms<BlockNumber>,
	/// The rules of big spenders.
	pub big_spender: KindTerms<BlockNumber>,
	/// The rules of votes to remove a member of the security council.
	pub removal: KindTerms<BlockNumber>,
	/// What may be spent.
	pub spending: Spending<BlockNumber>,
}

impl<BlockNumber: AtLeast32BitUnsigned + Copy> Parameters<BlockNumber> {
	/// The rules of a kind.
	pub fn terms(&self, kind: Kind) -> &KindTerms<BlockNumber> {
		match kind {
			Kind::Constitutional => &self.constitutional,
			Kind::Treasury => &self.treasury,
			Kind::CouncilRemoval => &self.removal,
			Kind::MediumSpender => &self.medium_spender,
			Kind::BigSpender => &self.big_spender,
		}
	}

	/// The numbers whose past is kept.
	pub(crate) fn recorded<AccountId>(&self) -> impl Iterator<Item = (Series<AccountId>, Balance)> {
		let quorums = Kind::ALL.map(|kind| (kind, self.terms(kind).quorum)).into_iter();
		let window = (Series::HoldingWindow, self.holding_window.saturated_into());
		quorums
			.flat_map(|(kind, quorum)| {
				[Bound::Share, Bound::Least, Bound::Most]
					.map(|bound| (Series::Quorum(kind, bound), quorum.get(bound)))
			})
			.chain([window])
	}

	/// What the dates of a proposal are made from.
	fn periods(&self) -> [BlockNumber; 3] {
		[self.voting_delay, self.voting_period, self.late_quorum_window]
	}

	/// The most blocks from the first possible vote to the last, with one to see the end and one
	/// to spare.
	pub(crate) fn decision_period(&self) -> BlockNumber {
		self.voting_period
			.saturating_add(self.late_quorum_window)
			.saturating_add(One::one())
			.saturating_add(One::one())
	}

	/// The most blocks from a proposal to its end.
	pub(crate) fn life(&self) -> BlockNumber {
		self.voting_delay.saturating_add(self.decision_period())
	}

	/// # Errors
	/// If no proposal could pass any more, or one could pass without anybody noticing.
	pub(crate) fn check<T: Config>(&self) -> Result<(), Error<T>> {
		let longest: BlockNumber = T::LongestPeriod::get().saturated_into::<u32>().into();
		ensure!(
			self.periods().iter().all(|period| !period.is_zero() && *period <= longest),
			Error::<T>::PeriodOutOfRange
		);
		ensure!(self.late_quorum_window <= self.voting_period, Error::<T>::WindowTooLong);
		ensure!(
			!self.holding_window.is_zero() && self.holding_window <= self.voting_delay,
			Error::<T>::HoldingWindowOutOfRange
		);
		// A threshold or a quorum out of reach could be lowered by nobody.
		let limit = T::HighestQuorum::get();
		ensure!(
			self.proposal_threshold > 0 && self.proposal_threshold <= limit,
			Error::<T>::ThresholdOutOfRange
		);
		ensure!(
			self.removal_majority >= Perbill::from_percent(50)
				&& self.removal_majority <= Perbill::one(),
			Error::<T>::MajorityOutOfRange
		);
		for kind in Kind::ALL {
			let KindTerms { quorum, timelock } = *self.terms(kind);
			ensure!(!timelock.is_zero() && timelock <= longest, Error::<T>::TimelockOutOfRange);
			ensure!(
				!quorum.share.is_zero()
					&& quorum.least > 0
					&& quorum.least <= quorum.most
					&& quorum.most <= limit,
				Error::<T>::QuorumOutOfRange
			);
		}
		self.check_spending(longest)
	}

	/// # Errors
	/// If who may spend more needs fewer votes.
	fn check_spending<T: Config>(&self, longest: BlockNumber) -> Result<(), Error<T>> {
		let Spending { period, treasury, medium_spender, big_spender } = self.spending;
		ensure!(!period.is_zero() && period <= longest, Error::<T>::SpendPeriodOutOfRange);
		ensure!(
			treasury > 0 && treasury < medium_spender && medium_spender < big_spender,
			Error::<T>::SpendLimitsNotGrowing
		);
		let quorums = Kind::SPENDERS.map(|kind| self.terms(kind).quorum);
		let grow = quorums.iter().zip(quorums.iter().skip(1)).all(|(less, more)| {
			less.share <= more.share && less.least <= more.least && less.most <= more.most
		});
		ensure!(grow, Error::<T>::QuorumsNotGrowing);
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	/// Puts parameters in force, and their quorums into the record of the past.
	pub(crate) fn put_parameters(parameters: ParametersOf<T>) -> Result<(), Error<T>> {
		parameters.check::<T>()?;
		if let Some(before) = StoredParameters::<T>::get() {
			let life = before.life().max(Self::longest_life());
			if before.periods() != parameters.periods() && parameters.decision_period() < life {
				// Proposals made until now live by their own dates.
				let now = frame_system::Pallet::<T>::block_number();
				LongestLife::<T>::put((now.saturating_add(life), life));
			}
		}
		for (series, value) in parameters.recorded() {
			if Self::latest(&series) != value {
				Self::record(series, value);
			}
		}
		StoredParameters::<T>::put(parameters);
		Ok(())
	}
}
