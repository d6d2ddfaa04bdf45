use super::{
	evidence::{Rows, ScoredRow},
	testing::explanation,
	*,
};
use crate::{
	html::picture::{Look, Row},
	views::recorded::{check, json},
};
use openledger_client::{
	chain::{types::Payment, Hash},
	verification::{Claim, Verdict},
};

fn evidence(rows: std::result::Result<Rows, String>) -> Evidence {
	let (query, look) = (Row::Text("so so".into()), Look::Numbers);
	Evidence { query, look, answer: Err("no weights".into()), rows }
}

#[test]
fn explanation_should_be_printed_as_recorded() {
	let plain = explanation("digits", "0.5,-2", "7");

	let mut claimed = explanation("digits", "0.5,-2", "7");
	claimed.result.attempt = 1;
	claimed.result.claim = Hash([20; 32]);
	let verdict = Verdict::WrongAnswer { output: vec![] };
	let claim = Claim { job: 3, attempt: 1, attester: [14; 32], sent: 38, verdict };
	claimed.claim =
		Some(IncludedClaim { claim, extrinsic: 2, block: 39, block_hash: Hash([21; 32]) });
	let parent = Payment { account: [15; 32].into(), role: Role::Owner(1), amount: 5 };
	claimed.payments.push(parent);

	let mut wrong = explanation("tiny", "so\x1b so", "good\n");
	wrong.receipt.basis = Basis::HeldOut;
	wrong.problems = vec!["the shares exceed the whole".into()];
	wrong.entries.remove(0);
	wrong.entries[0].recomputed = None;
	wrong.entries[0].proof = false;
	wrong.contributions.remove(&9);

	let row = |number, label: Option<&str>, row, part| ScoredRow {
		contribution: 4,
		number,
		label: label.map(Into::into),
		row,
		part,
	};
	let rows = Rows {
		helping: vec![row(2, Some("good"), Row::Text("a fine\x1b film".into()), 1.25)],
		hurting: vec![row(1, None, Row::Numbers(vec![0.25, -2.0]), -0.25)],
		count: 3,
		missing: vec![(9, "Its file is not here.".into())],
	};
	let (rows, none) = (evidence(Ok(rows)), evidence(Err("no index file".into())));
	let html = Path::new("page.html");
	check(
		"explain",
		[
			("without a claim", json(&plain.document(12, None, None))),
			("with a claim", json(&claimed.document(12, None, None))),
			("not verified", json(&wrong.document(12, None, None))),
			("with rows and a page", json(&plain.document(12, Some(&rows), Some(html)))),
			("without rows, and why", json(&plain.document(12, Some(&none), None))),
		],
	);
}
