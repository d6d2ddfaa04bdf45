//! One node for tests that do not disturb each other, with a model that two hosts serve.

use openledger_tests::{
	client::Client,
	digits::{csv, Digits},
	node::{Node, NodeOptions},
	scenario::{Contributor, Inferred, Plan, Scenario},
};
use serde_json::json;
use std::sync::{Mutex, OnceLock};
use tempfile::TempDir;

/// Blocks within which a host must answer on this chain.
const RESPONSE_WINDOW: u32 = 12;

/// A model and who serves it.
pub struct Hosted {
	pub model: u32,
	pub host: &'static str,
}

pub struct Shared {
	pub node: Node,
	pub client: Client,
	pub scenario: Scenario,
	pub datanet: u32,
	/// Rows nobody contributed, without label.
	pub questions: Vec<String>,
	/// Served by nobody but tests that speak for the host.
	pub silent: Hosted,
	/// The same for the tests from Node.js.
	pub from_node_js: Hosted,
	/// A request to the first that nobody will answer, by `//Eve`.
	pub unanswered: u64,
	_files: TempDir,
}

/// The node, started by whoever comes first.
pub fn shared() -> &'static Shared {
	static SHARED: OnceLock<Shared> = OnceLock::new();
	static FAILED: Mutex<Option<String>> = Mutex::new(None);
	let mut failed = FAILED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
	if let Some(why) = failed.as_ref() {
		panic!("the shared node could not be set up: {why}");
	}
	if SHARED.get().is_none() {
		match set_up() {
			Ok(shared) => drop(SHARED.set(shared)),
			Err(error) => {
				*failed = Some(error.to_string());
				panic!("the shared node could not be set up: {error}");
			},
		}
	}
	SHARED.get().unwrap()
}

fn set_up() -> openledger_tests::Result<Shared> {
	let window = ("/inferenceMarket/parameters/responseWindow", json!(RESPONSE_WINDOW));
	let options = NodeOptions { genesis: vec![window], ..NodeOptions::default() };
	let node = Node::start("shared", options)?;
	let client = Client::of(&node)?;
	let files = tempfile::tempdir().unwrap();
	let scenario = Scenario { client: client.clone(), files: files.path().to_path_buf() };
	let mut digits = Digits::shuffled(3)?;
	let all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
	let questions = digits.take(&all, 10)?.into_iter().map(|digit| digit.pixels).collect();
	let held_out = scenario.write("held-out.csv", &csv(&digits.take(&all, 50)?))?;
	let contributors = [
		Contributor { key: "//Charlie".into(), rows: digits.take(&all, 200)? },
		Contributor { key: "//Eve".into(), rows: digits.take(&[0, 2, 4, 6, 8], 100)? },
	];

	let datanet = scenario.create_datanet("shared", "//Bob", &["//Bob"])?;
	let contributions = scenario.contribute(datanet, &contributors)?;
	scenario.approve(&["//Bob"], &contributions)?;
	let version = scenario.publish(datanet, "//Bob")?;
	let plan = Plan {
		name: "logistic",
		developer: "//Bob",
		host: "//Dave",
		training: &["--architecture", "logistic", "--classes", "10", "--epochs", "20"],
		price: "1",
	};
	scenario.train(&plan, (datanet, version), &held_out)?;
	scenario.index(&plan, &held_out)?;
	let silent = Hosted { model: scenario.register(&plan)?.model, host: plan.host };
	let from_node_js = Plan { host: "//Dave//stash", ..plan };
	let from_node_js =
		Hosted { model: scenario.register(&from_node_js)?.model, host: from_node_js.host };

	let mut shared = Shared {
		node,
		client,
		scenario,
		datanet,
		questions,
		silent,
		from_node_js,
		unanswered: 0,
		_files: files,
	};
	shared.unanswered = shared.request("//Eve")?;
	Ok(shared)
}

impl Shared {
	/// Asks the silent model and returns the inference without waiting for an answer.
	pub fn request(&self, user: &str) -> openledger_tests::Result<u64> {
		let model = self.silent.model.to_string();
		let command = ["infer", "--model", &model, "--input", &self.questions[0], "--no-wait"];
		let inferred: Inferred = self.client.run(user, &command)?;
		Ok(inferred.inferences[0].inference)
	}
}
