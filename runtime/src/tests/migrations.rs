use super::*;
use crate::{
	configs::BlockWeights,
	constants::{
		currency::OPEN,
		time::{DAYS, HOURS},
	},
	genesis::{DEV, LOCAL},
	migrations::{
		governance::{self, Before},
		SetUpGovernance, SpecVersioned,
	},
	AllPalletsWithSystem, Attribution, ConvictionVoting, Datanets, InferenceMarket, ModelRegistry,
	OriginCaller, Referenda, RuntimeOrigin, SecurityCouncil, VERSION,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		schedule::DispatchTime, GetStorageVersion, OnRuntimeUpgrade, PalletsInfoAccess,
		StorageVersion, StorePreimage,
	},
	BoundedVec,
};
use frame_system::{LastRuntimeUpgrade, LastRuntimeUpgradeInfo, RawOrigin};
use pallet_datanets::{Access, DatanetTerms};
use pallet_governance::Terms;
use sp_runtime::{DispatchError, StateVersion};
use Sr25519Keyring::{Alice, Bob};

type ToGovernance = SpecVersioned<2, SetUpGovernance>;

/// What came with governance.
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

fn set_last_runtime(spec_version: u32) {
	let spec_name = VERSION.spec_name;
	LastRuntimeUpgrade::<Runtime>::put(LastRuntimeUpgradeInfo {
		spec_version: spec_version.into(),
		spec_name,
	});
}

/// A chain of the runtime before governance, with datanets.
fn chain_without_governance() -> TestExternalities {
	let mut state = chain(LOCAL);
	state.execute_with(|| {
		create_datanet(Bob);
		for pallet in NEW_PALLETS {
			let _ =
				sp_io::storage::clear_prefix(&sp_io::hashing::twox_128(pallet.as_bytes()), None);
		}
		set_last_runtime(1);
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
fn pallets_that_are_new_should_be_in_the_runtime_when_listed_here() {
	let names: Vec<_> = AllPalletsWithSystem::infos().into_iter().map(|info| info.name).collect();
	assert!(NEW_PALLETS.iter().all(|new| names.contains(new)), "{names:?}");
}

#[test]
fn governance_should_have_the_rules_of_a_live_chain_when_a_chain_began_without_it() {
	chain_without_governance().execute_with(|| {
		let before = Before::read();
		// The first block of the new runtime.
		start_block(0);
		before.check().unwrap();

		let proposals = pallet_governance::Parameters::<Runtime>::get().unwrap();
		assert_eq!(proposals.proposal_threshold, 10_000 * OPEN);
		assert_eq!((proposals.voting_delay, proposals.voting_period), (3 * DAYS, 14 * DAYS));
		assert_eq!(proposals.holding_window, DAYS);
		assert_eq!(proposals.late_quorum_window, 2 * DAYS);
		assert_eq!(proposals.constitutional.timelock, 11 * DAYS);
		assert_eq!(proposals.treasury.timelock, 3 * DAYS);
		assert_eq!(proposals.constitutional.quorum.of(0), 15_000_000 * OPEN);
		assert_eq!(proposals.treasury.quorum.of(0), 10_000_000 * OPEN);
		assert_eq!(proposals.removal.quorum.of(0), 1_000_000 * OPEN);
		let council = pallet_security_council::Parameters::<Runtime>::get().unwrap();
		assert_eq!(council.quorum.of(0), 5_000_000 * OPEN);
		assert_eq!(council.least_votes, 250_000 * OPEN);
		assert_eq!(council.election_interval, 182 * 24 * HOURS);
		assert_eq!(SecurityCouncil::members(), []);

		ConvictionVoting::do_try_state().unwrap();
		SecurityCouncil::do_try_state().unwrap();
		Datanets::do_try_state().unwrap();
		ModelRegistry::do_try_state().unwrap();
		Attribution::do_try_state().unwrap();
		InferenceMarket::do_try_state().unwrap();
		assert_eq!(StorageVersion::get::<ConvictionVoting>(), 1);
		assert_eq!(
			ConvictionVoting::on_chain_storage_version(),
			ConvictionVoting::in_code_storage_version()
		);
		let last = LastRuntimeUpgrade::<Runtime>::get().map(|last| last.spec_version.0);
		assert_eq!(last, Some(VERSION.spec_version));
	});
}

#[test]
fn council_should_be_elected_by_nobody_when_an_upgraded_chain_has_none() {
	let [first, second] = [1, 2].map(|cohort| {
		let named = (0..6).map(|seat| AccountId::from([10 * cohort + seat; 32]));
		BoundedVec::truncate_from(named.collect())
	});
	chain_without_governance().execute_with(|| {
		start_block(0);
		let alice = RuntimeOrigin::signed(account(Alice));
		// However old the chain, and whoever has all the votes there are.
		System::set_block_number(365 * DAYS);
		assert_noop!(
			SecurityCouncil::start_election(alice.clone()),
			pallet_security_council::Error::<Runtime>::TooFewMembers
		);
		let seat = |origin| SecurityCouncil::seat_council(origin, first.clone(), second.clone());
		assert_noop!(seat(alice.clone()), DispatchError::BadOrigin);
		assert_ok!(seat(RuntimeOrigin::root()));
		assert_eq!(SecurityCouncil::members().len(), 12);
		SecurityCouncil::do_try_state().unwrap();
		assert_noop!(
			SecurityCouncil::start_election(alice.clone()),
			pallet_security_council::Error::<Runtime>::ElectionNotDue
		);
		System::set_block_number((365 + 182) * DAYS);
		assert_ok!(SecurityCouncil::start_election(alice));
	});
}

#[test]
#[should_panic(
	expected = "the upgrade cannot set the parameters of the security council: QuorumOutOfRange"
)]
fn upgrade_should_halt_when_the_council_refuses_its_parameters() {
	chain_without_governance().execute_with(|| {
		let mut parameters = governance::council();
		parameters.quorum.least = 0;
		governance::set_up_council(parameters);
	});
}

#[test]
fn proposal_should_take_votes_when_a_chain_got_governance_by_upgrade() {
	chain_without_governance().execute_with(|| {
		start_block(0);
		let alice = RuntimeOrigin::signed(account(Alice));
		assert_ok!(ConvictionVoting::wrap(alice.clone(), 10_000 * OPEN));
		assert_ok!(ConvictionVoting::set_delegate(alice.clone(), account(Alice).into()));
		let submit = || {
			let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![1] });
			Referenda::submit(
				alice.clone(),
				Box::new(OriginCaller::system(RawOrigin::Root)),
				crate::Preimage::bound(call).unwrap(),
				DispatchTime::After(0),
			)
		};
		assert_noop!(submit(), DispatchError::BadOrigin);
		System::set_block_number(2);
		assert_ok!(submit());
		ConvictionVoting::do_try_state().unwrap();
	});
}

