//! Members: genesis, removal and vacancies.

use super::{last_event, start_with};
use crate::{mock::*, Cohort, Error, Event, LastDue, NextElection, OfferedSeat};
use frame_support::{assert_noop, assert_ok, traits::SortedMembers};
use polkadot_sdk::*;
use sp_runtime::{DispatchError, DispatchResult};

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
		let call = crate::Call::add_member {
			who: ANN,
			cohort: Cohort::First,
			acceptance: acceptance(ANN, OfferedSeat::Vacancy(Cohort::First), 9),
		};
		assert_eq!(motion(&members, call), Err(DispatchError::BadOrigin));
	});
}

#[test]
fn add_member_should_fill_a_vacancy_when_there_is_one() {
	run(|| {
		assert_noop!(add_member(ANN, Cohort::First), Error::<Test>::CohortFull);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_noop!(add_member(ANN, Cohort::Second), Error::<Test>::CohortFull);
		assert_ok!(add_member(ANN, Cohort::First));
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
			assert_noop!(add_member(who, Cohort::First), Error::<Test>::IsMember);
		}
		assert_ok!(Council::remove_member(nine(), 8));
		for (who, cohort) in [(ANN, Cohort::First), (ANN, Cohort::Second), (3, Cohort::Second)] {
			assert_noop!(add_member(who, cohort), Error::<Test>::IsContender);
		}
		assert_ok!(add_member(BEN, Cohort::Second));
	});
}

#[test]
fn resign_should_leave_a_vacancy_when_a_member_calls() {
	run(|| {
		assert_ok!(Council::resign(signed(9)));
		assert_eq!(last_event(), Event::MemberResigned { who: 9, cohort: Cohort::Second });
		assert_eq!(seats(Cohort::Second), [7, 8, 10, 11, 12]);
		assert!(!Members::contains(&9));
		assert_noop!(Council::resign(signed(9)), Error::<Test>::NotMember);
		// The vacancy is the council's to fill, and the member may come back.
		assert_ok!(add_member(9, Cohort::Second));
	});
}

#[test]
fn resign_should_refuse_when_the_key_is_no_members_or_was_rotated_away() {
	run(|| {
		assert_ok!(rotate_key(3, ANN));
		for who in [3, STRANGER] {
			assert_noop!(Council::resign(signed(who)), Error::<Test>::NotMember);
		}
		assert_ok!(Council::resign(signed(ANN)));
		assert_eq!(seats(Cohort::First), [1, 2, 4, 5, 6]);
	});
}

fn seat_council(first: &[AccountId], second: &[AccountId]) -> DispatchResult {
	let [first, second] = [first, second].map(|named| named.to_vec().try_into().unwrap());
	Council::seat_council(RuntimeOrigin::root(), first, second)
}

#[test]
fn seat_council_should_seat_the_first_members_when_there_are_none() {
	genesis(&[], &[]).execute_with(|| {
		run_to(INTERVAL * 3);
		// However long the chain has run, nobody elects a council out of nothing.
		assert_noop!(Council::start_election(signed(BIG)), Error::<Test>::TooFewMembers);
		let [first, second] = [FIRST, SECOND].map(|named| named.to_vec().try_into().unwrap());
		for origin in [signed(1), signed(REMOVAL_VOTE)] {
			assert_noop!(
				Council::seat_council(
					origin,
					FIRST.to_vec().try_into().unwrap(),
					SECOND.to_vec().try_into().unwrap()
				),
				DispatchError::BadOrigin
			);
		}
		assert_ok!(seat_council(&FIRST, &SECOND));
		assert_eq!(last_event(), Event::CouncilSeated { first, second });
		assert_eq!(Members::sorted_members(), (1..=12).collect::<Vec<_>>());
		// The first election is due an interval later.
		assert_eq!(LastDue::<Test>::get(), INTERVAL * 3);
		assert_noop!(Council::start_election(signed(BIG)), Error::<Test>::ElectionNotDue);
		run_to(INTERVAL * 4);
		assert_ok!(Council::start_election(signed(BIG)));
	});
}

#[test]
fn seat_council_should_refill_a_council_when_it_can_no_longer_act() {
	run(|| {
		super::start();
		run_to(VOTING_END + 1);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		for who in [1, 2, 3] {
			assert_ok!(Council::resign(signed(who)));
		}
		assert_noop!(seat_council(&[20], &[]), Error::<Test>::CouncilCanAct);
		assert_ok!(Council::resign(signed(7)));
		assert_noop!(seat_council(&[], &[]), Error::<Test>::TooFewMembers);
		assert_noop!(seat_council(&[20, 21, 22, 23], &[]), Error::<Test>::CohortFull);
		assert_noop!(seat_council(&[4], &[]), Error::<Test>::IsMember);
		assert_noop!(seat_council(&[], &[4]), Error::<Test>::IsMember);
		assert_noop!(seat_council(&[], &[VETTER]), Error::<Test>::IsVetter);
		assert_noop!(seat_council(&[20, 20], &[]), Error::<Test>::IsMember);
		assert_ok!(seat_council(&[20, 21], &[1]));
		assert_eq!(seats(Cohort::First), [4, 5, 6, 20, 21]);
		assert_eq!(seats(Cohort::Second), [8, 9, 10, 11, 12, 1]);
		// Elections keep their pace.
		assert_eq!((LastDue::<Test>::get(), NextElection::<Test>::get()), (INTERVAL, 1));
	});
}

#[test]
fn election_should_not_start_when_the_council_cannot_act() {
	run(|| {
		for who in [1, 2, 3] {
			assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), who));
		}
		run_to(INTERVAL);
		assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), 7));
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::TooFewMembers);
		assert_ok!(seat_council(&[], &[20]));
		assert_ok!(Council::start_election(signed(STRANGER)));
	});
}

#[test]
#[should_panic(expected = "names the vetter 50 as a member")]
fn genesis_should_panic_when_the_vetter_is_a_member() {
	genesis(&[1, VETTER], &[]);
}
