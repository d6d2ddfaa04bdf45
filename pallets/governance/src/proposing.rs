//! Who may propose, how much at once, and what becomes of the deposit.

use crate::{
	types::{AccountIdOf, Balance, ParametersOf},
	Config, Event, Open, Pallet, Parameters, Records, Series, Snapshots, WeightInfo,
};
use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	dispatch::DispatchClass,
	traits::{EnsureOriginWithArg, OnUnbalanced, OriginTrait, ReservableCurrency},
};
use frame_system::{ensure_signed, pallet_prelude::BlockNumberFor};
use pallet_referenda::{Deposit, ReferendumCount, ReferendumInfo, ReferendumInfoFor};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Get, One, SaturatedConversion, Saturating, Zero},
	DispatchError,
};

/// Why an account cannot propose, the first of these that applies. pallet-referenda has no error but
/// `BadOrigin` for the first four.
#[derive(Encode, Decode, TypeInfo, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obstacle {
	/// The chain has no parameters of governance: they must be set first.
	NoParameters,
	/// Too few votes were delegated to it at the block before: it needs more of them.
	Votes {
		/// The votes that are missing, in the smallest unit.
		missing: Balance,
	},
	/// As many of its proposals are open as an account may have: one of them must end first.
	Open {
		/// How many may be open.
		most: u32,
	},
	/// As many proposals have the snapshot that the next block's would have as a block can check: it has to
	/// wait for a block.
	SnapshotFull,
	/// It cannot pay the deposit: it needs more free tokens.
	Deposit {
		/// The deposit, in the smallest unit of the token.
		amount: Balance,
	},
}

/// Accounts to which enough votes were delegated at the block before, and that have few proposals open.
///
/// pallet-referenda asks once for each submission, within the storage layer of the call: what is entered here
/// is gone again if the submission fails.
pub struct EnsureProposer<T>(PhantomData<T>);

type PalletsOrigin<T> = <<T as frame_system::Config>::RuntimeOrigin as OriginTrait>::PalletsOrigin;

impl<T: Config> EnsureOriginWithArg<T::RuntimeOrigin, PalletsOrigin<T>> for EnsureProposer<T> {
	type Success = T::AccountId;

	fn try_origin(
		origin: T::RuntimeOrigin,
		_: &PalletsOrigin<T>,
	) -> Result<T::AccountId, T::RuntimeOrigin> {
		let who = ensure_signed(origin.clone()).map_err(|_| origin.clone())?;
		// pallet-referenda's weights know nothing of this.
		frame_system::Pallet::<T>::register_extra_weight_unchecked(
			<T as Config>::WeightInfo::propose(T::MaxOpen::get()),
			DispatchClass::Normal,
		);
		match Pallet::<T>::enter(&who) {
			Ok(()) => Ok(who),
			Err(_) => Err(origin),
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Enters the proposal that `who` is about to make: among those that it has open, and among those whose
	/// snapshot is the same block.
	fn enter(who: &AccountIdOf<T>) -> Result<(), DispatchError> {
		let parameters = Parameters::<T>::get().ok_or(DispatchError::Unavailable)?;
		let now = frame_system::Pallet::<T>::block_number();
		let votes = Self::past(&Series::Votes(who.clone()), now.saturating_sub(One::one()))?;
		if Self::obstacle_at(who, &parameters, votes, now).is_some() {
			return Err(DispatchError::BadOrigin);
		}
		let index = ReferendumCount::<T>::get();
		Open::<T>::try_mutate(who, |open| {
			open.retain(|index| Self::ongoing(*index).is_ok());
			open.try_push(index).map_err(|_| DispatchError::Exhausted)
		})?;
		Snapshots::<T>::try_append(now.saturating_add(parameters.voting_delay), index)
			.map_err(|()| DispatchError::Exhausted)
	}

	/// Why an account with `votes` at the block before cannot propose in block `at`, deposit aside.
	fn obstacle_at(
		who: &AccountIdOf<T>,
		parameters: &ParametersOf<T>,
		votes: Balance,
		at: BlockNumberFor<T>,
	) -> Option<Obstacle> {
		let missing = parameters.proposal_threshold.saturating_sub(votes);
		if !missing.is_zero() {
			return Some(Obstacle::Votes { missing });
		}
		let open = Open::<T>::get(who).into_iter().filter(|index| Self::ongoing(*index).is_ok());
		let most = T::MaxOpen::get();
		if open.count() >= most.saturated_into() {
			return Some(Obstacle::Open { most });
		}
		let snapshot = at.saturating_add(parameters.voting_delay);
		let others = Snapshots::<T>::decode_len(snapshot).unwrap_or_default();
		(others >= T::MaxAtSnapshot::get().saturated_into()).then_some(Obstacle::SnapshotFull)
	}

	/// Implements [`obstacle`](crate::runtime_api::GovernanceApi): why `who` cannot propose in the next block;
	/// `None` if it can.
	pub fn obstacle(who: &AccountIdOf<T>) -> Option<Obstacle> {
		let Some(parameters) = Parameters::<T>::get() else { return Some(Obstacle::NoParameters) };
		let next = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
		let votes = Self::latest(&Series::Votes(who.clone()));
		let amount = T::SubmissionDeposit::get();
		Self::obstacle_at(who, &parameters, votes, next).or_else(|| {
			(!T::Currency::can_reserve(who, amount)).then_some(Obstacle::Deposit { amount })
		})
	}

	/// Gives the deposit of a proposal that has ended back to its proposer, or takes it if the proposal was
	/// defeated with next to no votes; whether there was one.
	pub(crate) fn settle_deposit(index: u32) -> bool {
		let Some(mut info) = ReferendumInfoFor::<T>::get(index) else { return false };
		let (deposit, earned) =
			match &mut info {
				ReferendumInfo::Approved(_, deposit, _)
				| ReferendumInfo::Cancelled(_, deposit, _) => (deposit.take(), true),
				ReferendumInfo::Rejected(_, deposit, _)
				| ReferendumInfo::TimedOut(_, deposit, _) => (deposit.take(), Self::has_support(index)),
				// pallet-referenda takes that of one that Root kills.
				ReferendumInfo::Ongoing(_) | ReferendumInfo::Killed(_) => (None, false),
			};
		let Some(Deposit { who, amount }) = deposit else { return false };
		ReferendumInfoFor::<T>::insert(index, info);
		Open::<T>::mutate_exists(&who, |open| {
			if let Some(numbers) = open {
				numbers.retain(|number| *number != index);
			}
			open.take_if(|numbers| numbers.is_empty());
		});
		if earned {
			T::Currency::unreserve(&who, amount);
			Self::deposit_event(Event::DepositReturned { index, who, amount });
		} else {
			let (taken, _) = T::Currency::slash_reserved(&who, amount);
			T::Slash::on_unbalanced(taken);
			Self::deposit_event(Event::DepositTaken { index, who, amount });
		}
		true
	}

	/// Whether For and Abstain reached the share of the quorum for which a deposit comes back.
	fn has_support(index: u32) -> bool {
		Records::<T>::get(index).is_some_and(|record| {
			let quorum = record.tally.quorum;
			quorum.is_some_and(|quorum| {
				record.tally.support >= T::DepositSupport::get().mul_ceil(quorum)
			})
		})
	}
}
