//! What a program needs to use an OpenLedger chain: it connects to a node, reads the chain with types,
//! signs and sends transactions, votes, and verifies what was paid for an answer.
//!
//! | module | subject |
//! | --- | --- |
//! | [`chain`] | the connection, typed storage of one block, transactions and their events |
//! | [`verification`] | who was paid for an answer, and whether that is right |
//! | [`governance`] | votes, delegations by signature, elections, how far a proposal is |
//! | [`calls`] | calls of the runtime and their JSON, in both directions |
//! | [`keys`] | keys that sign, and accounts |
//! | [`amount`] | amounts of OPEN, exact |
//! | [`limits`] | what is too long for the chain |
//! | [`runs`] | the files of a training run |
//! | [`clock`] | blocks as times |
//! | [`format`](mod@format) | bytes, amounts and the texts of others in words |
//!
//! Nothing here prints, asks or exits: what goes wrong is an [`Error`], and what takes time is awaited on
//! a [`tokio`] runtime.
//!
//! # Example
//!
//! Reads what an account can claim, and claims it.
//!
//! ```no_run
//! use openledger_client::{
//!     chain::{call, events::RewardsClaimed, submit_one, Chain},
//!     format::open,
//!     keys::Key,
//! };
//! use std::time::Duration;
//!
//! # async fn claim() -> openledger_client::Result<()> {
//! let chain = Chain::connect("ws://127.0.0.1:9944", Duration::from_secs(20)).await?;
//! let key = Key::read("//Alice")?;
//!
//! let rewards = chain.best().await?.rewards(&key.account).await?;
//! println!("{} can claim {}", key.account, open(rewards));
//!
//! // Waits until a block holds the transaction, not until that block is final.
//! let claim = call("InferenceMarket", "claim_rewards", ());
//! let sent = submit_one(&chain, &key, claim, false).await?;
//! let claimed: RewardsClaimed = sent.event("InferenceMarket", "RewardsClaimed")?;
//! println!("block {}: {} for a fee of {}", sent.block, open(claimed.amount), open(sent.fee));
//! # Ok(())
//! # }
//! ```
//!
//! The programs in `examples/` are complete: they contribute rows, verify a payment, and vote.

pub mod amount;
pub mod calls;
pub mod chain;
pub mod clock;
mod error;
pub mod format;
pub mod governance;
pub mod keys;
pub mod limits;
pub mod runs;
pub mod verification;

pub use error::{Error, Refusal, Result};
