use super::*;
use crate::{
	constants::currency::{OPEN, SUPPLY},
	genesis::{preset_names, DEV, ENDOWMENT, LOCAL},
	Attribution, Babe, Balances, Datanets, Grandpa, InferenceMarket, MarketAccount, ModelRegistry,
	Session, TreasuryAccount,
};
use frame_support::traits::fungible::{Inspect, InspectHold};

#[test]
fn supply_should_be_a_billion_when_a_preset_is_built() {
	for preset in preset_names() {
		chain(&preset).execute_with(|| {
			assert_eq!(SUPPLY, 1_000_000_000_000_000_000_000_000_000);
			assert_eq!(Balances::total_issuance(), SUPPLY);
			let owned: u128 = frame_system::Account::<Runtime>::iter()
				.map(|(_, info)| info.data.free + info.data.reserved)
				.sum();
			assert_eq!(owned, SUPPLY);
			assert!(Balances::total_balance(&TreasuryAccount::get()) > SUPPLY / 2);
			assert!(Balances::total_balance(&MarketAccount::get()) >= Balances::minimum_balance());
		});
	}
}

#[test]
fn validators_should_author_finalise_and_attest_when_a_preset_is_built() {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave};
	for (preset, validators) in [(DEV, vec![Alice]), (LOCAL, vec![Alice, Bob, Charlie, Dave])] {
		chain(preset).execute_with(|| {
			let accounts: Vec<_> = validators.iter().map(|v| account(*v)).collect();
			assert_eq!(Session::validators(), accounts);
			assert_eq!(Babe::authorities().len(), accounts.len());
			assert_eq!(Grandpa::grandpa_authorities().len(), accounts.len());
			assert_eq!(pallet_attribution::Bonded::<Runtime>::get().into_inner(), accounts);
			for validator in &accounts {
				assert_eq!(Balances::total_balance_on_hold(validator), 1_000 * OPEN);
				assert_eq!(Balances::total_balance(validator), ENDOWMENT);
			}
		});
	}
}

#[test]
#[should_panic = "the genesis has no parameters of governance: set convictionVoting.parameters"]
fn genesis_should_fail_when_it_has_no_rules_of_proposals() {
	let mut patch: Value = serde_json::from_slice(&get_preset(&DEV.into()).unwrap()).unwrap();
	patch.as_object_mut().unwrap().remove("convictionVoting");
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	merge(&mut config, patch);
	TestExternalities::new_empty().execute_with(|| {
		let _ = build_state::<RuntimeGenesisConfig>(config.to_string().into());
	});
}

#[test]
fn there_should_be_no_preset_when_the_name_is_unknown() {
	assert_eq!(get_preset(&"mainnet".into()), None);
}

#[test]
fn vetter_should_be_able_to_pay_and_be_no_member_when_a_preset_is_built() {
	for preset in preset_names() {
		chain(&preset).execute_with(|| {
			let council = pallet_security_council::Parameters::<Runtime>::get().unwrap();
			let vetter = council.vetter.unwrap();
			assert!(!crate::SecurityCouncil::members().contains(&vetter));
			assert!(Balances::total_balance(&vetter) > OPEN);
		});
	}
}

#[test]
#[should_panic(expected = "the security council's genesis has no parameters")]
fn genesis_should_panic_when_the_council_has_no_parameters() {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let mut patch: Value = serde_json::from_slice(&get_preset(&DEV.into()).unwrap()).unwrap();
	patch["securityCouncil"]["parameters"] = Value::Null;
	merge(&mut config, patch);
	let mut state = TestExternalities::new_empty();
	let _ = state.execute_with(|| build_state::<RuntimeGenesisConfig>(config.to_string().into()));
}

#[test]
fn invariants_should_hold_when_a_preset_is_built() {
	for preset in preset_names() {
		chain(&preset).execute_with(|| {
			crate::SecurityCouncil::do_try_state().unwrap();
			Datanets::do_try_state().unwrap();
			ModelRegistry::do_try_state().unwrap();
			Attribution::do_try_state().unwrap();
			InferenceMarket::do_try_state().unwrap();
		});
	}
}

#[test]
fn dust_should_go_to_the_treasury_when_an_account_dies() {
	chain(DEV).execute_with(|| {
		let treasury = Balances::total_balance(&TreasuryAccount::get());
		let minimum = Balances::minimum_balance();
		let newcomer = AccountId::from([9; 32]);
		let transfer = |from: &AccountId, to: AccountId, value| {
			Balances::transfer_allow_death(
				crate::RuntimeOrigin::signed(from.clone()),
				to.into(),
				value,
			)
			.unwrap();
		};
		let alice = account(Sr25519Keyring::Alice);
		transfer(&alice, newcomer.clone(), 2 * minimum - 1);
		transfer(&newcomer, alice.clone(), minimum);
		assert_eq!(Balances::total_balance(&newcomer), 0);
		assert_eq!(Balances::total_balance(&TreasuryAccount::get()), treasury + minimum - 1);
		assert_eq!(Balances::total_issuance(), SUPPLY);
	});
}
