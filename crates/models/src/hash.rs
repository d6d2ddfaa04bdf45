//! Hashes of files: what weights, indices and manifests are named by.

use crate::{Error, Result};

/// A blake2-256 hash.
pub type Hash = openledger_blobs::BlobHash;

/// The blake2-256 hash of `bytes`.
pub fn blake2_256(bytes: &[u8]) -> Hash {
	openledger_blobs::blob_hash(bytes)
}

/// The hash of `bytes`, which must be `expected` where that is given.
///
/// # Errors
/// [`Error::HashMismatch`] with both hashes; `what` says which file it is.
pub fn check_hash(what: &'static str, bytes: &[u8], expected: Option<&Hash>) -> Result<Hash> {
	let found = blake2_256(bytes);
	match expected {
		Some(&expected) if expected != found => Err(Error::HashMismatch { what, expected, found }),
		_ => Ok(found),
	}
}

/// Hashes in JSON: `0x` and 64 hexadecimal digits.
pub mod hex_hash {
	use super::Hash;
	use serde::{de::Error, Deserialize, Deserializer, Serializer};

	/// Writes a hash.
	///
	/// # Errors
	/// Those of the serialiser.
	pub fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&format!("0x{}", hex::encode(hash)))
	}

	/// Reads a hash.
	///
	/// # Errors
	/// If the text is no hash.
	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
		let text = String::deserialize(deserializer)?;
		let mut hash = Hash::default();
		hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(&text), &mut hash)
			.map_err(|error| D::Error::custom(format!("'{text}' is not a hash: {error}")))?;
		Ok(hash)
	}
}
