//! The scheduler as referenda see it.

use core::marker::PhantomData;
use frame_support::{
	ensure,
	traits::{
		schedule::{
			v3::{Anon, Named, TaskName},
			DispatchTime, Period, Priority,
		},
		Bounded,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_scheduler::{Agenda, Config, TaskAddress};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Get, One, Saturating},
	DispatchError, SaturatedConversion,
};

/// The scheduler, with half of each block kept for what was approved.
///
/// Each proposal has pallet-referenda schedule its timeout. Who may propose could so fill the block at
/// which somebody else's approved proposal is due, and pallet-referenda forgets a proposal that finds no
/// room. Timeouts and pokes are tasks without a name: they find room only in the other half. What they
/// would have done, `poke` does.
pub struct RoomForDispatch<T>(PhantomData<T>);

type Scheduler<T> = pallet_scheduler::Pallet<T>;
type CallOf<T> = <T as Config>::RuntimeCall;
type OriginOf<T> = <T as Config>::PalletsOrigin;
type BoundedCallOf<T> = Bounded<CallOf<T>, <T as frame_system::Config>::Hashing>;

impl<T> Anon<BlockNumberFor<T>, CallOf<T>, OriginOf<T>> for RoomForDispatch<T>
where
	T: Config<BlockNumberProvider = frame_system::Pallet<T>>,
{
	type Address = TaskAddress<BlockNumberFor<T>>;
	type Hasher = T::Hashing;

	fn schedule(
		when: DispatchTime<BlockNumberFor<T>>,
		maybe_periodic: Option<Period<BlockNumberFor<T>>>,
		priority: Priority,
		origin: OriginOf<T>,
		call: BoundedCallOf<T>,
	) -> Result<Self::Address, DispatchError> {
		let now = frame_system::Pallet::<T>::block_number();
		let block = match when {
			DispatchTime::At(block) => block,
			DispatchTime::After(blocks) => now.saturating_add(blocks).saturating_add(One::one()),
		};
		let taken = Agenda::<T>::decode_len(block).unwrap_or(0);
		let places: usize = T::MaxScheduledPerBlock::get().saturated_into();
		ensure!(taken < places / 2, DispatchError::Exhausted);
		<Scheduler<T> as Anon<_, _, _>>::schedule(when, maybe_periodic, priority, origin, call)
	}

	fn cancel(address: Self::Address) -> Result<(), DispatchError> {
		<Scheduler<T> as Anon<_, _, _>>::cancel(address)
	}

	fn reschedule(
		address: Self::Address,
		when: DispatchTime<BlockNumberFor<T>>,
	) -> Result<Self::Address, DispatchError> {
		<Scheduler<T> as Anon<_, _, _>>::reschedule(address, when)
	}

	fn next_dispatch_time(address: Self::Address) -> Result<BlockNumberFor<T>, DispatchError> {
		<Scheduler<T> as Anon<_, _, _>>::next_dispatch_time(address)
	}
}

impl<T> Named<BlockNumberFor<T>, CallOf<T>, OriginOf<T>> for RoomForDispatch<T>
where
	T: Config<BlockNumberProvider = frame_system::Pallet<T>>,
{
	type Address = TaskAddress<BlockNumberFor<T>>;
	type Hasher = T::Hashing;

	fn schedule_named(
		id: TaskName,
		when: DispatchTime<BlockNumberFor<T>>,
		maybe_periodic: Option<Period<BlockNumberFor<T>>>,
		priority: Priority,
		origin: OriginOf<T>,
		call: BoundedCallOf<T>,
	) -> Result<Self::Address, DispatchError> {
		let schedule = <Scheduler<T> as Named<_, _, _>>::schedule_named;
		schedule(id, when, maybe_periodic, priority, origin, call)
	}

	fn cancel_named(id: TaskName) -> Result<(), DispatchError> {
		<Scheduler<T> as Named<_, _, _>>::cancel_named(id)
	}

	fn reschedule_named(
		id: TaskName,
		when: DispatchTime<BlockNumberFor<T>>,
	) -> Result<Self::Address, DispatchError> {
		<Scheduler<T> as Named<_, _, _>>::reschedule_named(id, when)
	}

	fn next_dispatch_time(id: TaskName) -> Result<BlockNumberFor<T>, DispatchError> {
		<Scheduler<T> as Named<_, _, _>>::next_dispatch_time(id)
	}
}
