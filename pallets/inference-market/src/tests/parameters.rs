//! Parameters and genesis.

use super::*;
use crate::{Error, Event, Parameters, Split};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, Permill};

#[test]
fn parameters_should_change_when_admin_sets_them() {
	new_test_ext().execute_with(|| {
		let parameters = crate::types::Parameters { platform_fee: 7, ..parameters() };
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters));
		assert_eq!(Parameters::<Test>::get(), parameters);
		System::assert_last_event(Event::ParametersSet { parameters }.into());
	});
}

#[test]
fn set_parameters_should_fail_when_caller_is_not_admin() {
	new_test_ext().execute_with(|| {
		assert_noop!(Market::set_parameters(signed(USER), parameters()), DispatchError::BadOrigin);
	});
}

#[test]
fn set_parameters_should_fail_when_split_does_not_sum_to_one() {
	new_test_ext().execute_with(|| {
		for treasury in [Permill::from_percent(4), Permill::from_percent(6), Permill::one()] {
			let split = Split { treasury, ..Split::default() };
			let parameters = crate::types::Parameters { split, ..parameters() };
			assert_noop!(
				Market::set_parameters(RuntimeOrigin::root(), parameters),
				Error::<Test>::InvalidSplit
			);
		}
	});
}

#[test]
fn set_parameters_should_fail_when_window_is_zero() {
	new_test_ext().execute_with(|| {
		let parameters = crate::types::Parameters { response_window: 0, ..parameters() };
		assert_noop!(
			Market::set_parameters(RuntimeOrigin::root(), parameters),
			Error::<Test>::InvalidWindow
		);
	});
}

#[test]
fn open_inference_should_keep_its_terms_when_parameters_change() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		let parameters =
			crate::types::Parameters { platform_fee: 7, response_window: 1, ..parameters() };
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters));
		run_to(3);
		assert_ok!(Market::respond(signed(HOST), id, vec![], Usage::default()));
		assert_eq!(held(USER), PRICE + PLATFORM_FEE);
	});
}

#[test]
#[should_panic(expected = "InvalidWindow")]
fn genesis_should_panic_when_parameters_are_invalid() {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		let parameters = crate::types::Parameters { response_window: 0, ..parameters() };
		crate::GenesisConfig::<Test> { parameters }.build();
	});
}
