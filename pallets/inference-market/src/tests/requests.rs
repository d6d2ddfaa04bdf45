//! Requests and cancellations.

use super::*;
use crate::{Event, Refund};
use frame_support::{assert_noop, assert_ok};
use openledger_pallet_support::Pricing;

type Error = crate::Error<Test>;

#[test]
fn request_should_hold_the_maximum_fee_when_taken() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_eq!(held(USER), 2_000_000);
		assert_eq!(free(USER), ENDOWMENT - 2_000_000);
		let inference = stored(id);
		assert_eq!(inference.pricing, Pricing::PerCall(PRICE));
		assert_eq!(inference.platform_fee, PLATFORM_FEE);
		assert_eq!((inference.requested, inference.deadline), (1, 1 + WINDOW));
		assert_eq!(inference.state, InferenceState::Requested);
		System::assert_last_event(
			Event::Requested { inference: id, model: FLAT, user: USER, max_fee: 2_000_000 }.into(),
		);
	});
}

#[test]
fn requests_should_be_numbered_in_order_when_taken() {
	new_test_ext().execute_with(|| {
		assert_eq!([request(FLAT, 2_000_000), request(BY_TOKEN, 5_000)], [0, 1]);
	});
}

#[test]
fn request_should_fail_when_maximum_fee_is_below_price_and_platform_fee() {
	new_test_ext().execute_with(|| {
		let least = PRICE + PLATFORM_FEE;
		assert_noop!(Market::request(signed(USER), FLAT, vec![], least - 1), Error::MaxFeeTooLow);
		assert_ok!(Market::request(signed(USER), FLAT, vec![], least));
		assert_noop!(
			Market::request(signed(USER), BY_TOKEN, vec![], PLATFORM_FEE - 1),
			Error::MaxFeeTooLow
		);
		assert_ok!(Market::request(signed(USER), BY_TOKEN, vec![], PLATFORM_FEE));
	});
}

#[test]
fn request_should_fail_when_balance_is_insufficient() {
	new_test_ext().execute_with(|| {
		assert_noop!(
			Market::request(signed(USER), FLAT, vec![], ENDOWMENT - ED + 1),
			Error::InsufficientBalance
		);
		assert_ok!(Market::request(signed(USER), FLAT, vec![], ENDOWMENT - ED));
		assert_noop!(
			Market::request(signed(USER), FLAT, vec![], 2_000_000),
			Error::InsufficientBalance
		);
	});
}

#[test]
fn request_should_fail_when_input_is_over_long() {
	new_test_ext().execute_with(|| {
		assert_noop!(
			Market::request(signed(USER), FLAT, vec![b'1'; 65], 2_000_000),
			Error::InputTooLong
		);
		assert_ok!(Market::request(signed(USER), FLAT, vec![b'1'; 64], 2_000_000));
	});
}

#[test]
fn request_should_fail_when_model_is_unknown_or_retired() {
	new_test_ext().execute_with(|| {
		for model in [0, RETIRED, 99] {
			assert_noop!(
				Market::request(signed(USER), model, vec![], 2_000_000),
				Error::ModelNotActive
			);
		}
	});
}

#[test]
fn request_should_fail_when_the_market_has_no_account() {
	ext_with(vec![(USER, ENDOWMENT)]).execute_with(|| {
		assert_noop!(Market::request(signed(USER), FLAT, vec![], 2_000_000), Error::PotMissing);
		assert_ok!(Balances::transfer_allow_death(signed(USER), Market::account_id(), ED));
		assert_ok!(Market::request(signed(USER), FLAT, vec![], 2_000_000));
	});
}

#[test]
fn request_should_cost_more_when_queues_are_full() {
	new_test_ext().execute_with(|| {
		let used = || {
			let post = Market::request(signed(USER), FLAT, vec![], 2_000_000).unwrap();
			post.actual_weight.unwrap().ref_time()
		};
		let first = used();
		for _ in 1..max_per_block() {
			assert_eq!(used(), first);
		}
		assert!(used() > first);
	});
}

#[test]
fn request_should_fail_and_change_nothing_when_all_numbers_are_taken() {
	new_test_ext().execute_with(|| {
		crate::NextInferenceId::<Test>::put(InferenceId::MAX);
		assert_noop!(Market::request(signed(USER), FLAT, vec![], 2_000_000), Error::OutOfNumbers);
	});
}

#[test]
fn cancel_should_release_everything_when_unanswered() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_ok!(Market::cancel(signed(USER), id));
		assert_eq!((free(USER), held(USER)), (ENDOWMENT, 0));
		assert_eq!(state(id), InferenceState::Refunded(Refund::Cancelled));
		System::assert_last_event(
			Event::Refunded { inference: id, reason: Refund::Cancelled }.into(),
		);
	});
}

#[test]
fn cancel_should_fail_when_caller_is_not_the_user() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_noop!(Market::cancel(signed(OTHER_USER), id), Error::NotUser);
		assert_noop!(Market::cancel(signed(USER), id + 1), Error::NotFound);
	});
}

#[test]
fn cancel_should_fail_when_answered_settled_cancelled_or_timed_out() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_noop!(Market::cancel(signed(USER), id), Error::AlreadyAnswered);
		assert_ok!(settle(id, Outcome::Unattributed));
		assert_noop!(Market::cancel(signed(USER), id), Error::AlreadyAnswered);
		let id = request(FLAT, 2_000_000);
		assert_ok!(Market::cancel(signed(USER), id));
		assert_noop!(Market::cancel(signed(USER), id), Error::NotOpen);
		let id = request(FLAT, 2_000_000);
		run_to(1 + WINDOW);
		assert_noop!(Market::cancel(signed(USER), id), Error::DeadlinePassed);
	});
}
