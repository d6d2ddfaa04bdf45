//! The parameters.

use super::register;
use crate::{mock::*, types::Parameters, Error, Event};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_runtime::{BuildStorage, DispatchError};

#[test]
fn set_parameters_should_apply_when_called_by_the_admin() {
	run(|| {
		let parameters = Parameters { registration_fee: 0 };
		assert_noop!(
			ModelRegistry::set_parameters(signed(OWNER), parameters),
			DispatchError::BadOrigin
		);
		assert_ok!(ModelRegistry::set_parameters(RuntimeOrigin::root(), parameters));
		System::assert_last_event(Event::ParametersSet { parameters }.into());
		register(OWNER, |_| {});
		assert_eq!(Balances::free_balance(OWNER), START);
	});
}

#[test]
fn set_parameters_should_refuse_when_the_fee_is_above_its_bound() {
	run(|| {
		for registration_fee in [MAX_DEPOSIT + 1, u128::MAX] {
			assert_noop!(
				ModelRegistry::set_parameters(
					RuntimeOrigin::root(),
					Parameters { registration_fee }
				),
				Error::<Test>::RegistrationFeeTooHigh
			);
		}
	});
}

#[test]
fn model_should_be_registered_when_the_fee_is_at_its_bound() {
	run(|| {
		let parameters = Parameters { registration_fee: MAX_DEPOSIT };
		assert_ok!(ModelRegistry::set_parameters(RuntimeOrigin::root(), parameters));
		register(OWNER, |_| {});
		assert_eq!(Balances::free_balance(OWNER), START - MAX_DEPOSIT);
	});
}

#[test]
#[should_panic(expected = "RegistrationFeeTooHigh")]
fn genesis_should_panic_when_the_fee_is_above_its_bound() {
	let parameters = Parameters { registration_fee: MAX_DEPOSIT + 1 };
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}