#[test]
fn upgrade_should_change_nothing_when_it_ran_before() {
	chain_without_governance().execute_with(|| {
		Executive::execute_on_runtime_upgrade();
		let once = root();
		// The executive has not noted the new version: what is set is left alone all the same.
		Executive::execute_on_runtime_upgrade();
		assert_eq!(root(), once);
	});
}

#[test]
fn parameters_should_stay_when_a_chain_began_with_governance() {
	for preset in [DEV, LOCAL] {
		chain(preset).execute_with(|| {
			set_last_runtime(1);
			let before = root();
			assert_ne!(
				pallet_governance::Parameters::<Runtime>::get(),
				Some(governance::proposals())
			);
			let noted = Before::read();
			Executive::execute_on_runtime_upgrade();
			noted.check().unwrap();
			assert_eq!(root(), before);
		});
	}
}

#[test]
fn council_should_get_its_rules_when_only_they_are_missing() {
	chain(DEV).execute_with(|| {
		set_last_runtime(1);
		pallet_security_council::Parameters::<Runtime>::kill();
		let before = Before::read();
		ToGovernance::on_runtime_upgrade();
		before.check().unwrap();
		let council = pallet_security_council::Parameters::<Runtime>::get();
		assert_eq!(council, Some(governance::council()));
		assert_eq!(SecurityCouncil::members().len(), 12);
	});
}

#[test]
#[should_panic = "the upgrade is halted, as the parameters of governance were refused"]
fn upgrade_should_halt_when_the_rules_of_proposals_are_refused() {
	chain_without_governance().execute_with(|| {
		let refused = Terms { holding_window: 0, ..governance::proposals() };
		governance::set_proposals(refused);
	});
}

#[test]
fn migration_should_not_run_when_the_chain_is_past_its_version() {
	chain_without_governance().execute_with(|| {
		set_last_runtime(2);
		let before = root();
		ToGovernance::on_runtime_upgrade();
		assert_eq!(root(), before);
		LastRuntimeUpgrade::<Runtime>::kill();
		ToGovernance::on_runtime_upgrade();
		assert_ne!(root(), before);
	});
}

#[test]
fn check_should_fail_when_the_migration_did_not_do_its_work() {
	chain_without_governance().execute_with(|| {
		let before = Before::read();
		assert_eq!(before.check(), Err("parameters are missing".into()));
	});
	chain(DEV).execute_with(|| {
		let before = Before::read();
		let origin = RuntimeOrigin::root();
		assert_ok!(ConvictionVoting::set_parameters(origin, governance::proposals().into()));
		assert!(before.check().is_err());
		let before = Before::read();
		assert_ok!(SecurityCouncil::set_parameters(RuntimeOrigin::root(), governance::council()));
		assert!(before.check().is_err());
	});
}

#[test]
fn upgrade_should_fit_into_a_block_when_all_migrations_are_due() {
	chain_without_governance().execute_with(|| {
		let weight = Executive::execute_on_runtime_upgrade();
		let most = BlockWeights::get().max_block / 2;
		assert!(weight.all_lte(most), "{weight:?}");
	});
}
