//! What is voted on can be read, and stays what it is.

use super::*;
use crate::Shortfall;
use frame_support::traits::{schedule::DispatchTime, Bounded};
use openledger_primitives::enactment_task;
use pallet_preimage::PreimageFor;

fn subject() -> RuntimeCall {
	long_call(77)
}

/// A constitutional proposal whose bytes somebody else has to note.
fn bare(call: Proposed) -> u32 {
	if votes(ANN) == 0 {
		voters();
	}
	propose_for(ANN, Kind::Constitutional, call, DispatchTime::After(0)).unwrap()
}

fn stored(call: &RuntimeCall) -> bool {
	let len = codec::Encode::encoded_size(call) as u32;
	PreimageFor::<Test>::contains_key((hash_of(call), len))
}

/// Nobody can vote on the proposal, and it is defeated by itself.
fn lapses(index: u32) {
	go_to(tally(index).snapshot);
	assert_eq!(state(index), State::Pending);
	go_to(now() + 1);
	assert!(happened(Event::Lapsed { index }));
	assert_eq!((state(index), runs(index)), (State::Defeated, true));
	let shortfall = Governance::proposal(index).unwrap().shortfall;
	assert_eq!(shortfall, Some(Shortfall::Call));
	// Whatever is noted by now.
	let _ = note(CAT, &subject());
	for block in 0..2 {
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		assert_noop!(vote(BEN, index, Side::Against), Error::<Test>::PreimageMissing);
		go_to(now() + 1 - block);
	}
	assert_eq!((state(index), runs(index)), (State::Defeated, false));
	assert!(!Pinned::<Test>::contains_key(index));
	go_to(now() + 40);
	assert_eq!(state(index), State::Defeated);
	assert!(!dispatched());
}

#[test]
fn proposal_should_lapse_when_its_call_is_hidden_at_the_snapshot() {
	run(|| lapses(bare(lookup(&subject()))));
	// As the one who has the votes might plan it: to note it and vote in the last block.
	run(|| {
		let index = bare(lookup(&subject()));
		go_to(tally(index).end);
		assert_ok!(note(ANN, &subject()));
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		go_to(now() + 60);
		assert_eq!(state(index), State::Defeated);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, THRESHOLD);
	});
	// Noted in time, and taken back before the snapshot is over.
	run(|| {
		let index = bare(lookup(&subject()));
		assert_ok!(note(STRANGER, &subject()));
		go_to(tally(index).snapshot);
		assert_ok!(Preimage::unnote_preimage(signed(STRANGER), hash_of(&subject())));
		lapses(index);
	});
}

#[test]
fn proposal_should_be_voted_on_when_its_call_is_noted_in_the_block_of_the_snapshot() {
	run(|| {
		let index = bare(lookup(&subject()));
		go_to(tally(index).snapshot);
		assert_ok!(note(STRANGER, &subject()));
		open(index);
		assert_eq!(Pinned::<Test>::get(index), Some(hash_of(&subject())));
		// Whoever noted it cannot make it unreadable any more, without any vote.
		assert_ok!(Preimage::unnote_preimage(signed(STRANGER), hash_of(&subject())));
		assert!(stored(&subject()));
		assert_ok!(vote(ANN, index, Side::For));
	});
}

#[test]
fn call_should_stay_readable_when_its_owner_takes_it_back_after_the_first_vote() {
	run(|| {
		assert_ok!(note(CAT, &subject()));
		let index = bare(lookup(&subject()));
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		// The deposit goes back, the bytes stay.
		assert_ok!(Preimage::unnote_preimage(signed(CAT), hash_of(&subject())));
		assert!(stored(&subject()));
		for who in [CAT, ANN, STRANGER] {
			assert!(Preimage::unnote_preimage(signed(who), hash_of(&subject())).is_err());
			assert!(Preimage::unrequest_preimage(signed(who), hash_of(&subject())).is_err());
		}
		over(index);
		go_to(now() + 1 + TIMELOCK);
		assert_eq!(state(index), State::Executed);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, 77);
		// Nobody needs them any more.
		assert!(!stored(&subject()));
		assert_eq!(requests(&subject()), None);
	});
}

#[test]
fn proposal_should_lapse_when_the_call_has_another_length_than_it_names() {
	let length = codec::Encode::encoded_size(&subject()) as u32;
	for len in [length - 1, length + 1, 0, u32::MAX] {
		run(|| {
			let index = bare(Bounded::Lookup { hash: hash_of(&subject()), len });
			assert_ok!(note(CAT, &subject()));
			lapses(index);
			assert_eq!(requests(&subject()), Some(0));
		});
	}
	run(|| {
		// Of known bytes it is not even proposed.
		voters();
		assert_ok!(note(CAT, &subject()));
		let call = Bounded::Lookup { hash: hash_of(&subject()), len: length + 1 };
		assert_noop!(
			propose_for(ANN, Kind::Constitutional, call, DispatchTime::After(0)),
			pallet_referenda::Error::<Test>::PreimageStoredWithDifferentLength
		);
	});
	run(|| {
		// The old form names no length.
		let dummy = Default::default();
		let index = bare(Bounded::Legacy { hash: hash_of(&subject()), dummy });
		assert_ok!(note(CAT, &subject()));
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		go_to(now() + 1 + TIMELOCK);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, 77);
		assert_eq!(requests(&subject()), Some(0));
	});
}

