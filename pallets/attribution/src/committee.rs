//! Drawing committees.

use crate::{Bonded, Config, Pallet};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{traits::Randomness, BoundedVec};
use openledger_pallet_support::JobId;
use polkadot_sdk::*;
use sp_runtime::traits::Hash;

/// Attesters drawn for each attempt, if so many are bonded. The first claim of a committee that holds
/// ends the job.
pub const COMMITTEE_SIZE: u32 = 1;

impl<T: Config> Pallet<T> {
	/// Draws a committee without replacement from the bonded attesters, seeded by the chain's
	/// randomness, the job and the attempt. The `previous` committee stands back if there are others.
	/// Empty if nobody is bonded.
	pub(crate) fn draw(
		job: JobId,
		attempt: u32,
		previous: &[T::AccountId],
	) -> BoundedVec<T::AccountId, T::MaxCommittee> {
		let bonded = Bonded::<T>::get().into_inner();
		let others: Vec<_> = bonded.iter().filter(|a| !previous.contains(a)).cloned().collect();
		let mut candidates = if others.is_empty() { bonded } else { others };
		let (seed, _) = T::Randomness::random(&(b"openledger/committee", job, attempt).encode());
		let mut committee = BoundedVec::new();
		for seat in 0..COMMITTEE_SIZE {
			// Without replacement: each seat is drawn among those who have none yet.
			let Some(drawn) = pick::<T>(&seed, seat, candidates.len()) else { break };
			let member = candidates.swap_remove(drawn);
			if committee.try_push(member).is_err() {
				break;
			}
		}
		committee
	}
}

/// A number below `candidates` for this seat; `None` if there are no candidates. 64 bits against at most
/// 2^32 candidates: no candidate is favoured by more than one in 2^32.
fn pick<T: Config>(seed: &T::Hash, seat: u32, candidates: usize) -> Option<usize> {
	let hash = T::Hashing::hash_of(&(seed, seat));
	let number = u64::decode(&mut hash.as_ref()).ok()?;
	let candidates = u64::try_from(candidates).ok()?;
	usize::try_from(number.checked_rem(candidates)?).ok()
}
