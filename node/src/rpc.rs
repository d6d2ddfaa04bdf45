//! JSON-RPC methods beyond those every Substrate node has.
//!
//! | namespace | subject |
//! | --- | --- |
//! | `system`, `payment` | nonces, dry runs and fees |
//! | `babe`, `grandpa`, `sync_state` | consensus |
//! | `attribution` | the attribution worker and settled inferences, see [`attribution`] |

pub mod attribution;

use crate::{
	service::{FullBackend, FullClient, FullPool, FullSelectChain},
	worker::SharedStatus,
};
use attribution::{Attribution, AttributionApiServer};
use jsonrpsee::RpcModule;
use openledger_runtime::{BlockNumber, Hash, OpaqueBlock as Block};
use polkadot_sdk::*;

use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sc_sync_state_rpc::{SyncState, SyncStateApiServer};
use sp_keystore::KeystorePtr;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What the methods of GRANDPA need.
pub struct GrandpaDependencies {
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	pub voter_state: SharedVoterState,
	pub justifications: GrandpaJustificationStream<Block>,
	pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
	/// Runs the tasks of subscriptions.
	pub executor: SubscriptionTaskExecutor,
}

/// What all methods together need.
pub struct Dependencies {
	pub client: Arc<FullClient>,
	pub pool: Arc<FullPool>,
	pub select_chain: FullSelectChain,
	pub chain_spec: Box<dyn sc_chain_spec::ChainSpec>,
	pub keystore: KeystorePtr,
	/// Answers questions about epochs.
	pub babe: BabeWorkerHandle<Block>,
	pub grandpa: GrandpaDependencies,
	/// What the attribution worker tells about itself.
	pub worker: SharedStatus,
}

/// Builds the methods of all namespaces.
///
/// # Errors
/// If two methods have the same name.
pub fn create_full(
	dependencies: Dependencies,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let Dependencies { client, pool, select_chain, chain_spec, keystore, babe, grandpa, worker } =
		dependencies;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(Babe::new(client.clone(), babe.clone(), keystore, select_chain).into_rpc())?;
	module.merge(
		SyncState::new(chain_spec, client.clone(), grandpa.authority_set.clone(), babe)?.into_rpc(),
	)?;
	module.merge(
		Grandpa::new(
			grandpa.executor,
			grandpa.authority_set,
			grandpa.voter_state,
			grandpa.justifications,
			grandpa.proofs,
		)
		.into_rpc(),
	)?;
	module.merge(Attribution::new(client, worker).into_rpc())?;
	Ok(module)
}
