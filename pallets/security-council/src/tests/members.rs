//! Members: genesis, removal and vacancies.

use super::{last_event, start_with};
use crate::{mock::*, Cohort, Error, Event};
use frame_support::{assert_noop, assert_ok, traits::SortedMembers};
use polkadot_sdk::*;
use sp_runtime::DispatchError;

#[test]
fn genesis_should_seat_both_cohorts_when_built() {
	run(|| {
		assert_eq!(seats(Cohort::First), FIRST);
		assert_eq!(seats(Cohort::Second), SECOND);
		assert_eq!(Members::sorted_members(), (1..=12).collect::<Vec<_>>());
	});
}

#[test]
fn genesis_should_accept_vacancies_when_built() {
	genesis(&[5, 3], &[]).execute_with(|| {
		assert_eq!(seats(Cohort::First), [5, 3]);
		assert_eq!(Members::sorted_members(), [3, 5]);
		Council::do_try_state().unwrap();
	});
}

#[test]
#[should_panic(expected = "names the member 4 twice")]
fn genesis_should_panic_when_a_member_is_in_both_cohorts() {
	genesis(&[1, 4], &[2, 4]);
}

#[test]
#[should_panic(expected = "names the member 1 twice")]
fn genesis_should_panic_when_a_member_is_twice_in_a_cohort() {
	genesis(&[1, 1], &[]);
}

#[test]
#[should_panic(expected = "Second cohort has 7 members at genesis, 6 are the most")]
fn genesis_should_panic_when_a_cohort_has_seven_members() {
	genesis(&[], &[1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn remove_member_should_leave_a_vacancy_when_the_council_or_a_vote_says_so() {
	run(|| {
		assert_ok!(Council::remove_member(nine(), 3));
		assert_eq!(last_event(), Event::MemberRemoved { who: 3, cohort: Cohort::First });
		assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), 12));
		assert_eq!(last_event(), Event::MemberRemoved { who: 12, cohort: Cohort::Second });
		assert_eq!(seats(Cohort::First), [1, 2, 4, 5, 6]);
		assert_eq!(Members::sorted_members(), [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
	});
}

#[test]
fn remove_member_should_refuse_when_called_by_another_or_for_no_member() {
	run(|| {
		for origin in [signed(3), signed(STRANGER), RuntimeOrigin::root()] {
			assert_noop!(Council::remove_member(origin, 3), DispatchError::BadOrigin);
		}
		assert_noop!(Council::remove_member(nine(), STRANGER), Error::<Test>::NotMember);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_noop!(Council::remove_member(nine(), 3), Error::<Test>::NotMember);
	});
}

#[test]
fn remove_member_should_work_to_the_last_seat_when_voted_on() {
	run(|| {
		for who in 1..=12 {
			assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), who));
		}
		assert_eq!(Members::count(), 0);
	});
}

#[test]
fn council_should_remove_a_ninth_member_but_not_refill_when_nine_are_seated() {
	run(|| {
		for who in [1, 2, 3] {
			assert_ok!(Council::remove_member(nine(), who));
		}
		let members = Council::members();
		let call = crate::Call::remove_member { who: members[0] };
		assert_eq!(motion(&members, call), Ok(()));
		let members = Council::members();
		assert_eq!(members.len(), 8);
		let call = crate::Call::add_member { who: ANN, cohort: Cohort::First };
		assert_eq!(motion(&members, call), Err(DispatchError::BadOrigin));
	});
}

#[test]
fn add_member_should_fill_a_vacancy_when_there_is_one() {
	run(|| {
		assert_noop!(Council::add_member(nine(), ANN, Cohort::First), Error::<Test>::CohortFull);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_noop!(Council::add_member(nine(), ANN, Cohort::Second), Error::<Test>::CohortFull);
		assert_ok!(Council::add_member(nine(), ANN, Cohort::First));
		assert_eq!(last_event(), Event::MemberAdded { who: ANN, cohort: Cohort::First });
		assert_eq!(seats(Cohort::First), [1, 2, 4, 5, 6, ANN]);
		assert!(Members::contains(&ANN));
	});
}

#[test]
fn add_member_should_refuse_when_the_account_is_a_member_or_stands() {
	run(|| {
		start_with(&[ANN, 3]);
		assert_ok!(Council::remove_member(nine(), 3));
		for who in [4, 7] {
			assert_noop!(Council::add_member(nine(), who, Cohort::First), Error::<Test>::IsMember);
		}
		assert_ok!(Council::remove_member(nine(), 8));
		for (who, cohort) in [(ANN, Cohort::First), (ANN, Cohort::Second), (3, Cohort::Second)] {
			assert_noop!(Council::add_member(nine(), who, cohort), Error::<Test>::IsContender);
		}
		assert_ok!(Council::add_member(nine(), BEN, Cohort::Second));
	});
}
