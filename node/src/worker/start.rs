//! Starts the worker on a running node.

use super::{
	events::{Chain, Done, WorkItem},
	limits, Assignment, AttesterId, Engine, Mailbox, Metrics, Pool, Program, SharedStatus, Worker,
	LOG_TARGET,
};
use crate::{
	cli::{AttributionParams, ATTRIBUTION_ENGINE},
	client::FullClient,
};
use futures::{
	channel::mpsc::{unbounded, UnboundedSender},
	select, StreamExt,
};
use openledger_blobs::DirectoryStore;
use openledger_models::Base;
use openledger_runtime::{Hash, OpaqueBlock as Block};
use pallet_attribution::{AttributionApi, ATTESTER_KEY_TYPE};
use polkadot_sdk::*;

use sc_client_api::BlockchainEvents;
use sc_network_sync::SyncingService;
use sc_service::{error::Error as ServiceError, SpawnTaskHandle};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_core::offchain::OffchainStorage;
use sp_keystore::KeystorePtr;
use std::{
	ffi::OsString,
	io,
	num::NonZero,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;

/// What the worker is given at the start.
pub struct Setup {
	/// The options of the command line.
	pub params: AttributionParams,
	/// The folder of blobs, unless the command line names another.
	pub default_blob_dir: PathBuf,
	/// Whether the runtime's off-chain hook runs on this node. Nothing else submits claims.
	pub offchain_workers: bool,
	/// The registry for metrics, if the node has one.
	pub registry: Option<Registry>,
}

/// Starts the worker, unless it is switched off or could not submit what it computes. Returns what
/// the RPC methods read.
///
/// # Errors
/// If the folder of blobs cannot be made, a base model cannot be opened, or metrics cannot be
/// registered.
pub fn start<S: OffchainStorage + 'static>(
	setup: Setup,
	client: Arc<FullClient>,
	storage: Option<S>,
	keystore: KeystorePtr,
	sync: Arc<SyncingService<Block>>,
	spawner: SpawnTaskHandle,
) -> Result<SharedStatus, ServiceError> {
	let off = |reason: &str| {
		log::info!(target: LOG_TARGET, "The attribution worker is off: {reason}");
		Ok(SharedStatus::disabled(reason))
	};
	if setup.params.no_attribution {
		return off("switched off by --no-attribution");
	}
	if !setup.offchain_workers {
		return off(
			"off-chain workers do not run on this node; --offchain-worker always starts them",
		);
	}
	let Some(storage) = storage else { return off("the database has no off-chain storage") };

	let params = setup.params;
	let blob_dir = params.blob_dir.unwrap_or(setup.default_blob_dir);
	DirectoryStore::open(&blob_dir).map_err(|e| ServiceError::Other(e.to_string()))?;
	check_base_models(&params.base_models)?;
	let metrics = setup.registry.as_ref().map(Metrics::register).transpose()?;
	let threads = params
		.attribution_threads
		.map_or_else(|| cores().div_ceil(2), |threads| usize::try_from(threads).unwrap_or(1));
	let memory = params.attribution_memory.unwrap_or_else(|| limits::default_memory(threads));
	let program = Program {
		path: own_program()?,
		arguments: arguments(&blob_dir, &params.base_models, memory),
		threads: cores().div_ceil(threads),
		memory,
		timeout: Duration::from_secs(params.attribution_timeout),
	};
	log::info!(
		target: LOG_TARGET,
		"The attribution worker uses at most {threads} processes of at most {memory} MiB, {} s for a \
		 job, and the files in {}",
		program.timeout.as_secs(),
		blob_dir.display()
	);
	let pool = Arc::new(Pool::new(program, threads));

	let chain = NodeChain { client: client.clone(), keystore };
	let mailbox = Mailbox::open(storage);
	let blob_dir = blob_dir.display().to_string();
	let worker = Worker::new(chain, pool.clone(), mailbox, threads, blob_dir, metrics);
	let shared = worker.shared();
	let task = follow(worker, pool, client, sync, spawner.clone());
	spawner.spawn_blocking("attribution-worker", Some("attribution"), task);
	Ok(shared)
}

/// Opens base models and closes them again: they are to be known as usable, and by their hashes,
/// before there is a job. Only the engine's processes keep them in memory.
fn check_base_models(folders: &[PathBuf]) -> Result<(), ServiceError> {
	for folder in folders {
		let base = Base::open(folder)
			.map_err(|error| ServiceError::Other(format!("--base-model: {error}")))?;
		log::info!(
			target: LOG_TARGET,
			"The base model in {} is 0x{}",
			folder.display(),
			hex::encode(base.hash())
		);
		base.close();
	}
	Ok(())
}

