//! The runtime API that explains a settled inference: what was asked and answered, which
//! contributions shaped the answer, and who was paid what.

use crate::{AccountId, Balance, BlockNumber, ModelRegistry, Runtime};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use openledger_pallet_support::{InferenceId, JobId, ModelId, ModelTerms};
use openledger_primitives::Share;
use pallet_attribution::types::Ending;
pub use pallet_inference_market::types::{Basis, Payment, Refund, Role};
use pallet_inference_market::InferenceState;
use polkadot_sdk::{sp_api, sp_core::H256};
use scale_info::TypeInfo;

/// All the chain knows about one settled inference.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
	/// The number of the inference.
	pub inference: InferenceId,
	/// Who asked and paid.
	pub user: AccountId,
	/// The model that answered.
	pub model: ModelId,
	/// The input as sent.
	pub input: Vec<u8>,
	/// The answer as the host sent it.
	pub output: Vec<u8>,
	/// What the user paid.
	pub fee: Balance,
	/// The block in which it was settled.
	pub at: BlockNumber,
	/// Where the shares come from.
	pub basis: Basis,
	/// The attribution job.
	pub job: JobId,
	/// The attempt that ended it, from 0.
	pub attempt: u32,
	/// The attesters of that attempt who agreed on the result.
	pub attesters: Vec<AccountId>,
	/// blake2-256 of the SCALE claim, which is in block `at`; zero if nobody claimed.
	pub claim: H256,
	/// Shares of the contributions, by the claim or by the model's held-out loss.
	pub shares: Vec<Share>,
	/// Who was credited what: contributors, owners, attesters.
	pub payments: Vec<Payment<AccountId>>,
	/// What all contributors got together.
	pub contributors: Balance,
	/// Sum to the owners of the model and its ancestors.
	pub owners: Balance,
	/// What all attesters got together.
	pub attesters_total: Balance,
	/// What the treasury got: its share, the platform fee, and what rounding left.
	pub treasury: Balance,
}

/// Why there is nothing to explain.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum Unexplained {
	/// There is no inference of that number.
	NotFound,
	/// Its host has not answered yet.
	Requested,
	/// It was answered and awaits attribution.
	Answered {
		/// The attribution job.
		job: JobId,
	},
	/// Nobody was paid for it: its user has the whole fee back.
	Refunded(Refund),
}

sp_api::decl_runtime_apis! {
	/// Explains settled inferences.
	pub trait ExplanationApi {
		/// The explanation of a settled inference, or why there is none.
		fn explain(inference: InferenceId) -> Result<Explanation, Unexplained>;
	}
}

/// Implements [`ExplanationApi`] from storage.
///
/// # Errors
/// If the inference does not exist or is not settled.
pub fn explain(inference: InferenceId) -> Result<Explanation, Unexplained> {
	let asked = pallet_inference_market::Inferences::<Runtime>::get(inference)
		.ok_or(Unexplained::NotFound)?;
	let receipt = match asked.state {
		InferenceState::Requested => return Err(Unexplained::Requested),
		InferenceState::Answered { job, .. } => return Err(Unexplained::Answered { job }),
		InferenceState::Refunded(reason) => return Err(Unexplained::Refunded(reason)),
		InferenceState::Settled(receipt) => receipt,
	};
	let result = pallet_attribution::Results::<Runtime>::get(receipt.job);
	let (attempt, attesters, claim, attributed) = match result {
		Some(result) => {
			let shares = match result.ending {
				Ending::Attributed { shares } => shares.into_inner(),
				_ => Vec::new(),
			};
			(result.attempt, result.attesters.into_inner(), result.claim, shares)
		},
		None => Default::default(),
	};
	Ok(Explanation {
		inference,
		user: asked.user,
		model: asked.model,
		input: asked.input.into_inner(),
		output: receipt.output.into_inner(),
		fee: receipt.fee,
		at: receipt.at,
		shares: match receipt.basis {
			Basis::Attributed => attributed,
			Basis::HeldOut => {
				<ModelRegistry as ModelTerms<AccountId, Balance>>::held_out_shares(asked.model)
			},
		},
		basis: receipt.basis,
		job: receipt.job,
		attempt,
		attesters,
		claim,
		payments: pallet_inference_market::Payments::<Runtime>::get(inference).into_inner(),
		contributors: receipt.contributors,
		owners: receipt.owners,
		attesters_total: receipt.attesters,
		treasury: receipt.treasury,
	})
}
