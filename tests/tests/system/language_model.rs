//! A language model, from plain sentences to the payment of those whose sentences shaped its words.

use openledger_tests::{
	node::{Node, NodeOptions},
	scenario::{Inferred, Plan, Scenario},
};
use openledger_transformers::files::tiny;
use serde_json::Value;

const OWNER: &str = "//Bob";
const HOST: &str = "//Dave";
const USER: &str = "//Ferdie";

const PROMPT: &str = "the soup is";

/// Sentences without labels, each of a thing and how it is.
fn sentences(things: &[&str], words: &[&str], count: usize) -> Vec<String> {
	let sentence =
		|i: usize| format!("the {} is {}", things[i % things.len()], words[i / 2 % words.len()]);
	(0..count).map(sentence).collect()
}

fn json_lines(texts: &[String]) -> String {
	let line = |text| serde_json::json!({ "text": text }).to_string() + "\n";
	texts.iter().map(line).collect()
}

#[test]
fn contributors_of_sentences_should_be_paid_when_a_language_model_answers() {
	let contributed = [
		sentences(&["soup", "bread", "tea"], &["warm", "sweet", "fresh"], 24),
		sentences(&["car", "train", "road"], &["fast", "loud", "long"], 24),
	];
	let base = tempfile::tempdir().unwrap();
	tiny::llama(base.path(), &contributed.concat(), &tiny::TinyConfig::default()).unwrap();
	let base_name = base.path().display().to_string();

	let base_models = vec![base.path().to_owned()];
	let options = NodeOptions { base_models, ..Default::default() };
	let node = Node::start("language-model", options).unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let client = &scenario.client;
	let datanet = scenario.create_datanet("sentences", OWNER, &[OWNER]).unwrap();
	let number = datanet.to_string();
	let mut contributions = Vec::new();
	for (key, texts) in ["//Charlie", "//Eve"].into_iter().zip(&contributed) {
		let file = scenario.write("texts.jsonl", &json_lines(texts)).unwrap();
		contributions.push(scenario.send(&number, key, &file, &[]).unwrap());
	}
	scenario.approve(&[OWNER], &contributions).unwrap();
	let version = scenario.publish(datanet, OWNER).unwrap();

	let held_out = sentences(&["tea", "road", "bread", "car"], &["sweet", "long"], 12);
	let held_out = scenario.write("held-out.jsonl", &json_lines(&held_out)).unwrap();
	let recipe =
		"--architecture decoder --learning-rate 0.02 --epochs 6 --batch-size 8 --lora-rank 2 \
		--max-tokens 24 --answer-tokens 3";
	let training: Vec<&str> = recipe.split_whitespace().collect();
	let plan = Plan {
		name: "sentences",
		developer: OWNER,
		host: HOST,
		training: &training,
		price: "1",
		base_model: Some(&base_name),
	};
	let trained = scenario.train(&plan, (datanet, version), &held_out).unwrap();
	assert_eq!(trained.rows, 48);
	scenario.index(&plan, &held_out).unwrap();
	let model = scenario.register(&plan).unwrap().model.to_string();
	let price = ["model", "price", &model, "--price-input", "1", "--price-output", "10"];
	client.run::<Value>(OWNER, &price).unwrap();

	let host = ["host", "--model", &model, "--until", "1", "--base-model", &base_name];
	let host = client.spawn(HOST, &host).unwrap();
	let ask = ["infer", "--model", &model, "--input", PROMPT, "--max-fee", "5"];
	let asked: Inferred = client.run(USER, &ask).unwrap();
	let served: Value = host.finish().unwrap().success().unwrap();
	let tokens = served["answered"][0]["output_tokens"].as_u64().unwrap();
	assert!((1..=3).contains(&tokens), "{served}");

	let inference = asked.inferences[0].inference;
	let shown: Value = client.run(USER, &["inference", "show", &inference.to_string()]).unwrap();
	assert_eq!((&shown["state"], &shown["basis"]), (&"settled".into(), &"attributed".into()));
	let state = node.chain().unwrap().snapshot().unwrap();
	let paid = state.paid_contributions(inference);
	assert!(!paid.is_empty() && paid.iter().all(|id| contributions.contains(id)), "{paid:?}");

	let command = ["explain", &inference.to_string(), "--base-model", &base_name];
	let explained: Value = client.run(USER, &command).unwrap();
	assert_eq!(
		(&explained["verified"], &explained["problems"]),
		(&true.into(), &Value::Array(vec![]))
	);
	let helping = explained["rows"]["helping"][0]["text"].as_str().unwrap();
	assert!(contributed.concat().iter().any(|text| text == helping), "{helping}");
}
