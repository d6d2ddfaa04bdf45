//! The OpenLedger node.

fn main() -> polkadot_sdk::sc_cli::Result<()> {
	openledger_node::run()
}
