//! What clients ask about votes and proposals, so that no rule has to be written a second time.

use crate::{types::Balance, Kind, Obstacle};
use codec::Codec;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// Votes at past blocks, proposals and how far they are.
	pub trait GovernanceApi<AccountId, BlockNumber, Proposal>
	where
		AccountId: Codec,
		BlockNumber: Codec,
		Proposal: Codec,
	{
		/// A proposal by the number of its referendum; `None` if there was none.
		fn proposal(index: u32) -> Option<Proposal>;

		/// Why `who` cannot propose in the block after the one whose state is asked; `None` if it can.
		fn obstacle(who: AccountId) -> Option<Obstacle>;

		/// The votes of `who` that count where the snapshot is block `at`, in the smallest unit: the least that
		/// was delegated to it at the end of any block of the holding window in force at `at`. `None` if `at` is
		/// after the block whose state is asked.
		fn votes(who: AccountId, at: BlockNumber) -> Option<Balance>;

		/// The votes For and Abstain that a proposal of this kind takes if its snapshot is block `at`, in the
		/// smallest unit; `None` if `at` is after the block whose state is asked.
		fn quorum(kind: Kind, at: BlockNumber) -> Option<Balance>;
	}
}
