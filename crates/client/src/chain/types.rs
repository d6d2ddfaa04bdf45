//! What the chain stores about data, models, answers and accounts. Fields and variants are matched by name,
//! amounts are in the smallest unit of OPEN, and blocks are numbers.
//!
//! Bytes that stand for text come from others and may hold anything: see [`text`](crate::format::text).

use super::Hash;
use crate::keys::AccountId;
use openledger_primitives::{ContributionId, IndexCommitment, Width, H256};
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;
use std::collections::BTreeMap;

/// Who may contribute to a datanet.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
	/// Every account may contribute.
	Open,
	/// Only the accounts on the owner's list may contribute.
	Permissioned,
}

/// The validation parameters of a datanet, which its owner sets.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
pub struct DatanetTerms {
	/// The datanet's name in UTF-8.
	pub name: Vec<u8>,
	/// The licence of its data in UTF-8.
	pub licence: Vec<u8>,
	/// The accounts that accept and reject contributions.
	pub curators: Vec<AccountId>,
	/// How many of them must accept a contribution.
	pub approvals: u32,
	/// What is held from a contributor for each contribution until some time after it was accepted.
	pub contribution_bond: u128,
	/// The most rows that one contribution may have.
	pub max_rows: u32,
	/// The most bytes that one contribution may have.
	pub max_bytes: u64,
	/// Who may contribute.
	pub access: Access,
}

/// Whether a datanet takes contributions.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum DatanetStatus {
	/// It takes contributions.
	Open,
	/// Its owner closed it for good.
	Closed,
}

/// A datanet: what it demands of contributions, and how many it has.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Datanet {
	pub owner: AccountId,
	pub terms: DatanetTerms,
	pub deposit: u128,
	pub status: DatanetStatus,
	pub accepted: u32,
	pub rows: u64,
	pub manifest: Hash,
	pub versions: u32,
	pub pending: u32,
}

/// Where a contribution stands.
#[derive(DecodeAsType, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ContributionState {
	/// Curators have not decided yet; these accepted it so far.
	Pending { approvals: Vec<AccountId> },
	/// Enough curators accepted it, and it stands at this position of its datanet's list.
	Accepted { position: u32, first_row: u64, at: u32 },
	/// A curator rejected it for good, for this reason.
	Rejected { reason: Vec<u8> },
}

/// A contribution: who sent how much, and the hashes that commit to its rows.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Contribution {
	pub datanet: u32,
	pub contributor: AccountId,
	pub content_root: Hash,
	pub rows: u32,
	pub bytes: u64,
	pub blob: Hash,
	pub bond: u128,
	pub submitted: u32,
	pub state: ContributionState,
}

/// A published version: the datanet's first so many accepted contributions, frozen.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Version {
	pub contributions: u32,
	pub rows: u64,
	pub manifest: Hash,
	pub at: u32,
}

/// A published version that a model was trained on.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct TrainingSource {
	pub datanet: u32,
	pub version: u32,
}

/// What one inference costs before the platform fee.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pricing {
	/// Each call costs the same.
	PerCall(u128),
	/// A call costs by the tokens that it uses.
	PerThousandTokens {
		/// The price of 1,000 tokens of input.
		input: u128,
		/// The price of 1,000 tokens of output.
		output: u128,
	},
}

/// How many bits each coordinate of a sketch has.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum IndexWidth {
	Int8,
	Int16,
}

/// A model's commitment to its influence index.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct IndexRecord {
	pub root: Hash,
	pub leaf_count: u32,
	pub dimension: u32,
	pub width: IndexWidth,
}

impl From<IndexCommitment> for IndexRecord {
	fn from(index: IndexCommitment) -> Self {
		let width = match index.width {
			Width::Int8 => IndexWidth::Int8,
			Width::Int16 => IndexWidth::Int16,
		};
		let IndexCommitment { root, leaf_count, dimension, .. } = index;
		Self { root: Hash(root.0), leaf_count, dimension, width }
	}
}

impl From<&IndexRecord> for IndexCommitment {
	fn from(record: &IndexRecord) -> Self {
		let width = match record.width {
			IndexWidth::Int8 => Width::Int8,
			IndexWidth::Int16 => Width::Int16,
		};
		let &IndexRecord { root, leaf_count, dimension, .. } = record;
		Self { root: H256(root.0), leaf_count, dimension, width }
	}
}

/// The leaves that the training sources of a model demand, as the runtime tells them.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
	/// How many there must be.
	pub count: u32,
	/// The number of the leaf of each contribution in question; those that the model was not trained on are
	/// left out.
	pub numbers: BTreeMap<ContributionId, u32>,
}

