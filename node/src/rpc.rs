//! JSON-RPC methods beyond those every Substrate node has.
//!
//! | namespace | subject |
//! | --- | --- |
//! | `system`, `payment` | nonces, dry runs, fees |
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

/// What the GRANDPA methods need.
pub struct GrandpaDependencies {
	/// The voters.
	pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
	/// The state of the round.
	pub voter_state: SharedVoterState,
	/// Justifications as they come.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proofs of finality.
	pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
	/// Runs subscriptions.
	pub executor: SubscriptionTaskExecutor,
}

/// What the methods need.
pub struct Dependencies {
	/// The client.
	pub client: Arc<FullClient>,
	/// The transaction pool.
	pub pool: Arc<FullPool>,
	/// Chain selection.
	pub select_chain: FullSelectChain,
	/// The chain specification.
	pub chain_spec: Box<dyn sc_chain_spec::ChainSpec>,
	/// The keystore.
	pub keystore: KeystorePtr,
	/// Answers about epochs.
	pub babe: BabeWorkerHandle<Block>,
	/// For GRANDPA.
	pub grandpa: GrandpaDependencies,
	/// What the attribution worker is doing.
	pub worker: SharedStatus,
}

/// Builds all methods.
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
