//! What a node asks the runtime about its work.

use crate::{
	sr25519::AttesterId, Assignments, AttesterKeys, Config, Job, Jobs, Pallet, Parameters,
};
use alloc::vec::Vec;
use codec::{Codec, Decode, Encode};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{
	AnsweredInference, Artifacts, IndexedModels, InferenceId, Inferences, JobId, ModelId, Usage,
};
use openledger_primitives::{Attribution, ClaimError, Entry, IndexCommitment};
use polkadot_sdk::*;
use scale_info::TypeInfo;

/// One job to be done by one attester, with all that is needed to do it.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Assignment<AccountId, BlockNumber> {
	/// The number of the job, which the claim has to name.
	pub job: JobId,
	/// The attempt that runs, which the claim has to name.
	pub attempt: u32,
	/// The account whose session key signs the claim.
	pub attester: AccountId,
	/// The model whose answer is to be recomputed.
	pub model: ModelId,
	/// The inference that the fee was paid for.
	pub inference: InferenceId,
	/// The input as the user sent it.
	pub input: Vec<u8>,
	/// The host's answer, with which the recomputed one is compared byte for byte.
	pub output: Vec<u8>,
	/// The tokens the host counted.
	pub usage: Usage,
	/// The hashes of the model's files, under which the node finds them.
	pub artifacts: Artifacts,
	/// The commitment that the index file has to agree with.
	pub index: IndexCommitment,
	/// Entries of a claim at most.
	pub max_entries: u32,
	/// The block at whose start the attempt ends.
	pub deadline: BlockNumber,
}

sp_api::decl_runtime_apis! {
	/// What a node's attribution worker asks.
	pub trait AttributionApi<AccountId, BlockNumber>
	where
		AccountId: Codec,
		BlockNumber: Codec,
	{
		/// The open jobs of the attester with this session key.
		fn assignments(key: AttesterId) -> Vec<Assignment<AccountId, BlockNumber>>;

		/// What the runtime's check says of an attribution: its entries, or the first fault.
		fn check_attribution(
			index: IndexCommitment,
			attribution: Attribution,
			max_entries: u32,
		) -> Result<Vec<Entry>, ClaimError>;
	}
}

impl<T: Config> Pallet<T> {
	/// The open jobs of the attester with this session key, oldest first.
	pub fn assignments(key: &T::AttesterId) -> Vec<Assignment<T::AccountId, BlockNumberFor<T>>> {
		let Some(attester) = T::Keys::account_of(key) else { return Vec::new() };
		let max_entries = Parameters::<T>::get().max_entries;
		let mut assignments: Vec<_> = Assignments::<T>::iter_key_prefix(&attester)
			.filter_map(|id| Self::assignment(id, &attester, max_entries))
			.collect();
		assignments.sort_by_key(|assignment| assignment.job);
		assignments
	}

	fn assignment(
		id: JobId,
		attester: &T::AccountId,
		max_entries: u32,
	) -> Option<Assignment<T::AccountId, BlockNumberFor<T>>> {
		let Job { model, inference, attempt, deadline, .. } = Jobs::<T>::get(id)?;
		let AnsweredInference { input, output, usage } = T::Inferences::question(inference)?;
		Some(Assignment {
			job: id,
			attempt,
			attester: attester.clone(),
			model,
			inference,
			input,
			output,
			usage,
			artifacts: T::Models::artifacts(model)?,
			index: T::Models::index(model)?,
			max_entries,
			deadline,
		})
	}
}
