//! Configuration of the pallets, by concern.

mod consensus;
pub mod fees;
mod governance;
mod money;
pub mod origins;
mod ours;
mod session;
mod system;

pub use consensus::BABE_GENESIS_EPOCH_CONFIG;
pub use governance::{origin_of, CouncilInstance, MaxScheduledWeight, COUNCIL_MAJORITY};
pub use money::{dynamic_params, RuntimeParameters, TreasuryAccount};
pub use ours::MarketAccount;
pub use session::{SessionKeyOwners, SessionKeys};
pub use system::{BlockLength, BlockWeights};
