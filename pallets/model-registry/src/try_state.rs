//! What must hold after every block.

use crate::{
	leaves::{leaf_number, spans},
	types::count,
	Config, HeldOutShares, Model, Models, NextModelId, Pallet, Parameters,
};
use alloc::{collections::BTreeSet, vec};
use frame_support::{ensure, traits::Get};
use openledger_pallet_support::{ModelId, ModelTerms};
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
		let next = NextModelId::<T>::get();
		for (id, model) in Models::<T>::iter() {
			ensure!(id < next, "a model has a number not given out yet");
			Self::check_sources(&model.registration.sources)?;
			Self::check_index(&model.registration.index)?;
			Self::try_descent(id, &model)?;
			if model.was_activated() {
				Self::try_activated(id, &model)?;
			} else {
				ensure!(
					!HeldOutShares::<T>::contains_key(id),
					"a model has shares without activation"
				);
			}
		}
		for id in HeldOutShares::<T>::iter_keys() {
			ensure!(Models::<T>::contains_key(id), "shares of an unknown model");
		}
		Ok(())
	}

	/// Every ancestor is older and was activated, there are not too many, and all their owners are paid.
	fn try_descent(id: ModelId, model: &Model<T>) -> Result<(), TryRuntimeError> {
		let mut owners = vec![model.owner.clone()];
		let (mut child, mut next) = (id, model.registration.parent);
		while let Some(id) = next {
			// Numbers fall at every step, so the walk ends.
			ensure!(id < child, "a model is older than its parent");
			let parent = Models::<T>::get(id).ok_or("a parent is missing")?;
			ensure!(parent.was_activated(), "a parent was never activated");
			owners.push(parent.owner);
			(child, next) = (id, parent.registration.parent);
		}
		ensure!(
			count(owners.len()) <= T::MaxAncestors::get().saturating_add(1),
			"a line of descent is longer than allowed"
		);
		let paid = Self::payees(id).into_iter().map(|payee| payee.owner);
		ensure!(paid.eq(owners), "other owners are paid than those of the line of descent");
		Ok(())
	}

	/// Leaves are those of the sources; held-out shares are whole, distinct and of the model.
	fn try_activated(id: ModelId, model: &Model<T>) -> Result<(), TryRuntimeError> {
		Self::check_training(&model.registration)?;
		let shares = HeldOutShares::<T>::get(id);
		let parts = shares.iter().fold(0u32, |sum, share| sum.saturating_add(share.parts));
		ensure!(parts == PARTS, "held-out shares do not sum to the whole");
		let spans = spans::<T>(&model.registration.sources).ok_or("a source is missing")?;
		let mut seen = BTreeSet::new();
		for share in shares {
			ensure!(seen.insert(share.contribution), "a contribution has two held-out shares");
			ensure!(
				leaf_number::<T>(&spans, share.contribution).is_some(),
				"a held-out share of a contribution without leaf"
			);
		}
		Ok(())
	}
}
