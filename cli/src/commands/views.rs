//! How what the chain stores is shown.

use crate::output::{
	accounts, beginning, document, hex, one_line, open, short, table, text,
	Column::{Number, Open, Text},
};
use openledger_client::{
	amount::Amount,
	chain::types::{
		Access, Basis, Contribution, ContributionState, Datanet, DatanetStatus, IndexRecord,
		IndexWidth, Inference, InferenceState, Model, ModelStatus, Pricing, Refund, Share,
	},
};
use openledger_rows::Dataset;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Characters of an answer that are shown in a list.
const ANSWER_SHOWN: usize = 60;

pub(super) fn datanet(id: u32, datanet: &Datanet) -> Value {
	let terms = &datanet.terms;
	json!({
		"datanet": id,
		"name": text(&terms.name),
		"licence": text(&terms.licence),
		"owner": datanet.owner.to_string(),
		"status": datanet_status(datanet.status),
		"curators": accounts(&terms.curators),
		"approvals": terms.approvals,
		"contribution_bond": terms.contribution_bond.to_string(),
		"max_rows": terms.max_rows,
		"max_bytes": terms.max_bytes,
		"access": access(terms.access),
		"accepted": datanet.accepted,
		"rows": datanet.rows,
		"manifest": hex(datanet.manifest),
		"versions": datanet.versions,
		"pending": datanet.pending,
		"deposit": datanet.deposit.to_string(),
	})
}

pub(super) fn datanet_status(status: DatanetStatus) -> &'static str {
	match status {
		DatanetStatus::Open => "open",
		DatanetStatus::Closed => "closed",
	}
}

pub(super) fn access(access: Access) -> &'static str {
	match access {
		Access::Open => "open",
		Access::Permissioned => "permissioned",
	}
}

pub(super) fn contribution(id: u64, contribution: &Contribution) -> Value {
	let mut view = json!({
		"contribution": id,
		"datanet": contribution.datanet,
		"contributor": contribution.contributor.to_string(),
		"content_root": hex(contribution.content_root),
		"rows": contribution.rows,
		"bytes": contribution.bytes,
		"blob": hex(contribution.blob),
		"bond": contribution.bond.to_string(),
		"submitted": contribution.submitted,
		"state": state(&contribution.state),
	});
	match &contribution.state {
		ContributionState::Pending { approvals } => view["approvals"] = json!(accounts(approvals)),
		ContributionState::Accepted { position, first_row, at } => {
			view["position"] = json!(position);
			view["first_row"] = json!(first_row);
			view["accepted_at"] = json!(at);
		},
		ContributionState::Rejected { reason } => view["reason"] = json!(text(reason)),
	}
	view
}

pub(super) fn state(state: &ContributionState) -> &'static str {
	match state {
		ContributionState::Pending { .. } => "pending",
		ContributionState::Accepted { .. } => "accepted",
		ContributionState::Rejected { .. } => "rejected",
	}
}

/// The state with what there is to say about it.
pub(super) fn state_text(state: &ContributionState) -> String {
	match state {
		ContributionState::Pending { approvals } => {
			format!("pending, {} approvals", approvals.len())
		},
		ContributionState::Accepted { at, .. } => format!("accepted in block {at}"),
		ContributionState::Rejected { reason } => format!("rejected: {}", text(reason)),
	}
}

pub(super) fn contributions(list: &[(u64, Contribution)]) -> String {
	let rows = list.iter().map(|(id, c)| {
		vec![
			id.to_string(),
			c.datanet.to_string(),
			short(&c.contributor.to_string()),
			c.rows.to_string(),
			c.bytes.to_string(),
			Amount(c.bond).to_string(),
			state_text(&c.state),
		]
	});
	let columns = [
		Number("contribution"),
		Number("datanet"),
		Text("contributor"),
		Number("rows"),
		Number("bytes"),
		Open("bond"),
		Text("state"),
	];
	table(&columns, rows.collect())
}

pub(super) fn pricing(pricing: &Pricing) -> Value {
	match pricing {
		Pricing::PerCall(price) => json!({ "kind": "per_call", "price": price.to_string() }),
		Pricing::PerThousandTokens { input, output } => json!({
			"kind": "per_thousand_tokens",
			"input": input.to_string(),
			"output": output.to_string(),
		}),
	}
}

pub(super) fn price_text(pricing: &Pricing) -> String {
	match *pricing {
		Pricing::PerCall(price) => format!("{} per call", open(price)),
		Pricing::PerThousandTokens { input, output } => {
			format!("{} / {} per 1000 tokens in / out", open(input), open(output))
		},
	}
}

pub(super) fn index(index: &IndexRecord) -> Value {
	json!({
		"root": hex(index.root),
		"leaf_count": index.leaf_count,
		"dimension": index.dimension,
		"width": width(index.width),
	})
}

pub(super) fn width(width: IndexWidth) -> &'static str {
	match width {
		IndexWidth::Int8 => "int8",
		IndexWidth::Int16 => "int16",
	}
}

/// Parts per million as a fraction in decimal text.
pub(super) fn fraction(parts_per_million: u32) -> String {
	let (whole, rest) = (parts_per_million / 1_000_000, parts_per_million % 1_000_000);
	if rest == 0 {
		return whole.to_string();
	}
	format!("{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
}

pub(super) fn status(status: ModelStatus) -> &'static str {
	match status {
		ModelStatus::Registered => "registered",
		ModelStatus::Active => "active",
		ModelStatus::Retired => "retired",
	}
}

