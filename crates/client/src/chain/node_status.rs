//! What a node tells about its attribution worker.

use super::Chain;
use crate::error::{Error, Result};

/// What the attribution worker of a node does, by the method `attribution_status`.
#[derive(Clone, Debug)]
pub struct NodeStatus {
	/// Whether the worker runs.
	pub enabled: bool,
	/// Why it does not run.
	pub reason: Option<String>,
	/// The attesters' keys in the node's keystore, in hexadecimal digits after `0x`.
	pub keys: Vec<String>,
	/// How many jobs wait or are computed.
	pub queue: u64,
	/// The last failure in words.
	pub last_error: Option<String>,
	/// Whether the node left out reason, keys and failure, because this client is not on its machine.
	pub restricted: bool,
}

impl Chain {
	/// Asks the node what its attribution worker does.
	///
	/// # Errors
	/// [`Error::Unreadable`] if it has no such worker or no such method.
	pub async fn node_status(&self) -> Result<NodeStatus> {
		let answer = self.request("attribution_status", subxt::rpcs::client::rpc_params![]).await;
		let answer = answer.map_err(|error| {
			Error::Unreadable(format!("the node does not tell its attribution status: {error}"))
		})?;
		let text = |name: &str| answer[name].as_str().map(str::to_owned);
		let keys = answer["keys"].as_array().into_iter().flatten();
		Ok(NodeStatus {
			enabled: answer["enabled"] == true,
			reason: text("reason"),
			keys: keys.filter_map(|key| key.as_str().map(str::to_owned)).collect(),
			queue: answer["queue"].as_u64().unwrap_or_default(),
			last_error: text("lastError"),
			restricted: answer["restricted"] == true,
		})
	}
}
