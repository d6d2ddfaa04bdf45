//! The keys with which a node signs for an account: blocks, votes on finality, attributions.

use super::{call, Call, Chain, EncodedArgument, Snapshot};
use crate::{
	error::{Error, Result},
	format::hex,
	keys::AccountId,
};

/// Session keys that a node made for an account, with the proof that it has their secrets.
pub struct SessionKeys {
	keys: Vec<u8>,
	proof: Vec<u8>,
}

impl SessionKeys {
	/// Has the connected node make new session keys for an account and keep them in its keystore.
	///
	/// # Errors
	/// [`Error::NoSessionKeys`] if the node does not, as those do not that are reached from outside.
	pub async fn make(chain: &Chain, owner: &AccountId) -> Result<Self> {
		let parameters = subxt::rpcs::client::rpc_params![hex(owner.0)];
		let made = chain.request("author_rotateKeysWithOwner", parameters).await;
		let made = made.map_err(|error| Error::NoSessionKeys(error.to_string()))?;
		let field = |name: &str| {
			let digits = made[name].as_str().and_then(|text| text.strip_prefix("0x"));
			let bytes = digits.and_then(|digits| hex::decode(digits).ok());
			bytes.ok_or_else(|| Error::NoSessionKeys(format!("its answer has no '{name}'")))
		};
		Ok(Self { keys: field("keys")?, proof: field("proof")? })
	}

	/// The call with which their owner makes them its own.
	pub fn set(self) -> Call {
		call("Session", "set_keys", (EncodedArgument(self.keys), self.proof))
	}
}

impl Snapshot {
	/// The key with which attributions of an account are signed, as `0x` and hexadecimal digits; none if the
	/// account has no session keys.
	///
	/// # Errors
	/// See [`Snapshot`].
	pub async fn attribution_key(&self, account: &AccountId) -> Result<Option<String>> {
		let keys = self.raw("Session", "NextKeys", (*account,)).await?;
		// It is the last of them, and 32 bytes long.
		Ok(keys.map(|keys| hex(keys.get(keys.len().saturating_sub(32)..).unwrap_or_default())))
	}
}
