//! Votes at past blocks, seen from outside the pallet that counts them.

use polkadot_sdk::sp_runtime::DispatchError;

/// Reads votes as they were at the end of a past block, so that nothing borrowed or wrapped since
/// counts.
pub trait PastVotes<AccountId, BlockNumber, Balance> {
	/// The votes delegated to `who`.
	///
	/// # Errors
	/// If `at` is not past.
	fn votes(who: &AccountId, at: BlockNumber) -> Result<Balance, DispatchError>;

	/// All votes delegated to anybody, less those delegated to the excluded account.
	///
	/// # Errors
	/// If `at` is not past.
	fn delegated(at: BlockNumber) -> Result<Balance, DispatchError>;
}
