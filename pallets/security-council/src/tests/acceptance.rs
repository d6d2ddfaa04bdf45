//! Consent to a seat.

use super::{last_event, start};
use crate::{
	acceptance::{AcceptanceMessage, ACCEPT_SEAT},
	mock::*,
	Acceptance, AcceptanceOf, Cohort, Error, Event, OfferedSeat,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_runtime::{testing::TestSignature, DispatchResult};

/// An account that means to stand for the first cohort.
const RIVAL: AccountId = 30;
const EXPIRY: u64 = 50;

fn rotate(old: AccountId, new: AccountId, acceptance: AcceptanceOf<Test>) -> DispatchResult {
	Council::rotate_key(signed(old), new, acceptance)
}

fn add(who: AccountId, cohort: Cohort, acceptance: AcceptanceOf<Test>) -> DispatchResult {
	Council::add_member(nine(), who, cohort, acceptance)
}

fn signed_by(who: AccountId, message: Vec<u8>) -> AcceptanceOf<Test> {
	Acceptance { expiry: EXPIRY, signature: TestSignature(who, message) }
}

#[test]
fn rival_should_get_no_seat_in_the_wrong_cohort_when_it_did_not_accept() {
	run(|| {
		let seat = OfferedSeat::Of(7);
		// The member signs for its rival, or passes off what the rival signed for another purpose.
		for forged in [acceptance(7, seat.clone(), EXPIRY), signed_by(RIVAL, b"hello".to_vec())] {
			assert_noop!(rotate(7, RIVAL, forged), Error::<Test>::BadAcceptance);
		}
		assert_ok!(Council::remove_member(nine(), 12));
		let forged = acceptance(7, OfferedSeat::Vacancy(Cohort::Second), EXPIRY);
		assert_noop!(add(RIVAL, Cohort::Second, forged), Error::<Test>::BadAcceptance);
		start();
		assert_ok!(Council::register(signed(RIVAL)));
	});
}

#[test]
fn acceptance_should_be_refused_when_it_is_for_another_seat() {
	run(|| {
		for who in [6, 12] {
			assert_ok!(Council::remove_member(nine(), who));
		}
		let first = acceptance(RIVAL, OfferedSeat::Vacancy(Cohort::First), EXPIRY);
		let of_three = acceptance(RIVAL, OfferedSeat::Of(3), EXPIRY);
		for wrong in [&first, &of_three] {
			let wrong = || (*wrong).clone();
			assert_noop!(add(RIVAL, Cohort::Second, wrong()), Error::<Test>::BadAcceptance);
			assert_noop!(rotate(7, RIVAL, wrong()), Error::<Test>::BadAcceptance);
		}
		assert_ok!(rotate(3, RIVAL, of_three));
	});
}

#[test]
fn acceptance_should_be_refused_when_it_is_for_another_chain_or_purpose_or_block() {
	run(|| {
		let whole = AcceptanceMessage {
			purpose: ACCEPT_SEAT,
			genesis: System::block_hash(0),
			seat: OfferedSeat::<AccountId>::Of(3),
			expiry: EXPIRY,
		};
		for changed in [
			AcceptanceMessage { purpose: *b"openledger/refuse-seat", ..whole.clone() },
			AcceptanceMessage { genesis: [7; 32].into(), ..whole.clone() },
			AcceptanceMessage { expiry: EXPIRY + 1, ..whole.clone() },
		] {
			let changed = signed_by(ANN, changed.encode());
			assert_noop!(rotate(3, ANN, changed), Error::<Test>::BadAcceptance);
		}
		assert_ok!(rotate(3, ANN, signed_by(ANN, whole.encode())));
	});
}

#[test]
fn acceptance_should_count_when_a_wallet_tagged_what_it_signed() {
	run(|| {
		let message = message(OfferedSeat::Of(3), EXPIRY);
		let tagged = [b"<Bytes>", &message[..], b"</Bytes>"].concat();
		assert_ok!(rotate(3, ANN, signed_by(ANN, tagged)));
		assert_eq!(
			last_event(),
			Event::KeyRotated { cohort: Cohort::First, old_key: 3, new_key: ANN }
		);
	});
}

#[test]
fn acceptance_should_be_refused_when_it_has_expired() {
	run(|| {
		let accepted = || acceptance(ANN, OfferedSeat::Of(3), EXPIRY);
		run_to(EXPIRY + 1);
		assert_noop!(rotate(3, ANN, accepted()), Error::<Test>::AcceptanceExpired);
		let vacancy = acceptance(BEN, OfferedSeat::Vacancy(Cohort::First), EXPIRY);
		assert_noop!(add(BEN, Cohort::First, vacancy), Error::<Test>::AcceptanceExpired);
	});
	run(|| {
		run_to(EXPIRY);
		assert_ok!(rotate(3, ANN, acceptance(ANN, OfferedSeat::Of(3), EXPIRY)));
	});
}

#[test]
fn member_who_resigned_should_not_be_seated_again_when_its_acceptance_is_replayed() {
	run(|| {
		let vacancy = || OfferedSeat::Vacancy(Cohort::First);
		assert_ok!(Council::remove_member(nine(), 3));
		assert_ok!(add(RIVAL, Cohort::First, acceptance(RIVAL, vacancy(), EXPIRY)));
		assert_ok!(Council::resign(signed(RIVAL)));
		// The same again, and an older one that was kept back.
		for expiry in [EXPIRY, EXPIRY - 1] {
			let replayed = acceptance(RIVAL, vacancy(), expiry);
			assert_noop!(add(RIVAL, Cohort::First, replayed), Error::<Test>::AcceptanceUsed);
		}
		assert_ok!(add(RIVAL, Cohort::First, acceptance(RIVAL, vacancy(), EXPIRY + 1)));
	});
}

#[test]
fn former_member_should_not_pass_on_its_seat_again_when_an_acceptance_is_replayed() {
	run(|| {
		let accepted = || acceptance(RIVAL, OfferedSeat::Of(3), EXPIRY);
		assert_ok!(rotate(3, RIVAL, accepted()));
		assert_noop!(rotate(3, RIVAL, accepted()), Error::<Test>::NotMember);
		assert_ok!(Council::resign(signed(RIVAL)));
		assert_ok!(add_member(3, Cohort::First));
		assert_noop!(rotate(3, RIVAL, accepted()), Error::<Test>::AcceptanceUsed);
	});
}
