//! Voting on a proposal.

use crate::{
	tally::{side_of, vote_of},
	types::{AccountIdOf, AccountVote, Balance},
	Ballot, Ballots, Call, Config, Error, Event, Kind, Pallet, Pinned, Quorum, Record, Records,
	Series, Tally, VotingFor,
};
use frame_support::{
	ensure,
	traits::{
		schedule::{v3::Anon, DispatchTime},
		StorePreimage,
	},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use pallet_conviction_voting::Voting;
use pallet_referenda::{CallOf, ReferendumInfo, ReferendumInfoFor, ReferendumStatusOf};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{One, Saturating, Zero},
	DispatchError, DispatchResult,
};

/// A referendum that has not ended.
pub(crate) type StatusOf<T> = ReferendumStatusOf<T, ()>;

impl<T: Config> Pallet<T> {
	/// Counts a vote. Whether that scheduled anything, as the first vote does and a late quorum.
	pub(crate) fn do_vote(
		who: AccountIdOf<T>,
		index: u32,
		vote: &AccountVote,
	) -> Result<bool, DispatchError> {
		let side = side_of::<T>(vote)?;
		let now = frame_system::Pallet::<T>::block_number();
		let mut status = Self::ongoing(index)?;
		ensure!(now > status.tally.snapshot, Error::<T>::VotingNotBegun);
		ensure!(!status.tally.has_lapsed(), Error::<T>::PreimageMissing);
		ensure!(now <= status.tally.end, Error::<T>::VotingOver);
		ensure!(!Ballots::<T>::contains_key(index, &who), Error::<T>::AlreadyVoted);
		let weight = Self::counted(&who, status.tally.snapshot, status.tally.holding_window)?;
		ensure!(!weight.is_zero(), Error::<T>::NoVotes);

		let first = status.tally.quorum.is_none();
		if first {
			status = Self::open(index, status)?;
		}
		let reached_before = status.tally.has_quorum();
		status.tally.count(side, weight);
		let reached_now = !reached_before && status.tally.has_quorum();
		if reached_now {
			Self::deposit_event(Event::QuorumReached { index, block: now });
			Self::extend(index, &mut status.tally, now)?;
		}

		Ballots::<T>::insert(index, &who, Ballot { side, weight });
		Self::keep_record(index, &status);
		let (class, vote) = (status.track, vote_of(side, weight));
		ReferendumInfoFor::<T>::insert(index, ReferendumInfo::Ongoing(status));
		Self::show_vote(&who, class, index, vote);
		Self::deposit_event(Event::Voted { who, vote, poll_index: index });
		Ok(first || reached_now)
	}

	/// # Errors
	/// If there is no such referendum, or it has ended.
	pub(crate) fn ongoing(index: u32) -> Result<StatusOf<T>, Error<T>> {
		match ReferendumInfoFor::<T>::get(index) {
			Some(ReferendumInfo::Ongoing(status)) => Ok(status),
			Some(_) if Records::<T>::get(index).is_some_and(|record| record.tally.has_lapsed()) => {
				Err(Error::<T>::PreimageMissing)
			},
			Some(_) => Err(Error::<T>::VotingOver),
			None => Err(Error::<T>::NotFound),
		}
	}

	/// The quorum of proposals of a kind whose snapshot is `at`.
	///
	/// # Errors
	/// If `at` is not past.
	pub(crate) fn quorum_at(kind: Kind, at: BlockNumberFor<T>) -> Result<Balance, DispatchError> {
		Self::quorum_by(kind, |series| Self::past(series, at))
	}

	/// The quorum of proposals of a kind, where `value` tells what series were at their snapshot.
	fn quorum_by<E>(
		kind: Kind,
		value: impl Fn(&Series<AccountIdOf<T>>) -> Result<Balance, E>,
	) -> Result<Balance, E> {
		let quorum = Quorum::read(|bound| value(&Series::Quorum(kind, bound)))?;
		Ok(quorum.of(value(&Series::Delegated)?))
	}

