#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod contributions;
mod terms;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
mod versions;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use polkadot_sdk::*;

pub use pallet::*;
pub use types::{
	Access, BalanceOf, Contribution, ContributionState, Datanet, DatanetTerms, ParametersOf,
	Status, Version, VersionOf,
};
pub use weights::WeightInfo;

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use openledger_pallet_support::{DatanetId, VersionNumber};
	use openledger_primitives::ContributionId;
	use sp_core::H256;
	use sp_runtime::traits::Zero;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Datanets and their contributions.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The treasury's account, which gets the bonds that curators take.
		type Treasury: Get<Self::AccountId>;

		/// Bytes of a name and of a licence at most.
		#[pallet::constant]
		type MaxName: Get<u32>;

		/// Curators of one datanet at most.
		#[pallet::constant]
		type MaxCurators: Get<u32>;

		/// Bytes of a rejection's reason at most.
		#[pallet::constant]
		type MaxReason: Get<u32>;

		/// What may be held from the owner for a datanet at most.
		#[pallet::constant]
		type MaxDeposit: Get<BalanceOf<Self>>;

		/// Blocks of the bond period at most.
		#[pallet::constant]
		type MaxPeriod: Get<BlockNumberFor<Self>>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit of a datanet's owner.
		CreationDeposit,
		/// The bond of a contribution, from its sending until `bond_period` blocks after its acceptance.
		ContributionBond,
	}

	/// The number of the next datanet.
	#[pallet::storage]
	pub type NextDatanetId<T> = StorageValue<_, DatanetId, ValueQuery>;

	/// Every datanet ever created.
	#[pallet::storage]
	pub type Datanets<T: Config> = StorageMap<_, Twox64Concat, DatanetId, Datanet<T>>;

	/// The number of the next contribution, counted over all datanets.
	#[pallet::storage]
	pub type NextContributionId<T> = StorageValue<_, ContributionId, ValueQuery>;

	/// Every contribution that was not withdrawn.
	#[pallet::storage]
	pub type Contributions<T: Config> =
		StorageMap<_, Twox64Concat, ContributionId, Contribution<T>>;

	/// The pending and accepted contributions of all datanets, by content root.
	#[pallet::storage]
	pub type ContentRoots<T> = StorageMap<_, Blake2_128Concat, H256, ContributionId>;

	/// The accepted contributions of each datanet, by position.
	#[pallet::storage]
	pub type Accepted<T> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, u32, ContributionId>;

	/// The published versions of each datanet.
	#[pallet::storage]
	pub type Versions<T: Config> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Twox64Concat, VersionNumber, VersionOf<T>>;

	/// The accounts that may contribute to each permissioned datanet.
	#[pallet::storage]
	pub type Contributors<T: Config> =
		StorageDoubleMap<_, Twox64Concat, DatanetId, Blake2_128Concat, T::AccountId, ()>;

	/// The parameters in force.
	#[pallet::storage]
	pub type Parameters<T: Config> = StorageValue<_, ParametersOf<T>, ValueQuery>;

	/// The parameters at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that the chain starts with. No genesis block can be made with invalid ones.
		pub parameters: ParametersOf<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Err(error) = Pallet::<T>::check_parameters(&self.parameters) {
				panic!("the genesis parameters of the datanets are invalid: {error:?}");
			}
			Parameters::<T>::put(self.parameters);
		}
	}

	/// What the calls of this pallet did to datanets and contributions.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A datanet was created.
		Created { datanet: DatanetId, owner: T::AccountId },
		/// A datanet has new terms.
		Updated { datanet: DatanetId },
		/// An account was put on a datanet's list of contributors, or off it.
		ContributorSet {
			datanet: DatanetId,
			who: T::AccountId,
			/// Whether it may contribute now, if the datanet is permissioned.
			allowed: bool,
		},
		/// A contribution was sent and waits for the curators.
		Contributed { contribution: ContributionId, datanet: DatanetId, contributor: T::AccountId },
		/// A curator approved a contribution.
		Approved {
			contribution: ContributionId,
			curator: T::AccountId,
			/// The approvals that count now, this one included.
			approvals: u32,
		},
		/// A contribution became part of its datanet.
		Accepted {
			contribution: ContributionId,
			datanet: DatanetId,
			/// Its number among the datanet's accepted contributions, from 0.
			position: u32,
			/// The number of its first row among the datanet's accepted rows, from 0.
			first_row: u64,
		},
		/// A curator refused a contribution.
		Rejected {
			contribution: ContributionId,
			curator: T::AccountId,
			/// What went from the contributor to the treasury; zero if the bond was released.
			bond_taken: BalanceOf<T>,
		},
		/// A contributor took a pending contribution back.
		Withdrawn { contribution: ContributionId },
		/// A contribution's bond is free again.
		BondReleased {
			contribution: ContributionId,
			contributor: T::AccountId,
			amount: BalanceOf<T>,
		},
		/// The accepted contributions were frozen under a number.
		VersionPublished {
			datanet: DatanetId,
			version: VersionNumber,
			contributions: u32,
			rows: u64,
			/// The hash chain over its contributions.
			manifest: H256,
		},
		/// A datanet takes no more contributions.
		Closed { datanet: DatanetId },
		/// The deposit of a closed datanet is free again.
		DepositReleased { datanet: DatanetId, owner: T::AccountId, amount: BalanceOf<T> },
		/// The parameters were changed.
		ParametersSet { parameters: ParametersOf<T> },
	}

	/// What can go wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no datanet of that number.
		NotFound,
		/// There is no contribution of that number: it was never sent, or was withdrawn.
		ContributionNotFound,
		/// Only the datanet's owner may do this.
		NotOwner,
		/// Only a curator of the datanet may do this.
		NotCurator,
		/// Only who sent the contribution may do this.
		NotContributor,
		/// Only the datanet's owner or one of its curators may do this.
		NotOwnerOrCurator,
		/// The datanet is permissioned and the caller is not on its list: ask its owner.
		NotAllowed,
		/// A curator may not approve their own contribution: another curator has to.
		OwnContribution,
		/// The datanet is closed.
		Closed,
		/// A contribution with this content root is pending or accepted already, perhaps in another datanet.
		Duplicate,
		/// The contribution has no rows or no bytes.
		EmptyContribution,
		/// The contribution has more rows than the datanet's terms permit: split it.
		TooManyRows,
		/// The contribution has more bytes than the datanet's terms permit: split it.
		TooManyBytes,
		/// The contribution is accepted or rejected already.
		NotPending,
		/// The contribution is not accepted: only accepted ones have a bond to wait for.
		NotAccepted,
		/// The curator approved this contribution already.
		AlreadyApproved,
		/// The reason is longer than `MaxReason`.
		ReasonTooLong,
		/// No contribution was accepted since the last version.
		NothingNew,
		/// The bond period is not over: wait until `bond_period` blocks after acceptance.
		BondPeriodNotOver,
		/// Nothing is held for the contribution.
		NoBond,
		/// The caller's free balance does not cover the deposit or bond.
		InsufficientBalance,
		/// The name is empty.
		EmptyName,
		/// There are no curators.
		NoCurators,
		/// A curator is named twice.
		RepeatedCurator,
		/// The approvals needed are zero, or more than there are curators.
		ApprovalsOutOfRange,
		/// The limit on rows or bytes is zero.
		ZeroLimit,
		/// The bond period is zero: bonds would be void. Name one block at least.
		ZeroBondPeriod,
		/// The bond period is above `MaxPeriod`: name no more.
		BondPeriodTooLong,
		/// The creation deposit is above `MaxDeposit`: name no more.
		CreationDepositTooHigh,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxName::get() > 0, "a datanet needs room for a name");
			assert!(T::MaxCurators::get() > 0, "a datanet needs a curator");
			assert!(!T::MaxPeriod::get().is_zero(), "a bond period has a block at least");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a datanet owned by the caller, from whom the creation deposit is held.
		///
		/// # Errors
		/// If the terms could not work, or the deposit is not covered.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create())]
		pub fn create(origin: OriginFor<T>, terms: DatanetTerms<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_create(who, terms)
		}

		/// Gives a datanet new terms. They apply to later contributions and votes: pending ones keep their
		/// bond, and approvals by accounts that are no longer curators stop counting.
		///
		/// # Errors
		/// If the caller is not the owner, or the terms could not work.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::update())]
		pub fn update(
			origin: OriginFor<T>,
			datanet: DatanetId,
			terms: DatanetTerms<T>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_update(&who, datanet, terms)
		}

		/// Puts an account on the list of a permissioned datanet, or takes it off. The list may be
		/// prepared while the datanet is open to all.
		///
		/// # Errors
		/// If the caller is not the owner.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_contributor())]
		pub fn set_contributor(
			origin: OriginFor<T>,
			datanet: DatanetId,
			who: T::AccountId,
			allowed: bool,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_contributor(&owner, datanet, who, allowed)
		}

		/// Sends a contribution: `content_root` is the Merkle root over its `rows` rows, `blob` the
		/// blake2-256 of the file of `bytes` bytes that holds them. The bond is held.
		///
		/// # Errors
		/// If the datanet is closed or does not admit the caller, the contribution is empty or above the
		/// datanet's limits, its content root is pending or accepted anywhere, or the bond is not covered.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::contribute())]
		pub fn contribute(
			origin: OriginFor<T>,
			datanet: DatanetId,
			content_root: H256,
			rows: u32,
			bytes: u64,
			blob: H256,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_contribute(who, datanet, content_root, rows, bytes, blob)
		}

		/// Approves a pending contribution. With enough approvals it is accepted: appended to the datanet, its
		/// first row number fixed. A curator may repeat an approval only where the approvals given suffice
		/// under terms that were changed since.
		///
		/// # Errors
		/// If the caller is not a curator or is the contributor, the contribution is decided, or the caller
		/// approved it before.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::approve())]
		pub fn approve(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_approve(who, contribution)
		}

		/// Rejects a pending contribution for good. Its bond is released or, if `take_bond`, goes to the
		/// treasury. The same content may be sent again.
		///
		/// # Errors
		/// If the caller is not a curator, the contribution is decided, or the reason is too long.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::reject(types::count(reason.len())))]
		pub fn reject(
			origin: OriginFor<T>,
			contribution: ContributionId,
			reason: Vec<u8>,
			take_bond: bool,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_reject(who, contribution, reason, take_bond)
		}

		/// Takes the caller's pending contribution back and releases its bond.
		///
		/// # Errors
		/// If the caller did not send it, or it is decided.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw(&who, contribution)
		}

		/// Releases the bond of a contribution that was accepted at least `bond_period` blocks ago. Anyone may
		/// call this.
		///
		/// # Errors
		/// If the contribution is not accepted, the period is not over, or nothing is held.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::release_bond())]
		pub fn release_bond(origin: OriginFor<T>, contribution: ContributionId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release_bond(contribution)
		}

		/// Freezes the accepted contributions under the next version number.
		///
		/// # Errors
		/// If the caller is neither owner nor curator, or nothing was accepted since the last version.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::publish_version())]
		pub fn publish_version(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_publish_version(&who, datanet)
		}

		/// Closes a datanet to new contributions, for good. Pending ones can still be decided; the deposit
		/// is released when none is pending.
		///
		/// # Errors
		/// If the caller is not the owner, or the datanet is closed.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn close(origin: OriginFor<T>, datanet: DatanetId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_close(&who, datanet)
		}

		/// Changes the parameters. Deposits already held stay as they are; the bond period applies to
		/// every bond still held.
		///
		/// # Errors
		/// If the caller is not the admin origin, the bond period is zero or above `MaxPeriod`, or the creation
		/// deposit is above `MaxDeposit`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: ParametersOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::check_parameters(&parameters)?;
			Parameters::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}
	}
}
