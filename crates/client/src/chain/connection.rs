//! The connection to a node, and how it comes back.

use super::{Hash, Snapshot};
use crate::{
	error::{Error, Result},
	format::hex,
	keys::AccountId,
};
use openledger_primitives::blake2_256;
use std::{
	future::Future,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, Instant},
};
use subxt::{
	backend::LegacyBackend,
	config::{substrate::SubstrateConfig, RpcConfigFor},
	rpcs::{client::RpcParams, methods::legacy::LegacyRpcMethods, RpcClient},
	OnlineClient, OnlineClientAtBlock,
};

/// The chain's configuration: 32-byte accounts, blake2-256, the standard transaction extensions.
pub(super) type Config = SubstrateConfig;
pub(super) type AtBlock = OnlineClientAtBlock<Config>;
pub(super) type Rpc = LegacyRpcMethods<RpcConfigFor<Config>>;

const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(8);
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);

/// The delay before retry number `attempt`, counted from 0. It is a quarter of a second at first,
/// doubles each time, and is eight seconds at most.
pub fn backoff(attempt: u32) -> Duration {
	let factor = 1u32.checked_shl(attempt).unwrap_or(u32::MAX);
	FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY)
}

#[derive(Clone)]
pub(super) struct Connection {
	pub client: OnlineClient<Config>,
	pub rpc: Rpc,
	raw: RpcClient,
}

/// A block: its position in the chain and the hashes of its extrinsics.
pub(super) struct Block {
	pub number: u64,
	pub parent: Hash,
	pub extrinsics: Vec<Hash>,
}

/// Takes one line about what the connection waits for.
type Tell = dyn Fn(&str) + Send + Sync;

/// A chain, reached through one node. Reads survive a lost connection: they reconnect with
/// exponential backoff for as long as the connection time-out allows, and are asked again.
/// Transactions are never sent twice.
#[derive(Clone)]
pub struct Chain {
	inner: Arc<Inner>,
}

struct Inner {
	url: String,
	timeout: Duration,
	tell: Box<Tell>,
	/// All connections share it, so metadata is fetched once.
	config: Config,
	connection: Mutex<Connection>,
}

impl Chain {
	/// Connects to the node at `url`, and tries again for up to `timeout`.
	///
	/// # Errors
	/// [`Error::BadAddress`] if that is not an address, [`Error::Unreachable`] if nobody answers.
	pub async fn connect(url: &str, timeout: Duration) -> Result<Self> {
		Self::connect_telling(url, timeout, |_| {}).await
	}

	/// Connects as [`Self::connect`] does. `tell` gets one line for people whenever the node does
	/// not answer and is tried again, now and as long as this connection is used.
	///
	/// # Errors
	/// The errors of [`Self::connect`].
	pub async fn connect_telling(
		url: &str,
		timeout: Duration,
		tell: impl Fn(&str) + Send + Sync + 'static,
	) -> Result<Self> {
		if !["ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme)) {
			return Err(Error::BadAddress(url.to_owned()));
		}
		let config = Config::new();
		let connection = Mutex::new(establish(url, timeout, &config, &tell).await?);
		let inner = Inner { url: url.into(), timeout, tell: Box::new(tell), config, connection };
		Ok(Self { inner: Arc::new(inner) })
	}

	/// The state of the newest block the node knows.
	///
	/// # Errors
	/// [`Error::Unreachable`] or [`Error::Unreadable`].
	pub async fn best(&self) -> Result<Snapshot> {
		self.at(self.head(false).await?).await
	}

	/// The state of the last finalized block.
	///
	/// # Errors
	/// [`Error::Unreachable`].
	pub async fn finalized(&self) -> Result<Snapshot> {
		self.at(self.head(true).await?).await
	}

	/// The state of the block with this hash.
	///
	/// # Errors
	/// [`Error::Unreachable`], or [`Error::Unreadable`] if the node does not have it.
	pub async fn at(&self, hash: Hash) -> Result<Snapshot> {
		let at = self
			.read(&format!("block {}", hex(hash)), |connection| async move {
				Ok(connection.client.at_block(hash).await?)
			})
			.await?;
		Ok(Snapshot::new(self.clone(), at))
	}

	/// The state of the block with this number in the canonical chain.
	///
	/// # Errors
	/// [`Error::Unreachable`], or [`Error::Unreadable`] if there is no such block.
	pub async fn at_number(&self, number: u32) -> Result<Snapshot> {
		let at = self
			.read(&format!("block {number}"), |connection| async move {
				Ok(connection.client.at_block(u64::from(number)).await?)
			})
			.await?;
		Ok(Snapshot::new(self.clone(), at))
	}

