//! Votes, proposals, the security council and the treasury.

use crate::{
	configs::{
		money::TREASURY,
		origins::{EnsureCouncilRemoval, EnsureTreasury, Origin},
		BlockWeights, TreasuryAccount,
	},
	constants::{
		currency::{MICRO, OPEN, SUPPLY},
		time::DAYS,
	},
	AccountId, Balance, Balances, BlockNumber, ConvictionVoting, OriginCaller, Preimage, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeHoldReason, RuntimeOrigin, Scheduler, SecurityCouncil,
	Signature, System, TechnicalCommittee, Treasury,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::*;

use frame_support::{
	dispatch::DispatchClass,
	parameter_types,
	traits::{
		fungible::HoldConsideration,
		tokens::{ConversionFromAssetBalance, PayFromAccount},
		Consideration, ConstU32, EitherOf, EnsureOrigin, EqualPrivilegeOnly, Get,
		LinearStoragePrice, MaybeConsideration, NeverEnsureOrigin, OriginTrait, SortedMembers,
	},
	weights::{constants::ParityDbWeight, Weight},
	PalletId,
};
use frame_system::{EnsureRoot, RawOrigin};
use pallet_collective::WeightInfo as _;
use pallet_governance::{EnsureProposer, Kind, RoomForDispatch, Tally, Tracks, UndecidingTimeout};
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Convert, IdentityLookup},
	DispatchError, Perbill, Permill,
};

/// Members of the security council who act together: an absolute number, seats empty or not.
pub const COUNCIL_MAJORITY: u32 = 9;

/// Seats of the security council.
const MAX_MEMBERS: u32 = 12;
/// Spends that can wait to be paid.
const MAX_APPROVALS: u32 = 100;
/// Motions that the council can have open at once: two of each member, and two of each member of the cohort
/// that an election replaced, which stay open for as long as [`MotionDuration`].
const MAX_MOTIONS: u32 = 36;

/// The security council, with enough of its members.
pub type EnsureCouncil =
	pallet_collective::EnsureMembers<AccountId, CouncilInstance, COUNCIL_MAJORITY>;
/// Who may set what is not constitutional.
pub type EnsureTreasuryOrRoot = EitherOf<EnsureRoot<AccountId>, EnsureTreasury>;
/// The collective of the security council's members.
pub type CouncilInstance = pallet_collective::Instance1;

