use openledger_tests::demo::{self, report::Report, Options};

#[test]
fn demo_should_pass_all_its_checks_when_run_on_a_new_chain() {
	let outcome = demo::run(&Options { quiet: true, ..Options::default() }).unwrap();
	println!("{}", outcome.table());
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("report.json");
	outcome.report.write(&file).unwrap();

	// What a reader of the file sees, not what was in memory.
	let text = std::fs::read(&file).unwrap();
	let report: Report = serde_json::from_slice(&text).unwrap();
	let failed: Vec<_> = report.checks.iter().filter(|check| !check.passed).collect();
	assert!(failed.is_empty(), "{failed:#?}");
	assert_eq!((report.queries, report.settled), (50, 50));
	assert!(report.conserved);
	assert!(report.accuracy >= 0.9, "only {} of the answers are right", report.accuracy);

	let amounts: serde_json::Value = serde_json::from_slice(&text).unwrap();
	let amount = |pointer: &str| -> u128 {
		amounts.pointer(pointer).and_then(|value| value.as_str()).unwrap().parse().unwrap()
	};
	let paid: u128 = report.paid.values().map(|amount| amount.0).sum();
	let by_role: u128 = report.paid_by_role.values().map(|amount| amount.0).sum();
	assert_eq!(paid, by_role);
	assert_eq!(amount("/fees_charged"), paid + amount("/treasury"));
	assert!(amount("/paid_by_role/contributors") > amount("/fees_charged") / 2);
}
