//! Who votes, when, and with which weight.

use super::*;
use frame_support::traits::{fungible::Mutate, tokens::Preservation};

#[test]
fn vote_should_be_counted_when_voting_is_open_only() {
	run(|| {
		let index = proposed(Kind::Treasury);
		let (snapshot, end) = (tally(index).snapshot, tally(index).end);
		assert_noop!(vote(ANN, 99, Side::For), Error::<Test>::NotFound);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::VotingNotBegun);
		go_to(snapshot);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::VotingNotBegun);
		go_to(snapshot + 1);
		assert_ok!(vote(ANN, index, Side::For));
		go_to(end);
		assert_ok!(vote(BEN, index, Side::Against));
		go_to(end + 1);
		assert!(runs(index));
		assert_noop!(vote(CAT, index, Side::For), Error::<Test>::VotingOver);
		go_to(end + 2);
		assert!(!runs(index));
		assert_noop!(vote(CAT, index, Side::For), Error::<Test>::VotingOver);
	});
}

#[test]
fn vote_should_be_refused_when_the_account_has_voted() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(BEN, index, Side::For));
		let before = tally(index);
		for side in [Side::For, Side::Against, Side::Abstain] {
			assert_noop!(vote(BEN, index, side), Error::<Test>::AlreadyVoted);
		}
		go_to(now() + 1);
		assert_noop!(vote(BEN, index, Side::Against), Error::<Test>::AlreadyVoted);
		assert_eq!(tally(index), before);
		// On another proposal it has not.
		let other = propose(ANN, Kind::Treasury, call()).unwrap();
		open(other);
		assert_ok!(vote(BEN, other, Side::Against));
	});
}

#[test]
fn vote_should_be_refused_when_nothing_was_delegated_to_the_voter_at_the_snapshot() {
	run(|| {
		let index = proposed(Kind::Treasury);
		// Wrapped, and delegated to nobody; delegated to somebody else; gone before the snapshot.
		assert_ok!(Governance::wrap(signed(CAT), 500));
		assert_ok!(Governance::wrap(signed(DAN), 500));
		assert_ok!(Governance::set_delegate(signed(DAN), ANN));
		wrap(STRANGER, 500);
		go_to(tally(index).snapshot);
		assert_ok!(Governance::unwrap(signed(STRANGER), 500));
		open(index);
		for who in [CAT, DAN, STRANGER, COUNCIL] {
			assert_noop!(vote(who, index, Side::For), Error::<Test>::NoVotes);
		}
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(tally(index).ayes, 50_500);
	});
}

#[test]
fn votes_should_be_those_of_the_snapshot_when_they_changed_since() {
	run(|| {
		wrap(CAT, 300);
		let index = proposed(Kind::Treasury);
		go_to(tally(index).snapshot);
		open(index);
		// Wrapped or delegated later, as with a loan of one block, it does not.
		wrap(DAN, 99_000);
		wrap(BEN, 30_000);
		assert_ok!(Governance::set_delegate(signed(ANN), CAT));
		go_to(now() + 1);
		assert_noop!(vote(DAN, index, Side::For), Error::<Test>::NoVotes);
		for (who, weight) in [(ANN, 50_000), (BEN, 20_000), (CAT, 300)] {
			assert_ok!(vote(who, index, Side::For));
			assert_eq!(Ballots::<Test>::get(index, who).unwrap().weight, weight);
		}
		assert_eq!(tally(index).ayes, 70_300);
	});
}

#[test]
fn vote_should_stay_and_its_tokens_not_vote_again_when_they_are_unwrapped_and_moved() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_ok!(Governance::unwrap(signed(ANN), 50_000));
		assert_ok!(<Balances as Mutate<u64>>::transfer(&ANN, &DAN, 50_000, Preservation::Preserve));
		wrap(DAN, 50_000);
		go_to(now() + 1);
		assert_noop!(vote(DAN, index, Side::For), Error::<Test>::NoVotes);
		// Nor by delegating them to somebody who did not vote yet.
		assert_ok!(Governance::set_delegate(signed(DAN), BEN));
		go_to(now() + 1);
		assert_ok!(vote(BEN, index, Side::Against));
		let tally = tally(index);
		assert_eq!((tally.ayes, tally.nays, tally.support), (50_000, 20_000, 50_000));
	});
}

#[test]
fn votes_should_be_none_when_they_are_borrowed_within_the_block_of_the_snapshot() {
	run(|| {
		let index = proposed(Kind::Treasury);
		go_to(tally(index).snapshot);
		wrap(DAN, 99_000);
		assert_eq!(votes(DAN), 99_000);
		assert_ok!(Governance::unwrap(signed(DAN), 99_000));
		open(index);
		assert_noop!(vote(DAN, index, Side::For), Error::<Test>::NoVotes);
	});
}

#[test]
fn sides_should_be_counted_for_majority_and_quorum() {
	run(|| {
		wrap(CAT, 300);
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::Abstain));
		assert_ok!(vote(BEN, index, Side::Against));
		assert_ok!(vote(CAT, index, Side::For));
		let tally = tally(index);
		assert_eq!((tally.ayes, tally.nays, tally.support), (300, 20_000, 50_300));
		assert_eq!(Records::<Test>::get(index).unwrap().tally, tally);
	});
}

/// Votes of Ann and Ben, of 20,000 each, and of Cat on a treasury proposal of quorum 32,000.
fn outcome(sides: [Option<Side>; 3], cat: u128) -> State {
	let mut state = None;
	run(|| {
		wrap(ANN, 20_000);
		wrap(BEN, 20_000);
		wrap(CAT, cat);
		// So that 80,000 are delegated.
		wrap(DAN, 40_000 - cat.min(20_000));
		go_to(2);
		let index = propose(ANN, Kind::Treasury, call()).unwrap();
		open(index);
		for (who, side) in [ANN, BEN, CAT].into_iter().zip(sides) {
			if let Some(side) = side {
				assert_ok!(vote(who, index, side));
			}
		}
		over(index);
		go_to(now() + 1);
		assert!(!runs(index));
		state = Some(self::state(index));
	});
	state.unwrap()
}

#[test]
fn proposal_should_pass_when_for_exceeds_against_and_the_quorum_is_reached_only() {
	use Side::{Abstain, Against, For};
	let equal = 20_000;
	// (For, Abstain) reach the quorum of 40 % of 80,000.
	assert_eq!(outcome([Some(For), Some(For), None], equal), State::Queued);
	assert_eq!(outcome([Some(For), Some(Abstain), None], equal), State::Queued);
	// One alone does not.
	assert_eq!(outcome([Some(For), None, None], equal), State::Defeated);
	// Against does not count for it.
	assert_eq!(outcome([Some(For), Some(Against), None], equal), State::Defeated);
	// A tie fails, one vote more on either side decides.
	assert_eq!(outcome([Some(For), Some(Abstain), Some(Against)], equal), State::Defeated);
	assert_eq!(outcome([Some(For), Some(Abstain), Some(Against)], equal - 1), State::Queued);
	assert_eq!(outcome([Some(For), Some(Abstain), Some(Against)], equal + 1), State::Defeated);
	// Abstentions alone, as many as they are, pass nothing.
	assert_eq!(outcome([Some(Abstain), Some(Abstain), Some(Abstain)], equal), State::Defeated);
	assert_eq!(outcome([None, None, None], equal), State::Defeated);
}
