//! A proposal from its submission to its dispatch.

use crate::{mock::*, Error, Kind, Side, State};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;

/// Ann has votes enough for any quorum; a proposal of hers.
fn proposed(kind: Kind) -> u32 {
	wrap(ANN, 50_000);
	wrap(BEN, 20_000);
	go_to(2);
	propose(ANN, kind, call()).unwrap()
}

#[test]
fn proposal_should_pass_every_state_when_it_is_voted_for() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		let start = System::block_number();
		assert_eq!(Governance::state(index), Some(State::Pending));
		go_to(start + DELAY);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::VotingNotBegun);
		go_to(start + DELAY + 1);
		assert_eq!(Governance::state(index), Some(State::Active));
		assert_ok!(vote(ANN, index, Side::For));
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::AlreadyVoted);
		let end = start + DELAY + PERIOD;
		go_to(end);
		assert_eq!(Governance::state(index), Some(State::Active));
		assert_ok!(vote(BEN, index, Side::Against));
		go_to(end + 1);
		assert_eq!(Governance::state(index), Some(State::Succeeded));
		go_to(end + 2);
		assert_eq!(Governance::state(index), Some(State::Queued));
		go_to(end + 2 + TIMELOCK - 1);
		assert!(!dispatched());
		assert_eq!(Governance::state(index), Some(State::Queued));
		go_to(end + 2 + TIMELOCK);
		assert!(dispatched());
		assert_eq!(Governance::state(index), Some(State::Executed));
	});
}

#[test]
fn proposal_should_be_defeated_on_time_when_more_are_against_it() {
	run(|| {
		let index = proposed(Kind::Treasury);
		let end = System::block_number() + DELAY + PERIOD;
		go_to(end - 1);
		assert_ok!(vote(ANN, index, Side::Against));
		assert_ok!(vote(BEN, index, Side::For));
		go_to(end + 3);
		assert_eq!(Governance::state(index), Some(State::Defeated));
		assert!(Governance::ongoing(index).is_err());
	});
}
