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
fn node_should_refuse_its_rpc_port_when_somebody_listens_there() {
	let taken = TcpListener::bind("127.0.0.1:0").unwrap();
	let port = taken.local_addr().unwrap().port().to_string();
	let said = refusal(&["--dev", "--rpc-port", &port, "--port", "0", "--no-prometheus"]);
	assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{said}");
	assert!(said.contains("--rpc-port"), "{said}");
}
