use crate::shared::shared;
use std::{fs, path::Path, process::Command};

#[test]
fn chain_should_be_usable_from_node_js_when_no_types_are_supplied() {
	let shared = shared();
	let folder = Path::new("polkadot-js");
	install(folder);
	let output = Command::new("node")
		.args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
		.args(["metadata.test.mjs", "extrinsics.test.mjs"])
		.current_dir(folder)
		.env("OPENLEDGER_URL", shared.node.url())
		.env("OPENLEDGER_MODEL", shared.from_node_js.model.to_string())
		.env("OPENLEDGER_HOST", shared.from_node_js.host)
		.env("OPENLEDGER_INPUT", &shared.questions[2])
		.output()
		.expect("Node.js 20 or later is needed for this test");
	let text = String::from_utf8_lossy(&output.stdout);
	println!("{text}{}", String::from_utf8_lossy(&output.stderr));
	assert!(output.status.success(), "the tests in {} failed, see above", folder.display());
	assert!(text.contains("pass 13"), "not all of the tests ran, see above");
}

/// Installs the packages of the lock file unless they are those installed last.
fn install(folder: &Path) {
	let wanted = fs::read(folder.join("package-lock.json")).unwrap();
	// A copy of the lock file, made last.
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
