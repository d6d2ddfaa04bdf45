//! Registering models, and what their owners change later.

use crate::{
	BalanceOf, Config, Error, Event, Model, Models, NextModelId, Pallet, Parameters, Registration,
	Status,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{fungible::Mutate, tokens::Preservation, Get},
};
use openledger_pallet_support::{ModelId, Pricing, TrainingData, TrainingSource};
use openledger_primitives::IndexCommitment;
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, ArithmeticError};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(
		owner: T::AccountId,
		registration: Registration<T>,
	) -> DispatchResult {
		ensure!(!registration.name.is_empty(), Error::<T>::EmptyName);
		Self::check_sources(&registration.sources)?;
		Self::check_index(&registration.index)?;
		Self::check_parent(registration.parent)?;
		let fee = Parameters::<T>::get().registration_fee;
		if !fee.is_zero() {
			T::Currency::transfer(&owner, &T::Treasury::get(), fee, Preservation::Preserve)
				.map_err(|_| Error::<T>::InsufficientBalance)?;
		}

		let model = NextModelId::<T>::get();
		NextModelId::<T>::put(model.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		Models::<T>::insert(
			model,
			Model {
				owner: owner.clone(),
				registration,
				status: Status::Registered,
				registered: frame_system::Pallet::<T>::block_number(),
			},
		);
		Self::deposit_event(Event::Registered { model, owner });
		Ok(())
	}

	pub(crate) fn do_update_price(
		who: &T::AccountId,
		id: ModelId,
		pricing: Pricing<BalanceOf<T>>,
	) -> DispatchResult {
		let mut model = Self::owned(who, id)?;
		ensure!(model.status != Status::Retired, Error::<T>::Retired);
		model.registration.pricing = pricing;
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::PriceUpdated { model: id, pricing });
		Ok(())
	}

	pub(crate) fn do_set_host(
		who: &T::AccountId,
		id: ModelId,
		host: T::AccountId,
	) -> DispatchResult {
		let mut model = Self::owned(who, id)?;
		model.registration.host = host.clone();
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::HostSet { model: id, host });
		Ok(())
	}

	pub(crate) fn do_retire(who: &T::AccountId, id: ModelId) -> DispatchResult {
		let mut model = Self::owned(who, id)?;
		ensure!(model.status == Status::Active, Error::<T>::NotActive);
		model.status = Status::Retired;
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::Retired { model: id });
		Ok(())
	}

	/// The model, if `who` owns it.
	pub(crate) fn owned(who: &T::AccountId, id: ModelId) -> Result<Model<T>, Error<T>> {
		let model = Models::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(model.owner == *who, Error::<T>::NotOwner);
		Ok(model)
	}

	pub(crate) fn check_sources(sources: &[TrainingSource]) -> Result<(), Error<T>> {
		ensure!(!sources.is_empty(), Error::<T>::NoSources);
		for (i, source) in sources.iter().enumerate() {
			let earlier = sources.iter().take(i).any(|s| s.datanet == source.datanet);
			ensure!(!earlier, Error::<T>::RepeatedDatanet);
			ensure!(
				T::TrainingData::contribution_count(*source).is_some(),
				Error::<T>::SourceNotPublished
			);
		}
		Ok(())
	}

	pub(crate) fn check_index(index: &IndexCommitment) -> Result<(), Error<T>> {
		ensure!(index.leaf_count > 0, Error::<T>::NoLeaves);
		ensure!(
			index.dimension > 0 && index.dimension <= T::MaxDimension::get(),
			Error::<T>::DimensionOutOfRange
		);
		Ok(())
	}

	pub(crate) fn check_parent(parent: Option<ModelId>) -> Result<(), Error<T>> {
		let (mut next, mut ancestors) = (parent, 0u32);
		while let Some(id) = next {
			ancestors = ancestors.saturating_add(1);
			ensure!(ancestors <= T::MaxAncestors::get(), Error::<T>::TooManyAncestors);
			let model = Models::<T>::get(id).ok_or(Error::<T>::ParentNotFound)?;
			ensure!(model.was_activated(), Error::<T>::ParentNotActivated);
			next = model.registration.parent;
		}
		Ok(())
	}
}
