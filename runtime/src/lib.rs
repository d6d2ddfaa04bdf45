//! The OpenLedger runtime: assembles the pallets and says how they fit together.
//!
//! | module | subject |
//! | --- | --- |
//! | `construct` | the list of pallets |
//! | [`configs`] | configuration of each pallet, one file per concern |
//! | [`constants`] | units of money and time, block limits |
//! | [`genesis`] | the presets `dev` and `local` |
//! | [`dry_run`] | the runtime API that tries the call of a proposal |
//! | [`explanation`] | the runtime API that explains a settled inference |
//! | [`apis`] | implementation of the runtime APIs |
//! | [`migrations`] | what this runtime changes in the state of an older one |
//!
//! ```
//! use openledger_runtime::{
//!     constants::currency::SUPPLY,
//!     genesis::{get_preset, DEV, ENDOWMENT},
//! };
//!
//! // The first state of a development chain, as the changes to the default one.
//! let patch = get_preset(&DEV.into()).ok_or("there is no such preset")?;
//! let patch: serde_json::Value = serde_json::from_slice(&patch)?;
//! assert!(patch["securityCouncil"]["parameters"].is_object());
//! assert!(ENDOWMENT < SUPPLY);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Durations and windows are storage parameters set by the genesis preset, so one runtime serves
//! development, test networks and production. There is no sudo: privileged calls need Root, which
//! no account has.
#![cfg_attr(not(feature = "std"), no_std)]
// The construction macros recurse over pallets and calls.
#![recursion_limit = "256"]

extern crate alloc;

/// The runtime as wasm, from the build script.
#[cfg(feature = "std")]
mod wasm {
	#![allow(missing_docs, dead_code)]
	include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

#[allow(missing_docs)]
pub mod apis;
#[allow(missing_docs)]
pub mod configs;
pub mod constants;
#[allow(missing_docs)]
mod construct;
pub mod dry_run;
pub mod explanation;
pub mod genesis;
pub mod migrations;
#[cfg(test)]
mod tests;
mod transaction;

pub use apis::{RuntimeApi, RUNTIME_API_VERSIONS};
pub use configs::{
	dynamic_params, MarketAccount, RuntimeParameters, SessionKeys, TreasuryAccount,
	BABE_GENESIS_EPOCH_CONFIG,
};
pub use construct::*;
pub use transaction::{TxExtension, UncheckedExtrinsic};
/// The runtime as compressed wasm; `None` if it was not built.
#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;

use polkadot_sdk::*;

use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	Cow, MultiAddress, MultiSignature,
};
use sp_version::{runtime_version, RuntimeVersion};

/// Signature of a transaction, of any scheme that `MultiSignature` knows.
pub type Signature = MultiSignature;
/// Account: the public key of a signature or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How calls and transactions name an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Amount of OPEN in its smallest unit, 10^-18.
pub type Balance = u128;
/// Number of transactions an account has sent.
pub type Nonce = u32;
/// Number of a block. There is a block every three seconds at most.
pub type BlockNumber = u32;
/// Hash of a block, of a transaction, of state.
pub type Hash = sp_core::H256;
/// Header of a block, with blake2-256 of the header as the block's hash.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block as the runtime executes it, with decoded transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// A block as the node handles it: transactions are bytes to it, and hexadecimal in its RPC.
pub type OpaqueBlock = generic::Block<Header, polkadot_sdk::sp_runtime::OpaqueExtrinsic>;

/// Executes blocks: migrations first, then hooks and transactions.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

/// The version of this runtime.
#[runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("openledger"),
	impl_name: Cow::Borrowed("openledger-node"),
	authoring_version: 1,
	spec_version: 2,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};
