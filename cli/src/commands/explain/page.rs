//! The page that `explain --html` writes.

use super::{
	evidence::{Evidence, Rows, ScoredRow},
	role, Explanation, Told,
};
use crate::{
	commands::page::{amount, percent, row_cards, Card},
	html::{bar, element, page as whole_page, pairs, section, table, Markup},
	output::{hex, text},
	views::inference::exact,
};
use openledger_client::{
	amount::Amount,
	chain::types::{Basis, Role},
};
use openledger_primitives::PARTS;

/// The most classes whose probability is shown.
const CLASSES: usize = 12;

/// The most characters of an answer that is shown large.
const SHORT_ANSWER: usize = 24;

/// The page of inference `id`.
pub(super) fn page(id: u64, explanation: &Explanation, evidence: &Evidence) -> String {
	let title = format!("Who was paid for inference {id}");
	let content = [
		heading(&title, explanation).into(),
		answer(explanation, evidence),
		fee(explanation),
		contributions(explanation),
		rows(evidence),
		verification(explanation, evidence),
		footer(id),
	];
	whole_page(&title, content.into_iter().collect::<Markup>())
}

fn heading(title: &str, explanation: &Explanation) -> crate::html::Element {
	let (class, words) = match explanation.problems.is_empty() {
		true => ("verdict good", "✓ verified to the unit"),
		false => ("verdict bad", "✗ NOT verified"),
	};
	let model = format!(
		"{} (model {})",
		text(&explanation.model.registration.name),
		explanation.inference.model
	);
	element("header").with(element("h1").with(title)).with(
		element("p").with(element("span").class(class).with(words)).with(" ").with(
			element("span")
				.class("soft")
				.with(format!("answered by {model}, settled in block {}", explanation.receipt.at)),
		),
	)
}

fn answer(explanation: &Explanation, evidence: &Evidence) -> Markup {
	let query = evidence.look.show(&evidence.query, "the query");
	let left = element("div").with(element("h3").with("The query")).with(query);
	let output = exact(&explanation.receipt.output);
	let class = if output.chars().count() > SHORT_ANSWER { "text" } else { "answer" };
	let mut right = element("div")
		.with(element("h3").with("The answer"))
		.with(element("p").class(class).with(output));
	right = match &evidence.answer {
		// A text that continues another has no probability of its own.
		Ok(own) if own.probabilities.is_empty() => right,
		Ok(own) => right
			.with(element("h3").with("The model's probabilities"))
			.with(probabilities(&own.probabilities, &own.class_names)),
		Err(reason) => right.with(element("p").class("soft").with(reason.as_str())),
	};
	let both = element("div").class("query").with(left).with(right);
	section("Query and answer").with(both).into()
}

/// All classes in their order, or the most probable where there are many.
fn probabilities(probabilities: &[f64], names: &[String]) -> Markup {
	let mut classes: Vec<(usize, f64)> = probabilities.iter().copied().enumerate().collect();
	let many = classes.len() > CLASSES;
	if many {
		classes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
	}
	let rest: f64 = classes.iter().skip(CLASSES).map(|(_, p)| p).sum();
	let line = |name: String, p: f64| {
		element("li")
			.with(element("span").with(name))
			.with(bar(p))
			.with(element("span").class("amount").with(percent(p)))
	};
	let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
	let shown = classes.iter().take(CLASSES).map(|&(class, p)| line(name(class), p));
	let others = many.then(|| line("others".into(), rest));
	element("ol").class("bars classes").with_all(shown.chain(others)).into()
}

