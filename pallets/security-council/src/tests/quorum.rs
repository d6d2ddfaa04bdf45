//! Elections in which few vote, or few hold much.

use super::{begin_voting, last_event, record, spread};
use crate::{mock::*, types::Parameters, Cohort, ElectionBallots, Error, Event, Turnout};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_runtime::Permill;

/// An account with some votes where nobody else has any.
const ATTACKER: AccountId = 90;
const SIX: [AccountId; 6] = [20, 21, 22, 23, 24, 25];

fn finish() -> Event<Test> {
	run_to(VOTING_END + 1);
	assert_ok!(Council::finish_election(signed(STRANGER)));
	last_event()
}

#[test]
fn attacker_should_get_no_seat_when_it_holds_two_elections_on_a_quiet_chain() {
	run(|| {
		for who in [BIG, MIDDLE, SMALL] {
			set_votes(who, 0);
		}
		set_votes(ATTACKER, 59);
		for (number, puppets) in [(0, 20..26), (1, 30..36)] {
			run_to(INTERVAL * (number + 1));
			assert_ok!(Council::start_election(signed(ATTACKER)));
			let phases = crate::Running::<Test>::get().unwrap().phases;
			for puppet in puppets.clone() {
				assert_ok!(Council::register(signed(puppet)));
			}
			run_to(phases.vetting);
			for puppet in puppets.clone() {
				assert_ok!(Council::nominate(signed(ATTACKER), puppet, 6));
			}
			run_to(phases.voting + 1);
			for puppet in puppets {
				assert_ok!(Council::vote(signed(ATTACKER), puppet, 9));
			}
			run_to(phases.end + 1);
			assert_ok!(Council::finish_election(signed(ATTACKER)));
			let election = number as u32;
			System::assert_has_event(
				Event::QuorumMissed { election, votes: 54, quorum: 60 }.into(),
			);
		}
		assert_eq!((seats(Cohort::First), seats(Cohort::Second)), (FIRST.into(), SECOND.into()));
	});
}

#[test]
fn cohort_should_stay_and_the_event_say_why_when_a_vote_is_missing() {
	for (votes, reached) in [(QUORUM - 1, false), (QUORUM, true)] {
		run(|| {
			begin_voting(&SIX);
			assert_eq!(Council::voting_quorum(), Some(QUORUM));
			assert_ok!(Council::vote(signed(BIG), 20, votes));
			assert_eq!(Turnout::<Test>::get(), votes);
			let finished = finish();
			let missed = Event::QuorumMissed { election: 0, votes, quorum: QUORUM };
			let said = System::read_events_for_pallet::<Event<Test>>().contains(&missed);
			assert_eq!(said, !reached);
			let members = if reached { [20, 1, 2, 3, 4, 5] } else { FIRST }.to_vec();
			assert_eq!(seats(Cohort::First), members);
			let (cohort, elected) = (Cohort::First, reached.into());
			assert_eq!(finished, Event::ElectionFinished { election: 0, cohort, members, elected });
			assert!(!Turnout::<Test>::exists());
		});
	}
}

#[test]
fn quorum_should_be_of_the_votable_units_at_the_start_of_voting_when_they_change() {
	run(|| {
		assert_eq!(Council::voting_quorum(), None);
		super::nominate(&SIX);
		assert_eq!(Council::voting_quorum(), None);
		run_to(VETTING_END);
		set_votes(STRANGER, 1_000);
		run_to(VETTING_END + 1);
		set_votes(STRANGER, 100_000);
		run_to(VETTING_END + 2);
		assert_eq!(Council::voting_quorum(), Some(200));
	});
}

#[test]
fn quorum_should_stay_within_its_limits_when_few_or_many_units_are_votable() {
	let quorum = parameters().quorum;
	let of = [0, 100, 600, 610, 5_000, 5_010, u128::MAX].map(|votable| quorum.of(votable));
	assert_eq!(of, [60, 60, 60, 61, 500, 500, 500]);
}

