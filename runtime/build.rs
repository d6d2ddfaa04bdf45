//! Builds the runtime for wasm next to the native library.

fn main() {
	#[cfg(feature = "std")]
	polkadot_sdk::substrate_wasm_builder::WasmBuilder::build_using_defaults();
	// For the build script of `crates/next-runtime`, which runs after this one.
	println!("cargo::metadata=manifest={}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
}
