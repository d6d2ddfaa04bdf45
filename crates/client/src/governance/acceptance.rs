//! A seat of the security council that its next holder has signed to take.

use super::signed_document::{self, Fields};
use crate::{
	chain::{council::Cohort, Hash},
	error::{Error, Result},
	format::hex,
	keys::{AccountId, Key},
};
use codec::Encode;
use serde_json::{json, Value};

/// What every such signature begins with.
const PURPOSE: &[u8; 22] = b"openledger/accept-seat";

/// The seat that is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfferedSeat {
	/// That of the member who has this key.
	Of(AccountId),
	/// A vacancy of this half of the council.
	Vacancy(Cohort),
}

/// An acceptance of a seat, with its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedAcceptance {
	/// The account that takes the seat.
	pub account: AccountId,
	/// The seat that it takes.
	pub seat: OfferedSeat,
	/// The last block at which it can be used.
	pub expiry: u32,
	/// Hash of the first block of the chain that it is for.
	pub genesis: Hash,
	/// The account's sr25519 signature.
	pub signature: [u8; 64],
}

/// What is signed: SCALE of purpose, genesis, seat, expiry.
fn message(genesis: Hash, seat: OfferedSeat, expiry: u32) -> Vec<u8> {
	let seat = match seat {
		OfferedSeat::Of(old) => (0u8, old.0).encode(),
		OfferedSeat::Vacancy(Cohort::First) => vec![1, 0],
		OfferedSeat::Vacancy(Cohort::Second) => vec![1, 1],
	};
	[(PURPOSE, genesis.0).encode(), seat, expiry.encode()].concat()
}

impl SignedAcceptance {
	/// Signs with the key that takes the seat.
	pub fn sign(key: &Key, seat: OfferedSeat, expiry: u32, genesis: Hash) -> Self {
		let signature = key.pair.sign(&message(genesis, seat, expiry)).0;
		Self { account: key.account, seat, expiry, genesis, signature }
	}

	/// Whether the signature is the account's. Wallets put `<Bytes>` around what they sign.
	pub fn is_genuine(&self) -> bool {
		let message = message(self.genesis, self.seat, self.expiry);
		signed_document::is_genuine(&message, self.signature, &self.account)
	}

	/// `{"account", "of", "cohort", "expiry", "genesis", "signature"}`: of `of` and `cohort` one is `null`. `of`
	/// is the account of the member whose seat it is, `cohort` is `first` or `second`.
	pub fn to_json(&self) -> Value {
		let (of, cohort) = match self.seat {
			OfferedSeat::Of(old) => (Some(old.to_string()), None),
			OfferedSeat::Vacancy(cohort) => (None, Some(cohort.name())),
		};
		json!({
			"account": self.account.to_string(),
			"of": of,
			"cohort": cohort,
			"expiry": self.expiry,
			"genesis": hex(self.genesis),
			"signature": hex(self.signature),
		})
	}

