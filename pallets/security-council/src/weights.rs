//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// A block's agenda of the scheduler, 512 tasks, decoded and encoded.
const AGENDA: u64 = cost::bytes(128 * 1024);

/// Costs of the calls.
///
/// What is counted is what the call itself touches. The dispatched call, looking up past votes, and telling
/// the collective of a change come on top.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// `execute`, without the call.
	fn execute() -> Weight {
		call::<Self::Db>(0, 0)
	}

	/// `schedule` of a call of `bytes`. Reads: next number, the scheduler's lookup and agenda, the preimage's
	/// status, old and new. Writes: next number, lookup, agenda, status, preimage, scheduled call.
	fn schedule(bytes: u32) -> Weight {
		call::<Self::Db>(5, 6)
			.saturating_add(time(AGENDA))
			.saturating_add(time(cost::bytes(bytes.into())))
	}

	/// `remove_member`. Reads: both cohorts, former key. Writes: cohort.
	fn remove_member() -> Weight {
		call::<Self::Db>(3, 1)
	}

	/// `add_member`. Reads: both cohorts, former key, election, contender, next seat. Writes: cohort, next
	/// seat.
	fn add_member() -> Weight {
		call::<Self::Db>(6, 2)
	}

	/// `rotate_key` with `nominees` nominees. Reads: both cohorts, parameters, election, nominees, former key
	/// and contender of both keys. Writes: cohort, former key, nominees, both contenders.
	fn rotate_key(nominees: u32) -> Weight {
		call::<Self::Db>(9, 5).saturating_add(time(accounts(nominees)))
	}

	/// `start_election`. Reads: election, parameters, last due, next number. Writes: the same without the
	/// parameters.
	fn start_election() -> Weight {
		call::<Self::Db>(4, 3)
	}

	/// `register`. Reads: election, both cohorts, former key, contender. Writes: contender.
	fn register() -> Weight {
		call::<Self::Db>(5, 1)
	}

	/// `nominate` with `nominees` nominees, at most: it adds one. Reads: election, contender, voter, nominees.
	/// Writes: the same without the election.
	fn nominate(nominees: u32) -> Weight {
		call::<Self::Db>(4, 3).saturating_add(time(accounts(nominees)))
	}

	/// `exclude` with `nominees` nominees. Reads: election, contender, nominees. Writes: contender, nominees.
	fn exclude(nominees: u32) -> Weight {
		call::<Self::Db>(3, 2).saturating_add(time(accounts(nominees)))
	}

	/// `include`. Reads: election, nominees, both cohorts, former key, contender. Writes: nominees, contender.
	fn include() -> Weight {
		call::<Self::Db>(6, 2)
	}

	/// `vote`. Reads: election, contender, voter. Writes: contender, voter.
	fn vote() -> Weight {
		call::<Self::Db>(3, 2)
	}

	/// `finish_election` with `nominees` nominees, at most: none of them is elected. Reads: election,
	/// nominees, both cohorts, next seat, contenders of six incumbents, contender and former key of each
	/// nominee. Writes: election, nominees, cohort, next seat.
	fn finish_election(nominees: u32) -> Weight {
		let reads = u64::from(nominees).saturating_mul(2).saturating_add(11);
		call::<Self::Db>(reads, 4)
			.saturating_add(time(accounts(nominees)))
			.saturating_add(time(u64::from(nominees).saturating_mul(cost::ENTRY)))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		call::<Self::Db>(0, 1)
	}

	/// `cancel_scheduled`. Reads: scheduled call, the scheduler's lookup and agenda, the preimage's status,
	/// old and new. Writes: scheduled call, lookup, agenda, status, preimage.
	fn cancel_scheduled() -> Weight {
		call::<Self::Db>(5, 5).saturating_add(time(AGENDA))
	}

	/// `clear_past` of `records` records. Reads: election, next number, the end of contenders and of voters,
	/// and each record's key and value. Writes: each record.
	fn clear_past(records: u32) -> Weight {
		let records = u64::from(records);
		call::<Self::Db>(records.saturating_mul(2).saturating_add(4), records)
			.saturating_add(time(records.saturating_mul(cost::ENTRY)))
	}

	/// `enact`, without the call. Reads and writes: scheduled call.
	fn enact() -> Weight {
		call::<Self::Db>(1, 1)
	}
}

fn call<Db: Get<RuntimeDbWeight>>(reads: u64, writes: u64) -> Weight {
	time(cost::CALL).saturating_add(Db::get().reads_writes(reads, writes))
}

/// Decoding and encoding a list of `number` accounts.
fn accounts(number: u32) -> u64 {
	cost::bytes(u64::from(number).saturating_mul(32))
}

fn time(picoseconds: u64) -> Weight {
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
