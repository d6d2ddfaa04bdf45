//! Tests by topic.

mod api;
mod attesters;
mod claims;
mod door;
mod invariants;
mod jobs;
mod offchain;
mod parameters;
mod weights;

use crate::{mock::*, Ending, Event, JobResult, Jobs, Results};
use frame_support::assert_ok;
use openledger_pallet_support::{JobId, Outcome};
use openledger_pallet_testing as testing;
use polkadot_sdk::*;

fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

fn job(id: JobId) -> crate::Job<Test> {
	Jobs::<Test>::get(id).unwrap()
}

fn result(id: JobId) -> JobResult<Test> {
	Results::<Test>::get(id).unwrap()
}

fn ending(id: JobId) -> Ending<Test> {
	result(id).ending
}

/// How often each inference was settled, and how.
fn outcomes() -> Vec<(u64, Outcome<AccountId>)> {
	Outcomes::get()
}

fn happened(event: Event<Test>) -> bool {
	testing::happened::<Test>(event)
}

/// A claim that must pass the door and hold.
fn submit_ok(claim: &crate::ClaimOf<Test>) {
	assert_ok!(submit(claim).expect("the claim passes the door"));
}
