//! `openledger-bench`: measures the engine on this machine; needs no chain.
#![allow(missing_docs)]

mod chart;
mod digits;
mod engine;
mod error;
mod files;
mod influence;
mod lora;
mod methods;
mod plots;
mod score;
mod view;

use clap::{Parser, Subcommand};
use error::Result;
use openledger_output::Console;
use serde_json::{json, Value};
use std::{io::Write, process::ExitCode};

/// Measures how good attributions are, what they cost, and how fast the engine is.
#[derive(Parser, Debug)]
#[command(name = "openledger-bench", version)]
struct Arguments {
	#[command(subcommand)]
	command: Command,
	/// Prints one JSON document instead of tables
	#[arg(long, global = true)]
	json: bool,
	/// Prints neither notes nor progress
	#[arg(long, global = true)]
	quiet: bool,
}

#[derive(Subcommand, Debug)]
enum Command {
	/// How well attributions predict retraining, and find mislabelled rows
	Influence(Box<influence::Arguments>),
	/// Attributions of an exported task, and what they cost
	Score(score::Arguments),
	/// How fast an index is searched and built, and what the same bits everywhere cost
	Engine(engine::Arguments),
}

/// What was measured: the document for machines, and the text for people.
struct Report {
	json: Value,
	text: String,
}

fn main() -> ExitCode {
	let Arguments { command, json, quiet } = Arguments::parse();
	let (output, code) = match run(command, Console { quiet }) {
		Ok(report) if json => (Some(format!("{:#}", report.json)), ExitCode::SUCCESS),
		Ok(report) => (Some(report.text), ExitCode::SUCCESS),
		Err(error) => {
			eprintln!("error: {error}");
			let document =
				json!({ "error": { "code": error.code(), "message": error.to_string() } });
			(json.then(|| format!("{document:#}")), ExitCode::from(error.code()))
		},
	};
	if let Some(output) = output {
		// A reader that has gone away is no reason to panic.
		let _ = writeln!(std::io::stdout().lock(), "{output}");
	}
	code
}

fn run(command: Command, console: Console) -> Result<Report> {
	match command {
		Command::Influence(arguments) => influence::run(console, &arguments),
		Command::Score(arguments) => score::run(console, &arguments),
		Command::Engine(arguments) => engine::run(console, &arguments),
	}
}
