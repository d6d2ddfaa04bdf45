//! Paying out rewards.

use crate::{Config, Error, Event, Pallet, Rewards};
use frame_support::{
	ensure,
	traits::{
		fungible::Inspect,
		tokens::{DepositConsequence, Provenance},
	},
};
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_claim_rewards(account: T::AccountId) -> DispatchResult {
		let amount = Rewards::<T>::get(&account);
		ensure!(!amount.is_zero(), Error::<T>::NothingToClaim);
		ensure!(
			T::Currency::can_deposit(&account, amount, Provenance::Extant)
				!= DepositConsequence::BelowMinimum,
			Error::<T>::BelowExistentialDeposit
		);
		Rewards::<T>::remove(&account);
		Self::pay_out(&account, amount)?;
		Self::deposit_event(Event::RewardsClaimed { account, amount });
		Ok(())
	}
}
