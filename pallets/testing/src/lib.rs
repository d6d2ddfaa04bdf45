//! What the pallets' tests share. A crate of its own and no feature of `pallets/support`: a feature
//! that tests alone switch on would have every pallet, the runtime and the node compiled twice.
//!
//! | module | subject |
//! | --- | --- |
//! | [`chain`] | a mock runtime as a chain: genesis, blocks, invariants, events |
//! | [`index`] | influence indices with all their leaves and proofs |
//! | [`money`] | endowments, and the check that no token appears or vanishes |
//! | [`weights`] | the recorder that proves how many reads and writes a weight has to pay for |
//!
//! ```
//! use openledger_pallet_testing::Index;
//! use openledger_primitives::{Leaf, Sketch};
//!
//! let leaf = |contribution, values: [i8; 2]| Leaf { contribution, sketch: Sketch::Int8(values.into()) };
//! let index = Index(vec![leaf(7, [3, 0]), leaf(9, [1, 5])]);
//! let attribution = index.attribution(Sketch::Int8(vec![10, 2]), 10);
//! assert!(attribution.check(&index.commitment(), 10).is_ok());
//! ```

pub mod chain;
pub mod index;
pub mod money;
pub mod weights;

pub use chain::{happened, run_to, Chain, MockRuntime};
pub use index::Index;
