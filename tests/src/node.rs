//! A real node as a child process, which can be started, killed and restarted, and is never left
//! behind.

use crate::{chain::Chain, error::io, guard::Guard, programs, Error, Result};
use serde_json::Value;
use std::{
	fs::{self, File},
	net::TcpListener,
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, Output, Stdio},
	sync::atomic::{AtomicU16, Ordering},
	thread,
	time::{Duration, Instant},
};

/// How long a node may take until it has answered and imported its first block.
const START: Duration = Duration::from_secs(90);

/// Which chain a node runs, and which account it validates for.
#[derive(Clone, Debug)]
pub enum Role {
	/// The only validator of the chain `dev`.
	Alone {
		/// The changes to the genesis configuration, each as a JSON pointer and a value.
		genesis: Vec<(&'static str, Value)>,
	},
	/// One of the four validators of the chain `local`.
	OneOfFour {
		/// The development account: `alice`, `bob`, `charlie` or `dave`.
		account: &'static str,
		/// The address of a node by which it finds the others, see [`Node::address`].
		bootnode: Option<String>,
	},
}

/// How a node is started.
#[derive(Clone, Debug)]
pub struct NodeOptions {
	/// The chain and the account.
	pub role: Role,
	/// The port of the RPC server; a free port if `None`.
	pub rpc_port: Option<u16>,
	/// The folder of content-addressed files; one in the node's own folder if `None`.
	pub blobs: Option<PathBuf>,
	/// The folders of the base models that models of text need.
	pub base_models: Vec<PathBuf>,
	/// The seconds that an attribution may take; the node's own default if `None`.
	pub attribution_timeout: Option<u32>,
}

impl Default for NodeOptions {
	fn default() -> Self {
		let role = Role::Alone { genesis: Vec::new() };
		Self {
			role,
			rpc_port: None,
			blobs: None,
			base_models: Vec::new(),
			attribution_timeout: None,
		}
	}
}

/// A node with a folder and ports of its own. It runs, or was killed and can be restarted.
///
/// Dropping it kills the process and removes the folder, and so does the end of this process. The
/// log stays in `openledger-logs` beside the build, in one file per name, until the next run.
pub struct Node {
	process: Option<Child>,
	guard: Guard,
	program: PathBuf,
	arguments: Vec<String>,
	log: PathBuf,
	rpc_port: u16,
	blobs: PathBuf,
	address: Option<String>,
}

impl Node {
	/// Starts a node and waits for new blocks. The log gets the name `name`.
	///
	/// # Errors
	/// If the program is missing, ends by itself, or has no new block in time.
	pub fn start(name: &str, options: NodeOptions) -> Result<Self> {
		let mut node = Self::launch(name, options)?;
		node.wait_for_block()?;
		Ok(node)
	}

