//! Runs the demo: real contributors with real data get real payments, on a chain of its own.

// A program has no readers of its documentation but those of its code.
#![allow(missing_docs)]

use clap::Parser;
use openledger_tests::{demo, node::Kept, programs, Error, Result};
use std::{
	fs::File,
	io::Write,
	net::TcpListener,
	path::{Path, PathBuf},
	process::ExitCode,
};

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
	match run(&Arguments::parse()) {
		Ok(failed) if failed.is_empty() => ExitCode::SUCCESS,
		Ok(failed) => {
			eprintln!("The demo ran, but not everything that must hold does:");
			failed.iter().for_each(|check| eprintln!("  {check}"));
			ExitCode::FAILURE
		},
		Err(error) => {
			eprintln!("The demo stopped: {error}");
			ExitCode::FAILURE
		},
	}
}

/// Runs the demo and returns the checks that failed.
fn run(arguments: &Arguments) -> Result<Vec<String>> {
	// Before the demo, which takes a minute.
	let mut file = File::create(&arguments.report).map_err(cannot_write(&arguments.report))?;
	let outcome = demo::run(arguments.rpc_port.or_else(usual_port))?;
	let json = outcome.report.json()?;
	writeln!(file, "{json}").map_err(cannot_write(&arguments.report))?;
	match arguments.json {
		true => println!("{json}"),
		false => println!("\n{}", outcome.table()),
	}
	eprintln!("Report: {}", arguments.report.display());
	if arguments.keep {
		explain(&outcome.node.leave_running()?);
	}
	let failed = outcome.report.checks.into_iter().filter(|check| !check.passed);
	Ok(failed.map(|check| format!("{}: {}", check.name, check.detail)).collect())
}

fn cannot_write(report: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
	move |source| Error::Io { what: format!("write the report to {}", report.display()), source }
}

/// The port at which polkadot.js Apps and the client look, unless somebody else has it.
fn usual_port() -> Option<u16> {
	TcpListener::bind(("127.0.0.1", 9944)).ok().map(|_| 9944)
}

/// Says how to look around on the node, and how to stop it.
fn explain(node: &Kept) {
	let client = programs::find(programs::CLIENT)
		.map_or(programs::CLIENT.into(), |path| path.display().to_string());
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
		url = node.url,
		process = node.process,
		folder = node.folder.display(),
		blobs = node.blobs.display(),
	);
}
