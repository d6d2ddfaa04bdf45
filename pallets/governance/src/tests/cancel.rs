//! Proposals that are taken back, vetoed, or stopped by Root.

use super::*;
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};

#[test]
fn proposal_should_be_cancelled_when_its_proposer_does_while_it_is_pending() {
	for wait in [0, 1, DELAY] {
		run(|| {
			let index = proposed(Kind::Treasury);
			go_to(now() + wait);
			assert_ok!(Governance::cancel(signed(ANN), index));
			assert!(happened(Event::Canceled { index, proposer: ANN }));
			assert_eq!(state(index), State::Canceled);
			assert_eq!(Records::<Test>::get(index).unwrap().call, hash_of(&call()));
			go_to(now() + 40);
			assert_eq!(state(index), State::Canceled);
			assert!(!dispatched());
		});
	}
}

#[test]
fn cancel_should_be_refused_when_somebody_else_tries() {
	run(|| {
		let index = proposed(Kind::Treasury);
		for who in [BEN, STRANGER, COUNCIL] {
			assert_noop!(Governance::cancel(signed(who), index), Error::<Test>::NotProposer);
		}
		let root = RuntimeOrigin::root();
		assert_noop!(Governance::cancel(root, index), DispatchError::BadOrigin);
		assert_noop!(Governance::cancel(signed(ANN), index + 1), Error::<Test>::NotFound);
	});
}

#[test]
fn cancel_should_be_refused_when_voting_has_begun_or_is_over() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
		assert_ok!(vote(ANN, index, Side::For));
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
		over(index);
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
		go_to(now() + 1);
		assert_eq!(state(index), State::Queued);
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
		go_to(now() + TREASURY_TIMELOCK);
		assert_eq!(state(index), State::Executed);
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
	});
}

#[test]
fn cancel_should_be_refused_when_it_is_done_twice() {
	run(|| {
		let index = proposed(Kind::Treasury);
		assert_ok!(Governance::cancel(signed(ANN), index));
		assert_noop!(Governance::cancel(signed(ANN), index), Error::<Test>::NotPending);
		go_to(now() + DELAY + 1);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::VotingOver);
		assert_noop!(Governance::poke(signed(ANN), index), Error::<Test>::NothingToDo);
	});
}

#[test]
fn cancel_should_work_when_somebody_placed_the_decision_deposit() {
	run(|| {
		let index = proposed(Kind::Treasury);
		assert_ok!(Referenda::place_decision_deposit(signed(STRANGER), index));
		go_to(tally(index).snapshot);
		assert_ok!(Governance::cancel(signed(ANN), index));
		assert_eq!(state(index), State::Canceled);
	});
}

/// A proposal that waits for its dispatch.
fn queued(kind: Kind) -> u32 {
	let index = proposed(kind);
	open(index);
	assert_ok!(vote(ANN, index, Side::For));
	over(index);
	go_to(now() + 1);
	assert_eq!(state(index), State::Queued);
	index
}

#[test]
fn queued_proposal_should_be_vetoed_when_the_council_does() {
	for wait in [0, 1, TIMELOCK - 1] {
		run(|| {
			let index = queued(Kind::Constitutional);
			go_to(now() + wait);
			assert_noop!(Governance::veto(signed(ANN), index), DispatchError::BadOrigin);
			let root = RuntimeOrigin::root();
			assert_noop!(Governance::veto(root, index), DispatchError::BadOrigin);
			assert_ok!(Governance::veto(signed(COUNCIL), index));
			assert!(happened(Event::Vetoed { index }));
			assert_eq!(state(index), State::Canceled);
			assert!(Governance::proposal(index).unwrap().vetoed);
			assert_noop!(Governance::veto(signed(COUNCIL), index), Error::<Test>::NotQueued);
			assert_noop!(Governance::poke(signed(ANN), index), Error::<Test>::NothingToDo);
			go_to(now() + TIMELOCK + 1);
			assert_eq!(state(index), State::Canceled);
			assert!(!dispatched());
		});
	}
}

#[test]
fn veto_should_be_refused_when_the_proposal_is_not_queued() {
	run(|| {
		let index = proposed(Kind::Treasury);
		let refused = |index| {
			assert_noop!(Governance::veto(signed(COUNCIL), index), Error::<Test>::NotQueued);
		};
		refused(index);
		refused(index + 1);
		open(index);
		refused(index);
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		assert_eq!(state(index), State::Succeeded);
		refused(index);
		go_to(now() + 1 + TREASURY_TIMELOCK);
		assert_eq!(state(index), State::Executed);
		refused(index);
	});
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::Against));
		go_to(tally(index).end + 2);
		assert_noop!(Governance::veto(signed(COUNCIL), index), Error::<Test>::NotQueued);
	});
}

#[test]
fn referendum_should_be_canceled_when_root_stops_it() {
	for kill in [false, true] {
		run(|| {
			let index = proposed(Kind::Treasury);
			open(index);
			assert_ok!(vote(ANN, index, Side::For));
			let root = RuntimeOrigin::root();
			assert_ok!(match kill {
				true => Referenda::kill(root, index),
				false => Referenda::cancel(root, index),
			});
			assert_eq!(state(index), State::Canceled);
			assert_eq!(Records::<Test>::get(index).unwrap().tally.ayes, 50_000);
			assert_noop!(vote(BEN, index, Side::For), Error::<Test>::VotingOver);
			go_to(now() + 40);
			assert_eq!(state(index), State::Canceled);
			assert!(!dispatched());
			let info = ReferendumInfoFor::<Test>::get(index).unwrap();
			assert_eq!(matches!(info, ReferendumInfo::Killed(_)), kill);
		});
	}
}
