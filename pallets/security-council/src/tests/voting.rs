//! The member election.

use super::{begin_voting, last_event, nominate, record};
use crate::{mock::*, Error, Event, Phases, Spent, Voters};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use proptest::prelude::*;

#[test]
fn vote_should_refuse_when_it_is_not_the_phase() {
	run(|| {
		assert_noop!(Council::vote(signed(BIG), ANN, 1), Error::<Test>::NoElection);
		nominate(&[ANN]);
		run_to(VETTING_END);
		assert_noop!(Council::vote(signed(BIG), ANN, 1), Error::<Test>::NotVoting);
		run_to(VETTING_END + 1);
		assert_ok!(Council::vote(signed(BIG), ANN, 1));
		run_to(VOTING_END + 1);
		assert_noop!(Council::vote(signed(BIG), ANN, 1), Error::<Test>::NotVoting);
	});
}

#[test]
fn vote_should_add_up_when_split() {
	run(|| {
		begin_voting(&[ANN, BEN]);
		for (voter, nominee, votes) in [(BIG, ANN, 400), (BIG, BEN, 150), (MIDDLE, BEN, 300)] {
			assert_ok!(Council::vote(signed(voter), nominee, votes));
		}
		assert_eq!(record(ANN).unwrap().weight, 400);
		assert_eq!(record(BEN).unwrap().weight, 450);
		// What was spent on nominations can be spent again.
		assert_eq!(Voters::<Test>::get(0, BIG), Spent { nomination: 200, voting: 550 });
		assert_noop!(Council::vote(signed(BIG), ANN, 51), Error::<Test>::NotEnoughVotes);
		assert_ok!(Council::vote(signed(BIG), ANN, 50));
		for votes in [1, u128::MAX] {
			assert_noop!(Council::vote(signed(BIG), ANN, votes), Error::<Test>::NotEnoughVotes);
		}
	});
}

#[test]
fn vote_should_refuse_when_there_are_no_votes_or_no_such_nominee() {
	run(|| {
		super::start_with(&[ANN, BEN]);
		run_to(NOMINATION_END);
		assert_ok!(Council::nominate(signed(BIG), ANN, ENOUGH));
		run_to(VETTING_END + 1);
		assert_noop!(Council::vote(signed(BIG), ANN, 0), Error::<Test>::ZeroVotes);
		assert_noop!(Council::vote(signed(STRANGER), ANN, 1), Error::<Test>::NotEnoughVotes);
		for who in [BEN, STRANGER] {
			assert_noop!(Council::vote(signed(BIG), who, 1), Error::<Test>::NotNominee);
		}
	});
}

#[test]
fn vote_should_count_votes_of_its_own_snapshot_when_they_change() {
	run(|| {
		nominate(&[ANN]);
		run_to(VETTING_END);
		set_votes(STRANGER, 70);
		run_to(VETTING_END + 1);
		set_votes(SMALL, 5_000);
		set_votes(STRANGER, 0);
		run_to(VETTING_END + 2);
		assert_noop!(Council::vote(signed(SMALL), ANN, 101), Error::<Test>::NotEnoughVotes);
		assert_ok!(Council::vote(signed(STRANGER), ANN, 70));
	});
}

#[test]
fn vote_should_weigh_less_when_it_comes_late() {
	run(|| {
		begin_voting(&[ANN]);
		let mut weight = 0;
		// Falls over fifteen blocks, rounded down.
		for (block, expected) in [
			(FULL_WEIGHT_END, 100),
			(FULL_WEIGHT_END + 1, 93),
			(FULL_WEIGHT_END + 8, 46),
			(VOTING_END - 1, 6),
		] {
			run_to(block);
			assert_ok!(Council::vote(signed(BIG), ANN, 100));
			assert_eq!(
				last_event(),
				Event::Voted {
					election: 0,
					voter: BIG,
					nominee: ANN,
					votes: 100,
					weight: expected
				}
			);
			weight += expected;
		}
		assert_eq!(record(ANN).unwrap().weight, weight);
		assert_eq!(Voters::<Test>::get(0, BIG).voting, 400);
	});
}

#[test]
fn vote_should_refuse_when_it_would_weigh_nothing() {
	run(|| {
		begin_voting(&[ANN]);
		run_to(VOTING_END - 1);
		// One fifteenth of fourteen.
		assert_noop!(Council::vote(signed(BIG), ANN, 14), Error::<Test>::ZeroWeight);
		assert_ok!(Council::vote(signed(BIG), ANN, 15));
		run_to(VOTING_END);
		assert_noop!(Council::vote(signed(BIG), ANN, 500), Error::<Test>::ZeroWeight);
	});
}

proptest! {
	#[test]
	fn weight_should_fall_from_all_to_nothing_when_time_passes(
		votes in 1u128..10u128.pow(27),
		full in 1u32..200_000,
		fall in 1u32..500_000,
		now in 0u32..500_000,
	) {
		let (start, nomination, vetting, voting) = (0, 1, 2, 3);
		let full_weight = voting + full;
		let end = full_weight + fall;
		let phases = Phases { start, nomination, vetting, voting, full_weight, end };
		prop_assert_eq!(phases.weigh(votes, full_weight), votes);
		prop_assert_eq!(phases.weigh(votes, end), 0);
		let now = full_weight + now % fall;
		let weight = phases.weigh(votes, now);
		prop_assert_eq!(weight, votes * u128::from(end - now) / u128::from(fall));
		prop_assert!(phases.weigh(votes, now + 1) <= weight);
	}
}