	/// Starts a node and returns at once: a network makes no blocks until all its nodes run.
	///
	/// # Errors
	/// If the program is missing or cannot be started.
	pub fn launch(name: &str, options: NodeOptions) -> Result<Self> {
		let program = programs::find(programs::NODE)?;
		let guard = Guard::new()?;
		let base_path = guard.folder().display().to_string();
		let [rpc_port, peer_port, metrics_port] = free_ports()?;
		let rpc_port = options.rpc_port.unwrap_or(rpc_port);
		let blobs = options.blobs.unwrap_or_else(|| guard.folder().join("blobs"));
		let logs = program.parent().unwrap_or(Path::new(".")).join("openledger-logs");
		fs::create_dir_all(&logs).map_err(io(format!("make {}", logs.display())))?;
		let log = logs.join(format!("{name}.log"));
		// The log of an earlier run would be mistaken for this one's.
		let _ = fs::remove_file(&log);

		let mut address = None;
		let mut arguments = match options.role {
			Role::Alone { genesis } if genesis.is_empty() => vec!["--dev".into()],
			Role::Alone { genesis } => {
				let chain = changed_chain(&program, guard.folder(), &genesis)?;
				let fixed = ["--alice", "--force-authoring", "--unsafe-force-node-key-generation"];
				[["--chain".into(), chain].as_slice(), &fixed.map(String::from)].concat()
			},
			Role::OneOfFour { account, bootnode } => {
				let identity = network_key(&program, &base_path)?;
				address = Some(format!("/ip4/127.0.0.1/tcp/{peer_port}/p2p/{identity}"));
				let mut arguments = vec!["--chain".into(), "local".into(), format!("--{account}")];
				if let Some(bootnode) = bootnode {
					arguments.extend(["--bootnodes".into(), bootnode]);
				}
				arguments
			},
		};
		arguments.extend(["--no-mdns", "--no-telemetry"].map(String::from));
		for (option, value) in [
			("--base-path", base_path),
			("--blob-dir", blobs.display().to_string()),
			("--rpc-port", rpc_port.to_string()),
			("--port", peer_port.to_string()),
			("--prometheus-port", metrics_port.to_string()),
		] {
			arguments.extend([option.into(), value]);
		}
		for folder in options.base_models {
			arguments.extend(["--base-model".into(), folder.display().to_string()]);
		}
		if let Some(seconds) = options.attribution_timeout {
			arguments.extend(["--attribution-timeout".into(), seconds.to_string()]);
		}
		let mut node =
			Self { process: None, guard, program, arguments, log, rpc_port, blobs, address };
		node.spawn()?;
		Ok(node)
	}

	/// Starts the node again, on the same folder and ports, and waits for a new block. If the node
	/// still runs, it is killed first.
	///
	/// # Errors
	/// The errors of [`Node::start`].
	pub fn restart(&mut self) -> Result<()> {
		self.kill();
		self.spawn()?;
		self.wait_for_block()
	}

	/// Ends the node at once with SIGKILL, as a power cut would. Does nothing if it is not running.
	pub fn kill(&mut self) {
		if let Some(mut process) = self.process.take() {
			let _ = process.kill();
			let _ = process.wait();
			let _ = self.guard.rest();
		}
	}

