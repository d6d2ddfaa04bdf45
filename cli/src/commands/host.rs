//! `host`: answers the requests for the models of one key.
//!
//! Nothing is remembered between runs: what is to be answered is read from the chain's state, so
//! a host that was stopped or lost its connection goes on where it left off.

use crate::{
	base_models::BaseModels,
	context::Context,
	error::{Error, Result},
	output::{one_line, text, Report},
	views::inference as views,
};
use clap::Args;
use codec::Decode;
use openledger_blobs::{BlobStore, DirectoryStore};
use openledger_client::{
	chain::{
		self, backoff, call,
		types::{InferenceState, Model as ModelRecord, ModelStatus, Usage},
		Call, Chain, Hash, Snapshot,
	},
	keys::{AccountId, Key},
	limits,
};
use openledger_models::Model;
use openledger_primitives::NO_ANSWER;
use std::{
	collections::{BTreeMap, BTreeSet, HashMap},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};
use tokio::sync::Notify;

const POLL: Duration = Duration::from_millis(500);
/// A request that could not be answered is looked at again after this time: a missing file may have
/// come.
const RETRY: Duration = Duration::from_secs(15);

/// Answers the requests for the models this key hosts, until interrupted.
#[derive(Args, Debug)]
pub struct Arguments {
	/// Answer only for this model; may be repeated [default: all models this key hosts]
	#[arg(long = "model", value_name = "MODEL")]
	models: Vec<u32>,
	/// Answer what is pending now, then exit
	#[arg(long)]
	once: bool,
	/// Exit after so many answers
	#[arg(long, value_name = "ANSWERS")]
	until: Option<usize>,
	/// Exit after so many seconds without a request
	#[arg(long, value_name = "SECONDS")]
	idle_timeout: Option<u64>,
	/// Where base models are.
	#[command(flatten)]
	base_models: BaseModels,
}

/// An answer to a request.
struct Response {
	inference: u64,
	model: u32,
	output: String,
	usage: Usage,
}

struct Host<'a> {
	context: &'a Context,
	arguments: &'a Arguments,
	chain: &'a Chain,
	key: Key,
	store: DirectoryStore,
	loaded: HashMap<Hash, Model>,
	/// Answers that are in a block, each with the number of the block.
	given: Vec<(Response, u64)>,
	/// Requests that could not be answered, why, and when that was found.
	failed: BTreeMap<u64, (String, Instant)>,
	served: BTreeSet<u32>,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	arguments.base_models.open()?;
	let mut host = Host {
		context,
		arguments: &arguments,
		key: context.key()?,
		store: context.store()?,
		chain: context.chain().await?,
		loaded: HashMap::new(),
		given: Vec::new(),
		failed: BTreeMap::new(),
		served: BTreeSet::new(),
	};
	host.announce().await?;
	let stop = Stop::on_signals()?;
	host.serve(&stop).await?;
	host.report()
}

