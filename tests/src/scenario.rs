//! The steps from an empty chain to a model that answers, each of them taken by the client.

use crate::{
	amount::Amount,
	client::Client,
	digits::{csv, Digit},
	error::io,
	node::Node,
	Result,
};
use serde::Deserialize;
use std::{fs, path::PathBuf, thread};

/// How many commands run at the same time: the two cores of a machine have other work too.
const AT_ONCE: usize = 5;

/// Somebody with rows to contribute.
#[derive(Clone, Debug)]
pub struct Contributor {
	/// The secret URI of the account.
	pub key: String,
	pub rows: Vec<Digit>,
}

/// Takes the steps: it has a client, and a folder for the files that users keep.
pub struct Scenario {
	pub client: Client,
	/// The folder of the users' files.
	pub files: PathBuf,
}

/// The figures of a trained model.
#[derive(Clone, Debug, Deserialize)]
pub struct Trained {
	/// The number of trained parameters.
	pub parameters: u64,
	/// The number of rows that it was trained on.
	pub rows: u64,
	/// The accuracy on these rows; none for a language model.
	pub accuracy: Option<f64>,
	/// The accuracy on the test file.
	pub test_accuracy: Option<f64>,
}

/// What came of registering a model.
#[derive(Clone, Debug, Deserialize)]
pub struct Registered {
	/// The number that the model got.
	pub model: u32,
	/// The registration fee.
	pub fee: Amount,
	/// The hash of the index file, with `0x`.
	pub index_file: String,
}

/// How a model is trained and sold.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
	/// The name of the model and of its folder.
	pub name: &'a str,
	/// The secret URI of the developer.
	pub developer: &'a str,
	/// The secret URI of the host.
	pub host: &'a str,
	/// The options of `train`.
	pub training: &'a [&'a str],
	/// The price of a call in OPEN.
	pub price: &'a str,
	/// The folder of the base model, if it is a model of text.
	pub base_model: Option<&'a str>,
}

impl Plan<'_> {
	/// A command about the model, with the option that names its base model.
	fn command<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
		let mut command = command.to_vec();
		command.extend(self.base_model.iter().flat_map(|folder| ["--base-model", *folder]));
		command
	}
}

/// An inference as the client reports it.
#[derive(Clone, Debug, Deserialize)]
pub struct Inference {
	/// The number of the inference.
	pub inference: u64,
	/// `requested`, `answered`, `settled` or `refunded`.
	pub state: String,
	/// The answer, if there is one.
	pub output: Option<String>,
	/// Why the user was refunded, if that happened.
	pub refund: Option<String>,
}

/// What `infer` reports.
#[derive(Clone, Debug, Deserialize)]
pub struct Inferred {
	/// The inferences, in the order of the rows.
	pub inferences: Vec<Inference>,
	/// The number of inferences that were settled.
	pub settled: u64,
	/// The share of right answers, if the rows had labels.
	pub accuracy: Option<f64>,
}

#[derive(Deserialize)]
struct Datanet {
	datanet: u32,
}

#[derive(Deserialize)]
struct Contributed {
	contribution: u64,
}

#[derive(Deserialize)]
struct Published {
	version: u32,
}

#[derive(Deserialize)]
struct Done {}

impl Scenario {
	/// Makes a client of `node`, and a folder for users' files that goes when the node goes.
	///
	/// # Errors
	/// If the client is not built or the folder cannot be made.
	pub fn of(node: &Node) -> Result<Self> {
		Ok(Self { client: Client::of(node)?, files: node.folder("users")? })
	}

	/// Transfers `amount` OPEN to each account. The funders take turns.
	///
	/// # Errors
	/// If a transfer fails.
	pub fn fund(&self, accounts: &[String], amount: &str, funders: &[&str]) -> Result<()> {
		// One account's transactions must follow each other, so each funder sends its own in order.
		let turns: Vec<usize> = (0..funders.len()).collect();
		in_parallel(&turns, |&turn| {
			for account in accounts.iter().skip(turn).step_by(funders.len()) {
				let transfer = ["account", "transfer", account, amount];
				self.client.run::<Done>(funders[turn], &transfer)?;
			}
			Ok(())
		})?;
		Ok(())
	}

	/// Creates a datanet whose contributions need the approval of all `curators`.
	///
	/// # Errors
	/// If the command fails.
	pub fn create_datanet(&self, name: &str, owner: &str, curators: &[&str]) -> Result<u32> {
		let approvals = curators.len().to_string();
		let mut command = vec!["datanet", "create", "--name", name, "--approvals", &approvals];
		curators.iter().for_each(|curator| command.extend(["--curator", curator]));
		Ok(self.client.run::<Datanet>(owner, &command)?.datanet)
	}

