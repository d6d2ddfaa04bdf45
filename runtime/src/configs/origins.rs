//! The origins with which proposals that are not constitutional are dispatched.

use crate::{OriginCaller, RuntimeOrigin};
use polkadot_sdk::*;

use frame_support::traits::{EnsureOrigin, OriginTrait};

pub use pallet_origins::*;

/// A pallet of origins alone.
#[polkadot_sdk::frame_support::pallet]
pub mod pallet_origins {
	use polkadot_sdk::frame_support::pallet_prelude::*;

	/// Origins of proposals.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {}

	/// Who dispatches what a vote decided.
	#[derive(
		Encode,
		Decode,
		DecodeWithMemTracking,
		MaxEncodedLen,
		TypeInfo,
		Clone,
		Copy,
		PartialEq,
		Eq,
		Debug,
	)]
	#[pallet::origin]
	pub enum Origin {
		/// Spends little from the treasury and sets parameters that are not constitutional.
		Treasury,
		/// Removes a member of the security council.
		CouncilRemoval,
		/// Spends more from the treasury.
		MediumSpender,
		/// Spends most from the treasury.
		BigSpender,
	}
}

/// Lets [`Origin::Treasury`] pass and no other origin, not even Root.
pub struct EnsureTreasury;

/// Lets [`Origin::CouncilRemoval`] pass and no other origin, not even Root.
pub struct EnsureCouncilRemoval;

fn ensure(origin: RuntimeOrigin, wanted: Origin) -> Result<(), RuntimeOrigin> {
	match origin.caller() {
		OriginCaller::Origins(found) if *found == wanted => Ok(()),
		_ => Err(origin),
	}
}

impl EnsureOrigin<RuntimeOrigin> for EnsureTreasury {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
		ensure(origin, Origin::Treasury)
	}
}

impl EnsureOrigin<RuntimeOrigin> for EnsureCouncilRemoval {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
		ensure(origin, Origin::CouncilRemoval)
	}
}