impl Host<'_> {
	/// Says which models are served, and fails at once if there is none or a file is missing.
	async fn announce(&mut self) -> Result<()> {
		let best = self.chain.best().await?;
		let models: Vec<((u32,), ModelRecord)> = best.all("ModelRegistry", "Models", ()).await?;
		let account = self.key.account;
		for ((id,), record) in models {
			if record.registration.host == account && self.wanted(id) {
				if record.status != ModelStatus::Retired {
					self.load(&record)?;
				}
				self.served.insert(id);
			}
		}
		if let Some(missing) = self.arguments.models.iter().find(|id| !self.served.contains(id)) {
			return Err(Error::Failure(format!(
				"{account} is not the host of model {missing}: see `openledger model show {missing}`"
			)));
		}
		let list: Vec<_> = self.served.iter().map(ToString::to_string).collect();
		let list = if list.is_empty() { "none yet".into() } else { list.join(", ") };
		self.context.console.note(format!("{account} hosts models: {list}"));
		Ok(())
	}

	fn wanted(&self, model: u32) -> bool {
		self.arguments.models.is_empty() || self.arguments.models.contains(&model)
	}

	async fn serve(&mut self, stop: &Stop) -> Result<()> {
		let mut seen = None;
		let mut failures = 0u32;
		let mut last_request = Instant::now();
		while !stop.is_set() {
			match self.turn(&mut seen).await {
				Ok(0) => failures = 0,
				Ok(_) => (failures, last_request) = (0, Instant::now()),
				// The chain may come back: nothing is lost by waiting for it.
				Err(error @ Error::Unreachable { .. }) if !self.arguments.once => {
					self.context.console.note(format!("{error}; still trying"));
					stop.sleep(backoff(failures)).await;
					failures = failures.saturating_add(1);
				},
				Err(error) => return Err(error),
			}
			let idle = self.arguments.idle_timeout.map(Duration::from_secs);
			if self.arguments.once
				|| self.arguments.until.is_some_and(|answers| self.given.len() >= answers)
				|| idle.is_some_and(|idle| last_request.elapsed() >= idle)
			{
				break;
			}
			stop.sleep(POLL).await;
		}
		Ok(())
	}

	/// Answers what the newest block asks for, if it was not looked at before. Returns the number
	/// of requests found.
	async fn turn(&mut self, seen: &mut Option<Hash>) -> Result<usize> {
		let best = self.chain.best().await?;
		if *seen == Some(best.hash()) {
			return Ok(0);
		}
		let answers = self.answers(&best).await?;
		let count = answers.len();
		if count > 0 {
			let calls = answers.iter().map(Response::call).collect();
			let finalized = self.context.finalized();
			let results = chain::submit(self.chain, &self.key, calls, finalized).await?;
			for (answer, result) in answers.into_iter().zip(results) {
				match result.map_err(Error::from) {
					Ok(included) => self.succeeded(answer, included.block),
					Err(error @ Error::Unreachable { .. }) => return Err(error),
					Err(error) => self.not_taken(answer, error).await?,
				}
			}
		}
		*seen = Some(best.hash());
		Ok(count)
	}

	fn succeeded(&mut self, answer: Response, block: u64) {
		let Response { inference, model, output, .. } = &answer;
		let output = one_line(output);
		self.context
			.console
			.note(format!("inference {inference} of model {model}: {output} (block {block})"));
		self.failed.remove(inference);
		self.given.push((answer, block));
	}

	/// An answer that came too late, or twice, is no failure.
	async fn not_taken(&mut self, answer: Response, error: Error) -> Result<()> {
		let id = answer.inference;
		let state = self.chain.best().await?.inference(id).await?.state;
		if matches!(state, InferenceState::Requested) {
			self.fail(id, error.to_string());
		} else {
			self.context.console.note(format!("inference {id} is {} already", state.name()));
		}
		Ok(())
	}

	fn fail(&mut self, inference: u64, reason: String) {
		self.context.console.note(format!("inference {inference} is not answered: {reason}"));
		self.failed.insert(inference, (reason, Instant::now()));
	}

	/// Computes the answers that are due.
	async fn answers(&mut self, best: &Snapshot) -> Result<Vec<Response>> {
		let max_output = best.constant("InferenceMarket", "MaxOutput")?;
		let sent = in_pool(self.chain, best, &self.key.account).await?;
		let room = self
			.arguments
			.until
			.map_or(usize::MAX, |answers| answers.saturating_sub(self.given.len()));
		let mut records: HashMap<u32, ModelRecord> = HashMap::new();
		let mut answers = Vec::new();
		for id in best.due().await? {
			if answers.len() >= room {
				break;
			}
			let again = |(_, at): &(String, Instant)| at.elapsed() >= RETRY;
			if sent.contains(&id) || !self.failed.get(&id).is_none_or(again) {
				continue;
			}
			let inference = best.inference(id).await?;
			let model = inference.model;
			if !matches!(inference.state, InferenceState::Requested) || !self.wanted(model) {
				continue;
			}
			if let std::collections::hash_map::Entry::Vacant(entry) = records.entry(model) {
				entry.insert(best.model(model).await?);
			}
			let Some(record) = records.get(&model) else { continue };
			if record.registration.host != self.key.account {
				continue;
			}
			self.served.insert(model);
			let output =
				self.load(record).and_then(|model| answer(model, &inference.input, max_output));
			match output {
				Ok((output, usage)) => {
					answers.push(Response { inference: id, model, output, usage })
				},
				Err(error) => self.fail(id, error.to_string()),
			}
		}
		Ok(answers)
	}

	/// Loads a model, unless that was done before, and checks its file against the hash on chain.
	fn load(&mut self, record: &ModelRecord) -> Result<&Model> {
		let hash = record.registration.weights;
		if !self.loaded.contains_key(&hash) {
			let name = format!("model '{}'", text(&record.registration.name));
			let bytes = self.store.get(&hash.0).map_err(|e| Error::from(e).in_file(&name))?;
			let model =
				Model::load(&bytes, Some(&hash.0)).map_err(|e| Error::from(e).in_file(&name))?;
			self.loaded.insert(hash, model);
		}
		self.loaded.get(&hash).ok_or_else(|| Error::Failure("the model is not loaded".into()))
	}

	fn report(&self) -> Result<Report> {
		let answered = |(answer, block): &(Response, u64)| views::Answered {
			inference: answer.inference,
			model: answer.model,
			output: answer.output.clone(),
			input_tokens: answer.usage.input_tokens,
			output_tokens: answer.usage.output_tokens,
			block: *block,
		};
		let failed = |(inference, (error, _)): (&u64, &(String, Instant))| views::Failed {
			inference: *inference,
			error: error.clone(),
		};
		let document = views::Hosted {
			host: self.key.account.into(),
			models: self.served.clone(),
			answered: self.given.iter().map(answered).collect(),
			failed: self.failed.iter().map(failed).collect(),
		};
		let (answered, failed) = (self.given.len(), self.failed.len());
		Report::of(&document, format!("{answered} requests answered, {failed} not answered"))
	}
}

