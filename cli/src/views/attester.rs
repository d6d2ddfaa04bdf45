//! Attesters and their bonds.

use super::{Address, Transaction, Units};
use openledger_client::{
	chain::types::{self, AttesterStatus},
	keys::AccountId,
};
use serde::Serialize;

/// `attester list` prints who is bonded, and who was and has not withdrawn the bond.
#[derive(Serialize, Debug)]
pub struct List {
	pub attesters: Vec<Attester>,
	/// These accounts can be drawn for a job.
	pub drawable: Vec<Address>,
}

/// An attester recomputes what hosts claim.
#[derive(Serialize, Debug)]
pub struct Attester {
	pub account: Address,
	/// The amount held from the account.
	pub bond: Units,
	/// It is `bonded`, or `unbonding` if the account is no longer drawn.
	pub status: &'static str,
	/// From this block on the bond can be withdrawn, if no job is open. It is `null` while bonded.
	pub until: Option<u32>,
}

impl Attester {
	pub fn new(account: AccountId, attester: &types::Attester) -> Self {
		let (status, until) = match attester.status {
			AttesterStatus::Bonded => ("bonded", None),
			AttesterStatus::Unbonding { until } => ("unbonding", Some(until)),
		};
		Self { account: account.into(), bond: attester.bond.into(), status, until }
	}
}

/// `attester register`, `attester deregister` and `attester withdraw` print whose bond was changed.
#[derive(Serialize, Debug)]
pub struct Changed {
	pub account: Address,
	pub transactions: Vec<Transaction>,
}
