//! The OpenLedger node.

// The error is the SDK's, and occurs at most once in a process's life.
#[allow(clippy::result_large_err)]
fn main() -> polkadot_sdk::sc_cli::Result<()> {
	openledger_node::run()
}
