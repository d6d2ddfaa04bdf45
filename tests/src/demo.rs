//! The demo: ten contributors are paid for fifty answers, on a chain started for the purpose.

pub mod cast;
pub mod checks;
pub mod report;
mod steps;
mod table;

use crate::{
	chain::{self, Chain},
	error::io,
	ledger::Ledger,
	node::{Node, NodeOptions},
	scenario::{in_parallel, Inferred, Plan, Scenario},
	state::Snapshot,
	Error, Result,
};
use cast::Cast;
use checks::{Check, Evidence};
use report::Report;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path, time::Instant};
use steps::Steps;

/// The ids of the pallets whose accounts hold money.
const MARKET: &[u8; 8] = b"openl/mk";
const TREASURY: &[u8; 8] = b"ol/trsry";

/// The inferences whose payment is explained and verified anew.
const EXPLAINED: [u64; 3] = [0, 24, 49];

/// What the demo ends with: its report, and the node that it leaves.
pub struct Outcome {
	pub report: Report,
	/// The node, which still runs.
	pub node: Node,
}

impl Outcome {
	/// The result as tables for people.
	pub fn table(&self) -> String {
		table::render(&self.report)
	}
}

/// Runs the demo, and says on standard error what is going on. The node's RPC server listens on
/// `rpc_port`, or on a free port.
///
/// # Errors
/// If a step fails. Failed checks are not an error: the caller sees them in the report.
pub fn run(rpc_port: Option<u16>) -> Result<Outcome> {
	let started = Instant::now();
	let mut steps = Steps::new();
	let cast = cast::deal()?;

	steps.begin("start a node");
	let node = Node::start("demo", NodeOptions { rpc_port, ..NodeOptions::default() })?;
	let chain = node.chain()?;
	let genesis = chain.snapshot_at(0)?;
	steps.end(&node.url());

	let scenario = Scenario::of(&node)?;
	let contributions = contribute(&scenario, &cast, &mut steps)?;
	let (model, registration_fees) = develop(&scenario, &cast, &mut steps)?;
	ask(&scenario, &cast, model, &mut steps)?;
	claim(&scenario, &chain, &cast, &mut steps)?;

	steps.begin("verify three payments from leaf to receipt");
	let explanations = explain(&scenario)?;
	steps.end(&explanations.detail);

	steps.begin("audit the data");
	let audit = audit(&scenario, &cast, &contributions)?;
	steps.end(&audit.detail);

	steps.begin("count every unit of OPEN");
	let end = final_state(&chain)?;
	let evidence = Evidence {
		ledger: Ledger::replay(&chain, end.block)?,
		genesis,
		end,
		queries: cast.queries.len(),
		registration_fees,
		user: chain::address(cast::USER)?,
		author: chain::address(cast::VALIDATOR)?,
		treasury: chain::pallet_address(TREASURY),
		market: chain::pallet_address(MARKET),
	};
	let mut report = Report::new(&cast, &contributions, &evidence, vec![explanations, audit])?;
	report.wall_seconds = started.elapsed().as_secs_f64();
	steps.end(&format!("{} blocks", report.blocks));
	Ok(Outcome { report, node })
}

/// Goes from newcomers without an account to a datanet with ten accepted contributions.
fn contribute(scenario: &Scenario, cast: &Cast, steps: &mut Steps) -> Result<Vec<u64>> {
	let contributors: Vec<_> =
		cast.members.iter().map(|member| member.contributor.clone()).collect();
	steps.begin("give ten contributors and a host their first OPEN");
	let mut newcomers: Vec<String> =
		contributors.iter().map(|contributor| contributor.key.clone()).collect();
	newcomers.push(cast::HOST.into());
	scenario.fund(&newcomers, "100", &cast::FUNDERS)?;
	steps.end("100 OPEN each");

	steps.begin("create the datanet");
	let datanet = scenario.create_datanet("digits", cast::OWNER, &cast::CURATORS)?;
	steps.end(&format!("datanet {datanet}, two curators"));

	steps.begin("contribute data");
	let contributions = scenario.contribute(datanet, &contributors)?;
	let rows: usize = contributors.iter().map(|contributor| contributor.rows.len()).sum();
	steps.end(&format!("{} contributions, {rows} rows", contributions.len()));

	steps.begin("approve");
	scenario.approve(&cast::CURATORS, &contributions)?;
	steps.end("by both curators");

	steps.begin("publish");
	let version = scenario.publish(datanet, cast::OWNER)?;
	match (datanet, version) {
		SOURCE => steps.end("version 0"),
		_ => {
			return Err(Error::Unexpected(format!(
				"the first version on a new chain is {datanet}:{version} instead of 0:0"
			)))
		},
	}
	Ok(contributions)
}

/// The first version of the first datanet.
const SOURCE: (u32, u32) = (0, 0);

/// Goes from the data to an active model. Returns its number and the registration fee.
fn develop(scenario: &Scenario, cast: &Cast, steps: &mut Steps) -> Result<(u32, u128)> {
	let held_out = scenario.write("held-out.csv", &crate::digits::csv(&cast.held_out))?;
	let plan = Plan {
		name: "digits-mlp",
		developer: cast::DEVELOPER,
		host: cast::HOST,
		training: &[
			"--architecture",
			"mlp",
			"--hidden",
			"32",
			"--activation",
			"tanh",
			"--classes",
			"10",
			"--seed",
			"1",
		],
		price: "1",
		base_model: None,
	};
	steps.begin("train a 64-32-10 tanh network");
	let trained = scenario.train(&plan, SOURCE, &held_out)?;
	steps.end(&format!(
		"{} parameters, {:.3} right on held-out rows",
		trained.parameters,
		trained.test_accuracy.unwrap_or_default()
	));

	steps.begin("build its influence index");
	scenario.index(&plan, &held_out)?;
	steps.end("one leaf for each contribution");

	steps.begin("register and activate the model");
	let registered = scenario.register(&plan)?;
	steps.end(&format!("model {}, 1 OPEN a call", registered.model));
	Ok((registered.model, registered.fee.0))
}

