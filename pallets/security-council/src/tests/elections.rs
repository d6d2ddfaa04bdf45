//! Elections from start to end.

use super::{begin_voting, finish, last_event, nominate, spread, start, start_with};
use crate::{
	mock::*, types::Parameters, Cohort, Contenders, ElectionBallots, Error, Event, LastDue,
	NextElection, Phases, Quorum, Running, Voters,
};
use frame_support::{assert_noop, assert_ok, traits::SortedMembers};
use polkadot_sdk::*;

const TEN: [AccountId; 10] = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29];

#[test]
fn start_election_should_refuse_when_not_due() {
	run(|| {
		run_to(INTERVAL - 1);
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::ElectionNotDue);
		run_to(INTERVAL);
		assert_ok!(Council::start_election(signed(STRANGER)));
		let phases = Phases {
			start: INTERVAL,
			nomination: REGISTRATION_END,
			vetting: NOMINATION_END,
			voting: VETTING_END,
			full_weight: FULL_WEIGHT_END,
			end: VOTING_END,
		};
		assert_eq!(
			last_event(),
			Event::ElectionStarted { election: 0, cohort: Cohort::First, phases }
		);
		assert_eq!(Running::<Test>::get().unwrap().phases, phases);
	});
}

#[test]
fn start_election_should_refuse_when_the_previous_is_not_finished() {
	run(|| {
		start();
		run_to(2 * INTERVAL);
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::ElectionRunning);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		assert_ok!(Council::start_election(signed(STRANGER)));
	});
}

#[test]
fn elections_should_alternate_and_keep_their_pace_when_started_late() {
	run(|| {
		run_to(INTERVAL + 30);
		for (number, cohort) in [(0, Cohort::First), (1, Cohort::Second), (2, Cohort::First)] {
			assert_ok!(Council::start_election(signed(STRANGER)));
			let election = Running::<Test>::get().unwrap();
			assert_eq!((election.number, election.cohort), (number, cohort));
			run_to(election.phases.end + 1);
			assert_ok!(Council::finish_election(signed(STRANGER)));
			let due = INTERVAL * (u64::from(number) + 2);
			run_to(due - 1);
			assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::ElectionNotDue);
			run_to(due);
		}
	});
}

#[test]
fn elections_should_not_be_made_up_for_when_nobody_started_them() {
	run(|| {
		run_to(INTERVAL * 4 + 10);
		assert_ok!(Council::start_election(signed(STRANGER)));
		assert_eq!((LastDue::<Test>::get(), NextElection::<Test>::get()), (INTERVAL * 4, 1));
		run_to(INTERVAL * 4 + 61);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::ElectionNotDue);
	});
}

#[test]
fn finish_election_should_refuse_when_not_over() {
	run(|| {
		assert_noop!(
			Council::finish_election(signed(STRANGER)).map_err(|failed| failed.error),
			Error::<Test>::NoElection
		);
		start();
		for block in [REGISTRATION_END, NOMINATION_END, VETTING_END, VOTING_END] {
			run_to(block);
			assert_noop!(
				Council::finish_election(signed(STRANGER)).map_err(|failed| failed.error),
				Error::<Test>::ElectionNotOver
			);
		}
		finish();
		assert_noop!(
			Council::finish_election(signed(STRANGER)).map_err(|failed| failed.error),
			Error::<Test>::NoElection
		);
	});
}

#[test]
fn finish_election_should_seat_the_six_with_most_weight_when_there_are_more() {
	run(|| {
		begin_voting(&TEN);
		for (voter, nominee, votes) in [
			(BIG, 29, 200),
			(BIG, 21, 150),
			(BIG, 24, 100),
			(BIG, 27, 50),
			(BIG, 22, 20),
			(BIG, 20, 10),
		] {
			assert_ok!(Council::vote(signed(voter), nominee, votes));
		}
		finish();
		assert_eq!(seats(Cohort::First), [29, 21, 24, 27, 22, 20]);
		assert_eq!(
			last_event(),
			Event::ElectionFinished {
				election: 0,
				cohort: Cohort::First,
				members: vec![29, 21, 24, 27, 22, 20],
				elected: 6,
			}
		);
		assert_eq!(Members::sorted_members(), [7, 8, 9, 10, 11, 12, 20, 21, 22, 24, 27, 29]);
		assert!(!Running::<Test>::exists());
	});
}

