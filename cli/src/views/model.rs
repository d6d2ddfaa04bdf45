//! Models, from training to retirement.

use crate::{
	chain::{
		types::{IndexRecord, IndexWidth, Model, ModelStatus, Pricing, Share},
		Hash,
	},
	keys::AccountId,
	output::{document, hex, text},
};
use serde_json::{json, Value};

pub fn model(id: u32, model: &Model) -> Value {
	let r = &model.registration;
	let sources: Vec<_> =
		r.sources.iter().map(|s| json!({ "datanet": s.datanet, "version": s.version })).collect();
	json!({
		"model": id,
		"name": text(&r.name),
		"status": status(model.status),
		"owner": model.owner.to_string(),
		"host": r.host.to_string(),
		"pricing": pricing(&r.pricing),
		"royalty": fraction(r.royalty),
		"parent": r.parent,
		"sources": sources,
		"weights": hex(r.weights),
		"architecture": document(&r.architecture),
		"index": index(&r.index),
		"index_parameters": document(&r.index_parameters),
		"index_file": hex(r.index_file),
		"manifest": hex(r.manifest),
		"held_out": hex(r.held_out),
		"registered": model.registered,
	})
}

pub fn pricing(pricing: &Pricing) -> Value {
	match pricing {
		Pricing::PerCall(price) => json!({ "kind": "per_call", "price": price.to_string() }),
		Pricing::PerThousandTokens { input, output } => json!({
			"kind": "per_thousand_tokens",
			"input": input.to_string(),
			"output": output.to_string(),
		}),
	}
}

pub fn index(index: &IndexRecord) -> Value {
	json!({
		"root": hex(index.root),
		"leaf_count": index.leaf_count,
		"dimension": index.dimension,
		"width": width(index.width),
	})
}

pub fn shares(shares: &[Share]) -> Value {
	shares.iter().map(|s| json!({ "contribution": s.contribution, "parts": s.parts })).collect()
}

pub fn models(list: Vec<Value>) -> Value {
	json!({ "models": list })
}

pub fn details(id: u32, model: &Model, held_out: &[Share]) -> Value {
	let mut document = self::model(id, model);
	document["held_out_shares"] = shares(held_out);
	document
}

pub fn changed(model: u32, transactions: Value) -> Value {
	json!({ "model": model, "transactions": transactions })
}

#[allow(clippy::too_many_arguments)]
pub fn registered(
	model: u32,
	owner: AccountId,
	host: AccountId,
	weights: Hash,
	index_file: Hash,
	root: Hash,
	fee: u128,
	transactions: Value,
) -> Value {
	json!({
		"model": model,
		"owner": owner.to_string(),
		"host": host.to_string(),
		"weights": hex(weights),
		"index_file": hex(index_file),
		"root": hex(root),
		"fee": fee.to_string(),
		"transactions": transactions,
	})
}

pub fn activated(model: u32, held_out: &[Share], transactions: Value) -> Value {
	json!({
		"model": model,
		"held_out_shares": shares(held_out),
		"transactions": transactions,
	})
}

pub fn indexed(
	file: [u8; 32],
	commitment: &IndexRecord,
	held_out: [u8; 32],
	entries: usize,
	seconds: f64,
) -> Value {
	json!({
		"index": hex(file),
		"root": hex(commitment.root),
		"leaf_count": commitment.leaf_count,
		"dimension": commitment.dimension,
		"width": width(commitment.width),
		"held_out": hex(held_out),
		"held_out_entries": entries,
		"seconds": seconds,
	})
}

#[allow(clippy::too_many_arguments)]
pub fn trained(
	out: String,
	weights: [u8; 32],
	manifest: String,
	contributions: usize,
	rows: usize,
	parameters: usize,
	loss: f64,
	accuracy: Option<f64>,
	test_accuracy: Option<f64>,
	test_loss: Option<f64>,
	base: Option<String>,
	seconds: f64,
) -> Value {
	json!({
		"out": out,
		"weights": hex(weights),
		"manifest": manifest,
		"contributions": contributions,
		"rows": rows,
		"parameters": parameters,
		"loss": loss,
		"accuracy": accuracy,
		"test_accuracy": test_accuracy,
		"test_loss": test_loss,
		"base_model": base,
		"seconds": seconds,
	})
}

pub fn status(status: ModelStatus) -> &'static str {
	match status {
		ModelStatus::Registered => "registered",
		ModelStatus::Active => "active",
		ModelStatus::Retired => "retired",
	}
}

pub fn width(width: IndexWidth) -> &'static str {
	match width {
		IndexWidth::Int8 => "int8",
		IndexWidth::Int16 => "int16",
	}
}

/// Parts per million as a fraction in decimal text.
pub fn fraction(parts_per_million: u32) -> String {
	let (whole, rest) = (parts_per_million / 1_000_000, parts_per_million % 1_000_000);
	if rest == 0 {
		return whole.to_string();
	}
	format!("{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fraction_should_be_exact_when_printed() {
		let texts = [0, 100_000, 1_000_000, 1, 123_450].map(fraction);
		assert_eq!(texts, ["0", "0.1", "1", "0.000001", "0.12345"]);
	}
}
