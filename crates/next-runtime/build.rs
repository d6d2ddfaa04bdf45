//! Builds the runtime for wasm once more, as its next version.

use polkadot_sdk::substrate_wasm_builder::WasmBuilder;

fn main() {
	let manifest = std::env::var("DEP_OPENLEDGER_RUNTIME_MANIFEST")
		.expect("the runtime's build script says where the runtime is");
	WasmBuilder::new()
		.with_project(manifest)
		.expect("the runtime's manifest is a Cargo.toml")
		.import_memory()
		.export_heap_base()
		.enable_feature("upgrade-rehearsal")
		.set_file_name("next_runtime")
		.build();
}
