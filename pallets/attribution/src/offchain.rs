//! The `offchain_worker` hook: takes drafts from the mailbox, signs them with the local attester keys and
//! submits them. It computes nothing, keeps nothing but the time of the last submission, and may run
//! twice, late or on another fork without harm.

use crate::{
	mailbox::{claim_key, sent_key, Draft, Sent, RESUBMIT_AFTER},
	Assignments, AttesterKeys, Call, Claim, Config, Pallet, LOG_TARGET,
};
use core::fmt;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use openledger_pallet_support::JobId;
use polkadot_sdk::*;
use sp_application_crypto::RuntimeAppPublic;
use sp_runtime::{
	offchain::storage::{MutateStorageError, StorageRetrievalError, StorageValueRef},
	traits::Saturating,
};

type SentOf<T> = Sent<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// Why nothing was submitted for an assignment.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Skipped {
	/// The worker has no result yet.
	NoDraft,
	/// The draft is for another attempt or attester.
	StaleDraft,
	/// The draft does not decode.
	UnreadableDraft,
	/// The last submission is too young to repeat.
	SentLately,
	/// Another run of this hook submits it.
	Locked,
	/// The keystore did not sign.
	NotSigned,
	/// The transaction pool refused it.
	NotTaken,
}

impl Skipped {
	fn is_failure(&self) -> bool {
		matches!(self, Self::UnreadableDraft | Self::NotSigned | Self::NotTaken)
	}
}

impl fmt::Display for Skipped {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::NoDraft => "there is no result yet",
			Self::StaleDraft => "the result in the mailbox is for another attempt or attester",
			Self::UnreadableDraft => "the result in the mailbox does not decode",
			Self::SentLately => "the last submission may still be included",
			Self::Locked => "another run submits it",
			Self::NotSigned => "the keystore did not sign",
			Self::NotTaken => "the transaction pool refused the claim",
		})
	}
}

impl<T: Config> Pallet<T> {
	/// Submits what is ready for the keys in the local keystore.
	pub(crate) fn submit_drafts(now: BlockNumberFor<T>) {
		for key in T::AttesterId::all() {
			let Some(attester) = T::Keys::account_of(&key) else { continue };
			for (job, attempt) in Assignments::<T>::iter_prefix(&attester) {
				match Self::submit_draft(now, &key, &attester, job, attempt) {
					Ok(()) => log::info!(
						target: LOG_TARGET,
						"job {job}: submitted the claim of attempt {attempt}",
					),
					Err(skipped) if skipped.is_failure() => log::warn!(
						target: LOG_TARGET,
						"job {job}: submitted nothing: {skipped}",
					),
					Err(skipped) => {
						log::trace!(target: LOG_TARGET, "job {job}: submitted nothing: {skipped}");
					},
				}
			}
		}
	}

	fn submit_draft(
		now: BlockNumberFor<T>,
		key: &T::AttesterId,
		attester: &T::AccountId,
		job: JobId,
		attempt: u32,
	) -> Result<(), Skipped> {
		let draft = StorageValueRef::persistent(&claim_key(job))
			.get::<Draft<T::AccountId>>()
			.map_err(|_| Skipped::UnreadableDraft)?
			.ok_or(Skipped::NoDraft)?;
		if (draft.job, draft.attempt, &draft.attester) != (job, attempt, attester) {
			return Err(Skipped::StaleDraft);
		}

		let sent_key = sent_key(job);
		let mut sent = StorageValueRef::persistent(&sent_key);
		Self::mark_sent(&sent, Sent { attempt, attester: attester.clone(), at: now })?;
		let submitted = Self::sign_and_submit(now, key, draft);
		if submitted.is_err() {
			// So that the next block tries again.
			sent.clear();
		}
		submitted
	}

	/// Enters a submission unless a young one of the same attempt stands there. Of several runs at the
	/// same time one succeeds.
	fn mark_sent(sent: &StorageValueRef<'_>, this: SentOf<T>) -> Result<(), Skipped> {
		let marked =
			sent.mutate(|last: Result<Option<SentOf<T>>, StorageRetrievalError>| match last {
				Ok(Some(last))
					if last.attempt == this.attempt
						&& last.attester == this.attester
						&& this.at.saturating_sub(last.at) < RESUBMIT_AFTER.into() =>
				{
					Err(Skipped::SentLately)
				},
				_ => Ok(this),
			});
		match marked {
			Ok(_) => Ok(()),
			Err(MutateStorageError::ValueFunctionFailed(skipped)) => Err(skipped),
			Err(MutateStorageError::ConcurrentModification(_)) => Err(Skipped::Locked),
		}
	}

	fn sign_and_submit(
		now: BlockNumberFor<T>,
		key: &T::AttesterId,
		draft: Draft<T::AccountId>,
	) -> Result<(), Skipped> {
		let Draft { job, attempt, attester, verdict } = draft;
		let claim = Claim { job, attempt, attester, sent: now, verdict };
		let signature = key.sign(&Self::message(&claim)).ok_or(Skipped::NotSigned)?;
		let call = Call::submit_claim { claim, signature };
		let transaction = T::create_authorized_transaction(call.into());
		SubmitTransaction::<T, Call<T>>::submit_transaction(transaction)
			.map_err(|()| Skipped::NotTaken)
	}
}
