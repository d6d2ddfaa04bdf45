//! The parameters, and the weights' growth.

use super::{contribute_accepted, create};
use crate::{mock::*, types::Parameters, Error, Event, WeightInfo};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_runtime::{BuildStorage, DispatchError};

const NEW: Parameters<u128, u64> = Parameters { creation_deposit: 7, bond_period: 2 };

#[test]
fn set_parameters_should_apply_when_called_by_the_admin() {
	run(|| {
		create();
		let id = contribute_accepted(ANN, 1, 5);
		assert_ok!(Datanets::set_parameters(RuntimeOrigin::root(), NEW));
		System::assert_last_event(Event::ParametersSet { parameters: NEW }.into());
		create();
		assert_eq!(deposits_of(OWNER), DEPOSIT + 7);
		System::set_block_number(3);
		assert_ok!(Datanets::release_bond(signed(ANN), id));
	});
}

#[test]
fn set_parameters_should_refuse_when_a_bound_is_passed_or_the_caller_is_not_admin() {
	run(|| {
		for (bad, error) in [
			(Parameters { bond_period: 0, ..NEW }, Error::<Test>::ZeroBondPeriod),
			(Parameters { bond_period: MAX_PERIOD + 1, ..NEW }, Error::BondPeriodTooLong),
			(Parameters { bond_period: u64::MAX, ..NEW }, Error::BondPeriodTooLong),
			(
				Parameters { creation_deposit: MAX_DEPOSIT + 1, ..NEW },
				Error::CreationDepositTooHigh,
			),
			(Parameters { creation_deposit: u128::MAX, ..NEW }, Error::CreationDepositTooHigh),
		] {
			assert_noop!(Datanets::set_parameters(RuntimeOrigin::root(), bad), error);
		}
		assert_noop!(Datanets::set_parameters(signed(OWNER), NEW), DispatchError::BadOrigin);
	});
}

#[test]
fn set_parameters_should_apply_when_all_are_at_their_bounds() {
	run(|| {
		for (creation_deposit, bond_period) in [(0, 1), (MAX_DEPOSIT, MAX_PERIOD)] {
			let parameters = Parameters { creation_deposit, bond_period };
			assert_ok!(Datanets::set_parameters(RuntimeOrigin::root(), parameters));
			assert_eq!(crate::Parameters::<Test>::get(), parameters);
		}
	});
}

#[test]
#[should_panic(expected = "ZeroBondPeriod")]
fn genesis_should_panic_when_bonds_would_be_void() {
	let parameters = Parameters { creation_deposit: 1, bond_period: 0 };
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}

#[test]
#[should_panic(expected = "BondPeriodTooLong")]
fn genesis_should_panic_when_the_bond_period_is_above_its_bound() {
	let parameters = Parameters { creation_deposit: 1, bond_period: MAX_PERIOD + 1 };
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}

#[test]
#[should_panic(expected = "CreationDepositTooHigh")]
fn genesis_should_panic_when_the_deposit_is_above_its_bound() {
	let parameters = Parameters { creation_deposit: MAX_DEPOSIT + 1, bond_period: 1 };
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}

#[test]
fn reject_should_weigh_more_when_the_reason_is_longer() {
	let weight = <() as WeightInfo>::reject;
	assert!(weight(1_025).ref_time() > weight(1_024).ref_time());
}