impl Response {
	fn call(&self) -> Call {
		let output = self.output.clone().into_bytes();
		call("InferenceMarket", "respond", (self.inference, output, self.usage))
	}
}

/// Computes the model's answer to an input from the chain, and the tokens that it used. Where the model has
/// no answer, attesters expect [`NO_ANSWER`].
///
/// # Errors
/// [`Error::TooLong`] if the chain does not take the answer; those of the model.
fn answer(model: &Model, input: &[u8], max_output: u32) -> Result<(String, Usage)> {
	let Some((_, answer)) = model.answer_to(input)? else {
		return Ok((NO_ANSWER.into(), Usage::default()));
	};
	limits::check("the answer", answer.text.len(), "bytes", max_output)?;
	let (input_tokens, output_tokens) = (answer.input_tokens, answer.output_tokens);
	Ok((answer.text, Usage { input_tokens, output_tokens }))
}

/// The inferences whose answer by this account waits in the node's pool already. A host that is started
/// again does not send such an answer twice.
async fn in_pool(chain: &Chain, best: &Snapshot, account: &AccountId) -> Result<BTreeSet<u64>> {
	let calls = chain.pending_calls(best, account, "InferenceMarket", "respond").await?;
	let first = |arguments: Vec<Vec<u8>>| u64::decode(&mut &arguments.first()?[..]).ok();
	Ok(calls.into_iter().filter_map(first).collect())
}

/// A stop that the first interrupt asks for. The second interrupt ends the process at once.
struct Stop {
	set: Arc<AtomicBool>,
	changed: Arc<Notify>,
}

impl Stop {
	fn on_signals() -> Result<Self> {
		let failed =
			|e: std::io::Error| Error::Failure(format!("cannot listen for interrupts: {e}"));
		let stop = Self { set: Arc::new(AtomicBool::new(false)), changed: Arc::new(Notify::new()) };
		let (set, changed) = (stop.set.clone(), stop.changed.clone());
		let mut interrupts = Signals::new().map_err(failed)?;
		tokio::spawn(async move {
			interrupts.next().await;
			set.store(true, Ordering::Relaxed);
			changed.notify_one();
			interrupts.next().await;
			std::process::exit(130);
		});
		Ok(stop)
	}

	fn is_set(&self) -> bool {
		self.set.load(Ordering::Relaxed)
	}

	/// Sleeps for this time, or less if the stop is asked for meanwhile.
	async fn sleep(&self, duration: Duration) {
		tokio::select! {
			() = tokio::time::sleep(duration) => {},
			() = self.changed.notified() => {},
		}
	}
}

#[cfg(unix)]
struct Signals {
	interrupt: tokio::signal::unix::Signal,
	terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
	fn new() -> std::io::Result<Self> {
		use tokio::signal::unix::{signal, SignalKind};
		let interrupt = signal(SignalKind::interrupt())?;
		Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
	}

	async fn next(&mut self) {
		tokio::select! {
			_ = self.interrupt.recv() => {},
			_ = self.terminate.recv() => {},
		}
	}
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
	fn new() -> std::io::Result<Self> {
		Ok(Self)
	}

	async fn next(&mut self) {
		if tokio::signal::ctrl_c().await.is_err() {
			std::future::pending::<()>().await;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_models::{train, Architecture, TrainConfig};
	use openledger_rows::{Dataset, Schema};

	#[test]
	fn answer_should_be_refused_when_longer_than_the_chain_takes_and_none_when_asked_in_no_row() {
		let rows = Dataset::from_csv(b"0,1,0\n1,0,1\n", &Schema::default()).unwrap();
		let architecture = Architecture::Logistic { inputs: 2, classes: 2 };
		let config = TrainConfig { epochs: 1, ..TrainConfig::standard(architecture) };
		let model = train(&rows, &config, &mut |_| {}).unwrap().model;
		let (output, usage) = answer(&model, b"1,0", 1).unwrap();
		assert_eq!((output.len(), usage), (1, Usage::default()));
		let refused = answer(&model, b"1,0", 0).unwrap_err().to_string();
		assert_eq!(refused, "the answer is too long: 1 bytes, this chain takes at most 0");
		for input in [&b"1,\xff"[..], b"1", b"one,two", b""] {
			assert_eq!(answer(&model, input, 1).unwrap(), (NO_ANSWER.into(), Usage::default()));
		}
	}
}
