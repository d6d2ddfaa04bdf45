//! A classifier of texts, from JSON Lines to the payment of those whose rows shaped an answer.

use openledger_tests::{
	client::Client,
	node::{Node, NodeOptions},
	scenario::{Inferred, Plan, Scenario},
};
use openledger_transformers::files::tiny;
use serde_json::Value;
use std::{fs, path::Path};

const OWNER: &str = "//Bob";
const HOST: &str = "//Dave";
const USER: &str = "//Ferdie";

/// The number of units in one OPEN, in which fees and prices are given.
const OPEN: u128 = 1_000_000_000_000_000_000;

/// Rows of three words, of which the first one decides about the label.
fn rows(count: usize, offset: usize) -> Vec<(String, &'static str)> {
	let good = ["good", "fine", "great", "lovely", "happy", "warm"];
	let bad = ["bad", "poor", "awful", "ugly", "sad", "cold"];
	let things = ["film", "book", "day", "meal", "song", "house"];
	let row = |i: usize| {
		let (words, label) =
			if i.is_multiple_of(2) { (good, "praise") } else { (bad, "complaint") };
		let (first, second) = (things[i / 3 % 6], things[i / 5 % 6]);
		(format!("{} {first} and {second}", words[i / 2 % 6]), label)
	};
	(offset..offset + count).map(row).collect()
}

