//! What a client asks about proposals.

use codec::Codec;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// Proposals and how far they are.
	pub trait GovernanceApi<Proposal>
	where
		Proposal: Codec,
	{
		/// A proposal by the number of its referendum; `None` if there was none.
		fn proposal(index: u32) -> Option<Proposal>;
	}
}
