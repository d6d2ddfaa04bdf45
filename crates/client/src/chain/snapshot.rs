//! Typed reads from the state of one block.

use super::{
	connection::{AtBlock, Chain, Config},
	types::{
		AccountInfo, Attester, Contribution, Datanet, Inference, JobResult, Leaves, Model, Payment,
		Share, Version,
	},
	Hash,
};
use crate::{
	error::{Error, Result},
	keys::AccountId,
	limits::Length,
};
use openledger_primitives::{training_manifest, ContributionId, H256};
use std::{
	future::Future,
	sync::{Mutex, PoisonError},
};
use subxt::{
	ext::{
		frame_decode::storage::{IntoDecodableValues, IntoEncodableValues},
		scale_decode::DecodeAsType,
	},
	extrinsics::ExtrinsicEvents,
	storage::PrefixOf,
	ArcMetadata,
};

/// The state of one block. Each method is one question to the node and fails with
/// [`Error::Unreachable`] or [`Error::Unreadable`].
pub struct Snapshot {
	chain: Chain,
	at: Mutex<AtBlock>,
	hash: Hash,
	number: u64,
}

impl Snapshot {
	pub(super) fn new(chain: Chain, at: AtBlock) -> Self {
		let (hash, number) = (at.block_hash(), at.block_number());
		Self { chain, at: Mutex::new(at), hash, number }
	}

	/// The block's hash.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// The block's number.
	pub fn number(&self) -> u64 {
		self.number
	}

	pub(super) fn chain(&self) -> &Chain {
		&self.chain
	}

