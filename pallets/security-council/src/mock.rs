//! A runtime with the council, a collective in which it votes, the scheduler and the preimage store. Votes
//! are given by the tests.

use crate as pallet_security_council;
use crate::{
	acceptance::{AcceptanceMessage, ACCEPT_SEAT},
	types::Parameters,
	Acceptance, AcceptanceOf, Accepted, Balance, Cohort, Cohorts, OfferedSeat, Quorum, SeatNumber,
};
use alloc::collections::BTreeMap;
use codec::Encode;
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, EqualPrivilegeOnly, IsInVec, SortedMembers},
	weights::Weight,
};
use frame_system::{EnsureNever, EnsureRoot, EnsureSignedBy};
use openledger_pallet_support::PastVotes;
use openledger_pallet_testing::{chain, weights::DbWeight, Chain, MockRuntime};
use pallet_collective::{EnsureMembers, Instance1, PrimeDefaultVote, RawOrigin};
use polkadot_sdk::*;
use sp_runtime::{
	testing::TestSignature,
	traits::{BlakeTwo256, Hash},
	DispatchError, DispatchResult, Permill,
};

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;

	#[runtime::pallet_index(1)]
	pub type Preimage = pallet_preimage::Pallet<Test>;

	#[runtime::pallet_index(2)]
	pub type Scheduler = pallet_scheduler::Pallet<Test>;

	#[runtime::pallet_index(3)]
	pub type Motions = pallet_collective::Pallet<Test, Instance1>;

	#[runtime::pallet_index(4)]
	pub type Council = pallet_security_council::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type DbWeight = DbWeight;
}

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = ();
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

