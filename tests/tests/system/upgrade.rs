use openledger_tests::{
	chain::Chain,
	client::Client,
	node::{Node, NodeOptions},
	scenario::Scenario,
	Result,
};
use serde::Deserialize;
use std::{fs, time::Duration};
use subxt::{
	config::{substrate::SubstrateConfig, DefaultExtrinsicParamsBuilder},
	dynamic,
	rpcs::client::RpcParams,
	OnlineClient,
};
use subxt_signer::sr25519::dev;

/// How long a proposal may take from its submission to its dispatch: it takes 26 blocks of three
/// seconds.
const LIMIT: Duration = Duration::from_secs(180);
const OWNER: &str = "//Bob";
/// An account that has votes enough for a quorum.
const PROPOSER: &str = "//Eve";

#[derive(Deserialize)]
struct Proposal {
	proposal: u32,
	state: String,
	snapshot: Block,
}

#[derive(Deserialize)]
struct Block {
	block: u64,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Version {
	spec_name: String,
	spec_version: u32,
}

/// What the migration of the next runtime changes, in units.
#[derive(Debug, PartialEq)]
struct Deposit {
	of_datanet: u128,
	held: u128,
}

#[test]
fn chain_should_go_on_with_the_next_runtime_when_an_upgrade_was_voted_in() {
	let code = openledger_next_runtime::WASM_BINARY
		.expect("the next runtime is not built: build and run the tests without SKIP_WASM_BUILD");
	let node = Node::start("upgrade", NodeOptions::default()).unwrap();
	let chain = node.chain().unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let client = &scenario.client;
	let datanet = scenario.create_datanet("digits", OWNER, &[OWNER]).unwrap();
	let (version, deposit) = (version(&chain).unwrap(), deposit(client, datanet));
	let other = Subxt::connect(&node);
	let signed_before = other.sign_remark();

	let file = node.folder("proposals").unwrap().join("next.wasm");
	fs::write(&file, code).unwrap();
	run(client, &["wrap", "16000000"]);
	run(client, &["delegate", "self"]);
	let file = file.display().to_string();
	let proposal = read(client, &["propose", "upgrade", "--code", &file]);
	let number = proposal.proposal.to_string();
	let snapshot = proposal.snapshot.block;
	chain
		.wait_for(
			"the snapshot",
			LIMIT,
			|chain| Ok((chain.best_number()? > snapshot).then_some(())),
		)
		.unwrap();
	// What is voted on is the wasm that was built.
	let shown = run(client, &["show", &number]);
	assert_eq!(shown["call"]["arguments"]["code"], hexadecimal(code).as_str());
	run(client, &["vote", &number, "for"]);

	let next = chain
		.wait_for("the upgrade", LIMIT, |chain| {
			let now = self::version(chain)?;
			Ok((now != version).then_some(now))
		})
		.unwrap();
	assert_eq!(next.spec_name, version.spec_name);
	assert_eq!(next.spec_version, version.spec_version + 1);
	assert_eq!(read(client, &["show", &number]).state, "executed");

	// The next block is the first of the new runtime, and five more become final.
	let upgraded = chain.best_number().unwrap();
	chain.wait_until_final(upgraded + 6).unwrap();
	let halved = Deposit { of_datanet: deposit.of_datanet / 2, held: deposit.held / 2 };
	assert_eq!(self::deposit(client, datanet), halved);

	// Signatures are for one version of the runtime. The connection is the one from before.
	let refused = other.submit(&signed_before).unwrap_err();
	assert!(refused.contains("bad signature"), "{refused}");
	other.submit(&other.sign_remark()).unwrap();
	let second = scenario.create_datanet("more digits", "//Charlie", &[OWNER]).unwrap();
	assert_eq!(self::deposit(client, second).of_datanet, halved.of_datanet);
	chain.submit(OWNER, "Datanets", "close", (datanet,)).unwrap();
	assert_eq!(self::deposit(client, datanet), Deposit { of_datanet: 0, held: 0 });
}

/// Runs a command of governance as the proposer.
fn run(client: &Client, arguments: &[&str]) -> serde_json::Value {
	client.run(PROPOSER, &[&["gov"], arguments].concat()).unwrap()
}

fn read(client: &Client, arguments: &[&str]) -> Proposal {
	serde_json::from_value(run(client, arguments)).unwrap()
}

fn version(chain: &Chain) -> Result<Version> {
	chain.rpc("state_getRuntimeVersion", RpcParams::new())
}

fn hexadecimal(bytes: &[u8]) -> String {
	let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}")
}

/// The deposit of a datanet, and all that is held from its owner.
fn deposit(client: &Client, datanet: u32) -> Deposit {
	let amount = |command: &[&str], field: &str| {
		let shown: serde_json::Value = client.run(OWNER, command).unwrap();
		shown[field].as_str().unwrap().parse().unwrap()
	};
	Deposit {
		of_datanet: amount(&["datanet", "show", &datanet.to_string()], "deposit"),
		held: amount(&["account", "show"], "held"),
	}
}

/// A connection that stays open over the upgrade, for what the client has no command for.
struct Subxt {
	runtime: tokio::runtime::Runtime,
	client: OnlineClient<SubstrateConfig>,
}

impl Subxt {
	fn connect(node: &Node) -> Self {
		let runtime = tokio::runtime::Runtime::new().unwrap();
		let client = runtime.block_on(OnlineClient::from_insecure_url(node.url())).unwrap();
		Self { runtime, client }
	}

	/// The first transaction of `//Ferdie`. It is for the runtime of now, and never expires.
	fn sign_remark(&self) -> Vec<u8> {
		let call = dynamic::transaction("System", "remark", (b"first".to_vec(),));
		let parameters = DefaultExtrinsicParamsBuilder::new().nonce(0).immortal().build();
		let signed = self.runtime.block_on(async {
			let mut transactions = self.client.at_current_block().await.unwrap().transactions();
			transactions.create_signed(&call, &dev::ferdie(), parameters).await
		});
		signed.unwrap().into_encoded()
	}

	/// Sends a transaction. The error is what the node says if it refuses.
	fn submit(&self, transaction: &[u8]) -> std::result::Result<(), String> {
		let sent = self.runtime.block_on(async {
			let at = self.client.at_current_block().await.unwrap();
			at.transactions().from_bytes(transaction.to_vec()).submit().await
		});
		sent.map(drop).map_err(|error| format!("{error:?}").to_lowercase())
	}
}
