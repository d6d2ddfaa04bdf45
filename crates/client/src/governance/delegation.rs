//! A delegation that its owner signs and somebody else sends and pays for.

use super::signed_document::{self, Fields};
use crate::{
	chain::Hash,
	error::{Error, Result},
	format::hex,
	keys::{AccountId, Key},
};
use codec::Encode;
use serde_json::{json, Value};

/// What every such signature begins with.
const PURPOSE: &[u8; 19] = b"openledger/delegate";

/// A delegation and its owner's signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedDelegation {
	/// The account whose votes are given.
	pub delegator: AccountId,
	/// The account that gets them.
	pub to: AccountId,
	/// How many signed delegations of the delegator were used before this one.
	pub nonce: u32,
	/// The last block at which it can be used.
	pub expiry: u32,
	/// Hash of the first block of the chain that it is for.
	pub genesis: Hash,
	/// The delegator's sr25519 signature.
	pub signature: [u8; 64],
}

/// What is signed: SCALE of purpose, genesis, delegate, nonce, expiry.
fn message(genesis: Hash, to: &AccountId, nonce: u32, expiry: u32) -> Vec<u8> {
	(PURPOSE, genesis.0, to.0, nonce, expiry).encode()
}

impl SignedDelegation {
	/// Signs with the delegator's key.
	pub fn sign(key: &Key, to: AccountId, nonce: u32, expiry: u32, genesis: Hash) -> Self {
		let signature = key.pair.sign(&message(genesis, &to, nonce, expiry)).0;
		Self { delegator: key.account, to, nonce, expiry, genesis, signature }
	}

	/// Whether the signature is the delegator's. Wallets put `<Bytes>` around what they sign.
	pub fn is_genuine(&self) -> bool {
		let message = message(self.genesis, &self.to, self.nonce, self.expiry);
		signed_document::is_genuine(&message, self.signature, &self.delegator)
	}

	/// `{"delegator", "to", "nonce", "expiry", "genesis", "signature"}`.
	pub fn to_json(&self) -> Value {
		json!({
			"delegator": self.delegator.to_string(),
			"to": self.to.to_string(),
			"nonce": self.nonce,
			"expiry": self.expiry,
			"genesis": hex(self.genesis),
			"signature": hex(self.signature),
		})
	}

	/// Reads what [`Self::to_json`] writes.
	///
	/// # Errors
	/// [`Error::NoDelegation`], or [`Error::BadDelegation`] naming the field.
	pub fn from_json(text: &str) -> Result<Self> {
		let document: Value =
			serde_json::from_str(text).map_err(|e| Error::NoDelegation(e.to_string()))?;
		let wrong = |field, expected| Error::BadDelegation { field, expected };
		let fields = Fields { document: &document, wrong };
		let mut read = Self {
			delegator: fields.account("delegator")?,
			to: fields.account("to")?,
			nonce: fields.number("nonce")?,
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

	fn signed(to: [u8; 32], nonce: u32, expiry: u32, genesis: [u8; 32]) -> SignedDelegation {
		let key = Key::read("//Alice").unwrap();
		SignedDelegation::sign(&key, to.into(), nonce, expiry, Hash(genesis))
	}

	#[test]
	fn message_should_be_purpose_chain_delegate_nonce_and_expiry_when_encoded() {
		let bytes = message(Hash([1; 32]), &[2; 32].into(), 0x0403, 0x0605);
		let expected =
			[b"openledger/delegate".as_slice(), &[1; 32], &[2; 32], &[3, 4, 0, 0], &[5, 6, 0, 0]];
		assert_eq!(bytes, expected.concat());
	}

	#[test]
	fn signature_should_be_genuine_when_a_wallet_tagged_what_it_signed() {
		let mut delegation = signed([2; 32], 0, 9, [1; 32]);
		assert!(delegation.is_genuine());
		let message = message(delegation.genesis, &delegation.to, 0, 9);
		let tagged = [b"<Bytes>", message.as_slice(), b"</Bytes>"].concat();
		delegation.signature = Key::read("//Alice").unwrap().pair.sign(&tagged).0;
		assert!(delegation.is_genuine());
		delegation.signature = Key::read("//Bob").unwrap().pair.sign(&message).0;
		assert!(!delegation.is_genuine());
	}

	#[test]
	fn field_should_be_named_when_the_document_lacks_it_or_it_is_malformed() {
		let whole = signed([2; 32], 0, 9, [1; 32]).to_json();
		for (field, value) in [
			("delegator", json!("Alice")),
			("to", json!(null)),
			("nonce", json!(-1)),
			("expiry", json!(4_294_967_296_u64)),
			("genesis", json!("0x00")),
			("signature", json!("00")),
		] {
			let mut document = whole.clone();
			document[field] = value;
			let error = SignedDelegation::from_json(&document.to_string()).unwrap_err();
			assert!(matches!(error, Error::BadDelegation { .. }), "{error:?}");
			assert!(error.to_string().contains(&format!("'{field}'")), "{error}");
		}
		assert!(SignedDelegation::from_json("").is_err());
	}

	proptest! {
		#[test]
		fn delegation_should_be_the_same_when_written_and_read(
			to: [u8; 32], nonce: u32, expiry: u32, genesis: [u8; 32],
		) {
			let delegation = signed(to, nonce, expiry, genesis);
			let read = SignedDelegation::from_json(&delegation.to_json().to_string()).unwrap();
			prop_assert_eq!(&read, &delegation);
			prop_assert!(read.is_genuine());
		}

		#[test]
		fn signature_should_not_be_genuine_when_anything_was_changed(change in 0..5u8) {
			let mut delegation = signed([2; 32], 3, 9, [1; 32]);
			match change {
				0 => delegation.to = [3; 32].into(),
				1 => delegation.nonce += 1,
				2 => delegation.expiry += 1,
				3 => delegation.genesis = Hash([2; 32]),
				_ => delegation.signature[0] ^= 1,
			}
			prop_assert!(!delegation.is_genuine());
		}
	}
}
