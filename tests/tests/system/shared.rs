//! One node for tests that do not disturb each other, with a model that three hosts serve.

use crate::model::{self, MODEL};
use openledger_tests::{
	client::Client,
	node::{Node, NodeOptions, Role},
	scenario::{Inferred, Plan, Scenario},
};
use serde_json::json;
use std::sync::{Mutex, OnceLock};

/// The number of blocks within which a host must answer on this chain.
const RESPONSE_WINDOW: u32 = 12;
/// The number of blocks after which an attester that left gets its bond back on this chain.
const UNBONDING_PERIOD: u32 = 8;

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
	/// Rows that nobody contributed, without their labels.
	pub questions: Vec<String>,
	/// A model that nobody serves but tests that speak for the host.
	pub silent: Hosted,
	/// Such a model for the tests from Node.js.
	pub from_node_js: Hosted,
	/// Such a model for the examples of the client library.
	pub from_examples: Hosted,
	/// A request of `//Eve` to the silent model, which nobody will answer.
	pub unanswered: u64,
}

/// The node, which is started by the test that comes first.
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
	let unbonding = ("/attribution/parameters/unbondingPeriod", json!(UNBONDING_PERIOD));
	let role = Role::Alone { genesis: vec![window, unbonding] };
	let node = Node::start("shared", NodeOptions { role, ..NodeOptions::default() })?;
	let scenario = Scenario::of(&node)?;
	let data = model::train(&scenario)?;
	let silent = Hosted { model: scenario.register(&MODEL)?.model, host: MODEL.host };
	let plan = Plan { host: "//Dave//stash", ..MODEL };
	let from_node_js = Hosted { model: scenario.register(&plan)?.model, host: plan.host };

	let plan = Plan { host: "//Eve//stash", ..MODEL };
	let from_examples = Hosted { model: scenario.register(&plan)?.model, host: plan.host };

	let mut shared = Shared {
		node,
		client: scenario.client.clone(),
		scenario,
		datanet: data.datanet,
		questions: data.questions.into_iter().map(|digit| digit.pixels).collect(),
		silent,
		from_node_js,
		from_examples,
		unanswered: 0,
	};
	shared.unanswered = shared.request("//Eve")?;
	Ok(shared)
}

impl Shared {
	/// Asks the silent model, and returns the inference without waiting for an answer.
	pub fn request(&self, user: &str) -> openledger_tests::Result<u64> {
		let model = self.silent.model.to_string();
		let command = ["infer", "--model", &model, "--input", &self.questions[0], "--no-wait"];
		let inferred: Inferred = self.client.run(user, &command)?;
		Ok(inferred.inferences[0].inference)
	}
}
