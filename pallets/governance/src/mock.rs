//! A runtime with this pallet and what it stands on: referenda, scheduler, preimages.

use crate as pallet_governance;
use crate::{
	EnsureProposer, Kind, KindTerms, Quorum, RoomForDispatch, Spending, Tally, Terms, Tracks,
	UndecidingTimeout,
};
use codec::Encode;
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::InspectHold, schedule::DispatchTime, Bounded, ConstU128, ConstU32, ConstU64,
		Currency, EnsureOrigin, EqualPrivilegeOnly, OnUnbalanced,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use openledger_pallet_testing::{
	chain,
	money::{check_supply, endowed},
	Chain, MockRuntime,
};
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::{
	traits::{Convert, Hash},
	DispatchError, DispatchResult, Perbill, Permill,
};

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
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(2)]
	pub type Preimage = pallet_preimage;

	#[runtime::pallet_index(3)]
	pub type Scheduler = pallet_scheduler;

	#[runtime::pallet_index(4)]
	pub type Referenda = pallet_referenda;

	#[runtime::pallet_index(5)]
	pub type Governance = pallet_governance;
}

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<u64>;
	type Consideration = ();
}

parameter_types! {
	pub MaximumWeight: Weight = Weight::MAX;
	pub const Excluded: u64 = TREASURY;
	pub const DepositSupport: Permill = Permill::from_percent(5);
}

/// Passes the account that stands for the council.
pub struct EnsureCouncil;
impl EnsureOrigin<RuntimeOrigin> for EnsureCouncil {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
		match frame_system::ensure_signed(origin.clone()) {
			Ok(COUNCIL) => Ok(()),
			_ => Err(origin),
		}
	}
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumWeight;
	type ScheduleOrigin = EnsureRoot<u64>;
	type MaxScheduledPerBlock = ConstU32<100>;
	type WeightInfo = ();
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

/// Gives the treasury what is taken from others.
pub struct ToTreasury;
impl OnUnbalanced<pallet_balances::NegativeImbalance<Test>> for ToTreasury {
	fn on_nonzero_unbalanced(amount: pallet_balances::NegativeImbalance<Test>) {
		Balances::resolve_creating(&TREASURY, amount);
	}
}

impl pallet_referenda::Config for Test {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Scheduler = RoomForDispatch<Self>;
	type Currency = Balances;
	type SubmitOrigin = EnsureProposer<Self>;
	type CancelOrigin = EnsureRoot<u64>;
	type KillOrigin = EnsureRoot<u64>;
	type Slash = ToTreasury;
	type Votes = u128;
	type Tally = Tally<Self>;
	type SubmissionDeposit = ConstU128<DEPOSIT>;
	type MaxQueued = ConstU32<1>;
	type UndecidingTimeout = UndecidingTimeout<Self>;
	type AlarmInterval = ConstU64<1>;
	type Tracks = Tracks<Self>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

/// Root proposes anything; the proposers named here stand for the other kinds.
pub struct KindOf;
impl Convert<OriginCaller, Option<Kind>> for KindOf {
	fn convert(origin: OriginCaller) -> Option<Kind> {
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Some(Kind::Constitutional),
			OriginCaller::system(frame_system::RawOrigin::Signed(TREASURY)) => Some(Kind::Treasury),
			OriginCaller::system(frame_system::RawOrigin::Signed(MEDIUM)) => {
				Some(Kind::MediumSpender)
			},
			OriginCaller::system(frame_system::RawOrigin::Signed(BIG)) => Some(Kind::BigSpender),
			OriginCaller::system(frame_system::RawOrigin::Signed(COUNCIL)) => {
				Some(Kind::CouncilRemoval)
			},
			_ => None,
		}
	}
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Assets = Balances;
	type KindOf = KindOf;
	type AdminOrigin = EnsureRoot<u64>;
	type VetoOrigin = EnsureCouncil;
	type Excluded = Excluded;
	type Signature = sp_runtime::testing::TestSignature;
	type MaxVotes = ConstU32<4>;
	type LongestPeriod = ConstU64<1_000>;
	type HighestQuorum = ConstU128<100_000>;
	type MaxOpen = ConstU32<3>;
	type MaxAtSnapshot = ConstU32<8>;
	type DepositSupport = DepositSupport;
	type WeightInfo = ();
}

pub const ANN: u64 = 1;
pub const BEN: u64 = 2;
pub const CAT: u64 = 3;
pub const DAN: u64 = 4;
pub const STRANGER: u64 = 20;
pub const COUNCIL: u64 = 90;
pub const TREASURY: u64 = 99;
/// Stand for the origins of those who spend more, and have nothing.
pub const MEDIUM: u64 = 97;
pub const BIG: u64 = 98;
pub const ACCOUNTS: [u64; 7] = [ANN, BEN, CAT, DAN, STRANGER, COUNCIL, TREASURY];
pub const START: u128 = 100_000;

pub const THRESHOLD: u128 = 10;
pub const DEPOSIT: u128 = 7;
pub const DELAY: u64 = 3;
pub const HOLDING: u64 = 2;
pub const PERIOD: u64 = 14;
pub const WINDOW: u64 = 2;
pub const TIMELOCK: u64 = 11;
pub const TREASURY_TIMELOCK: u64 = 3;
pub const MEDIUM_TIMELOCK: u64 = 5;
pub const BIG_TIMELOCK: u64 = 8;
pub const REMOVAL_TIMELOCK: u64 = 1;

