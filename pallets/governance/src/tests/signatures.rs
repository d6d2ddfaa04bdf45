//! Delegation for somebody who signed it elsewhere.

use super::*;
use crate::{Delegates, DelegationMessage, Nonces, DELEGATE};
use codec::Encode;
use sp_core::H256;
use sp_runtime::testing::TestSignature;

const EXPIRY: u64 = 9;

fn message(to: u64, nonce: u32) -> DelegationMessage<u64, H256, u64> {
	let genesis = System::block_hash(0);
	DelegationMessage { purpose: DELEGATE, genesis, to, nonce, expiry: EXPIRY }
}

/// Has a stranger bring what Ann signed.
fn bring(to: u64, nonce: u32, expiry: u64, signature: TestSignature) -> DispatchResult {
	Governance::delegate_by_signature(signed(STRANGER), ANN, to, nonce, expiry, signature)
}

fn genuine(to: u64, nonce: u32) -> TestSignature {
	signature(ANN, &message(to, nonce).encode())
}

#[test]
fn message_should_be_what_wallets_are_told_to_sign() {
	run(|| {
		let mut bytes = b"openledger/delegate".to_vec();
		bytes.extend(System::block_hash(0).as_bytes());
		bytes.extend(BEN.to_le_bytes());
		bytes.extend(5u32.to_le_bytes());
		bytes.extend(EXPIRY.to_le_bytes());
		assert_eq!(message(BEN, 5).encode(), bytes);
		assert_ne!(System::block_hash(0), H256::zero());
	});
}

#[test]
fn delegation_should_be_made_when_the_delegator_signed_it() {
	run(|| {
		assert_ok!(Governance::wrap(signed(ANN), 50));
		assert_ok!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)));
		assert_eq!((votes(BEN), Nonces::<Test>::get(ANN)), (50, 1));
		assert!(happened(Event::Delegated(ANN, BEN, 0)));
		// Without units too, and by anybody, the delegator included.
		let origin = signed(ANN);
		let own = genuine(CAT, 1);
		assert_ok!(Governance::delegate_by_signature(origin, ANN, CAT, 1, EXPIRY, own));
		assert_eq!((votes(BEN), votes(CAT), Nonces::<Test>::get(ANN)), (0, 50, 2));
	});
}

#[test]
fn delegation_should_be_made_when_a_wallet_tagged_what_it_signed() {
	run(|| {
		let tagged = [b"<Bytes>", &message(BEN, 0).encode()[..], b"</Bytes>"].concat();
		assert_ok!(bring(BEN, 0, EXPIRY, signature(ANN, &tagged)));
		assert_eq!(Delegates::<Test>::get(ANN), Some(BEN));
		// Nothing else around it.
		let other = [b"<Byte>", &message(BEN, 1).encode()[..], b"</Byte>"].concat();
		let refused = bring(BEN, 1, EXPIRY, signature(ANN, &other));
		assert_noop!(refused, Error::<Test>::BadSignature);
	});
}

#[test]
fn signature_should_be_refused_when_it_was_used() {
	run(|| {
		assert_ok!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)));
		assert_noop!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)), Error::<Test>::WrongNonce);
		// Under the next nonce it is not what was signed.
		assert_noop!(bring(BEN, 1, EXPIRY, genuine(BEN, 0)), Error::<Test>::BadSignature);
		// After another delegation it comes back no more.
		assert_ok!(Governance::set_delegate(signed(ANN), CAT));
		assert_noop!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)), Error::<Test>::WrongNonce);
		assert_eq!(Delegates::<Test>::get(ANN), Some(CAT));
	});
}

#[test]
fn signature_should_be_refused_when_one_before_it_was_not_used() {
	run(|| {
		assert_noop!(bring(BEN, 1, EXPIRY, genuine(BEN, 1)), Error::<Test>::WrongNonce);
		assert_ok!(bring(CAT, 0, EXPIRY, genuine(CAT, 0)));
		assert_ok!(bring(BEN, 1, EXPIRY, genuine(BEN, 1)));
	});
}

#[test]
fn signature_should_be_refused_when_it_expired() {
	run(|| {
		go_to(EXPIRY + 1);
		assert_noop!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)), Error::<Test>::SignatureExpired);
		// A later expiry is not what was signed.
		assert_noop!(bring(BEN, 0, EXPIRY + 1, genuine(BEN, 0)), Error::<Test>::BadSignature);
	});
	run(|| {
		go_to(EXPIRY);
		assert_ok!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)));
	});
}

#[test]
fn signature_should_be_refused_when_it_is_of_somebody_else_or_under_something_else() {
	run(|| {
		let right = message(BEN, 0);
		let bad = |signature| {
			assert_noop!(bring(BEN, 0, EXPIRY, signature), Error::<Test>::BadSignature);
		};
		bad(signature(STRANGER, &right.encode()));
		bad(signature(BEN, &right.encode()));
		bad(genuine(CAT, 0));
		let elsewhere = DelegationMessage { genesis: H256::repeat_byte(7), ..right.clone() };
		bad(signature(ANN, &elsewhere.encode()));
		let mut purpose = DELEGATE;
		purpose[0] = b'O';
		bad(signature(ANN, &DelegationMessage { purpose, ..right }.encode()));
		bad(signature(ANN, b""));
		assert_eq!(Nonces::<Test>::get(ANN), 0);
	});
}

#[test]
fn nonces_should_be_each_delegators_own() {
	run(|| {
		assert_ok!(bring(BEN, 0, EXPIRY, genuine(BEN, 0)));
		let signature = signature(DAN, &message(BEN, 0).encode());
		let origin = signed(STRANGER);
		assert_ok!(Governance::delegate_by_signature(origin, DAN, BEN, 0, EXPIRY, signature));
		assert_eq!((Nonces::<Test>::get(ANN), Nonces::<Test>::get(DAN)), (1, 1));
	});
}
