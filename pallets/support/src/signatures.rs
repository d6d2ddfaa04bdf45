//! Signatures that come with a call instead of under it.

use alloc::vec::Vec;
use polkadot_sdk::sp_runtime::traits::{IdentifyAccount, Verify};

/// Signatures of keys that are accounts.
pub trait SignedBy<AccountId>: Verify<Signer: IdentifyAccount<AccountId = AccountId>> {
	/// Whether this is the signature of `signer` under `message`, as it is or in the tags that wallets put
	/// around what they sign, so that it cannot be a transaction.
	fn is_genuine(&self, message: &[u8], signer: &AccountId) -> bool {
		let tagged: Vec<u8> = [b"<Bytes>", message, b"</Bytes>"].concat();
		self.verify(message, signer) || self.verify(&tagged[..], signer)
	}
}

impl<S, AccountId> SignedBy<AccountId> for S where
	S: Verify<Signer: IdentifyAccount<AccountId = AccountId>>
{
}
