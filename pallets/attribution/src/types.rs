//! What attribution stores and receives.

use crate::{Config, Error, Pallet};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure, traits::fungible::Inspect, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound,
	PartialEqNoBound,
};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{InferenceId, JobId, ModelId};
use openledger_primitives::{Attribution, ClaimError, Share, H256, MAX_DIMENSION};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_application_crypto::RuntimeAppPublic;
use sp_runtime::traits::{CheckedMul, Get, One, Zero};

/// Amounts of the native token.
pub type BalanceOf<T> =
	<<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

/// A claim as the runtime receives it.
pub type ClaimOf<T> = Claim<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// A signature of an attester's session key.
pub type SignatureOf<T> = <<T as Config>::AttesterId as RuntimeAppPublic>::Signature;

/// A bonded account that can be drawn for jobs, or was.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Attester<Balance, BlockNumber> {
	/// What is held from the account until it withdraws the bond.
	pub bond: Balance,
	/// Whether it can be drawn for new jobs.
	pub status: AttesterStatus<BlockNumber>,
}

/// Whether an attester can be drawn for new jobs.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub enum AttesterStatus<BlockNumber> {
	/// It can be drawn.
	Bonded,
	/// It deregistered and is drawn no more. Its open jobs stay its own.
	Unbonding {
		/// From this block on the bond can be withdrawn, if no job is open.
		until: BlockNumber,
	},
}

/// An attribution that is still to be done.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[codec(mel_bound(T: Config))]
#[scale_info(skip_type_params(T))]
pub struct Job<T: Config> {
	/// The model whose answer is attributed.
	pub model: ModelId,
	/// The inference whose fee waits for the result.
	pub inference: InferenceId,
	/// The current attempt, from 0.
	pub attempt: u32,
	/// Who attests in this attempt. Empty if nobody was bonded.
	pub committee: BoundedVec<T::AccountId, T::MaxCommittee>,
	/// The block of the job's opening.
	pub opened: BlockNumberFor<T>,
	/// The block at whose start this attempt ends.
	pub deadline: BlockNumberFor<T>,
}

/// An attester's signed result for a job.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Claim<AccountId, BlockNumber> {
	/// The number of the job.
	pub job: JobId,
	/// The attempt of the job, counted from 0: a claim for an earlier one is refused.
	pub attempt: u32,
	/// A member of the attempt's committee, whose session key signs.
	pub attester: AccountId,
	/// The block on which it was signed. Tells a retry from its predecessor, which pools may remember.
	pub sent: BlockNumber,
	/// What the attester found.
	pub verdict: Verdict,
}

/// What an attester found.
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
	/// The host's answer is right, and this is its attribution.
	Confirmed(Attribution),
	/// The model gives another answer.
	WrongAnswer {
		/// The answer that the attester's node computed, of `MaxOutput` bytes at most.
		output: Vec<u8>,
	},
}

/// How much work a claim is, known from its lengths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClaimSize {
	/// The number of entries.
	pub entries: u32,
	/// Products of coordinates in all scores.
	pub products: u64,
	/// Hashes in all proofs.
	pub nodes: u64,
	/// Bytes of the encoded verdict, but for lengths and tags.
	pub bytes: u64,
}

impl Verdict {
	/// The work to check this verdict. Takes time linear in the number of entries.
	pub fn size(&self) -> ClaimSize {
		fn wide(length: usize) -> u64 {
			u64::try_from(length).unwrap_or(u64::MAX)
		}
		const FIXED_BYTES_PER_ENTRY: u64 = 20;
		const BYTES_PER_NODE: u64 = 32;
		match self {
			Self::WrongAnswer { output } => {
				ClaimSize { bytes: wide(output.len()), ..ClaimSize::default() }
			},
			Self::Confirmed(attribution) => {
				let query = &attribution.query;
				let bytes = wide(query.dimension()).saturating_mul(query.width().bytes().into());
				let start = ClaimSize { bytes, ..ClaimSize::default() };
				attribution.entries.iter().fold(start, |size, proven| {
					let sketch = &proven.leaf.sketch;
					let dimension = wide(sketch.dimension());
					let nodes = wide(proven.proof.len());
					let bytes = dimension
						.saturating_mul(sketch.width().bytes().into())
						.saturating_add(nodes.saturating_mul(BYTES_PER_NODE))
						.saturating_add(FIXED_BYTES_PER_ENTRY);
					ClaimSize {
						entries: size.entries.saturating_add(1),
						products: size.products.saturating_add(dimension),
						nodes: size.nodes.saturating_add(nodes),
						bytes: size.bytes.saturating_add(bytes),
					}
				})
			},
		}
	}
}

