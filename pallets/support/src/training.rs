//! What a model was trained on, seen from outside the datanets pallet.

use crate::{DatanetId, VersionNumber};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use openledger_primitives::ContributionId;
use polkadot_sdk::sp_core::H256;
use scale_info::TypeInfo;

/// One published version of one datanet.
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
	PartialOrd,
	Ord,
	Debug,
)]
pub struct TrainingSource {
	/// The number of the datanet.
	pub datanet: DatanetId,
	/// The number of the version within that datanet.
	pub version: VersionNumber,
}

/// Reads published versions.
pub trait TrainingData {
	/// Number of accepted contributions in a published version; `None` if it does not exist.
	fn contribution_count(source: TrainingSource) -> Option<u32>;

	/// Commitment to the ordered list of contributions of a published version: the hash chain
	/// `m_0 = 0`, `m_(i+1) = blake2_256(m_i ++ SCALE(contribution id))` over its prefix.
	fn manifest(source: TrainingSource) -> Option<H256>;

	/// Position of an accepted contribution within its datanet, with that datanet.
	///
	/// A version is a prefix, so the contribution belongs to every version whose count exceeds
	/// the position.
	fn position(contribution: ContributionId) -> Option<(DatanetId, u32)>;
}

/// Reads who is paid for a contribution.
pub trait ContributionOwners<AccountId> {
	/// The contributor; `None` for a contribution that is unknown or was never accepted.
	fn contributor(contribution: ContributionId) -> Option<AccountId>;
}
