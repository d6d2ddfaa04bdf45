//! What the pallets' tests share. Only tests switch the feature `testing` on.
//!
//! | module | subject |
//! | --- | --- |
//! | [`chain`] | a mock runtime as a chain: genesis, blocks, invariants, events |
//! | [`index`] | influence indices with all their leaves and proofs |
//! | [`money`] | endowments, and the check that no token appears or vanishes |
//! | [`weights`] | the recorder that proves how many reads and writes a weight has to pay for |

pub mod chain;
pub mod index;
pub mod money;
pub mod weights;

pub use chain::{happened, run_to, Chain, MockRuntime};
pub use index::Index;
