//! The JSON documents that `--json` prints.
#![allow(missing_docs)]

pub mod account;
pub mod attester;
pub mod contribution;
pub mod datanet;
pub mod governance;
pub mod inference;
pub mod model;
#[cfg(test)]
pub(crate) mod recorded;
#[cfg(test)]
mod tests;
