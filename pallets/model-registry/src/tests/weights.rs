//! Weights pay for what calls read and write, at worst.

use super::{active, register};
use crate::{mock::*, Call};
use openledger_pallet_support::Pricing;
use openledger_pallet_testing::weights::{Accesses, Weighed};
use openledger_primitives::Sketch;

fn weighed(origin: RuntimeOrigin, prepare: impl FnOnce() -> Call<Test>) -> Weighed {
	Weighed::call(chain(), origin, || prepare().into())
}

/// Trained on as many versions as a model can be.
fn broad() -> Trained {
	let sources = [(1, 0), (0, 1), (2, 0)];
	Trained::new(&sources, Sketch::Int16(vec![2, 1]), |i| vec![i as i8 + 1, 3])
}

#[test]
fn register_should_be_covered_when_sources_and_ancestors_are_most() {
	let prepare = || {
		let grandparent = active(OTHER, |_| {});
		let parent = active(OTHER, |registration| registration.parent = Some(grandparent));
		let mut registration = broad().registration();
		registration.parent = Some(parent);
		Call::register { registration: Box::new(registration) }
	};
	weighed(signed(OWNER), prepare).covers_exactly();
}

#[test]
fn activate_should_be_covered_when_sources_and_entries_are_most() {
	let prepare = || {
		let model = register(OWNER, |registration| *registration = broad().registration());
		Call::activate { model, held_out: broad().held_out(MAX_ENTRIES) }
	};
	// Each source is read twice: its number of contributions, and its manifest.
	weighed(signed(OWNER), prepare).covers(Accesses { reads: 3, writes: 0 });
}

#[test]
fn owners_later_calls_should_be_covered() {
	let pricing = Pricing::PerCall(1);
	let calls = [
		Call::update_price { model: 0, pricing },
		Call::set_host { model: 0, host: OTHER },
		Call::retire { model: 0 },
	];
	for call in calls {
		let prepare = || {
			active(OWNER, |_| {});
			call
		};
		weighed(signed(OWNER), prepare).covers_exactly();
	}
}

#[test]
fn set_parameters_should_be_covered() {
	let parameters = crate::types::Parameters { registration_fee: 1 };
	weighed(RuntimeOrigin::root(), || Call::set_parameters { parameters }).covers_exactly();
}
