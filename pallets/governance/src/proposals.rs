//! What becomes of a proposal.

use crate::{
	ballots::{call_hash, StatusOf},
	types::AccountIdOf,
	Config, Enactment, Enactments, Error, Event, Pallet, Parameters, Pinned, Proposal, Records,
	Settling, State, Tally, Vetoed,
};
use frame_support::{
	ensure,
	traits::{schedule::v3::Named, QueryPreimage},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use openledger_primitives::enactment_task;
use pallet_referenda::{Pallet as Referenda, ReferendumInfo, ReferendumInfoFor};
use polkadot_sdk::*;
use sp_runtime::DispatchResult;

type Scheduler<T> = <T as pallet_referenda::Config>::Scheduler;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_cancel(who: AccountIdOf<T>, index: u32) -> DispatchResult {
		let info = ReferendumInfoFor::<T>::get(index).ok_or(Error::<T>::NotFound)?;
		let ReferendumInfo::Ongoing(status) = info else {
			return Err(Error::<T>::NotPending.into());
		};
		ensure!(status.submission_deposit.who == who, Error::<T>::NotProposer);
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now <= status.tally.snapshot, Error::<T>::NotPending);
		Self::keep_record(index, &status);
		Referenda::<T>::cancel(RawOrigin::Root.into(), index)?;
		Self::close(index);
		Self::deposit_event(Event::Canceled { index, proposer: who });
		Ok(())
	}

	pub(crate) fn do_veto(index: u32) -> DispatchResult {
		ensure!(Self::state(index) == Some(State::Queued), Error::<T>::NotQueued);
		Self::close(index);
		<Scheduler<T> as Named<_, _, _>>::cancel_named(enactment_task(index).0)
			.map_err(|_| Error::<T>::NotQueued)?;
		// The scheduler lets go of the preimage of a task that is dispatched or cancelled by its origin,
		// not of one that is cancelled in this way.
		if let Some(hash) = Enactments::<T>::get(index).and_then(|enactment| enactment.preimage) {
			T::Preimages::unrequest(&hash);
		}
		Vetoed::<T>::insert(index, ());
		Self::deposit_event(Event::Vetoed { index });
		Ok(())
	}

	/// Ends a referendum whose voting is over, lets go of the preimage of one that has ended, and settles its
	/// deposit.
	pub(crate) fn do_poke(index: u32) -> DispatchResult {
		let info = ReferendumInfoFor::<T>::get(index).ok_or(Error::<T>::NotFound)?;
		let ReferendumInfo::Ongoing(status) = info else {
			ensure!(Self::close(index), Error::<T>::NothingToDo);
			return Ok(());
		};
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now > status.tally.end, Error::<T>::VotingNotOver);
		Self::keep_record(index, &status);
		Settling::<T>::put(true);
		let settled = Self::settle(index, status);
		Settling::<T>::kill();
		settled?;
		if Self::ongoing(index).is_ok() {
			// It is confirmed in the next block.
			Self::schedule_poke(index, now)
		} else {
			Self::close(index);
			Ok(())
		}
	}

	/// Has pallet-referenda see that voting is over: it rejects what failed now, and approves what
	/// passed in the next block.
	fn settle(index: u32, status: StatusOf<T>) -> DispatchResult {
		if status.decision_deposit.is_none() {
			let proposer = RawOrigin::Signed(status.submission_deposit.who);
			Referenda::<T>::place_decision_deposit(proposer.into(), index)
				.map_err(|error| error.error)?;
		} else if status.deciding.is_none() {
			Self::nudge(index)?;
		}
		// By now it is being decided.
		Self::nudge(index)
	}

	fn nudge(index: u32) -> DispatchResult {
		Referenda::<T>::nudge_referendum(RawOrigin::Root.into(), index)
			.map(|_| ())
			.map_err(|error| error.error)
	}

	/// Keeps when an approved proposal is due, lets go of the preimage of one that has ended, and settles its
	/// deposit; whether there was anything to do.
	fn close(index: u32) -> bool {
		let preimage = Pinned::<T>::take(index);
		let approved =
			matches!(ReferendumInfoFor::<T>::get(index), Some(ReferendumInfo::Approved(..)));
		let new = approved && !Enactments::<T>::contains_key(index);
		if new {
			let now = frame_system::Pallet::<T>::block_number();
			let at = Self::enactment(index).unwrap_or(now);
			Enactments::<T>::insert(index, Enactment { at, preimage });
		}
		if let Some(hash) = preimage {
			// What was approved is kept by the scheduler.
			T::Preimages::unrequest(&hash);
		}
		let settled = Self::settle_deposit(index);
		new || preimage.is_some() || settled
	}

	/// How far a proposal is; `None` if there was none of that number.
	pub fn state(index: u32) -> Option<State> {
		let now = frame_system::Pallet::<T>::block_number();
		Some(match ReferendumInfoFor::<T>::get(index)? {
			ReferendumInfo::Ongoing(status) => match status.tally {
				tally if now <= tally.snapshot => State::Pending,
				tally if now <= tally.end => State::Active,
				tally if tally.is_won() => State::Succeeded,
				_ => State::Defeated,
			},
			ReferendumInfo::Approved(..) if Vetoed::<T>::contains_key(index) => State::Canceled,
			ReferendumInfo::Approved(..) if Self::enactment(index).is_some() => State::Queued,
			// Its task was taken out of the scheduler before it was due.
			ReferendumInfo::Approved(..)
				if Enactments::<T>::get(index).is_some_and(|enactment| now < enactment.at) =>
			{
				State::Canceled
			},
			ReferendumInfo::Approved(..) => State::Executed,
			ReferendumInfo::Rejected(..) | ReferendumInfo::TimedOut(..) => State::Defeated,
			ReferendumInfo::Cancelled(..) | ReferendumInfo::Killed(..) => State::Canceled,
		})
	}

	/// The block at which an approved proposal is dispatched; `None` if it waits for nothing.
	fn enactment(index: u32) -> Option<BlockNumberFor<T>> {
		<Scheduler<T> as Named<_, _, _>>::next_dispatch_time(enactment_task(index).0).ok()
	}

	/// All there is to tell about a proposal; `None` if there was none of that number.
	pub fn proposal(index: u32) -> Option<Proposal<T>> {
		let state = Self::state(index)?;
		let record = Records::<T>::get(index);
		let known = record.as_ref().map(|record| record.proposer.clone());
		let (tally, call) = record.map(|record| (record.tally, record.call)).unzip();
		let (proposer, call, tally) = match ReferendumInfoFor::<T>::get(index)? {
			ReferendumInfo::Ongoing(status) => {
				let call = call_hash::<T>(&status);
				(
					Some(status.submission_deposit.who),
					Some(call),
					Some(Self::foreseen(status.tally)),
				)
			},
			ReferendumInfo::Approved(_, deposit, _)
			| ReferendumInfo::Rejected(_, deposit, _)
			| ReferendumInfo::Cancelled(_, deposit, _)
			| ReferendumInfo::TimedOut(_, deposit, _) => {
				(known.or(deposit.map(|deposit| deposit.who)), call, tally)
			},
			ReferendumInfo::Killed(_) => (known, call, tally),
		};
		let parameters = Parameters::<T>::get();
		Some(Proposal {
			state,
			proposer,
			call,
			shortfall: tally.as_ref().and_then(Tally::shortfall),
			timelock: tally
				.as_ref()
				.zip(parameters)
				.map(|(tally, now)| now.terms(tally.kind).timelock),
			tally,
			enactment: (state == State::Queued).then(|| Self::enactment(index)).flatten(),
			vetoed: Vetoed::<T>::contains_key(index),
		})
	}

	/// The tally with the quorum that the first vote will fix, once that is known.
	fn foreseen(mut tally: Tally<T>) -> Tally<T> {
		if tally.quorum.is_none() {
			tally.quorum = Self::quorum_at(tally.kind, tally.snapshot).ok();
		}
		tally
	}
}