#[test]
fn finish_election_should_prefer_the_lower_index_when_votes_are_equal() {
	run(|| {
		begin_voting(&[29, 28, 27, 26, 25, 24, 23, 22]);
		spread(&[22, 23, 24, 25, 26, 27, 28, 29]);
		finish();
		// The index is that of nomination, not of the account or the vote.
		assert_eq!(seats(Cohort::First), [29, 28, 27, 26, 25, 24]);
	});
}

#[test]
fn finish_election_should_keep_incumbents_when_nominees_are_too_few() {
	run(|| {
		begin_voting(&[ANN, 4, BEN]);
		assert_ok!(Council::vote(signed(BIG), BEN, 1));
		spread(&[ANN, 4, BEN]);
		let kept = seat_numbers(Cohort::First);
		finish();
		assert_eq!(seats(Cohort::First), [BEN, ANN, 4, 1, 2, 3]);
		assert_eq!(seat_numbers(Cohort::First), [12, 13, kept[3], kept[0], kept[1], kept[2]]);
	});
}

#[test]
fn finish_election_should_change_nothing_when_nobody_stood() {
	run(|| {
		start();
		finish();
		assert_eq!(seats(Cohort::First), FIRST);
	});
}

#[test]
fn finish_election_should_keep_excluded_incumbents_last_when_nominees_are_too_few() {
	run(|| {
		nominate(&[1, ANN, BEN]);
		run_to(VETTING_END);
		assert_ok!(Council::exclude(signed(VETTER), 1));
		run_to(VETTING_END + 1);
		spread(&[ANN, BEN]);
		finish();
		assert_eq!(seats(Cohort::First), [ANN, BEN, 2, 3, 4, 5]);
	});
}

#[test]
fn finish_election_should_keep_all_when_the_vetter_excluded_all_incumbents() {
	run(|| {
		nominate(&FIRST);
		run_to(VETTING_END);
		for who in FIRST {
			assert_ok!(Council::exclude(signed(VETTER), who));
		}
		finish();
		assert_eq!(seats(Cohort::First), FIRST);
	});
}

#[test]
fn finish_election_should_leave_vacancies_when_incumbents_are_too_few() {
	run(|| {
		begin_voting(&[ANN, BEN]);
		for who in [1, 2, 3, 4] {
			assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), who));
		}
		spread(&[ANN, BEN]);
		finish();
		assert_eq!(seats(Cohort::First), [ANN, BEN, 5, 6]);
	});
}

#[test]
fn removed_member_should_be_elected_again_when_the_voters_want_it() {
	run(|| {
		begin_voting(&[3, 20, 21, 22, 23, 24]);
		assert_ok!(Council::remove_member(nine(), 3));
		assert!(!Members::contains(&3));
		spread(&[3, 20, 21, 22, 23, 24]);
		finish();
		assert_eq!(seats(Cohort::First), [3, 20, 21, 22, 23, 24]);
	});
}

#[test]
fn added_member_should_lose_its_seat_when_its_cohort_is_elected() {
	run(|| {
		begin_voting(&TEN[..6]);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_ok!(add_member(31, Cohort::First));
		spread(&TEN[..6]);
		finish();
		assert_eq!(seats(Cohort::First), TEN[..6]);
	});
}

#[test]
fn nominee_should_be_passed_over_when_it_sits_in_the_other_cohort_by_the_end() {
	run(|| {
		begin_voting(&TEN[..7]);
		spread(&TEN[..7]);
		// No call leads here.
		crate::Cohorts::<Test>::mutate(Cohort::Second, |seats| seats[0].account = 20);
		Council::mirror(&(1..=12).collect::<Vec<_>>());
		System::set_block_number(VOTING_END + 1);
		assert_ok!(Council::finish_election(signed(STRANGER)));
		assert_eq!(seats(Cohort::First), TEN[1..7]);
		assert_eq!(seats(Cohort::Second)[0], 20);
	});
}

