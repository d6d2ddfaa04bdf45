//! The OpenLedger user command line: contribute, train, register, infer, explain.
//!
//! | module | subject |
//! | --- | --- |
//! | [`args`], [`options`] | the command line, and the options of every command |
//! | [`commands`] | one file for each command |
//! | [`context`] | what commands share: the connection, the key, the blob store |
//! | [`training`] | contributions and models between the blob store and the engine |
//! | [`base_models`] | what models of text are adapters of |
//! | [`views`] | the JSON documents that `--json` prints |
//! | [`html`] | pages for people |
//! | [`output`], [`error`] | what is printed, and the exit codes |
//!
//! All that speaks to the chain is in `openledger_client`.
//!
//! ```
//! use clap::Parser;
//! use openledger_cli::{args::Arguments, commands::Command};
//!
//! let line = ["openledger", "model", "show", "3", "--json"];
//! let arguments = Arguments::try_parse_from(line)?;
//! assert!(arguments.global.json);
//! assert!(matches!(arguments.command, Command::Model(_)));
//! # Ok::<(), clap::Error>(())
//! ```
//!
//! Exit codes: 0 success, 1 failure, 2 usage, 3 chain unreachable, 4 refused by the chain, 5 bad
//! data, 6 verification failed, 7 timed out.

pub mod args;
pub mod base_models;
pub mod commands;
pub mod context;
pub mod error;
pub mod html;
pub mod options;
pub mod output;
pub mod training;
pub mod views;

use args::Arguments;
use clap::Parser;
use context::Context;
use error::Error;
use output::Report;
use serde_json::json;
use std::{ffi::OsString, process::ExitCode};

/// Reads the command line, runs the command, prints its result and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
	let arguments: Vec<OsString> = arguments.into_iter().collect();
	let parsed = match Arguments::try_parse_from(&arguments) {
		Ok(parsed) => parsed,
		Err(error) => {
			// Help and version also come as errors, and go to standard output.
			let _ = error.print();
			if error.use_stderr() && arguments.iter().any(|argument| argument == "--json") {
				let message = error.to_string();
				let summary = message.lines().next().unwrap_or_default();
				print_json(&json!({ "error": Error::Usage(summary.to_owned()).to_json() }));
			}
			return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
		},
	};
	let json = parsed.global.json;
	match execute(parsed) {
		Ok(Report { json: mut document, text, error }) => {
			if json {
				if let Some(error) = &error {
					document["error"] = error.to_json();
				}
				print_json(&document);
			} else {
				print_line(&text);
			}
			error.map_or(ExitCode::SUCCESS, |error| fail(&error))
		},
		Err(error) => {
			if json {
				print_json(&json!({ "error": error.to_json() }));
			}
			fail(&error)
		},
	}
}

fn execute(arguments: Arguments) -> error::Result<Report> {
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.enable_all()
		.build()
		.map_err(|e| Error::Failure(format!("cannot start threads: {e}")))?;
	let context = Context::new(arguments.global);
	runtime.block_on(commands::run(&context, arguments.command))
}

fn fail(error: &Error) -> ExitCode {
	eprintln!("error: {error}");
	ExitCode::from(error.code())
}

fn print_json(document: &serde_json::Value) {
	print_line(&format!("{document:#}"));
}

/// Prints to standard output; a reader that has gone away is no reason to panic.
fn print_line(text: &str) {
	use std::io::Write;
	let _ = writeln!(std::io::stdout().lock(), "{text}");
}