parameter_types! {
	pub MaxWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub const ChangeWeight: Weight = Weight::from_parts(1_000, 0);
	pub const LookupWeight: Weight = Weight::from_parts(100, 0);
	pub RemovalVote: Vec<AccountId> = vec![REMOVAL_VOTE];
	pub static MaxNominees: u32 = 10;
	/// The votes of each voter from a block on, in order of blocks.
	pub static History: BTreeMap<AccountId, Vec<(u64, Balance)>> = BTreeMap::new();
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaxWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<3>;
	type WeightInfo = ();
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_collective::Config<Instance1> for Test {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = ConstU64<10>;
	type MaxProposals = ConstU32<8>;
	type MaxMembers = ConstU32<12>;
	type DefaultVote = PrimeDefaultVote;
	type WeightInfo = ();
	type SetMembersOrigin = EnsureNever<()>;
	type MaxProposalWeight = MaxWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

/// The collective's members.
pub struct Members;

impl SortedMembers<AccountId> for Members {
	fn sorted_members() -> Vec<AccountId> {
		pallet_collective::Members::<Test, Instance1>::get()
	}
}

/// Votes from [`History`].
pub struct Votes;

impl PastVotes<AccountId, u64, Balance> for Votes {
	fn votes(who: &AccountId, at: u64) -> Result<Balance, DispatchError> {
		if at >= System::block_number() {
			return Err(DispatchError::Other("not past"));
		}
		let history = History::get().remove(who).unwrap_or_default();
		Ok(history.iter().rev().find(|(from, _)| *from <= at).map_or(0, |(_, votes)| *votes))
	}

	fn delegated(at: u64) -> Result<Balance, DispatchError> {
		let history = History::get();
		history.keys().filter(|who| **who != UNCOUNTED).map(|who| Self::votes(who, at)).sum()
	}
}

impl pallet_security_council::Config for Test {
	type RuntimeCall = RuntimeCall;
	type CouncilOrigin = EnsureMembers<AccountId, Instance1, 9>;
	type RemovalOrigin = EnsureSignedBy<IsInVec<RemovalVote>, AccountId>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type MembershipChanged = Motions;
	type Members = Members;
	type ChangeWeight = ChangeWeight;
	type Votes = Votes;
	type LookupWeight = LookupWeight;
	type Timelock = ConstU64<TIMELOCK>;
	type Scheduler = Scheduler;
	type Preimages = Preimage;
	type Signature = TestSignature;
	type MaxNominees = MaxNominees;
	type LeastMembers = ConstU32<9>;
	type HighestQuorum = ConstU128<HIGHEST_QUORUM>;
	type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

pub const FIRST: [AccountId; 6] = [1, 2, 3, 4, 5, 6];
pub const SECOND: [AccountId; 6] = [7, 8, 9, 10, 11, 12];
/// Accounts with neither seat nor votes.
pub const ANN: AccountId = 20;
pub const BEN: AccountId = 21;
pub const STRANGER: AccountId = 40;
pub const VETTER: AccountId = 50;
pub const REMOVAL_VOTE: AccountId = 60;
/// Voters, with as many votes: all that are delegated.
pub const BIG: AccountId = 600;
pub const MIDDLE: AccountId = 300;
pub const SMALL: AccountId = 100;
/// An account whose votes do not count towards the votable units.
pub const UNCOUNTED: AccountId = 70;
/// The votes that make a nominee: a tenth of all.
pub const ENOUGH: Balance = 100;

/// The votes that must be spent in voting: a tenth of all.
pub const QUORUM: Balance = 100;
/// The votes that an elected nominee holds.
pub const LEAST: Balance = 10;
pub const HIGHEST_QUORUM: Balance = 5_000;

pub const TIMELOCK: u64 = 12;
pub const INTERVAL: u64 = 100;
pub const ROTATION: u64 = 30;

/// The last blocks of the phases of an election that starts when the first one is due.
pub const REGISTRATION_END: u64 = INTERVAL + 10;
pub const NOMINATION_END: u64 = REGISTRATION_END + 10;
pub const VETTING_END: u64 = NOMINATION_END + 10;
pub const FULL_WEIGHT_END: u64 = VETTING_END + 5;
pub const VOTING_END: u64 = VETTING_END + 20;

pub fn parameters() -> Parameters<AccountId, u64> {
	Parameters {
		election_interval: INTERVAL,
		registration_period: 10,
		nomination_period: 10,
		vetting_period: 10,
		voting_period: 20,
		full_weight_period: 5,
		nominee_threshold: Permill::from_percent(10),
		quorum: Quorum { share: Permill::from_percent(10), least: 60, most: 500 },
		least_votes: LEAST,
		vetter: Some(VETTER),
		rotation_interval: ROTATION,
	}
}

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		Council::do_try_state().unwrap();
	}
}

/// A chain with these cohorts.
pub fn genesis(first: &[AccountId], second: &[AccountId]) -> Chain<Test> {
	History::set([BIG, MIDDLE, SMALL].map(|who| (who, vec![(0, who.into())])).into());
	let council = pallet_security_council::GenesisConfig {
		parameters: Some(parameters()),
		unfilled: false,
		first: first.to_vec(),
		second: second.to_vec(),
	};
	Chain::new(RuntimeGenesisConfig { council, ..Default::default() })
}

/// Runs `test` on a chain with a full council, then checks every invariant.
pub fn run(test: impl FnOnce()) {
	genesis(&FIRST, &SECOND).execute_with(test);
}

/// Ends the running block and goes on to the start of `block`, checking the invariants of each.
pub fn run_to(block: u64) {
	chain::run_to::<Test>(block);
}

/// From this block on `who` has `votes` votes.
pub fn set_votes(who: AccountId, votes: Balance) {
	let now = System::block_number();
	History::mutate(|history| {
		let history = history.entry(who).or_default();
		history.retain(|(from, _)| *from < now);
		history.push((now, votes));
	});
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Nine members who agree.
pub fn nine() -> RuntimeOrigin {
	RawOrigin::<AccountId, Instance1>::Members(9, 12).into()
}

/// Puts `call` to the vote in the collective, with as many ayes needed as there are, and closes it. Returns
/// what became of the call.
pub fn motion(ayes: &[AccountId], call: impl Into<RuntimeCall>) -> DispatchResult {
	let call = call.into();
	let hash = propose(ayes, ayes.len() as u32, call.clone());
	assert_ok!(close(&call));
	System::read_events_for_pallet::<pallet_collective::Event<Test, Instance1>>()
		.into_iter()
		.rev()
		.find_map(|event| match event {
			pallet_collective::Event::Executed { proposal_hash, result } => {
				assert_eq!(proposal_hash, hash);
				Some(result)
			},
			_ => None,
		})
		.expect("the motion was not closed")
}

/// Puts `call` to the vote, in favour of which are `ayes` of the `threshold` members needed.
pub fn propose(
	ayes: &[AccountId],
	threshold: u32,
	call: RuntimeCall,
) -> <Test as frame_system::Config>::Hash {
	let hash = BlakeTwo256::hash_of(&call);
	let length = call.encoded_size() as u32;
	let index = pallet_collective::ProposalCount::<Test, Instance1>::get();
	assert_ok!(Motions::propose(signed(ayes[0]), threshold, Box::new(call), length));
	for who in ayes {
		assert_ok!(Motions::vote(signed(*who), hash, index, true));
	}
	hash
}

/// Closes the last motion, which is on `call`.
pub fn close(call: &RuntimeCall) -> DispatchResult {
	let hash = BlakeTwo256::hash_of(call);
	let index = pallet_collective::ProposalCount::<Test, Instance1>::get() - 1;
	let length = call.encoded_size() as u32;
	Motions::close(signed(STRANGER), hash, index, MaxWeight::get(), length)
		.map(|_| ())
		.map_err(|failed| failed.error)
}

/// What `who` signs to take `seat` up to the block `expiry`.
pub fn message(seat: OfferedSeat<AccountId>, expiry: u64) -> Vec<u8> {
	// What the frame takes for the hash of the first block.
	let genesis = sp_runtime::testing::H256::repeat_byte(69);
	AcceptanceMessage { purpose: ACCEPT_SEAT, genesis, seat, expiry }.encode()
}

pub fn acceptance(who: AccountId, seat: OfferedSeat<AccountId>, expiry: u64) -> AcceptanceOf<Test> {
	Acceptance { expiry, signature: TestSignature(who, message(seat, expiry)) }
}

/// A fresh acceptance.
fn consent(who: AccountId, seat: OfferedSeat<AccountId>) -> AcceptanceOf<Test> {
	let last = Accepted::<Test>::get(who).unwrap_or_default();
	acceptance(who, seat, last.max(System::block_number()) + 1)
}

/// The member `old` gives its seat to `new`, which accepts.
pub fn rotate_key(old: AccountId, new: AccountId) -> DispatchResult {
	Council::rotate_key(signed(old), new, consent(new, OfferedSeat::Of(old)))
}

/// The council fills a vacancy with `who`, who accepts.
pub fn add_member(who: AccountId, cohort: Cohort) -> DispatchResult {
	Council::add_member(nine(), who, cohort, consent(who, OfferedSeat::Vacancy(cohort)))
}

pub fn seats(cohort: Cohort) -> Vec<AccountId> {
	Cohorts::<Test>::get(cohort).into_iter().map(|seat| seat.account).collect()
}

pub fn seat_numbers(cohort: Cohort) -> Vec<SeatNumber> {
	Cohorts::<Test>::get(cohort).into_iter().map(|seat| seat.number).collect()
}
