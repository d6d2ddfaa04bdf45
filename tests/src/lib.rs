#![doc = include_str!("../README.md")]

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
