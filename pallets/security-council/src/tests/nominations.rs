//! Registration and nomination.

use super::{last_event, nominees, record, standing, start, start_with};
use crate::{mock::*, Cohort, Error, Event, Spent, Standing, Voters};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;

#[test]
fn register_should_refuse_when_no_election_registers() {
	run(|| {
		assert_noop!(Council::register(signed(ANN)), Error::<Test>::NoElection);
		start();
		run_to(REGISTRATION_END);
		assert_ok!(Council::register(signed(ANN)));
		assert_eq!(last_event(), Event::Registered { election: 0, contender: ANN });
		assert_noop!(Council::register(signed(ANN)), Error::<Test>::IsContender);
		for block in [REGISTRATION_END + 1, VOTING_END + 1] {
			run_to(block);
			assert_noop!(Council::register(signed(BEN)), Error::<Test>::NotRegistering);
		}
	});
}

#[test]
fn register_should_refuse_when_the_caller_sits_in_the_other_cohort() {
	run(|| {
		start();
		assert_noop!(Council::register(signed(7)), Error::<Test>::OtherCohort);
		assert_ok!(Council::register(signed(3)));
		// Without its seat it may.
		assert_ok!(Council::remove_member(nine(), 7));
		assert_ok!(Council::register(signed(7)));
		assert_noop!(add_member(7, Cohort::Second), Error::<Test>::IsContender);
	});
}

#[test]
fn nominate_should_refuse_when_it_is_not_the_phase() {
	run(|| {
		assert_noop!(Council::nominate(signed(BIG), ANN, 1), Error::<Test>::NoElection);
		start_with(&[ANN]);
		run_to(REGISTRATION_END);
		assert_noop!(Council::nominate(signed(BIG), ANN, 1), Error::<Test>::NotNominating);
		run_to(REGISTRATION_END + 1);
		assert_ok!(Council::nominate(signed(BIG), ANN, 1));
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(BIG), ANN, 1));
		run_to(NOMINATION_END + 1);
		assert_noop!(Council::nominate(signed(BIG), ANN, 1), Error::<Test>::NotNominating);
	});
}

#[test]
fn nominate_should_make_a_nominee_when_the_threshold_is_reached() {
	run(|| {
		start_with(&[ANN, BEN]);
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(BIG), ANN, ENOUGH - 1));
		assert_eq!((standing(ANN), nominees()), (Some(Standing::Contender), vec![]));
		assert_ok!(Council::nominate(signed(SMALL), ANN, 1));
		assert_eq!(last_event(), Event::NomineeAdded { election: 0, nominee: ANN });
		assert_eq!((standing(ANN), nominees()), (Some(Standing::Nominee), vec![ANN]));
		assert_noop!(Council::nominate(signed(SMALL), ANN, 1), Error::<Test>::IsNominee);
		assert_noop!(Council::nominate(signed(SMALL), STRANGER, 1), Error::<Test>::NotContender);
	});
}

#[test]
fn quota_should_be_told_when_nomination_has_begun() {
	run(|| {
		assert_eq!(Council::nomination_quota(), None);
		start_with(&[ANN, BEN]);
		assert_eq!(Council::nomination_quota(), None);
		run_to(NOMINATION_END);
		assert_eq!(Council::nomination_quota(), Some(ENOUGH));
	});
}

#[test]
fn nominate_should_take_no_more_than_needed_when_more_is_given() {
	run(|| {
		start_with(&[ANN, BEN]);
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(SMALL), ANN, 30));
		assert_ok!(Council::nominate(signed(BIG), ANN, 600));
		assert_eq!(record(ANN).unwrap().nominations, ENOUGH);
		assert_eq!(Voters::<Test>::get(0, BIG), Spent { nomination: 70, voting: 0 });
		System::assert_has_event(
			Event::Nominated { election: 0, voter: BIG, contender: ANN, votes: 70 }.into(),
		);
		assert_ok!(Council::nominate(signed(BIG), BEN, 530));
	});
}

