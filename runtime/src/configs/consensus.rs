//! BABE makes blocks, GRANDPA finalises them.

use crate::{
	constants::time::{EPOCH_SLOTS, SLOT_MILLIS},
	Runtime, RuntimeEvent, Session,
};
use polkadot_sdk::*;

use frame_support::traits::{ConstU32, ConstU64};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};

/// A primary slot in four on average; secondary slots fill the others, so that every slot has an
/// author and its VRF output.
pub const BABE_GENESIS_EPOCH_CONFIG: BabeEpochConfiguration =
	BabeEpochConfiguration { c: (1, 4), allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots };

/// The most validators the consensus pallets store.
pub type MaxAuthorities = ConstU32<100>;

impl pallet_babe::Config for Runtime {
	type EpochDuration = ConstU64<EPOCH_SLOTS>;
	type ExpectedBlockTime = ConstU64<SLOT_MILLIS>;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	// The validator set is fixed at genesis: nobody is elected, so nobody is slashed here.
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<0>;
	type KeyOwnerProof = sp_core::Void;
	type EquivocationReportSystem = ();
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, crate::Babe>;
	type EventHandler = ();
}
