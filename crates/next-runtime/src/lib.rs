//! The runtime as its next version: the same code with the feature `upgrade-rehearsal`, which raises
//! the `spec_version` by one and adds a storage migration. Tests have a running chain upgrade to it.
#![deny(missing_docs)]

mod wasm {
	#![allow(missing_docs, dead_code)]
	include!(concat!(env!("OUT_DIR"), "/next_runtime"));
}

/// The next runtime as compressed wasm; `None` if `SKIP_WASM_BUILD` was set when it was to be built.
pub const WASM_BINARY: Option<&[u8]> = wasm::WASM_BINARY;
