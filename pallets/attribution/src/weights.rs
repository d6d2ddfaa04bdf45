//! What each call costs: database reads and writes counted from the code, and computing time that grows
//! with entries, coordinates, proof hashes and bytes, from the measured costs in [`unit`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use crate::ClaimSize;
use core::marker::PhantomData;
use frame_support::weights::{
	constants::RocksDbWeight, constants::WEIGHT_REF_TIME_PER_MICROS,
	constants::WEIGHT_REF_TIME_PER_NANOS, RuntimeDbWeight, Weight,
};
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// Costs of units of work in picoseconds, measured by `scripts/bench weights`.
pub mod unit {
	use super::{WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS};

	/// A call's own computing: decoding, checks, encoding, events.
	pub const CALL: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(20);
	/// One product of coordinates in a score.
	pub const PRODUCT: u64 = WEIGHT_REF_TIME_PER_NANOS;
	/// Hashing one KiB.
	pub const KIB_HASHED: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(2);
	/// Hashing two nodes of a Merkle tree to one: 64 bytes, and the call into the host.
	pub const NODE: u64 = WEIGHT_REF_TIME_PER_MICROS;
	/// Verifying one sr25519 signature.
	pub const SIGNATURE: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(60);
	/// Decoding and comparing one attester of the list of bonded ones.
	pub const ATTESTER: u64 = WEIGHT_REF_TIME_PER_NANOS.saturating_mul(100);
}

/// Reads for looking up one leaf's number: the contribution, the model, the version it is in.
const READS_PER_LEAF_NUMBER: u64 = 3;

fn ref_time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

fn hashed(bytes: u64) -> u64 {
	bytes.div_ceil(1024).saturating_mul(unit::KIB_HASHED)
}

fn listed(attesters: u32) -> u64 {
	u64::from(attesters).saturating_mul(unit::ATTESTER)
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
		ref_time(unit::CALL.saturating_add(listed(attesters)))
			.saturating_add(Self::Db::get().reads_writes(6, 4))
	}

	/// `deregister`, with `attesters` bonded.
	///
	/// Reads: attester, its assignments, bonded, parameters. Writes: attester, bonded.
	fn deregister(attesters: u32) -> Weight {
		ref_time(unit::CALL.saturating_add(listed(attesters)))
			.saturating_add(Self::Db::get().reads_writes(4, 2))
	}

	/// `withdraw_bond`. Reads and writes: attester, account, holds.
	fn withdraw_bond() -> Weight {
		ref_time(unit::CALL).saturating_add(Self::Db::get().reads_writes(3, 3))
	}

	/// The door's check of a claim: its bytes are hashed once for the signature.
	///
	/// Reads: job, parameters, session keys (two), genesis hash.
	fn authorize_claim(size: ClaimSize) -> Weight {
		let computing =
			unit::CALL.saturating_add(unit::SIGNATURE).saturating_add(hashed(size.bytes));
		ref_time(computing).saturating_add(Self::Db::get().reads(5))
	}

	/// `submit_claim` without the settlement. Every leaf and the claim are hashed; every score is
	/// recomputed; every proof is followed.
	///
	/// Reads: job, parameters, model, inference, bonded, randomness; three for each entry's leaf number; a queue for
	/// each of the `blocks` looked at if the job is drawn again. Writes: job, result, two queues, two
	/// assignments.
	fn submit_claim(size: ClaimSize, attesters: u32, blocks: u32) -> Weight {
		let computing = unit::CALL
			.saturating_add(size.products.saturating_mul(unit::PRODUCT))
			.saturating_add(size.nodes.saturating_mul(unit::NODE))
			.saturating_add(hashed(size.bytes.saturating_mul(2)))
			.saturating_add(listed(attesters));
		let reads = u64::from(size.entries)
			.saturating_mul(READS_PER_LEAF_NUMBER)
			.saturating_add(7)
			.saturating_add(blocks.into());
		ref_time(computing).saturating_add(Self::Db::get().reads_writes(reads, 6))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		ref_time(unit::CALL).saturating_add(Self::Db::get().writes(1))
	}

	/// Opening a job with a committee of `committee` out of `attesters`, looking at the queues of `blocks`.
	///
	/// Reads: next number, parameters, bonded, randomness, a queue for each block. Writes: next number, job, queue,
	/// an assignment for each member.
	fn open_job(committee: u32, attesters: u32, blocks: u32) -> Weight {
		ref_time(unit::CALL.saturating_add(listed(attesters))).saturating_add(
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
		ref_time(unit::CALL.saturating_add(listed(attesters))).saturating_add(
			Self::Db::get().reads_writes(
				u64::from(blocks).saturating_add(4),
				u64::from(committee).saturating_mul(2).saturating_add(2),
			),
		)
	}

	/// Ending a job without result, without the settlement.
	///
	/// Reads: job, parameters. Writes: job, result, assignments.
	fn give_up(committee: u32) -> Weight {
		ref_time(unit::CALL)
			.saturating_add(Self::Db::get().reads_writes(2, u64::from(committee).saturating_add(2)))
	}
}

/// The costs with the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl WeightInfo for () {
	type Db = RocksDbWeight;
}