/// A model as its developer registers it.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Registration {
	pub name: Vec<u8>,
	pub weights: Hash,
	/// The descriptor of its architecture in JSON.
	pub architecture: Vec<u8>,
	pub parent: Option<u32>,
	pub sources: Vec<TrainingSource>,
	pub index: IndexRecord,
	/// How the index was built, in JSON.
	pub index_parameters: Vec<u8>,
	pub index_file: Hash,
	pub manifest: Hash,
	pub held_out: Hash,
	pub host: AccountId,
	pub pricing: Pricing,
	/// What models derived from this one pass on to its owner, in parts per million.
	pub royalty: u32,
}

/// The parameters of the registry of models.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct RegistryParameters {
	pub registration_fee: u128,
}

/// Whether a model answers requests.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ModelStatus {
	Registered,
	Active,
	Retired,
}

/// A registered model.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Model {
	pub owner: AccountId,
	pub registration: Registration,
	pub status: ModelStatus,
	pub registered: u32,
}

/// A contribution's share of what contributors are paid, in billionths.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Share {
	pub contribution: u64,
	pub parts: u32,
}

impl From<&Share> for openledger_primitives::Share {
	fn from(&Share { contribution, parts }: &Share) -> Self {
		Self { contribution, parts }
	}
}

/// The tokens that an inference used.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Usage {
	pub input_tokens: u32,
	pub output_tokens: u32,
}

/// By which shares the contributors of an inference were paid.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
	/// By those of its own attribution.
	Attributed,
	/// By those that the model committed to for its held-out rows, because no contribution helped or nobody
	/// attributed the answer in time.
	HeldOut,
}

/// The answer to an inference, and how its fee was split; the four amounts sum to the fee.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Receipt {
	pub output: Vec<u8>,
	pub job: u64,
	pub fee: u128,
	pub basis: Basis,
	pub at: u32,
	pub contributors: u128,
	pub owners: u128,
	pub attesters: u128,
	pub treasury: u128,
}

/// Why the user of an inference got its money back.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Refund {
	Cancelled,
	TimedOut,
	WrongAnswer,
}

impl Refund {
	/// Names it in lower case, its words joined by `_`.
	pub fn name(self) -> &'static str {
		match self {
			Self::Cancelled => "cancelled",
			Self::TimedOut => "timed_out",
			Self::WrongAnswer => "wrong_answer",
		}
	}
}

/// Where an inference stands.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub enum InferenceState {
	Requested,
	Answered { output: Vec<u8>, usage: Usage, fee: u128, job: u64 },
	Settled(Receipt),
	Refunded(Refund),
}

impl InferenceState {
	/// Names it in one word.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Requested => "requested",
			Self::Answered { .. } => "answered",
			Self::Settled(_) => "settled",
			Self::Refunded(_) => "refunded",
		}
	}
}

/// An inference: what was asked for how much, and where it stands.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Inference {
	pub user: AccountId,
	pub model: u32,
	pub input: Vec<u8>,
	pub max_fee: u128,
	pub pricing: Pricing,
	pub platform_fee: u128,
	pub requested: u32,
	pub deadline: u32,
	pub state: InferenceState,
}

/// What an account was paid for.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
	/// For this contribution.
	Contributor(u64),
	/// For the model, or for its ancestor so many generations up.
	Owner(u32),
	/// For the attribution.
	Attester,
}

/// One payment of a settlement.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Payment {
	pub account: AccountId,
	pub role: Role,
	pub amount: u128,
}

/// How a fee without the platform fee is split, in parts per million.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Split {
	pub contributors: u32,
	pub owners: u32,
	pub attesters: u32,
	pub treasury: u32,
}

/// The parameters of the market of inferences.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct MarketParameters {
	pub split: Split,
	pub platform_fee: u128,
	pub response_window: u32,
}

/// Whether an attester can be drawn for jobs.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum AttesterStatus {
	Bonded,
	Unbonding { until: u32 },
}

/// An attester: its bond, and whether it can be drawn.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Attester {
	pub bond: u128,
	pub status: AttesterStatus,
}

/// How an attribution job ended.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub enum Ending {
	Attributed { shares: Vec<Share> },
	WrongAnswer { output: Vec<u8> },
	Unattributed,
}

/// The result of an attribution job.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct JobResult {
	pub model: u32,
	pub inference: u64,
	pub attempt: u32,
	pub attesters: Vec<AccountId>,
	/// blake2-256 of the SCALE claim.
	pub claim: Hash,
	/// The block that holds the claim.
	pub at: u32,
	pub ending: Ending,
}

/// The balances of an account.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct AccountData {
	pub free: u128,
	pub reserved: u128,
	pub frozen: u128,
}

/// An account as the chain stores it.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct AccountInfo {
	pub nonce: u32,
	pub data: AccountData,
}

impl AccountInfo {
	/// Whether the account holds nothing, and so does not exist.
	pub fn is_empty(&self) -> bool {
		self.data.free == 0 && self.data.reserved == 0
	}

	/// An account that does not exist.
	pub fn none() -> Self {
		Self { nonce: 0, data: AccountData { free: 0, reserved: 0, frozen: 0 } }
	}
}
