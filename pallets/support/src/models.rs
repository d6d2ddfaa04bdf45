//! What attribution and the market need to know of a model.

use crate::{ModelId, Pricing};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use openledger_primitives::{ContributionId, IndexCommitment, Share};
use polkadot_sdk::{sp_core::H256, sp_runtime::Permill};
use scale_info::TypeInfo;

/// The files an attester needs to recompute an answer and attribute it, by blake2-256.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Artifacts {
	/// The hash of the weights file.
	pub weights: H256,
	/// The hash of the influence index file.
	pub index: H256,
}

/// Reads the influence index of a model.
pub trait IndexedModels {
	/// The committed index, while the model is active or was active (a retired model's open
	/// inferences still settle).
	fn index(model: ModelId) -> Option<IndexCommitment>;

	/// The files behind the model.
	fn artifacts(model: ModelId) -> Option<Artifacts>;

	/// The number of the leaf that must hold `contribution`: leaves follow the order of the
	/// model's training sources, and within each the order of acceptance.
	fn leaf_index(model: ModelId, contribution: ContributionId) -> Option<u32>;
}

/// What the market asks for and whom it pays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms<AccountId, Balance> {
	/// The account that may answer.
	pub host: AccountId,
	/// What the user pays, before the platform fee.
	pub pricing: Pricing<Balance>,
}

/// One owner in a model's line of descent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payee<AccountId> {
	/// The account that is credited.
	pub owner: AccountId,
	/// The share of what reaches this owner that passes on to the owner of the parent model.
	/// Zero for a model without parent.
	pub passes_on: Permill,
}

/// Reads a model's terms of business.
pub trait ModelTerms<AccountId, Balance> {
	/// Terms for new requests; `None` unless the model is active.
	fn terms(model: ModelId) -> Option<Terms<AccountId, Balance>>;

	/// The account that may answer open requests of a model that is active or was.
	fn host(model: ModelId) -> Option<AccountId>;

	/// The owner, then the owners of its ancestors, nearest first. Empty for an unknown model.
	fn payees(model: ModelId) -> Vec<Payee<AccountId>>;

	/// Shares used when an inference has no attribution of its own: those of the model's held-out
	/// loss, verified at activation. They sum to [`openledger_primitives::PARTS`].
	fn held_out_shares(model: ModelId) -> Vec<Share>;
}
