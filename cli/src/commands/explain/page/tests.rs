use super::*;
use crate::{
	commands::explain::{evidence::OwnAnswer, testing::explanation},
	html::picture::{Look, Row},
};

const HOSTILE: &str = "</p><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>";

fn evidence(rows: Result<Rows, String>) -> Evidence {
	Evidence {
		query: Row::Numbers(vec![0.5, -2.0]),
		look: Look::Numbers,
		answer: Ok(OwnAnswer {
			text: "7".into(),
			probabilities: vec![0.25, 0.75],
			class_names: Vec::new(),
		}),
		rows,
	}
}

fn some_rows() -> Rows {
	let row = |number, part| ScoredRow {
		contribution: 4,
		number,
		label: Some("7".into()),
		row: Row::Numbers(vec![0.25, -2.5]),
		part,
	};
	Rows {
		helping: vec![row(17, 0.4)],
		hurting: vec![row(5, -0.125)],
		count: 20,
		missing: vec![(9, "Its table is not at hand.".into())],
	}
}

#[test]
fn page_should_show_answer_payments_and_rows() {
	let page = page(12, &explanation("digits", "0.5,-2", "7"), &evidence(Ok(some_rows())));
	for shown in [
		"inference 12",
		"✓ verified to the unit",
		"<p class=\"answer\">7</p>",
		"75.00\u{a0}%",
		"Contribution 4",
		&account(11),
		"0.45",
		"score 7500, leaf 1",
		"2 Merkle proofs",
		"<p>contribution 4</p><p>row 17</p>",
		"+40.00\u{a0}%",
		"-12.50\u{a0}%",
		"<li value=\"2\">-2.5</li>",
		"Contribution 9: Its table is not at hand.",
		"model owner",
		"openledger explain 12 --html FILE",
	] {
		assert!(page.contains(shown), "the page lacks '{shown}': {page}");
	}
	assert!(!page.contains("NOT verified"));
}

fn account(account: u8) -> String {
	openledger_client::keys::AccountId::from([account; 32]).to_string()
}

#[test]
fn page_should_bring_no_markup_of_others_when_texts_are_hostile() {
	let mut explanation = explanation(HOSTILE, HOSTILE, HOSTILE);
	explanation.problems = vec![HOSTILE.into()];
	let mut rows = some_rows();
	rows.missing = vec![(9, HOSTILE.into())];
	rows.helping[0].row = Row::Text(HOSTILE.into());
	let mut evidence = evidence(Ok(rows));
	evidence.query = Row::Text(HOSTILE.into());
	evidence.answer = Ok(OwnAnswer {
		text: HOSTILE.into(),
		probabilities: vec![f64::NAN],
		class_names: vec![HOSTILE.into()],
	});
	let shown = page(12, &explanation, &evidence);
	evidence.answer = Err(HOSTILE.into());
	evidence.rows = Err(HOSTILE.into());
	for page in [shown, page(12, &explanation, &evidence)] {
		assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
		for markup in ["<script", "<img", "</p><s", "\"'&<"] {
			assert!(!page.contains(markup), "{markup} in {page}");
		}
	}
}

#[test]
fn page_should_name_the_faults_when_it_does_not_verify() {
	let mut explanation = explanation("digits", "0.5,-2", "7");
	explanation.problems = vec!["the shares exceed the whole".into()];
	explanation.entries[0].proof = false;
	explanation.entries[1].recomputed = None;
	let page = page(12, &explanation, &evidence(Ok(some_rows())));
	for shown in ["✗ NOT verified", "the shares exceed the whole", "NOT PROVEN", "WRONG SCORE"] {
		assert!(page.contains(shown), "the page lacks '{shown}'");
	}
	assert!(!page.contains('✓'));
}

#[test]
fn page_should_say_why_when_there_are_no_rows() {
	let reason = "The model's weights file is not in the blob store.";
	let mut evidence = evidence(Err(reason.into()));
	evidence.answer = Err(reason.into());
	let page = page(12, &explanation("digits", "0.5,-2", "7"), &evidence);
	let escaped = Markup::text(reason).to_string();
	assert_eq!(page.matches(&escaped).count(), 2);
	assert!(!page.contains("Helped the most"));
}

#[test]
fn classes_should_be_summed_up_when_they_are_many() {
	let mut many = vec![0.001; 100];
	many[70] = 0.901;
	let html = probabilities(&many, &[]).to_string();
	assert_eq!(html.matches("<li>").count(), CLASSES + 1);
	assert!(html.contains("<span>70</span>"), "{html}");
	// The sum of the 88 others.
	assert!(html.contains("8.80\u{a0}%"), "{html}");
	assert!(probabilities(&[0.5, 0.5], &[]).to_string().matches("<li>").count() == 2);
}
