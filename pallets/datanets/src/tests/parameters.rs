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
fn set_parameters_should_refuse_when_bonds_would_be_void_or_the_caller_is_not_admin() {
	run(|| {
		let void = Parameters { bond_period: 0, ..NEW };
		assert_noop!(
			Datanets::set_parameters(RuntimeOrigin::root(), void),
			Error::<Test>::ZeroBondPeriod
		);
		assert_noop!(Datanets::set_parameters(signed(OWNER), NEW), DispatchError::BadOrigin);
	});
}

#[test]
#[should_panic(expected = "ZeroBondPeriod")]
fn genesis_should_panic_when_bonds_would_be_void() {
	let parameters = Parameters { creation_deposit: 1, bond_period: 0 };
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}

#[test]
fn reject_should_weigh_more_when_the_reason_is_longer() {
	let weight = <() as WeightInfo>::reject;
	assert!(weight(1_025).ref_time() > weight(1_024).ref_time());
}
