//! What must hold after every block.

use crate::{
	Assignments, AttesterStatus, Attesters, Bonded, Config, Deadlines, Ending, HoldReason, Jobs,
	NextJobId, Pallet, Parameters, Results,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::fungible::InspectHold};
use openledger_pallet_support::DeadlineQueues as _;
use openledger_primitives::PARTS;
use polkadot_sdk::*;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the whole storage.
	///
	/// # Errors
	/// Which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_parameters(&Parameters::<T>::get())?;
		Self::try_attesters()?;
		Self::try_jobs()?;
		Self::try_deadlines()?;
		Self::try_results()
	}

	/// Every bond is held, and those who can be drawn are the bonded ones, once each.
	fn try_attesters() -> Result<(), TryRuntimeError> {
		let bonded = Bonded::<T>::get();
		let distinct: BTreeSet<_> = bonded.iter().cloned().collect();
		ensure!(distinct.len() == bonded.len(), "an attester can be drawn twice");
		for (attester, record) in Attesters::<T>::iter() {
			let is_bonded = record.status == AttesterStatus::Bonded;
			ensure!(
				is_bonded == distinct.contains(&attester),
				"the attesters that can be drawn are not the bonded ones"
			);
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Bond.into(), &attester) == record.bond,
				"an attester's bond is not what is held"
			);
		}
		for attester in distinct {
			ensure!(Attesters::<T>::contains_key(attester), "a stranger can be drawn");
		}
		Ok(())
	}

	/// Every member of a committee has its assignment and a bond, and nobody else has an assignment.
	fn try_jobs() -> Result<(), TryRuntimeError> {
		let next = NextJobId::<T>::get();
		let mut assigned = BTreeMap::new();
		for (id, job) in Jobs::<T>::iter() {
			ensure!(id < next, "a job has a number not given out yet");
			ensure!(!Results::<T>::contains_key(id), "an open job has a result");
			for attester in job.committee {
				assigned.insert((attester, id), job.attempt);
			}
		}
		for (attester, id, attempt) in Assignments::<T>::iter() {
			ensure!(
				Attesters::<T>::contains_key(&attester),
				"an open job is assigned to an account without bond"
			);
			ensure!(
				assigned.remove(&(attester, id)) == Some(attempt),
				"an assignment belongs to no committee"
			);
		}
		ensure!(assigned.is_empty(), "a member of a committee has no assignment");
		Ok(())
	}

	/// Open jobs stand in the queue of their deadline, once, and nothing else does.
	fn try_deadlines() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let open = Jobs::<T>::iter().map(|(id, job)| (id, job.deadline));
		Ok(Deadlines::<T>::check_queues(now, open)?)
	}

	/// Every job is open or has a result, whose shares sum to the whole.
	fn try_results() -> Result<(), TryRuntimeError> {
		let ended = Results::<T>::iter_keys().count();
		let open = Jobs::<T>::iter_keys().count();
		ensure!(
			u64::try_from(ended.saturating_add(open)) == Ok(NextJobId::<T>::get()),
			"a job is neither open nor ended"
		);
		for result in Results::<T>::iter_values() {
			let unattributed = result.ending == Ending::Unattributed;
			ensure!(
				unattributed == result.attesters.is_empty()
					&& unattributed == result.claim.is_zero(),
				"a result has attesters without claim, or a claim without attesters"
			);
			if let Ending::Attributed { shares } = result.ending {
				let sum = shares.iter().fold(0u32, |sum, share| sum.saturating_add(share.parts));
				ensure!(shares.is_empty() || sum == PARTS, "shares do not sum to the whole");
			}
		}
		Ok(())
	}
}
