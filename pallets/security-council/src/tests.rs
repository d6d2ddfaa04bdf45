//! Tests by topic. Every block ends with the invariants of `try_state`.

mod acceptance;
mod actions;
mod counting;
mod elections;
mod members;
mod nominations;
mod parameters;
mod quorum;
mod rotation;
mod sequences;
mod vetting;
mod voting;
mod weights;

use crate::{mock::*, Contender, Contenders, Event, Nominees, Running, Standing, Voters};
use frame_support::assert_ok;
use polkadot_sdk::*;

/// Starts the first election when it is due.
fn start() {
	run_to(INTERVAL);
	assert_ok!(Council::start_election(signed(STRANGER)));
}

/// The same, and `contenders` register.
fn start_with(contenders: &[AccountId]) {
	start();
	for who in contenders {
		assert_ok!(Council::register(signed(*who)));
	}
}

/// The same, and at the end of nomination the first ten of them are nominees.
fn nominate(contenders: &[AccountId]) {
	start_with(contenders);
	run_to(NOMINATION_END);
	let votes = [[BIG; 6].as_slice(), &[MIDDLE; 3], &[SMALL]].concat();
	for (voter, contender) in votes.into_iter().zip(contenders) {
		assert_ok!(Council::nominate(signed(voter), *contender, ENOUGH));
	}
}

/// The same, and voting began.
fn begin_voting(contenders: &[AccountId]) {
	nominate(contenders);
	run_to(VETTING_END + 1);
}

/// The biggest voter divides what it has left evenly among `nominees`.
fn spread(nominees: &[AccountId]) {
	let left = u128::from(BIG) - Voters::<Test>::get(0, BIG).voting;
	for who in nominees {
		assert_ok!(Council::vote(signed(BIG), *who, left / nominees.len() as u128));
	}
}

/// Ends the first election.
fn finish() {
	run_to(VOTING_END + 1);
	assert_ok!(Council::finish_election(signed(STRANGER)));
}

/// The record of `who` in the running election.
fn record(who: AccountId) -> Option<Contender> {
	Contenders::<Test>::get(Running::<Test>::get().unwrap().number, who)
}

fn standing(who: AccountId) -> Option<Standing> {
	record(who).map(|record| record.standing)
}

fn nominees() -> Vec<AccountId> {
	Nominees::<Test>::get().into_inner()
}

fn last_event() -> Event<Test> {
	System::read_events_for_pallet::<Event<Test>>().pop().unwrap()
}