	/// The hash of the newest block: of all that the node knows, or of those that are final.
	pub(super) async fn head(&self, finalized: bool) -> Result<Hash> {
		self.read("the newest block", |connection| async move {
			if finalized {
				return Ok(connection.rpc.chain_get_finalized_head().await?);
			}
			let hash = connection.rpc.chain_get_block_hash(None).await?;
			hash.ok_or_else(|| subxt::Error::other_str("the node has no block"))
		})
		.await
	}

	/// The position of a block and its extrinsics.
	pub(super) async fn block(&self, hash: Hash) -> Result<Block> {
		self.read(&format!("block {}", hex(hash)), |connection| async move {
			let details = connection.rpc.chain_get_block(Some(hash)).await?;
			let block =
				details.ok_or_else(|| subxt::Error::other_str("the node does not have it"))?.block;
			Ok(Block {
				number: block.header.number,
				parent: block.header.parent_hash,
				extrinsics: block.extrinsics.iter().map(|e| Hash(blake2_256(&e.0).0)).collect(),
			})
		})
		.await
	}

	/// The calls of `pallet.call` in the block with this number: the block's hash, and the place and raw
	/// arguments of each, in SCALE. The block alone is read, which every node keeps, and not its state,
	/// which most drop after some minutes; so its extrinsics are decoded by the runtime of `at`.
	///
	/// # Errors
	/// [`Error::Unreachable`], or [`Error::Unreadable`] if there is no such block.
	pub async fn calls(
		&self,
		number: u32,
		at: &Snapshot,
		pallet: &str,
		call: &str,
	) -> Result<(Hash, Vec<(u32, Vec<Vec<u8>>)>)> {
		let (hash, bytes) = self
			.read(&format!("block {number}"), |connection| async move {
				let missing = || subxt::Error::other_str("the node does not have it");
				let hash = connection.rpc.chain_get_block_hash(Some(number.into())).await?;
				let hash = hash.ok_or_else(missing)?;
				let block = connection.rpc.chain_get_block(Some(hash)).await?;
				let extrinsics = block.ok_or_else(missing)?.block.extrinsics;
				Ok((hash, extrinsics.into_iter().map(|extrinsic| extrinsic.0).collect()))
			})
			.await?;
		let found = find_calls(at, bytes, pallet, call).await;
		Ok((hash, found.into_iter().map(|found| (found.place, found.arguments)).collect()))
	}

	/// The raw arguments of those transactions in the node's pool that `account` signed and that
	/// call `pallet.call`. They are decoded by the runtime of `at`.
	///
	/// # Errors
	/// [`Error::Unreachable`] or [`Error::Unreadable`].
	pub async fn pending_calls(
		&self,
		at: &Snapshot,
		account: &AccountId,
		pallet: &str,
		call: &str,
	) -> Result<Vec<Vec<Vec<u8>>>> {
		let pending: Vec<String> = self
			.read("the transaction pool", |connection| async move {
				let parameters = subxt::rpcs::client::rpc_params![];
				Ok(connection.raw.request("author_pendingExtrinsics", parameters).await?)
			})
			.await?;
		let bytes = pending
			.iter()
			.filter_map(|text| hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok())
			.collect();
		let found = find_calls(at, bytes, pallet, call).await;
		let own = found.into_iter().filter(|found| found.signer.ends_with(&account.0));
		Ok(own.map(|found| found.arguments).collect())
	}

	/// Asks `ask`. While the connection fails, reconnects and asks again, so the question must not
	/// change anything.
	pub(super) async fn read<T, F, Answer>(&self, what: &str, ask: F) -> Result<T>
	where
		F: Fn(Connection) -> Answer,
		Answer: Future<Output = std::result::Result<T, subxt::Error>>,
	{
		let started = Instant::now();
		loop {
			let error = match ask(self.connection()).await {
				Ok(answer) => return Ok(answer),
				Err(error) => error,
			};
			if !self.is_lost().await {
				return Err(Error::Unreadable(format!("cannot read {what}: {error}")));
			}
			if started.elapsed() >= self.inner.timeout {
				return Err(self.unreachable(cause(&error.to_string())));
			}
			(self.inner.tell)(&format!("connection to {} lost, reconnecting", self.inner.url));
			self.reconnect().await?;
		}
	}

	/// Whether the connection has failed. If it has not, the question was refused.
	pub(super) async fn is_lost(&self) -> bool {
		use subxt::rpcs::Error as E;
		let ping = self.connection();
		let answer = tokio::time::timeout(ATTEMPT_LIMIT, ping.rpc.system_chain()).await;
		matches!(answer, Err(_) | Ok(Err(E::Client(_) | E::DisconnectedWillReconnect(_))))
	}

	/// Calls a method of the node once: it may change something.
	pub(super) async fn request(
		&self,
		method: &str,
		parameters: RpcParams,
	) -> std::result::Result<serde_json::Value, subxt::rpcs::Error> {
		self.connection().raw.request(method, parameters).await
	}

