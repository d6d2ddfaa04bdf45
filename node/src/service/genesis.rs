//! The first block, which the database must have from the same chain specification.

use crate::client::{Executor, FullBackend};
use openledger_runtime::OpaqueBlock as Block;
use polkadot_sdk::*;

use sc_chain_spec::{construct_genesis_block, GenesisBlockBuilder};
use sc_client_api::{Backend, BlockImportOperation};
use sc_service::{error::Error as ServiceError, Configuration};
use sp_blockchain::HeaderBackend;
use sp_core::storage::{StateVersion, Storage};
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
	if let Some(stored) = backend.blockchain().hash(0)? {
		check(config, backend, &storage, stored)?;
	}
	let (backend, executor) = (backend.clone(), executor.clone());
	Ok(GenesisBlockBuilder::new_with_storage(storage, !config.no_genesis(), backend, executor)?)
}

/// Which version of the state the first runtime has is told by executing it, which would compile it. There
/// are two, and a chain of either is the specification's.
fn check(
	config: &Configuration,
	backend: &FullBackend,
	storage: &Storage,
	stored: <Block as sp_runtime::traits::Block>::Hash,
) -> Result<(), ServiceError> {
	let first_block = |version| -> Result<_, ServiceError> {
		// The operation is dropped, and changes nothing.
		let mut operation = backend.begin_operation()?;
		let root = operation.set_genesis_state(storage.clone(), false, version)?;
		Ok(construct_genesis_block::<Block>(root, version).hash())
	};
	let expected = first_block(StateVersion::V1)?;
	if expected == stored || first_block(StateVersion::V0)? == stored {
		return Ok(());
	}
	Err(ServiceError::Other(format!(
		"the chain in {} begins with block {stored:?}, the chain specification {} with block {expected:?}: they \
		 are different chains; give the specification that the folder was made with, or another folder with \
		 --base-path, or remove the old chain with `openledger-node purge-chain` and the same --chain and \
		 --base-path",
		config.base_path.path().display(),
		config.chain_spec.name(),
	)))
}
