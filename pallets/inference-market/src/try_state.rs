//! What must hold after every block.

use crate::{
	Balance, Config, Deadlines, HoldReason, InferenceState, Inferences, NextInferenceId, Pallet,
	Parameters, Payments, Receipt, Rewards,
};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use openledger_pallet_support::DeadlineQueues as _;
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the whole storage.
	///
	/// # Errors
	/// Which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_parameters(&Parameters::<T>::get())?;
		Self::try_inferences()?;
		Self::try_deadlines()?;
		Self::try_holds()?;
		Self::try_rewards()
	}

	/// Every receipt sums to its fee, and its payments to its parts.
	fn try_inferences() -> Result<(), TryRuntimeError> {
		let next = NextInferenceId::<T>::get();
		for (id, inference) in Inferences::<T>::iter() {
			ensure!(id < next, "an inference has a number not given out yet");
			let paid: Balance = Payments::<T>::get(id)
				.iter()
				.fold(0, |sum: Balance, payment| sum.saturating_add(payment.amount));
			let due = match inference.state {
				InferenceState::Settled(receipt) => {
					let Receipt { fee, contributors, owners, attesters, treasury, .. } = receipt;
					let due = contributors.saturating_add(owners).saturating_add(attesters);
					ensure!(
						due.saturating_add(treasury) == fee,
						"the parts of a receipt do not sum to its fee"
					);
					ensure!(fee <= inference.max_fee, "a fee is above its maximum");
					due
				},
				InferenceState::Answered { fee, .. } => {
					ensure!(fee <= inference.max_fee, "a fee is above its maximum");
					0
				},
				InferenceState::Requested | InferenceState::Refunded(_) => 0,
			};
			ensure!(paid == due, "payments do not sum to the receipt's parts");
		}
		for (id, payments) in Payments::<T>::iter() {
			ensure!(Inferences::<T>::contains_key(id), "payments of an unknown inference");
			ensure!(payments.iter().all(|p| !p.amount.is_zero()), "an empty payment is recorded");
		}
		Ok(())
	}

	/// Unanswered inferences stand in the queue of their deadline, once, and nothing else does.
	fn try_deadlines() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		let unanswered = Inferences::<T>::iter()
			.filter(|(_, inference)| inference.state == InferenceState::Requested)
			.map(|(id, inference)| (id, inference.deadline));
		Ok(Deadlines::<T>::check_queues(now, unanswered)?)
	}

	/// What is held for the market is what open inferences may cost.
	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::<T::AccountId, Balance>::new();
		for inference in Inferences::<T>::iter_values() {
			let amount = match inference.state {
				InferenceState::Requested => inference.max_fee,
				InferenceState::Answered { fee, .. } => fee,
				InferenceState::Settled(_) | InferenceState::Refunded(_) => 0,
			};
			let sum = held.entry(inference.user).or_default();
			*sum = sum.saturating_add(amount);
		}
		for (user, amount) in held {
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Inference.into(), &user) == amount,
				"a user's hold is not what the open inferences may cost"
			);
		}
		Ok(())
	}

	/// The market's account covers all rewards beside its existential deposit.
	fn try_rewards() -> Result<(), TryRuntimeError> {
		let mut sum: Balance = 0;
		for rewards in Rewards::<T>::iter_values() {
			ensure!(!rewards.is_zero(), "empty rewards are stored");
			sum = sum.saturating_add(rewards);
		}
		let pot = T::Currency::balance(&Self::account_id());
		ensure!(
			sum.is_zero() || pot >= sum.saturating_add(T::Currency::minimum_balance()),
			"the market's account does not cover the rewards"
		);
		Ok(())
	}
}