/// The same rows, each with the other label.
fn mislabelled(rows: Vec<(String, &'static str)>) -> Vec<(String, &'static str)> {
	let other = |label| if label == "praise" { "complaint" } else { "praise" };
	rows.into_iter().map(|(text, label)| (text, other(label))).collect()
}

fn json_lines(rows: &[(String, &str)]) -> String {
	let line = |(text, label): &(String, &str)| {
		serde_json::json!({ "text": text, "label": label }).to_string() + "\n"
	};
	rows.iter().map(line).collect()
}

#[test]
fn contributors_of_texts_should_be_paid_when_a_text_is_classified() {
	let contributed = [rows(40, 0), rows(20, 40), mislabelled(rows(12, 60))];
	let base = tempfile::tempdir().unwrap();
	let texts: Vec<&String> = contributed.iter().flatten().map(|(text, _)| text).collect();
	tiny::bert(base.path(), &texts, &tiny::TinyConfig::default()).unwrap();
	let base_name = base.path().display().to_string();

	let base_models = vec![base.path().to_owned()];
	let node = Node::start("text", NodeOptions { base_models, ..Default::default() }).unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let client = &scenario.client;
	let datanet = scenario.create_datanet("reviews", OWNER, &[OWNER]).unwrap();
	let number = datanet.to_string();
	let mut contributions = Vec::new();
	for (key, rows) in ["//Charlie", "//Eve", "//Alice"].into_iter().zip(&contributed) {
		let file = scenario.write("rows.jsonl", &json_lines(rows)).unwrap();
		contributions.push(scenario.send(&number, key, &file, &[]).unwrap());
	}
	let shown: Value =
		client.run(OWNER, &["review", "show", &contributions[0].to_string()]).unwrap();
	assert_eq!((&shown["verified"], &shown["kind"]), (&true.into(), &"text".into()));
	assert_eq!(shown["labels"], serde_json::json!({ "complaint": 20, "praise": 20 }));
	scenario.approve(&[OWNER], &contributions).unwrap();
	let version = scenario.publish(datanet, OWNER).unwrap();
	// Numbers do not go with text.
	let table = scenario.write("table.csv", "1,2,0\n").unwrap();
	let refused = client.attempt("//Eve", &["contribute", &number, &table]).unwrap();
	assert_eq!(refused.code, 5, "{}", refused.messages);
	assert!(refused.messages.contains("numbers, not of text"), "{}", refused.messages);

	let held_out = scenario.write("held-out.jsonl", &json_lines(&rows(30, 100))).unwrap();
	let adapter = scenario.files.join("adapter").display().to_string();
	let recipe = "--learning-rate 0.02 --epochs 12 --batch-size 8 --lora-rank 2 --max-tokens 16";
	let training: Vec<&str> = recipe.split(' ').chain(["--adapter", &adapter]).collect();
	let plan = Plan {
		name: "reviews",
		developer: OWNER,
		host: HOST,
		training: &training,
		price: "1",
		base_model: Some(&base_name),
	};
	let trained = scenario.train(&plan, (datanet, version), &held_out).unwrap();
	assert!(trained.test_accuracy.unwrap() > 0.8, "{trained:?}");
	assert!(Path::new(&adapter).join("adapter_model.safetensors").is_file());
	scenario.index(&plan, &held_out).unwrap();
	let model = scenario.register(&plan).unwrap().model.to_string();

	let host = [
		"host",
		"--model",
		&model,
		"--until",
		"2",
		"--idle-timeout",
		"90",
		"--base-model",
		&base_name,
	];
	let host = client.spawn(HOST, &host).unwrap();
	let ask = ["infer", "--model", &model, "--input", "great book and song"];
	let by_call = settled(client, &ask);
	// From now on the price is by tokens, of which there are six with those around the text.
	let price = ["model", "price", &model, "--price-input", "100", "--price-output", "1"];
	client.run::<Value>(OWNER, &price).unwrap();
	let by_token = settled(client, &[&ask[..], &["--max-fee", "5"]].concat());
	assert_eq!(by_call.fee - by_token.fee, OPEN - 6 * OPEN / 10);
	let served: Value = host.finish().unwrap().success().unwrap();
	assert_eq!(served["answered"][1]["input_tokens"], 6);

	let state = node.chain().unwrap().snapshot().unwrap();
	let contributors = state.paid_contributions(by_call.inference);
	assert!(!contributors.is_empty(), "no contributor was paid");
	let honest = &contributions[..2];
	assert!(contributors.iter().all(|id| honest.contains(id)), "{contributors:?}");

	explain(&scenario, &base_name, &by_call, &contributed);
	let source = ["--datanet", &number, "--version", &version.to_string()];
	audit(client, &base_name, &source, contributions[2]);
}

/// A settled inference.
struct Settled {
	inference: u64,
	fee: u128,
}

/// Asks and waits for the settlement. The answer must be praise.
fn settled(client: &Client, ask: &[&str]) -> Settled {
	let asked: Inferred = client.run(USER, ask).unwrap();
	let inference = asked.inferences[0].inference;
	let shown: Value = client.run(USER, &["inference", "show", &inference.to_string()]).unwrap();
	assert_eq!((&shown["state"], &shown["output"]), (&"settled".into(), &"praise".into()));
	assert_eq!(shown["basis"], "attributed");
	Settled { inference, fee: shown["fee"].as_str().unwrap().parse().unwrap() }
}

/// Checks that the payment is verified, and that the rows it goes back to are shown as they were
/// contributed.
fn explain(
	scenario: &Scenario,
	base: &str,
	settled: &Settled,
	contributed: &[Vec<(String, &str)>],
) {
	let page = scenario.files.join("page.html").display().to_string();
	let number = settled.inference.to_string();
	let command = ["explain", &number, "--base-model", base, "--html", &page];
	let explained: Value = scenario.client.run(USER, &command).unwrap();
	assert_eq!(
		(&explained["verified"], &explained["problems"]),
		(&true.into(), &Value::Array(vec![]))
	);
	let row = &explained["rows"]["helping"][0];
	let text = row["text"].as_str().unwrap();
	let source = contributed.iter().flatten().find(|(row, _)| row == text);
	assert_eq!(row["label"], source.expect("a row that nobody contributed").1);
	let html = fs::read_to_string(&page).unwrap();
	for shown in [text, "great book and song", "praise", "complaint"] {
		assert!(html.contains(shown), "the page lacks '{shown}'");
	}
	// Who has no base model can verify all the same.
	let explained: Value = scenario.client.run(USER, &["explain", &number]).unwrap();
	assert_eq!(explained["verified"], true);
	let reason = explained["rows"]["reason"].as_str().unwrap();
	assert!(reason.contains("--base-model"), "{reason}");
}

/// Checks that the rows with the wrong labels come first.
fn audit(client: &Client, base: &str, source: &[&str], mislabelled: u64) {
	let options = "--folds 3 --epochs 12 --learning-rate 0.02 --batch-size 8 --top 10";
	let options: Vec<&str> = options.split(' ').chain(["--base-model", base]).collect();
	let line = [&["audit-data"], source, &options].concat();
	let audited: Value = client.run(OWNER, &line).unwrap();
	let worst = audited["worst"].as_array().unwrap();
	assert_eq!((worst.len(), &audited["rows"]), (10, &72.into()));
	let found = worst.iter().filter(|row| row["contribution"] == mislabelled).count();
	assert!(found >= 5, "{found} of 10: {audited:#}");
	assert!(worst[0]["text"].as_str().unwrap().contains(" and "), "{}", worst[0]);
}
