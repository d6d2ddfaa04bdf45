//! Puts a node together: client, pool, consensus, network, off-chain workers.

mod full;
mod partial;

pub use full::new_full;
pub use partial::{new_partial, revert_consensus, Partial};

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
/// The part of block import that takes care of finality.
pub type GrandpaImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
/// The whole of block import.
pub type BlockImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	GrandpaImport,
	sp_consensus_babe::inherents::BabeCreateInherentDataProviders<Block>,
	FullSelectChain,
>;
/// What the finality voter needs from block import.
pub type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>;

/// How many blocks apart those are whose GRANDPA justification is kept.
pub const JUSTIFICATION_PERIOD: u32 = 512;
