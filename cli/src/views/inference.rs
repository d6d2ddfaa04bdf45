//! Questions to models, and their answers.

use crate::{
	chain::types::{Basis, Inference, InferenceState, Refund, Usage},
	keys::AccountId,
};
use serde_json::{json, Value};
use std::collections::BTreeSet;

pub fn inference(id: u64, inference: &Inference) -> Value {
	let mut view = json!({
		"inference": id,
		"model": inference.model,
		"user": inference.user.to_string(),
		"input": exact(&inference.input),
		"output": answer(&inference.state),
		"state": state(&inference.state),
		"max_fee": inference.max_fee.to_string(),
		"fee": fee(&inference.state).map(|fee| fee.to_string()),
		"job": null,
		"basis": null,
		"at": null,
		"requested": inference.requested,
		"deadline": inference.deadline,
	});
	match &inference.state {
		InferenceState::Answered { job, .. } => view["job"] = json!(job),
		InferenceState::Settled(receipt) => {
			view["job"] = json!(receipt.job);
			view["basis"] = json!(basis(receipt.basis));
			view["at"] = json!(receipt.at);
			view["contributors"] = json!(receipt.contributors.to_string());
			view["owners"] = json!(receipt.owners.to_string());
			view["attesters"] = json!(receipt.attesters.to_string());
			view["treasury"] = json!(receipt.treasury.to_string());
		},
		InferenceState::Refunded(reason) => view["refund"] = json!(refund(*reason)),
		InferenceState::Requested => {},
	}
	view
}

pub fn inferences(list: Vec<Value>) -> Value {
	json!({ "inferences": list })
}

pub fn changed(inference: u64, transactions: Value) -> Value {
	json!({ "inference": inference, "transactions": transactions })
}

pub fn asked(id: u64, model: u32, state: Option<&Inference>, expected: Option<&String>) -> Value {
	let Some(inference) = state else {
		return json!({ "inference": id, "model": model, "state": "unknown" });
	};
	let mut document = self::inference(id, inference);
	if let Some(expected) = expected {
		document["expected"] = json!(expected);
	}
	document
}

pub fn answered(inference: u64, model: u32, output: &str, usage: &Usage, block: u64) -> Value {
	json!({
		"inference": inference,
		"model": model,
		"output": output,
		"input_tokens": usage.input_tokens,
		"output_tokens": usage.output_tokens,
		"block": block,
	})
}

pub fn failed(inference: u64, error: &str) -> Value {
	json!({ "inference": inference, "error": error })
}

pub fn hosted(
	host: AccountId,
	models: &BTreeSet<u32>,
	answered: Vec<Value>,
	failed: Vec<Value>,
) -> Value {
	json!({
		"host": host.to_string(),
		"models": models,
		"answered": answered,
		"failed": failed,
	})
}

pub fn state(state: &InferenceState) -> &'static str {
	match state {
		InferenceState::Requested => "requested",
		InferenceState::Answered { .. } => "answered",
		InferenceState::Settled(_) => "settled",
		InferenceState::Refunded(_) => "refunded",
	}
}

pub fn refund(refund: Refund) -> &'static str {
	match refund {
		Refund::Cancelled => "cancelled",
		Refund::TimedOut => "timed_out",
		Refund::WrongAnswer => "wrong_answer",
	}
}

pub fn basis(basis: Basis) -> &'static str {
	match basis {
		Basis::Attributed => "attributed",
		Basis::HeldOut => "held_out",
	}
}

/// What the answer costs, once it is fixed.
pub fn fee(state: &InferenceState) -> Option<u128> {
	match state {
		InferenceState::Answered { fee, .. } => Some(*fee),
		InferenceState::Settled(receipt) => Some(receipt.fee),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// The answer, as far as there is one.
/// The answer as it stands on chain; for people it needs [`one_line`].
pub fn answer(state: &InferenceState) -> Option<String> {
	match state {
		InferenceState::Answered { output, .. } => Some(exact(output)),
		InferenceState::Settled(receipt) => Some(exact(&receipt.output)),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// Text of the chain with its control characters: for documents, which escape them.
pub fn exact(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
