//! Deadlines by block: a bounded queue of items for each block, in a pallet's storage map.
//!
//! The bound keeps the work at the start of a block small. An item whose block is full moves to the
//! next block with room, within a maximum delay, so that both entering it and what falls due in
//! one block cost a known amount at most.
//!
//! What falls due is the map's own `take(now)`; what becomes of it is the pallet's matter.

use alloc::collections::BTreeMap;
use codec::FullCodec;
use frame_support::{
	ensure,
	storage::types::{StorageMap, ValueQuery},
	traits::{Get, StorageInstance},
	BoundedVec, ReversibleStorageHasher, StorageHasher,
};
use polkadot_sdk::*;
use sp_runtime::traits::AtLeast32BitUnsigned;

#[cfg(test)]
mod tests;

/// Where an item was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entered<BlockNumber> {
	/// The block in which the item falls due.
	pub at: BlockNumber,
	/// Queues looked at to find room: at least one, at most one more than the maximum delay.
	pub queues: u32,
}

/// Bounded queues of items by the block in which they fall due.
pub trait DeadlineQueues<BlockNumber, Item> {
	/// Enters `item` at the first block with room from `wanted` to `max_delay` blocks after it.
	/// `None` if all of their queues are full; then nothing has changed.
	///
	/// `wanted` must be a block whose queue is not taken yet, or the item never falls due. At the last
	/// possible block number there is no later block to move to.
	fn schedule(item: Item, wanted: BlockNumber, max_delay: u32) -> Option<Entered<BlockNumber>>;

	/// Removes `item` from the queue of block `at`, and the queue with its last item. Does nothing if it
	/// is not there.
	fn unschedule(item: &Item, at: BlockNumber);

	/// Checks that each of the `open` items stands at its deadline, once, that nothing else does, and that
	/// nothing due in block `now` or before is left. For `try_state`: reads all queues.
	///
	/// # Errors
	/// Which of this does not hold.
	fn check_queues(
		now: BlockNumber,
		open: impl IntoIterator<Item = (Item, BlockNumber)>,
	) -> Result<(), &'static str>;
}

impl<Prefix, Hasher, BlockNumber, Item, Max> DeadlineQueues<BlockNumber, Item>
	for StorageMap<Prefix, Hasher, BlockNumber, BoundedVec<Item, Max>, ValueQuery>
where
	Prefix: StorageInstance,
	Hasher: StorageHasher + ReversibleStorageHasher,
	BlockNumber: FullCodec + AtLeast32BitUnsigned + Copy,
	Item: FullCodec + Ord + 'static,
	Max: Get<u32> + 'static,
{
	fn schedule(item: Item, wanted: BlockNumber, max_delay: u32) -> Option<Entered<BlockNumber>> {
		let mut at = wanted;
		for queues in 1..=max_delay.saturating_add(1) {
			if Self::try_append(at, &item).is_ok() {
				return Some(Entered { at, queues });
			}
			at.saturating_inc();
		}
		None
	}

	fn unschedule(item: &Item, at: BlockNumber) {
		Self::mutate_exists(at, |queue| {
			if let Some(items) = queue {
				items.retain(|other| other != item);
				if items.is_empty() {
					*queue = None;
				}
			}
		});
	}

	fn check_queues(
		now: BlockNumber,
		open: impl IntoIterator<Item = (Item, BlockNumber)>,
	) -> Result<(), &'static str> {
		let mut queued = BTreeMap::new();
		for (at, queue) in Self::iter() {
			ensure!(at > now, "a deadline was passed over");
			ensure!(!queue.is_empty(), "an empty queue of deadlines is stored");
			for item in queue {
				ensure!(queued.insert(item, at).is_none(), "an item has two deadlines");
			}
		}
		for (item, deadline) in open {
			ensure!(
				queued.remove(&item) == Some(deadline),
				"an open item does not stand at its deadline"
			);
		}
		ensure!(queued.is_empty(), "a deadline is that of no open item");
		Ok(())
	}
}
