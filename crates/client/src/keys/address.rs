//! Accounts, and their addresses on this network and on others.

use crate::{
	error::{self, Error},
	format::hex,
};
use codec::{Decode, Encode};
use openledger_primitives::SS58_PREFIX;
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;
use sp_core::crypto::{
	AccountId32, PublicError, Ss58AddressFormat, Ss58AddressFormatRegistry, Ss58Codec,
};
use std::fmt;

/// A 32-byte account; prints as its address on this network. It is a type of its own because those of
/// other libraries print addresses with whatever prefix the process was told.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, EncodeAsType, DecodeAsType,
)]
pub struct AccountId(pub [u8; 32]);

impl From<[u8; 32]> for AccountId {
	fn from(bytes: [u8; 32]) -> Self {
		Self(bytes)
	}
}

impl fmt::Display for AccountId {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(&AccountId32::new(self.0).to_ss58check_with_version(SS58_PREFIX.into()))
	}
}

/// Reads an address with the prefix of this network, or with the generic one, which Substrate's tools
/// write where they know no network.
///
/// # Errors
/// [`Error::ForeignAddress`] if it is one of another network, [`Error::BadAccount`] if it is none.
pub(super) fn read(text: &str) -> error::Result<AccountId> {
	let (account, format) = AccountId32::from_ss58check_with_version(text)
		.map_err(|error| Error::BadAccount { text: text.into(), reason: flaw(error).into() })?;
	let account = AccountId(account.into());
	if [SS58_PREFIX.into(), generic()].contains(&format) {
		return Ok(account);
	}
	Err(Error::ForeignAddress {
		text: text.into(),
		network: network(format),
		account: hex(account.0),
	})
}

fn generic() -> Ss58AddressFormat {
	Ss58AddressFormatRegistry::SubstrateAccount.into()
}

/// A network by its name, where the registry of prefixes has one.
fn network(format: Ss58AddressFormat) -> String {
	match format.is_custom() {
		true => format!("a network without a registered name (prefix {})", format.prefix()),
		false => format!("the network {format} (prefix {})", format.prefix()),
	}
}

/// What is wrong with a text that is no address.
fn flaw(error: PublicError) -> &'static str {
	match error {
		PublicError::BadBase58 => "it has a character that no address has",
		PublicError::BadLength => {
			"it is too long or too short for an address of an account, which holds 32 bytes"
		},
		PublicError::InvalidChecksum => {
			"its checksum does not fit: a character is wrong, or some are missing"
		},
		PublicError::InvalidPrefix => "it begins with a byte with which no address begins",
		PublicError::FormatNotAllowed => {
			"its prefix, 46 or 47, is reserved: no network has such addresses"
		},
		_ => "it is no address",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	const ALICE: &str = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";

	/// Alice's address with the prefix of another network.
	fn alice(prefix: u16) -> String {
		let bytes = crate::keys::parse_account(ALICE).unwrap().0;
		AccountId32::new(bytes).to_ss58check_with_version(prefix.into())
	}

	#[test]
	fn prefix_should_be_free_when_looked_up_in_the_registry() {
		let own = Ss58AddressFormat::custom(SS58_PREFIX);
		assert!(own.is_custom() && !own.is_reserved());
	}

	#[test]
	fn address_should_be_read_when_its_prefix_is_ours_or_generic() {
		for prefix in [SS58_PREFIX, 42] {
			let read = read(&alice(prefix)).unwrap();
			assert_eq!(hex(read.0), ALICE);
			assert_eq!(read.to_string(), "e3Ly4EgZjVjwj7RE6WG2norBThc1RaXWBfxnqKV289EL7LbyH");
		}
	}

	#[test]
	fn address_should_be_refused_with_both_networks_when_it_is_of_another() {
		for (prefix, network) in [
			(0, "polkadot (prefix 0)"),
			(2, "kusama (prefix 2)"),
			(7, "edgeware (prefix 7)"),
			(63, "hydradx (prefix 63)"),
			(64, "without a registered name (prefix 64)"),
			(1328, "ajuna (prefix 1328)"),
			(6735, "(prefix 6735)"),
			(16_383, "(prefix 16383)"),
		] {
			let error = read(&alice(prefix)).unwrap_err();
			assert!(matches!(error, Error::ForeignAddress { .. }), "{error}");
			for words in [network, "not of OpenLedger (prefix 6736)", &alice(prefix), ALICE] {
				assert!(error.to_string().contains(words), "'{error}' lacks '{words}'");
			}
		}
	}

	#[test]
	fn address_should_be_refused_each_flaw_by_its_name_when_it_is_none() {
		let own = alice(SS58_PREFIX);
		let typo = own.replace("e3Ly4", "e3Ly5");
		for (text, words) in [
			(typo.as_str(), "checksum"),
			(&own[..48], "too short"),
			(&format!("{own}e3"), "too long"),
			(&own.replace('e', "0"), "a character that no address has"),
			(&alice(46), "46 or 47, is reserved"),
			(&alice(47), "46 or 47, is reserved"),
			("zzzz", "with which no address begins"),
			("", "too short"),
		] {
			let error = read(text).unwrap_err();
			assert!(matches!(error, Error::BadAccount { .. }), "{error}");
			assert!(error.to_string().contains(words), "'{error}' lacks '{words}'");
		}
	}

	proptest! {
		#[test]
		fn account_should_be_the_same_when_printed_and_read(bytes: [u8; 32]) {
			let text = AccountId(bytes).to_string();
			prop_assert!(text.starts_with("e3"), "{text}");
			prop_assert_eq!(read(&text).unwrap(), AccountId(bytes));
		}

		#[test]
		fn address_should_be_refused_when_its_prefix_is_any_other(bytes: [u8; 32], prefix in 0..16_384_u16) {
			prop_assume!(![SS58_PREFIX, 42].contains(&prefix));
			let text = AccountId32::new(bytes).to_ss58check_with_version(prefix.into());
			prop_assert!(read(&text).is_err(), "{text}");
		}
	}
}
