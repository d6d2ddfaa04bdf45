//! A contribution's life: sent, approved, rejected or withdrawn, its bond released.

use crate::{
	terms::successor, types::count, Accepted, Access, Config, ContentRoots, Contribution,
	ContributionState, Contributions, Contributors, Datanet, Datanets, Error, Event, HoldReason,
	NextContributionId, Pallet, Parameters, Status,
};
use alloc::vec::Vec;
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
	BoundedVec,
};
use openledger_pallet_support::DatanetId;
use openledger_primitives::{extend_manifest, ContributionId};
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	ArithmeticError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_contribute(
		contributor: T::AccountId,
		datanet_id: DatanetId,
		content_root: H256,
		rows: u32,
		bytes: u64,
		blob: H256,
	) -> DispatchResult {
		let mut datanet = Datanets::<T>::get(datanet_id).ok_or(Error::<T>::NotFound)?;
		ensure!(datanet.status == Status::Open, Error::<T>::Closed);
		ensure!(
			datanet.terms.access == Access::Open
				|| Contributors::<T>::contains_key(datanet_id, &contributor),
			Error::<T>::NotAllowed
		);
		ensure!(rows > 0 && bytes > 0, Error::<T>::EmptyContribution);
		ensure!(rows <= datanet.terms.max_rows, Error::<T>::TooManyRows);
		ensure!(bytes <= datanet.terms.max_bytes, Error::<T>::TooManyBytes);
		ensure!(!ContentRoots::<T>::contains_key(content_root), Error::<T>::Duplicate);
		let bond = datanet.terms.contribution_bond;
		Self::hold(HoldReason::ContributionBond, &contributor, bond)?;

		let id = NextContributionId::<T>::get();
		NextContributionId::<T>::put(successor(id)?);
		datanet.pending = successor(datanet.pending)?;
		Datanets::<T>::insert(datanet_id, datanet);
		ContentRoots::<T>::insert(content_root, id);
		Contributions::<T>::insert(
			id,
			Contribution {
				datanet: datanet_id,
				contributor: contributor.clone(),
				content_root,
				rows,
				bytes,
				blob,
				bond,
				submitted: frame_system::Pallet::<T>::block_number(),
				state: ContributionState::Pending { approvals: BoundedVec::new() },
			},
		);
		Self::deposit_event(Event::Contributed {
			contribution: id,
			datanet: datanet_id,
			contributor,
		});
		Ok(())
	}

	pub(crate) fn do_approve(curator: T::AccountId, id: ContributionId) -> DispatchResult {
		let (mut contribution, datanet) = Self::under_review(&curator, id)?;
		ensure!(contribution.contributor != curator, Error::<T>::OwnContribution);
		let ContributionState::Pending { approvals } = &mut contribution.state else {
			return Err(Error::<T>::NotPending.into());
		};
		// The owner may have named other curators since: only theirs count.
		approvals.retain(|who| datanet.terms.curators.contains(who));
		let repeated = approvals.contains(&curator);
		if !repeated {
			// Current curators, each once: there is room for all of them.
			approvals.try_push(curator.clone()).map_err(|_| Error::<T>::ApprovalsOutOfRange)?;
		}
		let given = count(approvals.len());
		let enough = given >= datanet.terms.approvals;
		ensure!(enough || !repeated, Error::<T>::AlreadyApproved);
		if !repeated {
			Self::deposit_event(Event::Approved { contribution: id, curator, approvals: given });
		}
		if enough {
			Self::accept(id, contribution, datanet)
		} else {
			Contributions::<T>::insert(id, contribution);
			Ok(())
		}
	}

	pub(crate) fn do_reject(
		curator: T::AccountId,
		id: ContributionId,
		reason: Vec<u8>,
		take_bond: bool,
	) -> DispatchResult {
		let (mut contribution, datanet) = Self::under_review(&curator, id)?;
		let reason = reason.try_into().map_err(|_| Error::<T>::ReasonTooLong)?;
		let bond_taken = if take_bond { contribution.bond } else { Zero::zero() };
		if take_bond {
			Self::take_bond(&mut contribution)?;
		} else {
			Self::release_bond_of(id, &mut contribution)?;
		}
		// The same content may be sent again.
		ContentRoots::<T>::remove(contribution.content_root);
		let datanet_id = contribution.datanet;
		contribution.state = ContributionState::Rejected { reason };
		Contributions::<T>::insert(id, contribution);
		Self::deposit_event(Event::Rejected { contribution: id, curator, bond_taken });
		Self::end_review(datanet_id, datanet)
	}

	pub(crate) fn do_withdraw(who: &T::AccountId, id: ContributionId) -> DispatchResult {
		let mut contribution = Self::contribution(id)?;
		ensure!(contribution.contributor == *who, Error::<T>::NotContributor);
		ensure!(contribution.is_pending(), Error::<T>::NotPending);
		let datanet = Datanets::<T>::get(contribution.datanet).ok_or(Error::<T>::NotFound)?;
		Self::deposit_event(Event::Withdrawn { contribution: id });
		Self::release_bond_of(id, &mut contribution)?;
		ContentRoots::<T>::remove(contribution.content_root);
		Contributions::<T>::remove(id);
		Self::end_review(contribution.datanet, datanet)
	}

	pub(crate) fn do_release_bond(id: ContributionId) -> DispatchResult {
		let mut contribution = Self::contribution(id)?;
		let ContributionState::Accepted { at, .. } = contribution.state else {
			return Err(Error::<T>::NotAccepted.into());
		};
		ensure!(!contribution.bond.is_zero(), Error::<T>::NoBond);
		let free_from = at.saturating_add(Parameters::<T>::get().bond_period);
		ensure!(
			frame_system::Pallet::<T>::block_number() >= free_from,
			Error::<T>::BondPeriodNotOver
		);
		Self::release_bond_of(id, &mut contribution)?;
		Contributions::<T>::insert(id, contribution);
		Ok(())
	}

	fn contribution(id: ContributionId) -> Result<Contribution<T>, Error<T>> {
		Contributions::<T>::get(id).ok_or(Error::<T>::ContributionNotFound)
	}

	/// A pending contribution and its datanet, if `curator` may decide on it.
	fn under_review(
		curator: &T::AccountId,
		id: ContributionId,
	) -> Result<(Contribution<T>, Datanet<T>), Error<T>> {
		let contribution = Self::contribution(id)?;
		let datanet = Datanets::<T>::get(contribution.datanet).ok_or(Error::<T>::NotFound)?;
		ensure!(datanet.terms.curators.contains(curator), Error::<T>::NotCurator);
		ensure!(contribution.is_pending(), Error::<T>::NotPending);
		Ok((contribution, datanet))
	}

	/// Appends a contribution to its datanet.
	fn accept(
		id: ContributionId,
		mut contribution: Contribution<T>,
		mut datanet: Datanet<T>,
	) -> DispatchResult {
		let (datanet_id, position, first_row) =
			(contribution.datanet, datanet.accepted, datanet.rows);
		datanet.accepted = successor(position)?;
		datanet.rows =
			first_row.checked_add(contribution.rows.into()).ok_or(ArithmeticError::Overflow)?;
		datanet.manifest = extend_manifest(datanet.manifest, id);
		let at = frame_system::Pallet::<T>::block_number();
		contribution.state = ContributionState::Accepted { position, first_row, at };
		Accepted::<T>::insert(datanet_id, position, id);
		Contributions::<T>::insert(id, contribution);
		Self::deposit_event(Event::Accepted {
			contribution: id,
			datanet: datanet_id,
			position,
			first_row,
		});
		Self::end_review(datanet_id, datanet)
	}

	/// Stores a datanet that has one pending contribution less.
	fn end_review(id: DatanetId, mut datanet: Datanet<T>) -> DispatchResult {
		datanet.pending = datanet.pending.checked_sub(1).ok_or(ArithmeticError::Underflow)?;
		Self::release_deposit_if_done(id, &mut datanet)?;
		Datanets::<T>::insert(id, datanet);
		Ok(())
	}

	fn release_bond_of(id: ContributionId, contribution: &mut Contribution<T>) -> DispatchResult {
		let amount = core::mem::take(&mut contribution.bond);
		if amount.is_zero() {
			return Ok(());
		}
		let contributor = contribution.contributor.clone();
		Self::release(HoldReason::ContributionBond, &contributor, amount)?;
		Self::deposit_event(Event::BondReleased { contribution: id, contributor, amount });
		Ok(())
	}

	fn take_bond(contribution: &mut Contribution<T>) -> DispatchResult {
		let amount = core::mem::take(&mut contribution.bond);
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer_on_hold(
			&HoldReason::ContributionBond.into(),
			&contribution.contributor,
			&T::Treasury::get(),
			amount,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		)?;
		Ok(())
	}
}

impl<T: Config> Contribution<T> {
	/// Whether it waits for the curators.
	pub fn is_pending(&self) -> bool {
		matches!(self.state, ContributionState::Pending { .. })
	}
}
