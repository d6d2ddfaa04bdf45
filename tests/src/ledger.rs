//! Every movement of money since genesis, replayed from the chain's events.
//!
//! A balance is what it was at genesis, changed as the events say. If that holds for each account,
//! no unit of OPEN moved unseen.

use crate::{
	chain::{BlockEvent, Chain},
	state::{address_of, Address},
	Error, Result,
};
use scale_decode::DecodeAsType;
use std::collections::BTreeMap;
use subxt::utils::AccountId32;

/// What the events say about each account.
#[derive(Debug, Default)]
pub struct Ledger {
	/// The change of each balance, free and held together, since genesis.
	pub change: BTreeMap<Address, i128>,
	/// The transaction fees that each account paid.
	pub transaction_fees: BTreeMap<Address, u128>,
	/// The rewards that each account claimed from the market.
	pub claimed: BTreeMap<Address, u128>,
}

#[derive(DecodeAsType)]
struct OfWho {
	who: AccountId32,
	amount: u128,
}

#[derive(DecodeAsType)]
struct OfAccount {
	account: AccountId32,
	amount: u128,
}

#[derive(DecodeAsType)]
struct FromTo {
	from: AccountId32,
	to: AccountId32,
	amount: u128,
}

#[derive(DecodeAsType)]
struct OnHold {
	source: AccountId32,
	dest: AccountId32,
	amount: u128,
}

#[derive(DecodeAsType)]
struct AndHold {
	source: AccountId32,
	dest: AccountId32,
	transferred: u128,
}

#[derive(DecodeAsType)]
struct FeePaid {
	who: AccountId32,
	actual_fee: u128,
}

impl Ledger {
	/// Replays the events of blocks 1 to `last`.
	///
	/// # Errors
	/// If a block's events cannot be read, or one changes a balance in a way that no call of this
	/// chain may.
	pub fn replay(chain: &Chain, last: u64) -> Result<Self> {
		let mut ledger = Self::default();
		for block in 1..=last {
			chain.visit_events(block, |event| ledger.apply(&event))?;
		}
		Ok(ledger)
	}

	/// The transaction fees of all accounts together.
	pub fn transaction_fees(&self) -> u128 {
		self.transaction_fees.values().sum()
	}

	fn apply(&mut self, event: &BlockEvent) -> Result<()> {
		match (event.pallet, event.name) {
			("Balances", "Transfer" | "ReserveRepatriated") => {
				let FromTo { from, to, amount } = event.fields()?;
				self.shift(&from, &to, amount)
			},
			("Balances", "TransferOnHold") => {
				let OnHold { source, dest, amount } = event.fields()?;
				self.shift(&source, &dest, amount)
			},
			("Balances", "TransferAndHold") => {
				let AndHold { source, dest, transferred } = event.fields()?;
				self.shift(&source, &dest, transferred)
			},
			("Balances", "Deposit" | "Minted" | "Restored") => {
				let OfWho { who, amount } = event.fields()?;
				self.add(&who, signed(amount)?);
				Ok(())
			},
			("Balances", "Withdraw" | "Burned" | "BurnedHeld" | "Slashed" | "Suspended") => {
				let OfWho { who, amount } = event.fields()?;
				self.add(&who, -signed(amount)?);
				Ok(())
			},
			("Balances", "DustLost") => {
				let OfAccount { account, amount } = event.fields()?;
				self.add(&account, -signed(amount)?);
				Ok(())
			},
			("Balances", "BalanceSet" | "TotalIssuanceForced") => Err(Error::Unexpected(format!(
				"block {}: {} of Balances, which nobody may cause",
				event.block, event.name
			))),
			("TransactionPayment", "TransactionFeePaid") => {
				let FeePaid { who, actual_fee } = event.fields()?;
				*self.transaction_fees.entry(address_of(&who)).or_default() += actual_fee;
				Ok(())
			},
			("InferenceMarket", "RewardsClaimed") => {
				let OfAccount { account, amount } = event.fields()?;
				*self.claimed.entry(address_of(&account)).or_default() += amount;
				Ok(())
			},
			_ => Ok(()),
		}
	}

	fn shift(&mut self, from: &AccountId32, to: &AccountId32, amount: u128) -> Result<()> {
		let amount = signed(amount)?;
		self.add(from, -amount);
		self.add(to, amount);
		Ok(())
	}

	fn add(&mut self, account: &AccountId32, amount: i128) {
		*self.change.entry(address_of(account)).or_default() += amount;
	}
}

fn signed(amount: u128) -> Result<i128> {
	i128::try_from(amount)
		.map_err(|_| Error::Unexpected(format!("an event speaks of {amount} units")))
}
