//! A real node as a child process: started, killed, restarted, and never left behind.

use crate::{chain::Chain, error::io, programs, Error, Result};
use serde_json::Value;
use std::{
	fs::{self, File},
	io::Write,
	net::TcpListener,
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread,
	time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a node may take until it has answered and imported its first block.
const START: Duration = Duration::from_secs(90);

/// Kills the node and removes its folder if this process ends without having done so (an interrupt,
/// a panic while panicking, a test harness that skips destructors). It waits on a pipe that closes
/// with this process.
const GUARD: &str =
	r#"read -r word; [ "$word" = release ] && exit 0; kill -9 "$1"; sleep 1; rm -rf "$2""#;

/// How to start a node.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
	/// Port of the RPC server; a free one if `None`.
	pub rpc_port: Option<u16>,
	/// Changes to the genesis configuration: JSON pointer and value. None: the chain `dev` as it is.
	pub genesis: Vec<(&'static str, Value)>,
	/// Further arguments.
	pub arguments: Vec<String>,
}

/// A running (or killed, to be restarted) development node with its own folder and ports.
///
/// Dropping it kills the process and removes the folder; the log stays in `openledger-logs` beside
/// the build, one file per name, until the next run.
pub struct Node {
	process: Option<Process>,
	base: Option<TempDir>,
	base_path: PathBuf,
	log: PathBuf,
	rpc_port: u16,
	arguments: Vec<String>,
}

struct Process {
	child: Child,
	guard: Child,
}

impl Node {
	/// Starts a development node and waits until it produces blocks. `name` names its log.
	///
	/// # Errors
	/// If the program is missing, ends by itself, or produces no block in time.
	pub fn start(name: &str, options: NodeOptions) -> Result<Self> {
		let program = programs::find(programs::NODE)?;
		let base = tempfile::Builder::new()
			.prefix("openledger-")
			.tempdir()
			.map_err(io("make a folder for the node"))?;
		let [rpc, peers, metrics] = free_ports()?;
		let rpc_port = options.rpc_port.unwrap_or(rpc);
		let base_path = base.path().to_path_buf();
		let logs = program.parent().unwrap_or(Path::new(".")).join("openledger-logs");
		fs::create_dir_all(&logs).map_err(io(format!("make {}", logs.display())))?;
		let mut arguments = match options.genesis.as_slice() {
			[] => vec!["--dev".to_string()],
			changes => {
				let chain = changed_chain(&program, &base_path, changes)?;
				[
					"--chain",
					&chain,
					"--alice",
					"--force-authoring",
					"--unsafe-force-node-key-generation",
				]
				.map(String::from)
				.into()
			},
		};
		arguments.extend(["--no-mdns", "--no-telemetry", "--base-path"].map(String::from));
		arguments.push(base_path.display().to_string());
		arguments.push("--blob-dir".into());
		arguments.push(base_path.join("blobs").display().to_string());
		for (option, port) in
			[("--rpc-port", rpc_port), ("--port", peers), ("--prometheus-port", metrics)]
		{
			arguments.push(option.into());
			arguments.push(port.to_string());
		}
		arguments.extend(options.arguments);
		let log = logs.join(format!("{name}.log"));
		// The log of an earlier run would be mistaken for this one's.
		let _ = fs::remove_file(&log);
		let mut node =
			Self { process: None, base: Some(base), base_path, log, rpc_port, arguments };
		node.launch()?;
		Ok(node)
	}

	/// Starts the killed node again on the same folder and ports and waits for a new block.
	///
	/// # Errors
	/// As [`Node::start`].
	pub fn restart(&mut self) -> Result<()> {
		self.kill();
		self.launch()
	}

	/// Ends the node at once, as a power cut would (SIGKILL). Does nothing if it is not running.
	pub fn kill(&mut self) {
		if let Some(mut process) = self.process.take() {
			let _ = process.child.kill();
			let _ = process.child.wait();
			process.release_guard();
		}
	}

	/// Leaves the node running after this process, and its folder in place. Returns the process id.
	pub fn leave_running(mut self) -> Option<u32> {
		if let Some(base) = self.base.take() {
			let _ = base.keep();
		}
		self.process.take().map(|mut process| {
			process.release_guard();
			process.child.id()
		})
	}

	/// The node's RPC endpoint.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// The folder of content-addressed files that node and client share.
	pub fn blobs(&self) -> PathBuf {
		self.base_path.join("blobs")
	}

	/// The node's folder.
	pub fn base_path(&self) -> &Path {
		&self.base_path
	}

	/// The node's log.
	pub fn log(&self) -> &Path {
		&self.log
	}

	/// A connection to the node.
	///
	/// # Errors
	/// If it does not answer.
	pub fn chain(&self) -> Result<Chain> {
		Chain::connect(&self.url())
	}

	fn launch(&mut self) -> Result<()> {
		let program = programs::find(programs::NODE)?;
		let log = File::options()
			.create(true)
			.append(true)
			.open(&self.log)
			.map_err(io(format!("write {}", self.log.display())))?;
		let errors = log.try_clone().map_err(io("share the log file"))?;
		// Its own process group: an interrupt at the terminal reaches this process first, and
		// whether the node goes on is decided here.
		let child = Command::new(&program)
			.args(&self.arguments)
			.stdin(Stdio::null())
			.stdout(log)
			.stderr(errors)
			.process_group(0)
			.spawn()
			.map_err(io(format!("start {}", program.display())))?;
		let guard = Command::new("sh")
			.args(["-c", GUARD, "guard", &child.id().to_string()])
			.arg(&self.base_path)
			.stdin(Stdio::piped())
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.process_group(0)
			.spawn()
			.map_err(io("start a shell"))?;
		self.process = Some(Process { child, guard });
		self.wait_for_block()
	}

	/// Waits until the node answers and its best block is newer than the one it started from.
	fn wait_for_block(&mut self) -> Result<()> {
		let started = Instant::now();
		let mut first = None;
		let mut chain: Option<Chain> = None;
		while started.elapsed() < START {
			if let Some(status) = self.ended()? {
				return Err(Error::NodeEnded { status, log: self.log.clone(), tail: self.tail() });
			}
			if chain.is_none() {
				chain = Chain::connect(&self.url()).ok();
			}
			if let Some(number) = chain.as_ref().and_then(|chain| chain.best_number().ok()) {
				if number > *first.get_or_insert(number) || (number > 0 && first == Some(0)) {
					return Ok(());
				}
			}
			thread::sleep(Duration::from_millis(100));
		}
		Err(Error::Timeout {
			what: format!("a new block (log: {}; its end:\n{}\n)", self.log.display(), self.tail()),
			seconds: START.as_secs(),
		})
	}

	fn ended(&mut self) -> Result<Option<String>> {
		match &mut self.process {
			None => Ok(None),
			Some(process) => Ok(process
				.child
				.try_wait()
				.map_err(io("ask for the node's state"))?
				.map(|status| status.to_string())),
		}
	}

	fn tail(&self) -> String {
		let log = fs::read(&self.log).unwrap_or_default();
		let text = String::from_utf8_lossy(&log);
		let lines: Vec<&str> = text.lines().collect();
		lines[lines.len().saturating_sub(25)..].join("\n")
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		self.kill();
	}
}

impl Process {
	fn release_guard(&mut self) {
		if let Some(mut pipe) = self.guard.stdin.take() {
			let _ = pipe.write_all(b"release\n");
		}
		let _ = self.guard.wait();
	}
}

/// Writes the specification of the chain `dev` with changes to its genesis, and returns its path.
fn changed_chain(program: &Path, folder: &Path, changes: &[(&str, Value)]) -> Result<String> {
	let exported = Command::new(program)
		.args(["export-chain-spec", "--chain", "dev"])
		.output()
		.map_err(io(format!("run {}", program.display())))?;
	let mut chain: Value = serde_json::from_slice(&exported.stdout).map_err(|error| {
		let messages = String::from_utf8_lossy(&exported.stderr);
		Error::Unexpected(format!("export-chain-spec wrote no JSON: {error}\n{messages}"))
	})?;
	for (pointer, value) in changes {
		let place = chain
			.pointer_mut(&format!("/genesis/runtimeGenesis/patch{pointer}"))
			.ok_or_else(|| Error::Unexpected(format!("the genesis has no {pointer}")))?;
		*place = value.clone();
	}
	let path = folder.join("chain.json");
	fs::write(&path, chain.to_string()).map_err(io(format!("write {}", path.display())))?;
	Ok(path.display().to_string())
}

/// Three ports that nobody listens on; held together so that they differ.
fn free_ports() -> Result<[u16; 3]> {
	let mut listeners = Vec::new();
	let mut ports = [0; 3];
	for port in &mut ports {
		let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(io("find a free port"))?;
		*port = listener.local_addr().map_err(io("find a free port"))?.port();
		listeners.push(listener);
	}
	Ok(ports)
}
