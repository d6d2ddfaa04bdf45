//! The chain's state and events, read without the client under test, and calls sent without it.

use crate::{
	state::{address_of, AccountInfo, Address, Contribution, Snapshot},
	Error, Result,
};
use scale_decode::{DecodeAsFields, DecodeAsType};
use scale_encode::EncodeAsFields;
use std::{
	collections::BTreeMap,
	str::FromStr,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};
use subxt::{
	backend::LegacyBackend,
	client::{ClientAtBlock, OnlineClientAtBlockImpl},
	config::{substrate::SubstrateConfig, DefaultExtrinsicParamsBuilder},
	dynamic::{self, Value},
	rpcs::{client::RpcParams, RpcClient},
	transactions::TransactionStatus,
	utils::AccountId32,
	OnlineClient,
};
use subxt_signer::{sr25519::Keypair, SecretUri};
use tokio::runtime::Runtime;

type At = ClientAtBlock<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;
type Event<'a> = subxt::events::Event<'a, SubstrateConfig>;

/// A connection to a node, whose calls block.
pub struct Chain {
	runtime: Runtime,
	rpc: RpcClient,
	client: OnlineClient<SubstrateConfig>,
}

/// An event of a block.
pub struct BlockEvent<'a> {
	/// The number of the block.
	pub block: u64,
	pub pallet: &'a str,
	pub name: &'a str,
	event: &'a Event<'a>,
}

impl BlockEvent<'_> {
	/// Reads the event's fields by name; fields that `T` does not name are skipped.
	///
	/// # Errors
	/// If the fields have other names or types.
	pub fn fields<T: DecodeAsFields>(&self) -> Result<T> {
		Ok(self.event.decode_fields_unchecked_as::<T>().map_err(subxt::Error::from)?)
	}
}

impl Chain {
	/// Connects to the node at `url`.
	///
	/// # Errors
	/// If it does not answer.
	pub fn connect(url: &str) -> Result<Self> {
		// The connection's own tasks go on while nobody waits here.
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.map_err(crate::error::io("start the connection's thread"))?;
		let (rpc, client) = runtime.block_on(async {
			let rpc = RpcClient::from_insecure_url(url).await.map_err(subxt::Error::from)?;
			let backend = LegacyBackend::builder().build(rpc.clone());
			let client = OnlineClient::from_backend(Arc::new(backend)).await?;
			Ok::<_, subxt::Error>((rpc, client))
		})?;
		Ok(Self { runtime, rpc, client })
	}

	/// Calls a method of the node's RPC.
	///
	/// # Errors
	/// If the method fails, or answers with something other than a `T`.
	pub fn rpc<T: serde::de::DeserializeOwned>(
		&self,
		method: &str,
		parameters: RpcParams,
	) -> Result<T> {
		let answer = self.runtime.block_on(self.rpc.request(method, parameters));
		Ok(answer.map_err(subxt::Error::from)?)
	}

	/// The number of the best block.
	///
	/// # Errors
	/// If the node does not answer.
	pub fn best_number(&self) -> Result<u64> {
		self.number_of(&self.rpc::<serde_json::Value>("chain_getHeader", RpcParams::new())?)
	}

	/// The number of the last finalised block.
	///
	/// # Errors
	/// If the node does not answer.
	pub fn finalised_number(&self) -> Result<u64> {
		let hash: String = self.rpc("chain_getFinalizedHead", RpcParams::new())?;
		let mut parameters = RpcParams::new();
		parameters.push(hash).map_err(subxt::Error::from)?;
		self.number_of(&self.rpc::<serde_json::Value>("chain_getHeader", parameters)?)
	}

	/// The hash of block `number` of the best chain, with `0x`; `None` if there is no such block
	/// yet.
	///
	/// # Errors
	/// If the node does not answer.
	pub fn block_hash(&self, number: u64) -> Result<Option<String>> {
		let mut parameters = RpcParams::new();
		parameters.push(number).map_err(subxt::Error::from)?;
		self.rpc("chain_getBlockHash", parameters)
	}

