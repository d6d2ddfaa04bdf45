//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`unit`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{
	constants::{RocksDbWeight, WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS},
	RuntimeDbWeight, Weight,
};
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// Costs of units of work in picoseconds, measured by `scripts/bench weights`.
pub mod unit {
	use super::{WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS};

	/// A call's own computing: decoding, checks, encoding, events.
	pub const CALL: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(20);
	/// Decoding a stored model, descriptors included.
	pub const MODEL: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(5);
	/// One product of two coordinates, added to a score.
	pub const PRODUCT: u64 = WEIGHT_REF_TIME_PER_NANOS;
	/// Decoding, encoding and hashing one KiB of sketch.
	pub const HASHED_KIB: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(2);
	/// One step of a Merkle proof: hashing two nodes.
	pub const PROOF_STEP: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(2);
	/// What an entry costs whatever its size: order, distinctness, share.
	pub const ENTRY: u64 = WEIGHT_REF_TIME_PER_MICROS.saturating_mul(2);
}

/// Picoseconds to check an attribution of `entries` entries whose sketches have at most `dimension`
/// coordinates of two bytes, with proofs of at most `depth` steps.
pub const fn check_time(entries: u32, dimension: u32, depth: u32) -> u64 {
	let kib = (dimension as u64).saturating_mul(2).div_ceil(1024);
	let hash = kib.saturating_mul(unit::HASHED_KIB);
	let entry = unit::ENTRY
		.saturating_add(hash)
		.saturating_add((dimension as u64).saturating_mul(unit::PRODUCT))
		.saturating_add((depth as u64).saturating_mul(unit::PROOF_STEP));
	// The query sketch is hashed once.
	hash.saturating_add((entries as u64).saturating_mul(entry))
}

/// Costs of the calls.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// `register` with `sources` sources, at most: with `ancestors` ancestors.
	///
	/// Reads: each source's version, each ancestor, parameters, next number, accounts of owner and
	/// treasury. Writes: both accounts, next number, model.
	fn register(sources: u32, ancestors: u32) -> Weight {
		let models = u64::from(ancestors).saturating_add(1);
		let reads = u64::from(sources).saturating_add(ancestors.into()).saturating_add(4);
		ref_time(unit::CALL.saturating_add(models.saturating_mul(unit::MODEL)))
			.saturating_add(Self::Db::get().reads_writes(reads, 4))
	}

	/// `activate` of a model with `sources` sources, checking `entries` entries whose sketches have at
	/// most `dimension` coordinates, with proofs of at most `depth` steps.
	///
	/// Reads: model, each source's version twice, each entry's contribution. Writes: model, held-out shares.
	fn activate(sources: u32, entries: u32, dimension: u32, depth: u32) -> Weight {
		let reads =
			u64::from(sources).saturating_mul(2).saturating_add(entries.into()).saturating_add(1);
		ref_time(unit::CALL.saturating_add(unit::MODEL))
			.saturating_add(ref_time(check_time(entries, dimension, depth)))
			.saturating_add(Self::Db::get().reads_writes(reads, 2))
	}

	/// `update_price`, `set_host`, `retire`. Reads and writes: model.
	fn update() -> Weight {
		ref_time(unit::CALL.saturating_add(unit::MODEL))
			.saturating_add(Self::Db::get().reads_writes(1, 1))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		ref_time(unit::CALL).saturating_add(Self::Db::get().writes(1))
	}
}

fn ref_time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

/// The costs with the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl WeightInfo for () {
	type Db = RocksDbWeight;
}
