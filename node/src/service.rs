//! Puts a node together: client, pool, consensus, network, off-chain workers.

mod full;
mod genesis;
mod partial;

pub use full::new_full;
pub use partial::{new_partial, revert_consensus, Partial};

use crate::client::{FullBackend, FullClient, FullSelectChain};
use openledger_runtime::OpaqueBlock as Block;
use polkadot_sdk::*;

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
