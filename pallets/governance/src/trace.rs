//! Values with a past: one checkpoint for each block in which a value changed, found again by binary
//! search in O(log checkpoints) reads.

use crate::{
	types::{AccountIdOf, Balance},
	Checkpoint, Config, Earlier, Error, Latest, Pallet, Series,
};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, DispatchError};

impl<T: Config> Pallet<T> {
	/// The value of a series now; zero if it never had one.
	pub(crate) fn latest(series: &Series<AccountIdOf<T>>) -> Balance {
		Latest::<T>::get(series).map_or_else(Zero::zero, |checkpoint| checkpoint.value)
	}

	/// Sets the value from this block on.
	pub(crate) fn record(series: Series<AccountIdOf<T>>, value: Balance) {
		let block = frame_system::Pallet::<T>::block_number();
		let position = match Latest::<T>::get(&series) {
			Some(latest) if latest.block == block => latest.position,
			Some(latest) => {
				Earlier::<T>::insert(&series, latest.position, (latest.block, latest.value));
				// 2^32 blocks are four centuries.
				latest.position.saturating_add(1)
			},
			None => 0,
		};
		Latest::<T>::insert(series, Checkpoint { block, value, position });
	}

	/// The value at the end of block `at`; zero before the first checkpoint.
	///
	/// # Errors
	/// [`Error::NotPast`]: the value of the running block may still change.
	pub(crate) fn past(
		series: &Series<AccountIdOf<T>>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		ensure!(at < frame_system::Pallet::<T>::block_number(), Error::<T>::NotPast);
		Self::search(series, at)
	}

	/// The value at the end of block `at`, for who reads the state of a block that is over; `None` if
	/// `at` is after that block.
	pub(crate) fn told(series: &Series<AccountIdOf<T>>, at: BlockNumberFor<T>) -> Option<Balance> {
		if at > frame_system::Pallet::<T>::block_number() {
			return None;
		}
		Self::search(series, at).ok()
	}

	/// # Errors
	/// [`Error::NotPast`]: a checkpoint is missing, which the invariants exclude.
	fn search(
		series: &Series<AccountIdOf<T>>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		let Some(latest) = Latest::<T>::get(series) else { return Ok(Zero::zero()) };
		if latest.block <= at {
			return Ok(latest.value);
		}
		// The first position in `low..high` of a block after `at` is searched for.
		let (mut low, mut high, mut value) = (0, latest.position, Zero::zero());
		while low < high {
			let middle = low.saturating_add(high.saturating_sub(low) / 2);
			let (block, there) = Earlier::<T>::get(series, middle).ok_or(Error::<T>::NotPast)?;
			if block <= at {
				(low, value) = (middle.saturating_add(1), there);
			} else {
				high = middle;
			}
		}
		Ok(value)
	}
}