/// Why a claim that came through the door does not hold.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum ClaimFault {
	/// The attribution fails one of its checks.
	Invalid(ClaimError),
	/// The entry's contribution is not among those the model was trained on.
	NotInModel {
		/// Its number within the claim, from 0.
		entry: u32,
	},
	/// The entry's leaf has another number than the training manifest gives its contribution.
	WrongLeafNumber {
		/// Its number within the claim, from 0.
		entry: u32,
	},
	/// The answer is reported wrong, but the one recomputed is the same.
	AnswerNotDifferent,
	/// The model has no influence index.
	NoIndex,
}

/// How a job ended.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[codec(mel_bound(T: Config))]
#[scale_info(skip_type_params(T))]
pub struct JobResult<T: Config> {
	/// The model whose answer was attributed.
	pub model: ModelId,
	/// The inference that was settled by this.
	pub inference: InferenceId,
	/// The attempt in which the job ended, counted from 0.
	pub attempt: u32,
	/// The attesters whose claims made the result; none if the job ended unattributed.
	pub attesters: BoundedVec<T::AccountId, T::MaxCommittee>,
	/// blake2-256 of the SCALE-encoded claim, which is in block `at`. Zero if there is none.
	pub claim: H256,
	/// The block in which the job ended. It contains the claim, if there was one.
	pub at: BlockNumberFor<T>,
	/// What the attesters found, if they found anything.
	pub ending: Ending<T>,
}

/// The result of a job.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	CloneNoBound,
	PartialEqNoBound,
	EqNoBound,
	DebugNoBound,
)]
#[codec(mel_bound(T: Config))]
#[scale_info(skip_type_params(T))]
pub enum Ending<T: Config> {
	/// The answer was confirmed and attributed.
	Attributed {
		/// The shares. Empty if no contribution had a positive score.
		shares: BoundedVec<Share, T::MaxEntries>,
	},
	/// The answer was found wrong.
	WrongAnswer {
		/// The answer that the attester's node computed.
		output: BoundedVec<u8, T::MaxOutput>,
	},
	/// No claim held in any attempt.
	Unattributed,
}

/// What the admin origin can change.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters<Balance, BlockNumber> {
	/// Held from each attester; not zero, not above `MaxDeposit`.
	pub bond: Balance,
	/// Blocks from deregistration until the bond can be withdrawn; not zero, not above `MaxPeriod`.
	pub unbonding_period: BlockNumber,
	/// Blocks a committee has to claim; not zero, and all attempts together not above `MaxPeriod`.
	pub claim_window: BlockNumber,
	/// Committees drawn for one job at most; not zero, not above `MaxAttempts`.
	pub attempts: u32,
	/// Entries of a claim at most.
	pub max_entries: u32,
	/// Coordinates of a sketch at most.
	pub max_dimension: u32,
}

impl<Balance: One, BlockNumber: One> Default for Parameters<Balance, BlockNumber> {
	fn default() -> Self {
		Self {
			bond: One::one(),
			unbonding_period: One::one(),
			claim_window: One::one(),
			attempts: 1,
			max_entries: 1,
			max_dimension: MAX_DIMENSION,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// # Errors
	/// If attribution could not work with these.
	pub(crate) fn check_parameters(
		parameters: &Parameters<BalanceOf<T>, BlockNumberFor<T>>,
	) -> Result<(), Error<T>> {
		let Parameters { bond, unbonding_period, claim_window, attempts, .. } = *parameters;
		// Without a bond anybody's accounts could take every place among the attesters for nothing.
		ensure!(!bond.is_zero() && bond <= T::MaxDeposit::get(), Error::<T>::InvalidBond);
		let longest = T::MaxPeriod::get();
		let is_period = |period: BlockNumberFor<T>| !period.is_zero() && period <= longest;
		ensure!(is_period(unbonding_period), Error::<T>::InvalidUnbondingPeriod);
		ensure!(is_period(claim_window), Error::<T>::InvalidClaimWindow);
		let allowed = 1..=T::MaxAttempts::get();
		ensure!(allowed.contains(&attempts), Error::<T>::InvalidAttempts);
		// A fee stays held until the last attempt has failed.
		let together = claim_window.checked_mul(&attempts.into());
		ensure!(together.is_some_and(|blocks| blocks <= longest), Error::<T>::AttemptsTooLong);
		let entries = 1..=T::MaxEntries::get();
		ensure!(entries.contains(&parameters.max_entries), Error::<T>::InvalidMaxEntries);
		let dimensions = 1..=MAX_DIMENSION;
		ensure!(dimensions.contains(&parameters.max_dimension), Error::<T>::InvalidMaxDimension);
		Ok(())
	}
}
