//! Datanets, models, attribution and the market, wired to each other.

use crate::{
	configs::{
		governance::{EnsureTreasuryOrRoot, LongestPeriod},
		session::SessionKeyOwners,
		TreasuryAccount,
	},
	constants::{currency::OPEN, limits::MAX_DIMENSION},
	AccountId, Attribution, Balances, Datanets, InferenceMarket, ModelRegistry, Runtime,
	RuntimeHoldReason,
};
use polkadot_sdk::*;

use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU32, ConstU64},
	PalletId,
};
use frame_system::EnsureRoot;

/// The most bytes of a name.
pub type MaxName = ConstU32<128>;
/// The most entries of a claim, and so of contributors paid for one inference.
pub type MaxEntries = ConstU32<64>;
/// The most versions that a model is trained on.
pub type MaxSources = ConstU32<16>;
/// The most bytes of an answer.
pub type MaxOutput = ConstU32<{ openledger_primitives::MAX_OUTPUT }>;
/// The deepest line of descent of a model.
pub type MaxAncestors = ConstU32<8>;
/// The most attesters of one job.
pub type MaxCommittee = ConstU32<8>;
/// The most blocks a deadline moves if its block is full.
pub type MaxDelay = ConstU32<64>;
/// The highest deposit, bond or fee that a proposal can set.
pub type MaxDeposit = ConstU128<{ 1_000_000 * OPEN }>;

parameter_types! {
	/// Names the account that holds fees until they are claimed.
	pub const MarketPalletId: PalletId = PalletId(*b"openl/mk");
	/// The market's account.
	pub MarketAccount: AccountId = InferenceMarket::account_id();
}

impl pallet_datanets::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureTreasuryOrRoot;
	type Treasury = TreasuryAccount;
	type MaxName = MaxName;
	type MaxCurators = ConstU32<16>;
	type MaxReason = ConstU32<256>;
	type MaxDeposit = MaxDeposit;
	type MaxPeriod = LongestPeriod;
	type WeightInfo = pallet_datanets::weights::SubstrateWeight<Runtime>;
}

impl pallet_model_registry::Config for Runtime {
	type Currency = Balances;
	type AdminOrigin = EnsureTreasuryOrRoot;
	type Treasury = TreasuryAccount;
	type TrainingData = Datanets;
	type MaxName = MaxName;
	type MaxDescriptor = ConstU32<4_096>;
	type MaxSources = MaxSources;
	type MaxEntries = MaxEntries;
	type MaxDimension = ConstU32<MAX_DIMENSION>;
	type MaxAncestors = MaxAncestors;
	type MaxDeposit = MaxDeposit;
	type WeightInfo = pallet_model_registry::weights::SubstrateWeight<Runtime>;
}

impl pallet_attribution::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type AttesterId = pallet_attribution::sr25519::AttesterId;
	type Keys = SessionKeyOwners;
	type Randomness = pallet_babe::RandomnessFromOneEpochAgo<Runtime>;
	type Models = ModelRegistry;
	type Inferences = InferenceMarket;
	type Settlement = InferenceMarket;
	type SettlementWeight = pallet_inference_market::SettlementWeight<Runtime>;
	type MaxAttesters = ConstU32<1_000>;
	type MaxCommittee = MaxCommittee;
	type MaxEntries = MaxEntries;
	type MaxSources = MaxSources;
	type MaxOutput = MaxOutput;
	type MaxPerBlock = ConstU32<64>;
	type MaxDelay = MaxDelay;
	type ClaimLongevity = ConstU32<64>;
	type MaxDeposit = MaxDeposit;
	type MaxPeriod = LongestPeriod;
	type MaxAttempts = ConstU32<10>;
	type ClaimPriority = ConstU64<{ u64::MAX / 2 }>;
	type WeightInfo = pallet_attribution::weights::SubstrateWeight<Runtime>;
}

impl pallet_inference_market::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Models = ModelRegistry;
	type Contributions = Datanets;
	type Jobs = Attribution;
	type OpenWeight = pallet_attribution::OpenWeight<Runtime>;
	type Treasury = TreasuryAccount;
	type PalletId = MarketPalletId;
	type MaxInput = ConstU32<4_096>;
	type MaxOutput = MaxOutput;
	type MaxEntries = MaxEntries;
	type MaxAncestors = MaxAncestors;
	type MaxCommittee = MaxCommittee;
	type MaxPerBlock = ConstU32<256>;
	type MaxDelay = MaxDelay;
	type MaxPlatformFee = MaxDeposit;
	type MaxPeriod = LongestPeriod;
	type WeightInfo = pallet_inference_market::weights::SubstrateWeight<Runtime>;
}
