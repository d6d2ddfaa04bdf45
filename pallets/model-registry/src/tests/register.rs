//! Registration, and what owners change later.

use super::{active, register};
use crate::{mock::*, Error, Event, Models, Registration, Status};
use frame_support::{assert_noop, assert_ok};
use openledger_pallet_support::{Pricing, TrainingSource};
use polkadot_sdk::*;
use sp_runtime::DispatchError;

#[test]
fn register_should_charge_the_fee_when_sources_are_published() {
	run(|| {
		System::set_block_number(6);
		assert_eq!(register(OWNER, |_| {}), 0);
		assert_eq!(register(OTHER, |_| {}), 1);
		assert_eq!(Balances::free_balance(OWNER), START - FEE);
		assert_eq!(Balances::free_balance(TREASURY), START + 2 * FEE);
		let model = Models::<Test>::get(1).unwrap();
		assert_eq!((model.owner, model.status, model.registered), (OTHER, Status::Registered, 6));
		assert_eq!(model.registration, Trained::sample().registration());
		System::assert_last_event(Event::Registered { model: 1, owner: OTHER }.into());
	});
}

#[test]
fn register_should_name_the_fault_when_refused() {
	fn source(datanet: u32, version: u32) -> TrainingSource {
		TrainingSource { datanet, version }
	}
	type Bend = fn(&mut Registration<Test>);
	let cases: [(Bend, Error<Test>); 9] = [
		(|r| r.name = Default::default(), Error::EmptyName),
		(|r| r.sources = Default::default(), Error::NoSources),
		(|r| r.sources[1] = source(0, 2), Error::SourceNotPublished),
		(|r| r.sources[1] = source(DATANETS, 0), Error::SourceNotPublished),
		(|r| r.sources[1] = source(1, 1), Error::RepeatedDatanet),
		(|r| r.index.leaf_count = 0, Error::NoLeaves),
		(|r| r.index.dimension = 0, Error::DimensionOutOfRange),
		(|r| r.index.dimension = 17, Error::DimensionOutOfRange),
		(|r| r.parent = Some(0), Error::ParentNotFound),
	];
	for (bend, error) in cases {
		run(|| {
			let mut registration = Trained::sample().registration();
			bend(&mut registration);
			let refused = ModelRegistry::register(signed(OWNER), Box::new(registration));
			assert_noop!(refused, DispatchError::from(error));
		});
	}
}

#[test]
fn register_should_refuse_when_the_fee_is_not_covered() {
	run(|| {
		assert_ok!(Balances::transfer_allow_death(signed(OWNER), OTHER, START - FEE));
		let registration = Trained::sample().registration();
		assert_noop!(
			ModelRegistry::register(signed(OWNER), Box::new(registration)),
			Error::<Test>::InsufficientBalance
		);
	});
}

#[test]
fn parent_should_be_activated_when_named() {
	run(|| {
		let parent = register(OWNER, |_| {});
		let mut child = Trained::sample().registration();
		child.parent = Some(parent);
		assert_noop!(
			ModelRegistry::register(signed(OTHER), Box::new(child.clone())),
			Error::<Test>::ParentNotActivated
		);
		let held_out = Trained::sample().held_out(MAX_ENTRIES);
		assert_ok!(ModelRegistry::activate(signed(OWNER), parent, held_out));
		assert_ok!(ModelRegistry::register(signed(OTHER), Box::new(child.clone())));
		assert_ok!(ModelRegistry::retire(signed(OWNER), parent));
		assert_ok!(ModelRegistry::register(signed(OTHER), Box::new(child)));
	});
}

#[test]
fn register_should_refuse_when_the_line_of_descent_is_full() {
	run(|| {
		let first = active(OWNER, |_| {});
		let second = active(OWNER, |r| r.parent = Some(first));
		let third = active(OWNER, |r| r.parent = Some(second));
		let mut fourth = Trained::sample().registration();
		fourth.parent = Some(third);
		assert_noop!(
			ModelRegistry::register(signed(OWNER), Box::new(fourth)),
			Error::<Test>::TooManyAncestors
		);
	});
}

#[test]
fn owner_calls_should_change_the_model_when_its_status_permits() {
	run(|| {
		let model = register(OWNER, |_| {});
		let pricing = Pricing::PerThousandTokens { input: 3, output: 4 };
		assert_ok!(ModelRegistry::update_price(signed(OWNER), model, pricing));
		System::assert_last_event(Event::PriceUpdated { model, pricing }.into());
		assert_ok!(ModelRegistry::set_host(signed(OWNER), model, OTHER));
		System::assert_last_event(Event::HostSet { model, host: OTHER }.into());
		let stored = Models::<Test>::get(model).unwrap().registration;
		assert_eq!((stored.pricing, stored.host), (pricing, OTHER));

		assert_noop!(ModelRegistry::retire(signed(OWNER), model), Error::<Test>::NotActive);
		let held_out = Trained::sample().held_out(MAX_ENTRIES);
		assert_ok!(ModelRegistry::activate(signed(OWNER), model, held_out));
		assert_ok!(ModelRegistry::retire(signed(OWNER), model));
		System::assert_last_event(Event::Retired { model }.into());
		assert_noop!(ModelRegistry::retire(signed(OWNER), model), Error::<Test>::NotActive);
		assert_noop!(
			ModelRegistry::update_price(signed(OWNER), model, pricing),
			Error::<Test>::Retired
		);
		assert_ok!(ModelRegistry::set_host(signed(OWNER), model, HOST));
	});
}

#[test]
fn owner_calls_should_refuse_when_the_caller_is_not_the_owner() {
	run(|| {
		let model = active(OWNER, |_| {});
		let pricing = Pricing::PerCall(1);
		for (model, error) in [(model, Error::NotOwner), (9, Error::<Test>::NotFound)] {
			let error = DispatchError::from(error);
			let held_out = Trained::sample().held_out(MAX_ENTRIES);
			assert_noop!(ModelRegistry::activate(signed(OTHER), model, held_out), error);
			assert_noop!(ModelRegistry::update_price(signed(OTHER), model, pricing), error);
			assert_noop!(ModelRegistry::set_host(signed(OTHER), model, OTHER), error);
			assert_noop!(ModelRegistry::retire(signed(OTHER), model), error);
		}
	});
}
