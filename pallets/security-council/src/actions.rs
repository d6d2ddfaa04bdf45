//! What the council does: calls as Root, at once or after the timelock.

use crate::{
	types::AccountIdOf, Call, Config, Error, Event, NextScheduled, Pallet, Schedule, Scheduled,
	WeightInfo,
};
use alloc::boxed::Box;
use frame_support::{
	dispatch::{
		DispatchResult, DispatchResultWithPostInfo, GetDispatchInfo, PostDispatchInfo, RawOrigin,
	},
	traits::{
		schedule::{v3::Named, DispatchTime, HARD_DEADLINE},
		QueryPreimage, StorePreimage,
	},
	weights::Weight,
};
use openledger_primitives::council_task;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{CheckedAdd, Dispatchable, Get, One},
	ArithmeticError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_execute(call: <T as Config>::RuntimeCall) -> PostDispatchInfo {
		let (weight, result) = Self::dispatch_as_root(call);
		Self::deposit_event(Event::Executed { result });
		Some(T::WeightInfo::execute().saturating_add(weight)).into()
	}

	pub(crate) fn do_schedule(call: Box<<T as Config>::RuntimeCall>) -> DispatchResult {
		let number = NextScheduled::<T>::get();
		NextScheduled::<T>::put(number.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		let at = frame_system::Pallet::<T>::block_number()
			.checked_add(&T::Timelock::get().max(One::one()))
			.ok_or(ArithmeticError::Overflow)?;
		let task =
			T::Preimages::bound(<T as Config>::RuntimeCall::from(Call::enact { number, call }))?;
		T::Scheduler::schedule_named(
			council_task(number).0,
			DispatchTime::At(at),
			None,
			HARD_DEADLINE,
			RawOrigin::<AccountIdOf<T>>::Root.into(),
			task.clone(),
		)?;
		// The scheduler has requested the preimage for itself by now.
		T::Preimages::drop(&task);
		Schedule::<T>::insert(number, Scheduled { task, at });
		Self::deposit_event(Event::Scheduled { number, block: at });
		Ok(())
	}

	pub(crate) fn do_enact(
		number: u32,
		call: <T as Config>::RuntimeCall,
	) -> DispatchResultWithPostInfo {
		Schedule::<T>::take(number).ok_or(Error::<T>::NotScheduled)?;
		let (weight, result) = Self::dispatch_as_root(call);
		Self::deposit_event(Event::Enacted { number, result });
		Ok(Some(T::WeightInfo::enact().saturating_add(weight)).into())
	}

	pub(crate) fn do_cancel_scheduled(number: u32) -> DispatchResult {
		let Scheduled { task, .. } = Schedule::<T>::take(number).ok_or(Error::<T>::NotScheduled)?;
		// A task that the scheduler gave up, say for its weight, is forgotten here all the same. One that it
		// cancels for another pallet leaves its preimage requested.
		if T::Scheduler::cancel_named(council_task(number).0).is_ok() {
			T::Preimages::drop(&task);
		}
		Self::deposit_event(Event::ScheduledCanceled { number });
		Ok(())
	}

	/// Returns what the call cost, and whether it succeeded.
	fn dispatch_as_root(call: <T as Config>::RuntimeCall) -> (Weight, DispatchResult) {
		let declared = call.get_dispatch_info().call_weight;
		let (info, result) = match call.dispatch(RawOrigin::Root.into()) {
			Ok(info) => (info, Ok(())),
			Err(failed) => (failed.post_info, Err(failed.error)),
		};
		(info.actual_weight.unwrap_or(declared), result)
	}
}