	/// Sends the rows of all contributors. Returns the numbers of the contributions in the same
	/// order.
	///
	/// # Errors
	/// If a file cannot be written or a command fails.
	pub fn contribute(&self, datanet: u32, contributors: &[Contributor]) -> Result<Vec<u64>> {
		let datanet = datanet.to_string();
		in_parallel(contributors, |contributor| {
			let name = contributor.key.trim_matches('/').replace('/', "-").to_lowercase();
			let file = self.write(&format!("{name}.csv"), &csv(&contributor.rows))?;
			let options = ["--columns", "64", "--classes", "10"];
			self.send(&datanet, &contributor.key, &file, &options)
		})
	}

	/// Sends a file of rows. Returns the number of the contribution.
	///
	/// # Errors
	/// If the command fails.
	pub fn send(&self, datanet: &str, key: &str, file: &str, options: &[&str]) -> Result<u64> {
		let command = [&["contribute", datanet, file], options].concat();
		Ok(self.client.run::<Contributed>(key, &command)?.contribution)
	}

	/// Has every curator look at the contributions and approve them.
	///
	/// # Errors
	/// If a command fails.
	pub fn approve(&self, curators: &[&str], contributions: &[u64]) -> Result<()> {
		let numbers: Vec<String> = contributions.iter().map(u64::to_string).collect();
		in_parallel(curators, |curator| {
			let mut command = vec!["review", "approve"];
			command.extend(numbers.iter().map(String::as_str));
			self.client.run::<Done>(curator, &command)
		})?;
		Ok(())
	}

	/// Publishes what was accepted. Returns the number of the version.
	///
	/// # Errors
	/// If the command fails.
	pub fn publish(&self, datanet: u32, owner: &str) -> Result<u32> {
		let command = ["datanet", "publish", &datanet.to_string()];
		Ok(self.client.run::<Published>(owner, &command)?.version)
	}

	/// Trains a model on a version, and measures its accuracy on `test`.
	///
	/// # Errors
	/// If a command fails.
	pub fn train(&self, plan: &Plan, source: (u32, u32), test: &str) -> Result<Trained> {
		let (source, folder) = (format!("{}:{}", source.0, source.1), self.folder(plan));
		let fixed = ["train", "--source", &source, "--out", &folder, "--test", test];
		let command = [&fixed[..], plan.training].concat();
		self.client.run(plan.developer, &plan.command(&command))
	}

	/// Builds the influence index of a trained model.
	///
	/// # Errors
	/// If the command fails.
	pub fn index(&self, plan: &Plan, held_out: &str) -> Result<()> {
		let folder = self.folder(plan);
		let command = ["model", "index", &folder, "--held-out", held_out];
		self.client.run::<Done>(plan.developer, &plan.command(&command))?;
		Ok(())
	}

	/// Registers an indexed model and activates it.
	///
	/// # Errors
	/// If a command fails.
	pub fn register(&self, plan: &Plan) -> Result<Registered> {
		let folder = self.folder(plan);
		let command = [
			"model",
			"register",
			&folder,
			"--name",
			plan.name,
			"--price-per-call",
			plan.price,
			"--host",
			plan.host,
			// Where several validators make blocks, the best block can still be given up, and the
			// model with it.
			"--finalized",
		];
		let registered: Registered = self.client.run(plan.developer, &plan.command(&command))?;
		let command = ["model", "activate", &registered.model.to_string(), &folder];
		self.client.run::<Done>(plan.developer, &command)?;
		Ok(registered)
	}

	/// Writes a file of a user. Returns its path.
	///
	/// # Errors
	/// If it cannot be written.
	pub fn write(&self, name: &str, text: &str) -> Result<String> {
		let path = self.files.join(name);
		fs::write(&path, text).map_err(io(format!("write {}", path.display())))?;
		Ok(path.display().to_string())
	}

	fn folder(&self, plan: &Plan) -> String {
		self.files.join(plan.name).display().to_string()
	}
}

/// Does `job` for each item, a few at the same time. Results are in the order of the items.
///
/// # Errors
/// The error of the first item, in their order.
pub fn in_parallel<I: Sync, T: Send>(
	items: &[I],
	job: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
	let mut results = Vec::with_capacity(items.len());
	for some in items.chunks(AT_ONCE) {
		let done: Vec<_> = thread::scope(|scope| {
			let threads: Vec<_> = some.iter().map(|item| scope.spawn(|| job(item))).collect();
			threads.into_iter().map(|thread| thread.join()).collect()
		});
		for result in done {
			results.push(result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
		}
	}
	Ok(results)
}
