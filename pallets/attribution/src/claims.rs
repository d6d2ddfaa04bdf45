//! Claims in the block: every proof and every score is checked.

use crate::{
	ClaimFault, ClaimOf, Config, Deadlines, Ending, Error, Event, Job, Pallet, Parameters, Verdict,
	WeightInfo,
};
use alloc::vec;
use codec::Encode;
use frame_support::{dispatch::DispatchResultWithPostInfo, ensure, weights::Weight, BoundedVec};
use openledger_pallet_support::{DeadlineQueues as _, IndexedModels, Inferences};
use openledger_primitives::{blake2_256, shares, Attribution, ClaimError};
use polkadot_sdk::*;
use sp_runtime::traits::{Convert, Get};

impl<T: Config> Pallet<T> {
	/// What a claim costs at most.
	pub(crate) fn claim_weight(claim: &ClaimOf<T>) -> Weight {
		Self::claim_weight_paying(claim, T::MaxEntries::get())
	}

	/// What a claim costs whose settlement pays so many contributions.
	fn claim_weight_paying(claim: &ClaimOf<T>, contributions: u32) -> Weight {
		let blocks = T::MaxDelay::get().saturating_add(1);
		T::WeightInfo::submit_claim(
			claim.verdict.size(),
			T::MaxSources::get(),
			T::MaxAttesters::get(),
			blocks,
		)
		.saturating_add(T::SettlementWeight::convert(contributions))
	}

	pub(crate) fn do_submit_claim(claim: ClaimOf<T>) -> DispatchResultWithPostInfo {
		let id = claim.job;
		let job = Self::check_standing(&claim).map_err(Error::<T>::from)?;
		let attester = claim.attester.clone();
		let examined = Self::examine(&job, &claim.verdict);
		// Whether it holds or not, the attempt ends before its deadline.
		Deadlines::<T>::unschedule(&id, job.deadline);
		let paid = match examined {
			Ok(ending) => {
				// Without shares of its own the job is settled by the held-out ones, and only the market
				// knows how many they are.
				let paid = match &ending {
					Ending::Attributed { shares } if !shares.is_empty() => {
						u32::try_from(shares.len()).unwrap_or(u32::MAX)
					},
					_ => T::MaxEntries::get(),
				};
				let hash = claim.using_encoded(blake2_256);
				Self::deposit_event(Event::ClaimAccepted { job: id, attester: attester.clone() });
				// A committee has room for one: `integrity_test` sees to it.
				let attesters = BoundedVec::truncate_from(vec![attester]);
				Self::end(id, job, attesters, hash, ending)?;
				paid
			},
			Err(error) => {
				Self::deposit_event(Event::ClaimRefused { job: id, attester, error });
				Self::end_attempt(id, job);
				T::MaxEntries::get()
			},
		};
		Ok(Some(Self::claim_weight_paying(&claim, paid)).into())
	}

	/// Checks a verdict completely: how the job ends by it, or the first fault.
	fn examine(job: &Job<T>, verdict: &Verdict) -> Result<Ending<T>, ClaimFault> {
		match verdict {
			Verdict::Confirmed(attribution) => Self::examine_attribution(job, attribution),
			Verdict::WrongAnswer { output } => {
				let same = T::Inferences::question(job.inference)
					.is_some_and(|question| question.output == *output);
				ensure!(!same, ClaimFault::AnswerNotDifferent);
				// Not longer than that: the door saw to it.
				Ok(Ending::WrongAnswer { output: BoundedVec::truncate_from(output.clone()) })
			},
		}
	}

	fn examine_attribution(
		job: &Job<T>,
		attribution: &Attribution,
	) -> Result<Ending<T>, ClaimFault> {
		let index = T::Models::index(job.model).ok_or(ClaimFault::NoIndex)?;
		// A proof shows that a leaf is in the tree; only the manifest says which contribution it is of.
		for (entry, proven) in (0u32..).zip(&attribution.entries) {
			let number = T::Models::leaf_index(job.model, proven.leaf.contribution)
				.ok_or(ClaimFault::NotInModel { entry })?;
			ensure!(number == proven.leaf_index, ClaimFault::WrongLeafNumber { entry });
		}
		let entries = attribution
			.check(&index, Parameters::<T>::get().max_entries)
			.map_err(ClaimFault::Invalid)?;
		let shares = BoundedVec::try_from(shares(&entries))
			.map_err(|_| ClaimFault::Invalid(ClaimError::TooManyEntries))?;
		Ok(Ending::Attributed { shares })
	}
}
