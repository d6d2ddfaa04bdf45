//! Contributions, sent and reviewed.

use crate::{
	chain::types::{Contribution, ContributionState},
	output::{accounts, hex, text},
	training::Checks,
};
use openledger_influence::Dataset;
use serde_json::{json, Value};

pub fn contribution(id: u64, contribution: &Contribution) -> Value {
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

pub fn contributions(list: Vec<Value>) -> Value {
	json!({ "contributions": list })
}

pub fn changed(contribution: u64, transactions: Value) -> Value {
	json!({ "contribution": contribution, "transactions": transactions })
}

#[allow(clippy::too_many_arguments)]
/// Rows that are checked, and hashed as they would be sent.
pub fn prepared(
	datanet: u32,
	rows: &Dataset,
	row_count: u32,
	byte_count: u64,
	content_root: [u8; 32],
	blob: [u8; 32],
	labels: &[(String, usize)],
	dry_run: bool,
) -> Value {
	json!({
		"contribution": null,
		"datanet": datanet,
		"contributor": null,
		"rows": row_count,
		"kind": rows.kind(),
		"columns": rows.columns(),
		"bytes": byte_count,
		"content_root": hex(content_root),
		"blob": hex(blob),
		"bond": null,
		"dry_run": dry_run,
		"labels": self::labels(labels),
		"transactions": [],
	})
}

pub fn sent(
	prepared: Value,
	contribution: u64,
	contributor: String,
	bond: u128,
	transactions: Value,
) -> Value {
	let mut document = prepared;
	document["contribution"] = json!(contribution);
	document["contributor"] = json!(contributor);
	document["bond"] = json!(bond.to_string());
	document["transactions"] = transactions;
	document
}

pub fn inspected(
	id: u64,
	record: &Contribution,
	rows: &Dataset,
	checks: &Checks,
	labels: &[(String, usize)],
) -> Value {
	let mut document = contribution(id, record);
	document["verified"] = json!(checks.hold());
	// The store compares the blob with its hash before it hands it out.
	document["checks"] = json!({
		"blob": true,
		"content_root": checks.content_root,
		"rows": checks.rows,
		"bytes": checks.bytes,
	});
	document["kind"] = json!(rows.kind());
	document["columns"] = json!(rows.columns());
	document["labels"] = self::labels(labels);
	document
}

pub fn reviewed(decisions: Vec<(u64, &'static str)>, transactions: Value) -> Value {
	let reviewed: Vec<Value> = decisions
		.into_iter()
		.map(|(id, state)| json!({ "contribution": id, "state": state }))
		.collect();
	json!({ "reviewed": reviewed, "transactions": transactions })
}

pub fn state(state: &ContributionState) -> &'static str {
	match state {
		ContributionState::Pending { .. } => "pending",
		ContributionState::Accepted { .. } => "accepted",
		ContributionState::Rejected { .. } => "rejected",
	}
}

pub fn labels(counts: &[(String, usize)]) -> Value {
	counts.iter().map(|(label, count)| (label.clone(), json!(count))).collect()
}