	/// Implements [`votes`](crate::runtime_api::GovernanceApi): the votes of `who` that count where the snapshot
	/// is block `at`; `None` if that is after the block whose state is read.
	pub fn votes_at(who: AccountIdOf<T>, at: BlockNumberFor<T>) -> Option<Balance> {
		Self::may_tell(at).then(|| Self::counted_at(&who, at).ok()).flatten()
	}

	/// Implements [`quorum`](crate::runtime_api::GovernanceApi): as [`Self::votes_at`], the votes that a
	/// proposal of this kind takes.
	pub fn quorum_told(kind: Kind, at: BlockNumberFor<T>) -> Option<Balance> {
		Self::quorum_by(kind, |series| Self::told(series, at).ok_or(())).ok()
	}

	/// At the first vote: the quorum is fixed, and the referendum begins to be decided.
	fn open(index: u32, status: StatusOf<T>) -> Result<StatusOf<T>, DispatchError> {
		// Nothing is voted on whose call is not kept.
		let kept = status.proposal.lookup_hash().is_none() || Pinned::<T>::contains_key(index);
		ensure!(kept, Error::<T>::PreimageMissing);
		let quorum = Self::quorum_at(status.tally.kind, status.tally.snapshot)?;
		if status.decision_deposit.is_none() {
			// It is zero.
			let proposer = RawOrigin::Signed(status.submission_deposit.who.clone());
			pallet_referenda::Pallet::<T>::place_decision_deposit(proposer.into(), index)
				.map_err(|error| error.error)?;
		}
		let mut status = Self::ongoing(index)?;
		status.tally.quorum = Some(quorum);
		Ok(status)
	}

	/// Gives the others time if the quorum was reached late. Once: later votes find it reached.
	fn extend(index: u32, tally: &mut Tally<T>, now: BlockNumberFor<T>) -> DispatchResult {
		let end = now.saturating_add(tally.extension);
		if end > tally.end {
			tally.end = end;
			tally.extension = Zero::zero();
			Self::schedule_poke(index, end)?;
			Self::deposit_event(Event::Extended { index, end });
		}
		Ok(())
	}

	/// Has [`Call::poke`] called in the block after `end`. Anybody can call it if there is no room.
	pub(crate) fn schedule_poke(index: u32, end: BlockNumberFor<T>) -> DispatchResult {
		let call = CallOf::<T, ()>::from(Call::poke { index });
		let scheduled = <T as pallet_referenda::Config>::Scheduler::schedule(
			DispatchTime::At(end.saturating_add(One::one())),
			None,
			POKE_PRIORITY,
			RawOrigin::Root.into(),
			T::Preimages::bound(call)?,
		);
		if scheduled.is_err() {
			Self::deposit_event(Event::NotScheduled { index });
		}
		Ok(())
	}

	/// Copies the tally, which the referendum loses when it ends.
	pub(crate) fn keep_record(index: u32, status: &StatusOf<T>) {
		let record = Record {
			tally: status.tally.clone(),
			call: call_hash::<T>(status),
			proposer: status.submission_deposit.who.clone(),
		};
		Records::<T>::insert(index, record);
	}

	/// Keeps the vote where wallets look for it; of too many, the oldest goes.
	fn show_vote(who: &AccountIdOf<T>, class: u16, index: u32, vote: AccountVote) {
		VotingFor::<T>::mutate(who, class, |voting| {
			if let Voting::Casting(casting) = voting {
				if casting.votes.is_full() {
					casting.votes.remove(0);
				}
				// There is room now.
				let _ = casting.votes.try_push((index, vote));
			}
		});
	}
}

/// As urgent as what the referenda schedule for themselves.
const POKE_PRIORITY: u8 = 128;

/// The hash of the proposed call.
pub(crate) fn call_hash<T: Config>(status: &StatusOf<T>) -> sp_core::H256 {
	let hash = status.proposal.hash();
	sp_core::H256::from_slice(hash.as_ref())
}
