//! Deadlines.

use super::*;
use crate::{Deadlines, Event, Refund};
use frame_support::{assert_noop, assert_ok};

const DEADLINE: u64 = 1 + WINDOW;

#[test]
fn request_should_be_refunded_when_nobody_answers() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		run_to(DEADLINE - 1);
		assert_eq!(held(USER), 2_000_000);
		run_to(DEADLINE);
		assert_eq!((free(USER), held(USER)), (ENDOWMENT, 0));
		assert_eq!(state(id), InferenceState::Refunded(Refund::TimedOut));
		System::assert_has_event(
			Event::Refunded { inference: id, reason: Refund::TimedOut }.into(),
		);
	});
}

#[test]
fn answer_should_survive_its_deadline_when_given_in_time() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		run_to(DEADLINE - 1);
		assert_ok!(Market::respond(signed(HOST), id, vec![], Usage::default()));
		run_to(DEADLINE + 3);
		assert!(matches!(state(id), InferenceState::Answered { .. }));
		assert_eq!(held(USER), PRICE + PLATFORM_FEE);
	});
}

#[test]
fn deadline_should_move_to_the_next_block_with_room_when_its_block_is_full() {
	new_test_ext().execute_with(|| {
		let ids: Vec<_> = (0..=max_per_block()).map(|_| request(FLAT, 2_000_000)).collect();
		let last = *ids.last().unwrap();
		assert_eq!(stored(ids[0]).deadline, DEADLINE);
		assert_eq!(stored(last).deadline, DEADLINE + 1);
		run_to(DEADLINE);
		assert_eq!(state(last), InferenceState::Requested);
		run_to(DEADLINE + 1);
		assert_eq!(state(last), InferenceState::Refunded(Refund::TimedOut));
		assert_eq!(free(USER), ENDOWMENT);
	});
}

#[test]
fn request_should_fail_when_all_blocks_in_reach_are_full_until_one_is_cancelled() {
	new_test_ext().execute_with(|| {
		for _ in 0..4 * max_per_block() {
			request(FLAT, 2_000_000);
		}
		assert_noop!(
			Market::request(signed(USER), FLAT, vec![], 2_000_000),
			crate::Error::<Test>::Busy
		);
		assert_ok!(Market::cancel(signed(USER), 5));
		let freed = stored(5).deadline;
		assert_eq!(stored(request(FLAT, 2_000_000)).deadline, freed);
	});
}

#[test]
fn queue_should_be_gone_when_its_block_has_passed_or_it_is_empty() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_ok!(Market::cancel(signed(USER), id));
		assert!(!Deadlines::<Test>::contains_key(DEADLINE));
		request(FLAT, 2_000_000);
		run_to(DEADLINE);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}