fn fee(explanation: &Explanation) -> Markup {
	let receipt = &explanation.receipt;
	let parts = [receipt.contributors, receipt.owners, receipt.attesters, receipt.treasury];
	let names = ["contributors", "model owners", "attesters", "treasury"];
	let classes = ["part-0", "part-1", "part-2", "part-3"];
	let whole = receipt.fee.max(1) as f64;
	let mut from = 0.0;
	let pieces = parts.iter().zip(classes).map(|(part, class)| {
		let width = 100.0 * *part as f64 / whole;
		let piece = element("rect")
			.class(class)
			.set("x", format!("{from:.3}"))
			.set("width", format!("{width:.3}"))
			.set("height", 1);
		from += width;
		piece
	});
	let split = element("svg")
		.class("split")
		.set("viewBox", "0 0 100 1")
		.set("preserveAspectRatio", "none")
		.set("aria-hidden", "true")
		.with_all(pieces);
	let lines = names.iter().zip(classes).zip(parts).map(|((name, class), part)| {
		let key = element("span").set("class", format!("key {class}"));
		let name = element("span").with(key).with(*name);
		vec![name.into(), Markup::text(percent(part as f64 / whole)), amount(part)]
	});
	let paid = explanation.payments.iter().filter_map(|payment| {
		let account = element("span").class("mono").with(payment.account.to_string());
		Some(vec![Markup::text(role(payment.role)?), account.into(), amount(payment.amount)])
	});
	section("Fee")
		.with(pairs([
			("paid by the user", format!("{} OPEN", Amount(receipt.fee))),
			(
				"of which for the platform",
				format!("{} OPEN", Amount(explanation.inference.platform_fee)),
			),
		]))
		.with(split)
		.with(table(&["for", "#part", "#amount (OPEN)"], lines))
		.with(element("h3").with("Paid besides the contributors"))
		.with(table(&["as", "account", "#amount (OPEN)"], paid))
		.into()
}

fn contributions(explanation: &Explanation) -> Markup {
	let largest = explanation.pay.iter().map(|pay| pay.parts).max().unwrap_or(0).max(1);
	let line = |pay: &openledger_client::verification::Pay| {
		let mut under = element("p")
			.class("under soft")
			.with(element("span").class("mono").with(explanation.contributor(pay.contribution)));
		if let Some(entry) = explanation.entry(pay.contribution) {
			let (class, words) = match (entry.proof, entry.recomputed == Some(entry.score)) {
				(true, true) => ("good", "proven"),
				(true, false) => ("bad", "WRONG SCORE"),
				(false, _) => ("bad", "NOT PROVEN"),
			};
			let leaf = format!("score {}, leaf {} ", entry.score, entry.leaf_index);
			let leaf = element("span").with(leaf);
			under = under.with(leaf.with(element("span").class(class).with(words)));
		}
		element("li")
			.with(element("strong").with(format!("Contribution {}", pay.contribution)))
			.with(element("span").class("pay").with(amount(pay.paid)).with(" OPEN"))
			.with(
				element("span")
					.class("share")
					.with(percent(f64::from(pay.parts) / f64::from(PARTS))),
			)
			.with(bar(f64::from(pay.parts) / f64::from(largest)))
			.with(under)
	};
	let basis = match explanation.receipt.basis {
		Basis::Attributed => {
			"Each contribution is paid in proportion to how much its rows raised the model's \
			 confidence in this answer. Those that did not raise it are not paid."
		},
		Basis::HeldOut => {
			"No contribution was found to have raised the model's confidence in this answer, so that \
			 the fee was shared by what each did for the model on rows it had not seen."
		},
	};
	section("Contributions")
		.with(element("p").class("soft").with(basis))
		.with(element("ol").class("bars").with_all(explanation.pay.iter().map(line)))
		.into()
}

fn rows(evidence: &Evidence) -> Markup {
	let section = section("The rows behind it");
	let rows = match &evidence.rows {
		Ok(rows) => rows,
		Err(reason) => return section.with(element("p").with(reason.as_str())).into(),
	};
	let mut section = section;
	if rows.count > 0 {
		section = section
			.with(element("p").class("soft").with(format!(
				"The strongest of {} rows in the contributions paid, with each row's part in their \
				 joint score. Rows are counted from 1 within their contribution.",
				rows.count
			)))
			.with(cards("Helped the most", &rows.helping, evidence))
			.with(cards("Spoke against it the most", &rows.hurting, evidence));
	}
	section.with(missing(rows)).into()
}

