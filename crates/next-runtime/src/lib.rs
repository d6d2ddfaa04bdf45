//! The runtime as its next version, to rehearse an upgrade: tests have a running chain upgrade to it.
//!
//! It is the runtime as it is, with a `spec_version` one higher and one migration more,
//! [`halve_deposits`]. With the feature `wasm` the build script makes both changes in a copy of the runtime's
//! sources, as a developer would in the sources themselves, and builds `WASM_BINARY` of it. The runtime knows
//! nothing of this.
//!
//! | module | subject |
//! | --- | --- |
//! | [`halve_deposits`] | the migration, which halves the deposits for datanets |
//!
//! ```
//! use openledger_next_runtime::halve_deposits::Halve;
//! use openledger_runtime::Runtime;
//! use pallet_datanets::Parameters;
//! use polkadot_sdk::{frame_support::traits::UncheckedOnRuntimeUpgrade, sp_io::TestExternalities};
//!
//! TestExternalities::default().execute_with(|| {
//!     Parameters::<Runtime>::mutate(|parameters| parameters.creation_deposit = 10);
//!     Halve::on_runtime_upgrade();
//!     assert_eq!(Parameters::<Runtime>::get().creation_deposit, 5);
//! });
//! ```

extern crate alloc;

// What the migration finds at the root of the crate that it is in: there of the runtime, here of this one.
use openledger_runtime::{migrations, AccountId, Balance, Balances, Runtime, RuntimeHoldReason};

pub mod halve_deposits;

#[cfg(feature = "wasm")]
mod wasm {
	#![allow(missing_docs, dead_code)]
	include!(concat!(env!("OUT_DIR"), "/next_runtime"));
}

/// The next runtime as compressed wasm; `None` if `SKIP_WASM_BUILD` was set when it was to be built.
#[cfg(feature = "wasm")]
pub const WASM_BINARY: Option<&[u8]> = wasm::WASM_BINARY;
