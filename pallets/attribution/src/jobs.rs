//! The life of a job.

use crate::{
	Assignments, Config, Ending, Error, Event, Job, JobResult, Jobs, NextJobId, Pallet, Parameters,
	Results, WeightInfo, COMMITTEE_SIZE, LOG_TARGET,
};
use core::marker::PhantomData;
use frame_support::{weights::Weight, BoundedVec};
use openledger_pallet_support::{
	AttributionJobs, InferenceId, JobId, ModelId, Outcome, Settlement,
};
use openledger_proof::H256;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Convert, Get, Saturating},
	DispatchError,
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
		NextJobId::<T>::put(id.checked_add(1).ok_or(Error::<T>::OutOfNumbers)?);
		let opened = frame_system::Pallet::<T>::block_number();
		let wanted = opened.saturating_add(Parameters::<T>::get().claim_window);
		let (deadline, _) = Self::schedule(id, wanted)?;
		let attempt = 0;
		let committee = Self::draw(id, attempt, &[]);
		Self::assign(id, attempt, &committee);
		Self::deposit_event(Event::JobOpened { job: id, inference, committee: committee.clone() });
		Jobs::<T>::insert(id, Job { model, inference, attempt, committee, opened, deadline });
		Ok(id)
	}
}

impl<T: Config> Pallet<T> {
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
		Self::unassign(id, &job.committee);
		let parameters = Parameters::<T>::get();
		let attempt = job.attempt.saturating_add(1);
		let now = frame_system::Pallet::<T>::block_number();
		let wanted = now.saturating_add(parameters.claim_window);
		let room =
			(attempt < parameters.attempts).then(|| Self::schedule(id, wanted).ok()).flatten();
		let Some((deadline, blocks)) = room else { return Self::give_up(id, job) };

		let committee = Self::draw(id, attempt, &job.committee);
		Self::assign(id, attempt, &committee);
		Self::deposit_event(Event::Redrawn { job: id, attempt, committee: committee.clone() });
		Jobs::<T>::insert(id, Job { attempt, committee, deadline, ..job });
		T::WeightInfo::redraw(COMMITTEE_SIZE, T::MaxAttesters::get(), blocks)
	}

	fn give_up(id: JobId, job: Job<T>) -> Weight {
		let inference = job.inference;
		Self::finish(id, job, BoundedVec::new(), H256::zero(), Ending::Unattributed);
		// The job is over in any case: an error here must not stop the block.
		if let Err(error) = T::Settlement::settle(inference, Outcome::Unattributed) {
			log::error!(target: LOG_TARGET, "inference {inference} was not settled: {error:?}");
		}
		T::WeightInfo::give_up(COMMITTEE_SIZE)
			.saturating_add(T::SettlementWeight::convert(T::MaxEntries::get()))
	}

	/// Ends a job by a claim that held.
	///
	/// # Errors
	/// If the inference does not await attribution. The caller must then roll back.
	pub(crate) fn conclude(
		id: JobId,
		job: Job<T>,
		attester: T::AccountId,
		claim: H256,
		ending: Ending<T>,
	) -> Result<(), DispatchError> {
		let inference = job.inference;
		let mut attesters = BoundedVec::new();
		attesters.try_push(attester).map_err(|_| Error::<T>::NotInCommittee)?;
		let outcome = match &ending {
			Ending::Attributed { shares } => {
				Outcome::Attributed { shares: shares.to_vec(), attesters: attesters.to_vec() }
			},
			Ending::WrongAnswer { .. } => Outcome::WrongAnswer,
			Ending::Unattributed => Outcome::Unattributed,
		};
		Self::unschedule(id, job.deadline);
		Self::unassign(id, &job.committee);
		Self::finish(id, job, attesters, claim, ending);
		T::Settlement::settle(inference, outcome)
	}

	fn finish(
		id: JobId,
		job: Job<T>,
		attesters: BoundedVec<T::AccountId, T::MaxCommittee>,
		claim: H256,
		ending: Ending<T>,
	) {
		let Job { model, inference, attempt, .. } = job;
		let at = frame_system::Pallet::<T>::block_number();
		Jobs::<T>::remove(id);
		Results::<T>::insert(
			id,
			JobResult { model, inference, attempt, attesters, claim, at, ending },
		);
		Self::deposit_event(Event::JobEnded { job: id, inference });
	}
}
