use crate::shared::shared;
use openledger_tests::node::{Node, NodeOptions};
use std::{
	fs,
	path::Path,
	process::Command,
	sync::{Mutex, PoisonError},
};

#[test]
fn chain_should_be_usable_from_node_js_when_no_types_are_supplied() {
	let shared = shared();
	let model = shared.from_node_js.model.to_string();
	let variables = [
		("OPENLEDGER_URL", shared.node.url()),
		("OPENLEDGER_MODEL", model),
		("OPENLEDGER_HOST", shared.from_node_js.host.to_owned()),
		("OPENLEDGER_INPUT", shared.questions[2].clone()),
	];
	run(&["metadata.test.mjs", "extrinsics.test.mjs"], &variables, 13);
}

#[test]
fn voters_should_govern_from_node_js_when_they_send_what_wallets_build() {
	let node = Node::start("governance", NodeOptions::default()).unwrap();
	let variables = [("OPENLEDGER_URL", node.url())];
	run(&["apps.test.mjs", "governance.test.mjs"], &variables, 25);
}

/// Runs test programs with environment variables; `tests` of their tests have to pass.
fn run(programs: &[&str], variables: &[(&str, String)], tests: u32) {
	let folder = Path::new("polkadot-js");
	install(folder);
	let output = Command::new("node")
		.args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
		.args(programs)
		.current_dir(folder)
		.envs(variables.iter().cloned())
		.output()
		.expect("Node.js 18.19 or later is needed for this test");
	let text = String::from_utf8_lossy(&output.stdout);
	println!("{text}{}", String::from_utf8_lossy(&output.stderr));
	assert!(output.status.success(), "the tests in {} failed, see above", folder.display());
	let passed = format!("pass {tests}");
	assert!(
		text.lines().any(|line| line.ends_with(&passed)),
		"not all of the tests ran, see above"
	);
}

/// Installs the packages of the lock file, unless they are those that were installed last.
fn install(folder: &Path) {
	// One at a time. Whoever failed left nothing to rely on.
	static INSTALLING: Mutex<()> = Mutex::new(());
	let _guard = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
	let wanted = fs::read(folder.join("package-lock.json")).unwrap();
	// A copy of the lock file, which is made last.
	let note = folder.join("node_modules/.installed-lock.json");
	if fs::read(&note).is_ok_and(|installed| installed == wanted) {
		return;
	}
	let installed = Command::new("npm")
		.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
		.current_dir(folder)
		.status()
		.expect("npm is needed for this test");
	assert!(installed.success(), "npm ci failed in {}", folder.display());
	fs::write(note, wanted).unwrap();
}
