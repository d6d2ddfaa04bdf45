//! Endowments, and the check that no token appears or vanishes.

use pallet_balances::{AccountData, GenesisConfig, Pallet as Balances};
use polkadot_sdk::*;
use sp_runtime::traits::{Saturating, Zero};

/// A genesis in which each of `accounts` has `amount`.
pub fn endowed<T: pallet_balances::Config>(
	accounts: &[T::AccountId],
	amount: T::Balance,
) -> GenesisConfig<T> {
	let balances = accounts.iter().map(|who| (who.clone(), amount)).collect();
	GenesisConfig { balances, ..Default::default() }
}

/// # Panics
/// If not exactly `supply` was issued, or the accounts do not have it all.
pub fn check_supply<T>(supply: T::Balance)
where
	T: pallet_balances::Config,
	T: frame_system::Config<AccountData = AccountData<T::Balance>>,
{
	assert_eq!(Balances::<T>::total_issuance(), supply, "tokens appeared or vanished");
	let accounts = frame_system::Account::<T>::iter_values();
	let owned = accounts
		.map(|account| account.data.free.saturating_add(account.data.reserved))
		.fold(T::Balance::zero(), Saturating::saturating_add);
	assert_eq!(owned, supply, "the accounts have more or less than was issued");
}