	/// The number of nodes that the node is connected to.
	///
	/// # Errors
	/// If the node does not answer.
	pub fn peers(&self) -> Result<u64> {
		let health: serde_json::Value = self.rpc("system_health", RpcParams::new())?;
		health["peers"]
			.as_u64()
			.ok_or_else(|| Error::Unexpected(format!("health without peers: {health}")))
	}

	/// Waits until block `number` is final.
	///
	/// # Errors
	/// If that takes longer than a minute.
	pub fn wait_until_final(&self, number: u64) -> Result<()> {
		self.wait_for(&format!("finality of block {number}"), Duration::from_secs(60), |chain| {
			Ok((chain.finalised_number()? >= number).then_some(()))
		})
	}

	/// Asks `question` again and again until it has an answer.
	///
	/// # Errors
	/// If it has none in time, or asking fails.
	pub fn wait_for<T>(
		&self,
		what: &str,
		limit: Duration,
		mut question: impl FnMut(&Self) -> Result<Option<T>>,
	) -> Result<T> {
		let started = Instant::now();
		loop {
			if let Some(answer) = question(self)? {
				return Ok(answer);
			}
			if started.elapsed() > limit {
				return Err(Error::Timeout { what: what.into(), seconds: limit.as_secs() });
			}
			thread::sleep(Duration::from_millis(200));
		}
	}

	/// Reads the state at the best block.
	///
	/// # Errors
	/// If it cannot be read or decoded.
	pub fn snapshot(&self) -> Result<Snapshot> {
		self.snapshot_at(self.best_number()?)
	}

	/// Reads the state at a block.
	///
	/// # Errors
	/// If it cannot be read or decoded.
	pub fn snapshot_at(&self, block: u64) -> Result<Snapshot> {
		let snapshot = self.runtime.block_on(async {
			let at = self.client.at_block(block).await?;
			let accounts = entries::<AccountId32, AccountInfo>(&at, "System", "Account").await?;
			let rewards = entries::<AccountId32, u128>(&at, "InferenceMarket", "Rewards").await?;
			let contributions =
				entries::<u64, Contribution>(&at, "Datanets", "Contributions").await?;
			let jobs = entries::<u64, Value>(&at, "Attribution", "Jobs").await?;
			Ok::<_, subxt::Error>(Snapshot {
				block,
				issuance: value(&at, "Balances", "TotalIssuance").await?.unwrap_or_default(),
				accounts: by_address(accounts.into_iter().map(|(account, info)| {
					(account, info.data.free.saturating_add(info.data.reserved))
				})),
				inferences: map(&at, "InferenceMarket", "Inferences").await?,
				payments: map(&at, "InferenceMarket", "Payments").await?,
				rewards: by_address(rewards),
				contributors: contributions
					.into_iter()
					.map(|(id, contribution)| (id, address_of(&contribution.contributor)))
					.collect(),
				results: map(&at, "Attribution", "Results").await?,
				open_jobs: jobs.into_iter().map(|(id, _)| id).collect(),
			})
		})?;
		Ok(snapshot)
	}

	/// Reads a plain storage value at the best block.
	///
	/// # Errors
	/// If it cannot be read or decoded.
	pub fn storage<T: DecodeAsType>(&self, pallet: &str, entry: &str) -> Result<Option<T>> {
		let block = self.best_number()?;
		let read = async {
			let at = self.client.at_block(block).await?;
			value(&at, pallet, entry).await
		};
		let found: Result<_, subxt::Error> = self.runtime.block_on(read);
		Ok(found?)
	}

	/// Gives every event of a block to `visit`.
	///
	/// # Errors
	/// If the events cannot be read or decoded, or `visit` fails.
	pub fn visit_events(
		&self,
		block: u64,
		mut visit: impl FnMut(BlockEvent) -> Result<()>,
	) -> Result<()> {
		let events = self.runtime.block_on(async {
			let at = self.client.at_block(block).await?;
			Ok::<_, subxt::Error>(at.events().fetch().await?)
		})?;
		for event in events.iter() {
			let event = event.map_err(subxt::Error::from)?;
			visit(BlockEvent {
				block,
				pallet: event.pallet_name(),
				name: event.event_name(),
				event: &event,
			})?;
		}
		Ok(())
	}

