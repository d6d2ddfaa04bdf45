//! What is voted on can be read, and stays what it is.

use super::*;
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

#[test]
fn vote_should_be_refused_when_the_call_is_hidden() {
	run(|| {
		let index = bare(lookup(&subject()));
		open(index);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		assert_noop!(vote(BEN, index, Side::Against), Error::<Test>::PreimageMissing);
		assert_ok!(note(CAT, &subject()));
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(Pinned::<Test>::get(index), Some(hash_of(&subject())));
	});
	run(|| {
		let index = bare(lookup(&subject()));
		go_to(now() + 40);
		assert_eq!((state(index), runs(index)), (State::Defeated, false));
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
fn proposal_should_be_voted_on_when_somebody_notes_and_takes_back_its_call_before() {
	run(|| {
		assert_ok!(note(STRANGER, &subject()));
		let index = bare(lookup(&subject()));
		open(index);
		assert_ok!(Preimage::unnote_preimage(signed(STRANGER), hash_of(&subject())));
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		// Whoever votes can bring it along.
		assert_ok!(note(ANN, &subject()));
		assert_ok!(vote(ANN, index, Side::For));
		assert_noop!(
			Preimage::unnote_preimage(signed(STRANGER), hash_of(&subject())),
			pallet_preimage::Error::<Test>::NotAuthorized
		);
	});
}

#[test]
fn vote_should_be_refused_when_the_call_has_another_length_than_the_proposal_names() {
	let length = codec::Encode::encoded_size(&subject()) as u32;
	for len in [length - 1, length + 1, 0, u32::MAX] {
		run(|| {
			let index = bare(Bounded::Lookup { hash: hash_of(&subject()), len });
			assert_ok!(note(CAT, &subject()));
			open(index);
			assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
			assert_eq!((requests(&subject()), Pinned::<Test>::get(index)), (Some(0), None));
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
		open(index);
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		assert_ok!(note(CAT, &subject()));
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		go_to(now() + 1 + TIMELOCK);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, 77);
		assert_eq!(requests(&subject()), Some(0));
	});
}

#[test]
fn call_should_be_the_one_voted_on_when_other_bytes_are_noted() {
	run(|| {
		let index = bare(lookup(&subject()));
		open(index);
		// Bytes are stored under their own hash: others are another call.
		let other = long_call(1);
		assert_ok!(note(CAT, &other));
		assert_noop!(vote(ANN, index, Side::For), Error::<Test>::PreimageMissing);
		assert_ok!(note(CAT, &subject()));
		assert_ok!(vote(ANN, index, Side::For));
		let record = Records::<Test>::get(index).unwrap();
		assert_eq!(record.call, hash_of(&subject()));
		// The number is taken for good.
		let next = bare(lookup(&other));
		assert_ne!(next, index);
		over(index);
		go_to(now() + 1 + TIMELOCK);
		assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, 77);
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
	("never voted on, poked", |index| {
		over(index);
		assert_ok!(Governance::poke(signed(STRANGER), index));
	}),
	("never voted on, timed out", |_| go_to(now() + 40)),
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
		assert_eq!(seen, [0, 1, 1, 1, 1, 0].map(Some));
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