	pub(super) fn at_block(&self) -> AtBlock {
		self.at.lock().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Asks about this block; if the connection fails, reconnects and asks again.
	async fn read<T, F, Answer>(&self, what: &str, ask: F) -> Result<T>
	where
		F: Fn(AtBlock) -> Answer,
		Answer: Future<Output = std::result::Result<T, subxt::Error>>,
	{
		loop {
			let error = match ask(self.at_block()).await {
				Ok(answer) => return Ok(answer),
				Err(error) => error,
			};
			if !self.chain.is_lost().await {
				return Err(Error::Unreadable(format!(
					"cannot read {what} at block {}: {error}",
					self.number
				)));
			}
			// Fails once the chain stays away for longer than the connection time-out.
			let hash = self.hash;
			let at = self
				.chain
				.read(what, |connection| async move { Ok(connection.client.at_block(hash).await?) })
				.await?;
			*self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
		}
	}

	/// Reads one storage value; none if it is not set.
	///
	/// # Errors
	/// See the type.
	pub async fn get<K, V>(&self, pallet: &str, entry: &str, keys: K) -> Result<Option<V>>
	where
		K: IntoEncodableValues + IntoDecodableValues + Clone,
		V: DecodeAsType,
	{
		self.read(&format!("{pallet}.{entry}"), |at| {
			let (keys, address) = (keys.clone(), subxt::dynamic::storage::<K, V>(pallet, entry));
			async move {
				let value = at.storage().try_fetch(address, keys).await?;
				Ok(value.map(|v| v.decode()).transpose()?)
			}
		})
		.await
	}

	/// Reads one storage value, or its default.
	///
	/// # Errors
	/// See the type; also if it is not set and has no default.
	pub async fn value<V: DecodeAsType>(&self, pallet: &str, entry: &str) -> Result<V> {
		self.read(&format!("{pallet}.{entry}"), |at| {
			let address = subxt::dynamic::storage::<(), V>(pallet, entry);
			async move { Ok(at.storage().fetch(address, ()).await?.decode()?) }
		})
		.await
	}

	/// Reads all keys and values of a map under a prefix of its keys, in no particular order.
	///
	/// # Errors
	/// See the type.
	pub async fn all<K, V, P>(&self, pallet: &str, entry: &str, prefix: P) -> Result<Vec<(K, V)>>
	where
		K: IntoEncodableValues + IntoDecodableValues,
		V: DecodeAsType,
		P: PrefixOf<K> + Clone,
	{
		self.read(&format!("{pallet}.{entry}"), |at| {
			let (prefix, address) =
				(prefix.clone(), subxt::dynamic::storage::<K, V>(pallet, entry));
			async move {
				let mut entries = at.storage().iter(address, prefix).await?;
				let mut all = Vec::new();
				while let Some(entry) = entries.next().await {
					let entry = entry?;
					all.push((entry.key()?.decode()?, entry.value().decode()?));
				}
				Ok(all)
			}
		})
		.await
	}

	/// Reads one storage value as it is stored; none if it is not set.
	///
	/// # Errors
	/// See the type.
	pub async fn raw<K>(&self, pallet: &str, entry: &str, keys: K) -> Result<Option<Vec<u8>>>
	where
		K: IntoEncodableValues + IntoDecodableValues + Clone,
	{
		self.read(&format!("{pallet}.{entry}"), |at| {
			let address = subxt::dynamic::storage::<K, subxt::dynamic::Value>(pallet, entry);
			let keys = keys.clone();
			async move {
				let value = at.storage().try_fetch(address, keys).await?;
				Ok(value.map(|value| value.into_bytes()))
			}
		})
		.await
	}

	/// Asks the runtime the question `api.method`.
	///
	/// # Errors
	/// See the type.
	pub async fn runtime_api<A, V>(&self, api: &str, method: &str, arguments: A) -> Result<V>
	where
		A: IntoEncodableValues + Clone,
		V: DecodeAsType,
	{
		self.read(&format!("{api}.{method}"), |at| {
			let payload = subxt::dynamic::runtime_api_call::<A, V>(api, method, arguments.clone());
			async move { Ok(at.runtime_apis().call(payload).await?) }
		})
		.await
	}

	/// The metadata of this block's runtime: its names, types and documentation.
	pub fn metadata(&self) -> ArcMetadata {
		self.at_block().metadata()
	}

	/// The hash of the chain's first block, which tells chains apart.
	///
	/// # Errors
	/// If the connection does not know it.
	pub fn genesis(&self) -> Result<Hash> {
		let unknown = || Error::Unreadable("the node does not say which chain this is".into());
		self.at_block().genesis_hash().ok_or_else(unknown)
	}

	/// Reads a constant of the runtime, without asking the node.
	///
	/// # Errors
	/// If there is none of that name and type.
	pub fn constant<V: DecodeAsType>(&self, pallet: &str, name: &str) -> Result<V> {
		let at = self.at_block();
		let value = at.constants().entry(subxt::dynamic::constant::<V>(pallet, name));
		value.map_err(|e| Error::Unreadable(format!("cannot read {pallet}.{name}: {e}")))
	}

	/// What an account holds, and how many transactions it sent; nothing if it does not exist.
	///
	/// # Errors
	/// See the type.
	pub async fn account_info(&self, account: &AccountId) -> Result<AccountInfo> {
		let info: Option<AccountInfo> = self.get("System", "Account", (*account,)).await?;
		Ok(info.unwrap_or_else(AccountInfo::none))
	}

	/// The least that an account may hold, in the smallest unit of OPEN. The chain deletes an account that has
	/// less.
	///
	/// # Errors
	/// [`Error::Unreadable`] if the chain has no such constant.
	pub fn existential_deposit(&self) -> Result<u128> {
		self.constant("Balances", "ExistentialDeposit")
	}

	/// Refuses the first of `lengths` that is longer than the pallet's constant for it.
	///
	/// # Errors
	/// [`Error::TooLong`]; also if there is no such constant.
	pub fn check_lengths(&self, pallet: &str, lengths: &[Length]) -> Result<()> {
		lengths.iter().try_for_each(|one| one.check(self.constant(pallet, one.constant)?))
	}

	/// The events of this block's extrinsic of this hash, `None` if it has no such extrinsic.
	///
	/// # Errors
	/// See the type; also if the block cannot be decoded.
	pub(super) async fn events_of(
		&self,
		extrinsic: Hash,
	) -> Result<Option<ExtrinsicEvents<Config>>> {
		self.read("the extrinsic's events", |at| async move {
			for candidate in at.extrinsics().fetch().await?.iter() {
				let candidate = candidate?;
				if candidate.hash() == extrinsic {
					return Ok(Some(candidate.events().await?));
				}
			}
			Ok(None)
		})
		.await
	}

	/// This block's events of some pallets: pallet, name and the encoding of the fields, in order.
	///
	/// # Errors
	/// See the type; also if the events cannot be decoded.
	pub(super) async fn events(&self, pallets: &[&str]) -> Result<Vec<(String, String, Vec<u8>)>> {
		self.read("the block's events", |at| async move {
			let mut events = Vec::new();
			for event in at.events().fetch().await?.iter() {
				let event = event?;
				let (pallet, name) = (event.pallet_name(), event.event_name());
				if pallets.contains(&pallet) {
					events.push((pallet.into(), name.into(), event.field_bytes().to_vec()));
				}
			}
			Ok(events)
		})
		.await
	}

	/// Reads a datanet.
	///
	/// # Errors
	/// See the type; also if it does not exist. So for the methods below.
	pub async fn datanet(&self, id: u32) -> Result<Datanet> {
		self.found(self.get("Datanets", "Datanets", (id,)).await?, "datanet", id).await
	}

	/// Reads a contribution.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn contribution(&self, id: ContributionId) -> Result<Contribution> {
		self.found(self.get("Datanets", "Contributions", (id,)).await?, "contribution", id).await
	}

