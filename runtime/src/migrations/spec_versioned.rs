//! Migrations that go by the runtime's version.

use crate::Runtime;
use core::marker::PhantomData;
use polkadot_sdk::*;

use frame_support::{
	traits::{OnRuntimeUpgrade, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
#[cfg(feature = "try-runtime")]
use {
	alloc::vec::Vec,
	codec::{DecodeAll, Encode},
	sp_runtime::TryRuntimeError,
};

/// Runs `Inner` if the last runtime of the chain had a `spec_version` lower than `TO`, that of the runtime
/// that brings it.
///
/// Before and after follow the same rule: [`OnRuntimeUpgrade::pre_upgrade`] tells
/// [`OnRuntimeUpgrade::post_upgrade`] whether `Inner` ran.
pub struct SpecVersioned<const TO: u32, Inner>(PhantomData<Inner>);

impl<const TO: u32, Inner> SpecVersioned<TO, Inner> {
	fn is_due() -> bool {
		// The executive notes the new version when all migrations are done.
		let last = frame_system::LastRuntimeUpgrade::<Runtime>::get();
		last.is_none_or(|last| last.spec_version.0 < TO)
	}
}

impl<const TO: u32, Inner: UncheckedOnRuntimeUpgrade> OnRuntimeUpgrade
	for SpecVersioned<TO, Inner>
{
	fn on_runtime_upgrade() -> Weight {
		let check = <Runtime as frame_system::Config>::DbWeight::get().reads(1);
		if Self::is_due() {
			check.saturating_add(Inner::on_runtime_upgrade())
		} else {
			check
		}
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		let inner = Self::is_due().then(Inner::pre_upgrade).transpose()?;
		Ok(inner.encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		let inner = Option::<Vec<u8>>::decode_all(&mut &state[..])
			.map_err(|_| "what was noted before the migration cannot be read")?;
		inner.map_or(Ok(()), Inner::post_upgrade)
	}
}
