use crate::model::{self, MODEL, QUESTIONS};
use openledger_tests::{
	chain::Chain,
	client::Client,
	digits::csv,
	ledger::Ledger,
	node::{Node, NodeOptions},
	scenario::{Inferred, Scenario},
	state::{Ending, InferenceState},
};
use scale_decode::DecodeAsType;
use serde::Deserialize;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::Path,
	process::Command,
	time::Duration,
};
use subxt::rpcs::client::RpcParams;

const LIMIT: Duration = Duration::from_secs(120);

#[derive(DecodeAsType)]
struct ClaimAccepted {
	job: u64,
}

#[test]
fn jobs_should_be_finished_once_and_paid_once_when_the_node_is_killed_at_work() {
	let mut node = Node::start("crash", NodeOptions::default()).unwrap();
	// Users keep their files elsewhere, so the test decides here what the node finds.
	let blobs = node.folder("users-blobs").unwrap();
	let mut scenario = Scenario::of(&node).unwrap();
	scenario.client = scenario.client.with_blobs(blobs.clone());
	let client = scenario.client.clone();
	let data = model::train(&scenario).unwrap();
	let registered = scenario.register(&MODEL).unwrap();
	let model = registered.model.to_string();
	let questions = scenario.write("questions.csv", &csv(&data.questions[1..])).unwrap();

	// The node's index file is a pipe into which nobody writes: whoever opens it is at work on a
	// job, and stays so.
	copy_files(&blobs, &node.blobs());
	let index = node.blobs().join(registered.index_file.trim_start_matches("0x"));
	fs::remove_file(&index).unwrap();
	assert!(Command::new("mkfifo").arg(&index).status().unwrap().success());

	let chain = node.chain().unwrap();
	// One user waits for the answer.
	let first = &data.questions[0].pixels;
	let ask = ["infer", "--model", &model, "--input", first, "--connect-timeout", "3"];
	let waiting = client.spawn("//Ferdie", &ask).unwrap();
	chain
		.wait_for("the first question", LIMIT, |chain| {
			Ok((chain.snapshot()?.inferences.len() == 1).then_some(()))
		})
		.unwrap();
	let ask = ["infer", "--model", &model, "--inputs", &questions, "--labelled", "--no-wait"];
	let asked: Inferred = client.run("//Ferdie", &ask).unwrap();
	assert_eq!(asked.inferences.len(), QUESTIONS - 1);
	// A host that stops and comes back goes on where it left off.
	let first = serve(&client, &model, &["--until", "4"]);
	let second = serve(&client, &model, &["--once"]);
	assert_eq!((first.len(), second.len()), (4, QUESTIONS - 4));
	assert!(first.is_disjoint(&second), "{first:?} and {second:?}");
	// What is not final may be gone after a crash, and the answers are to survive it.
	chain.wait_until_final(chain.best_number().unwrap()).unwrap();
	chain
		.wait_for("a thread at work", LIMIT, |chain| {
			Ok(has_job(chain, &["computing"])?.then_some(()))
		})
		.unwrap();
	node.kill();
	drop(chain);
	let lost = waiting.finish().unwrap();
	assert_eq!(lost.code, 3, "{}", lost.messages);
	for words in ["inference 0;", "paid for", "inference show 0"] {
		assert!(lost.messages.contains(words), "no '{words}': {}", lost.messages);
	}
	fs::remove_file(&index).unwrap();
	copy_files(&blobs, &node.blobs());

	// A client that comes while the node is down waits for it.
	let patient =
		client.spawn("//Ferdie", &["account", "show", "--connect-timeout", "60"]).unwrap();
	node.restart().unwrap();
	// Once more, with verdicts in the mailbox and claims on their way.
	let chain = node.chain().unwrap();
	chain
		.wait_for("a verdict", LIMIT, |chain| {
			let drafted = has_job(chain, &["drafted", "submitted"])?;
			Ok((drafted || all_settled(chain)).then_some(()))
		})
		.unwrap();
	node.restart().unwrap();
	patient.finish().unwrap().success::<serde_json::Value>().unwrap();

	let chain = node.chain().unwrap();
	chain.wait_for("the settlement of all", LIMIT, |c| Ok(all_settled(c).then_some(()))).unwrap();
	// Long enough for a claim to be sent again, if one were.
	let last = chain.best_number().unwrap() + 7;
	chain.wait_until_final(last).unwrap();
	let end = chain.snapshot_at(last).unwrap();

	let accepted = claims_accepted(&chain, end.block);
	let mut jobs = BTreeMap::new();
	for (inference, receipt) in end.receipts() {
		assert_eq!(accepted.get(&receipt.job), Some(&1), "claims for job {}", receipt.job);
		assert_eq!(end.results[&receipt.job].inference, inference);
		assert_eq!(end.results[&receipt.job].ending, Ending::Attributed);
		jobs.insert(receipt.job, inference);
		let paid: u128 = end.payments[&inference].iter().map(|payment| payment.amount).sum();
		assert_eq!(paid + receipt.treasury, receipt.fee, "inference {inference}");
	}
	assert_eq!(jobs.len(), QUESTIONS, "each inference has a job of its own");
	assert_eq!(end.results.len(), QUESTIONS);
	assert!(end.open_jobs.is_empty());
	assert!(end.inferences.values().all(|one| matches!(one.state, InferenceState::Settled(_))));

	// The user has paid each fee once.
	let user = openledger_tests::chain::address("//Ferdie").unwrap();
	let ledger = Ledger::replay(&chain, end.block).unwrap();
	let genesis = chain.snapshot_at(0).unwrap();
	let fees: u128 = end.receipts().map(|(_, receipt)| receipt.fee).sum();
	let spent = genesis.balance(&user) - end.balance(&user);
	assert_eq!(spent, fees + ledger.transaction_fees[&user]);
	assert_eq!(end.accounts.values().sum::<u128>(), genesis.issuance);
}

