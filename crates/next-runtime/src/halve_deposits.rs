//! The migration of the next runtime: the creation deposit is halved, and the owners of datanets get the other
//! half of theirs back.
//!
//! It goes by the runtime's version and not by the pallet's storage version, because the form of what the
//! pallet stores stays as it is.

use crate::{migrations::SpecVersioned, AccountId, Balance, Balances, Runtime, RuntimeHoldReason};
use alloc::collections::BTreeMap;
use codec::{Decode, Encode};
use polkadot_sdk::*;

use frame_support::{
	ensure,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
		UncheckedOnRuntimeUpgrade,
	},
	weights::Weight,
};
use openledger_pallet_support::DatanetId;
use pallet_datanets::{Datanet, Datanets, HoldReason, Parameters};
use sp_runtime::TryRuntimeError;

/// Runs [`Halve`] where the last runtime was older than `TO`, the `spec_version` of the next one.
pub type HalveDeposits<const TO: u32> = SpecVersioned<TO, Halve>;

/// The migration itself, whatever runtime ran before.
pub struct Halve;

impl UncheckedOnRuntimeUpgrade for Halve {
	fn on_runtime_upgrade() -> Weight {
		Parameters::<Runtime>::mutate(|parameters| parameters.creation_deposit /= 2);
		let mut datanets = 0;
		Datanets::<Runtime>::translate_values(|mut datanet: Datanet<Runtime>| {
			datanets = u64::saturating_add(datanets, 1);
			let back = datanet.deposit / 2;
			match Balances::release(&reason(), &datanet.owner, back, Precision::Exact) {
				Ok(_) => datanet.deposit = datanet.deposit.saturating_sub(back),
				// Nothing is lost: the deposit stays what it was.
				Err(error) => log::error!("a deposit was not released: {error:?}"),
			}
			Some(datanet)
		});
		// Of each datanet: itself, its owner's account and holds.
		let entries = datanets.saturating_mul(3).saturating_add(1);
		<Runtime as frame_system::Config>::DbWeight::get().reads_writes(entries, entries)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<alloc::vec::Vec<u8>, TryRuntimeError> {
		Ok(Deposits::read().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: alloc::vec::Vec<u8>) -> Result<(), TryRuntimeError> {
		use codec::DecodeAll;
		let before = Deposits::decode_all(&mut &state[..])
			.map_err(|_| "what was noted before the migration cannot be read")?;
		before.check_halved(&Deposits::read())
	}
}

fn reason() -> RuntimeHoldReason {
	HoldReason::CreationDeposit.into()
}

/// The deposits of all datanets.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug)]
pub struct Deposits {
	/// What a new datanet takes.
	pub creation: Balance,
	/// What the record of each datanet says.
	pub datanets: BTreeMap<DatanetId, Balance>,
	/// What is held for datanets, by owner.
	pub held: BTreeMap<AccountId, Balance>,
}

impl Deposits {
	/// The deposits as they are in state.
	pub fn read() -> Self {
		let mut held = BTreeMap::new();
		let mut datanets = BTreeMap::new();
		for (id, datanet) in Datanets::<Runtime>::iter() {
			let amount = Balances::balance_on_hold(&reason(), &datanet.owner);
			held.insert(datanet.owner, amount);
			datanets.insert(id, datanet.deposit);
		}
		Self { creation: Parameters::<Runtime>::get().creation_deposit, datanets, held }
	}

	/// # Errors
	/// If `after` is not what the migration makes of these.
	pub fn check_halved(&self, after: &Self) -> Result<(), TryRuntimeError> {
		ensure!(after.creation == self.creation / 2, "the creation deposit is not halved");
		let halved = self.datanets.iter().map(|(id, deposit)| (*id, deposit - deposit / 2));
		ensure!(after.datanets == halved.collect(), "a datanet's deposit is not halved");
		let total = |deposits: &Self| deposits.datanets.values().sum::<Balance>();
		let held = |deposits: &Self| deposits.held.values().sum::<Balance>();
		ensure!(
			held(self).checked_sub(held(after)) == total(self).checked_sub(total(after)),
			"what is held is not what the datanets say"
		);
		Ok(())
	}
}
