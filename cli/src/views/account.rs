//! Accounts, their balances and rewards.

use super::{Address, Hex, Transaction, Units};
use openledger_client::{chain::types::AccountInfo, keys::AccountId};
use serde::Serialize;

/// `account show` prints what an account has.
#[derive(Serialize, Debug)]
pub struct Account {
	pub account: Address,
	/// These are the 32 bytes of the account.
	pub public_key: Hex,
	/// The amount that is not held. A part of it can be frozen.
	pub free: Units,
	/// Deposits, bonds, wrapped voting units and fees of open requests are held and cannot be spent.
	pub held: Units,
	/// The part of `free` and `held` together that cannot be transferred.
	pub frozen: Units,
	/// This is the sum of `free` and `held`.
	pub total: Units,
	/// The amount that `rewards claim` would pay out. It is not part of `total`.
	pub rewards: Units,
	/// The number of transactions that the account sent.
	pub nonce: u32,
}

impl Account {
	pub fn new(account: AccountId, info: &AccountInfo, rewards: u128) -> Self {
		let (free, held) = (info.data.free, info.data.reserved);
		Self {
			public_key: account.0.into(),
			account: account.into(),
			free: free.into(),
			held: held.into(),
			frozen: info.data.frozen.into(),
			total: free.saturating_add(held).into(),
			rewards: rewards.into(),
			nonce: info.nonce,
		}
	}
}

/// `account transfer` prints what was sent.
#[derive(Serialize, Debug)]
pub struct Transferred {
	pub from: Address,
	pub to: Address,
	/// The receiver got all of it: the sender paid the transaction's fee on top.
	pub amount: Units,
	/// Whether the sender has nothing any more, so that the chain has deleted its account.
	pub deleted: bool,
	pub transactions: Vec<Transaction>,
}

/// `account list-dev` prints the accounts that development chains endow.
#[derive(Serialize, Debug)]
pub struct DevAccounts {
	pub accounts: Vec<DevAccount>,
}

/// Everybody knows the key of such an account.
#[derive(Serialize, Debug)]
pub struct DevAccount {
	/// `--key` takes this name, such as `//Alice`.
	pub name: String,
	pub account: Address,
	/// These are the 32 bytes of the account.
	pub public_key: Hex,
}

/// `rewards show` prints what an account can claim.
#[derive(Serialize, Debug)]
pub struct Rewards {
	pub account: Address,
	pub rewards: Units,
}

/// `rewards claim` prints what an account was paid.
#[derive(Serialize, Debug)]
pub struct Claimed {
	pub account: Address,
	pub claimed: Units,
	pub transactions: Vec<Transaction>,
}
