//! The types of a node's client, which every other part of it takes.

use openledger_runtime::{OpaqueBlock as Block, RuntimeApi};
use polkadot_sdk::*;

/// Executes the runtime with the standard host functions alone, so any node, light client or tool
/// that knows Substrate can run this runtime.
pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client, which has the blocks and their states and calls the runtime.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database of blocks and states.
pub type FullBackend = sc_service::TFullBackend<Block>;
pub type FullPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
/// Chooses the longest chain that contains the last finalised block.
pub type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
