//! Deadlines of attempts: bounded queues by block.

use crate::{Config, Deadlines, Error, Jobs, Pallet, WeightInfo};
use frame_support::weights::Weight;
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::JobId;
use polkadot_sdk::*;
use sp_runtime::traits::{Get, Saturating};

impl<T: Config> Pallet<T> {
	/// Enters `job` at `wanted`, or at the first block with room within `MaxDelay` after it. Returns the
	/// block and how many blocks were looked at.
	///
	/// # Errors
	/// If all of them are full.
	pub(crate) fn schedule(
		job: JobId,
		wanted: BlockNumberFor<T>,
	) -> Result<(BlockNumberFor<T>, u32), Error<T>> {
		let mut at = wanted;
		for blocks in 1..=T::MaxDelay::get().saturating_add(1) {
			if Deadlines::<T>::try_append(at, job).is_ok() {
				return Ok((at, blocks));
			}
			at.saturating_inc();
		}
		Err(Error::<T>::Busy)
	}

	/// Removes `job` from the queue of block `at`.
	pub(crate) fn unschedule(job: JobId, at: BlockNumberFor<T>) {
		Deadlines::<T>::mutate_exists(at, |queue| {
			if let Some(queued) = queue {
				queued.retain(|other| *other != job);
				if queued.is_empty() {
					*queue = None;
				}
			}
		});
	}

	/// Ends the attempts that are due at the start of block `now`.
	pub(crate) fn end_attempts(now: BlockNumberFor<T>) -> Weight {
		Deadlines::<T>::take(now)
			.into_iter()
			.filter_map(|id| Some(Self::end_attempt(id, Jobs::<T>::get(id)?)))
			.fold(T::WeightInfo::look_at_deadlines(), Weight::saturating_add)
	}
}
