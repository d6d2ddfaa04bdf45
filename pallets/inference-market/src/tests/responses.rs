//! Answers.

use super::*;
use crate::Event;
use frame_support::{assert_noop, assert_ok};
use openledger_pallet_support::{AnsweredInference, Inferences as _};

type Error = crate::Error<Test>;

const OUTPUT: &[u8] = b"7";

fn respond(who: AccountId, id: InferenceId, usage: Usage) -> DispatchResult {
	Market::respond(signed(who), id, OUTPUT.to_vec(), usage)
}

#[test]
fn respond_should_fix_the_fee_and_release_the_rest_when_price_is_flat() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_ok!(respond(HOST, id, Usage { input_tokens: 9_999, output_tokens: 9_999 }));
		let fee = PRICE + PLATFORM_FEE;
		assert_eq!(held(USER), fee);
		assert_eq!(OpenedJobs::get(), [(FLAT, id)]);
		let output = OUTPUT.to_vec().try_into().unwrap();
		System::assert_last_event(Event::Answered { inference: id, job: 0, output, fee }.into());
	});
}

#[test]
fn fee_should_follow_usage_when_priced_by_tokens() {
	new_test_ext().execute_with(|| {
		let id = request(BY_TOKEN, 50_000);
		assert_ok!(respond(HOST, id, Usage { input_tokens: 1_500, output_tokens: 333 }));
		// 1.5 * 3000 + 0.333 * 5000 = 6165
		assert_eq!(held(USER), 6_165 + PLATFORM_FEE);
	});
}

#[test]
fn fee_should_stop_at_the_maximum_when_usage_is_excessive() {
	new_test_ext().execute_with(|| {
		let id = request(BY_TOKEN, 5_000);
		assert_ok!(respond(HOST, id, Usage { input_tokens: u32::MAX, output_tokens: u32::MAX }));
		assert_eq!(held(USER), 5_000);
	});
}

#[test]
fn question_should_be_readable_only_while_attribution_is_awaited() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_eq!(Market::question(id), None);
		let usage = Usage { input_tokens: 3, output_tokens: 1 };
		assert_ok!(respond(HOST, id, usage));
		let expected = AnsweredInference { input: b"1,2".to_vec(), output: OUTPUT.to_vec(), usage };
		assert_eq!(Market::question(id), Some(expected));
		assert_ok!(settle(id, Outcome::Unattributed));
		assert_eq!(Market::question(id), None);
	});
}

#[test]
fn respond_should_fail_when_caller_is_not_the_host() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_noop!(respond(USER, id, Usage::default()), Error::NotHost);
		assert_noop!(respond(HOST, id + 1, Usage::default()), Error::NotFound);
	});
}

#[test]
fn respond_should_fail_when_output_is_over_long() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		assert_noop!(
			Market::respond(signed(HOST), id, vec![0; 33], Usage::default()),
			Error::OutputTooLong
		);
	});
}

#[test]
fn respond_should_fail_when_answered_cancelled_or_timed_out() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_noop!(respond(HOST, id, Usage::default()), Error::AlreadyAnswered);
		let id = request(FLAT, 2_000_000);
		assert_ok!(Market::cancel(signed(USER), id));
		assert_noop!(respond(HOST, id, Usage::default()), Error::NotOpen);
		let id = request(FLAT, 2_000_000);
		run_to(1 + WINDOW);
		assert_noop!(respond(HOST, id, Usage::default()), Error::DeadlinePassed);
	});
}

#[test]
fn answer_should_stay_open_when_no_job_can_be_opened() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		JobsFull::set(true);
		assert_noop!(
			respond(HOST, id, Usage::default()),
			sp_runtime::DispatchError::Other("no further job")
		);
		JobsFull::set(false);
		assert_ok!(respond(HOST, id, Usage::default()));
	});
}

#[test]
fn open_request_should_be_answered_when_its_model_retires() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		FlatActive::set(false);
		assert_ok!(respond(HOST, id, Usage::default()));
		assert_ok!(settle(id, Outcome::Unattributed));
		assert!(matches!(state(id), InferenceState::Settled(_)));
	});
}
