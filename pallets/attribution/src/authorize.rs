//! The door: what a claim must satisfy to enter pool and block. Cheap checks first, the signature last.

use crate::{
	AttesterKeys, ClaimOf, Config, Error, Job, Jobs, Pallet, Parameters, SignatureOf, Verdict,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	traits::Get,
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use sp_application_crypto::RuntimeAppPublic;
use sp_runtime::{
	traits::{Saturating, UniqueSaturatedInto, Zero},
	transaction_validity::TransactionValidityWithRefund,
};

/// Keeps claims apart from anything else a session key signs.
pub const CLAIM_DOMAIN: &[u8] = b"openledger/claim/1";

/// Hashes of a proof at most: a tree of `u32` leaves is at most this deep.
pub const MAX_PROOF: usize = 32;

/// Why a claim is refused at the door, with the code of `InvalidTransaction::Custom`. Each is an
/// [`Error`] of the same name too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ClaimRefusal {
	/// No job of that number is open.
	JobNotOpen = 1,
	/// The job is at another attempt.
	WrongAttempt = 2,
	/// The attester is not in the job's committee.
	NotInCommittee = 3,
	/// Sent more than `ClaimLongevity` blocks ago.
	SentTooLongAgo = 4,
	/// Sent in a block that does not exist yet.
	SentInFuture = 5,
	/// More entries than the parameters allow.
	TooManyEntries = 6,
	/// A sketch has more coordinates than the parameters allow.
	DimensionTooLarge = 7,
	/// A proof has more than [`MAX_PROOF`] hashes.
	ProofTooLong = 8,
	/// The recomputed answer is longer than `MaxOutput`.
	OutputTooLong = 9,
	/// The attester has no session keys.
	NoSessionKeys = 10,
	/// The signature is not that of the attester's session key over this claim on this chain.
	BadSignature = 11,
}

impl ClaimRefusal {
	/// The code of `InvalidTransaction::Custom`.
	pub const fn code(self) -> u8 {
		self as u8
	}
}

impl From<ClaimRefusal> for TransactionValidityError {
	fn from(refusal: ClaimRefusal) -> Self {
		InvalidTransaction::Custom(refusal.code()).into()
	}
}

impl<T: Config> From<ClaimRefusal> for Error<T> {
	fn from(refusal: ClaimRefusal) -> Self {
		match refusal {
			ClaimRefusal::JobNotOpen => Self::JobNotOpen,
			ClaimRefusal::WrongAttempt => Self::WrongAttempt,
			ClaimRefusal::NotInCommittee => Self::NotInCommittee,
			ClaimRefusal::SentTooLongAgo => Self::SentTooLongAgo,
			ClaimRefusal::SentInFuture => Self::SentInFuture,
			ClaimRefusal::TooManyEntries => Self::TooManyEntries,
			ClaimRefusal::DimensionTooLarge => Self::DimensionTooLarge,
			ClaimRefusal::ProofTooLong => Self::ProofTooLong,
			ClaimRefusal::OutputTooLong => Self::OutputTooLong,
			ClaimRefusal::NoSessionKeys => Self::NoSessionKeys,
			ClaimRefusal::BadSignature => Self::BadSignature,
		}
	}
}

/// The bytes an attester signs: a domain tag, the chain's genesis hash, the SCALE-encoded claim.
pub fn claim_message(genesis: impl Encode, claim: &impl Encode) -> Vec<u8> {
	let mut message = CLAIM_DOMAIN.to_vec();
	genesis.encode_to(&mut message);
	claim.encode_to(&mut message);
	message
}

impl<T: Config> Pallet<T> {
	/// The bytes that sign `claim` on this chain.
	pub(crate) fn message(claim: &ClaimOf<T>) -> Vec<u8> {
		claim_message(frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()), claim)
	}

	/// Whether `claim` may be looked at closely: everything but the signature.
	pub(crate) fn check_standing(claim: &ClaimOf<T>) -> Result<Job<T>, ClaimRefusal> {
		let job = Jobs::<T>::get(claim.job).ok_or(ClaimRefusal::JobNotOpen)?;
		ensure!(claim.attempt == job.attempt, ClaimRefusal::WrongAttempt);
		ensure!(job.committee.contains(&claim.attester), ClaimRefusal::NotInCommittee);
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(claim.sent <= now, ClaimRefusal::SentInFuture);
		ensure!(now <= Self::last_block(claim), ClaimRefusal::SentTooLongAgo);
		Self::check_size(&claim.verdict)?;
		Ok(job)
	}

	/// The last block that may take a claim.
	fn last_block(claim: &ClaimOf<T>) -> BlockNumberFor<T> {
		claim.sent.saturating_add(T::ClaimLongevity::get().into())
	}

	fn check_size(verdict: &Verdict) -> Result<(), ClaimRefusal> {
		let exceeds = |length: usize, limit: u32| u32::try_from(length).map_or(true, |l| l > limit);
		match verdict {
			Verdict::WrongAnswer { output } => {
				ensure!(!exceeds(output.len(), T::MaxOutput::get()), ClaimRefusal::OutputTooLong);
			},
			Verdict::Confirmed(attribution) => {
				let parameters = Parameters::<T>::get();
				let entries = &attribution.entries;
				ensure!(
					!exceeds(entries.len(), parameters.max_entries),
					ClaimRefusal::TooManyEntries
				);
				let largest = entries
					.iter()
					.map(|proven| proven.leaf.sketch.dimension())
					.fold(attribution.query.dimension(), usize::max);
				ensure!(
					!exceeds(largest, parameters.max_dimension),
					ClaimRefusal::DimensionTooLarge
				);
				let long = entries.iter().any(|proven| proven.proof.len() > MAX_PROOF);
				ensure!(!long, ClaimRefusal::ProofTooLong);
			},
		}
		Ok(())
	}

	pub(crate) fn authorize_claim(
		_: TransactionSource,
		claim: &ClaimOf<T>,
		signature: &SignatureOf<T>,
	) -> TransactionValidityWithRefund {
		let job = Self::check_standing(claim)?;
		let key = T::Keys::key_of(&claim.attester).ok_or(ClaimRefusal::NoSessionKeys)?;
		ensure!(key.verify(&Self::message(claim), signature), ClaimRefusal::BadSignature);

		let now = frame_system::Pallet::<T>::block_number();
		// At the deadline the next committee is drawn, whatever `sent` says.
		let longevity = Self::last_block(claim).min(job.deadline).saturating_sub(now);
		// A retry outranks its predecessor, which a pool may still keep.
		let age: u64 = claim.sent.saturating_sub(job.opened).unique_saturated_into();
		ValidTransaction::with_tag_prefix("openledger/claim")
			.priority(T::ClaimPriority::get().saturating_add(age))
			.longevity(longevity.unique_saturated_into())
			.and_provides((claim.job, claim.attempt, &claim.attester))
			.propagate(true)
			.build()
			.map(|valid| (valid, Weight::zero()))
	}
}
