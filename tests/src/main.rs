//! Runs the demo: real contributors, real data, real payments, on a chain of its own.

use clap::Parser;
use openledger_tests::{
	demo::{self, Options, Outcome},
	programs,
};
use std::{net::TcpListener, path::PathBuf, process::ExitCode};

/// Ten contributors are paid for fifty answers of a model that their data trained.
#[derive(Parser, Debug)]
#[command(name = "openledger-demo", version, about, long_about = None)]
struct Arguments {
	/// Where the JSON report goes
	#[arg(long, value_name = "FILE", default_value = "demo-report.json")]
	report: PathBuf,
	/// Leave the node running, and say how to look around
	#[arg(long)]
	keep: bool,
	/// Print the report instead of the tables
	#[arg(long)]
	json: bool,
	/// Port of the node's RPC server [default: 9944 if it is free]
	#[arg(long, value_name = "PORT")]
	rpc_port: Option<u16>,
}

fn main() -> ExitCode {
	let arguments = Arguments::parse();
	match run(&arguments) {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => {
			eprintln!("The demo ran, but not everything that must hold does: see FAILED above.");
			ExitCode::FAILURE
		},
		Err(error) => {
			eprintln!("The demo stopped: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run(arguments: &Arguments) -> openledger_tests::Result<bool> {
	let rpc_port = arguments.rpc_port.or_else(usual_port);
	let outcome = demo::run(&Options { rpc_port, quiet: false })?;
	outcome.report.write(&arguments.report)?;
	match arguments.json {
		true => println!("{}", serde_json::to_string_pretty(&outcome.report).unwrap_or_default()),
		false => println!("\n{}", outcome.table()),
	}
	eprintln!("Report: {}", arguments.report.display());
	let passed = outcome.report.passed();
	if arguments.keep {
		keep(outcome);
	}
	Ok(passed)
}

/// The port that polkadot.js Apps and the client look at, unless somebody else has it.
fn usual_port() -> Option<u16> {
	TcpListener::bind(("127.0.0.1", 9944)).ok().map(|_| 9944)
}

fn keep(outcome: Outcome) {
	let (url, blobs) = (outcome.node.url(), outcome.node.blobs());
	let folder = outcome.node.base_path().display().to_string();
	let client = programs::find(programs::CLIENT)
		.map_or(programs::CLIENT.into(), |path| path.display().to_string());
	let Some(process) = outcome.node.leave_running() else { return };
	eprintln!(
		"\nThe node keeps running at {url} (process {process}, folder {folder}).\n\
		 \n\
		 Look around with polkadot.js Apps: open https://polkadot.js.org/apps/?rpc={url}\n\
		 and see Developer > Chain state (datanets, modelRegistry, inferenceMarket, attribution),\n\
		 Developer > Extrinsics, and Network > Explorer for blocks with attribution.submitClaim.\n\
		 \n\
		 Or with the client:\n\
		 \x20 export OPENLEDGER_URL={url} OPENLEDGER_BLOB_DIR={blobs}\n\
		 \x20 {client} explain 0\n\
		 \x20 {client} model show 0\n\
		 \n\
		 Stop it with `kill {process}`; then remove {folder}.",
		blobs = blobs.display(),
	);
}
