//! The OpenLedger node: a validator, a full node or an archive of the chain, with the worker that
//! computes attributions for the chain's attesters.
//!
//! | module | subject |
//! | --- | --- |
//! | [`cli`], [`command`] | the command line and what its commands do |
//! | [`chain_spec`] | the chains this binary knows |
//! | [`client`] | the types of the node's client |
//! | [`service`] | wiring: client, pool, consensus, network, off-chain workers |
//! | [`rpc`] | JSON-RPC methods, among them the namespace `attribution` |
//! | [`worker`] | the attribution worker |

// The error types are the SDK's, and an error occurs at most once in a process's life.
#![allow(clippy::result_large_err)]
// A program has no readers of its documentation but those of its code.
#![allow(missing_docs)]

mod chain_spec;
mod cli;
mod client;
mod command;
mod rpc;
mod service;
pub mod worker;

pub use command::run;