#[test]
fn nominee_should_not_be_elected_when_it_has_one_vote() {
	run(|| {
		begin_voting(&[ANN, BEN]);
		assert_ok!(Council::vote(signed(BIG), ANN, 120));
		assert_ok!(Council::vote(signed(SMALL), BEN, 1));
		finish();
		assert_eq!(seats(Cohort::First), [ANN, 1, 2, 3, 4, 5]);
	});
}

#[test]
fn nominee_should_be_elected_when_it_holds_just_the_least_votes() {
	for (votes, fifth) in [(LEAST, BEN), (LEAST - 1, 1)] {
		run(|| {
			begin_voting(&[ANN, BEN]);
			assert_ok!(Council::vote(signed(BIG), ANN, 120));
			assert_ok!(Council::vote(signed(SMALL), BEN, votes));
			finish();
			assert_eq!(seats(Cohort::First)[1], fifth);
		});
	}
}

#[test]
fn late_votes_should_elect_nobody_when_they_reach_the_quorum_and_weigh_little() {
	run(|| {
		begin_voting(&[ANN]);
		run_to(VOTING_END - 1);
		assert_ok!(Council::vote(signed(MIDDLE), ANN, 140));
		assert_eq!(record(ANN).unwrap().weight, 9);
		finish();
		assert_eq!(seats(Cohort::First), FIRST);
	});
}

#[test]
fn majority_should_not_take_all_seats_when_both_camps_spread_evenly() {
	run(|| {
		begin_voting(&[20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
		spread(&[20, 21, 22, 23, 24]);
		for (voter, votes) in [(MIDDLE, 60), (SMALL, 20)] {
			for nominee in 25..30 {
				assert_ok!(Council::vote(signed(voter), nominee, votes));
			}
		}
		finish();
		// 600 to 400 votes, of which one seat takes 143.
		let seats = seats(Cohort::First);
		let of_majority = seats.iter().filter(|member| **member < 25).count();
		assert_eq!((of_majority, seats.len()), (4, 6), "{seats:?}");
	});
}

#[test]
fn votes_should_stay_where_they_are_when_the_voter_is_small() {
	run(|| {
		super::nominate(&[ANN, BEN]);
		set_votes(STRANGER, 1);
		set_votes(MIDDLE, 1_301);
		run_to(VETTING_END + 1);
		for voter in [STRANGER, BIG] {
			assert_ok!(Council::vote(signed(voter), ANN, 1));
		}
		// One of 2,002 votes.
		assert!(!ElectionBallots::<Test>::contains_key(0, STRANGER));
		assert_eq!(ElectionBallots::<Test>::get(0, BIG).into_inner(), [(0, 1)]);
		assert_eq!(record(ANN).unwrap().weight, 2);
	});
	run(|| {
		super::nominate(&[ANN]);
		set_votes(STRANGER, 1);
		set_votes(MIDDLE, 1_299);
		run_to(VETTING_END + 1);
		assert_ok!(Council::vote(signed(STRANGER), ANN, 1));
		assert!(ElectionBallots::<Test>::contains_key(0, STRANGER));
	});
}

#[test]
fn vote_should_refuse_when_it_is_for_a_seventeenth_nominee() {
	run(|| {
		MaxNominees::set(20);
		let nominee_threshold = Permill::from_percent(5);
		let parameters = Parameters { nominee_threshold, ..parameters() };
		assert_ok!(Council::set_parameters(RuntimeOrigin::root(), parameters));
		let nominees: Vec<_> = (20..37).collect();
		super::start_with(&nominees);
		run_to(NOMINATION_END);
		let voters = [[BIG; 12].as_slice(), &[MIDDLE; 5]].concat();
		for (voter, nominee) in voters.into_iter().zip(&nominees) {
			assert_ok!(Council::nominate(signed(voter), *nominee, 50));
		}
		run_to(VETTING_END + 1);
		for nominee in &nominees[..16] {
			assert_ok!(Council::vote(signed(BIG), *nominee, 1));
		}
		assert_noop!(Council::vote(signed(BIG), 36, 1), Error::<Test>::TooManyChoices);
		assert_ok!(Council::vote(signed(BIG), 35, 1));
		assert_ok!(Council::vote(signed(MIDDLE), 36, 1));
	});
}
