//! Claims in the block: what holds, and what each fault leads to.

use super::*;
use crate::{Assignments, ClaimFault, ClaimOf, Verdict};
use codec::Encode;
use openledger_primitives::{
	blake2_256, shares, Attribution, ClaimError, Entry, ProvenEntry, Sketch, PARTS,
};

/// Opens a job for `model` and submits an attribution of it changed by `change`. It must be refused for
/// exactly this fault, and cost its attester the attempt.
fn assert_fault(model: u32, change: impl FnOnce(&mut Attribution), fault: ClaimFault) {
	new_test_ext().execute_with(|| {
		let mut attribution = attribution(model, QUERY);
		change(&mut attribution);
		assert_verdict_fault(model, Verdict::Confirmed(attribution), fault);
	});
}

fn assert_verdict_fault(model: u32, verdict: Verdict, error: ClaimFault) {
	let id = open(model).unwrap();
	let before = Jobs::<Test>::get(id).unwrap();
	let claim = claim(id, verdict);
	submit_ok(&claim);
	assert!(
		happened(Event::ClaimRefused { job: id, attester: ALICE, error }),
		"{error:?} expected: {:?}",
		System::events()
	);
	assert_eq!(job(id).attempt, before.attempt + 1);
	assert_eq!(Assignments::<Test>::get(ALICE, id), Some(1));
	assert!(outcomes().is_empty(), "nobody is paid");
	// The very same claim is of no use any more.
	assert!(submit(&claim).is_err());
}

#[test]
fn claim_should_end_the_job_by_its_shares_when_true() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let inference = job(id).inference;
		run_to(2);
		let claim = confirmed(id);
		submit_ok(&claim);
		let entries: Vec<Entry> =
			attribution(MODEL, QUERY).entries.iter().map(ProvenEntry::entry).collect();
		let shares = shares(&entries);
		assert_eq!(shares.len(), 3);
		assert_eq!(shares.iter().map(|s| s.parts).sum::<u32>(), PARTS);
		let result = result(id);
		assert_eq!(
			result.ending,
			Ending::Attributed { shares: shares.clone().try_into().unwrap() }
		);
		assert_eq!((result.model, result.inference, result.attempt), (MODEL, inference, 0));
		assert_eq!((result.at, result.claim), (2, claim.using_encoded(blake2_256)));
		assert_eq!(result.attesters.to_vec(), [ALICE]);
		let outcome = Outcome::Attributed { shares, attesters: vec![ALICE] };
		assert_eq!(outcomes(), [(inference, outcome)]);
		assert_eq!(Assignments::<Test>::iter().count(), 0);
		assert!(happened(Event::ClaimAccepted { job: id, attester: ALICE }));
		assert!(happened(Event::JobEnded { job: id, inference }));
	});
}

#[test]
fn claim_should_hold_when_leaves_are_wide() {
	new_test_ext().execute_with(|| {
		let id = open(WIDE_MODEL).unwrap();
		submit_ok(&claim(id, Verdict::Confirmed(attribution(WIDE_MODEL, QUERY))));
		assert!(matches!(ending(id), Ending::Attributed { .. }));
	});
}

#[test]
fn job_should_end_with_empty_shares_when_no_score_is_positive() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let attribution = attribution(MODEL, [0; DIMENSION]);
		assert!(attribution.entries.is_empty());
		submit_ok(&claim(id, Verdict::Confirmed(attribution)));
		assert_eq!(ending(id), Ending::Attributed { shares: Default::default() });
		let outcome = Outcome::Attributed { shares: vec![], attesters: vec![ALICE] };
		assert_eq!(outcomes()[0].1, outcome);
	});
}

#[test]
fn inference_should_be_refunded_when_answer_is_reported_wrong() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let inference = job(id).inference;
		submit_ok(&claim(id, Verdict::WrongAnswer { output: b"8".to_vec() }));
		assert_eq!(ending(id), Ending::WrongAnswer { output: b"8".to_vec().try_into().unwrap() });
		assert_eq!(outcomes(), [(inference, Outcome::WrongAnswer)]);
	});
}

#[test]
fn report_should_be_refused_when_the_answer_is_the_same() {
	new_test_ext().execute_with(|| {
		let verdict = Verdict::WrongAnswer { output: OUTPUT.to_vec() };
		assert_verdict_fault(MODEL, verdict, ClaimFault::AnswerNotDifferent);
	});
}

#[test]
fn claim_should_be_refused_when_a_proof_is_tampered_with() {
	let wrong = |entry| ClaimFault::Invalid(ClaimError::WrongProof { entry });
	assert_fault(MODEL, |a| a.entries[1].proof[0].0[5] ^= 1, wrong(1));
	assert_fault(MODEL, |a| a.entries[0].proof.truncate(1), wrong(0));
	assert_fault(MODEL, |a| a.entries[2].proof.clear(), wrong(2));
	assert_fault(MODEL, |a| a.entries[2].proof.push(Default::default()), wrong(2));
}

#[test]
fn claim_should_be_refused_when_a_proof_is_that_of_another_leaf() {
	assert_fault(
		MODEL,
		|a| a.entries[0].proof = a.entries[1].proof.clone(),
		ClaimFault::Invalid(ClaimError::WrongProof { entry: 0 }),
	);
}

