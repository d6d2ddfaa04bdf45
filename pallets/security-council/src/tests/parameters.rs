//! The parameters.

use super::last_event;
use crate::{mock::*, types::Parameters, Cohort, Error, Event, Parameters as Stored, Quorum};
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
		assert_eq!(Stored::<Test>::get().as_ref(), Some(&parameters));
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
	let quorum = |share, least, most| Parameters {
		quorum: Quorum { share: percent(share), least, most },
		..good()
	};
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
			(quorum(0, 60, 500), QuorumOutOfRange),
			(quorum(10, 0, 500), QuorumOutOfRange),
			(quorum(10, 501, 500), QuorumOutOfRange),
			(quorum(10, 60, HIGHEST_QUORUM + 1), QuorumOutOfRange),
			(Parameters { least_votes: 0, ..good() }, LeastVotesOutOfRange),
			(Parameters { least_votes: LEAST + 1, ..good() }, LeastVotesOutOfRange),
			(Parameters { least_votes: u128::MAX, ..good() }, LeastVotesOutOfRange),
		] {
			assert_noop!(set(parameters), error);
		}
		assert_ok!(set(Parameters {
			full_weight_period: 20,
			election_interval: 50,
			nominee_threshold: percent(16),
			quorum: Quorum { share: percent(100), least: 60, most: HIGHEST_QUORUM },
			..good()
		}));
	});
}

#[test]
#[should_panic(expected = "ZeroVotingPeriod")]
fn genesis_should_panic_when_elections_could_not_work() {
	let parameters = Parameters { voting_period: 0, ..parameters() };
	let config = crate::GenesisConfig::<Test> {
		parameters: Some(parameters),
		unfilled: false,
		first: Vec::new(),
		second: Vec::new(),
	};
	let _ = config.build_storage();
}

#[test]
#[should_panic(expected = "the security council's genesis has no parameters")]
fn genesis_should_panic_when_it_has_no_parameters() {
	let config = crate::GenesisConfig::<Test> { unfilled: false, ..Default::default() };
	let _ = config.build_storage();
}

#[test]
fn calls_should_say_so_when_there_are_no_parameters() {
	run(|| {
		run_to(INTERVAL);
		let parameters = Stored::<Test>::take();
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::NoParameters);
		assert_noop!(rotate_key(3, ANN), Error::<Test>::NoParameters);
		assert_eq!(
			Council::do_try_state(),
			Err(DispatchError::Other("the council has no parameters"))
		);
		// What the council does needs none.
		assert_ok!(Council::remove_member(nine(), 3));
		assert_ok!(add_member(ANN, Cohort::First));
		assert_ok!(set(parameters.unwrap()));
		assert_ok!(Council::start_election(signed(STRANGER)));
	});
}

#[test]
fn set_parameters_should_refuse_when_the_vetter_sits_or_stands() {
	let with = |vetter| Parameters { vetter: Some(vetter), ..parameters() };
	run(|| {
		assert_ok!(rotate_key(3, ANN));
		for vetter in [1, 12, 3, ANN] {
			assert_noop!(set(with(vetter)), Error::<Test>::VetterIsMember);
		}
		super::start_with(&[BEN]);
		assert_noop!(set(with(BEN)), Error::<Test>::VetterStands);
		run_to(VOTING_END + 1);
		assert_noop!(set(with(BEN)), Error::<Test>::VetterStands);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		assert_ok!(set(with(BEN)));
	});
}
