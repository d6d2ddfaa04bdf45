//! What signed documents have in common: the check of their signatures, and their fields in JSON.

use crate::{
	error::{Error, Result},
	keys::{parse_account, AccountId},
};
use serde_json::Value;
use subxt_signer::sr25519::{self, PublicKey, Signature};

/// Whether a signature under a message is an account's. Wallets put `<Bytes>` around what they sign.
pub(super) fn is_genuine(message: &[u8], signature: [u8; 64], account: &AccountId) -> bool {
	let tagged = [b"<Bytes>", message, b"</Bytes>"].concat();
	let (signature, signer) = (Signature(signature), PublicKey(account.0));
	sr25519::verify(&signature, message, &signer) || sr25519::verify(&signature, tagged, &signer)
}

/// The fields of a document, with the error that names one which is missing or malformed.
pub(super) struct Fields<'a> {
	pub document: &'a Value,
	/// Makes the error out of the field's name and what it should be.
	pub wrong: fn(&'static str, String) -> Error,
}

impl Fields<'_> {
	/// # Errors
	/// If the field is no account; the reason is told, such as that it is one of another network.
	pub fn account(&self, field: &'static str) -> Result<AccountId> {
		let text = self.document[field].as_str().unwrap_or_default();
		parse_account(text).map_err(|error| (self.wrong)(field, format!("an account: {error}")))
	}

	/// # Errors
	/// If the field is no whole number of 32 bits.
	pub fn number(&self, field: &'static str) -> Result<u32> {
		let number = self.document[field].as_u64().and_then(|number| u32::try_from(number).ok());
		number.ok_or_else(|| (self.wrong)(field, "a whole number of 32 bits".into()))
	}

	/// Fills `out` with the bytes that the field has as hexadecimal digits.
	///
	/// # Errors
	/// If there are not as many.
	pub fn bytes(&self, field: &'static str, out: &mut [u8]) -> Result<()> {
		let digits = self.document[field].as_str().and_then(|text| text.strip_prefix("0x"));
		let decoded = hex::decode_to_slice(digits.unwrap_or_default(), out);
		let what = format!("0x and {} hexadecimal digits", 2 * out.len());
		decoded.map_err(|_| (self.wrong)(field, what))
	}
}
