//! The migration of the next runtime, on the state of a chain of the present one.

use openledger_next_runtime::halve_deposits::{Deposits, HalveDeposits};
use openledger_runtime::{
	constants::currency::OPEN, AccountId, Balance, Balances, Datanets, Runtime, RuntimeOrigin,
	System, VERSION,
};
use polkadot_sdk::*;

use frame_support::{
	assert_ok,
	traits::{
		fungible::{InspectHold, Mutate},
		OnRuntimeUpgrade,
	},
	BoundedVec,
};
use frame_system::{LastRuntimeUpgrade, LastRuntimeUpgradeInfo};
use pallet_datanets::{types::Parameters, Access, DatanetTerms, HoldReason};
use proptest::prelude::*;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};
use sp_runtime::StateVersion;

const NEXT: u32 = VERSION.spec_version + 1;

type Migration = HalveDeposits<NEXT>;

fn account(key: Sr25519Keyring) -> AccountId {
	key.to_account_id()
}

fn set_last_runtime(spec_version: u32) {
	let (spec_version, spec_name) = (spec_version.into(), VERSION.spec_name);
	LastRuntimeUpgrade::<Runtime>::put(LastRuntimeUpgradeInfo { spec_version, spec_name });
}

/// A chain of the present version with datanets of these owners and deposits.
fn chain(datanets: &[(Sr25519Keyring, Balance)]) -> TestExternalities {
	let mut state = TestExternalities::new_empty();
	state.execute_with(|| {
		System::set_block_number(1);
		set_last_runtime(VERSION.spec_version);
		for &(owner, creation_deposit) in datanets {
			assert_ok!(Balances::mint_into(&account(owner), creation_deposit + OPEN));
			let parameters = Parameters { creation_deposit, bond_period: 1 };
			assert_ok!(Datanets::set_parameters(RuntimeOrigin::root(), parameters));
			create_datanet(owner);
		}
	});
	state
}

fn create_datanet(owner: Sr25519Keyring) {
	let terms = DatanetTerms {
		name: BoundedVec::truncate_from(b"digits".to_vec()),
		licence: Default::default(),
		curators: BoundedVec::truncate_from(vec![account(Alice)]),
		approvals: 1,
		contribution_bond: OPEN,
		max_rows: 1,
		max_bytes: 1,
		access: Access::Open,
	};
	assert_ok!(Datanets::create(RuntimeOrigin::signed(account(owner)), terms));
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

#[test]
fn deposits_should_be_released_once_when_the_migration_runs_twice() {
	let datanets = [(Bob, 100 * OPEN), (Charlie, 7), (Bob, 31 * OPEN)];
	chain(&datanets).execute_with(|| {
		let (before, issuance) = (Deposits::read(), Balances::total_issuance());
		Migration::on_runtime_upgrade();
		let after = Deposits::read();
		before.check_halved(&after).unwrap();
		assert_eq!(after.datanets[&1], 4);
		let reason = HoldReason::CreationDeposit.into();
		assert_eq!(Balances::balance_on_hold(&reason, &account(Bob)), 131 * OPEN / 2);
		assert_eq!(Balances::total_issuance(), issuance);
		Datanets::do_try_state().unwrap();

		// As the executive does when all migrations are done.
		set_last_runtime(NEXT);
		let once = root();
		Migration::on_runtime_upgrade();
		assert_eq!(root(), once);
		assert!(before.check_halved(&before).is_err());
		assert!(after.check_halved(&after).is_err());
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]
	#[test]
	fn holds_and_datanets_should_stay_equal_when_deposits_are_any(
		deposits in proptest::collection::vec(0u128..1_000 * OPEN, 0..6),
	) {
		let owners = [Bob, Charlie];
		let datanets: Vec<_> =
			deposits.iter().enumerate().map(|(i, deposit)| (owners[i % 2], *deposit)).collect();
		chain(&datanets).execute_with(|| {
			let before = Deposits::read();
			Migration::on_runtime_upgrade();
			before.check_halved(&Deposits::read()).unwrap();
			prop_assert!(datanets.is_empty() || Datanets::do_try_state().is_ok());
			Ok(())
		})?;
	}
}

#[cfg(feature = "try-runtime")]
#[test]
fn migration_should_check_that_deposits_are_halved_when_it_is_tried() {
	chain(&[(Bob, 100 * OPEN)]).execute_with(|| {
		let before = Migration::pre_upgrade().unwrap();
		assert_eq!(
			Migration::post_upgrade(before.clone()),
			Err("the creation deposit is not halved".into())
		);
		Migration::on_runtime_upgrade();
		assert_ok!(Migration::post_upgrade(before));
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn all_migrations_should_pass_their_checks_when_this_one_comes_last() {
	chain(&[(Bob, 100 * OPEN), (Charlie, 7)]).execute_with(|| {
		type All = (openledger_runtime::migrations::Migrations, Migration);
		assert_ok!(All::try_on_runtime_upgrade(true));
		set_last_runtime(NEXT);
		let once = root();
		assert_ok!(All::try_on_runtime_upgrade(true));
		assert_eq!(root(), once);
	});
}
