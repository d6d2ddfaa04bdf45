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
fn set_parameters_should_fail_when_a_share_that_somebody_works_for_is_missing() {
	let (none, one) = (Permill::zero(), Permill::one());
	let split = |contributors, owners, attesters| {
		let given: Permill = contributors + owners + attesters;
		Split { contributors, owners, attesters, treasury: one - given }
	};
	let some = Permill::from_percent(30);
	new_test_ext().execute_with(|| {
		for split in [
			split(none, some, some),
			split(some, none, some),
			split(some, some, none),
			split(none, none, none),
			split(one, none, none),
		] {
			assert_noop!(
				Market::set_parameters(
					RuntimeOrigin::root(),
					crate::types::Parameters { split, ..parameters() }
				),
				Error::<Test>::ShareMissing
			);
		}
	});
}

#[test]
fn set_parameters_should_fail_when_window_or_fee_is_out_of_range() {
	new_test_ext().execute_with(|| {
		let good = parameters();
		let window = |response_window| crate::types::Parameters { response_window, ..good };
		let fee = |platform_fee| crate::types::Parameters { platform_fee, ..good };
		for (bad, error) in [
			(window(0), Error::<Test>::InvalidWindow),
			(window(MAX_PERIOD + 1), Error::InvalidWindow),
			(window(u64::MAX), Error::InvalidWindow),
			(fee(MAX_PLATFORM_FEE + 1), Error::PlatformFeeTooHigh),
			(fee(Balance::MAX), Error::PlatformFeeTooHigh),
		] {
			assert_noop!(Market::set_parameters(RuntimeOrigin::root(), bad), error);
		}
	});
}

#[test]
fn parameters_should_change_when_all_are_at_their_bounds() {
	new_test_ext().execute_with(|| {
		let part = Permill::from_parts(1);
		let least = Split {
			contributors: Permill::one() - part - part,
			owners: part,
			attesters: part,
			treasury: Permill::zero(),
		};
		for parameters in [
			crate::types::Parameters {
				split: least,
				platform_fee: MAX_PLATFORM_FEE,
				response_window: MAX_PERIOD,
			},
			crate::types::Parameters { platform_fee: 0, response_window: 1, ..parameters() },
		] {
			assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters));
			assert_eq!(Parameters::<Test>::get(), parameters);
		}
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

fn build(parameters: crate::types::Parameters<u64>) {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		crate::GenesisConfig::<Test> { parameters }.build();
	});
}

#[test]
#[should_panic(expected = "InvalidWindow")]
fn genesis_should_panic_when_the_window_is_zero() {
	build(crate::types::Parameters { response_window: 0, ..parameters() });
}

#[test]
#[should_panic(expected = "PlatformFeeTooHigh")]
fn genesis_should_panic_when_the_fee_is_above_its_bound() {
	build(crate::types::Parameters { platform_fee: MAX_PLATFORM_FEE + 1, ..parameters() });
}
