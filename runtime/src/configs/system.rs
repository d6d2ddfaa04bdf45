//! The frame: accounts, blocks, time, batches.

use crate::{
	constants::{limits, time::SLOT_MILLIS},
	AccountId, Babe, Balance, Block, Nonce, PalletInfo, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeOrigin, RuntimeTask, VERSION,
};
use polkadot_sdk::*;

use frame_support::{
	derive_impl, dispatch::DispatchClass, parameter_types, traits::ConstU64,
	weights::constants::ParityDbWeight,
};
use frame_system::limits::{BlockLength as Lengths, BlockWeights as Weights};
use sp_version::RuntimeVersion;

parameter_types! {
	/// Blocks whose hashes the chain remembers, which bounds how long a transaction can stay valid.
	pub const BlockHashCount: u32 = 2_400;
	/// The version of this runtime.
	pub const Version: RuntimeVersion = VERSION;
	pub const SS58Prefix: u16 = openledger_primitives::SS58_PREFIX;
	pub BlockWeights: Weights =
		Weights::with_sensible_defaults(limits::BLOCK_WEIGHT, limits::NORMAL_RATIO);
	pub BlockLength: Lengths = Lengths::builder()
		.max_length(limits::BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |max| *max = limits::NORMAL_RATIO * *max)
		.build();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Block = Block;
	type BlockHashCount = BlockHashCount;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = SS58Prefix;
	type BlockWeights = BlockWeights;
	type BlockLength = BlockLength;
	type SingleBlockMigrations = crate::migrations::Migrations;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<{ SLOT_MILLIS / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = crate::OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}
