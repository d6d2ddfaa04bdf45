//! What a proposal costs, and how many an account may have.

use super::*;
use crate::{Obstacle, Open, Snapshots};

/// What an account has, wrapped or deposited or free.
fn all(who: u64) -> u128 {
	Balances::free_balance(who) + Balances::reserved_balance(who)
}

fn deposited(who: u64) -> u128 {
	Balances::reserved_balance(who) - held(who)
}

/// Whether the deposit of a proposal went back, after `course` ran its course.
fn is_returned(course: impl FnOnce(u32)) -> bool {
	let mut returned = None;
	run(|| {
		// The quorum of constitutional proposals is 45,000.
		wrap(DAN, 60_000);
		wrap(CAT, 2_250);
		let index = proposed(Kind::Constitutional);
		assert_eq!((deposited(ANN), all(TREASURY)), (DEPOSIT, START));
		assert_eq!(Open::<Test>::get(ANN).into_inner(), [index]);
		course(index);
		assert_eq!(deposited(ANN), 0);
		assert!(!Open::<Test>::contains_key(ANN));
		let (who, amount) = (ANN, DEPOSIT);
		let gone = START - all(ANN);
		assert_eq!(all(TREASURY), START + gone);
		returned = match gone {
			0 => Some(true),
			DEPOSIT => Some(false),
			other => panic!("{other}"),
		};
		assert_eq!(happened(Event::DepositReturned { index, who, amount }), gone == 0);
	});
	returned.unwrap()
}

#[test]
fn deposit_should_be_returned_when_the_proposal_passed_or_was_taken_back_or_had_some_support() {
	assert!(is_returned(|index| {
		open(index);
		assert_ok!(vote(DAN, index, Side::For));
		over(index);
		assert_eq!(deposited(ANN), DEPOSIT);
		go_to(now() + 1);
		assert_eq!(state(index), State::Queued);
	}));
	assert!(is_returned(|index| {
		go_to(tally(index).snapshot);
		assert_ok!(Governance::cancel(signed(ANN), index));
	}));
	// A twentieth of the quorum, be it For or Abstain, and whatever is against it.
	for side in [Side::For, Side::Abstain] {
		assert!(is_returned(|index| {
			open(index);
			assert_ok!(vote(CAT, index, side));
			assert_ok!(vote(DAN, index, Side::Against));
			over(index);
			assert_eq!(state(index), State::Defeated);
		}));
	}
	// By Root, which stopped it for a reason that is not the proposer's.
	assert!(is_returned(|index| {
		open(index);
		assert_ok!(Referenda::cancel(RuntimeOrigin::root(), index));
		assert_ok!(Governance::poke(signed(STRANGER), index));
	}));
}

#[test]
fn deposit_should_go_to_the_treasury_when_hardly_anybody_supported_the_proposal() {
	assert!(!is_returned(over));
	assert!(!is_returned(|index| {
		// One vote less than a twentieth.
		assert_ok!(Governance::unwrap(signed(CAT), 1));
		open(index);
		assert_ok!(vote(CAT, index, Side::For));
		assert_ok!(vote(DAN, index, Side::Against));
		over(index);
	}));
	// Also if nobody noticed its end for long.
	assert!(!is_returned(|index| {
		let end = tally(index).end;
		go_to(end);
		pallet_scheduler::Agenda::<Test>::remove(end + 1);
		go_to(now() + 40);
		assert_eq!((runs(index), deposited(ANN)), (false, DEPOSIT));
		assert_ok!(Governance::poke(signed(STRANGER), index));
		assert_noop!(Governance::poke(signed(STRANGER), index), Error::<Test>::NothingToDo);
	}));
}

#[test]
fn deposit_should_go_to_the_treasury_when_the_call_was_hidden_or_root_kills_the_proposal() {
	run(|| {
		voters();
		let moment = frame_support::traits::schedule::DispatchTime::After(0);
		let call = lookup(&long_call(7));
		let hidden = propose_for(ANN, Kind::Treasury, call, moment).unwrap();
		go_to(tally(hidden).snapshot + 2);
		assert!(!runs(hidden));
		let taken = Event::DepositTaken { index: hidden, who: ANN, amount: DEPOSIT };
		assert!(happened(taken));
		assert_eq!((deposited(ANN), all(TREASURY)), (0, START + DEPOSIT));
		let killed = propose(ANN, Kind::Treasury, super::call()).unwrap();
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), killed));
		assert_eq!((deposited(ANN), all(TREASURY)), (0, START + 2 * DEPOSIT));
		// It counts no more among those that she has.
		for _ in 0..3 {
			assert_ok!(propose(ANN, Kind::Treasury, super::call()));
		}
	});
}

