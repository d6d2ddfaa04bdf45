//! What the door refuses: nothing of it may change the state, and each cause has its own code.

use super::*;
use crate::{sr25519::AttesterSignature, Call, ClaimOf, ClaimRefusal, Error, Verdict, MAX_PROOF};
use codec::Encode;
use frame_support::assert_noop;
use openledger_primitives::{Sketch, H256};
use sp_core::Pair;
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	DispatchError,
};

fn custom(refusal: ClaimRefusal) -> TransactionValidityError {
	InvalidTransaction::Custom(refusal.code()).into()
}

/// The pool and the block refuse the claim alike, and so does the call itself.
fn assert_refused(claim: &ClaimOf<Test>, refusal: ClaimRefusal) {
	let signature = sign(claim, claim.attester);
	assert_eq!(validate(claim, signature.clone()), Err(custom(refusal)));
	assert_noop!(submit(claim), custom(refusal));
	let authorized = frame_system::RawOrigin::Authorized.into();
	assert_noop!(
		Jury::submit_claim(authorized, claim.clone(), signature),
		Error::<Test>::from(refusal)
	);
}

fn confirmed_with(
	id: JobId,
	change: impl FnOnce(&mut openledger_primitives::Attribution),
) -> ClaimOf<Test> {
	let mut attribution = attribution(MODEL, QUERY);
	change(&mut attribution);
	claim(id, Verdict::Confirmed(attribution))
}

#[test]
fn true_claim_should_be_valid_with_explicit_terms() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		run_to(3);
		let claim = confirmed(id);
		let valid = validate(&claim, sign(&claim, ALICE)).unwrap();
		assert_eq!(valid.priority, PRIORITY + 2, "two blocks after the opening");
		assert_eq!(valid.longevity, 1 + WINDOW - 3, "until the attempt ends");
		assert_eq!(valid.provides, [("openledger/claim", (id, 0u32, ALICE)).encode()]);
		assert!(valid.requires.is_empty() && valid.propagate);
	});
}

#[test]
fn retry_should_outrank_and_replace_its_predecessor_when_sent_later() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let first = confirmed(id);
		let first = validate(&first, sign(&first, ALICE)).unwrap();
		run_to(3);
		let retry = confirmed(id);
		let retry = validate(&retry, sign(&retry, ALICE)).unwrap();
		assert_eq!(first.provides, retry.provides);
		assert!(retry.priority > first.priority);
	});
}

#[test]
fn claim_should_be_refused_when_job_never_was() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = ClaimOf::<Test> { job: id + 1, ..confirmed(id) };
		assert_refused(&claim, ClaimRefusal::JobNotOpen);
	});
}

#[test]
fn claim_should_be_refused_when_job_is_closed_or_claim_is_replayed() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		submit_ok(&claim);
		assert_refused(&claim, ClaimRefusal::JobNotOpen);
		run_to(2);
		assert_refused(&claim, ClaimRefusal::JobNotOpen);
		assert_eq!(outcomes().len(), 1, "paid once");
	});
}

#[test]
fn claim_should_be_refused_when_attempt_is_over() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		run_to(1 + WINDOW);
		assert_refused(&claim, ClaimRefusal::WrongAttempt);
	});
}

#[test]
fn claim_should_be_refused_when_sent_by_a_stranger() {
	ext_with(&[ALICE, BOB]).execute_with(|| {
		let id = open(MODEL).unwrap();
		let drawn = job(id).committee[0];
		let other = if drawn == ALICE { BOB } else { ALICE };
		// Bonded, but not drawn; not even bonded.
		for attester in [other, CHARLIE, KEYLESS] {
			let claim = ClaimOf::<Test> { attester, ..confirmed(id) };
			let signature = sign(&claim, attester);
			assert_noop!(submit_signed(&claim, signature), custom(ClaimRefusal::NotInCommittee));
			assert_refused(&claim, ClaimRefusal::NotInCommittee);
		}
	});
}

#[test]
fn claim_should_be_refused_when_sent_in_the_future_or_too_long_ago() {
	new_test_ext().execute_with(|| {
		let parameters = crate::types::Parameters { claim_window: 50, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		let id = open(MODEL).unwrap();
		run_to(20);
		assert_refused(&ClaimOf::<Test> { sent: 21, ..confirmed(id) }, ClaimRefusal::SentInFuture);
		let oldest = 20 - u64::from(LONGEVITY);
		let claim = ClaimOf::<Test> { sent: oldest - 1, ..confirmed(id) };
		assert_refused(&claim, ClaimRefusal::SentTooLongAgo);
		submit_ok(&ClaimOf::<Test> { sent: oldest, ..confirmed(id) });
	});
}

#[test]
fn claim_should_be_refused_when_it_has_too_many_entries() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed_with(id, |attribution| {
			let last = attribution.entries.last().unwrap().clone();
			attribution.entries.push(last);
		});
		assert_refused(&claim, ClaimRefusal::TooManyEntries);
	});
}

