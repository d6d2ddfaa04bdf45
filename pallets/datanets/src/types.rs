//! What the pallet stores.

use crate::{Config, Error, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure, traits::fungible::Inspect, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::DatanetId;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_runtime::traits::{Get, One, Zero};

/// The runtime's accounts.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Amounts in the smallest unit of the native token.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// The parameters as the runtime stores them.
pub type ParametersOf<T> = Parameters<BalanceOf<T>, BlockNumberFor<T>>;
/// A version as the runtime stores it.
pub type VersionOf<T> = Version<BlockNumberFor<T>>;

/// The validation parameters of a datanet, set by its owner.
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
pub struct DatanetTerms<T: Config> {
	/// What the datanet is called; UTF-8, not empty.
	pub name: BoundedVec<u8, T::MaxName>,
	/// The licence of its data; UTF-8, usually an SPDX identifier.
	pub licence: BoundedVec<u8, T::MaxName>,
	/// Who accepts and rejects contributions; distinct, at least one.
	pub curators: BoundedVec<AccountIdOf<T>, T::MaxCurators>,
	/// Curators who must approve a contribution, `1..=curators.len()`.
	pub approvals: u32,
	/// Held from the contributor for each contribution.
	pub contribution_bond: BalanceOf<T>,
	/// Rows of one contribution at most; not zero.
	pub max_rows: u32,
	/// Bytes of one contribution at most; not zero.
	pub max_bytes: u64,
	/// Who may contribute.
	pub access: Access,
}

impl<T: Config> DatanetTerms<T> {
	/// # Errors
	/// If no contribution could ever be accepted under these terms, or the name is empty.
	pub(crate) fn check(&self) -> Result<(), Error<T>> {
		ensure!(!self.name.is_empty(), Error::<T>::EmptyName);
		ensure!(!self.curators.is_empty(), Error::<T>::NoCurators);
		let repeated = self
			.curators
			.iter()
			.enumerate()
			.any(|(i, curator)| self.curators.iter().take(i).any(|earlier| earlier == curator));
		ensure!(!repeated, Error::<T>::RepeatedCurator);
		ensure!(
			self.approvals > 0 && self.approvals <= count(self.curators.len()),
			Error::<T>::ApprovalsOutOfRange
		);
		ensure!(self.max_rows > 0 && self.max_bytes > 0, Error::<T>::ZeroLimit);
		Ok(())
	}
}

/// Who may contribute to a datanet.
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
pub enum Access {
	/// Any account may contribute.
	Open,
	/// Only the accounts that the owner listed may contribute.
	Permissioned,
}

/// Whether a datanet takes contributions.
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
	/// Anybody whom its terms admit can contribute.
	Open,
	/// It does not, for good. Pending contributions can still be decided.
	Closed,
}

/// A data network for one domain.
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
pub struct Datanet<T: Config> {
	/// Who created it and sets its terms.
	pub owner: AccountIdOf<T>,
	/// Its validation parameters.
	pub terms: DatanetTerms<T>,
	/// What is held of the creation deposit; zero once released.
	pub deposit: BalanceOf<T>,
	/// Whether it takes contributions.
	pub status: Status,
	/// The number of accepted contributions.
	pub accepted: u32,
	/// Rows of the accepted contributions.
	pub rows: u64,
	/// The hash chain over the accepted contributions, see [`openledger_primitives::extend_manifest`].
	pub manifest: H256,
	/// The number of published versions, which is the number of the next one.
	pub versions: u32,
	/// Contributions that wait for a decision.
	pub pending: u32,
}

/// An ordered batch of rows that one account adds to a datanet.
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
pub struct Contribution<T: Config> {
	/// The datanet it is for.
	pub datanet: DatanetId,
	/// Who sent it, and is paid for it.
	pub contributor: AccountIdOf<T>,
	/// Merkle root over the canonical encodings of its rows.
	pub content_root: H256,
	/// Number of rows.
	pub rows: u32,
	/// Bytes of the blob.
	pub bytes: u64,
	/// blake2-256 of the file that holds the rows.
	pub blob: H256,
	/// What is held of the bond; zero once released or taken.
	pub bond: BalanceOf<T>,
	/// The block it was sent in.
	pub submitted: BlockNumberFor<T>,
	/// Whether it waits, was accepted or was rejected.
	pub state: ContributionState<T>,
}

/// Whether a contribution waits, was accepted or was rejected.
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
pub enum ContributionState<T: Config> {
	/// It waits for the curators, and its contributor can take it back.
	Pending {
		/// The curators who approved so far.
		approvals: BoundedVec<AccountIdOf<T>, T::MaxCurators>,
	},
	/// Part of the datanet, for good.
	Accepted {
		/// Its number among the accepted ones, from 0.
		position: u32,
		/// The number of its first row among all accepted rows, from 0.
		first_row: u64,
		/// The block of acceptance.
		at: BlockNumberFor<T>,
	},
	/// It was refused, for good. The same content can be sent again.
	Rejected {
		/// What the curator had to say.
		reason: BoundedVec<u8, T::MaxReason>,
	},
}

/// A frozen prefix of a datanet's accepted contributions.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Version<BlockNumber> {
	/// Number of contributions.
	pub contributions: u32,
	/// Rows of these.
	pub rows: u64,
	/// The hash chain over these, see [`openledger_primitives::extend_manifest`].
	pub manifest: H256,
	/// The block of publication.
	pub at: BlockNumber,
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
pub struct Parameters<Balance, BlockNumber> {
	/// Held from the owner for each datanet; not above `MaxDeposit`.
	pub creation_deposit: Balance,
	/// Blocks after acceptance for which the contribution's bond stays held; not zero, not above
	/// `MaxPeriod`.
	pub bond_period: BlockNumber,
}

impl<Balance: Zero, BlockNumber: One> Default for Parameters<Balance, BlockNumber> {
	fn default() -> Self {
		Self { creation_deposit: Zero::zero(), bond_period: One::one() }
	}
}

impl<T: Config> Pallet<T> {
	/// # Errors
	/// If bonds would be void or held for too long, or datanets too dear to create.
	pub(crate) fn check_parameters(parameters: &ParametersOf<T>) -> Result<(), Error<T>> {
		let Parameters { creation_deposit, bond_period } = *parameters;
		ensure!(!bond_period.is_zero(), Error::<T>::ZeroBondPeriod);
		ensure!(bond_period <= T::MaxPeriod::get(), Error::<T>::BondPeriodTooLong);
		ensure!(creation_deposit <= T::MaxDeposit::get(), Error::<T>::CreationDepositTooHigh);
		Ok(())
	}
}

/// A length as `u32`, saturating.
pub(crate) fn count(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}
