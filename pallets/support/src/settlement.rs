//! The seam between the market, which holds the money, and attribution, which decides the shares.

use crate::{InferenceId, JobId, ModelId, Usage};
use alloc::vec::Vec;
use openledger_primitives::Share;
use polkadot_sdk::sp_runtime::{DispatchError, DispatchResult};

/// How an attribution job ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<AccountId> {
	/// The answer was confirmed and attributed.
	Attributed {
		/// Shares of the contributions, summing to [`openledger_primitives::PARTS`]; empty if no
		/// contribution had a positive score, and then the held-out shares apply.
		shares: Vec<Share>,
		/// The attesters whose claims made the result.
		attesters: Vec<AccountId>,
	},
	/// The attesters recomputed another answer than the host gave: the user is refunded.
	WrongAnswer,
	/// No claim held in any attempt: the held-out shares apply.
	Unattributed,
}

/// Opens attribution jobs. Implemented by the attribution pallet.
pub trait AttributionJobs {
	/// Opens a job for an answered inference.
	///
	/// # Errors
	/// If no further job can be opened in this block; then nothing has changed. The caller's answer is
	/// not taken and can be sent again in the next block.
	fn open(model: ModelId, inference: InferenceId) -> Result<JobId, DispatchError>;
}

/// Ends inferences. Implemented by the inference market.
pub trait Settlement<AccountId> {
	/// Settles an answered inference: O(entries) in the outcome's shares.
	///
	/// # Errors
	/// If the inference is not awaiting attribution.
	fn settle(inference: InferenceId, outcome: Outcome<AccountId>) -> DispatchResult;
}

/// One answered inference, as an attester sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnsweredInference {
	/// The input as sent.
	pub input: Vec<u8>,
	/// The answer as the host sent it.
	pub output: Vec<u8>,
	/// Tokens the host counted.
	pub usage: Usage,
}

/// Reads answered inferences. Implemented by the inference market.
pub trait Inferences {
	/// The question and answer of an inference that awaits attribution.
	fn question(inference: InferenceId) -> Option<AnsweredInference>;
}
