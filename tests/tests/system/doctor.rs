//! Why something does not happen that somebody waits for.

use crate::shared::shared;
use serde::Deserialize;

#[derive(Deserialize)]
struct Diagnosis {
	healthy: bool,
	findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
	healthy: bool,
	found: String,
	advice: Option<String>,
}

fn ask(key: &str, question: &[&str]) -> Diagnosis {
	shared().client.run(key, &[&["doctor"], question].concat()).unwrap()
}

fn assert_problem(diagnosis: &Diagnosis, words: &str) {
	assert!(!diagnosis.healthy);
	let problem = diagnosis.findings.iter().find(|finding| finding.found.contains(words));
	let told: Vec<&str> = diagnosis.findings.iter().map(|f| f.found.as_str()).collect();
	let problem = problem.unwrap_or_else(|| panic!("nothing with '{words}' in {told:?}"));
	assert!(!problem.healthy && problem.advice.is_some(), "{told:?}");
}

#[test]
fn attester_should_learn_why_it_is_not_drawn() {
	let drawn = ask("//Alice", &["attester"]);
	let told = &drawn.findings;
	assert!(told[0].healthy && told[0].found.contains("is bonded"), "{}", told[0].found);
	assert!(told[1].healthy && told[1].found.contains("session key"), "{}", told[1].found);
	assert!(told[2].healthy && told[2].found.contains("has that key"), "{}", told[2].found);

	let stranger = ask("//Ferdie", &["attester"]);
	assert_problem(&stranger, "is no attester");
	assert_problem(&stranger, "has no session keys");
}

#[test]
fn host_should_learn_why_it_gets_no_requests() {
	let silent = &shared().silent;
	let model = silent.model.to_string();
	let hosting = ask(silent.host, &["host", &model]);
	assert!(hosting.findings[0].healthy, "{}", hosting.findings[0].found);
	assert!(hosting.findings[1].healthy, "{}", hosting.findings[1].found);
	assert_problem(&ask("//Eve", &["host", &model]), "not the key's account");
	let unknown = shared().client.attempt("//Eve", &["doctor", "host", "4000000"]).unwrap();
	assert!(unknown.messages.contains("no model 4000000"), "{}", unknown.messages);
}

#[test]
fn contributor_should_learn_why_a_contribution_earns_nothing() {
	let shared = shared();
	let datanet = shared.datanet.to_string();
	let rows: String = (0..10u32).map(|row| format!("{}0.5,{row}\n", "0.25,".repeat(63))).collect();
	let file = shared.scenario.write("doctored.csv", &rows).unwrap();
	let sent: serde_json::Value =
		shared.client.run("//Alice", &["contribute", &datanet, &file]).unwrap();
	let number = sent["contribution"].to_string();
	assert_problem(&ask("//Alice", &["contribution", &number]), "waits for review");
	// The first contribution is in the first version, and models were trained on it.
	let first = ask("//Alice", &["contribution", "0"]);
	let told: Vec<&str> = first.findings.iter().map(|f| f.found.as_str()).collect();
	assert!(told[0].contains("was accepted") && told[1].contains("version 0"), "{told:?}");
	assert!(told.iter().any(|found| found.contains("takes requests")), "{told:?}");
}
