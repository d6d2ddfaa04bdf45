#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod attesters;
mod authorize;
mod claims;
mod committee;
mod jobs;
mod keys;
pub mod mailbox;
mod offchain;
pub mod runtime_api;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use polkadot_sdk::*;

pub use authorize::{claim_message, ClaimRefusal, CLAIM_DOMAIN, MAX_PROOF};
pub use committee::COMMITTEE_SIZE;
pub use jobs::OpenWeight;
pub use keys::{sr25519, AttesterKeys, ATTESTER_KEY_TYPE};
pub use mailbox::Draft;
pub use pallet::*;
pub use runtime_api::Assignment;
// The trait that clients call; the runtime implements the one declared beside it.
#[cfg(feature = "std")]
pub use runtime_api::AttributionApi;
pub use types::{
	Attester, AttesterStatus, BalanceOf, Claim, ClaimFault, ClaimOf, ClaimSize, Ending, Job,
	JobResult, SignatureOf, Verdict,
};
pub use weights::WeightInfo;

/// The target of this pallet's log lines.
pub const LOG_TARGET: &str = "attribution";

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Randomness},
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
	use openledger_pallet_support::{IndexedModels, InferenceId, Inferences, JobId, Settlement};
	use sp_application_crypto::RuntimeAppPublic;
	use sp_runtime::traits::{Convert, Zero};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Jobs, attesters and their claims.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides. Its transaction extensions must contain
	/// `frame_system::AuthorizeCall`.
	#[pallet::config]
	pub trait Config:
		CreateAuthorizedTransaction<Call<Self>> + polkadot_sdk::frame_system::Config
	{
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The session key with which attesters sign claims.
		type AttesterId: Member + Parameter + RuntimeAppPublic + Ord + MaxEncodedLen;

		/// Tells which account has which session key.
		type Keys: AttesterKeys<Self::AccountId, Self::AttesterId>;

		/// Seeds the drawing of committees.
		type Randomness: Randomness<Self::Hash, BlockNumberFor<Self>>;

		/// The models' influence indices.
		type Models: IndexedModels;

		/// The answered inferences: what was asked, and what the host answered.
		type Inferences: Inferences;

		/// The market, which pays by the result of a job.
		type Settlement: Settlement<Self::AccountId>;

		/// What a settlement costs at most, by the number of contributions it pays.
		type SettlementWeight: Convert<u32, Weight>;

		/// How many attesters can be bonded at the same time.
		#[pallet::constant]
		type MaxAttesters: Get<u32>;

		/// Attesters of one job at most.
		#[pallet::constant]
		type MaxCommittee: Get<u32>;

		/// Entries of a claim at most, whatever the parameters say.
		#[pallet::constant]
		type MaxEntries: Get<u32>;

		/// Versions that a model is trained on at most.
		#[pallet::constant]
		type MaxSources: Get<u32>;

		/// Bytes of a recomputed answer at most.
		#[pallet::constant]
		type MaxOutput: Get<u32>;

		/// Job deadlines in one block at most.
		#[pallet::constant]
		type MaxPerBlock: Get<u32>;

		/// Blocks by which a deadline may move when its block is full.
		#[pallet::constant]
		type MaxDelay: Get<u32>;

		/// Blocks after which a claim's `sent` is too long ago.
		#[pallet::constant]
		type ClaimLongevity: Get<u32>;

		/// What may be held from an attester at most.
		#[pallet::constant]
		type MaxDeposit: Get<BalanceOf<Self>>;

		/// Blocks at most of the unbonding period, and of the claim windows of all attempts together.
		#[pallet::constant]
		type MaxPeriod: Get<BlockNumberFor<Self>>;

		/// Attempts at most, whatever the parameters say. Each is drawn at the chain's expense.
		#[pallet::constant]
		type MaxAttempts: Get<u32>;

		/// Priority of a claim in the transaction pool. One sent later counts a little more, and so replaces
		/// its predecessor.
		#[pallet::constant]
		type ClaimPriority: Get<TransactionPriority>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// Why attribution holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The bond of an attester, from its registration to the withdrawal.
		Bond,
	}

	/// Attesters, bonded and leaving. Whoever has an open job is one of them.
	#[pallet::storage]
	pub type Attesters<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Attester<BalanceOf<T>, BlockNumberFor<T>>>;

	/// The attesters that can be drawn.
	#[pallet::storage]
	pub type Bonded<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxAttesters>, ValueQuery>;

	/// The number of the next job.
	#[pallet::storage]
	pub type NextJobId<T> = StorageValue<_, JobId, ValueQuery>;

	/// The jobs that still wait for a claim. One that has ended is in `Results`.
	#[pallet::storage]
	pub type Jobs<T: Config> = StorageMap<_, Twox64Concat, JobId, Job<T>>;

	/// The open jobs of each attester, with the attempt.
	#[pallet::storage]
	pub type Assignments<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, JobId, u32>;

	/// How each job that is not open ended.
	#[pallet::storage]
	pub type Results<T: Config> = StorageMap<_, Twox64Concat, JobId, JobResult<T>>;

	/// The open jobs whose attempt ends in a block.
	#[pallet::storage]
	pub type Deadlines<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<JobId, T::MaxPerBlock>,
		ValueQuery,
	>;

	/// The parameters in force.
	#[pallet::storage]
	pub type Parameters<T: Config> =
		StorageValue<_, types::Parameters<BalanceOf<T>, BlockNumberFor<T>>, ValueQuery>;

	/// The parameters and the first attesters.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that the chain starts with. No genesis block can be made with invalid ones.
		pub parameters: types::Parameters<BalanceOf<T>, BlockNumberFor<T>>,
		/// Accounts bonded from the start, out of their own balance. Whether they have session keys is
		/// not checked.
		pub attesters: Vec<T::AccountId>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Err(error) = Pallet::<T>::check_parameters(&self.parameters) {
				panic!("the genesis parameters of attribution are invalid: {error:?}");
			}
			Parameters::<T>::put(self.parameters);
			for attester in &self.attesters {
				if let Err(error) = Pallet::<T>::bond(attester) {
					panic!("the genesis attester {attester:?} cannot be bonded: {error:?}");
				}
			}
		}
	}

	/// What calls did to attesters and jobs, and deadlines to jobs.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account became an attester.
		Registered {
			attester: T::AccountId,
			/// What is held from the attester from now on.
			bond: BalanceOf<T>,
		},
		/// An attester is no longer drawn.
		Deregistered {
			attester: T::AccountId,
			/// From this block on the bond can be withdrawn, if none of the attester's jobs is open.
			until: BlockNumberFor<T>,
		},
		/// An attester that left has its bond back.
		BondWithdrawn { attester: T::AccountId, amount: BalanceOf<T> },
		/// A job was opened and its first committee drawn.
		JobOpened {
			job: JobId,
			inference: InferenceId,
			/// Who attests. Empty if nobody is bonded: then the job is drawn again at its deadline.
			committee: BoundedVec<T::AccountId, T::MaxCommittee>,
		},
		/// An attempt failed and the next committee was drawn.
		Redrawn {
			job: JobId,
			/// The attempt that begins, counted from 0.
			attempt: u32,
			/// Who attests from now on. Empty if nobody is bonded.
			committee: BoundedVec<T::AccountId, T::MaxCommittee>,
		},
		/// A claim was checked completely and holds.
		ClaimAccepted { job: JobId, attester: T::AccountId },
		/// A claim was checked and does not hold, which ended the attempt of its attester.
		ClaimRefused { job: JobId, attester: T::AccountId, error: ClaimFault },
		/// A job ended; `Results` says how.
		JobEnded { job: JobId, inference: InferenceId },
		/// The parameters were changed.
		ParametersSet { parameters: types::Parameters<BalanceOf<T>, BlockNumberFor<T>> },
	}

	/// What can be wrong with a call.
	#[pallet::error]
	pub enum Error<T> {
		/// No job of that number is open: it ended, or never was.
		JobNotOpen,
		/// The job is at another attempt: ask for the current assignments.
		WrongAttempt,
		/// The attester is not in the job's committee.
		NotInCommittee,
		/// The claim was sent more than `ClaimLongevity` blocks ago: sign it again with a new `sent`.
		SentTooLongAgo,
		/// The claim says it was sent in a block that does not exist yet: let the node synchronise.
		SentInFuture,
		/// The claim has more entries than the parameters allow: send the best ones only.
		TooManyEntries,
		/// A sketch has more coordinates than the parameters allow.
		DimensionTooLarge,
		/// A proof has more hashes than a tree can be deep.
		ProofTooLong,
		/// The recomputed answer is longer than `MaxOutput`.
		OutputTooLong,
		/// The account has no session keys: set them with `session.set_keys` first.
		NoSessionKeys,
		/// The signature is not that of the attester's session key over this claim on this chain: check the key
		/// in the node's keystore.
		BadSignature,
		/// The caller is an attester already, perhaps a leaving one: withdraw the bond first.
		AlreadyRegistered,
		/// The caller is no attester: register first.
		NotRegistered,
		/// The attester is leaving already.
		NotBonded,
		/// The attester is still bonded: deregister first.
		StillBonded,
		/// The unbonding period is not over: wait until the block that `Attesters` names.
		StillUnbonding,
		/// The attester still has open jobs: keep the node running and withdraw the bond when they have ended,
		/// at the latest with their deadlines.
		HasAssignments,
		/// `MaxAttesters` are bonded: try again when one has left.
		TooManyAttesters,
		/// The caller's free balance does not cover the bond and the existential deposit.
		InsufficientBalance,
		/// The deadlines of too many blocks in a row are full: try again in the next block.
		Busy,
		/// The unbonding period is zero or above `MaxPeriod`: name one within.
		InvalidUnbondingPeriod,
		/// The claim window is zero or above `MaxPeriod`: name one within.
		InvalidClaimWindow,
		/// The number of attempts is zero or above `MaxAttempts`: name one within.
		InvalidAttempts,
		/// The limit of entries is zero or above `MaxEntries`.
		InvalidMaxEntries,
		/// The limit of coordinates is zero or above that of any index.
		InvalidMaxDimension,
		/// All job numbers are taken.
		OutOfNumbers,
		/// The bond is zero or above `MaxDeposit`: name one within.
		InvalidBond,
		/// `attempts` times `claim_window` is above `MaxPeriod`, so that a fee could be held for longer: name
		/// fewer attempts or a shorter window.
		AttemptsTooLong,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::end_attempts(now)
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			Self::submit_drafts(now);
		}

		fn integrity_test() {
			assert!(T::MaxPerBlock::get() > 0, "no job could ever be opened");
			assert!(T::MaxCommittee::get() >= COMMITTEE_SIZE, "no committee could be drawn");
			assert!(T::MaxEntries::get() > 0, "no claim could have an entry");
			assert!(!T::MaxDeposit::get().is_zero(), "no bond could be held");
			assert!(!T::MaxPeriod::get().is_zero(), "a window has a block at least");
			assert!(T::MaxAttempts::get() > 0, "a job has an attempt at least");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call(weight = T::WeightInfo)]
	impl<T: Config> Pallet<T> {
		/// Makes the caller an attester and holds the bond. The caller's session keys must be set.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(T::MaxAttesters::get()))]
		pub fn register(origin: OriginFor<T>) -> DispatchResult {
			let attester = ensure_signed(origin)?;
			Self::do_register(attester)
		}

		/// Ends the caller's being drawn, from this block on. Its open jobs stay its own, to be claimed as
		/// before.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::deregister(T::MaxAttesters::get()))]
		pub fn deregister(origin: OriginFor<T>) -> DispatchResult {
			let attester = ensure_signed(origin)?;
			Self::do_deregister(attester)
		}

		/// Releases the caller's bond when the unbonding period is over and none of its jobs is open.
		#[pallet::call_index(2)]
		pub fn withdraw_bond(origin: OriginFor<T>) -> DispatchResult {
			let attester = ensure_signed(origin)?;
			Self::do_withdraw_bond(attester)
		}

		/// Attests one answer: confirms and attributes it, or reports it wrong. Free; sent by the attester's
		/// node with the session key's signature, which is checked before the call enters pool or block.
		///
		/// A claim that does not hold ends its attester's attempt, and the job is drawn again.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::claim_weight(claim))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_claim(claim.verdict.size()))]
		#[pallet::authorize(Self::authorize_claim)]
		pub fn submit_claim(
			origin: OriginFor<T>,
			claim: ClaimOf<T>,
			_signature: SignatureOf<T>,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			Self::do_submit_claim(claim)
		}

		/// Replaces the parameters. Open attempts keep their deadline, bonds their amount.
		///
		/// # Errors
		/// If the caller is not the admin origin, or a value is out of its range.
		#[pallet::call_index(4)]
		pub fn set_parameters(
			origin: OriginFor<T>,
			parameters: types::Parameters<BalanceOf<T>, BlockNumberFor<T>>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::check_parameters(&parameters)?;
			Parameters::<T>::put(parameters);
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}
	}
}