#[test]
fn claim_should_be_refused_when_a_sketch_is_too_large() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed_with(id, |a| a.query = Sketch::Int16(vec![0; 9]));
		assert_refused(&claim, ClaimRefusal::DimensionTooLarge);
		let claim = confirmed_with(id, |a| a.entries[1].leaf.sketch = Sketch::Int8(vec![0; 9]));
		assert_refused(&claim, ClaimRefusal::DimensionTooLarge);
	});
}

#[test]
fn claim_should_be_refused_when_a_proof_is_longer_than_any_tree() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed_with(id, |a| a.entries[2].proof = vec![H256::zero(); MAX_PROOF + 1]);
		assert_refused(&claim, ClaimRefusal::ProofTooLong);
	});
}

#[test]
fn claim_should_be_refused_when_recomputed_answer_is_over_long() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = claim(id, Verdict::WrongAnswer { output: vec![0; 33] });
		assert_refused(&claim, ClaimRefusal::OutputTooLong);
	});
}

#[test]
fn claim_should_be_refused_when_attester_lost_its_session_keys() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		SessionKeys::mutate(|keys| keys.remove(&ALICE));
		let claim = confirmed(id);
		assert_noop!(submit(&claim), custom(ClaimRefusal::NoSessionKeys));
	});
}

#[test]
fn claim_should_be_refused_when_signature_is_anothers() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		assert_noop!(submit_signed(&claim, sign(&claim, BOB)), custom(ClaimRefusal::BadSignature));
		let zero = AttesterSignature::from(sp_core::sr25519::Signature::from_raw([0; 64]));
		assert_noop!(submit_signed(&claim, zero), custom(ClaimRefusal::BadSignature));
	});
}

#[test]
fn claim_should_be_refused_when_changed_after_signing() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let other = open(MODEL).unwrap();
		let signature = sign(&confirmed(id), ALICE);
		let changes: [fn(&mut ClaimOf<Test>, u64); 3] = [
			|claim, other| claim.job = other,
			|claim, _| claim.sent = 0,
			|claim, _| claim.verdict = Verdict::WrongAnswer { output: b"8".to_vec() },
		];
		for change in changes {
			let mut claim = confirmed(id);
			change(&mut claim, other);
			assert_noop!(
				submit_signed(&claim, signature.clone()),
				custom(ClaimRefusal::BadSignature)
			);
		}
	});
}

#[test]
fn claim_should_be_refused_when_signed_for_another_chain() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		let foreign = crate::claim_message(H256::repeat_byte(9), &claim);
		let signature = pair(ALICE).sign(&foreign);
		assert_noop!(submit_signed(&claim, signature), custom(ClaimRefusal::BadSignature));
		let here = crate::claim_message(System::block_hash(0), &claim);
		assert_ok!(submit_signed(&claim, pair(ALICE).sign(&here)).unwrap());
	});
}

#[test]
fn call_should_fail_when_origin_is_not_the_door() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		for origin in [signed(ALICE), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let signature = sign(&claim, ALICE);
			assert_noop!(
				Jury::submit_claim(origin, claim.clone(), signature),
				DispatchError::BadOrigin
			);
		}
	});
}

#[test]
fn signature_should_be_checked_last_when_claim_has_several_faults() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed_with(id, |a| a.query = Sketch::Int8(vec![0; 9]));
		let signature = sign(&claim, BOB);
		assert_eq!(validate(&claim, signature), Err(custom(ClaimRefusal::DimensionTooLarge)));
	});
}

#[test]
fn codes_should_be_distinct_when_listed() {
	let all = [
		ClaimRefusal::JobNotOpen,
		ClaimRefusal::WrongAttempt,
		ClaimRefusal::NotInCommittee,
		ClaimRefusal::SentTooLongAgo,
		ClaimRefusal::SentInFuture,
		ClaimRefusal::TooManyEntries,
		ClaimRefusal::DimensionTooLarge,
		ClaimRefusal::ProofTooLong,
		ClaimRefusal::OutputTooLong,
		ClaimRefusal::NoSessionKeys,
		ClaimRefusal::BadSignature,
	];
	let readme = include_str!("../../README.md");
	for (code, refusal) in (1u8..).zip(all) {
		assert_eq!(refusal.code(), code);
		assert!(
			readme.contains(&format!("| {code} | `{refusal:?}` |")),
			"{refusal:?} is documented"
		);
	}
}

#[test]
fn claim_should_not_enter_twice_when_its_call_is_made_again() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		let signature = sign(&claim, ALICE);
		let call = RuntimeCall::Jury(Call::submit_claim { claim, signature });
		assert_ok!(apply(call.clone()).unwrap());
		assert_noop!(apply(call), custom(ClaimRefusal::JobNotOpen));
	});
}
