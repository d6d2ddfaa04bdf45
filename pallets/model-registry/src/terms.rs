//! What the market reads: terms of business, and who is paid.

use crate::{BalanceOf, Config, HeldOutShares, Models, Pallet, Status};
use alloc::vec::Vec;
use frame_support::traits::Get;
use openledger_pallet_support::{ModelId, ModelTerms, Payee, Terms};
use openledger_primitives::Share;
use polkadot_sdk::*;
use sp_runtime::Permill;

impl<T: Config> ModelTerms<T::AccountId, BalanceOf<T>> for Pallet<T> {
	fn terms(model: ModelId) -> Option<Terms<T::AccountId, BalanceOf<T>>> {
		let model = Models::<T>::get(model).filter(|model| model.status == Status::Active)?;
		Some(Terms { host: model.registration.host, pricing: model.registration.pricing })
	}

	fn host(model: ModelId) -> Option<T::AccountId> {
		let model = Models::<T>::get(model)?;
		model.was_activated().then_some(model.registration.host)
	}

	/// One database read for each payee.
	fn payees(model: ModelId) -> Vec<Payee<T::AccountId>> {
		let mut payees = Vec::new();
		let mut next = Models::<T>::get(model);
		let mut left = T::MaxAncestors::get();
		while let Some(model) = next {
			// Registration bounds the depth; this keeps the walk bounded whatever is stored.
			let parent = model.registration.parent.filter(|_| left > 0).and_then(Models::<T>::get);
			left = left.saturating_sub(1);
			let passes_on =
				parent.as_ref().map_or(Permill::zero(), |parent| parent.registration.royalty);
			payees.push(Payee { owner: model.owner, passes_on });
			next = parent;
		}
		payees
	}

	fn held_out_shares(model: ModelId) -> Vec<Share> {
		HeldOutShares::<T>::get(model).into_inner()
	}
}
