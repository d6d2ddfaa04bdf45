//! The parameters.

use super::last_event;
use crate::{mock::*, types::Parameters, Error, Event, Parameters as Stored};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_runtime::{BuildStorage, DispatchError, Permill};

fn set(parameters: Parameters<AccountId, u64>) -> sp_runtime::DispatchResult {
	Council::set_parameters(RuntimeOrigin::root(), parameters)
}

#[test]
fn set_parameters_should_apply_when_called_by_the_admin() {
	run(|| {
		let parameters = Parameters { election_interval: 50, vetter: None, ..parameters() };
		for origin in [signed(1), nine()] {
			assert_noop!(
				Council::set_parameters(origin, parameters.clone()),
				DispatchError::BadOrigin
			);
		}
		assert_ok!(set(parameters.clone()));
		assert_eq!(Stored::<Test>::get(), parameters);
		assert_eq!(last_event(), Event::ParametersSet { parameters });
		run_to(50);
		assert_ok!(Council::start_election(signed(STRANGER)));
	});
}

#[test]
fn set_parameters_should_refuse_when_elections_could_not_work() {
	use Error::*;
	let good = parameters;
	let percent = Permill::from_percent;
	run(|| {
		for (parameters, error) in [
			(Parameters { registration_period: 0, ..good() }, ZeroRegistrationPeriod::<Test>),
			(Parameters { nomination_period: 0, ..good() }, ZeroNominationPeriod),
			(Parameters { vetting_period: 0, ..good() }, ZeroVettingPeriod),
			(Parameters { voting_period: 0, ..good() }, ZeroVotingPeriod),
			(Parameters { full_weight_period: 0, ..good() }, FullWeightPeriodOutOfRange),
			(Parameters { full_weight_period: 21, ..good() }, FullWeightPeriodOutOfRange),
			(Parameters { election_interval: 49, ..good() }, IntervalTooShort),
			(Parameters { vetting_period: u64::MAX, ..good() }, IntervalTooShort),
			(Parameters { nominee_threshold: percent(9), ..good() }, ThresholdOutOfRange),
			(Parameters { nominee_threshold: percent(0), ..good() }, ThresholdOutOfRange),
			(Parameters { nominee_threshold: percent(17), ..good() }, ThresholdOutOfRange),
			(Parameters { rotation_interval: 0, ..good() }, ZeroRotationInterval),
		] {
			assert_noop!(set(parameters), error);
		}
		assert_ok!(set(Parameters {
			full_weight_period: 20,
			election_interval: 50,
			nominee_threshold: percent(16),
			..good()
		}));
		assert_ok!(set(Default::default()));
	});
}

#[test]
#[should_panic(expected = "ZeroVotingPeriod")]
fn genesis_should_panic_when_elections_could_not_work() {
	let parameters = Parameters { voting_period: 0, ..parameters() };
	let config = crate::GenesisConfig::<Test> { parameters, first: Vec::new(), second: Vec::new() };
	let _ = config.build_storage();
}
