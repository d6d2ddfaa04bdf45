//! What clients ask about elections, so that no rule has to be written a second time.

use crate::Balance;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// The running election.
	pub trait SecurityCouncilApi {
		/// The votes that make a contender of the running election a nominee, in the smallest unit; `None`
		/// without an election, and until the block after which nomination begins is past.
		fn nomination_quota() -> Option<Balance>;
	}
}