parameter_types! {
	/// What the deposit of a preimage is held for.
	pub const PreimageHold: RuntimeHoldReason =
		RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	/// The part of a preimage's deposit that does not depend on its length.
	pub const PreimageBase: Balance = OPEN / 10;
	/// The part of a preimage's deposit for each byte of it.
	pub const PreimageByte: Balance = 10 * MICRO;
	/// What scheduled calls may take of a block.
	pub MaxScheduledWeight: Weight = Perbill::from_percent(80) * BlockWeights::get().max_block;
	/// What a motion of the council may take of a block.
	pub MaxMotionWeight: Weight = Perbill::from_percent(50) * BlockWeights::get().max_block;
	/// How long the council may vote on a motion.
	pub const MotionDuration: BlockNumber = 5 * DAYS;
	/// The longest period or timelock that a proposal can set.
	pub const LongestPeriod: BlockNumber = 60 * DAYS;
	/// The highest quorum or threshold that a proposal can set: a tenth of the supply.
	pub const HighestQuorum: Balance = SUPPLY / 10;
	/// What a proposal takes of its proposer until it has ended.
	pub const SubmissionDeposit: Balance = 1_000 * OPEN;
	/// The share of its quorum that For and Abstain must reach for the deposit of a defeated proposal to come
	/// back.
	pub const DepositSupport: Permill = Permill::from_percent(5);
	/// How long a claim could be made, if there were any: see [`OpenAlone`].
	pub const PayoutPeriod: BlockNumber = 30 * DAYS;
	/// Names the account that the treasury is.
	pub const TreasuryId: PalletId = TREASURY;
	/// Nothing is burnt: the supply is fixed.
	pub const NoBurn: Permill = Permill::zero();
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHold,
		LinearStoragePrice<PreimageBase, PreimageByte, Balance>,
	>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaxScheduledWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<512>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_referenda::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
	type Scheduler = RoomForDispatch<Runtime>;
	type Currency = Balances;
	type SubmitOrigin = EnsureProposer<Runtime>;
	type CancelOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Slash = Treasury;
	type Votes = Balance;
	type Tally = Tally<Runtime>;
	type SubmissionDeposit = SubmissionDeposit;
	type MaxQueued = ConstU32<1>;
	type UndecidingTimeout = UndecidingTimeout<Runtime>;
	type AlarmInterval = ConstU32<1>;
	type Tracks = Tracks<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

/// Which origin makes a proposal of which kind.
pub struct KindOf;

impl Convert<OriginCaller, Option<Kind>> for KindOf {
	fn convert(origin: OriginCaller) -> Option<Kind> {
		match origin {
			OriginCaller::system(RawOrigin::Root) => Some(Kind::Constitutional),
			OriginCaller::Origins(Origin::Treasury) => Some(Kind::Treasury),
			OriginCaller::Origins(Origin::CouncilRemoval) => Some(Kind::CouncilRemoval),
			OriginCaller::Origins(Origin::MediumSpender) => Some(Kind::MediumSpender),
			OriginCaller::Origins(Origin::BigSpender) => Some(Kind::BigSpender),
			_ => None,
		}
	}
}

/// The origin that calls of proposals of a kind are dispatched with: the other way round.
pub fn origin_of(kind: Kind) -> OriginCaller {
	match kind {
		Kind::Constitutional => OriginCaller::system(RawOrigin::Root),
		Kind::Treasury => OriginCaller::Origins(Origin::Treasury),
		Kind::CouncilRemoval => OriginCaller::Origins(Origin::CouncilRemoval),
		Kind::MediumSpender => OriginCaller::Origins(Origin::MediumSpender),
		Kind::BigSpender => OriginCaller::Origins(Origin::BigSpender),
	}
}

impl pallet_governance::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Assets = Balances;
	type KindOf = KindOf;
	type AdminOrigin = EnsureRoot<AccountId>;
	type VetoOrigin = EnsureCouncil;
	type Excluded = TreasuryAccount;
	type Signature = Signature;
	type MaxVotes = ConstU32<64>;
	type LongestPeriod = LongestPeriod;
	type HighestQuorum = HighestQuorum;
	type MaxOpen = ConstU32<3>;
	type MaxAtSnapshot = ConstU32<32>;
	type DepositSupport = DepositSupport;
	type WeightInfo = pallet_governance::weights::SubstrateWeight<Runtime>;
}

/// Members who did not vote count as against, so that a majority is of votes cast.
pub struct AbsenteesAreAgainst;

impl pallet_collective::DefaultVote for AbsenteesAreAgainst {
	fn default_vote(_: Option<bool>, _: u32, _: u32, _: u32) -> bool {
		false
	}
}

impl pallet_collective::Config<CouncilInstance> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = ConstU32<MAX_MOTIONS>;
	type MaxMembers = ConstU32<MAX_MEMBERS>;
	type DefaultVote = AbsenteesAreAgainst;
	type WeightInfo = MotionWeights;
	// The security council's pallet alone does.
	type SetMembersOrigin = NeverEnsureOrigin<()>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = MotionSlot;
}

/// One of the two motions that a member can have open: one, and one more so that an emergency need not wait for
/// it. The chain does not tell which is which; who uses both for other things lacks one in an emergency, and
/// eleven others have theirs.
///
/// The collective keeps the owner of each motion beside it ([`pallet_collective::CostOf`]), so that the open ones
/// are counted when another is made, and one that is closed or killed counts no more. The entry of a motion that
/// is over can be deleted by anybody (`release_proposal_cost`).
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct MotionSlot;

impl Consideration<AccountId, u32> for MotionSlot {
	fn new(who: &AccountId, others: u32) -> Result<Self, DispatchError> {
		let open = pallet_collective::Proposals::<Runtime, CouncilInstance>::get();
		// The new motion is the last of these. An entry under its hash is that of an earlier motion.
		let others = open.into_iter().take(usize::try_from(others).unwrap_or(usize::MAX));
		let owners = others.filter_map(pallet_collective::CostOf::<Runtime, CouncilInstance>::get);
		SecurityCouncil::ensure_motion_left(who, owners.map(|(owner, _)| owner))?;
		Ok(Self)
	}

	fn update(self, _: &AccountId, _: u32) -> Result<Self, DispatchError> {
		Ok(self)
	}

	fn drop(self, _: &AccountId) -> Result<(), DispatchError> {
		Ok(())
	}
}

