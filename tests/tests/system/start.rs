//! What a node refuses to start with.

use openledger_tests::programs::{find, NODE};
use serde_json::Value;
use std::{
	fs,
	net::TcpListener,
	path::Path,
	process::{Command, Output},
};

fn node(arguments: &[&str]) -> Output {
	Command::new(find(NODE).unwrap()).args(arguments).output().unwrap()
}

/// What a node says that refuses to start.
fn refusal(arguments: &[&str]) -> String {
	let output = node(arguments);
	assert!(!output.status.success(), "{arguments:?} was taken");
	String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes the specification of the chain `dev` with one value changed; returns its path.
fn changed(folder: &Path, name: &str, pointer: &str, value: Value) -> String {
	let exported = node(&["export-chain-spec", "--chain", "dev"]);
	let mut chain: Value = serde_json::from_slice(&exported.stdout).unwrap();
	*chain.pointer_mut(pointer).unwrap() = value;
	let path = folder.join(name);
	fs::write(&path, chain.to_string()).unwrap();
	path.display().to_string()
}

#[test]
fn node_should_ask_which_chain_when_none_is_named() {
	let said = refusal(&["--tmp"]);
	assert!(said.contains("say which chain") && said.contains("--dev"), "{said}");
}

#[test]
fn node_should_refuse_keys_that_everybody_knows_when_the_chain_is_live() {
	let folder = tempfile::tempdir().unwrap();
	let chain = changed(folder.path(), "live.json", "/chainType", "Live".into());
	let said = refusal(&["--chain", &chain, "--tmp", "--alice"]);
	assert!(said.contains("--alice gives this node a key that everybody knows"), "{said}");
}

#[test]
fn node_should_refuse_a_folder_when_it_began_with_another_block() {
	let folder = tempfile::tempdir().unwrap();
	let window = "/genesis/runtimeGenesis/patch/inferenceMarket/parameters/responseWindow";
	let one = changed(folder.path(), "one.json", window, 12.into());
	let two = changed(folder.path(), "two.json", window, 13.into());
	let named = changed(folder.path(), "named.json", "/name", "Another name".into());
	let base = |name: &str| folder.path().join(name).display().to_string();
	// The smallest command that opens the database, and makes it where there is none.
	let open = |chain: &str, name: &str| {
		node(&["export-blocks", "--chain", chain, "--base-path", &base(name), "--to", "1"])
	};
	assert!(open(&one, "one").status.success());
	assert!(open(&two, "two").status.success());
	assert!(open("dev", "dev").status.success());
	assert!(open(&named, "dev").status.success(), "another name is no other chain");

	let hashes = |said: &str| -> Vec<String> {
		let words = said.split(|c: char| !c.is_ascii_alphanumeric());
		words.filter(|word| word.starts_with("0x") && word.len() == 66).map(Into::into).collect()
	};
	let refused = |chain: &str, name: &str| {
		let output = open(chain, name);
		let said = String::from_utf8_lossy(&output.stderr).into_owned();
		assert!(!output.status.success(), "{chain} was taken");
		for words in ["--base-path", "purge-chain", &base(name)] {
			assert!(said.contains(words), "'{said}' lacks '{words}'");
		}
		hashes(&said)
	};
	let (first, second) = (refused(&two, "one"), refused(&one, "two"));
	let [stored, demanded] = first.as_slice() else { panic!("{first:?}") };
	assert!(stored != demanded);
	assert_eq!(second, [demanded.clone(), stored.clone()]);

	let said = refusal(&["--chain", &two, "--base-path", &base("one"), "--rpc-port", "0"]);
	assert_eq!(hashes(&said), first, "{said}");
	assert!(open(&one, "one").status.success(), "the folder is as it was");
}

#[test]
fn node_should_refuse_its_rpc_port_when_somebody_listens_there() {
	let taken = TcpListener::bind("127.0.0.1:0").unwrap();
	let port = taken.local_addr().unwrap().port().to_string();
	let said = refusal(&["--dev", "--rpc-port", &port, "--port", "0", "--no-prometheus"]);
	assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
	assert!(said.contains("--rpc-port"), "{said}");
}
