//! Values with a past: one checkpoint for each block in which a value changed. A value is found again by
//! binary search, and the least value of many blocks by jumps, both in O(log checkpoints) reads.
//!
//! Each checkpoint after the first points to an earlier one by `jump`, and keeps in `low` the least value of
//! all after that one up to itself. The jumps are those of a skew-binary list: two jumps of equal length in a
//! row become one from the next checkpoint on. So a new checkpoint costs one read more, and whatever stretch
//! is asked for is covered by logarithmically many jumps.

use crate::{
	types::{AccountIdOf, Balance, CheckpointOf},
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
		let before = match Latest::<T>::get(&series) {
			// It is replaced.
			Some(latest) if latest.block == block => {
				let position = latest.position.checked_sub(1);
				position.and_then(|position| Earlier::<T>::get(&series, position))
			},
			Some(latest) => {
				Earlier::<T>::insert(&series, latest.position, latest);
				Some(latest)
			},
			None => None,
		};
		let checkpoint = match before {
			Some(before) => Self::following(&series, &before, block, value),
			None => Checkpoint { block, value, position: 0, jump: 0, low: value },
		};
		Latest::<T>::insert(series, checkpoint);
	}

	/// The checkpoint that follows `before`, which reads the one that `before` points to.
	fn following(
		series: &Series<AccountIdOf<T>>,
		before: &CheckpointOf<T>,
		block: BlockNumberFor<T>,
		value: Balance,
	) -> CheckpointOf<T> {
		let far = (before.jump < before.position)
			.then(|| Earlier::<T>::get(series, before.jump))
			.flatten()
			.filter(|far| length(far) == length(before));
		let (jump, low) = match far {
			Some(far) => (far.jump, value.min(before.low).min(far.low)),
			None => (before.position, value),
		};
		// Saturating: 2^32 blocks are four centuries.
		Checkpoint { block, value, position: before.position.saturating_add(1), jump, low }
	}

	/// The value at the end of block `at`; zero before the first checkpoint.
	///
	/// # Errors
	/// [`Error::NotPast`]: the value of the running block may still change.
	pub(crate) fn past(
		series: &Series<AccountIdOf<T>>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		Self::ensure_past(at)?;
		Self::search(series, at)
	}

	/// # Errors
	/// [`Error::NotPast`]: `at` is not over.
	pub(crate) fn ensure_past(at: BlockNumberFor<T>) -> Result<(), Error<T>> {
		ensure!(at < frame_system::Pallet::<T>::block_number(), Error::<T>::NotPast);
		Ok(())
	}

	/// The value at the end of block `at`, for who reads the state of a block that is over; `None` if
	/// `at` is after that block.
	pub(crate) fn told(series: &Series<AccountIdOf<T>>, at: BlockNumberFor<T>) -> Option<Balance> {
		Self::may_tell(at).then(|| Self::search(series, at).ok()).flatten()
	}

	/// Whether block `at` is over for who reads the state of a block that is over.
	pub(crate) fn may_tell(at: BlockNumberFor<T>) -> bool {
		at <= frame_system::Pallet::<T>::block_number()
	}

	/// The value at the end of block `at`, which may change if that is the running block.
	///
	/// # Errors
	/// [`Error::CheckpointMissing`], which the invariants exclude.
	pub(crate) fn search(
		series: &Series<AccountIdOf<T>>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		let found = Self::find(series, at)?;
		Ok(found.map_or_else(Zero::zero, |checkpoint| checkpoint.value))
	}

	/// The least value at the end of any block from `first` to `at`; zero before the first checkpoint.
	///
	/// # Errors
	/// [`Error::CheckpointMissing`], which the invariants exclude.
	pub(crate) fn least(
		series: &Series<AccountIdOf<T>>,
		first: BlockNumberFor<T>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		let Some(mut checkpoint) = Self::find(series, at)? else { return Ok(Zero::zero()) };
		let mut least = checkpoint.value;
		// Until the one that was in force at the end of `first`.
		while checkpoint.block > first {
			let Some(previous) = checkpoint.position.checked_sub(1) else {
				return Ok(Zero::zero());
			};
			let far = Self::earlier(series, checkpoint.jump.min(previous))?;
			// All that is jumped over is after the block of `far`, and so after `first`.
			if far.block >= first {
				least = least.min(checkpoint.low).min(far.value);
				checkpoint = far;
			} else {
				let near = match far.position == previous {
					true => far,
					false => Self::earlier(series, previous)?,
				};
				least = least.min(near.value);
				checkpoint = near;
			}
		}
		Ok(least)
	}

	/// The newest checkpoint of a block up to `at`.
	fn find(
		series: &Series<AccountIdOf<T>>,
		at: BlockNumberFor<T>,
	) -> Result<Option<CheckpointOf<T>>, DispatchError> {
		let Some(latest) = Latest::<T>::get(series) else { return Ok(None) };
		if latest.block <= at {
			return Ok(Some(latest));
		}
		// The first position in `low..high` of a block after `at` is searched for.
		let (mut low, mut high, mut found) = (0, latest.position, None);
		while low < high {
			let middle = low.saturating_add(high.saturating_sub(low) / 2);
			let there = Self::earlier(series, middle)?;
			if there.block <= at {
				(low, found) = (middle.saturating_add(1), Some(there));
			} else {
				high = middle;
			}
		}
		Ok(found)
	}

	fn earlier(
		series: &Series<AccountIdOf<T>>,
		position: u32,
	) -> Result<CheckpointOf<T>, Error<T>> {
		Earlier::<T>::get(series, position).ok_or(Error::<T>::CheckpointMissing)
	}
}

/// Over how many checkpoints one jumps, itself included.
fn length<BlockNumber>(checkpoint: &Checkpoint<BlockNumber>) -> u32 {
	checkpoint.position.saturating_sub(checkpoint.jump)
}
