//! Tests by topic. Each ends with the invariants of `try_state`.

mod activate;
mod parameters;
mod register;
mod sequences;
mod terms;
mod weights;

use crate::{mock::*, NextModelId, Registration};
use frame_support::assert_ok;
use openledger_pallet_support::ModelId;
use polkadot_sdk::*;

/// Registers [`Trained::sample`] for `who`, with changes.
fn register(who: u64, change: impl FnOnce(&mut Registration<Test>)) -> ModelId {
	let mut registration = Trained::sample().registration();
	change(&mut registration);
	let model = NextModelId::<Test>::get();
	assert_ok!(ModelRegistry::register(signed(who), Box::new(registration)));
	model
}

/// The same, and activates it.
fn active(who: u64, change: impl FnOnce(&mut Registration<Test>)) -> ModelId {
	let model = register(who, change);
	let held_out = Trained::sample().held_out(MAX_ENTRIES);
	assert_ok!(ModelRegistry::activate(signed(who), model, held_out));
	model
}
