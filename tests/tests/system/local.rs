use openledger_tests::{
	chain::Chain,
	node::{Node, NodeOptions, Role},
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
	agree(&chains, best(&chains));

	// The one that the others were told of.
	nodes[0].kill();
	let others = chains.split_off(1);
	// Beyond what four have finalised together.
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
		let options = NodeOptions { role, rpc_port: None, blobs };
		nodes.push(Node::launch(&format!("local-{account}"), options).unwrap());
	}
	nodes.iter_mut().for_each(|node| node.wait_for_block().unwrap());
	nodes
}

/// Waits until all have finalised this block, which must be the same.
fn agree(chains: &[Chain], block: u64) {
	let mut hashes = BTreeSet::new();
	for chain in chains {
		chain.wait_until_final(block).unwrap();
		hashes.insert(chain.block_hash(block).unwrap());
	}
	assert_eq!(hashes.len(), 1, "the nodes have different blocks {block}: {hashes:?}");
}

/// Number of the newest block.
fn best(chains: &[Chain]) -> u64 {
	chains.iter().map(|chain| chain.best_number().unwrap()).max().unwrap()
}