#[test]
fn call_should_be_the_one_proposed_when_other_bytes_are_noted() {
	run(|| {
		let index = bare(lookup(&subject()));
		// Bytes are stored under their own hash: others are another call.
		let other = long_call(1);
		assert_ok!(note(CAT, &other));
		lapses(index);
		let record = Records::<Test>::get(index).unwrap();
		assert_eq!((record.call, record.proposer), (hash_of(&subject()), ANN));
		// The number is taken for good.
		let next = bare(lookup(&other));
		assert_ne!(next, index);
		open(next);
		assert_ok!(vote(ANN, next, Side::For));
		over(next);
		go_to(now() + 1 + TIMELOCK);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, 1);
	});
}

/// What makes of a new proposal an ended one.
type End = fn(u32);

/// The ways in which a proposal can end.
const ENDS: [(&str, End); 10] = [
	("defeated", |index| {
		open(index);
		assert_ok!(vote(BEN, index, Side::For));
		over(index);
	}),
	("never voted on", |index| over(index)),
	("never voted on, poked after its time was up", |index| {
		let end = tally(index).end;
		go_to(end);
		pallet_scheduler::Agenda::<Test>::remove(end + 1);
		go_to(end + 20);
		assert!(!runs(index));
		assert_ok!(Governance::poke(signed(STRANGER), index));
	}),
	("executed", |index| {
		pass(index);
		go_to(now() + TIMELOCK);
		assert_eq!(state(index), State::Executed);
	}),
	("vetoed at once", |index| {
		pass(index);
		assert_ok!(Governance::veto(signed(COUNCIL), index));
	}),
	("vetoed late", |index| {
		pass(index);
		go_to(now() + TIMELOCK - 1);
		assert_ok!(Governance::veto(signed(COUNCIL), index));
	}),
	("taken out of the scheduler", |index| {
		pass(index);
		let task = enactment_task(index).0;
		assert_ok!(Scheduler::cancel_named(RuntimeOrigin::root(), task));
	}),
	("cancelled by its proposer", |index| {
		assert_ok!(Governance::cancel(signed(ANN), index));
	}),
	("cancelled by root", |index| {
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_ok!(Referenda::cancel(RuntimeOrigin::root(), index));
		// The scheduled poke, or anybody's, lets go of it.
		assert_ok!(Governance::poke(signed(STRANGER), index));
	}),
	("killed by root", |index| {
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		let end = tally(index).end;
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), index));
		go_to(end + 1);
	}),
];

fn pass(index: u32) {
	open(index);
	assert_ok!(vote(ANN, index, Side::For));
	over(index);
	go_to(now() + 1);
	assert_eq!(state(index), State::Queued);
}

#[test]
fn preimage_should_be_requested_as_often_as_before_when_the_proposal_has_ended() {
	for (how, end) in ENDS {
		run(|| {
			// Noted by somebody who may take it back.
			assert_ok!(note(CAT, &subject()));
			let index = bare(lookup(&subject()));
			end(index);
			assert_eq!(requests(&subject()), Some(0), "{how}");
			assert!(!Pinned::<Test>::contains_key(index), "{how}");
			go_to(now() + 40);
			assert_eq!(requests(&subject()), Some(0), "{how}");
			assert_ok!(Preimage::unnote_preimage(signed(CAT), hash_of(&subject())));
		});
		run(|| {
			// Requested by somebody else too, and voted on by another proposal.
			let root = RuntimeOrigin::root;
			assert_ok!(Preimage::request_preimage(root(), hash_of(&subject())));
			assert_ok!(note(CAT, &subject()));
			let index = bare(lookup(&subject()));
			end(index);
			assert_eq!(requests(&subject()), Some(1), "{how}");
			let other = bare(lookup(&subject()));
			open(other);
			assert_ok!(vote(ANN, other, Side::For));
			assert_eq!(requests(&subject()), Some(2), "{how}");
			assert!(stored(&subject()));
		});
	}
}

#[test]
fn preimage_should_be_requested_while_it_is_needed() {
	run(|| {
		assert_ok!(note(CAT, &subject()));
		let index = bare(lookup(&subject()));
		let mut seen = vec![];
		go_to(tally(index).snapshot);
		seen.push(requests(&subject()));
		open(index);
		seen.push(requests(&subject()));
		assert_ok!(vote(ANN, index, Side::For));
		assert_ok!(vote(BEN, index, Side::For));
		seen.push(requests(&subject()));
		over(index);
		seen.push(requests(&subject()));
		// Now by the scheduler.
		go_to(now() + 1);
		seen.push(requests(&subject()));
		go_to(now() + TIMELOCK - 1);
		seen.push(requests(&subject()));
		go_to(now() + 1);
		seen.push(requests(&subject()));
		assert_eq!(seen, [0, 1, 1, 1, 1, 1, 0].map(Some));
	});
}

#[test]
fn preimage_of_others_should_be_left_alone_when_the_call_is_within_the_proposal() {
	run(|| {
		// The same bytes, noted and requested for something else.
		assert_ok!(note(CAT, &call()));
		let root = RuntimeOrigin::root;
		assert_ok!(Preimage::request_preimage(root(), hash_of(&call())));
		let index = proposed(Kind::Treasury);
		pass(index);
		assert!(!Pinned::<Test>::contains_key(index));
		assert_eq!(Enactments::<Test>::get(index).unwrap().preimage, None);
		assert_ok!(Governance::veto(signed(COUNCIL), index));
		assert_eq!(requests(&call()), Some(1));
	});
}
