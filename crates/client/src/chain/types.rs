//! What the chain stores, as the client reads and writes it. Fields and variants are matched by
//! name.

use super::Hash;
use crate::keys::AccountId;
use openledger_primitives::{IndexCommitment, Width, H256};
use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;

/// Who may contribute.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
	/// Everybody.
	Open,
	/// The owner's list.
	Permissioned,
}

/// The validation parameters of a datanet.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
pub struct DatanetTerms {
	/// UTF-8.
	pub name: Vec<u8>,
	/// UTF-8.
	pub licence: Vec<u8>,
	/// Who may accept and reject.
	pub curators: Vec<AccountId>,
	/// Votes needed.
	pub approvals: u32,
	/// Held from each contributor, in units.
	pub contribution_bond: u128,
	/// Rows of one contribution.
	pub max_rows: u32,
	/// Bytes of one contribution.
	pub max_bytes: u64,
	/// Who may contribute.
	pub access: Access,
}

/// Whether a datanet takes contributions.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum DatanetStatus {
	/// It does.
	Open,
	/// No longer.
	Closed,
}

/// A datanet.
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
	/// Awaits votes.
	Pending { approvals: Vec<AccountId> },
	/// Appended to its datanet.
	Accepted { position: u32, first_row: u64, at: u32 },
	/// Refused for good.
	Rejected { reason: Vec<u8> },
}

/// A contribution.
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

/// A published version of a datanet.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Version {
	pub contributions: u32,
	pub rows: u64,
	pub manifest: Hash,
	pub at: u32,
}

/// A version a model was trained on.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct TrainingSource {
	pub datanet: u32,
	pub version: u32,
}

/// What one inference costs before the platform fee, in units.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pricing {
	/// Flat.
	PerCall(u128),
	/// By tokens.
	PerThousandTokens {
		/// For 1,000 tokens of input.
		input: u128,
		/// For 1,000 tokens of output.
		output: u128,
	},
}

/// Bits of a coordinate.
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

/// A model as registered.
#[derive(EncodeAsType, DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Registration {
	pub name: Vec<u8>,
	pub weights: Hash,
	/// JSON.
	pub architecture: Vec<u8>,
	pub parent: Option<u32>,
	pub sources: Vec<TrainingSource>,
	pub index: IndexRecord,
	/// JSON.
	pub index_parameters: Vec<u8>,
	pub index_file: Hash,
	pub manifest: Hash,
	pub held_out: Hash,
	pub host: AccountId,
	pub pricing: Pricing,
	/// Parts per million.
	pub royalty: u32,
}

/// The registry's parameters.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct RegistryParameters {
	pub registration_fee: u128,
}

/// Whether a model serves.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ModelStatus {
	Registered,
	Active,
	Retired,
}

/// A model.
#[derive(DecodeAsType, Clone, Debug)]
#[allow(missing_docs)]
pub struct Model {
	pub owner: AccountId,
	pub registration: Registration,
	pub status: ModelStatus,
	pub registered: u32,
}

/// A contribution's share in billionths.
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

/// Tokens used by an inference.
#[derive(EncodeAsType, DecodeAsType, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)]
pub struct Usage {
	pub input_tokens: u32,
	pub output_tokens: u32,
}

/// Which shares an inference was settled by.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
	/// Those of its own attribution.
	Attributed,
	/// Those of the model's held-out loss.
	HeldOut,
}

/// How the fee of an inference was split; the four amounts sum to the fee.
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

/// Why an inference was refunded.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Refund {
	Cancelled,
	TimedOut,
	WrongAnswer,
}

impl Refund {
	/// One word for it, its parts joined by `_`.
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
	/// One word for it.
	pub fn name(&self) -> &'static str {
		match self {
			Self::Requested => "requested",
			Self::Answered { .. } => "answered",
			Self::Settled(_) => "settled",
			Self::Refunded(_) => "refunded",
		}
	}
}

/// An inference.
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
	/// A contribution.
	Contributor(u64),
	/// The model, or its ancestor so many generations up.
	Owner(u32),
	/// The attribution.
	Attester,
}

/// One payment of a settlement, in units.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Payment {
	pub account: AccountId,
	pub role: Role,
	pub amount: u128,
}

/// Parts of a fee, in parts per million.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Split {
	pub contributors: u32,
	pub owners: u32,
	pub attesters: u32,
	pub treasury: u32,
}

/// The market's parameters.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct MarketParameters {
	pub split: Split,
	pub platform_fee: u128,
	pub response_window: u32,
}

/// Whether an attester can be drawn.
#[derive(DecodeAsType, Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum AttesterStatus {
	Bonded,
	Unbonding { until: u32 },
}

/// An attester.
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

/// An account's balances, in units.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct AccountData {
	pub free: u128,
	pub reserved: u128,
	pub frozen: u128,
}

/// An account.
#[derive(DecodeAsType, Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct AccountInfo {
	pub nonce: u32,
	pub data: AccountData,
}

impl AccountInfo {
	/// An account that does not exist.
	pub fn none() -> Self {
		Self { nonce: 0, data: AccountData { free: 0, reserved: 0, frozen: 0 } }
	}
}
