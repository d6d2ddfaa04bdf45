//! The events the client waits for: of each only the fields it uses, matched by name.

use super::{council::Phases, Hash};
use crate::keys::AccountId;
use scale_decode::DecodeAsType;

/// What `Datanets.Created` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Created {
	pub datanet: u32,
}

/// What `Datanets.VersionPublished` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct VersionPublished {
	pub version: u32,
	pub contributions: u32,
	pub rows: u64,
	pub manifest: Hash,
}

/// What `Datanets.Contributed` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Contributed {
	pub contribution: u64,
}

/// What `ModelRegistry.Registered` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Registered {
	pub model: u32,
}

/// What `InferenceMarket.Requested` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Requested {
	pub inference: u64,
}

/// What `InferenceMarket.RewardsClaimed` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct RewardsClaimed {
	pub amount: u128,
}

/// What `Balances.Transfer` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct BalanceTransfer {
	pub amount: u128,
}

/// What `TransactionPayment.TransactionFeePaid` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct TransactionFeePaid {
	pub actual_fee: u128,
}

/// What `Referenda.Submitted` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Submitted {
	pub index: u32,
}

/// What `TechnicalCommittee.Proposed` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct MotionProposed {
	pub proposal_index: u32,
	pub proposal_hash: Hash,
}

/// What `TechnicalCommittee.Voted` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct MotionVoted {
	pub yes: u32,
	pub no: u32,
}

/// What `SecurityCouncil.ElectionStarted` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionStarted {
	pub election: u32,
	pub phases: Phases,
}

/// What `SecurityCouncil.Nominated` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct Nominated {
	pub votes: u128,
}

/// What `SecurityCouncil.Voted` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionVoted {
	pub weight: u128,
}

/// What `SecurityCouncil.ElectionFinished` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct ElectionFinished {
	pub members: Vec<AccountId>,
	/// How many of these were elected.
	pub elected: u32,
}

/// What `SecurityCouncil.QuorumMissed` tells.
#[derive(DecodeAsType, Debug)]
#[allow(missing_docs)]
pub struct QuorumMissed {
	pub votes: u128,
	pub quorum: u128,
}