#[test]
fn nominate_should_refuse_when_votes_are_overspent_or_none() {
	run(|| {
		start_with(&[ANN, BEN]);
		run_to(NOMINATION_END);
		assert_noop!(Council::nominate(signed(SMALL), ANN, 0), Error::<Test>::ZeroVotes);
		assert_noop!(Council::nominate(signed(STRANGER), ANN, 1), Error::<Test>::NotEnoughVotes);
		assert_noop!(Council::nominate(signed(SMALL), ANN, 101), Error::<Test>::NotEnoughVotes);
		assert_ok!(Council::nominate(signed(SMALL), ANN, 60));
		for votes in [41, u128::MAX] {
			assert_noop!(
				Council::nominate(signed(SMALL), BEN, votes),
				Error::<Test>::NotEnoughVotes
			);
		}
		assert_ok!(Council::nominate(signed(SMALL), BEN, 40));
	});
}

#[test]
fn nominate_should_count_votes_of_the_snapshot_when_they_change() {
	run(|| {
		start_with(&[ANN, BEN]);
		run_to(REGISTRATION_END);
		set_votes(SMALL, 200);
		run_to(REGISTRATION_END + 1);
		// Borrowed since, and a lower threshold since.
		set_votes(STRANGER, 1_000);
		set_votes(BIG, 0);
		run_to(NOMINATION_END);
		assert_noop!(Council::nominate(signed(STRANGER), ANN, 1), Error::<Test>::NotEnoughVotes);
		assert_ok!(Council::nominate(signed(SMALL), ANN, 109));
		assert_eq!(standing(ANN), Some(Standing::Contender));
		assert_ok!(Council::nominate(signed(BIG), ANN, 1));
		assert_eq!(standing(ANN), Some(Standing::Nominee));
		assert_ok!(Council::nominate(signed(SMALL), BEN, 91));
		assert_noop!(Council::nominate(signed(SMALL), BEN, 1), Error::<Test>::NotEnoughVotes);
	});
}

#[test]
fn threshold_should_round_up_when_it_is_no_whole_vote() {
	run(|| {
		set_votes(STRANGER, 1);
		start_with(&[ANN]);
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(BIG), ANN, ENOUGH));
		assert_eq!(standing(ANN), Some(Standing::Contender));
		assert_ok!(Council::nominate(signed(BIG), ANN, 1));
		assert_eq!(standing(ANN), Some(Standing::Nominee));
	});
}

#[test]
fn nominees_should_be_as_many_as_there_is_room_when_all_votes_are_spent() {
	run(|| {
		let contenders: Vec<_> = (20..31).collect();
		super::nominate(&contenders);
		assert_eq!(nominees(), contenders[..10]);
		assert_noop!(Council::nominate(signed(BIG), 30, 1), Error::<Test>::NotEnoughVotes);
	});
}

#[test]
fn nominate_should_refuse_when_there_is_no_room_for_a_nominee() {
	run(|| {
		set_votes(UNCOUNTED, ENOUGH);
		let contenders: Vec<_> = (20..31).collect();
		super::nominate(&contenders);
		assert_ok!(Council::nominate(signed(UNCOUNTED), 30, ENOUGH - 1));
		assert_noop!(Council::nominate(signed(UNCOUNTED), 30, 1), Error::<Test>::TooManyNominees);
	});
}

#[test]
fn nomination_should_need_a_vote_when_there_are_no_votable_units() {
	run(|| {
		start_with(&[ANN]);
		for who in [BIG, MIDDLE, SMALL] {
			set_votes(who, 0);
		}
		set_votes(UNCOUNTED, 5);
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(UNCOUNTED), ANN, 5));
		assert_eq!(record(ANN).unwrap().nominations, 1);
		assert_eq!(nominees(), [ANN]);
	});
}
