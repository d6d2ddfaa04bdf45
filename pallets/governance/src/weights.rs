//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! A past value is looked up in [`LOOKUP`] reads at most; no call goes over voters. Proof sizes are left
//! out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// Reads of a binary search: the newest checkpoint, and 27 steps among 2^27 - 1 earlier ones. A value that
/// changed in every block of three seconds has as many after twelve years.
pub const LOOKUP: u64 = 28;

/// Reads for votes that count, where the holding window is known: the checkpoint at the snapshot, as [`LOOKUP`],
/// and from there the least votes back to the window's begin, in jumps. Covering any stretch of 2^k - 1 checkpoints takes 4k - 6 reads at most.
pub const COUNTED: u64 = LOOKUP + (4 * 27 - 6);

/// Bytes of a block's scheduled tasks at most: 512 places, half of them for dispatches of 160 bytes, as
/// long as a call can be within a task, and half for timeouts and pokes of 20 bytes.
const AGENDA: u64 = 256 * (160 + 20);

/// Series of the parameters: three numbers of each kind's quorum, and the holding window.
const RECORDED: u64 = 5 * 3 + 1;

/// What a call touches at most, besides what every call does: the caller's nonce and fee, block number and
/// events.
#[derive(Clone, Copy)]
pub(crate) struct Work {
	/// Past values that are looked up, each by [`LOOKUP`] reads at most.
	pub lookups: u64,
	/// Votes that are counted, each by [`COUNTED`] reads at most.
	pub counted: u64,
	/// Items read otherwise, agendas aside.
	pub reads: u64,
	/// Items written, agendas aside.
	pub writes: u64,
	/// Blocks whose scheduled tasks are read and written.
	pub agendas: u64,
}

impl Work {
	/// Looks up the proposer's votes. Reads: parameters, number of proposals, proposals at the snapshot, those
	/// that the account has open. Writes: both lists.
	pub(crate) const PROPOSE: Self =
		Self { lookups: 1, counted: 0, reads: 4, writes: 2, agendas: 0 };
	/// For each proposal that the account has open, reads: referendum, record.
	pub(crate) const OPEN: Self = Self::of(2, 0, 0);
	/// Reads and writes: proposals at the snapshot.
	pub(crate) const SNAPSHOT: Self = Self::of(1, 1, 0);
	/// For each of these, reads: referendum, status of the preimage in its old and its new form. Writes:
	/// referendum, record or preimage's status, its pin. Agendas: of the end.
	pub(crate) const AT_SNAPSHOT: Self = Self::of(3, 3, 1);
	/// Counts the voter's votes, looks up the quorum's three numbers and the delegated votes. Reads: referendum,
	/// ballot, pin, parameters, longest life, transient item, count of referenda decided, shown votes.
	/// Writes: referendum, ballot, the count, record, shown votes, place of the timeout. Agendas: of the
	/// timeout that is cancelled, of the one that replaces it, of the end after a late quorum.
	pub(crate) const FIRST_VOTE: Self =
		Self { lookups: 4, counted: 1, reads: 8, writes: 6, agendas: 3 };
	/// Counts the voter's votes. Reads: referendum, ballot, shown votes. Writes: the same, record.
	pub(crate) const LATER_VOTE: Self =
		Self { lookups: 0, counted: 1, reads: 3, writes: 4, agendas: 0 };
	/// Reads: account, holds, units, delegate, three checkpoints of all units, of all votes and of the
	/// delegate's. Writes: the same without the delegate, two checkpoints of each.
	pub(crate) const WRAP: Self = Self::of(13, 9, 0);
	/// Reads: delegate, units, three checkpoints of two delegates and of all votes. Writes: the same without
	/// the units, two checkpoints of each.
	pub(crate) const DELEGATE: Self = Self::of(11, 7, 0);
	/// As [`Self::DELEGATE`]. Reads and writes the nonce, reads the genesis hash.
	pub(crate) const SIGNED: Self = Self::of(13, 8, 0);
	/// Reads: referendum, pin, proposer's account and open proposals. Writes: the same, record, place of the
	/// timeout. Agendas: of the timeout, and of the next block, where the count of referenda decided goes down.
	pub(crate) const CANCEL: Self = Self::of(4, 6, 2);
	/// Reads: referendum, vetoed, name of the task, pin, enactment, preimage's status in both forms, proposer's
	/// account and open proposals. Writes: referendum, vetoed, name, pin, enactment, preimage's status,
	/// proposer's account and open proposals. Agendas: of the task.
	pub(crate) const VETO: Self = Self::of(9, 8, 1);
	/// Reads: referendum, parameters, longest life, transient item, count of referenda decided, pin,
	/// enactment or record, name of the task, preimage's status in both forms, proposer's account and open
	/// proposals, account that a deposit goes to. Writes: referendum, record, transient item, count, pin,
	/// enactment, name, preimage's status, place of the timeout, both accounts, open proposals. Agendas: of
	/// the timeout, of the next block, of the dispatch.
	pub(crate) const POKE: Self = Self::of(13, 12, 3);
	/// Reads: parameters, longest life, three checkpoints of each series. Writes: the same, two of each.
	pub(crate) const SET_PARAMETERS: Self = Self::of(2 + 3 * RECORDED, 2 + 2 * RECORDED, 0);