	/// Reads a published version of a datanet.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn version(&self, datanet: u32, version: u32) -> Result<Version> {
		match self.get("Datanets", "Versions", (datanet, version)).await? {
			Some(published) => Ok(published),
			None => Err(self.missing(Error::NoVersion { datanet, version }).await),
		}
	}

	/// Reads the contributions of a published version, in order of acceptance.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn version_contributions(
		&self,
		datanet: u32,
		version: u32,
	) -> Result<Vec<(ContributionId, Contribution)>> {
		let count = self.version(datanet, version).await?.contributions;
		let mut contributions = Vec::new();
		for position in 0..count {
			let id: Option<ContributionId> =
				self.get("Datanets", "Accepted", (datanet, position)).await?;
			let id = id.ok_or_else(|| {
				Error::Unreadable(format!(
					"datanet {datanet} has no contribution at position {position}"
				))
			})?;
			contributions.push((id, self.contribution(id).await?));
		}
		Ok(contributions)
	}

	/// Reads a model.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn model(&self, id: u32) -> Result<Model> {
		self.found(self.get("ModelRegistry", "Models", (id,)).await?, "model", id).await
	}

	/// Asks the runtime which leaves the index of a model must have for its training sources, with the
	/// numbers of those of `contributions`.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn leaves(&self, model: u32, contributions: Vec<ContributionId>) -> Result<Leaves> {
		let api = "ModelRegistryApi";
		let count: Option<u32> = self.runtime_api(api, "leaf_count", (model,)).await?;
		let arguments = (model, contributions.clone());
		let numbers: Vec<Option<u32>> = self.runtime_api(api, "leaf_indices", arguments).await?;
		let numbers = contributions.into_iter().zip(numbers);
		Ok(Leaves {
			count: self.found(count, "model", model).await?,
			numbers: numbers.filter_map(|(id, number)| Some((id, number?))).collect(),
		})
	}

	/// Reads the shares of a model's held-out loss, of which there are none before its activation.
	///
	/// # Errors
	/// See the type.
	pub async fn held_out_shares(&self, model: u32) -> Result<Vec<Share>> {
		Ok(self.get("ModelRegistry", "HeldOutShares", (model,)).await?.unwrap_or_default())
	}

	/// Reads an inference.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn inference(&self, id: u64) -> Result<Inference> {
		self.found(self.get("InferenceMarket", "Inferences", (id,)).await?, "inference", id).await
	}

	/// Reads what an inference paid to whom, which is nothing before its settlement.
	///
	/// # Errors
	/// See the type.
	pub async fn payments(&self, inference: u64) -> Result<Vec<Payment>> {
		Ok(self.get("InferenceMarket", "Payments", (inference,)).await?.unwrap_or_default())
	}

	/// Reads the rewards that an account can claim, in the smallest unit of OPEN.
	///
	/// # Errors
	/// See the type.
	pub async fn rewards(&self, account: &AccountId) -> Result<u128> {
		Ok(self.get("InferenceMarket", "Rewards", (*account,)).await?.unwrap_or_default())
	}

	/// Reads how an attribution job ended.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn job_result(&self, job: u64) -> Result<JobResult> {
		self.found(self.get("Attribution", "Results", (job,)).await?, "result of job", job).await
	}

	/// Reads all attesters with their accounts.
	///
	/// # Errors
	/// See the type.
	pub async fn attesters(&self) -> Result<Vec<(AccountId, Attester)>> {
		let all: Vec<((AccountId,), Attester)> = self.all("Attribution", "Attesters", ()).await?;
		Ok(all.into_iter().map(|((account,), attester)| (account, attester)).collect())
	}

	/// The inferences whose answer is still due, by their deadlines: a bounded list, however many
	/// inferences there have been.
	///
	/// # Errors
	/// See the type.
	pub async fn due(&self) -> Result<Vec<u64>> {
		let all: Vec<((u32,), Vec<u64>)> = self.all("InferenceMarket", "Deadlines", ()).await?;
		let mut due: Vec<u64> = all.into_iter().flat_map(|(_, ids)| ids).collect();
		due.sort_unstable();
		Ok(due)
	}

	/// The commitment to the contributions that models trained on `sources` have leaves for: the
	/// hash of the versions' manifests in order.
	///
	/// # Errors
	/// As [`Self::datanet`].
	pub async fn training_manifest(&self, sources: &[(u32, u32)]) -> Result<Hash> {
		let mut manifests = Vec::new();
		for &(datanet, version) in sources {
			manifests.push(H256(self.version(datanet, version).await?.manifest.0));
		}
		Ok(Hash(training_manifest(&manifests).0))
	}

	/// # Errors
	/// As [`Self::missing`], if there is no value.
	async fn found<T>(
		&self,
		value: Option<T>,
		what: &'static str,
		id: impl Into<u64>,
	) -> Result<T> {
		match value {
			Some(value) => Ok(value),
			None => Err(self.missing(Error::NotFound { what, id: id.into() }).await),
		}
	}

	/// The error that something is missing, or that a node which still catches up with the network does not
	/// have it yet.
	pub(super) async fn missing(&self, missing: Error) -> Error {
		if self.chain.is_syncing().await {
			Error::Syncing { missing: Box::new(missing), block: self.number }
		} else {
			missing
		}
	}
}
