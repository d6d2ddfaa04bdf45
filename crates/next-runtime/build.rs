//! Builds the runtime for wasm once more, as its next version.

use polkadot_sdk::substrate_wasm_builder::WasmBuilder;
use std::{env, error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
	let runtime = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../runtime");
	WasmBuilder::new()
		.with_project(runtime.canonicalize()?.join("Cargo.toml"))?
		.import_memory()
		.export_heap_base()
		.enable_feature("upgrade-rehearsal")
		.set_file_name("next_runtime")
		.build();
	Ok(())
}
