//! Votes, proposals, the security council and the treasury.

use crate::{
	configs::{
		money::TREASURY,
		origins::{EnsureCouncilRemoval, EnsureTreasury, Origin},
		BlockWeights, TreasuryAccount,
	},
	constants::{
		currency::{MICRO, OPEN, SUPPLY},
		time::{DAYS, MINUTES},
	},
	AccountId, Balance, Balances, BlockNumber, ConvictionVoting, OriginCaller, Preimage, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeHoldReason, RuntimeOrigin, Scheduler, Signature, System,
	TechnicalCommittee,
};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::{
	parameter_types,
	traits::{
		fungible::HoldConsideration,
		tokens::{PayFromAccount, UnityAssetBalanceConversion},
		ConstU128, ConstU32, EitherOf, EqualPrivilegeOnly, Get, LinearStoragePrice, MapSuccess,
		NeverEnsureOrigin, SortedMembers,
	},
	weights::{constants::ParityDbWeight, Weight},
	PalletId,
};
use frame_system::{EnsureRoot, EnsureRootWithSuccess, RawOrigin};
use pallet_collective::WeightInfo as _;
use pallet_governance::{EnsureProposer, Kind, RoomForDispatch, Tally, Tracks, UndecidingTimeout};
use sp_runtime::{
	traits::{Convert, IdentityLookup, Replace},
	Perbill, Permill,
};

/// Members of the security council who act together: an absolute number, seats empty or not.
pub const COUNCIL_MAJORITY: u32 = 9;

/// Seats of the security council.
const MAX_MEMBERS: u32 = 12;
/// Motions that the council can have open at once.
const MAX_MOTIONS: u32 = 32;

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
	/// How often approved spends are paid.
	pub const SpendPeriod: BlockNumber = MINUTES / 2;
	/// How long an approved spend can be claimed.
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
	type Slash = ();
	type Votes = Balance;
	type Tally = Tally<Runtime>;
	// The votes behind a proposer stand for the deposit.
	type SubmissionDeposit = ConstU128<0>;
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
			_ => None,
		}
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
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	// The security council's pallet alone does.
	type SetMembersOrigin = NeverEnsureOrigin<()>;
	type MaxProposalWeight = MaxMotionWeight;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

/// The members as the collective knows them.
pub struct CollectiveMembers;

impl SortedMembers<AccountId> for CollectiveMembers {
	fn sorted_members() -> Vec<AccountId> {
		pallet_collective::Members::<Runtime, CouncilInstance>::get()
	}
}

/// The timelock of constitutional proposals.
pub struct ConstitutionalTimelock;

impl Get<BlockNumber> for ConstitutionalTimelock {
	fn get() -> BlockNumber {
		pallet_governance::Parameters::<Runtime>::get().constitutional.timelock
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
	/// What it costs to look up votes at a past block.
	pub LookupWeight: Weight = ParityDbWeight::get().reads(pallet_governance::weights::LOOKUP);
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
	type MaxNominees = ConstU32<500>;
	type WeightInfo = pallet_security_council::weights::SubstrateWeight<Runtime>;
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	type RejectOrigin = EnsureTreasuryOrRoot;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = SpendPeriod;
	type Burn = NoBurn;
	type PalletId = TreasuryId;
	type BurnDestination = ();
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
	type SpendFunds = ();
	type MaxApprovals = ConstU32<100>;
	type SpendOrigin = EnsureSpender;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = IdentityLookup<AccountId>;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = UnityAssetBalanceConversion;
	type PayoutPeriod = PayoutPeriod;
	type BlockNumberProvider = System;
}

/// Who spends from the treasury, without limit: it takes a vote.
pub type EnsureSpender = EitherOf<
	EnsureRootWithSuccess<AccountId, ConstU128<SUPPLY>>,
	MapSuccess<EnsureTreasury, Replace<ConstU128<SUPPLY>>>,
>;

impl super::origins::Config for Runtime {}
