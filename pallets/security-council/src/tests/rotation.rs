//! Members' keys.

use super::{
	begin_voting, finish, last_event, nominate, nominees, record, standing, start, start_with,
};
use crate::{mock::*, Cohort, Error, Event, FormerKeys, Standing};
use frame_support::{assert_noop, assert_ok, traits::SortedMembers};
use polkadot_sdk::*;

const NEW: AccountId = 30;
const NEWER: AccountId = 31;

fn rotate(old: AccountId, new: AccountId) {
	assert_ok!(rotate_key(old, new));
}

#[test]
fn rotate_key_should_keep_seat_and_cohort_when_called_by_a_member() {
	run(|| {
		let numbers = seat_numbers(Cohort::First);
		rotate(3, NEW);
		assert_eq!(
			last_event(),
			Event::KeyRotated { cohort: Cohort::First, old_key: 3, new_key: NEW }
		);
		assert_eq!(seats(Cohort::First), [1, 2, NEW, 4, 5, 6]);
		assert_eq!(seat_numbers(Cohort::First), numbers);
		assert!(Members::contains(&NEW) && !Members::contains(&3));
	});
}

#[test]
fn rotate_key_should_refuse_when_too_soon() {
	run(|| {
		rotate(3, NEW);
		assert_noop!(rotate_key(3, NEWER), Error::<Test>::NotMember);
		run_to(ROTATION);
		assert_noop!(rotate_key(NEW, NEWER), Error::<Test>::RotationTooSoon);
		rotate(4, 32);
		run_to(1 + ROTATION);
		rotate(NEW, NEWER);
		assert_eq!(seats(Cohort::First), [1, 2, NEWER, 32, 5, 6]);
	});
}

#[test]
fn rotate_key_should_refuse_when_the_caller_is_no_member() {
	run(|| {
		assert_noop!(rotate_key(STRANGER, NEW), Error::<Test>::NotMember);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_noop!(rotate_key(3, NEW), Error::<Test>::NotMember);
	});
}

#[test]
fn rotate_key_should_refuse_when_the_new_key_is_or_was_a_members() {
	run(|| {
		for taken in [3, 4, 7] {
			assert_noop!(rotate_key(3, taken), Error::<Test>::IsMember);
		}
		rotate(4, NEW);
		assert_noop!(rotate_key(3, 4), Error::<Test>::IsMember);
		run_to(1 + ROTATION);
		assert_noop!(rotate_key(NEW, 4), Error::<Test>::IsMember);
		// Once the seat is gone its keys are free.
		assert_ok!(Council::remove_member(nine(), NEW));
		rotate(3, 4);
		assert_eq!(FormerKeys::<Test>::get(3), Some(2));
	});
}

#[test]
fn rotate_key_should_refuse_when_the_new_key_stands_for_election() {
	run(|| {
		nominate(&[ANN]);
		assert_eq!(standing(ANN), Some(Standing::Nominee));
		assert_noop!(rotate_key(7, ANN), Error::<Test>::IsContender);
		assert_noop!(rotate_key(3, ANN), Error::<Test>::IsContender);
		run_to(VETTING_END);
		assert_ok!(Council::exclude(signed(VETTER), ANN));
		assert_noop!(rotate_key(7, ANN), Error::<Test>::IsContender);
		finish();
		rotate(7, ANN);
	});
}

#[test]
fn rotate_key_should_refuse_when_the_new_key_is_a_contender_without_nomination() {
	run(|| {
		start_with(&[ANN]);
		assert_noop!(rotate_key(7, ANN), Error::<Test>::IsContender);
		run_to(VOTING_END + 1);
		assert_noop!(rotate_key(7, ANN), Error::<Test>::IsContender);
	});
}

#[test]
fn rotated_member_should_not_stand_for_the_other_cohort_when_using_any_of_its_keys() {
	run(|| {
		rotate(7, NEW);
		start();
		assert_noop!(Council::register(signed(NEW)), Error::<Test>::OtherCohort);
		assert_noop!(Council::register(signed(7)), Error::<Test>::OtherCohort);
		run_to(1 + INTERVAL);
		rotate(NEW, NEWER);
		for key in [7, NEW, NEWER] {
			assert_noop!(Council::register(signed(key)), Error::<Test>::OtherCohort);
		}
	});
}

#[test]
fn rotated_member_should_stand_again_only_when_using_its_present_key() {
	run(|| {
		rotate(3, NEW);
		start();
		assert_noop!(Council::register(signed(3)), Error::<Test>::FormerKey);
		assert_ok!(Council::register(signed(NEW)));
	});
}

#[test]
fn rotated_member_should_keep_its_candidacy_when_it_stands_again() {
	run(|| {
		begin_voting(&[ANN, 3, BEN]);
		assert_ok!(Council::vote(signed(SMALL), 3, 40));
		rotate(3, NEW);
		assert_eq!((standing(3), standing(NEW)), (None, Some(Standing::Nominee)));
		assert_eq!(nominees(), [ANN, NEW, BEN]);
		assert_noop!(Council::vote(signed(SMALL), 3, 1), Error::<Test>::NotNominee);
		assert_ok!(Council::vote(signed(SMALL), NEW, 60));
		assert_eq!(record(NEW).unwrap().weight, 100);
		finish();
		assert_eq!(seats(Cohort::First), [NEW, 1, 2, 4, 5, 6]);
		// The seat is still the same: the key may not rotate again at once.
		assert_noop!(rotate_key(NEW, NEWER), Error::<Test>::RotationTooSoon);
	});
}

#[test]
fn rotated_contender_should_be_nominated_when_votes_came_before_and_after() {
	run(|| {
		start_with(&[3]);
		run_to(NOMINATION_END - 1);
		assert_ok!(Council::nominate(signed(BIG), 3, 60));
		rotate(3, NEW);
		assert_noop!(Council::nominate(signed(BIG), 3, 40), Error::<Test>::NotContender);
		assert_ok!(Council::nominate(signed(BIG), NEW, 40));
		assert_eq!(nominees(), [NEW]);
	});
}

#[test]
fn rotated_member_should_stay_excluded_when_the_vetter_excluded_it() {
	run(|| {
		nominate(&[3]);
		run_to(VETTING_END);
		assert_ok!(Council::exclude(signed(VETTER), 3));
		rotate(3, NEW);
		assert_noop!(Council::include(signed(VETTER), NEW), Error::<Test>::IsExcluded);
		assert_noop!(Council::include(signed(VETTER), 3), Error::<Test>::FormerKey);
	});
}

#[test]
fn remove_member_should_find_the_seat_when_its_key_was_rotated() {
	run(|| {
		rotate(7, NEW);
		assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), 7));
		assert_eq!(last_event(), Event::MemberRemoved { who: NEW, cohort: Cohort::Second });
		assert!(!Members::contains(&NEW));
		// The vacancy can be filled by the same person, if the council wants that.
		assert_ok!(add_member(7, Cohort::Second));
	});
}

#[test]
fn motion_should_lose_a_members_vote_when_its_key_is_rotated() {
	run(|| {
		let call = RuntimeCall::from(crate::Call::remove_member { who: 12 });
		let hash = propose(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 9, call.clone());
		rotate(9, NEW);
		assert!(close(&call).is_err());
		assert_ok!(Motions::vote(signed(NEW), hash, 0, true));
		assert_ok!(close(&call));
		assert!(!Members::contains(&12));
	});
}
