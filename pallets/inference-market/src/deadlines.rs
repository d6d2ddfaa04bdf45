//! Response deadlines: bounded queues by block.

use crate::{
	Config, Deadlines, Error, InferenceState, Inferences, Pallet, Refund, WeightInfo, LOG_TARGET,
};
use frame_support::{storage::with_storage_layer, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::InferenceId;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Get, Saturating},
	DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// Enters `inference` at `wanted`, or at the first block with room within `MaxDelay` after it.
	/// Returns the block and how many blocks were looked at.
	///
	/// # Errors
	/// If all of them are full.
	pub(crate) fn schedule(
		inference: InferenceId,
		wanted: BlockNumberFor<T>,
	) -> Result<(BlockNumberFor<T>, u32), Error<T>> {
		let mut at = wanted;
		for blocks in 1..=T::MaxDelay::get().saturating_add(1) {
			if Deadlines::<T>::try_append(at, inference).is_ok() {
				return Ok((at, blocks));
			}
			at.saturating_inc();
		}
		Err(Error::<T>::Busy)
	}

	/// Removes `inference` from the queue of block `at`.
	pub(crate) fn unschedule(inference: InferenceId, at: BlockNumberFor<T>) {
		Deadlines::<T>::mutate_exists(at, |queue| {
			if let Some(queued) = queue {
				queued.retain(|other| *other != inference);
				if queued.is_empty() {
					*queue = None;
				}
			}
		});
	}

	/// Refunds what is due at the start of block `now`.
	pub(crate) fn time_out(now: BlockNumberFor<T>) -> Weight {
		let due = Deadlines::<T>::take(now);
		for &inference in &due {
			if let Err(error) = with_storage_layer(|| Self::time_out_one(inference)) {
				log::error!(target: LOG_TARGET, "inference {inference} did not time out: {error:?}");
			}
		}
		T::WeightInfo::time_out(u32::try_from(due.len()).unwrap_or(u32::MAX))
	}

	fn time_out_one(id: InferenceId) -> DispatchResult {
		let inference = Inferences::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		match inference.state {
			InferenceState::Requested => {
				let held = inference.max_fee;
				Self::refund(id, inference, held, Refund::TimedOut)
			},
			_ => Err(Error::<T>::AlreadyAnswered.into()),
		}
	}
}
