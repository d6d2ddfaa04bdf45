//! The life of a job.

use crate::{
	Assignments, Config, Deadlines, Ending, Error, Event, Job, JobResult, Jobs, NextJobId, Pallet,
	Parameters, Results, WeightInfo, COMMITTEE_SIZE, LOG_TARGET,
};
use core::marker::PhantomData;
use frame_support::{weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{
	AttributionJobs, DeadlineQueues as _, Entered, InferenceId, JobId, ModelId, Outcome, Settlement,
};
use openledger_primitives::H256;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Convert, Get, Saturating},
	DispatchError, DispatchResult,
};

/// What opening one job costs at most.
pub struct OpenWeight<T>(PhantomData<T>);

impl<T: Config> Get<Weight> for OpenWeight<T> {
	fn get() -> Weight {
		let blocks = T::MaxDelay::get().saturating_add(1);
		T::WeightInfo::open_job(COMMITTEE_SIZE, T::MaxAttesters::get(), blocks)
	}
}

impl<T: Config> AttributionJobs for Pallet<T> {
	fn open(model: ModelId, inference: InferenceId) -> Result<JobId, DispatchError> {
		let id = NextJobId::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::OutOfNumbers)?;
		let window = Parameters::<T>::get().claim_window;
		let deadline = Self::schedule(id, window).ok_or(Error::<T>::Busy)?.at;
		NextJobId::<T>::put(next);
		let opened = frame_system::Pallet::<T>::block_number();
		let attempt = 0;
		let committee = Self::draw(id, attempt, &[]);
		Self::assign(id, attempt, &committee);
		Self::deposit_event(Event::JobOpened { job: id, inference, committee: committee.clone() });
		Jobs::<T>::insert(id, Job { model, inference, attempt, committee, opened, deadline });
		Ok(id)
	}
}

impl<T: Config> Pallet<T> {
	/// Enters the deadline of an attempt that begins now and lasts `window` blocks or, where queues are
	/// full, up to `MaxDelay` more. `None` if they are full as far as that.
	fn schedule(id: JobId, window: BlockNumberFor<T>) -> Option<Entered<BlockNumberFor<T>>> {
		let wanted = frame_system::Pallet::<T>::block_number().saturating_add(window);
		Deadlines::<T>::schedule(id, wanted, T::MaxDelay::get())
	}

	/// Ends the attempts that are due at the start of block `now`.
	pub(crate) fn end_attempts(now: BlockNumberFor<T>) -> Weight {
		Deadlines::<T>::take(now)
			.into_iter()
			.filter_map(|id| Some(Self::end_attempt(id, Jobs::<T>::get(id)?)))
			.fold(T::WeightInfo::look_at_deadlines(), Weight::saturating_add)
	}

	fn assign(id: JobId, attempt: u32, committee: &[T::AccountId]) {
		for attester in committee {
			Assignments::<T>::insert(attester, id, attempt);
		}
	}

	fn unassign(id: JobId, committee: &[T::AccountId]) {
		for attester in committee {
			Assignments::<T>::remove(attester, id);
		}
	}

	/// Ends an attempt without result, whose deadline is out of its queue already: draws the next
	/// committee, or ends the job if the attempts are used up or no deadline is to be had.
	pub(crate) fn end_attempt(id: JobId, job: Job<T>) -> Weight {
		let parameters = Parameters::<T>::get();
		let attempt = job.attempt.saturating_add(1);
		if attempt >= parameters.attempts {
			return Self::give_up(id, job, 0);
		}
		let Some(Entered { at: deadline, queues }) = Self::schedule(id, parameters.claim_window)
		else {
			return Self::give_up(id, job, T::MaxDelay::get().saturating_add(1));
		};

		let committee = Self::draw(id, attempt, &job.committee);
		Self::unassign(id, &job.committee);
		Self::assign(id, attempt, &committee);
		Self::deposit_event(Event::Redrawn { job: id, attempt, committee: committee.clone() });
		Jobs::<T>::insert(id, Job { attempt, committee, deadline, ..job });
		T::WeightInfo::redraw(COMMITTEE_SIZE, T::MaxAttesters::get(), queues)
	}

	/// Ends a job without result, after a look at that many queues that were full.
	fn give_up(id: JobId, job: Job<T>, queues: u32) -> Weight {
		let inference = job.inference;
		let ended = Self::end(id, job, BoundedVec::new(), H256::zero(), Ending::Unattributed);
		// The job is over in any case: an error here must not stop the block.
		if let Err(error) = ended {
			log::error!(target: LOG_TARGET, "inference {inference} was not settled: {error:?}");
		}
		T::WeightInfo::give_up(COMMITTEE_SIZE, queues)
			.saturating_add(T::SettlementWeight::convert(T::MaxEntries::get()))
	}

	/// Ends a job, whose deadline is out of its queue already, and settles its inference.
	///
	/// # Errors
	/// If the inference does not await attribution. The job is over all the same, unless the caller rolls
	/// back.
	pub(crate) fn end(
		id: JobId,
		job: Job<T>,
		attesters: BoundedVec<T::AccountId, T::MaxCommittee>,
		claim: H256,
		ending: Ending<T>,
	) -> DispatchResult {
		let Job { model, inference, attempt, committee, .. } = job;
		let outcome = match &ending {
			Ending::Attributed { shares } => {
				Outcome::Attributed { shares: shares.to_vec(), attesters: attesters.to_vec() }
			},
			Ending::WrongAnswer { .. } => Outcome::WrongAnswer,
			Ending::Unattributed => Outcome::Unattributed,
		};
		let at = frame_system::Pallet::<T>::block_number();
		Self::unassign(id, &committee);
		Jobs::<T>::remove(id);
		Results::<T>::insert(
			id,
			JobResult { model, inference, attempt, attesters, claim, at, ending },
		);
		Self::deposit_event(Event::JobEnded { job: id, inference });
		T::Settlement::settle(inference, outcome)
	}
}