	const fn of(reads: u64, writes: u64, agendas: u64) -> Self {
		Self { lookups: 0, counted: 0, reads, writes, agendas }
	}

	fn weight<Db: Get<RuntimeDbWeight>>(self) -> Weight {
		let looked_up = LOOKUP
			.saturating_mul(self.lookups)
			.saturating_add(COUNTED.saturating_mul(self.counted));
		let reads = looked_up.saturating_add(self.reads).saturating_add(self.agendas);
		let writes = self.writes.saturating_add(self.agendas);
		let time = cost::CALL.saturating_add(cost::bytes(AGENDA.saturating_mul(self.agendas)));
		Weight::from_parts(time, 0).saturating_add(Db::get().reads_writes(reads, writes))
	}
}

/// Costs of the calls.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// What a submission to pallet-referenda costs here, besides its own weight, by an account that has so many
	/// proposals open.
	fn propose(open: u32) -> Weight {
		let each = Work::OPEN.weight::<Self::Db>();
		Work::PROPOSE.weight::<Self::Db>().saturating_add(each.saturating_mul(open.into()))
	}

	/// The start of the block after the snapshot of so many proposals.
	fn on_initialize(proposals: u32) -> Weight {
		let each = Work::AT_SNAPSHOT.weight::<Self::Db>();
		Work::SNAPSHOT.weight::<Self::Db>().saturating_add(each.saturating_mul(proposals.into()))
	}

	/// `vote` that is the first on its proposal, or reaches the quorum, by an account with `votes` shown
	/// votes.
	fn first_vote(votes: u32) -> Weight {
		Work::FIRST_VOTE.weight::<Self::Db>().saturating_add(shown(votes))
	}

	/// `vote` of all others.
	fn later_vote(votes: u32) -> Weight {
		Work::LATER_VOTE.weight::<Self::Db>().saturating_add(shown(votes))
	}

	/// `wrap` and `unwrap`.
	fn wrap() -> Weight {
		Work::WRAP.weight::<Self::Db>()
	}

	/// `delegate`, `undelegate` and `set_delegate`.
	fn delegate() -> Weight {
		Work::DELEGATE.weight::<Self::Db>()
	}

	/// `delegate_by_signature`, with both ways to wrap what is signed.
	fn delegate_by_signature() -> Weight {
		Work::SIGNED.weight::<Self::Db>().saturating_add(Weight::from_parts(2 * cost::SIGNATURE, 0))
	}

	/// `cancel`, by which a proposer takes a proposal back.
	fn cancel() -> Weight {
		Work::CANCEL.weight::<Self::Db>()
	}

	/// `veto`, by which the security council stops a queued proposal.
	fn veto() -> Weight {
		Work::VETO.weight::<Self::Db>()
	}

	/// `poke`, which ends a vote whose end has come.
	fn poke() -> Weight {
		Work::POKE.weight::<Self::Db>()
	}

	/// `set_parameters`, with a checkpoint for each number of each quorum.
	fn set_parameters() -> Weight {
		Work::SET_PARAMETERS.weight::<Self::Db>()
	}
}

/// Decoding and encoding `votes` votes that are shown to wallets, of 53 bytes each.
fn shown(votes: u32) -> Weight {
	Weight::from_parts(cost::bytes(u64::from(votes).saturating_mul(53)), 0)
}

/// The costs with the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl WeightInfo for () {
	type Db = ParityDbWeight;
}
