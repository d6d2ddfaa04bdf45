use openledger_tests::{chain::Chain, demo::report::Report, guard::Guard};
use std::{
	env, fs,
	net::TcpStream,
	path::{Path, PathBuf},
	process::{Command, Output, Stdio},
	thread,
	time::{Duration, Instant},
};

/// How long a block, or the end of a node, may take.
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn demo_should_pass_all_its_checks_and_leave_its_node_running_when_told_to_keep_it() {
	let mut guard = Guard::new().unwrap();
	let output = run_script(&mut guard);
	let (tables, messages) = (text(&output.stdout), text(&output.stderr));
	println!("{messages}{tables}");
	let kept = Kept::find(&messages);
	assert!(output.status.success(), "scripts/demo failed, see above");
	let kept = kept.expect("the demo does not say where its node is");

	// What a reader of the file sees, and not what was in memory.
	let file = fs::read(guard.folder().join("report.json")).unwrap();
	let report: Report = serde_json::from_slice(&file).unwrap();
	check_report(&report, &serde_json::from_slice(&file).unwrap());
	check_tables(&report, &tables);
	check_kept(kept, &messages, report.blocks);
}

/// Runs `scripts/demo` in the guard's folder, as one would from a terminal.
fn run_script(guard: &mut Guard) -> Output {
	let mut script = Command::new(repository().join("scripts/demo"));
	script
		.args(["--report", "report.json", "--keep"])
		.current_dir(guard.folder())
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped());
	// What Cargo tells a test about its package would look like a change to build scripts that read
	// such variables.
	let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_"];
	for (name, _) in env::vars_os() {
		let told = name.to_str().unwrap_or_default();
		if of_package.iter().any(|prefix| told.starts_with(prefix)) {
			script.env_remove(&name);
		}
	}
	let child = script.spawn().unwrap();
	guard.watch(child.id()).unwrap();
	let output = child.wait_with_output().unwrap();
	guard.rest().unwrap();
	output
}

fn check_report(report: &Report, file: &serde_json::Value) {
	let failed: Vec<_> = report.checks.iter().filter(|check| !check.passed).collect();
	assert!(failed.is_empty(), "{failed:#?}");
	assert_eq!((report.queries, report.settled), (50, 50));
	assert!(report.conserved);
	assert!(report.accuracy >= 0.9, "only {} of the answers are right", report.accuracy);

	let amount = |pointer: &str| -> u128 {
		file.pointer(pointer).and_then(|value| value.as_str()).unwrap().parse().unwrap()
	};
	let paid: u128 = report.paid.values().map(|amount| amount.0).sum();
	let by_role: u128 = report.paid_by_role.values().map(|amount| amount.0).sum();
	assert_eq!(paid, by_role);
	assert_eq!(amount("/fees_charged"), paid + amount("/treasury"));
	assert!(amount("/paid_by_role/contributors") > amount("/fees_charged") / 2);
}

/// Checks that the tables show the report, and look as the README says.
fn check_tables(report: &Report, tables: &str) {
	for line in &report.contributors {
		let name = line.contributor.trim_start_matches('/');
		let row = tables.lines().find(|row| row.starts_with(&format!("│ {name} ")));
		let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
		assert!(row.contains(&line.speciality) && row.contains(&line.rows.to_string()), "{row}");
	}
	let readme = fs::read_to_string(repository().join("README.md")).unwrap();
	let shown: Vec<&str> = readme.lines().map(str::trim_end).collect();
	// Incomes differ a little from processor to processor. The split of the fees and the checks do
	// not.
	let (_, split) = tables.split_once(" fees charged").expect("there is no table of fees");
	let (split, _) = split.split_once("queries settled").expect("there is no last line");
	for line in split.lines().skip(1).map(str::trim_end).filter(|line| !line.starts_with("50 of")) {
		assert!(shown.contains(&line), "the README does not show this line of the demo: {line}");
	}
}

/// Checks that the node goes on after the demo, and can be looked at and stopped as the demo says.
fn check_kept(mut kept: Kept, messages: &str, blocks: u64) {
	let chain = Chain::connect(&kept.url).unwrap();
	chain
		.wait_for("a block after the demo", LIMIT, |chain| {
			Ok((chain.best_number()? > blocks).then_some(()))
		})
		.unwrap();
	drop(chain);

	let commands = between(messages, "Or with the client:\n", "\n\n").unwrap();
	let shown = shell(&format!("set -e\n{commands}"));
	assert!(shown.contains("Contributor") || shown.contains("contribution"), "{shown}");

	shell(between(messages, "Stop it with `", "`").unwrap());
	let address = kept.url.trim_start_matches("ws://");
	let asked = Instant::now();
	while TcpStream::connect(address).is_ok() {
		assert!(asked.elapsed() < LIMIT, "the node goes on although it was told to stop");
		thread::sleep(Duration::from_millis(100));
	}
	kept.guard.rest().unwrap();
}

/// The node that the demo left. It is stopped when this is dropped.
struct Kept {
	url: String,
	guard: Guard,
}

impl Kept {
	/// Reads where the node is from what the demo said.
	fn find(messages: &str) -> Option<Self> {
		let url = between(messages, "The node keeps running at ", " ")?;
		let process = between(messages, "(process ", ",")?.parse().ok()?;
		let folder = between(messages, ", folder ", ")")?;
		let mut guard = Guard::over(folder.into()).unwrap();
		guard.watch(process).unwrap();
		Some(Self { url: url.into(), guard })
	}
}

/// Runs commands as a user does, and returns what they print.
fn shell(commands: &str) -> String {
	let output = Command::new("sh").args(["-c", commands]).output().unwrap();
	assert!(output.status.success(), "`{commands}` failed: {}", text(&output.stderr));
	text(&output.stdout)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
	Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

fn repository() -> PathBuf {
	// Tests run in the folder of their crate, but the scripts run elsewhere.
	Path::new("..").canonicalize().unwrap()
}
