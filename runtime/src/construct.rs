//! The pallets of the runtime, in the order in which their hooks run.

use crate::{Block, UncheckedExtrinsic};
use alloc::vec::Vec;
use polkadot_sdk::*;

use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::traits::Block as BlockT;

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
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(6)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(7)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(8)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(9)]
	pub type Parameters = pallet_parameters;

	#[runtime::pallet_index(10)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(11)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(12)]
	pub type Referenda = pallet_referenda;
	// The name under which wallets look for the votes on referenda.
	#[runtime::pallet_index(13)]
	pub type ConvictionVoting = pallet_governance;
	// The name under which wallets look for a council.
	#[runtime::pallet_index(14)]
	pub type TechnicalCommittee = pallet_collective<Instance1>;
	#[runtime::pallet_index(15)]
	pub type SecurityCouncil = pallet_security_council;
	#[runtime::pallet_index(16)]
	pub type Treasury = pallet_treasury;
	#[runtime::pallet_index(17)]
	pub type Origins = crate::configs::origins::pallet_origins;

	#[runtime::pallet_index(20)]
	pub type Datanets = pallet_datanets;
	#[runtime::pallet_index(21)]
	pub type ModelRegistry = pallet_model_registry;
	#[runtime::pallet_index(22)]
	pub type Attribution = pallet_attribution;
	#[runtime::pallet_index(23)]
	pub type InferenceMarket = pallet_inference_market;
}

/// The extrinsics that the author of a block adds by itself.
pub(crate) fn create_inherents(data: &InherentData) -> Vec<UncheckedExtrinsic> {
	data.create_extrinsics()
}

/// Whether a block's inherent extrinsics agree with `data`.
pub(crate) fn check_inherents(
	data: &InherentData,
	block: &<Block as BlockT>::LazyBlock,
) -> CheckInherentsResult {
	data.check_extrinsics(block)
}
