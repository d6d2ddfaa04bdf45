//! Accounts, their balances and rewards.

use crate::{chain::types::AccountInfo, keys::AccountId, output::hex};
use serde_json::{json, Value};

pub fn account(account: AccountId, info: &AccountInfo, rewards: u128) -> Value {
	let (free, held, frozen) = (info.data.free, info.data.reserved, info.data.frozen);
	let total = free.saturating_add(held);
	json!({
		"account": account.to_string(),
		"public_key": hex(account.0),
		"free": free.to_string(),
		"held": held.to_string(),
		"frozen": frozen.to_string(),
		"total": total.to_string(),
		"rewards": rewards.to_string(),
		"nonce": info.nonce,
	})
}

pub fn transferred(from: AccountId, to: AccountId, amount: u128, transactions: Value) -> Value {
	json!({
		"from": from.to_string(),
		"to": to.to_string(),
		"amount": amount.to_string(),
		"transactions": transactions,
	})
}

pub fn dev_account(name: &str, account: AccountId) -> Value {
	json!({
		"name": name,
		"account": account.to_string(),
		"public_key": hex(account.0),
	})
}

pub fn dev_accounts(list: Vec<Value>) -> Value {
	json!({ "accounts": list })
}

pub fn rewards(account: AccountId, rewards: u128) -> Value {
	json!({ "account": account.to_string(), "rewards": rewards.to_string() })
}

pub fn claimed(account: AccountId, amount: u128, transactions: Value) -> Value {
	json!({
		"account": account.to_string(),
		"claimed": amount.to_string(),
		"transactions": transactions,
	})
}
