//! The events the client waits for: of each only the fields it uses, matched by name.

use super::{council::Phases, Hash};
use crate::keys::AccountId;
use scale_decode::DecodeAsType;

/// `Datanets.Created`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Created {
	pub datanet: u32,
}

/// `Datanets.VersionPublished`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct VersionPublished {
	pub version: u32,
	pub contributions: u32,
	pub rows: u64,
	pub manifest: Hash,
}

/// `Datanets.Contributed`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Contributed {
	pub contribution: u64,
}

/// `ModelRegistry.Registered`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Registered {
	pub model: u32,
}

/// `InferenceMarket.Requested`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Requested {
	pub inference: u64,
}

/// `InferenceMarket.RewardsClaimed`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct RewardsClaimed {
	pub amount: u128,
}

/// `TransactionPayment.TransactionFeePaid`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct TransactionFeePaid {
	pub actual_fee: u128,
}

/// `Referenda.Submitted`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Submitted {
	pub index: u32,
}

/// `TechnicalCommittee.Proposed`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct MotionProposed {
	pub proposal_index: u32,
	pub proposal_hash: Hash,
}

/// `TechnicalCommittee.Voted`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct MotionVoted {
	pub yes: u32,
	pub no: u32,
}

/// `SecurityCouncil.ElectionStarted`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionStarted {
	pub election: u32,
	pub phases: Phases,
}

/// `SecurityCouncil.Nominated`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Nominated {
	pub votes: u128,
}

/// `SecurityCouncil.Voted`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionVoted {
	pub weight: u128,
}

/// `SecurityCouncil.ElectionFinished`.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionFinished {
	pub members: Vec<AccountId>,
}
