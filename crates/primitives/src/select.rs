//! Selection of the best entries with a fixed tie rule.

use crate::ContributionId;
use alloc::{collections::BinaryHeap, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::cmp::Ordering;
use scale_info::TypeInfo;

/// A contribution and its score for one query.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Entry {
	/// The contribution that was scored.
	pub contribution: ContributionId,
	/// The exact integer dot product of query sketch and leaf.
	pub score: i64,
}

/// The one order of entries: higher score first, then lower contribution number.
pub fn precedes(a: &Entry, b: &Entry) -> Ordering {
	b.score.cmp(&a.score).then(a.contribution.cmp(&b.contribution))
}

/// An entry whose order is that of [`precedes`]: the greatest comes last.
#[derive(PartialEq, Eq)]
struct Ranked(Entry);

impl Ord for Ranked {
	fn cmp(&self, other: &Self) -> Ordering {
		precedes(&self.0, &other.0)
	}
}

impl PartialOrd for Ranked {
	fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
		Some(self.cmp(other))
	}
}

/// Returns the first entries with a positive score in the order of [`precedes`], at most `limit`.
///
/// Takes O(n log limit) time and O(limit) memory.
pub fn top_entries(entries: impl IntoIterator<Item = Entry>, limit: usize) -> Vec<Entry> {
	let mut heap: BinaryHeap<Ranked> = BinaryHeap::new();
	for entry in entries.into_iter().filter(|e| e.score > 0).map(Ranked) {
		if heap.len() < limit {
			heap.push(entry);
			continue;
		}
		// The last of those kept: most entries end at this one comparison.
		if let Some(mut last) = heap.peek_mut().filter(|last| entry < **last) {
			*last = entry;
		}
	}
	let mut top: Vec<_> = heap.into_iter().map(|r| r.0).collect();
	top.sort_by(precedes);
	top
}

#[cfg(test)]
mod tests {
	use super::*;
	use core::cmp::Reverse;
	use proptest::prelude::*;

	proptest! {
		#[test]
		fn top_should_equal_sorted_prefix_when_compared_to_naive(
			scores in prop::collection::vec(-5i64..20, 0..60),
			limit in 0usize..20,
		) {
			// In no order of contributions.
			let entries: Vec<_> = (0..)
				.zip(&scores)
				.map(|(at, &score)| Entry { contribution: at * 37 % 61, score })
				.collect();
			let mut naive: Vec<_> = entries.iter().copied().filter(|e| e.score > 0).collect();
			naive.sort_by_key(|e| (Reverse(e.score), e.contribution));
			naive.truncate(limit);
			prop_assert_eq!(top_entries(entries, limit), naive);
		}
	}
}