#[test]
fn settings_should_not_apply_when_changed_during_an_election() {
	run(|| {
		start_with(&TEN);
		let before = Running::<Test>::get();
		let changed = Parameters {
			election_interval: 200,
			registration_period: 1,
			nomination_period: 2,
			vetting_period: 3,
			voting_period: 4,
			full_weight_period: 1,
			nominee_threshold: sp_runtime::Permill::from_percent(16),
			quorum: Quorum { share: sp_runtime::Permill::one(), least: 1_000, most: 2_000 },
			least_votes: 101,
			vetter: Some(STRANGER),
			rotation_interval: 1,
		};
		assert_ok!(Council::set_parameters(RuntimeOrigin::root(), changed));
		assert_eq!(Running::<Test>::get(), before);
		run_to(NOMINATION_END);
		for who in TEN.into_iter().take(6) {
			assert_ok!(Council::nominate(signed(BIG), who, ENOUGH));
		}
		run_to(VETTING_END);
		assert_noop!(Council::exclude(signed(STRANGER), 20), Error::<Test>::NotVetter);
		assert_ok!(Council::exclude(signed(VETTER), 20));
		run_to(FULL_WEIGHT_END);
		assert_ok!(Council::vote(signed(SMALL), 21, 100));
		assert_eq!(super::record(21).unwrap().weight, 100);
		run_to(VOTING_END);
		assert_noop!(
			Council::finish_election(signed(STRANGER)).map_err(|failed| failed.error),
			Error::<Test>::ElectionNotOver
		);
		finish();
		assert_eq!(seats(Cohort::First), [21, 1, 2, 3, 4, 5]);
		// They do for the next.
		run_to(INTERVAL + 199);
		assert_noop!(Council::start_election(signed(STRANGER)), Error::<Test>::ElectionNotDue);
		run_to(INTERVAL + 200);
		assert_ok!(Council::start_election(signed(STRANGER)));
		assert_eq!(Running::<Test>::get().unwrap().phases.end, INTERVAL + 210);
	});
}

#[test]
fn clear_past_should_delete_a_bounded_batch_when_the_election_is_finished() {
	run(|| {
		begin_voting(&TEN);
		assert_ok!(Council::vote(signed(BIG), 20, 1));
		let clear = |election, limit| {
			Council::clear_past(signed(STRANGER), election, limit)
				.map(|info| info.actual_weight)
				.map_err(|failed| failed.error)
		};
		assert_noop!(clear(0, 9), Error::<Test>::NotPast);
		assert_noop!(clear(1, 9), Error::<Test>::NotPast);
		finish();
		assert_noop!(clear(0, 0), Error::<Test>::NothingToClear);
		assert_ok!(clear(0, 9), Some(<() as crate::WeightInfo>::clear_past(9)));
		assert_eq!(Contenders::<Test>::iter_prefix(0).count(), 1);
		assert_eq!(Voters::<Test>::iter_prefix(0).count(), 3);
		assert_ok!(clear(0, 4), Some(<() as crate::WeightInfo>::clear_past(4)));
		assert_eq!(ElectionBallots::<Test>::iter_prefix(0).count(), 1);
		assert_ok!(clear(0, 4), Some(<() as crate::WeightInfo>::clear_past(1)));
		assert_eq!(last_event(), Event::PastCleared { election: 0, records: 1 });
		assert_eq!(Contenders::<Test>::iter().count() + Voters::<Test>::iter().count(), 0);
		assert_eq!(ElectionBallots::<Test>::iter().count(), 0);
		assert_noop!(clear(0, 9), Error::<Test>::NothingToClear);
	});
}

#[test]
fn records_should_not_mix_when_the_next_election_runs() {
	run(|| {
		begin_voting(&TEN[..2]);
		spread(&TEN[..2]);
		finish();
		run_to(2 * INTERVAL);
		assert_ok!(Council::start_election(signed(STRANGER)));
		// A member of the first cohort now, and one whom it replaced.
		assert_noop!(Council::register(signed(20)), Error::<Test>::OtherCohort);
		assert_ok!(Council::register(signed(6)));
		run_to(2 * INTERVAL + 11);
		assert_noop!(Council::nominate(signed(BIG), 21, 1), Error::<Test>::NotContender);
		// What was spent in the first election can be spent again.
		assert_ok!(Council::nominate(signed(BIG), 6, 600));
		let spent = |election| Voters::<Test>::get(election, BIG).nomination;
		assert_eq!((spent(0), spent(1)), (200, 100));
	});
}
