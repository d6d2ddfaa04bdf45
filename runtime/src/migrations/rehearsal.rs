//! What the next runtime of a rehearsal does: tests have a running chain upgrade to it.

use crate::{Balance, Balances, Runtime, RuntimeHoldReason, RUNTIME_API_VERSIONS};
use polkadot_sdk::*;

use frame_support::{
	migrations::VersionedMigration,
	traits::{fungible::MutateHold, tokens::Precision, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
use pallet_datanets::{Datanet, Datanets, HoldReason, Parameters};
use sp_runtime::Cow;
use sp_version::{runtime_version, RuntimeVersion};
#[cfg(any(test, feature = "try-runtime"))]
use {
	crate::AccountId,
	alloc::collections::BTreeMap,
	codec::{Decode, Encode},
	frame_support::{ensure, traits::fungible::InspectHold},
	openledger_pallet_support::DatanetId,
	sp_runtime::TryRuntimeError,
};

/// The version of the next runtime.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("openledger"),
	impl_name: Cow::Borrowed("openledger-node"),
	authoring_version: 1,
	spec_version: 3,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

#[cfg(not(feature = "upgrade-rehearsal"))]
const _: () = assert!(
	VERSION.spec_version == crate::VERSION.spec_version + 1,
	"the rehearsal's spec_version is the one after the runtime's"
);

type DbWeight = <Runtime as frame_system::Config>::DbWeight;

/// Halves the creation deposit and gives the owners of datanets the other half of theirs, from storage version 1 of
/// the datanets to 2.
pub type HalveDeposits =
	VersionedMigration<1, 2, Halve, pallet_datanets::Pallet<Runtime>, DbWeight>;

/// What [`HalveDeposits`] does, whatever the storage version.
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
		DbWeight::get().reads_writes(entries, entries)
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

/// The deposits of datanets.
#[cfg(any(test, feature = "try-runtime"))]
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug)]
pub struct Deposits {
	/// What a new datanet takes.
	pub creation: Balance,
	/// Of each datanet.
	pub datanets: BTreeMap<DatanetId, Balance>,
	/// What is held for them, by owner.
	pub held: BTreeMap<AccountId, Balance>,
}

#[cfg(any(test, feature = "try-runtime"))]
impl Deposits {
	/// As they are in state.
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