	/// Reads what [`Self::to_json`] writes.
	///
	/// # Errors
	/// [`Error::NoAcceptance`], or [`Error::BadAcceptance`] naming the field.
	pub fn from_json(text: &str) -> Result<Self> {
		let document: Value =
			serde_json::from_str(text).map_err(|e| Error::NoAcceptance(e.to_string()))?;
		let wrong = |field, expected| Error::BadAcceptance { field, expected };
		let fields = Fields { document: &document, wrong };
		let seat = match (&document["of"], document["cohort"].as_str()) {
			(Value::Null, Some("first")) => OfferedSeat::Vacancy(Cohort::First),
			(Value::Null, Some("second")) => OfferedSeat::Vacancy(Cohort::Second),
			(Value::Null, _) => return Err(wrong("cohort", "first or second".into())),
			_ => OfferedSeat::Of(fields.account("of")?),
		};
		let mut read = Self {
			account: fields.account("account")?,
			seat,
			expiry: fields.number("expiry")?,
			genesis: Hash([0; 32]),
			signature: [0; 64],
		};
		fields.bytes("genesis", &mut read.genesis.0)?;
		fields.bytes("signature", &mut read.signature)?;
		Ok(read)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn signed(seat: OfferedSeat, expiry: u32, genesis: [u8; 32]) -> SignedAcceptance {
		SignedAcceptance::sign(&Key::read("//Alice").unwrap(), seat, expiry, Hash(genesis))
	}

	fn some_seat() -> impl Strategy<Value = OfferedSeat> {
		prop_oneof![
			any::<[u8; 32]>().prop_map(|old| OfferedSeat::Of(old.into())),
			prop::sample::select(Cohort::BOTH.to_vec()).prop_map(OfferedSeat::Vacancy),
		]
	}

	#[test]
	fn message_should_be_purpose_chain_seat_and_expiry_when_encoded() {
		let of = message(Hash([1; 32]), OfferedSeat::Of([2; 32].into()), 0x0605);
		let parts: [&[u8]; 5] =
			[b"openledger/accept-seat", &[1; 32], &[0], &[2; 32], &[5, 6, 0, 0]];
		assert_eq!(of, parts.concat());
		for (cohort, number) in Cohort::BOTH.into_iter().zip(0..) {
			let vacancy = message(Hash([1; 32]), OfferedSeat::Vacancy(cohort), 7);
			let parts: [&[u8]; 4] =
				[b"openledger/accept-seat", &[1; 32], &[1, number], &[7, 0, 0, 0]];
			assert_eq!(vacancy, parts.concat());
		}
	}

	#[test]
	fn signature_should_be_genuine_when_a_wallet_tagged_what_it_signed() {
		let mut acceptance = signed(OfferedSeat::Of([2; 32].into()), 9, [1; 32]);
		assert!(acceptance.is_genuine());
		let message = message(acceptance.genesis, acceptance.seat, 9);
		let tagged = [b"<Bytes>", message.as_slice(), b"</Bytes>"].concat();
		acceptance.signature = Key::read("//Alice").unwrap().pair.sign(&tagged).0;
		assert!(acceptance.is_genuine());
		acceptance.signature = Key::read("//Bob").unwrap().pair.sign(&message).0;
		assert!(!acceptance.is_genuine());
	}

	#[test]
	fn field_should_be_named_when_the_document_lacks_it_or_it_is_malformed() {
		let whole = signed(OfferedSeat::Vacancy(Cohort::First), 9, [1; 32]).to_json();
		for (field, value) in [
			("account", json!("Alice")),
			("of", json!("Alice")),
			("cohort", json!("third")),
			("expiry", json!(-1)),
			("genesis", json!("0x00")),
			("signature", json!("00")),
		] {
			let mut document = whole.clone();
			document[field] = value;
			let error = SignedAcceptance::from_json(&document.to_string()).unwrap_err();
			assert!(matches!(error, Error::BadAcceptance { .. }), "{error:?}");
			assert!(error.to_string().contains(&format!("'{field}'")), "{error}");
		}
		assert!(SignedAcceptance::from_json("").is_err());
	}

	proptest! {
		#[test]
		fn acceptance_should_be_the_same_when_written_and_read(
			seat in some_seat(), expiry: u32, genesis: [u8; 32],
		) {
			let acceptance = signed(seat, expiry, genesis);
			let read = SignedAcceptance::from_json(&acceptance.to_json().to_string()).unwrap();
			prop_assert_eq!(&read, &acceptance);
			prop_assert!(read.is_genuine());
		}

		#[test]
		fn signature_should_not_be_genuine_when_anything_was_changed(change in 0..4u8) {
			let mut acceptance = signed(OfferedSeat::Of([2; 32].into()), 9, [1; 32]);
			match change {
				0 => acceptance.seat = OfferedSeat::Vacancy(Cohort::First),
				1 => acceptance.expiry += 1,
				2 => acceptance.genesis = Hash([2; 32]),
				_ => acceptance.signature[0] ^= 1,
			}
			prop_assert!(!acceptance.is_genuine());
		}
	}

	#[test]
	fn reason_should_be_told_when_an_account_is_one_of_another_network() {
		let mut document = signed(OfferedSeat::Vacancy(Cohort::First), 9, [1; 32]).to_json();
		document["account"] = "FoQJpPyadYccjavVdTWxpxU7rUEaYhfLCPwXgkfD6Zat9QP".into();
		let error = SignedAcceptance::from_json(&document.to_string()).unwrap_err().to_string();
		assert!(error.contains("'account'") && error.contains("kusama"), "{error}");
	}
}
