//! What a datanet's owner does: create, set terms, close.

use crate::{
	BalanceOf, Config, Contributors, Datanet, DatanetTerms, Datanets, Error, Event, HoldReason,
	NextDatanetId, Pallet, Parameters, Status,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{fungible::MutateHold, tokens::Precision},
};
use openledger_pallet_support::DatanetId;
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::{
	traits::{CheckedAdd, Zero},
	ArithmeticError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_create(owner: T::AccountId, terms: DatanetTerms<T>) -> DispatchResult {
		terms.check()?;
		let deposit = Parameters::<T>::get().creation_deposit;
		Self::hold(HoldReason::CreationDeposit, &owner, deposit)?;
		let datanet = NextDatanetId::<T>::get();
		NextDatanetId::<T>::put(successor(datanet)?);
		Datanets::<T>::insert(
			datanet,
			Datanet {
				owner: owner.clone(),
				terms,
				deposit,
				status: Status::Open,
				accepted: 0,
				rows: 0,
				manifest: H256::zero(),
				versions: 0,
				pending: 0,
			},
		);
		Self::deposit_event(Event::Created { datanet, owner });
		Ok(())
	}

	pub(crate) fn do_update(
		who: &T::AccountId,
		id: DatanetId,
		terms: DatanetTerms<T>,
	) -> DispatchResult {
		let mut datanet = Self::owned(who, id)?;
		terms.check()?;
		datanet.terms = terms;
		Datanets::<T>::insert(id, datanet);
		Self::deposit_event(Event::Updated { datanet: id });
		Ok(())
	}

	pub(crate) fn do_set_contributor(
		owner: &T::AccountId,
		id: DatanetId,
		who: T::AccountId,
		allowed: bool,
	) -> DispatchResult {
		Self::owned(owner, id)?;
		if allowed {
			Contributors::<T>::insert(id, &who, ());
		} else {
			Contributors::<T>::remove(id, &who);
		}
		Self::deposit_event(Event::ContributorSet { datanet: id, who, allowed });
		Ok(())
	}

	pub(crate) fn do_close(who: &T::AccountId, id: DatanetId) -> DispatchResult {
		let mut datanet = Self::owned(who, id)?;
		ensure!(datanet.status == Status::Open, Error::<T>::Closed);
		datanet.status = Status::Closed;
		Self::deposit_event(Event::Closed { datanet: id });
		Self::release_deposit_if_done(id, &mut datanet)?;
		Datanets::<T>::insert(id, datanet);
		Ok(())
	}

	/// Releases the deposit of a closed datanet with nothing pending.
	pub(crate) fn release_deposit_if_done(
		id: DatanetId,
		datanet: &mut Datanet<T>,
	) -> DispatchResult {
		let done = datanet.status == Status::Closed && datanet.pending.is_zero();
		if !done || datanet.deposit.is_zero() {
			return Ok(());
		}
		let amount = core::mem::take(&mut datanet.deposit);
		Self::release(HoldReason::CreationDeposit, &datanet.owner, amount)?;
		let owner = datanet.owner.clone();
		Self::deposit_event(Event::DepositReleased { datanet: id, owner, amount });
		Ok(())
	}

	/// The datanet, if `who` owns it.
	fn owned(who: &T::AccountId, id: DatanetId) -> Result<Datanet<T>, Error<T>> {
		let datanet = Datanets::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(datanet.owner == *who, Error::<T>::NotOwner);
		Ok(datanet)
	}

	pub(crate) fn hold(
		reason: HoldReason,
		who: &T::AccountId,
		amount: BalanceOf<T>,
	) -> Result<(), Error<T>> {
		T::Currency::hold(&reason.into(), who, amount).map_err(|_| Error::<T>::InsufficientBalance)
	}

	pub(crate) fn release(
		reason: HoldReason,
		who: &T::AccountId,
		amount: BalanceOf<T>,
	) -> DispatchResult {
		T::Currency::release(&reason.into(), who, amount, Precision::Exact).map(|_| ())
	}
}

/// The next number.
///
/// # Errors
/// If all are taken.
pub(crate) fn successor<N: CheckedAdd + sp_runtime::traits::One>(
	number: N,
) -> Result<N, ArithmeticError> {
	number.checked_add(&N::one()).ok_or(ArithmeticError::Overflow)
}