fn cards(heading: &'static str, rows: &[ScoredRow], evidence: &Evidence) -> Markup {
	let card = |row: &ScoredRow| Card {
		row: evidence
			.look
			.show(&row.row, &format!("row {} of contribution {}", row.number, row.contribution)),
		title: row.label.as_ref().map(|label| format!("label {label}")),
		lines: vec![
			format!("{:+.2}\u{a0}%", 100.0 * row.part),
			format!("contribution {}", row.contribution),
			format!("row {}", row.number),
		],
	};
	let heading = element("h3").with(heading);
	let content = match rows.is_empty() {
		true => element("p").class("soft").with("None did.").into(),
		false => row_cards(evidence.look, rows.iter().map(card)),
	};
	[Markup::from(heading), content].into_iter().collect()
}

fn missing(rows: &Rows) -> Markup {
	if rows.missing.is_empty() {
		return Markup::default();
	}
	let line =
		|(id, reason): &(u64, String)| element("li").with(format!("Contribution {id}: {reason}"));
	let heading = element("h3").with("Rows that are not at hand");
	let list = element("ul").class("soft").with_all(rows.missing.iter().map(line));
	[Markup::from(heading), list.into()].into_iter().collect()
}

fn verification(explanation: &Explanation, evidence: &Evidence) -> Markup {
	let mark = |good: bool, words: String| {
		let (class, sign) = if good { ("mark good", "✓") } else { ("mark bad", "✗") };
		element("li").with(element("span").class(class).with(sign)).with(words)
	};
	let good = explanation.problems.is_empty();
	let mut section = section("What was checked");
	if !good {
		let faults = explanation.problems.iter().map(|fault| mark(false, fault.clone()));
		section = section.with(element("ul").class("checks").with_all(faults));
	}
	let checks = checks(explanation, evidence);
	section = match good {
		true => section.with(
			element("ul").class("checks").with_all(checks.into_iter().map(|c| mark(true, c))),
		),
		false => section
			.with(element("p").with("These were the checks:"))
			.with(element("ul").with_all(checks.into_iter().map(|c| element("li").with(c)))),
	};
	let hash = |bytes: &[u8]| element("span").class("mono").with(hex(bytes));
	let mut facts = vec![
		("index root", hash(explanation.model.registration.index.root.as_bytes())),
		("model weights", hash(explanation.model.registration.weights.as_bytes())),
	];
	if explanation.claim.is_some() {
		facts.push(("claim", hash(explanation.result.claim.as_bytes())));
	}
	section.with(pairs(facts)).into()
}

/// What was checked, in words.
fn checks(explanation: &Explanation, evidence: &Evidence) -> Vec<String> {
	let mut checks = Vec::new();
	if let Some(found) = &explanation.claim {
		checks.push(format!(
			"The attester's claim stands in block {}, extrinsic {}, and has the hash that the job's \
			 result names.",
			found.block, found.extrinsic
		));
	}
	let entries = explanation.entries.len();
	if entries > 0 {
		checks.push(format!(
			"{entries} Merkle proofs lead from the contributions' leaves to the index root that the \
			 model committed to."
		));
		checks.push(format!("{entries} scores are the products of query sketch and leaf."));
		checks.push("The shares are those of the scores.".into());
	}
	let paid = explanation.payments.iter();
	let paid = paid.filter(|payment| matches!(payment.role, Role::Contributor(_))).count();
	checks.push(format!(
		"{paid} payments to contributors are their shares to the unit, and all parts sum to the fee."
	));
	if let Ok(own) = &evidence.answer {
		checks.push(format!("The model's weights, run here, give the answer {}.", own.text));
	}
	if let Ok(Rows { count: 1.., .. }) = &evidence.rows {
		checks.push(
			"The rows shown have the content roots that their contributions committed to.".into(),
		);
	}
	checks
}

fn footer(id: u64) -> Markup {
	element("footer")
		.with("Made by ")
		.with(element("span").class("mono").with(format!("openledger explain {id} --html FILE")))
		.with(" from the chain's own records. Anybody with a node can make it again.")
		.into()
}

#[cfg(test)]
mod tests;
