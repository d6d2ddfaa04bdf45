use crate::shared::{shared, Shared};
use openledger_tests::{chain::address, programs, scenario::Inferred};
use serde_json::{json, Value};
use std::{process::Command, time::Duration};

const LIMIT: Duration = Duration::from_secs(90);

/// What a program wrote, and whether it succeeded.
struct Finished {
	success: bool,
	output: String,
	messages: String,
}

/// Runs an example against the shared node, whose address comes first.
fn example(shared: &Shared, name: &str, arguments: &[&str]) -> Finished {
	let output = Command::new(programs::find_example(name).unwrap())
		.arg(shared.node.url())
		.args(arguments)
		.output()
		.unwrap();
	Finished {
		success: output.status.success(),
		output: String::from_utf8(output.stdout).unwrap(),
		messages: String::from_utf8(output.stderr).unwrap(),
	}
}

#[test]
fn contribute_example_should_send_rows_that_a_curator_finds_as_committed() {
	let (shared, owner, contributor) = (shared(), "//Alice//stash", "//Bob//stash");
	let datanet = shared.scenario.create_datanet("examples", owner, &[owner]).unwrap().to_string();
	let table = shared.scenario.write("examples.csv", "0,-0.0,1\n1.5, 2e3 ,0\n-7,8,12\n").unwrap();
	let blobs = shared.node.blobs().display().to_string();
	let contribute =
		|table: &str| example(shared, "contribute", &[contributor, &datanet, table, &blobs]);

	let done = contribute(&table);
	assert!(done.success, "{}", done.messages);
	let id = done.output.split_whitespace().nth(1).unwrap();
	assert!(done.output.starts_with(&format!("contribution {id} of 3 rows")), "{}", done.output);
	assert!(done.output.contains("10 OPEN held as bond"), "{}", done.output);
	let seen: Value = shared.client.run(owner, &["review", "show", id]).unwrap();
	assert_eq!((&seen["verified"], &seen["rows"]), (&true.into(), &3.into()));
	assert_eq!(seen["contributor"], address(contributor).unwrap());
	assert_eq!(seen["labels"], json!({ "0": 1, "1": 1, "12": 1 }));

	let malformed = shared.scenario.write("malformed-example.csv", "0,1,2\n0,one,2\n").unwrap();
	let refused = contribute(&malformed);
	assert!(!refused.success && refused.messages.contains("row 2"), "{}", refused.messages);
}

#[test]
fn verify_payment_example_should_find_the_payment_right_when_the_inference_is_settled() {
	let (shared, user) = (shared(), "//Charlie//stash");
	let model = shared.from_examples.model.to_string();
	let host = ["host", "--model", &model, "--until", "1", "--idle-timeout", "60"];
	let host = shared.client.spawn(shared.from_examples.host, &host).unwrap();
	let command = ["infer", "--model", &model, "--input", &shared.questions[3]];
	let inferred: Inferred = shared.client.run(user, &command).unwrap();
	host.finish().unwrap().success::<Value>().unwrap();
	let inference = inferred.inferences[0].inference.to_string();

	let verified = example(shared, "verify_payment", &[&inference]);
	let Finished { success, output, messages } = &verified;
	assert!(success, "{messages}\n{output}");
	assert!(output.ends_with("verified to the unit\n"), "{output}");
	let explained: Value = shared.client.run(user, &["explain", &inference]).unwrap();
	let entries = explained["entries"].as_array().unwrap();
	assert!(!entries.is_empty());
	for entry in entries {
		let to = format!("to {} for contribution ", entry["contributor"].as_str().unwrap());
		let score = format!("{}, score {}", entry["contribution"], entry["score"]);
		assert!(output.contains(&format!("{to}{score}\n")), "'{output}' lacks {entry}");
	}

	let refused = example(shared, "verify_payment", &["4000000000"]);
	assert!(!refused.success && refused.messages.contains("no inference"), "{}", refused.messages);
}

#[test]
fn vote_example_should_cast_all_delegated_votes_once_when_voting_has_begun() {
	let (shared, voter) = (shared(), "//Ferdie//stash");
	let client = &shared.client;
	client.run::<Value>(voter, &["gov", "wrap", "50000"]).unwrap();
	client.run::<Value>(voter, &["gov", "delegate", "self"]).unwrap();
	let spend = ["gov", "propose", "treasury-spend", "--to", voter, "--amount", "1"];
	let proposed: Value = client.run(voter, &spend).unwrap();
	let (proposal, snapshot) = (proposed["proposal"].to_string(), &proposed["snapshot"]["block"]);
	let snapshot = snapshot.as_u64().unwrap();
	let vote = || example(shared, "vote", &[voter, &proposal, "for"]);

	let chain = shared.node.chain().unwrap();
	chain
		.wait_for("the snapshot", LIMIT, |chain| {
			Ok((chain.best_number()? >= snapshot).then_some(()))
		})
		.unwrap();
	let done = vote();
	assert!(done.success, "{}", done.messages);
	let cast = format!("50000 votes on proposal {proposal}: for, in block");
	assert!(done.output.starts_with(&cast), "{}", done.output);
	assert!(done.output.contains("missing to the quorum"), "{}", done.output);
	let shown: Value = client.run(voter, &["gov", "show", &proposal]).unwrap();
	assert_eq!(shown["for"], "50000000000000000000000");

	let again = vote();
	assert!(!again.success && again.messages.contains("AlreadyVoted"), "{}", again.messages);
}
