//! What clients ask about elections, so that no rule has to be written a second time.

use crate::Balance;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// The running election.
	pub trait SecurityCouncilApi {
		/// The votes that make a contender of the running election a nominee, in the smallest unit; `None`
		/// without an election, and until the block after which nomination begins is past.
		fn nomination_quota() -> Option<Balance>;

		/// The votes that must be spent in the running election, in the smallest unit, or the cohort stays as it
		/// is; `None` without an election, and until the block after which voting begins is past.
		fn voting_quorum() -> Option<Balance>;
	}
}
