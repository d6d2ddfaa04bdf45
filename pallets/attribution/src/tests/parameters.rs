//! Parameters and genesis.

use super::*;
use crate::{types, Error, Parameters};
use frame_support::assert_noop;
use openledger_proof::MAX_DIMENSION;
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
		for (bad, error) in [
			(
				types::Parameters { unbonding_period: 0, ..good },
				Error::<Test>::InvalidUnbondingPeriod,
			),
			(types::Parameters { claim_window: 0, ..good }, Error::InvalidClaimWindow),
			(types::Parameters { attempts: 0, ..good }, Error::InvalidAttempts),
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
#[should_panic(expected = "InvalidAttempts")]
fn genesis_should_panic_when_parameters_are_invalid() {
	use frame_support::traits::BuildGenesisConfig;
	sp_io::TestExternalities::default().execute_with(|| {
		let parameters = types::Parameters { attempts: 0, ..parameters() };
		crate::GenesisConfig::<Test> { parameters, attesters: vec![] }.build();
	});
}
