//! Parameters and genesis.

use super::*;
use crate::{types, Error, Parameters};
use frame_support::assert_noop;
use openledger_primitives::MAX_DIMENSION;
use sp_runtime::DispatchError;

#[test]
fn parameters_should_change_when_admin_sets_them() {
	new_test_ext().execute_with(|| {
		let parameters = types::Parameters { attempts: 9, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		assert_eq!(Parameters::<Test>::get(), parameters);
		System::assert_last_event(Event::ParametersSet { parameters }.into());
	});
}

#[test]
fn set_parameters_should_fail_when_caller_is_not_admin() {
	new_test_ext().execute_with(|| {
		assert_noop!(Jury::set_parameters(signed(ALICE), parameters()), DispatchError::BadOrigin);
	});
}

#[test]
fn set_parameters_should_fail_when_attribution_could_not_work() {
	new_test_ext().execute_with(|| {
		let good = parameters();
		// As many windows as attempts have room for, and a block more.
		let long = MAX_PERIOD / u64::from(ATTEMPTS) + 1;
		let unbonding = |unbonding_period| types::Parameters { unbonding_period, ..good };
		let bond = |bond| types::Parameters { bond, ..good };
		let window = |claim_window| types::Parameters { claim_window, ..good };
		let attempts = |attempts| types::Parameters { attempts, ..good };
		for (bad, error) in [
			(bond(0), Error::<Test>::InvalidBond),
			(bond(MAX_DEPOSIT + 1), Error::InvalidBond),
			(bond(u64::MAX), Error::InvalidBond),
			(unbonding(0), Error::InvalidUnbondingPeriod),
			(unbonding(MAX_PERIOD + 1), Error::InvalidUnbondingPeriod),
			(window(0), Error::InvalidClaimWindow),
			(window(MAX_PERIOD + 1), Error::InvalidClaimWindow),
			(window(u64::MAX), Error::InvalidClaimWindow),
			(window(long), Error::AttemptsTooLong),
			(attempts(0), Error::InvalidAttempts),
			(attempts(MAX_ATTEMPTS + 1), Error::InvalidAttempts),
			(attempts(u32::MAX), Error::InvalidAttempts),
			(
				types::Parameters { attempts: 2, claim_window: MAX_PERIOD, ..good },
				Error::AttemptsTooLong,
			),
			(types::Parameters { max_entries: 0, ..good }, Error::InvalidMaxEntries),
			(types::Parameters { max_entries: 9, ..good }, Error::InvalidMaxEntries),
			(types::Parameters { max_dimension: 0, ..good }, Error::InvalidMaxDimension),
			(
				types::Parameters { max_dimension: MAX_DIMENSION + 1, ..good },
				Error::InvalidMaxDimension,
			),
		] {
			assert_noop!(Jury::set_parameters(RuntimeOrigin::root(), bad), error);
		}
	});
}

#[test]
fn parameters_should_change_when_all_are_at_their_bounds() {
	let attempts = MAX_ATTEMPTS;
	new_test_ext().execute_with(|| {
		let most = types::Parameters {
			bond: MAX_DEPOSIT,
			unbonding_period: MAX_PERIOD,
			claim_window: MAX_PERIOD / u64::from(attempts),
			attempts,
			max_entries: 8,
			max_dimension: MAX_DIMENSION,
		};
		let single = types::Parameters { claim_window: MAX_PERIOD, attempts: 1, ..most };
		for parameters in [most, single, types::Parameters::default()] {
			assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
			assert_eq!(Parameters::<Test>::get(), parameters);
		}
	});
}

fn build(parameters: types::Parameters<u64, u64>) {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		crate::GenesisConfig::<Test> { parameters, attesters: vec![] }.build();
	});
}

#[test]
#[should_panic(expected = "InvalidAttempts")]
fn genesis_should_panic_when_there_is_no_attempt() {
	build(types::Parameters { attempts: 0, ..parameters() });
}

#[test]
#[should_panic(expected = "AttemptsTooLong")]
fn genesis_should_panic_when_attempts_together_take_too_long() {
	build(types::Parameters { attempts: 2, claim_window: MAX_PERIOD, ..parameters() });
}

#[test]
#[should_panic(expected = "InvalidBond")]
fn genesis_should_panic_when_bonds_would_be_void() {
	build(types::Parameters { bond: 0, ..parameters() });
}
