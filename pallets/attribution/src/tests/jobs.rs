//! Opening, drawing, redrawing, ending.

use super::*;
use crate::{Assignments, Deadlines, Error, NextJobId};
use frame_support::assert_noop;
use std::collections::BTreeMap;

#[test]
fn job_should_open_with_a_committee_when_somebody_is_bonded() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let opened = job(id);
		assert_eq!(opened.committee.to_vec(), [ALICE]);
		assert_eq!((opened.attempt, opened.opened, opened.deadline), (0, 1, 1 + WINDOW));
		assert_eq!(Assignments::<Test>::get(ALICE, id), Some(0));
		let inference = opened.inference;
		let committee = opened.committee;
		System::assert_last_event(Event::JobOpened { job: id, inference, committee }.into());
	});
}

#[test]
fn job_should_open_empty_and_be_drawn_later_when_nobody_is_bonded() {
	ext_with(&[]).execute_with(|| {
		let id = open(MODEL).unwrap();
		assert!(job(id).committee.is_empty());
		assert_ok!(Jury::register(signed(BOB)));
		run_to(1 + WINDOW);
		assert_eq!((job(id).attempt, job(id).committee.to_vec()), (1, vec![BOB]));
		submit_ok(&confirmed(id));
		assert!(matches!(ending(id), Ending::Attributed { .. }));
	});
}

#[test]
fn job_should_end_unattributed_when_all_attempts_pass() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let inference = job(id).inference;
		for attempt in 1..ATTEMPTS {
			run_to(1 + WINDOW * u64::from(attempt));
			assert_eq!(job(id).attempt, attempt);
			assert_eq!(Assignments::<Test>::get(ALICE, id), Some(attempt));
		}
		run_to(1 + WINDOW * u64::from(ATTEMPTS));
		let result = result(id);
		assert_eq!(result.ending, Ending::Unattributed);
		assert_eq!((result.attempt, result.claim.is_zero()), (ATTEMPTS - 1, true));
		assert_eq!(outcomes(), [(inference, Outcome::Unattributed)]);
		assert!(happened(Event::JobEnded { job: id, inference }));
	});
}

#[test]
fn job_should_end_unattributed_when_nobody_is_ever_bonded() {
	ext_with(&[]).execute_with(|| {
		let id = open(MODEL).unwrap();
		run_to(1 + WINDOW * u64::from(ATTEMPTS));
		assert_eq!(ending(id), Ending::Unattributed);
		assert_eq!(outcomes().len(), 1);
	});
}

#[test]
fn next_attempt_should_fall_to_another_attester_when_there_is_one() {
	ext_with(&[ALICE, BOB, CHARLIE]).execute_with(|| {
		for seed in 0..20 {
			Seed::set(seed);
			let id = open(MODEL).unwrap();
			let first = job(id).committee[0];
			run_to(job(id).deadline);
			assert_ne!(job(id).committee[0], first);
			submit_ok(&confirmed(id));
		}
	});
}

#[test]
fn committees_should_be_spread_evenly_when_drawn_often() {
	ext_with(&[ALICE, BOB, CHARLIE]).execute_with(|| {
		let mut drawn = BTreeMap::<AccountId, u32>::new();
		for job in 0..3_000 {
			*drawn.entry(Jury::draw(job, 0, &[])[0]).or_default() += 1;
		}
		// Binomial with n = 3000, p = 1/3: the standard deviation is 26.
		assert!(drawn.len() == 3 && drawn.values().all(|n| (870..1_130).contains(n)), "{drawn:?}");
	});
}

#[test]
fn draw_should_depend_on_randomness_job_and_attempt() {
	ext_with(&[ALICE, BOB, CHARLIE]).execute_with(|| {
		let draws = |vary: fn(u64) -> (u64, u64, u32)| {
			(0..64)
				.map(|i| {
					let (seed, job, attempt) = vary(i);
					Seed::set(seed);
					Jury::draw(job, attempt, &[])[0]
				})
				.collect::<std::collections::BTreeSet<_>>()
				.len()
		};
		assert_eq!(draws(|i| (i, 0, 0)), 3);
		assert_eq!(draws(|i| (0, i, 0)), 3);
		assert_eq!(draws(|i| (0, 0, i as u32)), 3);
		assert_eq!(draws(|_| (0, 0, 0)), 1);
	});
}

#[test]
fn deadline_should_move_when_its_block_is_full() {
	new_test_ext().execute_with(|| {
		let ids: Vec<_> = (0..5).map(|_| open(MODEL).unwrap()).collect();
		assert_eq!(job(ids[3]).deadline, 1 + WINDOW);
		assert_eq!(job(ids[4]).deadline, 2 + WINDOW);
	});
}

#[test]
fn open_should_fail_and_change_nothing_when_all_blocks_in_reach_are_full() {
	new_test_ext().execute_with(|| {
		for _ in 0..16 {
			open(MODEL).unwrap();
		}
		assert_noop!(open(MODEL), Error::<Test>::Busy);
		assert_eq!(NextJobId::<Test>::get(), 16);
		run_to(2);
		assert_ok!(open(MODEL));
	});
}

#[test]
fn every_job_should_end_once_when_queues_are_full_and_nobody_claims() {
	new_test_ext().execute_with(|| {
		for block in 1..6 {
			run_to(block);
			while open(MODEL).is_ok() {}
		}
		let opened = NextJobId::<Test>::get();
		assert!(opened > 16);
		run_to(200);
		assert_eq!(outcomes().len() as u64, opened);
		assert_eq!(Jobs::<Test>::iter().count(), 0);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

#[test]
fn job_should_end_when_its_inference_cannot_be_settled() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		Questions::set(Default::default());
		run_to(1 + WINDOW * u64::from(ATTEMPTS));
		assert_eq!(ending(id), Ending::Unattributed);
		assert!(outcomes().is_empty());
	});
}

#[test]
fn open_should_fail_and_change_nothing_when_all_numbers_are_taken() {
	new_test_ext().execute_with(|| {
		NextJobId::<Test>::put(u64::MAX);
		assert_noop!(open(MODEL), Error::<Test>::OutOfNumbers);
		NextJobId::<Test>::put(0);
	});
}
