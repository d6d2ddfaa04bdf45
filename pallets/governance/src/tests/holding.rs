//! What counts was held for the whole window before the snapshot: a loan of some blocks votes for nothing.

use super::*;
use openledger_pallet_support::PastVotes;

/// What a million borrowed in block `from`, and returned in block `to`, counts on a proposal that is made in
/// block 2.
fn counted(from: u64, to: u64) -> Option<u128> {
	let mut counted = None;
	run(|| {
		let index = proposed(Kind::Treasury);
		let snapshot = tally(index).snapshot;
		assert_eq!((now(), snapshot, tally(index).holding_window), (2, 5, HOLDING));
		go_to(from);
		wrap(DAN, 99_000);
		go_to(to);
		assert_ok!(Governance::unwrap(signed(DAN), 99_000));
		go_to(snapshot + 1);
		counted = match vote(DAN, index, Side::For) {
			Ok(()) => Some(Ballots::<Test>::get(index, DAN).unwrap().weight),
			Err(error) => {
				assert_eq!(error, Error::<Test>::NoVotes.into());
				None
			},
		};
		assert_eq!(Governance::votes(&DAN, snapshot), Ok(counted.unwrap_or(0)));
	});
	counted
}

#[test]
fn votes_should_count_nothing_when_they_are_borrowed_for_a_block_before_the_snapshot() {
	for from in 2..=5 {
		assert_eq!(counted(from, from + 1), None, "in block {from}");
	}
}

#[test]
fn votes_should_count_nothing_when_they_are_returned_a_block_before_the_window_ends() {
	// There at the end of the blocks 3 and 4, and not of 5.
	assert_eq!(counted(3, 5), None);
	// Nor if they come a block after it begins.
	assert_eq!(counted(4, 6), None);
	assert_eq!(counted(3, 6), Some(99_000));
}

#[test]
fn least_should_count_when_votes_changed_within_the_window() {
	run(|| {
		wrap(CAT, 1_000);
		let index = proposed(Kind::Treasury);
		for amount in [700, 400, 600] {
			go_to(now() + 1);
			assert_ok!(Governance::unwrap(signed(CAT), Units::<Test>::get(CAT)));
			assert_ok!(Governance::wrap(signed(CAT), 99_000));
			assert_ok!(Governance::unwrap(signed(CAT), 99_000 - amount));
		}
		assert_eq!(now(), tally(index).snapshot);
		open(index);
		assert_ok!(vote(CAT, index, Side::For));
		assert_eq!(tally(index).ayes, 400);
	});
}

#[test]
fn votes_should_count_nothing_when_a_loan_goes_from_delegate_to_delegate() {
	run(|| {
		let index = proposed(Kind::Treasury);
		// Held all the time, by somebody who delegates to one after the other.
		assert_ok!(Governance::wrap(signed(DAN), 90_000));
		for to in [CAT, STRANGER, COUNCIL] {
			assert_ok!(Governance::set_delegate(signed(DAN), to));
			go_to(now() + 1);
		}
		open(index);
		for who in [CAT, STRANGER, COUNCIL, DAN] {
			assert_noop!(vote(who, index, Side::For), Error::<Test>::NoVotes);
		}
		// They are delegated votes all the same.
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(tally(index).quorum, Some(30_000));
	});
}

#[test]
fn window_should_be_that_of_the_proposal_when_it_changes_since() {
	run(|| {
		let index = proposed(Kind::Treasury);
		wrap(CAT, 500);
		go_to(4);
		assert_ok!(set(|parameters| parameters.holding_window = 3));
		wrap(DAN, 500);
		go_to(5);
		assert_ok!(set(|parameters| parameters.holding_window = 1));
		open(index);
		assert_ok!(vote(CAT, index, Side::For));
		assert_noop!(vote(DAN, index, Side::For), Error::<Test>::NoVotes);
		// Who asks for votes at a block gets those of the window in force there, for good.
		let asked = |at| [CAT, DAN].map(|who| Governance::votes(&who, at).unwrap());
		let seen: Vec<_> = (3..6).map(asked).collect();
		assert_eq!(seen, [[0, 0], [0, 0], [500, 500]]);
		go_to(40);
		assert_ok!(set(|parameters| parameters.holding_window = 2));
		go_to(41);
		assert_eq!((3..6).map(asked).collect::<Vec<_>>(), seen);
	});
}

#[test]
fn votes_should_count_when_they_were_held_through_many_changes() {
	run(|| {
		assert_ok!(set(|p| (p.voting_delay, p.holding_window) = (300, 290)));
		wrap(CAT, 5_000);
		let index = proposed(Kind::Treasury);
		let snapshot = tally(index).snapshot;
		while now() < snapshot {
			go_to(now() + 1);
			assert_ok!(Governance::wrap(signed(CAT), 7));
			if now() == 200 {
				assert_ok!(Governance::unwrap(signed(CAT), 2_000));
			}
		}
		go_to(snapshot + 1);
		assert_ok!(vote(CAT, index, Side::For));
		let past = |at| Governance::past(&Series::Votes(CAT), at).unwrap();
		assert_eq!(tally(index).ayes, past(200));
		assert_eq!((snapshot - 290..=snapshot).map(past).min(), Some(past(200)));
	});
}
