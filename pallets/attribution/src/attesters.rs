//! Becoming an attester, and ceasing to be one.

use crate::{
	Assignments, Attester, AttesterKeys, AttesterStatus, Attesters, Bonded, Config, Error, Event,
	HoldReason, Pallet, Parameters,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
	},
};
use polkadot_sdk::*;
use sp_runtime::{traits::Saturating, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(attester: T::AccountId) -> DispatchResult {
		ensure!(T::Keys::key_of(&attester).is_some(), Error::<T>::NoSessionKeys);
		Self::bond(&attester)
	}

	/// Holds the bond of `attester` and lets it be drawn.
	pub(crate) fn bond(attester: &T::AccountId) -> DispatchResult {
		ensure!(!Attesters::<T>::contains_key(attester), Error::<T>::AlreadyRegistered);
		let bond = Parameters::<T>::get().bond;
		let reason = HoldReason::Bond.into();
		ensure!(T::Currency::can_hold(&reason, attester, bond), Error::<T>::InsufficientBalance);
		T::Currency::hold(&reason, attester, bond)?;
		Bonded::<T>::try_append(attester).map_err(|_| Error::<T>::TooManyAttesters)?;
		Attesters::<T>::insert(attester, Attester { bond, status: AttesterStatus::Bonded });
		Self::deposit_event(Event::Registered { attester: attester.clone(), bond });
		Ok(())
	}

	pub(crate) fn do_deregister(attester: T::AccountId) -> DispatchResult {
		let mut record = Attesters::<T>::get(&attester).ok_or(Error::<T>::NotRegistered)?;
		ensure!(record.status == AttesterStatus::Bonded, Error::<T>::NotBonded);
		Bonded::<T>::mutate(|bonded| bonded.retain(|other| *other != attester));
		let until = frame_system::Pallet::<T>::block_number()
			.saturating_add(Parameters::<T>::get().unbonding_period);
		record.status = AttesterStatus::Unbonding { until };
		Attesters::<T>::insert(&attester, record);
		Self::deposit_event(Event::Deregistered { attester, until });
		Ok(())
	}

	pub(crate) fn do_withdraw_bond(attester: T::AccountId) -> DispatchResult {
		let record = Attesters::<T>::get(&attester).ok_or(Error::<T>::NotRegistered)?;
		let AttesterStatus::Unbonding { until } = record.status else {
			return Err(Error::<T>::StillBonded.into());
		};
		// Who can still claim is still bonded. No new jobs come, so this ends with the last attempt's
		// deadline.
		ensure!(
			Assignments::<T>::iter_key_prefix(&attester).next().is_none(),
			Error::<T>::HasAssignments
		);
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now >= until, Error::<T>::StillUnbonding);
		let amount = record.bond;
		T::Currency::release(&HoldReason::Bond.into(), &attester, amount, Precision::Exact)?;
		Attesters::<T>::remove(&attester);
		Self::deposit_event(Event::BondWithdrawn { attester, amount });
		Ok(())
	}
}
