//! What happens to proposals when their snapshot is over.

use crate::{Config, Event, Pallet, Pinned, Snapshots};
use frame_support::traits::{Defensive, QueryPreimage};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{One, Saturating},
	DispatchResult, SaturatedConversion,
};

impl<T: Config> Pallet<T> {
	/// At the start of the block after their snapshot, goes over the proposals that have it; how many they are.
	pub(crate) fn go_over_snapshot(now: BlockNumberFor<T>) -> u32 {
		let proposals = Snapshots::<T>::take(now.saturating_sub(One::one()));
		for index in &proposals {
			// It only fails where a call of some bytes is too long to be scheduled.
			let _ = Self::begin_vote(*index, now).defensive();
		}
		proposals.len().saturated_into()
	}

	/// Keeps the call of a proposal readable until the proposal has ended. One whose call cannot be read by now
	/// lapses: nobody could look at it for the whole time in which it is voted on.
	fn begin_vote(index: u32, now: BlockNumberFor<T>) -> DispatchResult {
		// It may have been taken back.
		let Ok(mut status) = Self::ongoing(index) else { return Ok(()) };
		if let Some(hash) = status.proposal.lookup_hash() {
			// The scheduler would not find it under another length.
			let named = status.proposal.len();
			let found = T::Preimages::len(&hash)
				.is_some_and(|length| named.is_none_or(|named| named == length));
			if !found {
				status.tally.lapse();
				Self::keep_record(index, &status);
				ReferendumInfoFor::<T>::insert(index, ReferendumInfo::Ongoing(status));
				Self::deposit_event(Event::Lapsed { index });
				return Self::schedule_poke(index, now);
			}
			T::Preimages::request(&hash);
			Pinned::<T>::insert(index, hash);
		}
		Self::schedule_poke(index, status.tally.end)
	}
}
