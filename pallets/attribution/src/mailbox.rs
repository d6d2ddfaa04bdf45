//! The mailbox between a node's native attribution worker and the pallet's `offchain_worker` hook: keys
//! and values in the node's persistent off-chain storage.
//!
//! The worker writes a [`Draft`] under [`claim_key`]. The hook signs and submits it, and remembers when
//! under [`sent_key`]. The worker removes both when the job is gone from finalised state.

use crate::Verdict;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use openledger_pallet_support::JobId;

/// The key of a [`Draft`] is this, and the SCALE-encoded job after it.
pub const CLAIM_PREFIX: &[u8] = b"openledger/claim/";

/// The key of a [`Sent`] is this, and the SCALE-encoded job after it.
pub const SENT_PREFIX: &[u8] = b"openledger/sent/";

/// Blocks after which a submission that is in no block yet is repeated.
pub const RESUBMIT_AFTER: u32 = 5;

/// A result ready to be signed.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug)]
pub struct Draft<AccountId> {
	/// The job that this is the result of; the key names it too.
	pub job: JobId,
	/// The attempt it was computed for.
	pub attempt: u32,
	/// The attester who was assigned the job then: a draft for another is not sent.
	pub attester: AccountId,
	/// What the worker found.
	pub verdict: Verdict,
}

/// The last submission of a draft.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug)]
pub struct Sent<AccountId, BlockNumber> {
	/// The attempt that was claimed: for the next one the job is claimed anew.
	pub attempt: u32,
	/// The attester for whom it was submitted.
	pub attester: AccountId,
	/// The block on which it was submitted.
	pub at: BlockNumber,
}

/// The key of a job's [`Draft`].
pub fn claim_key(job: JobId) -> Vec<u8> {
	key(CLAIM_PREFIX, job)
}

/// The key of a job's [`Sent`].
pub fn sent_key(job: JobId) -> Vec<u8> {
	key(SENT_PREFIX, job)
}

fn key(prefix: &[u8], job: JobId) -> Vec<u8> {
	let mut key = prefix.to_vec();
	job.encode_to(&mut key);
	key
}
