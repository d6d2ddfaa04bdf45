#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod activation;
mod leaves;
mod registration;
pub mod runtime_api;
mod terms;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use polkadot_sdk::*;

pub use pallet::*;
pub use types::{BalanceOf, Model, ParametersOf, Registration, Status};
pub use weights::WeightInfo;

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::boxed::Box;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use openledger_pallet_support::{ModelId, Pricing, TrainingData};
	use openledger_primitives::{Attribution, Share};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Models, their indices and their terms of business.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// The native token.
		type Currency: fungible::Mutate<Self::AccountId>;

		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The treasury's account, which gets the registration fees.
		type Treasury: Get<Self::AccountId>;

		/// The published versions.
		type TrainingData: TrainingData;

		/// Bytes of a name at most.
		#[pallet::constant]
		type MaxName: Get<u32>;

		/// Bytes of an architecture descriptor and of index parameters at most.
		#[pallet::constant]
		type MaxDescriptor: Get<u32>;

		/// Versions a model is trained on at most.
		#[pallet::constant]
		type MaxSources: Get<u32>;

		/// Entries of a held-out attribution at most.
		#[pallet::constant]
		type MaxEntries: Get<u32>;

		/// Coordinates of an index's sketches at most.
		#[pallet::constant]
		type MaxDimension: Get<u32>;

		/// Ancestors of a model at most.
		#[pallet::constant]
		type MaxAncestors: Get<u32>;

		/// What a registration may cost at most.
		#[pallet::constant]
		type MaxDeposit: Get<BalanceOf<Self>>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// The number of the next model.
	#[pallet::storage]
	pub type NextModelId<T> = StorageValue<_, ModelId, ValueQuery>;

	/// Every model ever registered.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, Model<T>>;

	/// The verified shares of the held-out loss of each activated model, best first. They sum to
	/// [`openledger_primitives::PARTS`].
	#[pallet::storage]
	pub type HeldOutShares<T: Config> =
		StorageMap<_, Twox64Concat, ModelId, BoundedVec<Share, T::MaxEntries>, ValueQuery>;

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
				panic!("the genesis parameters of the model registry are invalid: {error:?}");
			}
			Parameters::<T>::put(self.parameters);
		}
	}

	/// What the calls of this pallet did to models.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model was registered.
		Registered { model: ModelId, owner: T::AccountId },
		/// A model's index was checked: it takes requests.
		Activated { model: ModelId },
		/// Later requests see a new price.
		PriceUpdated { model: ModelId, pricing: Pricing<BalanceOf<T>> },
		/// Another account answers from now on.
		HostSet { model: ModelId, host: T::AccountId },
		/// A model takes no new requests.
		Retired { model: ModelId },
		/// The parameters were changed.
		ParametersSet { parameters: ParametersOf<T> },
	}

	/// What can go wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no model of that number.
		NotFound,
		/// Only the model's owner may do this.
		NotOwner,
		/// The name is empty.
		EmptyName,
		/// The model names no version it was trained on.
		NoSources,
		/// A version the model was trained on is not published: its datanet's owner or a curator publishes it
		/// with `publish_version`.
		SourceNotPublished,
		/// Two versions of one datanet are named: the later one contains the earlier.
		RepeatedDatanet,
		/// The index has no leaves.
		NoLeaves,
		/// The index's dimension is zero or above `MaxDimension`.
		DimensionOutOfRange,
		/// There is no parent model of that number.
		ParentNotFound,
		/// The parent model was never activated: it has to be active or retired.
		ParentNotActivated,
		/// The line of descent is longer than `MaxAncestors`.
		TooManyAncestors,
		/// The caller's free balance does not cover the registration fee and the existential deposit.
		InsufficientBalance,
		/// The model is active, or was.
		AlreadyActivated,
		/// The model is not active.
		NotActive,
		/// The model is retired.
		Retired,
		/// The index has not one leaf for each contribution of the sources: it was built over others. Register
		/// again.
		LeafCountMismatch,
		/// The manifest is not that of the sources in their order: register again.
		ManifestMismatch,
		/// The query sketch is not the one whose hash was registered.
		HeldOutMismatch,
		/// No contribution has a positive score: nobody could be paid.
		NoEntries,
		/// An entry's contribution is not in the sources.
		NotInModel,
		/// An entry's leaf has another number than its contribution must have.
		WrongLeafNumber,
		/// There are more entries than `MaxEntries`.
		TooManyEntries,
		/// The query sketch has another dimension than the index.
		QueryDimension,
		/// A leaf's sketch has another dimension than the index.
		LeafDimension,
		/// A leaf's sketch has another width than the index.
		LeafWidth,
		/// The index has no leaf of an entry's number.
		NoSuchLeaf,
		/// A contribution stands in two entries.
		Repeated,
		/// An entry ranks above the one before it.
		Unsorted,
		/// A score is zero or negative.
		NotPositive,
		/// A score is not the dot product of query and leaf.
		WrongScore,
		/// A proof does not lead from its leaf to the index root.
		WrongProof,
		/// The registration fee is above `MaxDeposit`: name no more.
		RegistrationFeeTooHigh,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxName::get() > 0, "a model needs room for a name");
			assert!(T::MaxSources::get() > 0, "a model needs room for a source");
			assert!(T::MaxEntries::get() > 0, "an attribution needs room for an entry");
			assert!(
				(1..=openledger_primitives::MAX_DIMENSION).contains(&T::MaxDimension::get()),
				"scores of this dimension could overflow"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a model owned by the caller, who pays the registration fee to the treasury. It takes
		/// requests once it is activated.
		///
		/// # Errors
		/// If the sources are not published or not of distinct datanets, the index is empty or its dimension
		/// out of range, the parent was never activated or its line of descent is full, or the fee is not
		/// covered.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(
			types::count(registration.sources.len()),
			registration.parent.map_or(0, |_| T::MaxAncestors::get()),
		))]
		pub fn register(
			origin: OriginFor<T>,
			registration: Box<Registration<T>>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register(who, *registration)
		}

		/// Activates the caller's registered model. Each contribution of its sources must have a leaf (count and
		/// manifest), and `held_out`, the attribution of the held-out loss, must hold: query sketch,
		/// leaf numbers, every score and every proof. Its shares are stored.
		///
		/// # Errors
		/// If the caller is not the owner, the model was activated before, or anything does not hold.
		#[pallet::call_index(1)]
		#[pallet::weight(Pallet::<T>::weight_of_activate(held_out))]
		pub fn activate(
			origin: OriginFor<T>,
			model: ModelId,
			held_out: Attribution,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_activate(&who, model, held_out)
		}

		/// Sets the price that later requests see. Open requests keep theirs.
		///
		/// # Errors
		/// If the caller is not the owner, or the model is retired.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::update())]
		pub fn update_price(
			origin: OriginFor<T>,
			model: ModelId,
			pricing: Pricing<BalanceOf<T>>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_update_price(&who, model, pricing)
		}

		/// Sets the account that answers requests, open ones too; also of a retired model, whose open
		/// requests are still answered.
		///
		/// # Errors
		/// If the caller is not the owner.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::update())]
		pub fn set_host(
			origin: OriginFor<T>,
			model: ModelId,
			host: T::AccountId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_host(&who, model, host)
		}

		/// Ends an active model: it takes no new requests. Open ones are still answered and settled, and models
		/// derived from it still pay its royalty.
		///
		/// # Errors
		/// If the caller is not the owner, or the model is not active.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::update())]
		pub fn retire(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire(&who, model)
		}

		/// Changes the parameters.
		///
		/// # Errors
		/// If the caller is not the admin origin, or the registration fee is above `MaxDeposit`.
		#[pallet::call_index(5)]
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
