use crate::model::{self, MODEL, QUESTIONS};
use openledger_tests::{
	chain::Chain,
	digits::csv,
	node::{Node, NodeOptions, Role},
	scenario::{Inferred, Scenario},
	state::{address_of, Role as Paid},
};
use std::{collections::BTreeSet, time::Duration};

const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];
const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn validators_should_go_on_finalising_the_same_blocks_when_one_of_four_is_killed() {
	let mut nodes = network();
	let mut chains: Vec<Chain> = nodes.iter().map(|node| node.chain().unwrap()).collect();
	for chain in &chains {
		chain
			.wait_for("a connection with each other validator", LIMIT, |chain| {
				Ok((chain.peers()? == 3).then_some(()))
			})
			.unwrap();
	}
	settle(&nodes[0]);
	agree(&chains, best(&chains));

	// The node that the others were told of, through which all transactions came.
	nodes[0].kill();
	let others = chains.split_off(1);
	// A block beyond those that four have finalised together.
	agree(&others, best(&others) + 5);

	nodes[0].restart().unwrap();
	chains = others;
	chains.push(nodes[0].chain().unwrap());
	agree(&chains, best(&chains));
}

/// The four validators, who share a folder of files and find each other by the first.
fn network() -> Vec<Node> {
	let mut nodes: Vec<Node> = Vec::new();
	for account in VALIDATORS {
		let first = nodes.first();
		let bootnode = first.and_then(Node::address).map(String::from);
		let blobs = first.map(Node::blobs);
		let role = Role::OneOfFour { account, bootnode };
		let options = NodeOptions { role, blobs, ..NodeOptions::default() };
		nodes.push(Node::launch(&format!("local-{account}"), options).unwrap());
	}
	nodes.iter_mut().for_each(|node| node.wait_for_block().unwrap());
	nodes
}

/// Has questions asked, answered, attributed by whoever is drawn, and settled.
fn settle(node: &Node) {
	let scenario = Scenario::of(node).unwrap();
	let data = model::train(&scenario).unwrap();
	let model = scenario.register(&MODEL).unwrap().model.to_string();
	let questions = scenario.write("questions.csv", &csv(&data.questions)).unwrap();
	let all = QUESTIONS.to_string();
	let serve = ["host", "--model", &model, "--until", &all, "--idle-timeout", "90"];
	let host = scenario.client.spawn(MODEL.host, &serve).unwrap();
	let ask = ["infer", "--model", &model, "--inputs", &questions, "--labelled"];
	let asked: Inferred = scenario.client.run("//Ferdie", &ask).unwrap();
	host.finish().unwrap().success::<serde_json::Value>().unwrap();
	assert_eq!(usize::try_from(asked.settled), Ok(QUESTIONS));

	let state = node.chain().unwrap().snapshot().unwrap();
	let attesters: BTreeSet<String> = state
		.all_payments()
		.filter(|(_, payment)| payment.role == Paid::Attester)
		.map(|(_, payment)| address_of(&payment.account))
		.collect();
	assert!(attesters.len() > 1, "one attester did the work of all: {attesters:?}");
}

/// Waits until all have finalised this block, which must be the same for all.
fn agree(chains: &[Chain], block: u64) {
	let mut hashes = BTreeSet::new();
	for chain in chains {
		chain.wait_until_final(block).unwrap();
		hashes.insert(chain.block_hash(block).unwrap());
	}
	assert_eq!(hashes.len(), 1, "the nodes have different blocks {block}: {hashes:?}");
}

/// The number of the newest block.
fn best(chains: &[Chain]) -> u64 {
	chains.iter().map(|chain| chain.best_number().unwrap()).max().unwrap()
}
