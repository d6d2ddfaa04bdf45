//! What each call costs: database reads and writes counted from the code, and computing time that grows
//! with entries, coordinates, proof hashes and bytes, from the measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use crate::ClaimSize;
use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// Decoding and comparing one attester of the list of bonded ones.
const ATTESTER: u64 = cost::bytes(32);

/// Reads for looking up one leaf's number: the contribution, and again the model and the versions, which are
/// decoded for each leaf.
const READS_PER_LEAF_NUMBER: u64 = 3;

fn ref_time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

fn listed(attesters: u32) -> u64 {
	u64::from(attesters).saturating_mul(ATTESTER)
}

/// Costs of attribution's calls and hooks.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// `register`, with `attesters` bonded.
	///
	/// Reads: attester, session keys, parameters, account, holds, bonded. Writes: attester, account, holds,
	/// bonded.
	fn register(attesters: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(listed(attesters)))
			.saturating_add(Self::Db::get().reads_writes(6, 4))
	}

	/// `deregister`, with `attesters` bonded.
	///
	/// Reads: attester, bonded, parameters. Writes: attester, bonded.
	fn deregister(attesters: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(listed(attesters)))
			.saturating_add(Self::Db::get().reads_writes(3, 2))
	}

	/// `withdraw_bond`.
	///
	/// Reads: attester, its first assignment, account, holds. Writes: attester, account, holds.
	fn withdraw_bond() -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().reads_writes(4, 3))
	}

	/// The door's check of a claim: its bytes are hashed once for the signature.
	///
	/// Reads: job, parameters, session keys, genesis hash.
	fn authorize_claim(size: ClaimSize) -> Weight {
		let computing =
			cost::CALL.saturating_add(cost::SIGNATURE).saturating_add(cost::bytes(size.bytes));
		ref_time(computing).saturating_add(Self::Db::get().reads(4))
	}

	/// `submit_claim` without the settlement. Every leaf and the claim are hashed; every score is
	/// recomputed; every proof is followed.
	///
	/// Reads: job, parameters, model, inference, bonded, randomness, the deadline's queue; each of the `sources`
	/// versions that the model was trained on; three for each entry's leaf number; a queue for each of the
	/// `blocks` looked at if the job is drawn again. Writes: job, result, two queues, two assignments.
	fn submit_claim(size: ClaimSize, sources: u32, attesters: u32, blocks: u32) -> Weight {
		let computing = cost::CALL
			.saturating_add(size.products.saturating_mul(cost::PRODUCT))
			.saturating_add(size.nodes.saturating_mul(cost::NODE))
			.saturating_add(u64::from(size.entries).saturating_mul(cost::ENTRY))
			.saturating_add(cost::bytes(size.bytes.saturating_mul(2)))
			.saturating_add(listed(attesters));
		let reads = u64::from(size.entries)
			.saturating_mul(READS_PER_LEAF_NUMBER)
			.saturating_add(7)
			.saturating_add(sources.into())
			.saturating_add(blocks.into());
		ref_time(computing).saturating_add(Self::Db::get().reads_writes(reads, 6))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().writes(1))
	}

	/// Opening a job with a committee of `committee` out of `attesters`, looking at the queues of `blocks`.
	///
	/// Reads: next number, parameters, bonded, randomness, a queue for each block. Writes: next number, job, queue,
	/// an assignment for each member.
	fn open_job(committee: u32, attesters: u32, blocks: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(listed(attesters))).saturating_add(
			Self::Db::get().reads_writes(
				u64::from(blocks).saturating_add(4),
				u64::from(committee).saturating_add(3),
			),
		)
	}

	/// Looking for attempts that end in a block. Reads and writes: queue.
	fn look_at_deadlines() -> Weight {
		Self::Db::get().reads_writes(1, 1)
	}

	/// Drawing the next committee of a job.
	///
	/// Reads: job, parameters, bonded, randomness, a queue for each block. Writes: job, queue, the assignments of
	/// both committees.
	fn redraw(committee: u32, attesters: u32, blocks: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(listed(attesters))).saturating_add(
			Self::Db::get().reads_writes(
				u64::from(blocks).saturating_add(4),
				u64::from(committee).saturating_mul(2).saturating_add(2),
			),
		)
	}

	/// Ending a job without result, without the settlement, when the queues of `blocks` had no room for another
	/// attempt.
	///
	/// Reads: job, parameters, a queue for each block. Writes: job, result, assignments.
	fn give_up(committee: u32, blocks: u32) -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().reads_writes(
			u64::from(blocks).saturating_add(2),
			u64::from(committee).saturating_add(2),
		))
	}
}

/// The costs with the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl WeightInfo for () {
	type Db = ParityDbWeight;
}
