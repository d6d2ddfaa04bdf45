//! Builds the runtime for wasm once more, as its next version.

use polkadot_sdk::substrate_wasm_builder::WasmBuilder;
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
	let manifest = env::var("DEP_OPENLEDGER_RUNTIME_MANIFEST")
		.map_err(|e| format!("the runtime's build script says where the runtime is: {e}"))?;
	WasmBuilder::new()
		.with_project(manifest)?
		.import_memory()
		.export_heap_base()
		.enable_feature("upgrade-rehearsal")
		.set_file_name("next_runtime")
		.build();
	Ok(())
}
