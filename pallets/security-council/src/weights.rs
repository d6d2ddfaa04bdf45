//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use crate::types::COHORT_SIZE;
use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// A block's agenda of the scheduler, 512 tasks, decoded and encoded.
const AGENDA: u64 = cost::bytes(128 * 1024);

/// Verifying an acceptance: the signature may be under the message or under the tagged one.
const ACCEPTANCE: u64 = 2 * cost::SIGNATURE;

/// Comparing a nominee with the strongest and the weakest so far.
const COMPARISON: u64 = 20_000;

/// Counting one ballot of sixteen nominees until all of them are elected or eliminated, which takes 136 shares. The
/// ignored test `largest_count_should_be_timed` needs 7 microseconds natively for each of 2,000; wasm, which has no
/// arithmetic of 128 bits, several times that.
const BALLOT: u64 = 100_000_000;

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

	/// `resign`. Reads: both cohorts, former key. Writes: cohort.
	fn resign() -> Weight {
		call::<Self::Db>(3, 1)
	}

	/// `add_member`. Reads: both cohorts, former key, election, contender, parameters, last acceptance, first
	/// block's hash, next seat. Writes: last acceptance, cohort, next seat.
	fn add_member() -> Weight {
		call::<Self::Db>(9, 3).saturating_add(time(ACCEPTANCE))
	}

	/// `seat_council` with all seats. Reads: both cohorts, election, parameters, next seat, next election, former
	/// key and contender of each. Writes: both cohorts, next seat, last due.
	fn seat_council() -> Weight {
		let seats = u64::from(COHORT_SIZE).saturating_mul(2);
		call::<Self::Db>(seats.saturating_mul(2).saturating_add(6), 4)
			.saturating_add(time(seats.saturating_mul(cost::ENTRY)))
	}

	/// `rotate_key` with `nominees` nominees. Reads: both cohorts, parameters, election, nominees, last
	/// acceptance, first block's hash, former key and contender of both keys. Writes: last acceptance, cohort,
	/// former key, nominees, both contenders.
	fn rotate_key(nominees: u32) -> Weight {
		call::<Self::Db>(11, 6)
			.saturating_add(time(ACCEPTANCE))
			.saturating_add(time(accounts(nominees)))
	}

	/// `start_election`. Reads: election, parameters, both cohorts, former key, last due, next number. Writes:
	/// election, last due, next number.
	fn start_election() -> Weight {
		call::<Self::Db>(7, 3)
	}

	/// `register`. Reads: election, parameters, both cohorts, former key, contender. Writes: contender.
	fn register() -> Weight {
		call::<Self::Db>(6, 1)
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

	/// `include`. Reads: election, nominees, parameters, both cohorts, former key, contender. Writes: nominees,
	/// contender.
	fn include() -> Weight {
		call::<Self::Db>(7, 2)
	}

	/// `vote` with `nominees` nominees. Reads: election, contender, voter, nominees, ballot, turnout. Writes:
	/// contender, voter, ballot, turnout.
	fn vote(nominees: u32) -> Weight {
		call::<Self::Db>(6, 4).saturating_add(time(accounts(nominees)))
	}

	/// `finish_election` with `nominees` nominees and `ballots` ballots, at most: none of them is elected. Reads:
	/// election, nominees, turnout, both cohorts, next seat, contenders of six incumbents, contender and former
	/// key of each nominee, each ballot's key and value, the end of ballots. Writes: election, nominees, turnout,
	/// cohort, next seat. The search for the strongest and the weakest compares each nominee with each.
	fn finish_election(nominees: u32, ballots: u32) -> Weight {
		let (nominees, ballots) = (u64::from(nominees), u64::from(ballots));
		let reads = nominees.saturating_add(ballots).saturating_mul(2).saturating_add(13);
		let count = nominees
			.saturating_mul(cost::ENTRY)
			.saturating_add(nominees.saturating_mul(nominees).saturating_mul(COMPARISON))
			.saturating_add(ballots.saturating_mul(BALLOT));
		call::<Self::Db>(reads, 5)
			.saturating_add(time(cost::bytes(nominees.saturating_mul(32))))
			.saturating_add(time(count))
	}

	/// `set_parameters`. Reads: both cohorts and former key of the vetter, election, contender. Writes:
	/// parameters.
	fn set_parameters() -> Weight {
		call::<Self::Db>(5, 1)
	}

	/// `cancel_scheduled`. Reads: scheduled call, the scheduler's lookup and agenda, the preimage's status,
	/// old and new. Writes: scheduled call, lookup, agenda, status, preimage.
	fn cancel_scheduled() -> Weight {
		call::<Self::Db>(5, 5).saturating_add(time(AGENDA))
	}

	/// `clear_past` of `records` records. Reads: election, next number, the end of contenders, of voters and of
	/// ballots, and each record's key and value. Writes: each record.
	fn clear_past(records: u32) -> Weight {
		let records = u64::from(records);
		call::<Self::Db>(records.saturating_mul(2).saturating_add(5), records)
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
