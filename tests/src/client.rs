//! The command line client, run as a user runs it, with `--json`.

use crate::{error::io, node::Node, programs, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
	path::PathBuf,
	process::{Child, Command, Stdio},
};

/// The command line client with the options that are the same for all commands.
#[derive(Clone, Debug)]
pub struct Client {
	program: PathBuf,
	url: String,
	blobs: PathBuf,
}

/// A client command that has ended.
#[derive(Debug)]
pub struct Finished {
	/// The command line that was run.
	pub command: String,
	/// The exit code, -1 if a signal ended it.
	pub code: i32,
	/// The JSON document on standard output; null if there was none.
	pub json: Value,
	/// What the command wrote to standard error.
	pub messages: String,
}

/// A command of the client that runs beside others, such as `host`. Dropping it ends the command.
#[derive(Debug)]
pub struct Running {
	command: String,
	child: Option<Child>,
}

impl Client {
	/// Makes a client of `node` that shares its folder of files.
	///
	/// # Errors
	/// If the program is not built.
	pub fn of(node: &Node) -> Result<Self> {
		Self::new(node.url(), node.blobs())
	}

	/// Makes a client of the node at `url`.
	///
	/// # Errors
	/// If the program is not built.
	pub fn new(url: String, blobs: PathBuf) -> Result<Self> {
		Ok(Self { program: programs::find(programs::CLIENT)?, url, blobs })
	}

	/// The same client with another folder of files.
	pub fn with_blobs(&self, blobs: PathBuf) -> Self {
		Self { blobs, ..self.clone() }
	}

	/// Runs a command as the account of `key`, demands success, and reads its JSON.
	///
	/// # Errors
	/// If the command fails, with its message, or prints something other than expected.
	pub fn run<T: DeserializeOwned>(&self, key: &str, arguments: &[&str]) -> Result<T> {
		let finished = self.attempt(key, arguments)?;
		finished.success()
	}

	/// Runs a command as the account of `key`, whether it succeeds or not.
	///
	/// # Errors
	/// If the program cannot be run.
	pub fn attempt(&self, key: &str, arguments: &[&str]) -> Result<Finished> {
		self.spawn(key, arguments)?.finish()
	}

	/// Starts a command and returns at once.
	///
	/// # Errors
	/// If the program cannot be run.
	pub fn spawn(&self, key: &str, arguments: &[&str]) -> Result<Running> {
		let child = Command::new(&self.program)
			.args(["--json", "--quiet", "--url", &self.url, "--key", key, "--blob-dir"])
			.arg(&self.blobs)
			.args(arguments)
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.map_err(io(format!("run {}", self.program.display())))?;
		Ok(Running {
			command: format!("openledger --key {key} {}", shortened(arguments)),
			child: Some(child),
		})
	}
}

impl Running {
	/// Waits until the command ends.
	///
	/// # Errors
	/// If its output cannot be read.
	pub fn finish(mut self) -> Result<Finished> {
		let command = self.command.clone();
		let Some(child) = self.child.take() else {
			return Err(Error::Unexpected(format!("`{command}` was already waited for")));
		};
		let output = child.wait_with_output().map_err(io(format!("wait for `{command}`")))?;
		Ok(Finished {
			command,
			code: output.status.code().unwrap_or(-1),
			json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
			messages: String::from_utf8_lossy(&output.stderr).trim().into(),
		})
	}
}

impl Drop for Running {
	fn drop(&mut self) {
		if let Some(mut child) = self.child.take() {
			let _ = child.kill();
			let _ = child.wait();
		}
	}
}

impl Finished {
	/// Reads the JSON of a command that succeeded.
	///
	/// # Errors
	/// If the command failed, or printed something other than expected.
	pub fn success<T: DeserializeOwned>(self) -> Result<T> {
		if self.code != 0 {
			return Err(Error::Command {
				command: self.command,
				code: self.code,
				message: self.messages,
			});
		}
		serde_json::from_value(self.json)
			.map_err(|error| Error::Output { command: self.command, problem: error.to_string() })
	}

	/// A field of the `error` object that a failed command prints; empty if there is no such field.
	pub fn error(&self, field: &str) -> &str {
		self.json["error"][field].as_str().unwrap_or_default()
	}
}

/// Shortens the command line for messages: a row of pixels is not worth a screenful.
fn shortened(arguments: &[&str]) -> String {
	arguments
		.iter()
		.map(|argument| match argument.char_indices().nth(60) {
			Some((end, _)) => format!("{}...", &argument[..end]),
			None => (*argument).to_string(),
		})
		.collect::<Vec<_>>()
		.join(" ")
}