/// What an engine's process is started with.
fn arguments(blob_dir: &Path, base_models: &[PathBuf], memory: u64) -> Vec<OsString> {
	let mut arguments: Vec<OsString> = vec![
		ATTRIBUTION_ENGINE.into(),
		"--memory".into(),
		memory.to_string().into(),
		"--blob-dir".into(),
		blob_dir.into(),
	];
	for folder in base_models {
		arguments.extend(["--base-model".into(), folder.into()]);
	}
	arguments
}

/// The program that runs, even if another was put in its place since it started.
fn own_program() -> io::Result<PathBuf> {
	let running = Path::new("/proc/self/exe");
	if running.exists() {
		return Ok(running.into());
	}
	std::env::current_exe()
}

/// Ends the processes with the worker, so that no job keeps the node from ending.
struct StopsWithWorker(Arc<Pool>);

impl Drop for StopsWithWorker {
	fn drop(&mut self) {
		self.0.stop();
	}
}

fn cores() -> usize {
	std::thread::available_parallelism().map_or(1, NonZero::get)
}

async fn follow<S: OffchainStorage + 'static>(
	mut worker: Worker<NodeChain, S>,
	pool: Arc<Pool>,
	client: Arc<FullClient>,
	sync: Arc<SyncingService<Block>>,
	spawner: SpawnTaskHandle,
) {
	let mut imports = client.import_notification_stream().fuse();
	let mut finality = client.finality_notification_stream().fuse();
	let (sender, mut results) = unbounded();
	let pool = StopsWithWorker(pool);

	// First comes what an earlier run left open.
	let info = client.info();
	worker.on_best(info.best_hash, info.best_number);
	worker.on_finalised(info.finalized_hash, info.finalized_number);
	loop {
		while let Some(item) = worker.next_item() {
			spawn(&spawner, pool.0.clone(), item, sender.clone());
		}
		select! {
			block = imports.next() => match block {
				// The jobs of blocks that are being caught up with are long over.
				Some(block) if block.is_new_best && !sync.is_major_syncing() => {
					worker.on_best(block.hash, block.header.number);
				},
				Some(_) => (),
				None => return,
			},
			block = finality.next() => match block {
				Some(block) => worker.on_finalised(block.hash, block.header.number),
				None => return,
			},
			done = results.next() => if let Some(done) = done {
				worker.on_done(done);
			},
		}
	}
}

fn spawn(
	spawner: &SpawnTaskHandle,
	pool: Arc<Pool>,
	item: WorkItem,
	results: UnboundedSender<Done>,
) {
	spawner.spawn_blocking("attribution-job", Some("attribution"), async move {
		let WorkItem { ticket, assignment } = item;
		let started = Instant::now();
		let result = pool.verdict(&assignment);
		let took = started.elapsed();
		// The worker is only gone when the node stops.
		let _ = results.unbounded_send(Done { ticket, result, took });
	});
}

/// The chain as this node sees it.
struct NodeChain {
	client: Arc<FullClient>,
	keystore: KeystorePtr,
}

impl Chain for NodeChain {
	fn keys(&self) -> Vec<AttesterId> {
		let keys = self.keystore.sr25519_public_keys(ATTESTER_KEY_TYPE);
		keys.into_iter().map(Into::into).collect()
	}

	fn assignments(&self, at: Hash, key: &AttesterId) -> Result<Vec<Assignment>, String> {
		self.client
			.runtime_api()
			.assignments(at, key.clone())
			.map_err(|error| format!("the runtime cannot say what is assigned: {error}"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_transformers::files::tiny;

	#[test]
	fn base_models_should_be_usable_or_the_bad_one_named() {
		let folder = tempfile::tempdir().unwrap();
		tiny::bert(folder.path(), &["a good film"], &tiny::TinyConfig::default()).unwrap();
		check_base_models(&[folder.path().to_owned()]).unwrap();
		std::fs::write(folder.path().join("config.json"), "{}").unwrap();
		for wrong in [folder.path().to_owned(), folder.path().join("missing")] {
			let error = check_base_models(std::slice::from_ref(&wrong)).unwrap_err().to_string();
			let named = error.contains("--base-model") && error.contains("config.json");
			assert!(named && error.contains(&wrong.display().to_string()), "{error}");
		}
	}
}
