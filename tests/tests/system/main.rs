//! The whole system, as its users meet it: real nodes, the real client, real time.
//!
//! | module | subject |
//! | --- | --- |
//! | `accounts` | accounts at the edge of what the chain keeps |
//! | `client_examples` | the example programs of the client library |
//! | `crash` | a node killed at work |
//! | `demo` | `scripts/demo`: ten contributors are paid for fifty answers |
//! | `doctor` | why something does not happen |
//! | `engine` | a job that takes longer than it may |
//! | `faults` | bad input and broken promises |
//! | `governance` | votes, proposals, the security council and its election |
//! | `language_model` | a language model |
//! | `local` | four validators, one of whom is killed |
//! | `polkadot_js` | the chain from Node.js |
//! | `start` | what a node refuses to start with |
//! | `text` | a classifier of texts |
//! | `upgrade` | the runtime replaces itself by vote |
//!
//! `accounts`, `client_examples`, `doctor`, `faults` and `polkadot_js` share one node, whose accounts each
//! test has for itself.

mod accounts;
mod client_examples;
mod crash;
mod demo;
mod doctor;
mod engine;
mod faults;
mod governance;
mod language_model;
mod local;
mod model;
mod polkadot_js;
mod shared;
mod start;
mod text;
mod upgrade;