/// As on the real chain, with blocks for days and thousands for millions.
pub fn parameters() -> Terms<u64> {
	let terms = |share, least, most, timelock| KindTerms {
		quorum: Quorum { share: Permill::from_percent(share), least, most },
		timelock,
	};
	Terms {
		proposal_threshold: THRESHOLD,
		voting_delay: DELAY,
		holding_window: HOLDING,
		voting_period: PERIOD,
		late_quorum_window: WINDOW,
		removal_majority: Perbill::from_rational(5u32, 6),
		constitutional: terms(50, 15_000, 45_000, TIMELOCK),
		treasury: terms(40, 10_000, 30_000, TREASURY_TIMELOCK),
		medium_spender: terms(45, 12_500, 37_500, MEDIUM_TIMELOCK),
		big_spender: terms(50, 15_000, 45_000, BIG_TIMELOCK),
		removal: terms(10, 1_000, 45_000, REMOVAL_TIMELOCK),
		spending: Spending {
			period: 7,
			treasury: 1_000,
			medium_spender: 5_000,
			big_spender: 20_000,
		},
	}
}

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		Governance::do_try_state().unwrap();
		check_supply::<Test>(START * ACCOUNTS.len() as u128);
	}
}

/// A chain on which everybody has [`START`].
pub fn new_test_ext() -> Chain<Test> {
	Chain::new(RuntimeGenesisConfig {
		balances: endowed(&ACCOUNTS, START),
		governance: crate::GenesisConfig { parameters: Some(parameters()) },
		..Default::default()
	})
}

/// Runs `test` on a new chain, then checks every invariant.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(test);
}

/// Ends the running block and goes on to the start of block `number`, checking the invariants of each.
pub fn go_to(number: u64) {
	chain::run_to::<Test>(number);
}

pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Wraps and delegates to oneself.
pub fn wrap(who: u64, amount: u128) {
	Governance::wrap(signed(who), amount).unwrap();
	Governance::set_delegate(signed(who), who).unwrap();
}

pub fn held(who: u64) -> u128 {
	Balances::balance_on_hold(&crate::HoldReason::Wrapped.into(), &who)
}

/// The origin that proposals of a kind are made for.
pub fn origin_of(kind: Kind) -> Box<OriginCaller> {
	use frame_system::RawOrigin;
	Box::new(OriginCaller::system(match kind {
		Kind::Constitutional => RawOrigin::Root,
		Kind::Treasury => RawOrigin::Signed(TREASURY),
		Kind::CouncilRemoval => RawOrigin::Signed(COUNCIL),
		Kind::MediumSpender => RawOrigin::Signed(MEDIUM),
		Kind::BigSpender => RawOrigin::Signed(BIG),
	}))
}

/// A call that any origin of a proposal may dispatch: see [`dispatched`].
pub fn call() -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark { remark: b"done".to_vec() })
}

/// Whether a call was dispatched at its time and succeeded, other than what the pallets schedule for
/// themselves.
pub fn dispatched() -> bool {
	System::events().iter().any(|record| match &record.event {
		RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { id, result, .. }) => {
			id.is_some() && result.is_ok()
		},
		_ => false,
	})
}

/// A call that only Root may dispatch and that is too long for a proposal: it changes the threshold.
pub fn long_call(threshold: u128) -> RuntimeCall {
	let parameters = Terms { proposal_threshold: threshold, ..parameters() };
	RuntimeCall::Governance(crate::Call::set_parameters { parameters: Box::new(parameters) })
}

/// A call as a proposal names it that leaves its bytes to whoever notes them.
pub fn lookup(call: &RuntimeCall) -> Proposed {
	Bounded::Lookup { hash: hash_of(call), len: call.encoded_size() as u32 }
}

pub fn hash_of(call: &RuntimeCall) -> H256 {
	<Test as frame_system::Config>::Hashing::hash_of(call)
}

pub fn note(who: u64, call: &RuntimeCall) -> DispatchResult {
	Preimage::note_preimage(signed(who), call.encode()).map(|_| ()).map_err(|error| error.error)
}

/// How often a preimage is requested; `None` if nobody noted it.
pub fn requests(call: &RuntimeCall) -> Option<u32> {
	use pallet_preimage::RequestStatus;
	match pallet_preimage::RequestStatusFor::<Test>::get(hash_of(call))? {
		RequestStatus::Unrequested { .. } => Some(0),
		RequestStatus::Requested { count, .. } => Some(count),
	}
}

/// A call within a proposal.
pub type Proposed = Bounded<RuntimeCall, <Test as frame_system::Config>::Hashing>;

/// Proposes a call, for dispatch as early as possible; the proposal's number.
pub fn propose(who: u64, kind: Kind, call: RuntimeCall) -> Result<u32, DispatchError> {
	let inline = call.encode().try_into().map_err(|_| DispatchError::Other("long"))?;
	propose_for(who, kind, Bounded::Inline(inline), DispatchTime::After(0))
}

/// Proposes a call, for dispatch at a certain moment at the earliest.
pub fn propose_for(
	who: u64,
	kind: Kind,
	call: Proposed,
	moment: DispatchTime<u64>,
) -> Result<u32, DispatchError> {
	Referenda::submit(signed(who), origin_of(kind), call, moment)?;
	Ok(pallet_referenda::ReferendumCount::<Test>::get() - 1)
}

pub fn vote(who: u64, index: u32, side: crate::Side) -> DispatchResult {
	Governance::vote(signed(who), index, crate::tally::vote_of(side, 1))
		.map(|_| ())
		.map_err(|error| error.error)
}

/// The tally of a running referendum.
pub fn tally(index: u32) -> Tally<Test> {
	Governance::ongoing(index).unwrap().tally
}

/// What signs for an account.
pub fn signature(who: u64, message: &[u8]) -> sp_runtime::testing::TestSignature {
	sp_runtime::testing::TestSignature(who, message.to_vec())
}
