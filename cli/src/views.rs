//! The JSON documents that `--json` prints, which scripts read.
//!
//! | commands | module |
//! | --- | --- |
//! | `datanet` | [`datanet`] |
//! | `contribute`, `contribution`, `review` | [`contribution`] |
//! | `audit-data` | [`audit`] |
//! | `train`, `model` | [`model`] |
//! | `infer`, `inference`, `host` | [`inference`] |
//! | `explain` | [`explain`] |
//! | `account`, `rewards` | [`account`] |
//! | `attester` | [`attester`] |
//! | `gov` | [`governance`] |
//! | any that fails | [`failure`] |
//!
//! Every command prints one object, its keys in the order of the alphabet. A field that has no value
//! is `null`, unless its description says that it is left out. Datanets, models, contributions and
//! inferences are named by the numbers that the chain gave them, counted from 0, and blocks by their
//! height. Hashes of files are blake2-256.
//!
//! A command that fails prints [`failure::ErrorDocument`].

// The name and the type of many fields say all there is to say.
#![allow(missing_docs)]

pub mod account;
pub mod attester;
pub mod audit;
pub mod contribution;
pub mod datanet;
pub mod doctor;
pub mod explain;
pub mod failure;
pub mod governance;
pub mod inference;
pub mod model;
#[cfg(test)]
pub(crate) mod recorded;
#[cfg(test)]
mod tests;

use openledger_client::{chain::Included, keys::AccountId};
use serde::{Serialize, Serializer};

/// An amount of OPEN or of votes in units of 10^-18, as decimal text: most readers of JSON would
/// round such a number.
#[derive(Clone, Copy, Debug)]
pub struct Units(u128);

impl From<u128> for Units {
	fn from(units: u128) -> Self {
		Self(units)
	}
}

impl Serialize for Units {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

/// The address of an account on this network: SS58 with its prefix.
#[derive(Clone, Debug)]
pub struct Address(AccountId);

impl From<AccountId> for Address {
	fn from(account: AccountId) -> Self {
		Self(account)
	}
}

impl Serialize for Address {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

/// The addresses of accounts, in their order.
pub fn addresses(accounts: &[AccountId]) -> Vec<Address> {
	accounts.iter().copied().map(Address).collect()
}

/// Bytes as `0x` and two hexadecimal digits for each.
#[derive(Serialize, Clone, Debug)]
pub struct Hex(String);

impl<T: AsRef<[u8]>> From<T> for Hex {
	fn from(bytes: T) -> Self {
		Self(crate::output::hex(bytes))
	}
}

/// How many rows each label has, by the label's name: an object whose keys are labels.
#[derive(Clone, Debug)]
pub struct Labels(Vec<(String, usize)>);

impl From<&[(String, usize)]> for Labels {
	fn from(counts: &[(String, usize)]) -> Self {
		Self(counts.to_vec())
	}
}

impl Serialize for Labels {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_map(self.0.iter().map(|(label, rows)| (label, rows)))
	}
}

/// A transaction that was sent, is in a block and succeeded.
#[derive(Serialize, Clone, Debug)]
pub struct Transaction {
	/// The pallet and the call, such as `Datanets.contribute`.
	pub call: String,
	pub hash: Hex,
	pub block: u64,
	/// This is the hash of the block's header.
	pub block_hash: Hex,
	/// The transaction's place among the block's extrinsics, counted from 0.
	pub extrinsic_index: usize,
	/// What the signer paid to the chain for the transaction; deposits and bonds are not part of it.
	pub fee: Units,
	/// Whether the block was known to be final. With `--finalized` it always is.
	pub finalized: bool,
}

impl From<&Included> for Transaction {
	fn from(included: &Included) -> Self {
		Self {
			call: included.call.clone(),
			hash: included.hash.into(),
			block: included.block,
			block_hash: included.block_hash.into(),
			extrinsic_index: included.extrinsic_index,
			fee: included.fee.into(),
			finalized: included.finalized,
		}
	}
}
