//! Attesters and their bonds.

use crate::{
	chain::types::{Attester, AttesterStatus},
	keys::AccountId,
	output::accounts,
};
use serde_json::{json, Value};

pub fn attester(account: AccountId, attester: &Attester) -> Value {
	let (status, until) = status(attester.status);
	json!({
		"account": account.to_string(),
		"bond": attester.bond.to_string(),
		"status": status,
		"until": until,
	})
}

pub fn status(status: AttesterStatus) -> (&'static str, Option<u32>) {
	match status {
		AttesterStatus::Bonded => ("bonded", None),
		AttesterStatus::Unbonding { until } => ("unbonding", Some(until)),
	}
}

pub fn attesters(list: Vec<Value>, drawable: &[AccountId]) -> Value {
	json!({ "attesters": list, "drawable": accounts(drawable) })
}

pub fn changed(account: AccountId, transactions: Value) -> Value {
	json!({ "account": account.to_string(), "transactions": transactions })
}
