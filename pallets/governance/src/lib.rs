#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

mod ballots;
mod parameters;
mod proposals;
mod proposing;
pub mod runtime_api;
mod scheduling;
mod snapshots;
mod tally;
mod trace;
mod tracks;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
mod votes;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use polkadot_sdk::*;

pub use pallet::*;
pub use parameters::{KindTerms, Parameters as Terms, Quorum, Spending};
pub use proposing::{EnsureProposer, Obstacle};
pub use scheduling::RoomForDispatch;
pub use tally::{Shortfall, Tally};
pub use tracks::{Tracks, UndecidingTimeout};
pub use types::{
	Balance, Ballot, Bound, Checkpoint, Enactment, Kind, Proposal, Record, Series, Side, State,
};
pub use votes::{DelegationMessage, SignedBy, DELEGATE};
pub use weights::WeightInfo;

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::types::{AccountVote, CheckpointOf, ParametersOf, VotingOf};
	use alloc::boxed::Box;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Currency, OriginTrait},
	};
	use frame_system::pallet_prelude::*;
	use pallet_conviction_voting::Conviction;
	use sp_runtime::{
		traits::{Convert, StaticLookup, Zero},
		Permill,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Voting units, votes, and the ends of proposals.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides.
	#[pallet::config]
	pub trait Config:
		polkadot_sdk::frame_system::Config
		+ pallet_referenda::Config<
			Votes = Balance,
			Currency: Currency<<Self as frame_system::Config>::AccountId, Balance = Balance>,
			Tally = Tally<Self>,
			Tracks = Tracks<Self>,
			BlockNumberProvider = frame_system::Pallet<Self>,
			RuntimeCall: From<Call<Self>>,
		>
	{
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Assets: fungible::Mutate<Self::AccountId>
			+ fungible::MutateHold<
				Self::AccountId,
				Reason = <Self as Config>::RuntimeHoldReason,
				Balance = Balance,
			>;

		/// The kind of proposals that are dispatched with an origin.
		type KindOf: Convert<<Self::RuntimeOrigin as OriginTrait>::PalletsOrigin, Option<Kind>>;

		/// Who may change the parameters.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may veto a queued proposal.
		type VetoOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The account whose votes do not count towards the delegated votes: the treasury's.
		type Excluded: Get<Self::AccountId>;

		/// Signatures under delegations.
		type Signature: SignedBy<Self::AccountId> + Parameter;

		/// Votes of an account in one class that are shown at most; older ones count too.
		#[pallet::constant]
		type MaxVotes: Get<u32>;

		/// Blocks of a period or timelock at most.
		#[pallet::constant]
		type LongestPeriod: Get<BlockNumberFor<Self>>;

		/// Votes that a quorum or the proposal threshold may ask for at most.
		#[pallet::constant]
		type HighestQuorum: Get<Balance>;

		/// Proposals of one account that may be open at once.
		#[pallet::constant]
		type MaxOpen: Get<u32>;

		/// Proposals that may have the same snapshot.
		#[pallet::constant]
		type MaxAtSnapshot: Get<u32>;

		/// The share of its quorum that For and Abstain must reach for the deposit of a defeated proposal to
		/// come back.
		#[pallet::constant]
		type DepositSupport: Get<Permill>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// They are wrapped: each unit is a vote.
		Wrapped,
	}

	/// The wrapped units of each account, which are on hold.
	#[pallet::storage]
	pub type Units<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// The account to which each account delegates all its units.
	#[pallet::storage]
	pub type Delegates<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId>;

	/// The nonce of the next delegation that each account signs.
	#[pallet::storage]
	pub type Nonces<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// The newest checkpoint of each series.
	#[pallet::storage]
	pub type Latest<T: Config> =
		StorageMap<_, Blake2_128Concat, Series<T::AccountId>, CheckpointOf<T>>;

	/// The earlier checkpoints of each series by position.
	#[pallet::storage]
	pub type Earlier<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		Series<T::AccountId>,
		Twox64Concat,
		u32,
		CheckpointOf<T>,
	>;

	/// The votes on each proposal.
	#[pallet::storage]
	pub type Ballots<T: Config> =
		StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, T::AccountId, Ballot>;

	/// What is known of each proposal that was voted on or poked, also when it has ended.
	#[pallet::storage]
	pub type Records<T: Config> = StorageMap<_, Twox64Concat, u32, Record<T>>;

	/// The proposals of each account that have not ended, and perhaps some that have: the deposit is not settled.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, BoundedVec<u32, T::MaxOpen>, ValueQuery>;

	/// The proposals whose snapshot is a block that is not over.
	#[pallet::storage]
	pub type Snapshots<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumberFor<T>,
		BoundedVec<u32, T::MaxAtSnapshot>,
		ValueQuery,
	>;

	/// The preimages that are kept from the snapshot on until the proposal has ended.
	#[pallet::storage]
	pub type Pinned<T: Config> = StorageMap<_, Twox64Concat, u32, T::Hash>;

	/// When each approved proposal is due, and which preimage it needs.
	#[pallet::storage]
	pub type Enactments<T: Config> = StorageMap<_, Twox64Concat, u32, Enactment<T>>;

	/// The proposals that were vetoed.
	#[pallet::storage]
	pub type Vetoed<T: Config> = StorageMap<_, Twox64Concat, u32, ()>;

	/// The newest votes of an account in a class, in conviction voting's shape, for wallets.
	#[pallet::storage]
	pub type VotingFor<T: Config> =
		StorageDoubleMap<_, Twox64Concat, T::AccountId, Twox64Concat, u16, VotingOf<T>, ValueQuery>;

	/// Always empty, as votes lock nothing; wallets look here.
	#[pallet::storage]
	pub type ClassLocksFor<T: Config> = StorageMap<
		_,
		Twox64Concat,
		T::AccountId,
		BoundedVec<(u16, Balance), ConstU32<1>>,
		ValueQuery,
	>;

	/// The most blocks that a proposal made under earlier, longer periods may live, and until when
	/// there may be such proposals.
	#[pallet::storage]
	pub type LongestLife<T: Config> = StorageValue<_, (BlockNumberFor<T>, BlockNumberFor<T>)>;

	/// Set within [`Pallet::poke`] only: whether referenda that fail are to be rejected at once.
	#[pallet::storage]
	pub type Settling<T: Config> = StorageValue<_, bool, ValueQuery>;

	/// The parameters in force. Without any, nothing can be proposed.
	#[pallet::storage]
	pub type Parameters<T: Config> = StorageValue<_, ParametersOf<T>>;

	/// The parameters at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that the chain starts with. No genesis block with tokens can be made without, none at
		/// all with invalid ones.
		pub parameters: Option<ParametersOf<T>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let Some(parameters) = self.parameters else {
				// What issues no token is the genesis of no chain: that of no configuration at all.
				let issued: Balance = <T::Assets as fungible::Inspect<_>>::total_issuance();
				assert!(
					issued.is_zero(),
					"the genesis has no parameters of governance: set convictionVoting.parameters"
				);
				return;
			};
			if let Err(error) = Pallet::<T>::put_parameters(parameters) {
				panic!("the genesis parameters of governance are invalid: {error:?}");
			}
		}
	}

	/// What the calls of this pallet did to voting units and proposals.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Tokens became voting units.
		Wrapped {
			who: T::AccountId,
			/// In the smallest unit of the token, as voting units are.
			amount: Balance,
		},
		/// Voting units became tokens.
		Unwrapped { who: T::AccountId, amount: Balance },
		/// An account delegates all its units: who, to whom, and the class that the call named.
		Delegated(T::AccountId, T::AccountId, u16),
		/// An account delegates to nobody any more; and the class that the call named.
		Undelegated(T::AccountId, u16),
		/// A vote was counted.
		Voted {
			who: T::AccountId,
			/// The side taken, with all votes of the voter that count.
			vote: AccountVote,
			poll_index: u32,
		},
		/// The votes For and Abstain reach the quorum.
		QuorumReached {
			index: u32,
			/// The block in which it was reached.
			block: BlockNumberFor<T>,
		},
		/// The quorum was reached late: voting ends later.
		Extended {
			index: u32,
			/// The last block in which votes count.
			end: BlockNumberFor<T>,
		},
		/// The scheduler has no room for the end of a vote: call `poke` when it is over.
		NotScheduled { index: u32 },
		/// The call of a proposal was not on the chain at its snapshot: nobody can vote on it.
		Lapsed { index: u32 },
		/// The deposit of a proposal is its proposer's again.
		DepositReturned {
			index: u32,
			who: T::AccountId,
			/// In the smallest unit of the token.
			amount: Balance,
		},
		/// The deposit of a proposal that hardly anybody supported was taken.
		DepositTaken {
			index: u32,
			who: T::AccountId,
			/// In the smallest unit of the token.
			amount: Balance,
		},
		/// A proposer took a proposal back.
		Canceled { index: u32, proposer: T::AccountId },
		/// A queued proposal was vetoed.
		Vetoed { index: u32 },
		/// The parameters were changed.
		ParametersSet { parameters: Box<ParametersOf<T>> },
	}

	/// What can go wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero.
		ZeroAmount,
		/// The caller's free balance does not cover what is to be wrapped and the existential deposit.
		InsufficientBalance,
		/// The caller has wrapped less than that.
		InsufficientUnits,
		/// The caller delegates to nobody.
		NotDelegating,
		/// The signature may not be used any more: sign again with a later expiry.
		SignatureExpired,
		/// The nonce is not the signer's next one: the signature was used, or one before it was not. Sign with
		/// the nonce in `Nonces`.
		WrongNonce,
		/// The signature is not of this delegator, or not under this delegation on this chain.
		BadSignature,
		/// Votes are known for past blocks only: wait until that block is over.
		NotPast,
		/// A checkpoint is missing: report it, as the chain's state is broken.
		CheckpointMissing,
		/// There is no proposal of that number.
		NotFound,
		/// Voting has not begun: wait for the block after the snapshot.
		VotingNotBegun,
		/// Voting is over, or the proposal was stopped.
		VotingOver,
		/// Voting is not over: wait until after its last block.
		VotingNotOver,
		/// The caller has voted on this proposal; votes cannot be changed.
		AlreadyVoted,
		/// None of the caller's votes were held through the whole holding window before the snapshot: delegate
		/// before the window of the next proposal begins.
		NoVotes,
		/// The vote names several sides, or none: vote for, against, or abstain.
		SplitVote,
		/// The proposal lapsed: at its snapshot its call was not on the chain in the length that it names, so that
		/// nobody could know what it does. Note the preimage, and propose it again with the right length.
		PreimageMissing,
		/// Only who made the proposal may cancel it.
		NotProposer,
		/// The proposal is voted on or over: it can be cancelled only before.
		NotPending,
		/// The proposal does not wait for its dispatch.
		NotQueued,
		/// The proposal has ended and nothing is left to do.
		NothingToDo,
		/// The delay, the voting period or the late quorum window is zero or above `LongestPeriod`.
		PeriodOutOfRange,
		/// The late quorum window is longer than the voting period.
		WindowTooLong,
		/// The holding window is zero, or longer than the voting delay, so that who reads a proposal could not
		/// get votes for it any more.
		HoldingWindowOutOfRange,
		/// The proposal threshold is zero or above `HighestQuorum`.
		ThresholdOutOfRange,
		/// The majority for a removal is below one half or above one.
		MajorityOutOfRange,
		/// A timelock is zero or above `LongestPeriod`.
		TimelockOutOfRange,
		/// A quorum's share or least is zero, its least above its most, or its most above
		/// `HighestQuorum`.
		QuorumOutOfRange,
		/// The spend period is zero or above `LongestPeriod`.
		SpendPeriodOutOfRange,
		/// The spend limit of treasury proposals is zero, or that of medium or big spenders is not above the one
		/// before.
		SpendLimitsNotGrowing,
		/// A share, least or most of the quorums falls in the order treasury, medium spender, big spender,
		/// constitutional: who may spend more must need as many votes at least.
		QuorumsNotGrowing,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxOpen::get() > 0, "an account may have a proposal at least");
			assert!(T::MaxAtSnapshot::get() > 0, "a block is the snapshot of a proposal at least");
			assert!(T::MaxVotes::get() > 0, "wallets show a vote at least");
			assert!(!T::LongestPeriod::get().is_zero(), "a period has a block at least");
			assert!(!T::HighestQuorum::get().is_zero(), "a quorum has a vote at least");
		}

		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let proposals = Self::go_over_snapshot(now);
			<T as Config>::WeightInfo::on_initialize(proposals)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Blocks for which votes lock funds: none.
		#[pallet::constant_name(VoteLockingPeriod)]
		fn vote_locking_period() -> BlockNumberFor<T> {
			Zero::zero()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Votes on a proposal with all votes that were delegated to the caller throughout the holding window
		/// before its snapshot, whatever amounts and conviction `vote` names. Once, and for good.
		///
		/// # Errors
		/// If voting has not begun or is over, the caller voted before or has no votes that count, `vote`
		/// names several sides, or the proposal lapsed.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::first_vote(T::MaxVotes::get()))]
		pub fn vote(
			origin: OriginFor<T>,
			#[pallet::compact] poll_index: u32,
			vote: AccountVote,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let scheduled = Self::do_vote(who, poll_index, &vote)?;
			let later = || <T as Config>::WeightInfo::later_vote(T::MaxVotes::get());
			Ok((!scheduled).then(later).into())
		}

		/// Delegates all units of the caller, those of later too, to `to` in all classes: the shape is
		/// conviction voting's. `conviction` and `balance` mean nothing; wallets fill in free balances,
		/// of which wrapped units are no part.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::delegate())]
		pub fn delegate(
			origin: OriginFor<T>,
			class: u16,
			to: <T::Lookup as StaticLookup>::Source,
			conviction: Conviction,
			balance: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let _ = (conviction, balance);
			let to = T::Lookup::lookup(to)?;
			Self::do_delegate(who, to, class)
		}

		/// Delegates to nobody any more, in all classes.
		///
		/// # Errors
		/// If the caller does not delegate.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::delegate())]
		pub fn undelegate(origin: OriginFor<T>, class: u16) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(Delegates::<T>::contains_key(&who), Error::<T>::NotDelegating);
			Self::set_delegate_of(&who, None)?;
			Self::deposit_event(Event::Undelegated(who, class));
			Ok(())
		}

		/// Makes voting units of the caller's tokens, which are held. They vote once delegated.
		///
		/// # Errors
		/// If the amount is zero or not covered.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::wrap())]
		pub fn wrap(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_wrap(&who, amount)
		}

		/// Makes tokens of the caller's voting units. Votes that were cast stay.
		///
		/// # Errors
		/// If the amount is zero or more than the caller's units.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::wrap())]
		pub fn unwrap(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_unwrap(&who, amount)
		}

		/// Delegates all units of the caller, those of later too, to `to`: itself, if it votes itself.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::delegate())]
		pub fn set_delegate(
			origin: OriginFor<T>,
			to: <T::Lookup as StaticLookup>::Source,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let to = T::Lookup::lookup(to)?;
			Self::do_delegate(who, to, 0)
		}

		/// Delegates for somebody who signed a [`DelegationMessage`]; the caller pays.
		///
		/// # Errors
		/// If the signature is too old, used, or not of `delegator` under this delegation.
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::delegate_by_signature())]
		pub fn delegate_by_signature(
			origin: OriginFor<T>,
			delegator: T::AccountId,
			to: T::AccountId,
			nonce: u32,
			expiry: BlockNumberFor<T>,
			signature: T::Signature,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_delegate_by_signature(delegator, to, nonce, expiry, &signature)
		}

		/// Takes the caller's proposal back before voting begins, with its deposit.
		///
		/// # Errors
		/// If it is not the caller's, or not pending any more.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, index: u32) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_cancel(who, index)
		}

		/// Stops an approved proposal that waits for its timelock.
		///
		/// # Errors
		/// If the origin may not, or the proposal does not wait.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::veto())]
		pub fn veto(origin: OriginFor<T>, index: u32) -> DispatchResult {
			T::VetoOrigin::ensure_origin(origin)?;
			Self::do_veto(index)
		}

		/// Ends a vote that is over, lets go of the preimage of a proposal that has ended, and settles its
		/// deposit. It is scheduled when the snapshot is over; anybody may call it.
		///
		/// # Errors
		/// If voting is not over, or there is nothing to do.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::poke())]
		pub fn poke(origin: OriginFor<T>, index: u32) -> DispatchResult {
			ensure_signed_or_root(origin)?;
			Self::do_poke(index)
		}

		/// Sets the parameters. Proposals keep the dates and the quorum of their snapshot.
		///
		/// # Errors
		/// If the origin may not, or under these parameters no proposal could pass.
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::set_parameters())]
		pub fn set_parameters(
			origin: OriginFor<T>,
			parameters: Box<ParametersOf<T>>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::put_parameters(*parameters)?;
			Self::deposit_event(Event::ParametersSet { parameters });
			Ok(())
		}
	}
}
