//! The runtime API.

use super::*;
use openledger_pallet_support::IndexedModels;
use sp_core::Pair;

#[test]
fn assignments_should_hold_all_that_is_needed_when_jobs_are_open() {
	new_test_ext().execute_with(|| {
		let first = open(MODEL).unwrap();
		let second = open(OTHER_MODEL).unwrap();
		let assignments = Jury::assignments(&pair(ALICE).public());
		assert_eq!(assignments.iter().map(|a| a.job).collect::<Vec<_>>(), [first, second]);
		let assignment = &assignments[1];
		assert_eq!((assignment.attempt, assignment.attester), (0, ALICE));
		assert_eq!((assignment.model, assignment.inference), (OTHER_MODEL, job(second).inference));
		assert_eq!((&assignment.input[..], &assignment.output[..]), (&b"1,2"[..], OUTPUT));
		assert_eq!(assignment.usage.input_tokens, 2);
		assert_eq!(Some(assignment.index), Models::index(OTHER_MODEL));
		assert_eq!(Some(assignment.artifacts), Models::artifacts(OTHER_MODEL));
		assert_eq!((assignment.max_entries, assignment.deadline), (MAX_ENTRIES, 1 + WINDOW));
	});
}

#[test]
fn assignments_should_be_empty_when_key_is_unknown_or_job_is_anothers_or_closed() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		assert!(Jury::assignments(&pair(KEYLESS).public()).is_empty());
		assert!(Jury::assignments(&pair(BOB).public()).is_empty());
		submit_ok(&confirmed(id));
		assert!(Jury::assignments(&pair(ALICE).public()).is_empty());
	});
}
