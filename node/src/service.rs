//! Wiring of a node.

mod full;
mod partial;

pub use full::new_full;
pub use partial::{new_partial, revert_consensus, Partial};

use openledger_runtime::{OpaqueBlock as Block, RuntimeApi};
use polkadot_sdk::*;

/// Executes the runtime. Only the standard host functions: any node, light client or tool that
/// knows Substrate can run this runtime.
pub type Executor = sc_executor::WasmExecutor<sp_io::SubstrateHostFunctions>;
/// The client: blocks, state, runtime calls.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type FullBackend = sc_service::TFullBackend<Block>;
/// The transaction pool.
pub type FullPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
/// The longest chain that contains the last finalised block.
pub type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
/// Import of blocks, finality's part.
pub type GrandpaImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
/// Import of blocks.
pub type BlockImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	GrandpaImport,
	sp_consensus_babe::inherents::BabeCreateInherentDataProviders<Block>,
	FullSelectChain,
>;
/// What the finality voter needs of block import.
pub type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>;

/// A GRANDPA justification is kept for every so many blocks.
pub const JUSTIFICATION_PERIOD: u32 = 512;
