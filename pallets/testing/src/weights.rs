//! The recorder that proves how many reads and writes a weight has to pay for.
//!
//! A call is dispatched on the worst state that a test can make, and every item of storage that it reads or
//! writes is noted, each once. The weight says how many it pays for: it is computed with prices of the database
//! ([`DbWeight`]) that keep reads, writes and computing time apart.
//!
//! Where a mock answers for another pallet out of memory, it touches the items that the other pallet would
//! ([`read_elsewhere`], [`write_elsewhere`]).

use crate::{Chain, MockRuntime};
use codec::Encode;
use frame_support::{
	dispatch::{GetDispatchInfo, PostDispatchInfo},
	storage::storage_prefix,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};
use polkadot_sdk::*;
use sp_runtime::traits::{Dispatchable, Get};
use std::cell::Cell;
use std::collections::BTreeSet;

/// Costs of one read and one write in a mock runtime: those of the real one, except while weights are counted.
pub struct DbWeight;

impl Get<RuntimeDbWeight> for DbWeight {
	fn get() -> RuntimeDbWeight {
		if COUNTING.get() {
			RuntimeDbWeight { read: READ, write: WRITE }
		} else {
			ParityDbWeight::get()
		}
	}
}

thread_local! {
	static COUNTING: Cell<bool> = const { Cell::new(false) };
}

/// Picoseconds of a read while weights are counted: more than any call computes.
const READ: u64 = 1 << 44;
/// Picoseconds of a write while weights are counted: more than all reads of any call.
const WRITE: u64 = 1 << 54;

/// Numbers of items read and written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Accesses {
	/// How many items of storage were read, each counted once.
	pub reads: u64,
	/// How many items of storage were written, each counted once.
	pub writes: u64,
}

impl Accesses {
	/// Undoes the prices of [`counting`].
	fn paid_by(weight: Weight) -> Self {
		let time = weight.ref_time();
		Self { reads: time % WRITE / READ, writes: time / WRITE }
	}
}

/// Computes weights that tell reads, writes and computing time apart.
fn counting<R>(work: impl FnOnce() -> R) -> R {
	COUNTING.set(true);
	let result = work();
	COUNTING.set(false);
	result
}

type Keys = BTreeSet<Vec<u8>>;

/// The items that were read and written, other than those that every call touches anyway: block number,
/// events, and more of the frame's own.
#[derive(Clone, Debug)]
pub struct Touched {
	reads: Keys,
	writes: Keys,
}

impl Touched {
	/// How many items were touched.
	pub fn count(&self) -> Accesses {
		Accesses { reads: self.reads.len() as u64, writes: self.writes.len() as u64 }
	}

	/// Takes out what belongs to an item of a pallet, as the runtime names them, or to any of its items.
	/// Returns how many were touched, be they read or written.
	pub fn take(&mut self, pallet: &str, item: Option<&str>) -> u64 {
		let mut prefix =
			storage_prefix(pallet.as_bytes(), item.unwrap_or_default().as_bytes()).to_vec();
		if item.is_none() {
			prefix.truncate(prefix.len() / 2);
		}
		let taken = self.reads.union(&self.writes).filter(|key| key.starts_with(&prefix)).count();
		self.reads.retain(|key| !key.starts_with(&prefix));
		self.writes.retain(|key| !key.starts_with(&prefix));
		taken as u64
	}
}

/// Whether weights count this item for each call.
fn is_counted(key: &[u8]) -> bool {
	let system = storage_prefix(b"System", b"");
	let exceptions = [&b"Account"[..], b"BlockHash"].map(|item| storage_prefix(b"System", item));
	let is_system = key.starts_with(&system[..16]);
	!key.starts_with(b":") && (!is_system || exceptions.iter().any(|item| key.starts_with(item)))
}

