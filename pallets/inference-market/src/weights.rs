//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// One line of a receipt: computed, encoded, added to the account's rewards.
const PAYMENT: u64 = cost::ENTRY.saturating_add(cost::bytes(128));

fn ref_time(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds, 0)
}

fn bytes(count: u32) -> u64 {
	cost::bytes(count.into())
}

/// Costs of the market's calls and hooks.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// `request` with an `input` of so many bytes, its deadline entered in the last of the `queues` looked at.
	///
	/// Reads: model, parameters, market's account, user's account and holds, next number, each queue
	/// looked at. Writes: user's account and holds, next number, queue, inference.
	fn request(input: u32, queues: u32) -> Weight {
		let reads = 6u64.saturating_add(queues.into());
		ref_time(cost::CALL.saturating_add(bytes(input)))
			.saturating_add(Self::Db::get().reads_writes(reads, 5))
	}

	/// `cancel` of an inference stored in `record` bytes. Reads and writes: inference, queue, user's account and holds.
	fn cancel(record: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(bytes(record)))
			.saturating_add(Self::Db::get().reads_writes(4, 4))
	}

	/// `respond` with an `output` of so many bytes to an `input` of so many, without the job's opening.
	///
	/// Reads: inference, model, user's account and holds, queue. Writes: the same without the model.
	fn respond(input: u32, output: u32) -> Weight {
		ref_time(cost::CALL.saturating_add(bytes(input)).saturating_add(bytes(output)))
			.saturating_add(Self::Db::get().reads_writes(5, 4))
	}

	/// `claim_rewards`. Reads and writes: rewards, market's account, the caller's account. Reads: total
	/// issuance, which a transfer looks at.
	fn claim_rewards() -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().reads_writes(4, 3))
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		ref_time(cost::CALL).saturating_add(Self::Db::get().writes(1))
	}

	/// A settlement of an inference stored in `record` bytes that pays `entries` contributions and `others`
	/// owners and attesters.
	///
	/// Reads: inference, parameters, held-out shares, user's account and holds, the accounts of market and
	/// treasury, the treasury's rewards; for each contribution its record and its contributor's rewards, for
	/// each other its model and rewards. Writes: inference, payments, user's account and holds, both
	/// accounts, the treasury's rewards; the rewards of each.
	fn settle(entries: u32, others: u32, record: u32) -> Weight {
		let payees = u64::from(entries).saturating_add(others.into());
		let reads = payees.saturating_mul(2).saturating_add(8);
		let writes = payees.saturating_add(7);
		let computing =
			cost::CALL.saturating_add(bytes(record)).saturating_add(payees.saturating_mul(PAYMENT));
		ref_time(computing).saturating_add(Self::Db::get().reads_writes(reads, writes))
	}

	/// The start of a block in which `inferences` with an `input` of so many bytes each time out.
	///
	/// Reads: queue, and for each inference its record, its user's account and holds. Writes: the same.
	fn time_out(inferences: u32, input: u32) -> Weight {
		let n = u64::from(inferences);
		let touched = n.saturating_mul(3);
		let each = cost::CALL.saturating_add(bytes(input));
		ref_time(n.saturating_mul(each)).saturating_add(
			Self::Db::get()
				.reads_writes(touched.saturating_add(1), touched.saturating_add(n.min(1))),
		)
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
