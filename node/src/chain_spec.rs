//! The chains this binary knows by name, built from the runtime's genesis presets.

use openledger_primitives::SS58_PREFIX;
use openledger_runtime::{
	constants::currency::DECIMALS,
	genesis::{DEV, LOCAL},
	OpaqueBlock as Block, WASM_BINARY,
};
use polkadot_sdk::*;

use sc_chain_spec::{ChainSpecExtension, ChainType, Properties};
use serde::{Deserialize, Serialize};

/// What a specification may carry besides the genesis state.
#[derive(Default, Clone, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// Blocks whose hash is known in advance.
	pub fork_blocks: sc_client_api::ForkBlocks<Block>,
	/// Blocks that are never imported.
	pub bad_blocks: sc_client_api::BadBlocks<Block>,
	/// A finalised block from which light clients start.
	pub light_sync_state: sc_sync_state_rpc::LightSyncStateExtension,
}

/// A chain specification.
pub type ChainSpec = sc_service::GenericChainSpec<Extensions>;

/// Finds the specification of the chain `id`, which is a name (`dev`, `local`) or the path of a
/// JSON file. No chain is the default: whoever forgot to name one would run a node of a chain whose
/// keys everybody knows.
///
/// # Errors
/// If no chain is named, the binary carries no wasm runtime, or the file is not a specification.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	match id {
		"dev" => named(DEV, "OpenLedger Development", "openledger_dev", ChainType::Development),
		"local" => named(LOCAL, "OpenLedger Local Testnet", "openledger_local", ChainType::Local),
		"" => Err("say which chain: --chain FILE with the specification that the network hands out, \
		           --dev for a development chain of one node, or --chain local for a test network on \
		           this machine, whose keys everybody knows"
			.into()),
		path => ChainSpec::from_json_file(path.into()).map_err(|error| {
			format!("`{path}` is neither a chain of this binary (dev, local) nor a chain specification: {error}")
		}),
	}
}

fn named(preset: &str, name: &str, id: &str, chain_type: ChainType) -> Result<ChainSpec, String> {
	let code = WASM_BINARY.ok_or(
		"this binary was built without the wasm runtime, so it knows no chain by name: build it \
		 without SKIP_WASM_BUILD, or give a chain specification with --chain FILE",
	)?;
	Ok(ChainSpec::builder(code, Extensions::default())
		.with_name(name)
		.with_id(id)
		.with_chain_type(chain_type)
		.with_protocol_id("openledger")
		.with_properties(properties())
		.with_genesis_config_preset_name(preset)
		.build())
}

fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "OPEN".into());
	properties.insert("tokenDecimals".into(), DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_PREFIX.into());
	properties
}
