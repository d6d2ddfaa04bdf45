//! An inference from the question to the answer, or to the refund for want of one.

use crate::{
	split, types, Config, Deadlines, Error, Event, HoldReason, Inference, InferenceOf,
	InferenceState, Inferences, NextInferenceId, Pallet, Parameters, Refund, WeightInfo,
	LOG_TARGET,
};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold},
		tokens::Precision,
	},
	weights::Weight,
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{
	AnsweredInference, AttributionJobs, DeadlineQueues as _, Entered, InferenceId,
	Inferences as ReadInferences, ModelId, ModelTerms, Usage,
};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{AccountIdConversion, Get, Saturating},
	DispatchError, DispatchResult,
};
use types::Balance;

impl<T: Config> Pallet<T> {
	/// The account that keeps the rewards until they are claimed.
	pub fn account_id() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Returns how many queues of deadlines were looked at, on which the call's weight depends.
	pub(crate) fn do_request(
		user: T::AccountId,
		model: ModelId,
		input: Vec<u8>,
		max_fee: Balance,
	) -> Result<u32, DispatchError> {
		let input = BoundedVec::try_from(input).map_err(|_| Error::<T>::InputTooLong)?;
		let pricing = T::Models::terms(model).ok_or(Error::<T>::ModelNotActive)?.pricing;
		let types::Parameters { platform_fee, response_window, .. } = Parameters::<T>::get();
		let least = split::least(&pricing).saturating_add(platform_fee);
		ensure!(max_fee >= least, Error::<T>::MaxFeeTooLow);
		// Without it a small reward could not be kept, nor a large one be paid out exactly.
		ensure!(
			T::Currency::balance(&Self::account_id()) >= T::Currency::minimum_balance(),
			Error::<T>::PotMissing
		);

		let reason = HoldReason::Inference.into();
		ensure!(T::Currency::can_hold(&reason, &user, max_fee), Error::<T>::InsufficientBalance);
		T::Currency::hold(&reason, &user, max_fee)?;

		let id = NextInferenceId::<T>::get();
		NextInferenceId::<T>::put(id.checked_add(1).ok_or(Error::<T>::OutOfNumbers)?);
		let requested = frame_system::Pallet::<T>::block_number();
		let wanted = requested.saturating_add(response_window);
		let Entered { at: deadline, queues } =
			Deadlines::<T>::schedule(id, wanted, T::MaxDelay::get()).ok_or(Error::<T>::Busy)?;
		Inferences::<T>::insert(
			id,
			Inference {
				user: user.clone(),
				model,
				input,
				max_fee,
				pricing,
				platform_fee,
				requested,
				deadline,
				state: InferenceState::Requested,
			},
		);
		Self::deposit_event(Event::Requested { inference: id, model, user, max_fee });
		Ok(queues)
	}

	pub(crate) fn do_cancel(user: &T::AccountId, id: InferenceId) -> DispatchResult {
		let inference = Inferences::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(inference.user == *user, Error::<T>::NotUser);
		Self::ensure_unanswered(&inference)?;
		Deadlines::<T>::unschedule(&id, inference.deadline);
		let held = inference.max_fee;
		Self::refund(id, inference, held, Refund::Cancelled)
	}

	pub(crate) fn do_respond(
		host: &T::AccountId,
		id: InferenceId,
		output: Vec<u8>,
		usage: Usage,
	) -> DispatchResult {
		let output = BoundedVec::<u8, T::MaxOutput>::try_from(output)
			.map_err(|_| Error::<T>::OutputTooLong)?;
		let mut inference = Inferences::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		ensure!(T::Models::host(inference.model).as_ref() == Some(host), Error::<T>::NotHost);
		Self::ensure_unanswered(&inference)?;

		let fee = split::price(&inference.pricing, usage)
			.saturating_add(inference.platform_fee)
			.min(inference.max_fee);
		// Only the fee stays held from here on.
		let rest = inference.max_fee.saturating_sub(fee);
		T::Currency::release(
			&HoldReason::Inference.into(),
			&inference.user,
			rest,
			Precision::Exact,
		)?;
		Deadlines::<T>::unschedule(&id, inference.deadline);
		let job = T::Jobs::open(inference.model, id)?;
		inference.state = InferenceState::Answered { output: output.clone(), usage, fee, job };
		Inferences::<T>::insert(id, inference);
		Self::deposit_event(Event::Answered { inference: id, job, output, fee });
		Ok(())
	}

	/// Refunds the requests that nobody answered by the start of block `now`, their deadline.
	pub(crate) fn time_out(now: BlockNumberFor<T>) -> Weight {
		let due = Deadlines::<T>::take(now);
		for &id in &due {
			// An error here must not stop the block.
			if let Err(error) = with_storage_layer(|| Self::time_out_one(id)) {
				log::error!(target: LOG_TARGET, "inference {id} did not time out: {error:?}");
			}
		}
		let inferences = u32::try_from(due.len()).unwrap_or(u32::MAX);
		T::WeightInfo::time_out(inferences, T::MaxInput::get())
	}

	fn time_out_one(id: InferenceId) -> DispatchResult {
		let inference = Inferences::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		Self::ensure_unanswered(&inference)?;
		let held = inference.max_fee;
		Self::refund(id, inference, held, Refund::TimedOut)
	}

	/// Gives the user back what is `held` for `inference`, and ends it.
	pub(crate) fn refund(
		id: InferenceId,
		mut inference: InferenceOf<T>,
		held: Balance,
		reason: Refund,
	) -> DispatchResult {
		T::Currency::release(
			&HoldReason::Inference.into(),
			&inference.user,
			held,
			Precision::Exact,
		)?;
		inference.state = InferenceState::Refunded(reason);
		Inferences::<T>::insert(id, inference);
		Self::deposit_event(Event::Refunded { inference: id, reason });
		Ok(())
	}

	fn ensure_unanswered(inference: &InferenceOf<T>) -> Result<(), Error<T>> {
		match inference.state {
			// The start of the deadline's block refunds, so this cannot be late.
			InferenceState::Requested => Ok(()),
			InferenceState::Answered { .. } | InferenceState::Settled(_) => {
				Err(Error::<T>::AlreadyAnswered)
			},
			InferenceState::Refunded(Refund::TimedOut) => Err(Error::<T>::DeadlinePassed),
			InferenceState::Refunded(_) => Err(Error::<T>::NotOpen),
		}
	}
}

impl<T: Config> ReadInferences for Pallet<T> {
	fn question(inference: InferenceId) -> Option<AnsweredInference> {
		let Inference { input, state, .. } = Inferences::<T>::get(inference)?;
		match state {
			InferenceState::Answered { output, usage, .. } => Some(AnsweredInference {
				input: input.into_inner(),
				output: output.into_inner(),
				usage,
			}),
			_ => None,
		}
	}
}