/// Has the user ask and a host answer, and waits for the settlements.
fn ask(scenario: &Scenario, cast: &Cast, model: u32, steps: &mut Steps) -> Result<()> {
	let (model, queries) = (model.to_string(), cast.queries.len().to_string());
	let rows = scenario.write("queries.csv", &crate::digits::csv(&cast.queries))?;
	steps.begin("ask fifty questions");
	let serve = ["host", "--model", &model, "--until", &queries, "--idle-timeout", "120"];
	let host = scenario.client.spawn(cast::HOST, &serve)?;
	let request = ["infer", "--model", &model, "--inputs", &rows, "--labelled", "--timeout", "240"];
	let inferred: Inferred = scenario.client.run(cast::USER, &request)?;
	host.finish()?.success::<Answered>()?;
	steps.end(&format!("{} answered, attributed and settled", inferred.settled));
	Ok(())
}

#[derive(Deserialize)]
struct Answered {}

/// Has everybody with rewards claim them.
fn claim(scenario: &Scenario, chain: &Chain, cast: &Cast, steps: &mut Steps) -> Result<()> {
	steps.begin("claim rewards");
	let mut keys: BTreeMap<String, &str> = BTreeMap::new();
	let contributors = cast.members.iter().map(|member| member.contributor.key.as_str());
	for key in contributors.chain([cast::DEVELOPER, cast::VALIDATOR]) {
		keys.insert(chain::address(key)?, key);
	}
	let rewarded: Vec<&str> = chain
		.snapshot()?
		.rewards
		.iter()
		.filter(|(_, amount)| **amount > 0)
		.filter_map(|(account, _)| keys.get(account).copied())
		.collect();
	in_parallel(&rewarded, |key| {
		scenario.client.run::<Answered>(key, &["rewards", "claim"])?;
		Ok(())
	})?;
	steps.end(&format!("{} accounts", rewarded.len()));
	Ok(())
}

/// Has the client verify some payments from the Merkle proofs up, and write them as pages.
fn explain(scenario: &Scenario) -> Result<Check> {
	#[derive(Deserialize)]
	struct Explained {
		verified: bool,
		entries: Vec<serde::de::IgnoredAny>,
	}
	let mut entries = 0;
	let mut problems = Vec::new();
	for inference in EXPLAINED {
		let page = scenario.files.join(format!("inference-{inference}.html"));
		let number = inference.to_string();
		let command = ["explain", &number, "--html", &page.display().to_string()];
		let finished = scenario.client.attempt(cast::USER, &command)?;
		let messages = finished.messages.clone();
		match finished.success::<Explained>() {
			Ok(explained) if explained.verified => entries += explained.entries.len(),
			Ok(_) => problems.push(format!("{inference} does not verify: {messages}")),
			Err(error) => problems.push(error.to_string()),
		}
		// The query comes first, then rows that shaped the answer.
		if pictures(&page)? < 2 {
			problems.push(format!("the page of {inference} shows no rows"));
		}
	}
	let detail = match problems.is_empty() {
		true => format!("{entries} proofs and scores"),
		false => problems.join("; "),
	};
	let name = "payments can be verified from the Merkle proofs up".into();
	Ok(Check { name, passed: problems.is_empty(), detail })
}

/// Has the client rank the rows of the version by the harm they do.
fn audit(scenario: &Scenario, cast: &Cast, contributions: &[u64]) -> Result<Check> {
	#[derive(Deserialize)]
	struct Audited {
		worst: Vec<Finding>,
	}
	#[derive(Deserialize)]
	struct Finding {
		contribution: u64,
	}
	let page = scenario.files.join("audit.html");
	let page_name = page.display().to_string();
	let (datanet, version) = (SOURCE.0.to_string(), SOURCE.1.to_string());
	let source = ["audit-data", "--datanet", &datanet, "--version", &version];
	let options = ["--folds", "3", "--epochs", "40", "--top", "50", "--html", &page_name];
	let audited: Audited =
		scenario.client.run(cast::CURATORS[0], &[&source[..], &options].concat())?;
	let random: Vec<u64> = cast
		.members
		.iter()
		.zip(contributions)
		.filter(|(member, _)| member.character == cast::Character::RandomLabels)
		.map(|(_, contribution)| *contribution)
		.collect();
	let (found, shown) = (
		audited.worst.iter().filter(|row| random.contains(&row.contribution)).count(),
		audited.worst.len(),
	);
	Ok(Check {
		name: "most of the rows that an audit puts first are those of random labels".into(),
		passed: 2 * found > shown && pictures(&page)? == shown,
		detail: format!("{found} of the first {shown} rows"),
	})
}

/// The number of pictures on a page.
fn pictures(page: &Path) -> Result<usize> {
	let html = fs::read_to_string(page).map_err(io(format!("read {}", page.display())))?;
	Ok(html.matches("class=\"picture\"").count())
}

/// The state when all that happened is final.
fn final_state(chain: &Chain) -> Result<Snapshot> {
	let block = chain.best_number()?;
	chain.wait_until_final(block)?;
	chain.snapshot_at(block)
}
