#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod acceptance;
mod actions;
mod counting;
mod elections;
mod members;
mod nominations;
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

pub use acceptance::{Acceptance, AcceptanceMessage, AcceptanceOf, OfferedSeat};
pub use pallet::*;
pub use types::{
	Balance, Cohort, Contender, Election, ElectionBallot, ElectionNumber, ElectionOf, NamedOf,
	ParametersOf, Phase, Phases, Quorum, Scheduled, ScheduledOf, Seat, SeatNumber, SeatsOf, Spent,
	Standing, COHORT_SIZE, MAX_BALLOTS, MAX_CHOICES, MOTIONS_OF_A_MEMBER,
};
pub use weights::WeightInfo;

/// The calls, storage, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::{
		dispatch::{GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{
			schedule::v3::Named, ChangeMembers, InitializeMembers, QueryPreimage, SortedMembers,
			StorePreimage,
		},
	};
	use frame_system::pallet_prelude::*;
	use openledger_pallet_support::{PastVotes, SignedBy};
	use sp_runtime::traits::Dispatchable;
	use types::PalletsOriginOf;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The security council: its members, their elections, and what they do.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime provides.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// The calls that the council can have dispatched as Root.
		type RuntimeCall: Parameter
			+ Dispatchable<
				RuntimeOrigin = <Self as frame_system::Config>::RuntimeOrigin,
				PostInfo = PostDispatchInfo,
			> + GetDispatchInfo
			+ From<Call<Self>>
			+ IsType<<Self as frame_system::Config>::RuntimeCall>;

		/// The council as a whole: nine members who agree.
		type CouncilOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The vote by which members are removed.
		type RemovalOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who may change the parameters, seat a council that cannot act, and cancel what the council scheduled.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Where the council's motions are voted on: told of every change of members.
		type MembershipChanged: ChangeMembers<Self::AccountId> + InitializeMembers<Self::AccountId>;

		/// The members as known there. Read by `try_state` only.
		type Members: SortedMembers<Self::AccountId>;

		/// What telling `MembershipChanged` costs at most.
		type ChangeWeight: Get<Weight>;

		/// The votes of voters at past blocks.
		type Votes: PastVotes<Self::AccountId, BlockNumberFor<Self>, Balance>;

		/// What looking up past votes costs at most, once.
		type LookupWeight: Get<Weight>;

		/// Blocks for which a scheduled call waits: the timelock of constitutional proposals.
		type Timelock: Get<BlockNumberFor<Self>>;

		/// Dispatches what the council scheduled.
		type Scheduler: Named<
			BlockNumberFor<Self>,
			<Self as Config>::RuntimeCall,
			PalletsOriginOf<Self>,
			Hasher = Self::Hashing,
		>;

		/// Keeps scheduled calls that are too long for the scheduler's agenda.
		type Preimages: QueryPreimage<H = Self::Hashing> + StorePreimage;

		/// Signatures under acceptances of seats.
		type Signature: SignedBy<Self::AccountId> + Parameter;

		/// Nominees of one election at most.
		#[pallet::constant]
		type MaxNominees: Get<u32>;

		/// The members that it takes to act. With fewer no election is started.
		#[pallet::constant]
		type LeastMembers: Get<u32>;

		/// The highest quorum of an election that the parameters may set.
		type HighestQuorum: Get<Balance>;

		/// What each call costs.
		type WeightInfo: WeightInfo;
	}

	/// The members of each cohort, by rank in the election that seated them.
	#[pallet::storage]
	pub type Cohorts<T: Config> = StorageMap<_, Twox64Concat, Cohort, SeatsOf<T>, ValueQuery>;

	/// The number of the next seat.
	#[pallet::storage]
	pub type NextSeat<T> = StorageValue<_, SeatNumber, ValueQuery>;

	/// The seats of keys that were rotated away. The seat may be gone since.
	#[pallet::storage]
	pub type FormerKeys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, SeatNumber>;

	/// The last block of the acceptance of a seat that each account gave and that was used. Those that expire no
	/// later count no more.
	#[pallet::storage]
	pub type Accepted<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>>;

	/// The number of the next election.
	#[pallet::storage]
	pub type NextElection<T> = StorageValue<_, ElectionNumber, ValueQuery>;

	/// When the last election was due; the next one is `election_interval` later.
	#[pallet::storage]
	pub type LastDue<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The election that was started last and is not finished yet.
	#[pallet::storage]
	pub type Running<T: Config> = StorageValue<_, ElectionOf<T>>;

	/// The nominees of the running election, in the order in which they became it.
	#[pallet::storage]
	pub type Nominees<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxNominees>, ValueQuery>;

	/// The contenders of each election.
	#[pallet::storage]
	pub type Contenders<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ElectionNumber,
		Blake2_128Concat,
		T::AccountId,
		Contender,
	>;

	/// What the voters of each election spent.
	#[pallet::storage]
	pub type Voters<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ElectionNumber,
		Blake2_128Concat,
		T::AccountId,
		Spent,
		ValueQuery,
	>;

	/// The votes spent in the running election's phase of voting, before they were weighed.
	#[pallet::storage]
	pub type Turnout<T> = StorageValue<_, Balance, ValueQuery>;

	/// What those voters of each election gave to whom whose votes can be transferred.
	#[pallet::storage]
	pub type ElectionBallots<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ElectionNumber,
		Blake2_128Concat,
		T::AccountId,
		ElectionBallot,
		ValueQuery,
	>;

	/// The number of the next scheduled call.
	#[pallet::storage]
	pub type NextScheduled<T> = StorageValue<_, u32, ValueQuery>;

	/// The calls that wait for the timelock.
	#[pallet::storage]
	pub type Schedule<T: Config> = StorageMap<_, Twox64Concat, u32, ScheduledOf<T>>;

	/// The parameters in force. There are none only until the migration that sets them has run.
	#[pallet::storage]
	pub type Parameters<T: Config> = StorageValue<_, ParametersOf<T>>;

	/// The parameters and members at genesis.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that the chain starts with. No genesis block can be made without, or with invalid ones.
		pub parameters: Option<ParametersOf<T>>,
		/// Whether nobody has filled this in. The frame makes every runtime test that such a genesis can be built;
		/// it leaves the council without parameters. A genesis that is read from a specification is none.
		#[serde(skip)]
		pub unfilled: bool,
		/// The first cohort, which is also the first to be elected.
		pub first: Vec<T::AccountId>,
		/// The second cohort, which is elected next after the first.
		pub second: Vec<T::AccountId>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self { parameters: None, unfilled: true, first: Vec::new(), second: Vec::new() }
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let Some(parameters) = &self.parameters else {
				assert!(
					self.unfilled && self.first.is_empty() && self.second.is_empty(),
					"the security council's genesis has no parameters: give securityCouncil.parameters"
				);
				return;
			};
			if let Err(error) = parameters.check::<T>() {
				panic!("the security council's genesis parameters are invalid: {error:?}");
			}
			Parameters::<T>::put(parameters);
			Pallet::<T>::seat_at_genesis(Cohort::First, &self.first);
			Pallet::<T>::seat_at_genesis(Cohort::Second, &self.second);
			T::MembershipChanged::initialize_members(&Pallet::<T>::members());
		}
	}

	/// What the calls of this pallet did to members, scheduled calls and elections.
	#[pallet::event]
	// Fields that their names explain have no words of their own.
	#[allow(missing_docs)]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The council dispatched a call as Root.
		Executed {
			/// Whether the call succeeded.
			result: DispatchResult,
		},
		/// The council scheduled a call.
		Scheduled {
			number: u32,
			/// The block in which it is dispatched as Root.
			block: BlockNumberFor<T>,
		},
		/// A scheduled call was dispatched as Root.
		Enacted {
			number: u32,
			/// Whether the call succeeded.
			result: DispatchResult,
		},
		/// A scheduled call will not be dispatched.
		ScheduledCanceled { number: u32 },
		/// A vacancy was filled.
		MemberAdded { who: T::AccountId, cohort: Cohort },
		/// Vacancies of a council that could not act were filled.
		CouncilSeated { first: NamedOf<T>, second: NamedOf<T> },
		/// A member gave up its seat.
		MemberResigned {
			who: T::AccountId,
			/// The cohort that has a vacancy now.
			cohort: Cohort,
		},
		/// A member lost its seat before its term was over.
		MemberRemoved {
			who: T::AccountId,
			/// The cohort that has a vacancy now.
			cohort: Cohort,
		},
		/// A member has another key.
		KeyRotated {
			cohort: Cohort,
			/// The key that the member had until now.
			old_key: T::AccountId,
			new_key: T::AccountId,
		},
		/// An election was started.
		ElectionStarted {
			election: ElectionNumber,
			/// The cohort that is replaced at the end of the election.
			cohort: Cohort,
			phases: Phases<BlockNumberFor<T>>,
		},
		/// An account stands for election as a contender.
		Registered { election: ElectionNumber, contender: T::AccountId },
		/// A voter gave a contender votes towards its nomination.
		Nominated {
			election: ElectionNumber,
			voter: T::AccountId,
			contender: T::AccountId,
			/// The votes taken: no more than the contender needed.
			votes: Balance,
		},
		/// A contender has enough votes to be a nominee.
		NomineeAdded { election: ElectionNumber, nominee: T::AccountId },
		/// The vetter excluded a nominee.
		Excluded { election: ElectionNumber, nominee: T::AccountId },
		/// The vetter made an account a nominee.
		Included { election: ElectionNumber, nominee: T::AccountId },
		/// A voter voted for a nominee.
		Voted {
			election: ElectionNumber,
			voter: T::AccountId,
			nominee: T::AccountId,
			/// The votes that the voter spent.
			votes: Balance,
			/// What these votes count for, which is less the later they come.
			weight: Balance,
		},
		/// Too few voted: the cohort stays as it is.
		QuorumMissed {
			election: ElectionNumber,
			/// The votes that were spent.
			votes: Balance,
			/// The votes that were needed.
			quorum: Balance,
		},
		/// An election is over.
		ElectionFinished {
			election: ElectionNumber,
			cohort: Cohort,
			/// The cohort's members from now on: the elected by rank, then who stayed because nobody else had enough
			/// votes for the seat.
			members: Vec<T::AccountId>,
			/// How many of these were elected.
			elected: u32,
		},
		/// Records of a finished election were deleted.
		PastCleared { election: ElectionNumber, records: u32 },
		/// The parameters were changed.
		ParametersSet { parameters: ParametersOf<T> },
	}

	/// What can go wrong.
	#[pallet::error]
	pub enum Error<T> {
		/// The account is not a member of the council.
		NotMember,
		/// The account is a member of the council, or was the key of one.
		IsMember,
		/// The account is or was a contender or nominee of the running election: wait until it is finished.
		IsContender,
		/// The account is a member of the cohort that is not up for election, or was the key of one.
		OtherCohort,
		/// A member's key was rotated away from this account: the member stands with its present key.
		FormerKey,
		/// The cohort has no vacancy: remove a member first.
		CohortFull,
		/// The member rotated its key less than `rotation_interval` blocks ago: wait until then.
		RotationTooSoon,
		/// No call of that number waits: it was dispatched, canceled, or never scheduled.
		NotScheduled,
		/// The next election is not due yet: wait until `election_interval` blocks after `LastDue`.
		ElectionNotDue,
		/// The previous election is not finished: call `finish_election` once it is over.
		ElectionRunning,
		/// No election is running: call `start_election` once it is due.
		NoElection,
		/// The member election is not over: wait until after its last block of voting.
		ElectionNotOver,
		/// The election is not in its phase of registration.
		NotRegistering,
		/// The election is not in its phase of nomination.
		NotNominating,
		/// The election is not in its phase of vetting.
		NotVetting,
		/// The election is not in its phase of voting.
		NotVoting,
		/// The account is not a contender of the running election.
		NotContender,
		/// The account is not a nominee of the running election.
		NotNominee,
		/// The account is a nominee already and needs no more votes.
		IsNominee,
		/// The vetter excluded the account from the running election.
		IsExcluded,
		/// `MaxNominees` accounts are nominees of this election already.
		TooManyNominees,
		/// Only the running election's vetter may do this.
		NotVetter,
		/// The vetter may include only while there are fewer nominees than seats.
		EnoughNominees,
		/// Zero votes were given: give one at least.
		ZeroVotes,
		/// More than the voter's votes at the phase's snapshot would be spent.
		NotEnoughVotes,
		/// The votes would count for nothing this late.
		ZeroWeight,
		/// The election is not finished, or was never started: its records are needed.
		NotPast,
		/// There are no records of the election, or the limit is zero.
		NothingToClear,
		/// The registration period is zero.
		ZeroRegistrationPeriod,
		/// The nomination period is zero.
		ZeroNominationPeriod,
		/// The vetting period is zero.
		ZeroVettingPeriod,
		/// The voting period is zero.
		ZeroVotingPeriod,
		/// The period of full weight is zero, or longer than the voting period.
		FullWeightPeriodOutOfRange,
		/// The election interval is shorter than an election.
		IntervalTooShort,
		/// The nominee threshold is so low that there could be more than `MaxNominees` nominees, or so high
		/// that there could not be one for each seat.
		ThresholdOutOfRange,
		/// The rotation interval is zero.
		ZeroRotationInterval,
		/// The quorum has no share or no least, or its least is above its most, or its most above `HighestQuorum`.
		QuorumOutOfRange,
		/// The least votes of the elected are zero, or more than a sixth of the least quorum.
		LeastVotesOutOfRange,
		/// There are no parameters: set them by `set_parameters` first.
		NoParameters,
		/// The account vets the running election or is named to vet the next: have another vetter named first.
		IsVetter,
		/// The vetter named is a member of the council, or was the key of one: name another account.
		VetterIsMember,
		/// The vetter named stands in the running election: name another account, or wait until it is finished.
		VetterStands,
		/// Fewer than `LeastMembers` seats would be filled: have them filled by `seat_council`, and name enough.
		TooFewMembers,
		/// The council has `LeastMembers` members or more: it fills vacancies itself by `add_member`.
		CouncilCanAct,
		/// The voter has given votes to 16 nominees: give further votes to some of these.
		TooManyChoices,
		/// The acceptance of the seat has expired: have the new key sign another.
		AcceptanceExpired,
		/// This acceptance was used, or a later one was: have the new key sign one that expires later.
		AcceptanceUsed,
		/// The acceptance is not the new key's, or is for another seat, chain or last block: have the new key
		/// sign one for this seat.
		BadAcceptance,
		/// The member has two motions open: close one of them first.
		NoMotionLeft,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::MaxNominees::get() > COHORT_SIZE,
				"an election needs room for more nominees than seats"
			);
			assert!(
				T::LeastMembers::get() <= COHORT_SIZE.saturating_mul(2),
				"there must be a seat for each member that it takes to act"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Emergency action: dispatches `call` as Root at once. Whether it succeeded is in the event.
		///
		/// # Errors
		/// If the caller is not the council.
		#[pallet::call_index(0)]
		#[pallet::weight(
			T::WeightInfo::execute().saturating_add(call.get_dispatch_info().call_weight)
		)]
		pub fn execute(
			origin: OriginFor<T>,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			T::CouncilOrigin::ensure_origin(origin)?;
			Ok(Self::do_execute(*call))
		}

		/// Non-emergency action: dispatches `call` as Root after the timelock.
		///
		/// # Errors
		/// If the caller is not the council, or the scheduler has no room in that block.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::schedule(types::count(call.encoded_size())))]
		pub fn schedule(
			origin: OriginFor<T>,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_schedule(call)
		}

		/// Removes a member, whose seat is vacant then. A member that rotated its key is removed by any of
		/// its keys, so that rotation does not escape a vote on removal.
		///
		/// # Errors
		/// If the caller is neither the council nor a vote on removal, or `who` is not a member.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove_member().saturating_add(T::ChangeWeight::get()))]
		pub fn remove_member(origin: OriginFor<T>, who: T::AccountId) -> DispatchResult {
			if let Err(origin) = T::CouncilOrigin::try_origin(origin) {
				T::RemovalOrigin::ensure_origin(origin)?;
			}
			Self::do_remove_member(&who)
		}

		/// Fills a vacancy until the cohort's next election, with an account that accepts it.
		///
		/// # Errors
		/// If the caller is not the council, the cohort has no vacancy, or `who` is a member, was the key of
		/// one, is a contender or nominee of the running election, or vets. If `acceptance` has expired, was
		/// used, or is not the signature of `who` under its acceptance of a vacancy of this cohort.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::add_member().saturating_add(T::ChangeWeight::get()))]
		pub fn add_member(
			origin: OriginFor<T>,
			who: T::AccountId,
			cohort: Cohort,
			acceptance: AcceptanceOf<T>,
		) -> DispatchResult {
			T::CouncilOrigin::ensure_origin(origin)?;
			Self::do_add_member(who, cohort, acceptance)
		}

		/// Gives the caller's seat to the key `new`, which accepts it. The member keeps its cohort, and its candidacy
		/// in the running election if it stands again; what it voted for in open motions is dropped.
		///
		/// # Errors
		/// If the caller is not a member or rotated less than `rotation_interval` blocks ago, or if `new` is a
		/// member, was the key of one, is a contender or nominee of the running election, or vets. If `acceptance`
		/// has expired, was used, or is not the signature of `new` under its acceptance of the caller's seat.
		#[pallet::call_index(4)]
		#[pallet::weight(
			T::WeightInfo::rotate_key(T::MaxNominees::get())
				.saturating_add(T::ChangeWeight::get())
		)]
		pub fn rotate_key(
			origin: OriginFor<T>,
			new: T::AccountId,
			acceptance: AcceptanceOf<T>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_rotate_key(who, new, acceptance)
		}

		/// Starts the election of the cohort whose turn it is. Anyone may call this. Timetable, threshold, quorum and
		/// vetter are those of the parameters now; later parameters apply to later elections.
		///
		/// # Errors
		/// If the election is not due, the previous one is not finished, or fewer than `LeastMembers` seats are
		/// filled.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::start_election())]
		pub fn start_election(origin: OriginFor<T>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_start_election()
		}

		/// Makes the caller a contender of the running election.
		///
		/// # Errors
		/// If it is not the phase of registration, or the caller stands already, is a member of the other
		/// cohort, was the key of a member, or vets.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_register(who)
		}

		/// Gives a contender up to `votes` votes towards its nomination. With `nominee_threshold` of the
		/// votable units it is a nominee; votes beyond that stay the voter's.
		///
		/// # Errors
		/// If it is not the phase of nomination, `contender` does not stand or is a nominee already, or the
		/// caller's votes at the start of the phase do not cover `votes` and what it spent before.
		#[pallet::call_index(7)]
		#[pallet::weight(
			T::WeightInfo::nominate(T::MaxNominees::get())
				.saturating_add(T::LookupWeight::get().saturating_mul(2))
		)]
		pub fn nominate(
			origin: OriginFor<T>,
			contender: T::AccountId,
			votes: Balance,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_nominate(who, contender, votes)
		}

		/// Excludes a nominee from the running election, for good.
		///
		/// # Errors
		/// If it is not the phase of vetting, or the caller is not the vetter, or `nominee` is none.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::exclude(T::MaxNominees::get()))]
		pub fn exclude(origin: OriginFor<T>, nominee: T::AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_exclude(&who, nominee)
		}

		/// Makes an account a nominee, while there are fewer nominees than seats.
		///
		/// # Errors
		/// If it is not the phase of vetting, or the caller is not the vetter, or there are six nominees, or
		/// `account` is a nominee, was excluded, is a member of the other cohort, was the key of a member, or vets.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::include())]
		pub fn include(origin: OriginFor<T>, account: T::AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_include(&who, account)
		}

		/// Gives a nominee `votes` votes. They count in full for the first `full_weight_period` blocks of the
		/// phase, and ever less from then on. If the caller had one two-thousandth of the votable units or more at
		/// the start of the phase, votes that its nominees do not need go to its other nominees.
		///
		/// # Errors
		/// If it is not the phase of voting, `nominee` is none, the votes would count for nothing, the caller's
		/// votes at the start of the phase do not cover `votes` and what it spent before, or the caller gave votes
		/// to 16 other nominees.
		#[pallet::call_index(10)]
		#[pallet::weight(
			T::WeightInfo::vote(T::MaxNominees::get())
				.saturating_add(T::LookupWeight::get().saturating_mul(2))
		)]
		pub fn vote(origin: OriginFor<T>, nominee: T::AccountId, votes: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_vote(who, nominee, votes)
		}

		/// Ends the election, once the phase of voting is over: the cohort is replaced by those whom the voters
		/// elected, if enough voted. Anyone may call this.
		///
		/// # Errors
		/// If no election is running, or its phase of voting is not over.
		#[pallet::call_index(11)]
		#[pallet::weight(
			T::WeightInfo::finish_election(T::MaxNominees::get(), MAX_BALLOTS)
				.saturating_add(T::LookupWeight::get())
				.saturating_add(T::ChangeWeight::get())
		)]
		pub fn finish_election(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let (nominees, ballots) = Self::do_finish_election()?;
			let spent = T::WeightInfo::finish_election(nominees, ballots)
				.saturating_add(T::LookupWeight::get());
			Ok(Some(spent.saturating_add(T::ChangeWeight::get())).into())
		}

		/// Changes the parameters. A running election keeps those of its start.
		///
		/// # Errors
		/// If the caller is not the admin origin, or elections could not work or be decided by few, or if the vetter
		/// is a member, was the key of one, or stands in the running election.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::set_parameters())]
		pub fn set_parameters(origin: OriginFor<T>, parameters: ParametersOf<T>) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_parameters(parameters)
		}

		/// Cancels a scheduled call that waits.
		///
		/// # Errors
		/// If the caller is neither the council nor the admin origin, or no call of that number waits.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::cancel_scheduled())]
		pub fn cancel_scheduled(origin: OriginFor<T>, number: u32) -> DispatchResult {
			if let Err(origin) = T::CouncilOrigin::try_origin(origin) {
				T::AdminOrigin::ensure_origin(origin)?;
			}
			Self::do_cancel_scheduled(number)
		}

		/// Deletes up to `limit` records of a finished election: contenders first, then voters, then ballots. Anyone
		/// may call this.
		///
		/// # Errors
		/// If the election is not finished, or nothing of it is left.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::clear_past(*limit))]
		pub fn clear_past(
			origin: OriginFor<T>,
			election: ElectionNumber,
			limit: u32,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let records = Self::do_clear_past(election, limit)?;
			Ok(Some(T::WeightInfo::clear_past(records)).into())
		}

		/// What the scheduler calls when the timelock of a scheduled call is over: dispatches it as Root.
		///
		/// # Errors
		/// If the caller is not Root, or no call of that number waits.
		#[pallet::call_index(15)]
		#[pallet::weight(
			T::WeightInfo::enact().saturating_add(call.get_dispatch_info().call_weight)
		)]
		pub fn enact(
			origin: OriginFor<T>,
			number: u32,
			call: Box<<T as Config>::RuntimeCall>,
		) -> DispatchResultWithPostInfo {
			ensure_root(origin)?;
			Self::do_enact(number, *call)
		}

		/// Gives up the caller's seat, which is vacant then.
		///
		/// # Errors
		/// If the caller is not the present key of a member.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::resign().saturating_add(T::ChangeWeight::get()))]
		pub fn resign(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_resign(&who)
		}

		/// Fills vacancies of a council that has too few members to act, such as one that never had any, of which the
		/// first election is due `election_interval` blocks from now.
		///
		/// # Errors
		/// If the caller is not the admin origin, the council can act, or could not with these members either, a
		/// cohort has no such many vacancies, or an account is a member, was the key of one, is a contender or
		/// nominee of the running election, or vets.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::seat_council().saturating_add(T::ChangeWeight::get()))]
		pub fn seat_council(
			origin: OriginFor<T>,
			first: NamedOf<T>,
			second: NamedOf<T>,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_seat_council(first, second)
		}
	}
}