#[test]
fn claim_should_be_refused_when_a_score_is_wrong() {
	let wrong = |entry| ClaimFault::Invalid(ClaimError::WrongScore { entry });
	assert_fault(MODEL, |a| a.entries[0].score += 1, wrong(0));
	assert_fault(MODEL, |a| a.entries[2].score -= 1, wrong(2));
	assert_fault(MODEL, |a| a.entries[0].score = i64::MAX, wrong(0));
}

#[test]
fn claim_should_be_refused_when_a_leaf_is_changed_to_score_higher() {
	assert_fault(
		MODEL,
		|a| {
			let mut sketch = match &a.entries[0].leaf.sketch {
				Sketch::Int8(coordinates) => coordinates.clone(),
				Sketch::Int16(_) => unreachable!("the model is of width int8"),
			};
			sketch[0] += 1;
			a.entries[0].leaf.sketch = Sketch::Int8(sketch);
			a.entries[0].score = a.query.dot(&a.entries[0].leaf.sketch).unwrap();
		},
		ClaimFault::Invalid(ClaimError::WrongProof { entry: 0 }),
	);
}

#[test]
fn claim_should_be_refused_when_a_score_is_not_positive() {
	let wrong = |entry| ClaimFault::Invalid(ClaimError::NotPositive { entry });
	assert_fault(MODEL, |a| a.entries[2].score = 0, wrong(2));
	assert_fault(MODEL, |a| a.entries[1].score = -7, wrong(1));
}

#[test]
fn claim_should_be_refused_when_entries_are_unsorted() {
	assert_fault(
		MODEL,
		|a| a.entries.swap(0, 1),
		ClaimFault::Invalid(ClaimError::Unsorted { entry: 1 }),
	);
}

#[test]
fn claim_should_be_refused_when_entries_are_repeated() {
	assert_fault(
		MODEL,
		|a| a.entries[1] = a.entries[0].clone(),
		ClaimFault::Invalid(ClaimError::Repeated { entry: 1 }),
	);
}

#[test]
fn claim_should_be_refused_when_leaf_is_of_another_model() {
	// Another model's contribution.
	assert_fault(
		MODEL,
		|a| *a = attribution(OTHER_MODEL, QUERY),
		ClaimFault::NotInModel { entry: 0 },
	);
	// The same contribution, as another model's index holds it.
	assert_fault(
		MODEL,
		|a| *a = attribution(TWIN, QUERY),
		ClaimFault::Invalid(ClaimError::WrongProof { entry: 0 }),
	);
}

#[test]
fn claim_should_be_refused_when_leaf_number_is_not_the_manifests() {
	assert_fault(
		MODEL,
		|a| a.entries[1].leaf_index = (a.entries[1].leaf_index + 1) % 6,
		ClaimFault::WrongLeafNumber { entry: 1 },
	);
	assert_fault(
		MODEL,
		|a| a.entries[0].leaf_index = u32::MAX,
		ClaimFault::WrongLeafNumber { entry: 0 },
	);
}

#[test]
fn claim_should_be_refused_when_dimension_or_width_is_not_the_indexs() {
	assert_fault(
		MODEL,
		|a| a.query = Sketch::Int8(vec![1; 3]),
		ClaimFault::Invalid(ClaimError::QueryDimension),
	);
	assert_fault(
		MODEL,
		|a| a.entries[1].leaf.sketch = Sketch::Int8(vec![1; 5]),
		ClaimFault::Invalid(ClaimError::LeafDimension { entry: 1 }),
	);
	assert_fault(
		MODEL,
		|a| a.entries[0].leaf.sketch = Sketch::Int16(vec![1; DIMENSION]),
		ClaimFault::Invalid(ClaimError::LeafWidth { entry: 0 }),
	);
}

#[test]
fn claim_should_be_refused_when_model_has_no_index() {
	new_test_ext().execute_with(|| {
		let verdict = Verdict::Confirmed(attribution(MODEL, QUERY));
		assert_verdict_fault(NO_INDEX, verdict, ClaimFault::NoIndex);
	});
}

#[test]
fn job_should_end_unattributed_when_every_attempt_is_a_bad_claim() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		for _ in 0..ATTEMPTS {
			submit_ok(&claim(id, Verdict::WrongAnswer { output: OUTPUT.to_vec() }));
		}
		assert_eq!(ending(id), Ending::Unattributed);
		assert_eq!(outcomes().len(), 1);
		run_to(100);
		assert_eq!(outcomes().len(), 1);
	});
}

#[test]
fn good_claim_should_be_taken_from_the_next_attester_when_the_first_was_bad() {
	ext_with(&[ALICE, BOB]).execute_with(|| {
		let id = open(MODEL).unwrap();
		let first = job(id).committee[0];
		submit_ok(&claim(id, Verdict::WrongAnswer { output: OUTPUT.to_vec() }));
		let second = job(id).committee[0];
		assert_ne!(first, second);
		submit_ok(&confirmed(id));
		assert_eq!(result(id).attesters.to_vec(), [second]);
		assert_eq!(result(id).attempt, 1);
	});
}

#[test]
fn claim_should_fail_and_job_stay_open_when_the_market_does_not_settle() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		Questions::set(Default::default());
		let claim: ClaimOf<Test> = confirmed(id);
		assert!(submit(&claim).unwrap().is_err());
		assert!(Jobs::<Test>::contains_key(id));
		run_to(1 + WINDOW * u64::from(ATTEMPTS));
		assert_eq!(ending(id), Ending::Unattributed);
	});
}
