//! The page that `audit-data --html` writes.

use super::{Audit, Finding};
use crate::{
	commands::page::{percent, row_cards, Card},
	html::{element, page as whole_page, pairs, picture::Row, section, table, Markup},
};

/// The page of an audit.
pub(super) fn page(audit: &Audit) -> String {
	let title = format!("Rows to look at in {}", audit.origin.name);
	let heading = element("header").with(element("h1").with(title.as_str())).with(
		element("p").class("soft").with(format!(
			"The {} of {} rows that do a model the most harm",
			audit.worst().count(),
			audit.rows.len()
		)),
	);
	let content = [heading.into(), summary(audit), rows(audit), numbers(audit)];
	whole_page(&title, content.into_iter().collect::<Markup>())
}

fn summary(audit: &Audit) -> Markup {
	let fit = &audit.fit;
	section("How they were found")
		.with(element("p").class("soft").with(format!(
			"{} models were trained, each without one part of the rows. A row's {} is that of the \
			 model that has not seen it. Its harm is how much it raises the mean loss on {}, by the \
			 influence that the other models' curvature ({}) gives it. A row can be right and do harm: \
			 look at it before it is rejected.",
			audit.folds,
			fit.accuracy.map_or("loss", |_| "answer"),
			audit.judge(),
			audit.method,
		)))
		.with(pairs([
			("rows", audit.rows.len().to_string()),
			match fit.accuracy {
				Some(accuracy) => ("answered with their label, unseen", percent(accuracy)),
				None => ("nats for each token, unseen", format!("{:.3}", fit.loss)),
			},
			("rows that do harm", fit.harmful().to_string()),
		]))
		.into()
}

/// `contribution 3, row 17`, or `row 17` of a table.
fn place(audit: &Audit, finding: &Finding) -> String {
	match audit.origin.place(finding.row) {
		(Some(contribution), row) => format!("contribution {contribution}, row {row}"),
		(None, row) => format!("row {row}"),
	}
}

fn rows(audit: &Audit) -> Markup {
	let card = |finding: &Finding| {
		let place = place(audit, finding);
		let row = audit.look.show(&Row::of(&audit.rows, finding.row), &place);
		let Some(unseen) = &finding.unseen else {
			let loss = format!("loss {:.3}", finding.loss);
			return Card { row, title: None, lines: vec![loss, place] };
		};
		let answer = audit.rows.class_name(unseen.answer);
		let answer = format!("answer {answer}, {}", percent(unseen.probability));
		let title = Some(format!("label {}", audit.rows.class_name(unseen.label)));
		Card { row, title, lines: vec![answer, place] }
	};
	section("The rows").with(row_cards(audit.look, audit.worst().map(card))).into()
}

fn numbers(audit: &Audit) -> Markup {
	let line = |finding: &Finding| {
		let said = match &finding.unseen {
			Some(unseen) => vec![
				audit.rows.class_name(unseen.label),
				audit.rows.class_name(unseen.answer),
				percent(unseen.probability),
				percent(unseen.label_probability),
			],
			None => vec![format!("{:.3}", finding.loss)],
		};
		let measured = [format!("{:.4}", finding.self_influence), format!("{:+.4}", finding.harm)];
		let cells = [place(audit, finding)].into_iter().chain(said).chain(measured);
		cells.map(Markup::from).collect()
	};
	let said: &[&str] = match audit.fit.accuracy {
		Some(_) => &["#label", "#answer", "#its probability", "#the label's"],
		None => &["#loss"],
	};
	let headings = [&["row"], said, &["#self-influence", "#harm"]].concat();
	section("In numbers")
		.with(table(&headings, audit.worst().map(line)))
		.with(element("p").class("more").with(
			"Self-influence: how much training on the row would lower the row's own loss. Both in nats \
			 for each unit of the row's weight.",
		))
		.into()
}

#[cfg(test)]
mod tests {
	use super::{
		super::{
			cross_fit::{CrossFit, UnseenAnswer},
			Provenance,
		},
		*,
	};
	use crate::html::picture::Look;
	use openledger_rows::Dataset;

	#[test]
	fn page_should_show_the_worst_rows_and_escape_the_file_name() {
		let unseen =
			UnseenAnswer { label: 1, answer: 0, probability: 0.875, label_probability: 0.125 };
		let finding = |row: usize, harm| Finding {
			row,
			loss: 2.079,
			unseen: Some(unseen.clone()),
			self_influence: 0.5,
			harm,
		};
		let audit = Audit {
			origin: Provenance { name: "<script>.csv".into(), contributions: vec![(7, 1), (9, 2)] },
			rows: Dataset::new(2, vec![0.5, 1.5, 2.5, 3.5, 4.5, 5.5], vec![1; 3]).unwrap(),
			look: Look::Numbers,
			method: "exact",
			fit: CrossFit {
				findings: vec![finding(2, 0.25), finding(0, 0.125), finding(1, -0.5)],
				loss: 0.5,
				accuracy: Some(0.75),
			},
			folds: 5,
			held_out: None,
			top: 2,
			seconds: 1.0,
		};
		let page = page(&audit);
		for shown in [
			"&lt;script&gt;.csv",
			"contribution 9, row 2",
			"contribution 7, row 1",
			"answer 0, 87.50\u{a0}%",
			"+0.2500",
			"<li value=\"2\">5.5</li>",
			"75.00\u{a0}%",
		] {
			assert!(page.contains(shown), "the page lacks '{shown}': {page}");
		}
		assert!(!page.contains("<script") && !page.contains("-0.5000"));
	}
}