impl MaybeConsideration<AccountId, u32> for MotionSlot {
	fn is_none(&self) -> bool {
		false
	}
}

/// The weights of the collective's calls: those of the SDK, and for a new motion what [`MotionSlot`] reads and
/// keeps.
pub struct MotionWeights;

type CollectiveWeights = pallet_collective::weights::SubstrateWeight<Runtime>;

impl pallet_collective::WeightInfo for MotionWeights {
	fn set_members(m: u32, n: u32, p: u32) -> Weight {
		CollectiveWeights::set_members(m, n, p)
	}
	fn execute(b: u32, m: u32) -> Weight {
		CollectiveWeights::execute(b, m)
	}
	fn propose_execute(b: u32, m: u32) -> Weight {
		CollectiveWeights::propose_execute(b, m)
	}
	/// Reads more: both cohorts, the owner of each other motion, and the seat of each of these and of the member
	/// among former keys. Writes more: the owner.
	fn propose_proposed(b: u32, m: u32, p: u32) -> Weight {
		let reads = u64::from(p).saturating_mul(2).saturating_add(3);
		CollectiveWeights::propose_proposed(b, m, p)
			.saturating_add(ParityDbWeight::get().reads_writes(reads, 1))
	}
	fn vote(m: u32) -> Weight {
		CollectiveWeights::vote(m)
	}
	fn close_early_disapproved(m: u32, p: u32) -> Weight {
		CollectiveWeights::close_early_disapproved(m, p)
	}
	fn close_early_approved(b: u32, m: u32, p: u32) -> Weight {
		CollectiveWeights::close_early_approved(b, m, p)
	}
	fn close_disapproved(m: u32, p: u32) -> Weight {
		CollectiveWeights::close_disapproved(m, p)
	}
	fn close_approved(b: u32, m: u32, p: u32) -> Weight {
		CollectiveWeights::close_approved(b, m, p)
	}
	fn disapprove_proposal(p: u32) -> Weight {
		CollectiveWeights::disapprove_proposal(p)
	}
	fn kill(d: u32, p: u32) -> Weight {
		CollectiveWeights::kill(d, p)
	}
	fn release_proposal_cost() -> Weight {
		CollectiveWeights::release_proposal_cost()
	}
}

/// The members as the collective knows them.
pub struct CollectiveMembers;

impl SortedMembers<AccountId> for CollectiveMembers {
	fn sorted_members() -> Vec<AccountId> {
		pallet_collective::Members::<Runtime, CouncilInstance>::get()
	}
}

/// The timelock of constitutional proposals; the longest possible where there are no parameters.
pub struct ConstitutionalTimelock;

impl Get<BlockNumber> for ConstitutionalTimelock {
	fn get() -> BlockNumber {
		pallet_governance::Parameters::<Runtime>::get()
			.map_or_else(LongestPeriod::get, |parameters| parameters.constitutional.timelock)
	}
}

parameter_types! {
	/// What it costs to tell the collective who its members are, with all motions open.
	pub ChangeMembersWeight: Weight =
		<Runtime as pallet_collective::Config<CouncilInstance>>::WeightInfo::set_members(
			MAX_MEMBERS,
			MAX_MEMBERS,
			MAX_MOTIONS,
		);
	/// What it costs to look up the votes that count at a past block.
	pub LookupWeight: Weight = ParityDbWeight::get()
		.reads(pallet_governance::weights::LOOKUP + pallet_governance::weights::COUNTED);
}

impl pallet_security_council::Config for Runtime {
	type RuntimeCall = RuntimeCall;
	type CouncilOrigin = EnsureCouncil;
	type RemovalOrigin = EitherOf<EnsureRoot<AccountId>, EnsureCouncilRemoval>;
	type AdminOrigin = EnsureRoot<AccountId>;
	type MembershipChanged = TechnicalCommittee;
	type Members = CollectiveMembers;
	type ChangeWeight = ChangeMembersWeight;
	type Votes = ConvictionVoting;
	type LookupWeight = LookupWeight;
	type Timelock = ConstitutionalTimelock;
	type Scheduler = Scheduler;
	type Preimages = Preimage;
	type Signature = Signature;
	type MaxNominees = ConstU32<500>;
	type LeastMembers = ConstU32<COUNCIL_MAJORITY>;
	type HighestQuorum = HighestQuorum;
	type WeightInfo = pallet_security_council::weights::SubstrateWeight<Runtime>;
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	// Not a treasury proposal: it would cancel what took a greater quorum.
	type RejectOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = SpendPeriod;
	type Burn = NoBurn;
	type PalletId = TreasuryId;
	type BurnDestination = ();
	type WeightInfo = TreasuryWeights;
	type SpendFunds = ();
	type MaxApprovals = ConstU32<MAX_APPROVALS>;
	type SpendOrigin = EnsureSpender;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = IdentityLookup<AccountId>;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = OpenAlone;
	type PayoutPeriod = PayoutPeriod;
	type BlockNumberProvider = System;
}