#[test]
fn account_should_have_few_proposals_open_when_it_makes_a_thousand_at_once() {
	run(|| {
		voters();
		let made = (0..1_000).filter(|_| propose(ANN, Kind::Treasury, call()).is_ok()).count();
		assert_eq!((made, deposited(ANN)), (3, 3 * DEPOSIT));
		assert_eq!(pallet_referenda::ReferendumCount::<Test>::get(), 3);
		assert_eq!(Governance::obstacle(&ANN), Some(Obstacle::Open { most: 3 }));
		assert_noop!(propose(ANN, Kind::Constitutional, call()), DispatchError::BadOrigin);
		// Nor in another block; each that has ended makes room for one.
		go_to(now() + 1);
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_ok!(Governance::cancel(signed(ANN), 1));
		assert_eq!(Governance::obstacle(&ANN), None);
		assert_ok!(propose(ANN, Kind::Treasury, call()), 3);
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_ok!(propose(BEN, Kind::Treasury, call()), 4);
		// Of each that nobody supported, the treasury has the deposit.
		go_to(60);
		assert_eq!((deposited(ANN), all(ANN)), (0, START - 3 * DEPOSIT));
		assert_eq!(all(TREASURY), START + 4 * DEPOSIT);
	});
}

#[test]
fn proposals_should_be_few_at_a_snapshot_when_many_accounts_make_them() {
	run(|| {
		wrap(CAT, THRESHOLD);
		voters();
		for who in [ANN, ANN, ANN, BEN, BEN, BEN, CAT, CAT] {
			assert_ok!(propose(who, Kind::Treasury, call()));
		}
		assert_noop!(propose(CAT, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_eq!(Snapshots::<Test>::get(now() + DELAY).len(), 8);
		// In the next block's snapshot there is room.
		assert_eq!(Governance::obstacle(&CAT), None);
		go_to(now() + 1);
		assert_ok!(propose(CAT, Kind::Treasury, call()));
		assert_eq!(Snapshots::<Test>::iter().count(), 2);
		go_to(now() + DELAY + 1);
		assert_eq!(Snapshots::<Test>::iter().count(), 0);
	});
}

#[test]
fn nothing_should_be_entered_when_the_submission_fails() {
	run(|| {
		voters();
		let moment = frame_support::traits::schedule::DispatchTime::After(0);
		let origin = Box::new(OriginCaller::system(frame_system::RawOrigin::Signed(CAT)));
		let call = Proposed::Inline(Default::default());
		assert_noop!(
			Referenda::submit(signed(ANN), origin, call, moment),
			pallet_referenda::Error::<Test>::NoTrack
		);
		// All that she has is wrapped.
		assert_ok!(Governance::wrap(signed(ANN), Balances::free_balance(ANN) - 3));
		let poor = propose(ANN, Kind::Treasury, super::call());
		assert_noop!(poor, pallet_balances::Error::<Test>::InsufficientBalance);
		assert_eq!((Open::<Test>::iter().count(), Snapshots::<Test>::iter().count()), (0, 0));
	});
}

#[test]
fn obstacle_should_be_told_when_an_account_cannot_propose() {
	run(|| {
		let told = |who| Governance::obstacle(&who);
		assert_eq!(told(ANN), Some(Obstacle::Votes { missing: THRESHOLD }));
		wrap(ANN, THRESHOLD - 1);
		assert_eq!(told(ANN), Some(Obstacle::Votes { missing: 1 }));
		wrap(ANN, START - THRESHOLD + 1 - DEPOSIT);
		assert_eq!(told(ANN), Some(Obstacle::Deposit { amount: DEPOSIT }));
		assert_ok!(Governance::unwrap(signed(ANN), 1));
		assert_eq!(told(ANN), None);
		go_to(2);
		// Of the next block's snapshot.
		for index in 0..8 {
			Snapshots::<Test>::try_append(now() + 1 + DELAY, index).unwrap();
		}
		assert_eq!(told(ANN), Some(Obstacle::SnapshotFull));
		Snapshots::<Test>::remove(now() + 1 + DELAY);
		crate::Parameters::<Test>::kill();
		assert_eq!(told(ANN), Some(Obstacle::NoParameters));
	});
}
