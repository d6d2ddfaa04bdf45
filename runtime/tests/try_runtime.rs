//! What `try-runtime on-runtime-upgrade` does with the state of a live chain: all migrations with their checks
//! before and after, all of state decoded, and what every pallet says must hold; twice.

use openledger_runtime::{
	genesis, migrations, Balances, Block, Datanets, Executive, Runtime, RuntimeGenesisConfig,
	RuntimeOrigin, System, VERSION,
};
use polkadot_sdk::*;

use frame_support::{
	assert_ok,
	genesis_builder_helper::build_state,
	traits::{OnRuntimeUpgrade, StorageVersion, UncheckedOnRuntimeUpgrade},
	weights::Weight,
	BoundedVec,
};
use frame_system::{LastRuntimeUpgrade, LastRuntimeUpgradeInfo};
use frame_try_runtime::{runtime_decl_for_try_runtime::TryRuntimeV1, UpgradeCheckSelect};
use migrations::{SetUpGovernance, SpecVersioned};
use pallet_datanets::{Access, DatanetTerms};
use pallet_governance::Terms;
use serde_json::Value;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{StateVersion, TryRuntimeError};

type ToGovernance = SpecVersioned<2, SetUpGovernance>;

/// What came with `spec_version` 2.
const NEW_PALLETS: [&str; 8] = [
	"Preimage",
	"Scheduler",
	"Referenda",
	"ConvictionVoting",
	"TechnicalCommittee",
	"SecurityCouncil",
	"Treasury",
	"Origins",
];

/// A chain in block 9 whose last runtime had this version, with a datanet.
fn chain(spec_version: u32) -> TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = genesis::get_preset(&genesis::LOCAL.into()).unwrap();
	merge(&mut config, serde_json::from_slice(&patch).unwrap());
	let mut state = TestExternalities::new_empty();
	state.execute_with(|| {
		build_state::<RuntimeGenesisConfig>(config.to_string().into()).unwrap();
		System::set_block_number(9);
		let terms = DatanetTerms {
			name: BoundedVec::truncate_from(b"digits".to_vec()),
			licence: Default::default(),
			curators: BoundedVec::truncate_from(vec![Alice.to_account_id()]),
			approvals: 1,
			contribution_bond: 1,
			max_rows: 1,
			max_bytes: 1,
			access: Access::Open,
		};
		assert_ok!(Datanets::create(RuntimeOrigin::signed(Bob.to_account_id()), terms));
		set_last_runtime(spec_version);
		if spec_version < 2 {
			for pallet in NEW_PALLETS {
				let prefix = sp_io::hashing::twox_128(pallet.as_bytes());
				let _ = sp_io::storage::clear_prefix(&prefix, None);
			}
		}
	});
	state
}

/// RFC 7396, as nodes apply it.
fn merge(into: &mut Value, patch: Value) {
	match (into, patch) {
		(Value::Object(into), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(Value::Null), value);
			}
		},
		(into, patch) => *into = patch,
	}
}

fn set_last_runtime(spec_version: u32) {
	LastRuntimeUpgrade::<Runtime>::put(LastRuntimeUpgradeInfo {
		spec_version: spec_version.into(),
		spec_name: VERSION.spec_name,
	});
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

#[test]
fn upgrade_should_pass_all_checks_and_change_nothing_more_when_tried_twice() {
	for spec_version in 1..VERSION.spec_version {
		chain(spec_version).execute_with(|| {
			let issuance = Balances::total_issuance();
			// What the runtime API does.
			let (used, most) =
				<Runtime as TryRuntimeV1<Block>>::on_runtime_upgrade(UpgradeCheckSelect::All);
			assert!(used.all_lte(most / 2), "{used:?} of {most:?}");
			assert_eq!(Balances::total_issuance(), issuance);
			let last = LastRuntimeUpgrade::<Runtime>::get().map(|last| last.spec_version.0);
			assert_eq!(last, Some(VERSION.spec_version));
			let once = root();
			assert_ok!(Executive::try_runtime_upgrade(UpgradeCheckSelect::All));
			assert_eq!(root(), once);
		});
	}
}

#[test]
fn upgrade_should_fail_when_a_migration_did_not_run() {
	chain(2).execute_with(|| {
		StorageVersion::new(0).put::<Datanets>();
		let tried = Executive::try_runtime_upgrade(UpgradeCheckSelect::All);
		assert!(tried.is_err_and(|error| format!("{error:?}").contains("storage version")));
	});
}

/// A migration whose parameters the council refuses.
struct Refused;

impl UncheckedOnRuntimeUpgrade for Refused {
	fn on_runtime_upgrade() -> Weight {
		let mut parameters = migrations::governance::council();
		parameters.voting_period = 0;
		migrations::governance::set_up_council(parameters);
		Weight::zero()
	}

	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok(Vec::new())
	}

	fn post_upgrade(_: Vec<u8>) -> Result<(), TryRuntimeError> {
		Ok(())
	}
}

#[test]
#[should_panic(
	expected = "the upgrade cannot set the parameters of the security council: ZeroVotingPeriod"
)]
fn rehearsal_should_halt_when_the_council_refuses_its_parameters() {
	chain(1).execute_with(|| {
		let _ = SpecVersioned::<2, Refused>::try_on_runtime_upgrade(true);
	});
}

/// A migration that sets rules which no chain accepts.
struct SetsWhatIsRefused;

impl OnRuntimeUpgrade for SetsWhatIsRefused {
	fn on_runtime_upgrade() -> Weight {
		let rules = migrations::governance::proposals();
		migrations::governance::set_proposals(Terms { proposal_threshold: 0, ..rules });
		Weight::zero()
	}
}

#[test]
#[should_panic = "the upgrade is halted, as the parameters of governance were refused"]
fn rehearsal_should_halt_when_the_rules_of_proposals_are_refused() {
	chain(1).execute_with(|| {
		let _ = SetsWhatIsRefused::try_on_runtime_upgrade(true);
	});
}

#[test]
fn broken_state_should_be_found_when_an_upgrade_is_tried() {
	chain(1).execute_with(|| {
		pallet_datanets::NextDatanetId::<Runtime>::put(0);
		assert!(Executive::try_runtime_upgrade(UpgradeCheckSelect::All).is_err());
	});
}

#[test]
fn migration_should_check_what_it_did_and_nothing_else_when_it_goes_by_the_runtimes_version() {
	chain(1).execute_with(|| {
		let before = ToGovernance::pre_upgrade().unwrap();
		assert!(ToGovernance::post_upgrade(before.clone()).is_err(), "it has not run");
		ToGovernance::on_runtime_upgrade();
		assert_ok!(ToGovernance::post_upgrade(before));
		assert!(ToGovernance::post_upgrade(vec![7]).is_err());

		set_last_runtime(2);
		let before = ToGovernance::pre_upgrade().unwrap();
		pallet_governance::Parameters::<Runtime>::kill();
		assert_ok!(ToGovernance::post_upgrade(before));
	});
}
