//! How what the chain stores is told to people.

use crate::{
	output::{
		beginning, one_line, open, short, table, text,
		Column::{Number, Open, Text},
	},
	views::inference::{answer, fee},
};
use openledger_client::{
	amount::Amount,
	chain::types::{Contribution, ContributionState, Inference, InferenceState, Pricing},
};
use openledger_rows::Dataset;
use std::collections::BTreeMap;

/// Characters of an answer that are shown in a list.
const ANSWER_SHOWN: usize = 60;

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

pub(super) fn price_text(pricing: &Pricing) -> String {
	match *pricing {
		Pricing::PerCall(price) => format!("{} per call", open(price)),
		Pricing::PerThousandTokens { input, output } => {
			format!("{} / {} per 1000 tokens in / out", open(input), open(output))
		},
	}
}

/// The state with why it is so.
pub(super) fn inference_state_text(state: &InferenceState) -> String {
	match state {
		InferenceState::Refunded(reason) => format!("refunded: {}", words(reason.name())),
		other => other.name().to_owned(),
	}
}

/// A name of several words, for people.
pub(super) fn words(name: &str) -> String {
	name.replace('_', " ")
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

pub(super) fn histogram_text(counts: &[(String, usize)]) -> String {
	if counts.is_empty() {
		return "none".into();
	}
	let parts: Vec<_> =
		counts.iter().map(|(label, count)| format!("{}: {count}", one_line(label))).collect();
	parts.join(", ")
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
	use openledger_client::chain::types::Refund;

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