pub(super) fn model(id: u32, model: &Model) -> Value {
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

pub(super) fn shares(shares: &[Share]) -> Value {
	shares.iter().map(|s| json!({ "contribution": s.contribution, "parts": s.parts })).collect()
}

pub(super) fn inference_state(state: &InferenceState) -> &'static str {
	state.name()
}

pub(super) fn refund(refund: Refund) -> &'static str {
	refund.name()
}

/// The state with why it is so.
pub(super) fn inference_state_text(state: &InferenceState) -> String {
	match state {
		InferenceState::Refunded(reason) => format!("refunded: {}", words(refund(*reason))),
		other => inference_state(other).to_owned(),
	}
}

pub(super) fn basis(basis: Basis) -> &'static str {
	match basis {
		Basis::Attributed => "attributed",
		Basis::HeldOut => "held_out",
	}
}

/// A name of several words, for people.
pub(super) fn words(name: &str) -> String {
	name.replace('_', " ")
}

/// What the answer costs, once it is fixed.
pub(super) fn fee(state: &InferenceState) -> Option<u128> {
	match state {
		InferenceState::Answered { fee, .. } => Some(*fee),
		InferenceState::Settled(receipt) => Some(receipt.fee),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// The answer, as far as there is one.
/// The answer as it stands on chain; for people it needs [`one_line`].
pub(super) fn answer(state: &InferenceState) -> Option<String> {
	match state {
		InferenceState::Answered { output, .. } => Some(exact(output)),
		InferenceState::Settled(receipt) => Some(exact(&receipt.output)),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// Text of the chain with its control characters: for documents, which escape them.
pub(super) fn exact(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn inference(id: u64, inference: &Inference) -> Value {
	let mut view = json!({
		"inference": id,
		"model": inference.model,
		"user": inference.user.to_string(),
		"input": exact(&inference.input),
		"output": answer(&inference.state),
		"state": inference_state(&inference.state),
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

pub(super) fn inferences(list: &[(u64, Inference)]) -> String {
	let rows = list.iter().map(|(id, inference)| {
		let state = &inference.state;
		vec![
			id.to_string(),
			inference.model.to_string(),
			short(&inference.user.to_string()),
			beginning(&one_line(&answer(state).unwrap_or_default()), ANSWER_SHOWN),
			fee(state).map_or(String::new(), |fee| Amount(fee).to_string()),
			inference_state_text(state),
		]
	});
	let columns = [
		Number("inference"),
		Number("model"),
		Text("user"),
		Text("answer"),
		Open("fee"),
		Text("state"),
	];
	table(&columns, rows.collect())
}

/// How many rows have each label.
/// How many rows each class has, in the order of classes; none where rows have no labels.
pub(super) fn histogram(rows: &Dataset) -> Vec<(String, usize)> {
	if !rows.is_labelled() {
		return Vec::new();
	}
	let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
	for label in rows.labels() {
		let count = counts.entry(*label).or_default();
		*count = count.saturating_add(1);
	}
	counts.into_iter().map(|(label, count)| (rows.class_name(label), count)).collect()
}

pub(super) fn histogram_json(counts: &[(String, usize)]) -> Value {
	counts.iter().map(|(label, count)| (label.clone(), json!(count))).collect()
}

pub(super) fn histogram_text(counts: &[(String, usize)]) -> String {
	if counts.is_empty() {
		return "none".into();
	}
	let parts: Vec<_> =
		counts.iter().map(|(label, count)| format!("{}: {count}", one_line(label))).collect();
	parts.join(", ")
}

/// A label in a document: the number of a class, or its name.
pub(super) fn label(rows: &Dataset, label: u32) -> Value {
	match rows.class_names().is_empty() {
		true => json!(label),
		false => json!(rows.class_name(label)),
	}
}

/// What the rows are of, for people: `64 features` or `text`.
pub(super) fn row_kind(rows: &Dataset) -> String {
	match rows.texts() {
		Some(_) => "text".into(),
		None => format!("{} features", rows.columns()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fraction_should_be_exact_when_printed() {
		let texts = [0, 100_000, 1_000_000, 1, 123_450].map(fraction);
		assert_eq!(texts, ["0", "0.1", "1", "0.000001", "0.12345"]);
	}

	#[test]
	fn state_should_say_why_in_words_when_refunded() {
		let state = InferenceState::Refunded(Refund::TimedOut);
		assert_eq!(inference_state_text(&state), "refunded: timed out");
		assert_eq!(fee(&state), None);
	}

	#[test]
	fn histogram_should_count_each_label() {
		let count = |text: &str| {
			let rows = Dataset::from_bytes(text.as_bytes(), &Default::default()).unwrap();
			(histogram_text(&histogram(&rows)), row_kind(&rows))
		};
		assert_eq!(count("1,3\n2,0\n3,3\n"), ("0: 1, 3: 2".into(), "1 features".into()));
		let named = count("text,label\na,spam\nb,ham\nc,spam\n");
		assert_eq!(named, ("ham: 1, spam: 2".into(), "text".into()));
		assert_eq!(count("text\na\n").0, "none");
	}
}