/// Runs the host and returns the inferences that it answered.
fn serve(client: &Client, model: &str, until: &[&str]) -> BTreeSet<u64> {
	#[derive(Deserialize)]
	struct Served {
		answered: Vec<Answered>,
	}
	#[derive(Deserialize)]
	struct Answered {
		inference: u64,
	}
	let command = [["host", "--model", model].as_slice(), until].concat();
	let served: Served = client.run(MODEL.host, &command).unwrap();
	served.answered.iter().map(|answered| answered.inference).collect()
}

fn copy_files(from: &Path, to: &Path) {
	fs::create_dir_all(to).unwrap();
	for file in fs::read_dir(from).unwrap() {
		let file = file.unwrap();
		fs::copy(file.path(), to.join(file.file_name())).unwrap();
	}
}

fn all_settled(chain: &Chain) -> bool {
	chain.snapshot().unwrap().receipts().count() == QUESTIONS
}

/// Whether the node says that one of its jobs is in one of these states.
fn has_job(chain: &Chain, states: &[&str]) -> openledger_tests::Result<bool> {
	let jobs: serde_json::Value = chain.rpc("attribution_jobs", RpcParams::new())?;
	let found = |job: &serde_json::Value| states.iter().any(|state| job["state"] == *state);
	Ok(jobs.as_array().is_some_and(|jobs| jobs.iter().any(found)))
}

/// How many claims were accepted for each job.
fn claims_accepted(chain: &Chain, last: u64) -> BTreeMap<u64, usize> {
	let mut accepted = BTreeMap::new();
	for block in 1..=last {
		chain
			.visit_events(block, |event| {
				if (event.pallet, event.name) == ("Attribution", "ClaimAccepted") {
					let ClaimAccepted { job } = event.fields()?;
					*accepted.entry(job).or_default() += 1;
				}
				Ok(())
			})
			.unwrap();
	}
	accepted
}
