//! What the vetter excludes and includes.

use super::{finish, last_event, nominate, nominees, spread, standing, start};
use crate::{mock::*, types::Parameters, Cohort, Error, Event, Standing};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;

const SEVEN: [AccountId; 7] = [20, 21, 22, 23, 24, 25, 26];

fn vet(contenders: &[AccountId]) {
	nominate(contenders);
	run_to(NOMINATION_END + 1);
}

#[test]
fn exclude_should_take_a_nominee_out_when_called_by_the_vetter() {
	run(|| {
		vet(&SEVEN);
		assert_ok!(Council::exclude(signed(VETTER), 22));
		assert_eq!(last_event(), Event::Excluded { election: 0, nominee: 22 });
		assert_eq!(nominees(), [20, 21, 23, 24, 25, 26]);
		assert_eq!(standing(22), Some(Standing::Excluded));
		assert_noop!(Council::exclude(signed(VETTER), 22), Error::<Test>::NotNominee);
		run_to(VETTING_END + 1);
		assert_noop!(Council::vote(signed(BIG), 22, 1), Error::<Test>::NotNominee);
	});
}

#[test]
fn exclude_should_refuse_when_it_is_not_the_phase_or_not_the_vetter() {
	run(|| {
		assert_noop!(Council::exclude(signed(VETTER), 20), Error::<Test>::NoElection);
		nominate(&SEVEN);
		assert_noop!(Council::exclude(signed(VETTER), 20), Error::<Test>::NotVetting);
		assert_noop!(Council::include(signed(VETTER), ANN), Error::<Test>::NotVetting);
		run_to(VETTING_END);
		for who in [STRANGER, 1] {
			assert_noop!(Council::exclude(signed(who), 20), Error::<Test>::NotVetter);
			assert_noop!(Council::include(signed(who), 30), Error::<Test>::NotVetter);
		}
		assert_noop!(Council::exclude(signed(VETTER), 30), Error::<Test>::NotNominee);
		run_to(VETTING_END + 1);
		assert_noop!(Council::exclude(signed(VETTER), 20), Error::<Test>::NotVetting);
	});
}

#[test]
fn vetting_should_be_nobodys_when_there_is_no_vetter() {
	run(|| {
		let parameters = Parameters { vetter: None, ..parameters() };
		assert_ok!(Council::set_parameters(RuntimeOrigin::root(), parameters));
		vet(&SEVEN);
		assert_noop!(Council::exclude(signed(VETTER), 20), Error::<Test>::NotVetter);
	});
}

#[test]
fn include_should_refuse_when_six_nominees_remain() {
	run(|| {
		vet(&SEVEN);
		assert_noop!(Council::include(signed(VETTER), 30), Error::<Test>::EnoughNominees);
		assert_ok!(Council::exclude(signed(VETTER), 20));
		assert_noop!(Council::include(signed(VETTER), 30), Error::<Test>::EnoughNominees);
		assert_ok!(Council::exclude(signed(VETTER), 21));
		assert_ok!(Council::include(signed(VETTER), 30));
		assert_eq!(last_event(), Event::Included { election: 0, nominee: 30 });
		assert_eq!(nominees(), [22, 23, 24, 25, 26, 30]);
		assert_noop!(Council::include(signed(VETTER), 31), Error::<Test>::EnoughNominees);
	});
}

#[test]
fn include_should_refuse_when_the_account_may_not_stand() {
	run(|| {
		assert_ok!(rotate_key(3, 33));
		vet(&SEVEN[..3]);
		assert_ok!(Council::exclude(signed(VETTER), 20));
		for (who, error) in [
			(20, Error::<Test>::IsExcluded),
			(21, Error::<Test>::IsNominee),
			(7, Error::<Test>::OtherCohort),
			(3, Error::<Test>::FormerKey),
		] {
			assert_noop!(Council::include(signed(VETTER), who), error);
		}
		assert_ok!(Council::include(signed(VETTER), 33));
	});
}

#[test]
fn included_account_should_be_elected_when_exclusion_left_fewer_than_six() {
	run(|| {
		let contenders = [SEVEN.as_slice(), &[27, 28, 29, 30]].concat();
		vet(&contenders);
		for who in [20, 21, 22, 23, 24] {
			assert_ok!(Council::exclude(signed(VETTER), who));
		}
		// A contender who was not nominated, and one who never stood.
		assert_ok!(Council::include(signed(VETTER), 30));
		assert_noop!(rotate_key(7, 30), Error::<Test>::IsContender);
		run_to(VETTING_END + 1);
		assert_ok!(Council::vote(signed(BIG), 30, 5));
		spread(&[25, 26, 27, 28, 29, 30]);
		finish();
		assert_eq!(seats(Cohort::First), [30, 25, 26, 27, 28, 29]);
	});
}

#[test]
fn incumbents_should_stay_when_exclusion_left_fewer_than_six_and_nobody_was_included() {
	run(|| {
		vet(&SEVEN);
		for who in [20, 21, 22, 23] {
			assert_ok!(Council::exclude(signed(VETTER), who));
		}
		run_to(VETTING_END + 1);
		spread(&SEVEN[4..]);
		finish();
		assert_eq!(seats(Cohort::First), [24, 25, 26, 1, 2, 3]);
	});
}

#[test]
fn included_account_should_be_out_when_the_vetter_excludes_it_again() {
	run(|| {
		vet(&[]);
		assert_ok!(Council::include(signed(VETTER), 30));
		assert_ok!(Council::exclude(signed(VETTER), 30));
		assert_noop!(Council::include(signed(VETTER), 30), Error::<Test>::IsExcluded);
		assert!(nominees().is_empty());
	});
}

#[test]
fn vetter_should_get_no_seat_when_it_tries_every_way() {
	run(|| {
		start();
		// Another vets from the next election on.
		let next = Parameters { vetter: Some(BEN), ..parameters() };
		assert_ok!(Council::set_parameters(RuntimeOrigin::root(), next));
		for vetter in [VETTER, BEN] {
			assert_noop!(Council::register(signed(vetter)), Error::<Test>::IsVetter);
			assert_noop!(rotate_key(3, vetter), Error::<Test>::IsVetter);
		}
		run_to(VETTING_END);
		assert_ok!(Council::remove_member(nine(), 3));
		for vetter in [VETTER, BEN] {
			assert_noop!(Council::include(signed(VETTER), vetter), Error::<Test>::IsVetter);
			assert_noop!(add_member(vetter, Cohort::First), Error::<Test>::IsVetter);
		}
		run_to(VOTING_END + 1);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		// The one who vets no more is as free as anybody.
		assert_ok!(add_member(VETTER, Cohort::First));
	});
}

#[test]
fn election_should_not_start_when_its_vetter_is_a_member() {
	run(|| {
		run_to(INTERVAL);
		// No call leads here.
		let vetter = Parameters { vetter: Some(4), ..parameters() };
		crate::Parameters::<Test>::put(vetter);
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::VetterIsMember);
		crate::Parameters::<Test>::put(parameters());
	});
}
