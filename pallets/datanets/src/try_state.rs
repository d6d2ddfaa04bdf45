//! What must hold after every block.

use crate::{
	types::count, Accepted, BalanceOf, Config, ContentRoots, ContributionState, Contributions,
	Contributors, Datanet, Datanets, HoldReason, NextContributionId, NextDatanetId, Pallet,
	Parameters, Status, Versions,
};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use openledger_pallet_support::{DatanetId, VersionNumber};
use openledger_primitives::extend_manifest;
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the whole storage.
	///
	/// # Errors
	/// Which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_parameters(&Parameters::<T>::get())?;
		Self::try_datanets()?;
		Self::try_contributions()?;
		Self::try_content_roots()?;
		Self::try_holds()
	}

	/// Terms can work, closed datanets without pending contributions hold no deposit, and positions,
	/// first rows, manifests and versions follow from the accepted contributions.
	fn try_datanets() -> Result<(), TryRuntimeError> {
		let next = NextDatanetId::<T>::get();
		for (id, datanet) in Datanets::<T>::iter() {
			ensure!(id < next, "a datanet has a number not given out yet");
			datanet.terms.check()?;
			ensure!(
				datanet.status == Status::Open
					|| !datanet.pending.is_zero()
					|| datanet.deposit.is_zero(),
				"a closed datanet with nothing pending holds a deposit"
			);
			Self::try_accepted(id, &datanet)?;
		}
		for (id, _, _) in Accepted::<T>::iter() {
			ensure!(Datanets::<T>::contains_key(id), "an accepted entry of an unknown datanet");
		}
		for (id, _, _) in Versions::<T>::iter() {
			ensure!(Datanets::<T>::contains_key(id), "a version of an unknown datanet");
		}
		for (id, _, _) in Contributors::<T>::iter() {
			ensure!(Datanets::<T>::contains_key(id), "a contributor of an unknown datanet");
		}
		Ok(())
	}

	/// Walks a datanet's accepted contributions in order, with its versions beside.
	fn try_accepted(id: DatanetId, datanet: &Datanet<T>) -> Result<(), TryRuntimeError> {
		let (mut rows, mut manifest, mut version) = (0u64, H256::zero(), VersionNumber::zero());
		for position in 0..datanet.accepted {
			let number = Accepted::<T>::get(id, position).ok_or("a position is empty")?;
			let contribution =
				Contributions::<T>::get(number).ok_or("an accepted contribution is missing")?;
			ensure!(contribution.datanet == id, "a contribution is accepted elsewhere");
			let ContributionState::Accepted { position: own, first_row, .. } = contribution.state
			else {
				return Err("a contribution with a position is not accepted".into());
			};
			ensure!(own == position, "a contribution has another position than its own");
			ensure!(first_row == rows, "first rows are not contiguous");
			rows = rows.saturating_add(contribution.rows.into());
			manifest = extend_manifest(manifest, number);

			if let Some(frozen) = Versions::<T>::get(id, version) {
				if frozen.contributions == position.saturating_add(1) {
					ensure!(frozen.rows == rows, "a version counts other rows than its prefix");
					ensure!(frozen.manifest == manifest, "a version has another manifest");
					version = version.saturating_add(1);
				}
			}
		}
		ensure!(datanet.rows == rows, "a datanet counts other rows than its contributions");
		ensure!(datanet.manifest == manifest, "a datanet has another manifest than the chain");
		ensure!(datanet.versions == version, "a version is missing or freezes no prefix");
		ensure!(
			count(Accepted::<T>::iter_prefix(id).count()) == datanet.accepted,
			"there are positions beyond the accepted contributions"
		);
		ensure!(
			count(Versions::<T>::iter_prefix(id).count()) == datanet.versions,
			"there are versions beyond the published ones"
		);
		Ok(())
	}

	/// Pending contributions are counted; their approvals are fewer than could decide and distinct;
	/// accepted ones stand at their position; rejected ones hold nothing.
	fn try_contributions() -> Result<(), TryRuntimeError> {
		let next = NextContributionId::<T>::get();
		let mut pending = BTreeMap::<DatanetId, u32>::new();
		for (id, contribution) in Contributions::<T>::iter() {
			ensure!(id < next, "a contribution has a number not given out yet");
			ensure!(
				contribution.rows > 0 && contribution.bytes > 0,
				"an empty contribution was taken"
			);
			match contribution.state {
				ContributionState::Pending { approvals } => {
					let waiting = pending.entry(contribution.datanet).or_default();
					*waiting = waiting.saturating_add(1);
					let mut distinct = approvals.to_vec();
					distinct.sort();
					distinct.dedup();
					ensure!(distinct.len() == approvals.len(), "a curator approved twice");
					ensure!(
						!approvals.contains(&contribution.contributor),
						"a contributor approved their own contribution"
					);
				},
				ContributionState::Accepted { position, .. } => ensure!(
					Accepted::<T>::get(contribution.datanet, position) == Some(id),
					"an accepted contribution does not stand at its position"
				),
				ContributionState::Rejected { .. } => {
					ensure!(contribution.bond.is_zero(), "a rejected contribution holds a bond")
				},
			}
		}
		for (id, datanet) in Datanets::<T>::iter() {
			ensure!(
				pending.remove(&id).unwrap_or_default() == datanet.pending,
				"a datanet counts other pending contributions than there are"
			);
		}
		ensure!(pending.is_empty(), "a contribution to an unknown datanet");
		Ok(())
	}

	/// Content roots are those of the pending and accepted contributions, each once.
	fn try_content_roots() -> Result<(), TryRuntimeError> {
		let mut taken = 0u32;
		for (id, contribution) in Contributions::<T>::iter() {
			if matches!(contribution.state, ContributionState::Rejected { .. }) {
				continue;
			}
			ensure!(
				ContentRoots::<T>::get(contribution.content_root) == Some(id),
				"a content root is missing or taken twice"
			);
			taken = taken.saturating_add(1);
		}
		ensure!(
			count(ContentRoots::<T>::iter().count()) == taken,
			"a content root without contribution"
		);
		Ok(())
	}

	/// What is held is what datanets and contributions say.
	fn try_holds() -> Result<(), TryRuntimeError> {
		let deposits = Datanets::<T>::iter_values().map(|d| (d.owner, d.deposit));
		Self::try_held(HoldReason::CreationDeposit, deposits)?;
		let bonds = Contributions::<T>::iter_values().map(|c| (c.contributor, c.bond));
		Self::try_held(HoldReason::ContributionBond, bonds)
	}

	fn try_held(
		reason: HoldReason,
		parts: impl Iterator<Item = (T::AccountId, BalanceOf<T>)>,
	) -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		for (who, amount) in parts {
			let sum = sums.entry(who).or_default();
			*sum = sum.saturating_add(amount);
		}
		let reason = reason.into();
		for (who, sum) in sums {
			ensure!(
				T::Currency::balance_on_hold(&reason, &who) == sum,
				"an account's hold is not the sum of its deposits or bonds"
			);
		}
		Ok(())
	}
}
