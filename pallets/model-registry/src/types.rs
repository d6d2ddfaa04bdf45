//! What the pallet stores.

use crate::{Config, Error, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure, traits::fungible::Inspect, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{ModelId, Pricing, TrainingSource};
use openledger_primitives::IndexCommitment;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_runtime::{
	traits::{Get, Zero},
	Permill,
};

/// The runtime's accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Amounts in the smallest unit of the native token.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// The parameters as the runtime stores them.
pub type ParametersOf<T> = Parameters<BalanceOf<T>>;

/// What an owner says of a model. Only host and pricing can change later.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound(T: Config))]
pub struct Registration<T: Config> {
	/// What the model is called; UTF-8, not empty.
	pub name: BoundedVec<u8, T::MaxName>,
	/// blake2-256 of the weights file.
	pub weights: H256,
	/// The architecture descriptor, JSON.
	pub architecture: BoundedVec<u8, T::MaxDescriptor>,
	/// The model it was derived from.
	pub parent: Option<ModelId>,
	/// The versions it was trained on; of distinct datanets, at least one. Leaves follow this order.
	pub sources: BoundedVec<TrainingSource, T::MaxSources>,
	/// What the influence index commits to.
	pub index: IndexCommitment,
	/// How the index was built, JSON.
	pub index_parameters: BoundedVec<u8, T::MaxDescriptor>,
	/// blake2-256 of the index file.
	pub index_file: H256,
	/// Fixes which contributions have a leaf, and in which order: see [`openledger_primitives::training_manifest`].
	pub manifest: H256,
	/// Hash of the query sketch of the held-out loss ([`openledger_primitives::Sketch::hash`]).
	pub held_out: H256,
	/// The account that answers requests.
	pub host: AccountIdOf<T>,
	/// What one inference costs.
	pub pricing: Pricing<BalanceOf<T>>,
	/// What the owner of a model derived from this one passes on to this model's owner.
	pub royalty: Permill,
}

/// Whether a model takes requests.
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
pub enum Status {
	/// Its index is not checked yet: it takes no requests.
	Registered,
	/// It takes requests.
	Active,
	/// It was active and takes no new requests.
	Retired,
}

/// A registered model.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[scale_info(skip_type_params(T))]
#[codec(mel_bound(T: Config))]
pub struct Model<T: Config> {
	/// Who registered it and is paid for it.
	pub owner: AccountIdOf<T>,
	/// What the owner says of it.
	pub registration: Registration<T>,
	/// Whether it takes requests.
	pub status: Status,
	/// The block of registration.
	pub registered: BlockNumberFor<T>,
}

impl<T: Config> Model<T> {
	/// Whether its index was checked: it is active, or was.
	pub fn was_activated(&self) -> bool {
		self.status != Status::Registered
	}
}

/// What the admin origin can change.
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
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters<Balance> {
	/// Paid to the treasury for each registration; not above `MaxDeposit`.
	pub registration_fee: Balance,
}

impl<Balance: Zero> Default for Parameters<Balance> {
	fn default() -> Self {
		Self { registration_fee: Zero::zero() }
	}
}

impl<T: Config> Pallet<T> {
	/// # Errors
	/// If models would be too dear to register.
	pub(crate) fn check_parameters(parameters: &ParametersOf<T>) -> Result<(), Error<T>> {
		ensure!(
			parameters.registration_fee <= T::MaxDeposit::get(),
			Error::<T>::RegistrationFeeTooHigh
		);
		Ok(())
	}
}

/// A length as `u32`, saturating.
pub(crate) fn count(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}