	/// Signs a call with the account of `key`, sends it and waits until a best block holds it.
	///
	/// # Errors
	/// If it is refused, or fails in the block.
	pub fn submit(
		&self,
		key: &str,
		pallet: &str,
		call: &str,
		fields: impl EncodeAsFields,
	) -> Result<()> {
		let signer = keypair(key)?;
		let address = address_of(&signer.public_key().to_account_id());
		let mut parameters = RpcParams::new();
		parameters.push(address).map_err(subxt::Error::from)?;
		let nonce: u64 = self.rpc("system_accountNextIndex", parameters)?;
		Ok(self.runtime.block_on(async {
			let at = self.client.at_current_block().await?;
			let parameters = DefaultExtrinsicParamsBuilder::new().nonce(nonce).build();
			let mut progress = at
				.transactions()
				.sign_and_submit_then_watch(
					&dynamic::transaction(pallet, call, fields),
					&signer,
					parameters,
				)
				.await?;
			while let Some(status) = progress.next().await {
				match status? {
					TransactionStatus::InBestBlock(block)
					| TransactionStatus::InFinalizedBlock(block) => {
						block.wait_for_success().await?;
						return Ok(());
					},
					TransactionStatus::Error { message }
					| TransactionStatus::Invalid { message }
					| TransactionStatus::Dropped { message } => {
						return Err(subxt::Error::Other(message.into()));
					},
					_ => (),
				}
			}
			Err(subxt::Error::Other("the node stopped reporting on the transaction".into()))
		})?)
	}

	fn number_of(&self, header: &serde_json::Value) -> Result<u64> {
		header["number"]
			.as_str()
			.and_then(|number| u64::from_str_radix(number.trim_start_matches("0x"), 16).ok())
			.ok_or_else(|| Error::Unexpected(format!("a header without number: {header}")))
	}
}

/// The address of the account that a secret URI stands for.
///
/// # Errors
/// If the URI cannot be read.
pub fn address(key: &str) -> Result<Address> {
	Ok(address_of(&keypair(key)?.public_key().to_account_id()))
}

/// The address of the account in which a pallet keeps money, from its id of eight bytes.
pub fn pallet_address(id: &[u8; 8]) -> Address {
	let mut account = [0; 32];
	account[..4].copy_from_slice(b"modl");
	account[4..12].copy_from_slice(id);
	address_of(&AccountId32(account))
}

fn keypair(key: &str) -> Result<Keypair> {
	SecretUri::from_str(key)
		.ok()
		.and_then(|uri| Keypair::from_uri(&uri).ok())
		.ok_or_else(|| Error::Unexpected(format!("{key} is not a secret URI")))
}

async fn value<T: DecodeAsType>(
	at: &At,
	pallet: &str,
	entry: &str,
) -> Result<Option<T>, subxt::Error> {
	match at.storage().try_fetch((pallet, entry), Vec::new()).await? {
		Some(value) => Ok(Some(value.decode_as::<T>()?)),
		None => Ok(None),
	}
}

async fn entries<K: DecodeAsType, V: DecodeAsType>(
	at: &At,
	pallet: &str,
	entry: &str,
) -> Result<Vec<(K, V)>, subxt::Error> {
	let mut found = Vec::new();
	let mut entries = at.storage().iter((pallet, entry), Vec::<Value>::new()).await?;
	while let Some(item) = entries.next().await {
		let item = item?;
		let key = item.key()?.part(0).map(|part| part.decode_as::<K>()).transpose()?.flatten();
		let key = key.ok_or_else(|| {
			subxt::Error::Other(format!("the keys of {pallet}.{entry} cannot be read").into())
		})?;
		found.push((key, item.value().decode_as::<V>()?));
	}
	Ok(found)
}

async fn map<K: DecodeAsType + Ord, V: DecodeAsType>(
	at: &At,
	pallet: &str,
	entry: &str,
) -> Result<BTreeMap<K, V>, subxt::Error> {
	Ok(entries(at, pallet, entry).await?.into_iter().collect())
}

fn by_address(entries: impl IntoIterator<Item = (AccountId32, u128)>) -> BTreeMap<Address, u128> {
	entries.into_iter().map(|(account, amount)| (address_of(&account), amount)).collect()
}
