//! How votes end: on time, by themselves or by anybody's hand, and never early.

use super::*;
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};

/// Takes all places that tasks without a name find in a block; how many.
fn fill(block: u64) -> usize {
	(0..).take_while(|_| schedule(block)).count()
}

fn poke(index: u32) -> DispatchResult {
	Governance::poke(signed(STRANGER), index)
}

#[test]
fn poke_should_be_refused_when_voting_is_not_over() {
	run(|| {
		let index = proposed(Kind::Treasury);
		let end = tally(index).end;
		assert_noop!(poke(index + 1), Error::<Test>::NotFound);
		assert_noop!(Governance::poke(RuntimeOrigin::none(), index), DispatchError::BadOrigin);
		while now() <= end {
			assert_noop!(poke(index), Error::<Test>::VotingNotOver);
			if now() == end - 2 {
				assert_ok!(vote(ANN, index, Side::For));
			}
			go_to(now() + 1);
		}
	});
}

#[test]
fn defeated_proposal_should_end_by_itself_in_the_block_after_voting_when_it_was_voted_on() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		open(index);
		assert_ok!(vote(BEN, index, Side::For));
		let end = tally(index).end;
		go_to(end);
		assert!(runs(index));
		go_to(end + 1);
		assert!(!runs(index));
		assert_eq!(state(index), State::Defeated);
		assert!(matches!(
			ReferendumInfoFor::<Test>::get(index),
			Some(ReferendumInfo::Rejected(at, ..)) if at == end + 1
		));
		assert_noop!(poke(index), Error::<Test>::NothingToDo);
		go_to(now() + 40);
		assert_eq!(state(index), State::Defeated);
		assert!(!dispatched());
	});
}

#[test]
fn proposal_should_be_defeated_when_nobody_votes() {
	run(|| {
		// By anybody's hand.
		let index = proposed(Kind::Treasury);
		fill(tally(index).end + 1);
		over(index);
		assert_eq!((state(index), runs(index)), (State::Defeated, true));
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::VotingOver);
		assert_ok!(poke(index));
		assert_eq!((state(index), runs(index)), (State::Defeated, false));
		assert_eq!(Records::<Test>::get(index).unwrap().tally.support, 0);
		assert_noop!(poke(index), Error::<Test>::NothingToDo);
	});
	run(|| {
		// By itself, and if there is no room for that, by itself some blocks later.
		let index = proposed(Kind::Treasury);
		let end = tally(index).end;
		fill(end + 1);
		go_to(end + WINDOW + 1);
		assert_eq!((state(index), runs(index)), (State::Defeated, true));
		go_to(end + WINDOW + 2);
		assert_eq!((state(index), runs(index)), (State::Defeated, false));
		assert!(!dispatched());
	});
	run(|| {
		// By itself also when somebody placed the deposit, and by hand at once.
		let index = proposed(Kind::Treasury);
		let other = propose(ANN, Kind::Treasury, call()).unwrap();
		fill(tally(index).end + 1);
		for index in [index, other] {
			assert_ok!(Referenda::place_decision_deposit(signed(STRANGER), index));
		}
		over(index);
		assert_ok!(poke(other));
		assert_eq!((runs(index), runs(other)), (true, false));
		go_to(now() + WINDOW + 1);
		assert_eq!((state(index), runs(index)), (State::Defeated, false));
	});
	run(|| {
		// Also when somebody places the deposit after the end.
		let index = proposed(Kind::Treasury);
		fill(tally(index).end + 1);
		over(index);
		assert_ok!(Referenda::place_decision_deposit(signed(STRANGER), index));
		assert_eq!((state(index), runs(index)), (State::Defeated, true));
		assert_ok!(poke(index));
		assert!(!runs(index));
	});
}

#[test]
fn proposal_should_end_by_itself_when_nobody_votes() {
	run(|| {
		let index = proposed(Kind::Treasury);
		over(index);
		assert_eq!((state(index), runs(index)), (State::Defeated, false));
		assert_noop!(poke(index), Error::<Test>::NothingToDo);
	});
}