	/// Whether the node says that it still catches up with the network; not, if it does not say.
	pub(super) async fn is_syncing(&self) -> bool {
		let health = self.connection().rpc.system_health().await;
		health.is_ok_and(|health| health.is_syncing)
	}

	pub(super) fn unreachable(&self, reason: impl ToString) -> Error {
		Error::Unreachable { url: self.inner.url.clone(), reason: reason.to_string() }
	}

	pub(super) fn connection(&self) -> Connection {
		self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Replaces the connection, and tries again for up to the connection time-out.
	async fn reconnect(&self) -> Result<()> {
		let Inner { url, timeout, tell, config, connection } = &*self.inner;
		let fresh = establish(url, *timeout, config, tell).await?;
		*connection.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
		Ok(())
	}
}

/// A call among extrinsics.
struct FoundCall {
	/// The number of its extrinsic among them.
	place: u32,
	/// The address that signed it in SCALE, which ends with the account; empty if nobody did.
	signer: Vec<u8>,
	/// Its arguments in SCALE.
	arguments: Vec<Vec<u8>>,
}

/// The calls of `pallet.call` among extrinsics. What the runtime of `at` cannot decode is none of them.
async fn find_calls(
	at: &Snapshot,
	extrinsics: Vec<Vec<u8>>,
	pallet: &str,
	call: &str,
) -> Vec<FoundCall> {
	let at = at.at_block();
	let extrinsics = at.extrinsics().from_bytes(extrinsics).await;
	(0u32..)
		.zip(extrinsics.iter())
		.filter_map(|(place, extrinsic)| Some((place, extrinsic.ok()?)))
		.filter(|(_, e)| e.pallet_name() == pallet && e.call_name() == call)
		.map(|(place, e)| FoundCall {
			place,
			signer: e.address_bytes().unwrap_or_default().to_vec(),
			arguments: e.iter_call_data_fields().map(|field| field.bytes().to_vec()).collect(),
		})
		.collect()
}

async fn establish(
	url: &str,
	timeout: Duration,
	config: &Config,
	tell: &Tell,
) -> Result<Connection> {
	let started = Instant::now();
	let mut attempt = 0u32;
	loop {
		let limit = ATTEMPT_LIMIT.min(timeout.max(Duration::from_secs(1)));
		let reason = match tokio::time::timeout(limit, open(url, config)).await {
			Ok(Ok(connection)) => return Ok(connection),
			Ok(Err(error)) => cause(&error.to_string()),
			Err(_) => format!("no answer within {} s", limit.as_secs()),
		};
		let delay = backoff(attempt);
		if started.elapsed().saturating_add(delay) > timeout {
			let tries = attempt.saturating_add(1);
			let reason =
				format!("{reason} ({tries} attempts in {:.1} s)", started.elapsed().as_secs_f32());
			return Err(Error::Unreachable { url: url.into(), reason });
		}
		if attempt == 0 {
			tell(&format!("cannot reach the chain at {url} yet, trying again: {reason}"));
		}
		tokio::time::sleep(delay).await;
		attempt = attempt.saturating_add(1);
	}
}

/// What a transport error says, without the layers that only pass it on.
fn cause(text: &str) -> String {
	let layers = ["Other RPC client error: ", "Backend error: ", "RPC error: ", "client error: "];
	let mut rest = text;
	while let Some(inner) = layers.iter().find_map(|layer| rest.strip_prefix(layer)) {
		rest = inner;
	}
	rest.to_owned()
}

async fn open(url: &str, config: &Config) -> std::result::Result<Connection, subxt::Error> {
	let rpc_client = RpcClient::from_insecure_url(url).await?;
	// The legacy methods read any block that the node has. The newer ones read only blocks that
	// they have pinned.
	let backend =
		LegacyBackend::<Config>::builder().storage_page_size(512).build(rpc_client.clone());
	let client = OnlineClient::from_backend_with_config(config.clone(), Arc::new(backend)).await?;
	Ok(Connection { client, rpc: LegacyRpcMethods::new(rpc_client.clone()), raw: rpc_client })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn cause_should_be_the_innermost_reason_when_layers_repeat() {
		let nested = "Backend error: RPC error: RPC error: client error: connection refused";
		assert_eq!(cause(nested), "connection refused");
	}

	#[test]
	fn backoff_should_double_up_to_a_limit_when_attempts_fail() {
		let delays: Vec<_> = (0..7).map(|attempt| backoff(attempt).as_millis()).collect();
		assert_eq!(delays, [250, 500, 1000, 2000, 4000, 8000, 8000]);
		assert_eq!(backoff(u32::MAX), LONGEST_DELAY);
	}
}
