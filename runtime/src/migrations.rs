//! Migrations: how a runtime changes the state that an older one left behind, in the first block that it
//! makes.
//!
//! | migration | runs on a chain | effect |
//! | --- | --- | --- |
//! | [`SetUpGovernance`] | whose last runtime was older than `spec_version` 2 | parameters for the pallets of governance |
//!
//! Each runs once. What changes a pallet's own storage goes from one storage version of that pallet to the next
//! (`frame_support::migrations::VersionedMigration`). What comes with new pallets goes by the runtime's version
//! ([`SpecVersioned`]): a pallet that is new to a chain gets its storage version before any migration runs, so
//! that version cannot say whether one is due.
//!
//! Each has checks before and after it, which `try-runtime` runs on a copy of a live chain's state.

pub mod governance;
mod spec_versioned;

pub use governance::SetUpGovernance;
pub use spec_versioned::SpecVersioned;

/// All migrations, oldest first. One may go when no chain is left that it has not run on.
pub type Migrations = (SpecVersioned<2, SetUpGovernance>,);
