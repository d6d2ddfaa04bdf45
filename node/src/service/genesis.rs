//! The first block, which the database must have from the same chain specification.

use crate::client::{Executor, FullBackend};
use openledger_runtime::OpaqueBlock as Block;
use polkadot_sdk::*;

use sc_chain_spec::{BuildGenesisBlock, GenesisBlockBuilder};
use sc_client_api::Backend;
use sc_service::{error::Error as ServiceError, Configuration};
use sp_blockchain::HeaderBackend;
use sp_runtime::traits::Block as _;
use std::sync::Arc;

/// What makes the first block, after a database that has one was compared with it. The state is built
/// once for both: that executes the runtime and takes seconds.
///
/// # Errors
/// If the specification has no first state, or the database began with another block.
pub fn checked(
	config: &Configuration,
	backend: &Arc<FullBackend>,
	executor: &Executor,
) -> Result<GenesisBlockBuilder<Block, FullBackend, Executor>, ServiceError> {
	let storage = config.chain_spec.as_storage_builder().build_storage();
	let storage = storage.map_err(sp_blockchain::Error::Storage)?;
	let builder = |storage| {
		let (backend, executor) = (backend.clone(), executor.clone());
		GenesisBlockBuilder::new_with_storage(storage, !config.no_genesis(), backend, executor)
	};
	if let Some(stored) = backend.blockchain().hash(0)? {
		let (block, _) = builder(storage.clone())?.build_genesis_block()?;
		if block.hash() != stored {
			return Err(ServiceError::Other(format!(
				"the chain in {} begins with block {stored:?}, the chain specification {} with block \
				 {:?}: they are different chains; give the specification that the folder was made with, \
				 or another folder with --base-path, or remove the old chain with `openledger-node \
				 purge-chain` and the same --chain and --base-path",
				config.base_path.path().display(),
				config.chain_spec.name(),
				block.hash(),
			)));
		}
	}
	Ok(builder(storage)?)
}
