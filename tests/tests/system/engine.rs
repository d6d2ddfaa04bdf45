//! A model whose attributions take longer than the node gives to a job.

use crate::model::{self, MODEL};
use openledger_tests::{
	node::{Node, NodeOptions},
	scenario::{Inferred, Plan, Scenario},
	state::Ending,
};
use serde_json::Value;
use std::{fs, path::Path, process::Command, thread, time::Duration};
use subxt::rpcs::client::RpcParams;

const LIMIT: Duration = Duration::from_secs(90);
/// The seconds that the node gives to a job.
const TIMEOUT: u32 = 5;

/// A model of other weights than [`MODEL`].
const ENDLESS: Plan<'static> = Plan {
	name: "endless",
	host: "//Dave//stash",
	training: &["--architecture", "logistic", "--classes", "10", "--epochs", "1"],
	..MODEL
};

#[test]
fn node_should_go_on_and_settle_other_jobs_when_one_takes_longer_than_it_may() {
	let options = NodeOptions { attribution_timeout: Some(TIMEOUT), ..NodeOptions::default() };
	let mut node = Node::start("engine", options).unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let data = model::train(&scenario).unwrap();
	let sound = scenario.register(&MODEL).unwrap().model.to_string();
	let held_out = scenario.files.join("held-out.csv").display().to_string();
	scenario.train(&ENDLESS, (data.datanet, 0), &held_out).unwrap();
	scenario.index(&ENDLESS, &held_out).unwrap();
	let registered = scenario.register(&ENDLESS).unwrap();
	let endless = registered.model.to_string();
	// Its index file is a pipe into which nobody writes: whoever opens it does not come back.
	let index = node.blobs().join(registered.index_file.trim_start_matches("0x"));
	fs::remove_file(&index).unwrap();
	assert!(Command::new("mkfifo").arg(&index).status().unwrap().success());

	let chain = node.chain().unwrap();
	let stuck = answered(&scenario, &endless, &data.questions[0].pixels, ENDLESS.host);
	let error = chain
		.wait_for("the death of a process", LIMIT, |chain| {
			let jobs: Value = chain.rpc("attribution_jobs", RpcParams::new())?;
			let of_it = |job: &&Value| job["inference"] == stuck && job["failures"] != 0;
			let job = jobs.as_array().and_then(|jobs| jobs.iter().find(of_it).cloned());
			Ok(job.and_then(|job| job["error"].as_str().map(str::to_owned)))
		})
		.unwrap();
	let limit = format!("not done after {TIMEOUT} s");
	assert!(error.contains(&limit) && error.contains("--attribution-timeout"), "{error}");
	let status: Value = chain.rpc("attribution_status", RpcParams::new()).unwrap();
	assert!(status["counts"]["died"].as_u64().unwrap() >= 1, "{status}");

	let before = chain.best_number().unwrap();
	let honest = answered(&scenario, &sound, &data.questions[1].pixels, MODEL.host);
	let settled = chain
		.wait_for("the settlement of another model's answer", LIMIT, |chain| {
			let state = chain.snapshot()?;
			let ended = state.results.values().find(|result| result.inference == honest);
			Ok(ended.map(|result| result.ending == Ending::Attributed))
		})
		.unwrap();
	assert!(settled, "it was settled without an attribution");
	assert!(chain.best_number().unwrap() > before);

	// The endless job is tried again, and its process notices that nobody waits for it any more.
	let blobs = node.blobs();
	chain
		.wait_for("a process at work", LIMIT, |_| Ok((!processes(&blobs).is_empty()).then_some(())))
		.unwrap();
	drop(chain);
	node.kill();
	for _ in 0..100 {
		if processes(&blobs).is_empty() {
			return;
		}
		thread::sleep(Duration::from_millis(100));
	}
	panic!("{:?} are left behind", processes(&blobs));
}

/// Asks a model, and has its host answer. Returns the inference.
fn answered(scenario: &Scenario, model: &str, question: &str, host: &str) -> u64 {
	let ask = ["infer", "--model", model, "--input", question, "--no-wait"];
	let asked: Inferred = scenario.client.run("//Ferdie", &ask).unwrap();
	scenario.client.run::<Value>(host, &["host", "--model", model, "--once"]).unwrap();
	asked.inferences[0].inference
}

/// The processes that compute attributions with the files of this folder.
fn processes(blobs: &Path) -> Vec<String> {
	let blobs = blobs.display().to_string();
	let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| {
		let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
		Some(String::from_utf8_lossy(&line).replace('\0', " "))
	});
	lines.filter(|line| line.contains("attribution-engine") && line.contains(&blobs)).collect()
}