	/// Waits until the node answers and its best block is newer than the one it started from.
	///
	/// # Errors
	/// If the node ends by itself, or there is no new block in time.
	pub fn wait_for_block(&mut self) -> Result<()> {
		let started = Instant::now();
		let (mut chain, mut first) = (None, None);
		while started.elapsed() < START {
			if let Some(status) = self.ended()? {
				return Err(Error::NodeEnded { status, log: self.log.clone(), tail: self.tail() });
			}
			if chain.is_none() {
				chain = self.chain().ok();
			}
			if let Some(number) = chain.as_ref().and_then(|chain| chain.best_number().ok()) {
				if number > *first.get_or_insert(number) {
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

	/// Leaves the node running after this process, with its folder in place.
	///
	/// # Errors
	/// If it does not run, or if the shell that watches it is gone.
	pub fn leave_running(mut self) -> Result<Kept> {
		let (url, blobs) = (self.url(), self.blobs.clone());
		let process = self
			.process
			.take()
			.ok_or_else(|| Error::Unexpected("the node does not run".into()))?
			.id();
		let folder = self.guard.release()?;
		Ok(Kept { process, folder, url, blobs })
	}

	/// The address of the node's RPC server.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc_port)
	}

	/// The address by which other nodes of the chain `local` find this one.
	pub fn address(&self) -> Option<&str> {
		self.address.as_deref()
	}

	/// The folder of content-addressed files that node and client share.
	pub fn blobs(&self) -> PathBuf {
		self.blobs.clone()
	}

	/// Makes a folder within the node's own, for what its users keep. It goes when the node goes.
	///
	/// # Errors
	/// If it cannot be made.
	pub fn folder(&self, name: &str) -> Result<PathBuf> {
		let folder = self.guard.folder().join(name);
		fs::create_dir_all(&folder).map_err(io(format!("make {}", folder.display())))?;
		Ok(folder)
	}

	/// Connects to the node.
	///
	/// # Errors
	/// If it does not answer.
	pub fn chain(&self) -> Result<Chain> {
		Chain::connect(&self.url())
	}

	fn spawn(&mut self) -> Result<()> {
		let log = File::options()
			.create(true)
			.append(true)
			.open(&self.log)
			.map_err(io(format!("write {}", self.log.display())))?;
		let errors = log.try_clone().map_err(io("share the log file"))?;
		// A process group of its own: an interrupt at the terminal reaches this process first,
		// which decides whether the node goes on.
		let process = Command::new(&self.program)
			.args(&self.arguments)
			.stdin(Stdio::null())
			.stdout(log)
			.stderr(errors)
			.process_group(0)
			.spawn()
			.map_err(io(format!("start {}", self.program.display())))?;
		let id = process.id();
		self.process = Some(process);
		self.guard.watch(id)
	}

	fn ended(&mut self) -> Result<Option<String>> {
		let Some(process) = &mut self.process else { return Ok(Some("no process".into())) };
		let status = process.try_wait().map_err(io("ask for the node's state"))?;
		Ok(status.map(|status| status.to_string()))
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

/// A node that was left running.
#[derive(Clone, Debug)]
pub struct Kept {
	/// The id of the process.
	pub process: u32,
	pub folder: PathBuf,
	/// The address of the RPC server.
	pub url: String,
	/// The folder of content-addressed files.
	pub blobs: PathBuf,
}

/// Makes the network key of a validator of `local` in its folder. Returns the identity that goes
/// with it.
fn network_key(program: &Path, base_path: &str) -> Result<String> {
	let arguments = ["key", "generate-node-key", "--chain", "local", "--base-path", base_path];
	let output = run(program, &arguments)?;
	let messages = String::from_utf8_lossy(&output.stderr);
	match messages.lines().last() {
		Some(identity) if output.status.success() => Ok(identity.trim().into()),
		_ => Err(Error::Unexpected(format!("generate-node-key made no key: {messages}"))),
	}
}

/// Writes the specification of the chain `dev` with changes to its genesis. Returns the path.
fn changed_chain(program: &Path, folder: &Path, changes: &[(&str, Value)]) -> Result<String> {
	let exported = run(program, &["export-chain-spec", "--chain", "dev"])?;
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

fn run(program: &Path, arguments: &[&str]) -> Result<Output> {
	Command::new(program).args(arguments).output().map_err(io(format!("run {}", program.display())))
}

/// Finds three ports on which nobody listens. They are below those that the system gives to
/// outgoing connections, and no port is given out twice before all of them were.
fn free_ports() -> Result<[u16; 3]> {
	const FIRST: u16 = 10_000;
	const COUNT: u16 = 20_000;
	static NEXT: AtomicU16 = AtomicU16::new(0);
	// Another process begins with another port.
	let offset = (std::process::id() % 1_000) as u16 * 20;
	let mut ports = [0; 3];
	for port in &mut ports {
		*port = (0..COUNT)
			.map(|_| {
				let next = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
				FIRST + (offset + next) % COUNT
			})
			.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
			.ok_or_else(|| Error::Unexpected("no port is free".into()))?;
	}
	Ok(ports)
}

#[cfg(test)]
mod tests {
	use super::free_ports;
	use std::{collections::BTreeSet, net::TcpListener};

	#[test]
	fn ports_should_differ_and_be_free_when_given_out() {
		let ports: BTreeSet<u16> = (0..20).flat_map(|_| free_ports().unwrap()).collect();
		assert_eq!(ports.len(), 60);
		let taken = *ports.last().unwrap() + 1;
		let _listener = TcpListener::bind(("127.0.0.1", taken)).ok();
		assert!(!free_ports().unwrap().contains(&taken));
	}
}
