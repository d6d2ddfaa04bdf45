//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// A stored model at its largest, decoded and encoded.
const MODEL: u64 = cost::bytes(4 * 1024);

/// Picoseconds to check an attribution of `entries` entries whose sketches have at most `dimension`
/// coordinates of two bytes, with proofs of at most `depth` steps.
pub const fn check_time(entries: u32, dimension: u32, depth: u32) -> u64 {
	let hash = cost::bytes((dimension as u64).saturating_mul(2));
	let entry = cost::ENTRY
		.saturating_add(hash)
		.saturating_add((dimension as u64).saturating_mul(cost::PRODUCT))
		.saturating_add((depth as u64).saturating_mul(cost::NODE));
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
	/// treasury, total issuance. Writes: both accounts, next number, model.
	fn register(sources: u32, ancestors: u32) -> Weight {
		let models = u64::from(ancestors).saturating_add(1);
		let reads = u64::from(sources).saturating_add(ancestors.into()).saturating_add(5);
		ref_time(cost::CALL.saturating_add(models.saturating_mul(MODEL)))
			.saturating_add(Self::Db::get().reads_writes(reads, 4))
	}

	/// `activate` of a model with `sources` sources, checking `entries` entries whose sketches have at
	/// most `dimension` coordinates, with proofs of at most `depth` steps.
	///
	/// Reads: model, each source's version twice, each entry's contribution. Writes: model, held-out shares.
	fn activate(sources: u32, entries: u32, dimension: u32, depth: u32) -> Weight {
		let reads =
			u64::from(sources).saturating_mul(2).saturating_add(entries.into()).saturating_add(1);
		ref_time(cost::CALL.saturating_add(MODEL))
			.saturating_add(ref_time(check_time(entries, dimension, depth)))
			.saturating_add(Self::Db::get().reads_writes(reads, 2))
	}

	/// `update_price`, `set_host`, `retire`. Reads and writes: model.
	fn update() -> Weight {
		ref_time(cost::CALL.saturating_add(MODEL))
			.saturating_add(Self::Db::get().reads_writes(1, 1))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().writes(1))
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
	type Db = ParityDbWeight;
}