#[test]
fn proposal_should_run_to_its_end_when_a_stranger_meddles_in_every_block() {
	for first_vote in [DELAY + 1, DELAY + 7, DELAY + PERIOD] {
		run(|| {
			let index = proposed(Kind::Treasury);
			let start = now();
			while now() <= tally(index).end {
				meddle(index);
				assert!(runs(index));
				if now() == start + first_vote {
					assert_ok!(vote(ANN, index, Side::For));
				}
				meddle(index);
				assert!(runs(index));
				go_to(now() + 1);
			}
			// It was won; now it may end.
			let end = tally(index).end;
			assert_eq!((now(), state(index)), (end + 1, State::Succeeded));
			meddle(index);
			assert_eq!(state(index), State::Succeeded);
			go_to(end + 2);
			assert_eq!(state(index), State::Queued);
			meddle(index);
			go_to(end + 2 + TREASURY_TIMELOCK);
			assert_eq!(state(index), State::Executed);
			assert!(dispatched());
		});
	}
}

#[test]
fn referendum_should_be_ended_by_nobody_but_root_when_its_calls_are_used() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		for who in [ANN, STRANGER, COUNCIL] {
			let bad = DispatchError::BadOrigin;
			assert_eq!(Referenda::nudge_referendum(signed(who), index).unwrap_err().error, bad);
			assert_noop!(Referenda::cancel(signed(who), index), bad);
			assert_noop!(Referenda::kill(signed(who), index), bad);
		}
		// The first vote placed it, and nothing goes back while it runs.
		let placed = Referenda::place_decision_deposit(signed(STRANGER), index).unwrap_err();
		assert_eq!(placed.error, pallet_referenda::Error::<Test>::HasDeposit.into());
		assert!(Referenda::refund_decision_deposit(signed(ANN), index).is_err());
	});
}

#[test]
fn proposal_should_only_be_late_when_the_scheduler_has_no_room_for_its_end() {
	for pass in [true, false] {
		run(|| {
			let index = proposed(Kind::Treasury);
			let end = tally(index).end;
			assert_eq!(fill(end + 1), 50);
			open(index);
			assert_ok!(vote(ANN, index, if pass { Side::For } else { Side::Against }));
			assert!(happened(Event::NotScheduled { index }));
			go_to(end + 1);
			let (over, settled) = match pass {
				true => (State::Succeeded, State::Queued),
				false => (State::Defeated, State::Defeated),
			};
			assert_eq!((state(index), runs(index)), (over, true));
			assert_noop!(vote(BEN, index, Side::For), Error::<Test>::VotingOver);
			assert_ok!(poke(index));
			assert_eq!(runs(index), pass);
			go_to(end + 2);
			assert_eq!((state(index), runs(index)), (settled, false));
			go_to(end + 2 + TREASURY_TIMELOCK);
			assert_eq!(dispatched(), pass);
		});
	}
	run(|| {
		// Without any hand: when pallet-referenda's own time is up.
		let index = proposed(Kind::Treasury);
		let end = tally(index).end;
		fill(end + WINDOW + 1);
		go_to(end);
		assert_ok!(vote(ANN, index, Side::Abstain));
		assert_ok!(vote(BEN, index, Side::For));
		go_to(now() + 40);
		assert!(!runs(index));
		assert!(dispatched());
	});
}

#[test]
fn approval_should_only_be_late_when_the_scheduler_has_no_room_after_the_end() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		let end = tally(index).end;
		go_to(end);
		// The alarm that the poke sets finds room, its own second turn does not.
		assert!((0..49).all(|_| schedule(end + 2)));
		go_to(end + 2);
		assert!(happened(Event::NotScheduled { index }));
		assert_eq!((state(index), runs(index)), (State::Queued, false));
		assert!(!Enactments::<Test>::contains_key(index));
		assert_ok!(poke(index));
		assert_eq!(Enactments::<Test>::get(index).unwrap().at, end + 2 + TREASURY_TIMELOCK);
		assert_noop!(poke(index), Error::<Test>::NothingToDo);
		go_to(end + 2 + TREASURY_TIMELOCK);
		assert!(dispatched());
		assert_eq!(state(index), State::Executed);
	});
}

#[test]
fn dispatch_should_find_room_when_somebody_fills_its_block() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		let enactment = tally(index).end + 2 + TIMELOCK;
		assert_eq!(fill(enactment), 50);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		go_to(enactment - 1);
		assert_eq!(state(index), State::Queued);
		go_to(enactment);
		assert_eq!(state(index), State::Executed);
		assert!(dispatched());
	});
}