/// Does `work` on the state that `prepare` left, and notes what it touches.
///
/// # Panics
/// If either panics, or leaves an invariant broken.
pub fn record<T: MockRuntime, P, R>(
	mut chain: Chain<T>,
	prepare: impl FnOnce() -> P,
	work: impl FnOnce(P) -> R,
) -> (Touched, R) {
	let prepared = chain.execute_with(|| {
		let prepared = prepare();
		frame_system::Pallet::<T>::reset_events();
		prepared
	});
	let state = chain.state();
	if let Err(error) = state.commit_all() {
		panic!("the state cannot be committed: {error}");
	}
	let recorder = sp_trie::recorder::Recorder::default();
	let result = state.execute_with_recorder(recorder.clone(), || work(prepared));
	let read = recorder.recorded_keys().into_values().flat_map(|keys| keys.into_keys());
	let reads = read.map(|key| key.to_vec()).filter(|key| is_counted(key)).collect();
	let written = state.overlayed_changes().changes().map(|(key, _)| key.clone());
	let writes = written.filter(|key| is_counted(key)).collect();
	chain.execute_with(|| ());
	(Touched { reads, writes }, result)
}

/// A piece of work, and what its weight pays for.
#[derive(Debug)]
pub struct Weighed {
	/// What it touched.
	pub touched: Touched,
	/// What was to be paid before it was done.
	pub declared: Accesses,
	/// What was paid in the end.
	pub paid: Accesses,
}

impl Weighed {
	/// Dispatches the call that `prepare` returns.
	///
	/// # Panics
	/// If the call fails.
	pub fn call<T: MockRuntime>(
		chain: Chain<T>,
		origin: impl Into<T::RuntimeOrigin>,
		prepare: impl FnOnce() -> T::RuntimeCall,
	) -> Self
	where
		T::RuntimeCall: Dispatchable<PostInfo = PostDispatchInfo>,
	{
		let origin = origin.into();
		let (touched, (declared, paid)) = record(chain, prepare, |call| {
			counting(|| {
				let declared = call.get_dispatch_info().call_weight;
				match call.dispatch(origin) {
					Ok(info) => (declared, info.actual_weight.unwrap_or(declared)),
					Err(failed) => panic!("the call failed: {:?}", failed.error),
				}
			})
		});
		Self { touched, declared: Accesses::paid_by(declared), paid: Accesses::paid_by(paid) }
	}

	/// Does work that returns its weight, such as that of a hook.
	pub fn work<T: MockRuntime, P>(
		chain: Chain<T>,
		prepare: impl FnOnce() -> P,
		work: impl FnOnce(P) -> Weight,
	) -> Self {
		let (touched, weight) = record(chain, prepare, |prepared| counting(|| work(prepared)));
		let paid = Accesses::paid_by(weight);
		Self { touched, declared: paid, paid }
	}

	/// # Panics
	/// If more was touched than is paid for, or is paid for than was touched and `spare`.
	pub fn covers(self, spare: Accesses) {
		let Self { declared, paid, .. } = self;
		let Accesses { reads, writes } = self.touched.count();
		let most = Accesses { reads: reads + spare.reads, writes: writes + spare.writes };
		assert!(
			paid.reads >= reads && paid.writes >= writes,
			"touched {reads} items by reads and {writes} by writes, more than {paid:?}: {self:?}",
		);
		assert!(
			paid.reads <= most.reads && paid.writes <= most.writes,
			"touched {reads} items by reads and {writes} by writes, less than {paid:?}",
		);
		assert!(
			declared.reads >= paid.reads && declared.writes >= paid.writes,
			"{paid:?} were paid, more than {declared:?} that were declared"
		);
	}

	/// As [`Self::covers`], with nothing to spare.
	///
	/// # Panics
	/// If not exactly what was touched is paid for.
	pub fn covers_exactly(self) {
		self.covers(Accesses::default());
	}
}

/// Reads an item that another pallet keeps, for a mock that answers out of memory.
pub fn read_elsewhere(item: impl Encode) {
	let _ = sp_io::storage::exists(&elsewhere(item));
}

/// Writes an item that another pallet keeps, for a mock that notes it in memory.
pub fn write_elsewhere(item: impl Encode) {
	sp_io::storage::set(&elsewhere(item), &[]);
}

fn elsewhere(item: impl Encode) -> Vec<u8> {
	(b"elsewhere", item).encode()
}