/// How often the treasury pays what was approved; as seldom as possible where there are no parameters.
pub struct SpendPeriod;

impl Get<BlockNumber> for SpendPeriod {
	fn get() -> BlockNumber {
		// The treasury asks at the start of each block, and its weights know nothing of this.
		System::register_extra_weight_unchecked(
			ParityDbWeight::get().reads(1),
			DispatchClass::Mandatory,
		);
		pallet_governance::Parameters::<Runtime>::get()
			.map_or_else(LongestPeriod::get, |parameters| parameters.spending.period)
	}
}

/// Closes the call `spend`, which is for other assets than OPEN: there are none. What it approves would wait for
/// claims without end, so that nobody could tell how much a period has left. `spend_local` is for OPEN.
pub struct OpenAlone;

impl ConversionFromAssetBalance<Balance, (), Balance> for OpenAlone {
	type Error = ();

	/// # Errors
	/// Always.
	fn from_asset_balance(_: Balance, _: ()) -> Result<Balance, ()> {
		Err(())
	}
}

/// Who spends from the treasury, and the most that it may spend now: Root all there is, others what their limit
/// leaves beside what waits to be paid. So no batch and no number of proposals spends more in a period than one
/// could.
pub struct EnsureSpender;

impl EnsureOrigin<RuntimeOrigin> for EnsureSpender {
	type Success = Balance;

	fn try_origin(origin: RuntimeOrigin) -> Result<Balance, RuntimeOrigin> {
		let Some(kind) = KindOf::convert(origin.caller().clone()) else { return Err(origin) };
		if kind == Kind::Constitutional {
			return Ok(SUPPLY);
		}
		let limit = pallet_governance::Parameters::<Runtime>::get()
			.and_then(|parameters| parameters.spending.limit(kind));
		let Some(limit) = limit else { return Err(origin) };
		// Saturating: more may wait than this kind may approve.
		Ok(limit.saturating_sub(waiting()))
	}
}

/// What was approved and waits to be paid.
#[allow(deprecated)]
fn waiting() -> Balance {
	let approvals = pallet_treasury::Approvals::<Runtime>::get();
	let values = approvals.into_iter().filter_map(pallet_treasury::Proposals::<Runtime>::get);
	values.fold(0, |sum: Balance, approved| sum.saturating_add(approved.value))
}

/// The weights of the treasury's calls: those of the SDK, and for what [`EnsureSpender`] reads.
pub struct TreasuryWeights;

type SdkTreasuryWeights = pallet_treasury::weights::SubstrateWeight<Runtime>;

impl pallet_treasury::WeightInfo for TreasuryWeights {
	/// Reads more: the parameters, the list of approvals, and each that is on it.
	fn spend_local() -> Weight {
		let reads = u64::from(MAX_APPROVALS).saturating_add(2);
		SdkTreasuryWeights::spend_local().saturating_add(ParityDbWeight::get().reads(reads))
	}
	fn remove_approval() -> Weight {
		SdkTreasuryWeights::remove_approval()
	}
	fn on_initialize_proposals(p: u32) -> Weight {
		SdkTreasuryWeights::on_initialize_proposals(p)
	}
	/// As [`Self::spend_local`], although it always fails.
	fn spend() -> Weight {
		let reads = u64::from(MAX_APPROVALS).saturating_add(2);
		SdkTreasuryWeights::spend().saturating_add(ParityDbWeight::get().reads(reads))
	}
	fn payout() -> Weight {
		SdkTreasuryWeights::payout()
	}
	fn check_status() -> Weight {
		SdkTreasuryWeights::check_status()
	}
	fn void_spend() -> Weight {
		SdkTreasuryWeights::void_spend()
	}
}

impl super::origins::Config for Runtime {}
