//! What must hold after every block.

use crate::{
	types::Balance, Ballots, Config, Delegates, Earlier, Enactments, HoldReason, Latest, Open,
	Pallet, Parameters, Pinned, Records, Series, Settling, Side, Snapshots, Units,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, QueryPreimage},
};
use pallet_referenda::{ReferendumInfo, ReferendumInfoFor};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Get, SaturatedConversion, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the whole storage.
	///
	/// # Errors
	/// Which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		if let Some(parameters) = Parameters::<T>::get() {
			parameters.check::<T>()?;
		}
		ensure!(!Settling::<T>::exists(), "the transient item outlived its call");
		Self::try_units()?;
		Self::try_checkpoints()?;
		Self::try_recorded()?;
		Self::try_tallies()?;
		Self::try_open()?;
		for (_, hash) in Pinned::<T>::iter() {
			ensure!(T::Preimages::is_requested(&hash), "a pinned preimage may be taken away");
		}
		for index in Enactments::<T>::iter_keys() {
			let info = ReferendumInfoFor::<T>::get(index);
			ensure!(matches!(info, Some(ReferendumInfo::Approved(..))), "due but not approved");
		}
		Ok(())
	}

	/// The newest checkpoints of the parameters are those in force.
	fn try_recorded() -> Result<(), TryRuntimeError> {
		let Some(parameters) = Parameters::<T>::get() else { return Ok(()) };
		for (series, value) in parameters.recorded() {
			ensure!(value == Self::latest(&series), "a parameter is not the one recorded");
		}
		Ok(())
	}

	/// Units are on hold; their sum and the votes they make are what the checkpoints say.
	fn try_units() -> Result<(), TryRuntimeError> {
		let mut wrapped = Balance::zero();
		for (who, units) in Units::<T>::iter() {
			let held = T::Assets::balance_on_hold(&HoldReason::Wrapped.into(), &who);
			ensure!(!units.is_zero() && held == units, "units are not what is on hold");
			wrapped = wrapped.saturating_add(units);
		}
		ensure!(wrapped == Self::latest(&Series::Wrapped), "the total is not the sum of units");

		let mut votes = BTreeMap::<_, Balance>::new();
		let mut delegated = Balance::zero();
		for (who, delegate) in Delegates::<T>::iter() {
			let units = Units::<T>::get(who);
			let sum = votes.entry(delegate.encode()).or_default();
			*sum = sum.saturating_add(units);
			if delegate != T::Excluded::get() {
				delegated = delegated.saturating_add(units);
			}
		}
		ensure!(
			delegated == Self::latest(&Series::Delegated),
			"the delegated votes are not the sum of what is delegated"
		);
		for (series, checkpoint) in Latest::<T>::iter() {
			if let Series::Votes(delegate) = series {
				let sum = votes.remove(&delegate.encode()).unwrap_or_default();
				ensure!(sum == checkpoint.value, "votes are not the sum of units delegated");
			}
		}
		ensure!(votes.values().all(Zero::is_zero), "delegated units without votes");
		Ok(())
	}

	/// The checkpoints of a series have ascending blocks and no gap, and say what is least since another.
	fn try_checkpoints() -> Result<(), TryRuntimeError> {
		let mut earlier = 0u32;
		for (series, latest) in Latest::<T>::iter() {
			let mut all = Vec::new();
			for position in 0..latest.position {
				all.push(Earlier::<T>::get(&series, position).ok_or("a checkpoint is missing")?);
			}
			all.push(latest);
			for (position, checkpoint) in (0u32..).zip(&all) {
				ensure!(checkpoint.position == position, "a checkpoint is in another place");
			}
			let ascend = all.windows(2).all(|pair| pair[0].block < pair[1].block);
			ensure!(ascend, "checkpoints out of order");
			for (place, checkpoint) in all.iter().enumerate() {
				let jump: usize = checkpoint.jump.saturated_into();
				ensure!(jump < place || jump == 0, "a checkpoint points to a later one");
				let since = all.iter().take(place.saturating_add(1)).skip(jump.saturating_add(1));
				let least = since.map(|since| since.value).min().unwrap_or(checkpoint.value);
				ensure!(checkpoint.low == least, "the least value of checkpoints is wrong");
			}
			ensure!(
				latest.block <= frame_system::Pallet::<T>::block_number(),
				"a checkpoint of the future"
			);
			earlier = earlier.saturating_add(latest.position);
		}
		let all = u32::try_from(Earlier::<T>::iter_keys().count()).unwrap_or(u32::MAX);
		ensure!(all == earlier, "checkpoints of no series");
		Ok(())
	}

	/// Every running referendum is among those that its proposer has open, with the deposit, and among those of
	/// its snapshot, until that is over.
	fn try_open() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		for (index, info) in ReferendumInfoFor::<T>::iter() {
			let ReferendumInfo::Ongoing(status) = info else { continue };
			let open = Open::<T>::get(&status.submission_deposit.who);
			ensure!(open.contains(&index), "an open proposal is not its proposer's");
			let snapshot = status.tally.snapshot;
			let entered = Snapshots::<T>::get(snapshot).contains(&index);
			ensure!(entered == (now <= snapshot), "a proposal is not among those of its snapshot");
			let pinned = Pinned::<T>::contains_key(index);
			let looked_up = status.proposal.lookup_hash().is_some();
			let due = now > snapshot && looked_up && !status.tally.has_lapsed();
			ensure!(pinned == due, "a call is voted on that is not kept");
		}
		for block in Snapshots::<T>::iter_keys() {
			ensure!(block >= now, "a snapshot was not gone over");
		}
		for open in Open::<T>::iter_values() {
			let known = open.iter().all(ReferendumInfoFor::<T>::contains_key);
			ensure!(known && !open.is_empty(), "an open proposal does not exist");
		}
		Ok(())
	}

	/// The tallies of running referenda are the sums of their ballots, which are no more than what
	/// was wrapped at the snapshot; and what is kept of them.
	fn try_tallies() -> Result<(), TryRuntimeError> {
		for (index, info) in ReferendumInfoFor::<T>::iter() {
			let ReferendumInfo::Ongoing(status) = info else { continue };
			let tally = status.tally;
			let (mut ayes, mut nays, mut abstain) =
				(Balance::zero(), Balance::zero(), Balance::zero());
			for (_, ballot) in Ballots::<T>::iter_prefix(index) {
				let sum = match ballot.side {
					Side::For => &mut ayes,
					Side::Against => &mut nays,
					Side::Abstain => &mut abstain,
				};
				*sum = sum.saturating_add(ballot.weight);
			}
			let support = ayes.saturating_add(abstain);
			ensure!(
				(ayes, nays, support) == (tally.ayes, tally.nays, tally.support),
				"a tally is not the sum of its ballots"
			);
			let kept = Records::<T>::get(index).is_none_or(|record| record.tally == tally);
			ensure!(kept, "a tally is not the one kept");
			let votes = support.saturating_add(nays);
			if !votes.is_zero() {
				let wrapped = Self::past(&Series::Wrapped, tally.snapshot)?;
				ensure!(votes <= wrapped, "more votes than units at the snapshot");
				ensure!(tally.quorum.is_some(), "votes without a quorum");
			}
		}
		Ok(())
	}
}
