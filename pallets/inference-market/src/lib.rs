#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod requests;
mod rewards;
mod settlement;
pub mod split;
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
pub use settlement::SettlementWeight;
pub use types::{
	Balance, Basis, Inference, InferenceOf, InferenceState, Payment, PaymentsLimit, Receipt,
	Refund, Role, Split,
};
pub use weights::WeightInfo;

/// The target of this pallet's log lines.
pub const LOG_TARGET: &str = "inference-market";

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use openledger_pallet_support::{
		AttributionJobs, ContributionOwners, InferenceId, JobId, ModelId, ModelTerms, Usage,
	};
	use sp_runtime::traits::Zero;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Paid requests, their answers, and what they earn.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The registered models.
		type Models: ModelTerms<Self::AccountId, Balance>;

		/// Who is paid for a contribution.
		type Contributions: ContributionOwners<Self::AccountId>;

		/// Opens attribution jobs.
		type Jobs: AttributionJobs;

		/// What opening one job costs at most.
		type OpenWeight: Get<Weight>;

		/// The treasury's account, which gets the platform fee and what rounding leaves.
		type Treasury: Get<Self::AccountId>;

		/// The identifier from which the market's account is derived.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Bytes of an input at most.
		#[pallet::constant]
		type MaxInput: Get<u32>;

		/// Bytes of an output at most.
		#[pallet::constant]
		type MaxOutput: Get<u32>;

		/// Contributions paid for one inference at most.
		#[pallet::constant]
		type MaxEntries: Get<u32>;

		/// Ancestors of a model at most.
		#[pallet::constant]
		type MaxAncestors: Get<u32>;

		/// Attesters of one job at most.
		#[pallet::constant]
		type MaxCommittee: Get<u32>;

		/// Response deadlines in one block at most.
		#[pallet::constant]
		type MaxPerBlock: Get<u32>;

		/// Blocks by which a deadline may move when its block is full.
		#[pallet::constant]
		type MaxDelay: Get<u32>;

		/// The platform fee at most.
		#[pallet::constant]
		type MaxPlatformFee: Get<Balance>;

		/// Blocks of the response window at most.
		#[pallet::constant]
		type MaxPeriod: Get<BlockNumberFor<Self>>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// Why the market holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The maximum fee of an open inference.
		Inference,
	}

	/// The number of the next inference.
	#[pallet::storage]
	pub type NextInferenceId<T> = StorageValue<_, InferenceId, ValueQuery>;

	/// Every inference ever requested.
	#[pallet::storage]
	pub type Inferences<T: Config> = StorageMap<_, Twox64Concat, InferenceId, InferenceOf<T>>;

	/// Who was paid for a settled inference: contributors, then owners, then attesters. Their sum is
	/// the fee without the treasury's part.
	#[pallet::storage]
	pub type Payments<T: Config> = StorageMap<
		_,
		Twox64Concat,
		InferenceId,
		BoundedVec<Payment<T::AccountId>, PaymentsLimit<T>>,
		ValueQuery,
	>;

	/// Rewards credited and not claimed yet. Never zero where present.
	#[pallet::storage]
	pub type Rewards<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// The unanswered inferences that time out in a block.
	#[pallet::storage]
	pub type Deadlines<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<InferenceId, T::MaxPerBlock>,
		ValueQuery,
	>;

	/// The parameters in force.
	#[pallet::storage]
	pub type Parameters<T: Config> =
		StorageValue<_, types::Parameters<BlockNumberFor<T>>, ValueQuery>;

	/// The parameters at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that the chain starts with. No genesis block can be made with invalid ones.
		pub parameters: types::Parameters<BlockNumberFor<T>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Err(error) = Pallet::<T>::check_parameters(&self.parameters) {
				panic!("the market's genesis parameters are invalid: {error:?}");
			}
			Parameters::<T>::put(self.parameters);
		}
	}

	/// What calls, deadlines and settlements did to inferences and rewards.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A user asked a model.
		Requested {
			inference: InferenceId,
			model: ModelId,
			user: T::AccountId,
			/// What is held from the user until the answer fixes the fee.
			max_fee: Balance,
		},
		/// The host answered.
		Answered {
			inference: InferenceId,
			job: JobId,
			output: BoundedVec<u8, T::MaxOutput>,
			/// What stays held; the rest of the maximum fee is free again.
			fee: Balance,
		},
		/// The fee was split and credited.
		Settled {
			inference: InferenceId,
			fee: Balance,
			/// Whose shares the contributors were paid by: the answer's or the held-out ones.
			basis: Basis,
		},
		/// The user got everything back.
		Refunded { inference: InferenceId, reason: Refund },
		/// An account was paid its rewards.
		RewardsClaimed { account: T::AccountId, amount: Balance },
		/// The parameters were changed.
		ParametersSet { parameters: types::Parameters<BlockNumberFor<T>> },
	}

	/// What can be wrong with a call.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no inference of that number.
		NotFound,
		/// The model is unknown, not activated or retired: it takes no requests.
		ModelNotActive,
		/// The input is longer than `MaxInput`.
		InputTooLong,
		/// The output is longer than `MaxOutput`.
		OutputTooLong,
		/// The maximum fee does not cover the flat price and the platform fee: offer more.
		MaxFeeTooLow,
		/// The caller's free balance does not cover the maximum fee and the existential deposit.
		InsufficientBalance,
		/// The market's account holds less than the existential deposit: send it that much once.
		PotMissing,
		/// The deadlines of too many blocks in a row are full: try again in the next block.
		Busy,
		/// Only the user who asked may do this.
		NotUser,
		/// Only the model's host may do this. The model's owner names it in the model registry.
		NotHost,
		/// The inference is answered already.
		AlreadyAnswered,
		/// The inference was cancelled or refunded.
		NotOpen,
		/// The response deadline has passed: the user was refunded.
		DeadlinePassed,
		/// The inference does not await attribution: it is unanswered, settled or refunded.
		NotAwaitingAttribution,
		/// The caller has no rewards.
		NothingToClaim,
		/// The rewards are below the existential deposit and the caller's account does not exist. They are
		/// kept: wait for more, or fund the account.
		BelowExistentialDeposit,
		/// The parts of the split do not sum to one: name parts that do.
		InvalidSplit,
		/// The response window is zero or above `MaxPeriod`: name one within.
		InvalidWindow,
		/// All inference numbers are taken.
		OutOfNumbers,
		/// The split leaves contributors, owners or attesters nothing: name a share for each of them.
		ShareMissing,
		/// The platform fee is above `MaxPlatformFee`: name no more.
		PlatformFeeTooHigh,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::time_out(now)
		}

		fn integrity_test() {
			assert!(T::MaxPerBlock::get() > 0, "no inference could ever be requested");
			assert!(T::MaxEntries::get() > 0, "no contribution could ever be paid");
			assert!(!T::MaxPeriod::get().is_zero(), "a response window has a block at least");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Asks `model` and holds `max_fee`, which must cover a flat price and the platform fee.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::request(
			types::length(input),
			T::MaxDelay::get().saturating_add(1)
		))]
		pub fn request(
			origin: OriginFor<T>,
			model: ModelId,
			input: Vec<u8>,
			max_fee: Balance,
		) -> DispatchResultWithPostInfo {
			let user = ensure_signed(origin)?;
			let bytes = types::length(&input);
			let queues = Self::do_request(user, model, input, max_fee)?;
			Ok(Some(T::WeightInfo::request(bytes, queues)).into())
		}

		/// Takes back an unanswered request and releases what it holds. By its user only.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::cancel(types::max_record::<T>()))]
		pub fn cancel(origin: OriginFor<T>, inference: InferenceId) -> DispatchResult {
			let user = ensure_signed(origin)?;
			Self::do_cancel(&user, inference)
		}

		/// Answers a request: fixes the fee, releases the rest of the hold and opens the attribution
		/// job. By the model's host only, before the deadline.
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::respond(T::MaxInput::get(), types::length(output))
				.saturating_add(T::OpenWeight::get())
		)]
		pub fn respond(
			origin: OriginFor<T>,
			inference: InferenceId,
			output: Vec<u8>,
			usage: Usage,
		) -> DispatchResult {
			let host = ensure_signed(origin)?;
			Self::do_respond(&host, inference, output, usage)
		}

		/// Pays out the caller's rewards.
		#[pallet::call_index(3)]
		pub fn claim_rewards(origin: OriginFor<T>) -> DispatchResult {
			let account = ensure_signed(origin)?;
			Self::do_claim_rewards(account)
		}

		/// Replaces the parameters. Open inferences keep their price, platform fee and deadline, and are
		/// split by the parameters of the block that settles them.
		///
		/// # Errors
		/// If the caller is not the admin origin, or a value is out of its range.
		#[pallet::call_index(4)]
		pub fn set_parameters(
			origin: OriginFor<T>,
			parameters: types::Parameters<BlockNumberFor<T>>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::check_parameters(&parameters)?;
			Parameters::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}
	}
}
