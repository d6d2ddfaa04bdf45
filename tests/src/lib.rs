#![doc = include_str!("../README.md")]
// Nobody but this workspace's tests and its demo uses this library.
#![allow(missing_docs)]

pub mod amount;
pub mod chain;
pub mod client;
pub mod demo;
pub mod digits;
mod error;
pub mod guard;
pub mod ledger;
pub mod node;
pub mod programs;
pub mod scenario;
pub mod state;

pub use error::{Error, Result};
