//! Random sequences of calls, beside a naive record of what they should have done.

use crate::{mock::*, Call, Models, NextModelId, Status};
use openledger_pallet_support::{ModelId, ModelTerms, Pricing};
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, Permill};

#[derive(Clone, Debug)]
enum Attempt {
	Register { parent: Option<ModelId>, percent: u32, honest: bool },
	Activate(ModelId),
	UpdatePrice(ModelId, u128),
	SetHost(ModelId, u64),
	Retire(ModelId),
}

impl Attempt {
	fn call(&self) -> Call<Test> {
		match *self {
			Self::Register { parent, percent, honest } => {
				let mut registration = Trained::sample().registration();
				registration.parent = parent;
				registration.royalty = Permill::from_percent(percent);
				if !honest {
					registration.index.leaf_count += 1;
				}
				Call::register { registration: Box::new(registration) }
			},
			Self::Activate(model) => {
				Call::activate { model, held_out: Trained::sample().held_out(MAX_ENTRIES) }
			},
			Self::UpdatePrice(model, price) => {
				Call::update_price { model, pricing: Pricing::PerCall(price) }
			},
			Self::SetHost(model, host) => Call::set_host { model, host },
			Self::Retire(model) => Call::retire { model },
		}
	}
}

/// What a model should be.
struct Expected {
	owner: u64,
	parent: Option<ModelId>,
	royalty: Permill,
	honest: bool,
	status: Status,
	host: u64,
	price: u128,
}

/// Whether a call should go through, from the record alone.
fn permitted(record: &[Expected], who: u64, attempt: &Attempt) -> bool {
	let get = |id: ModelId| record.get(id as usize);
	let own = |id| get(id).filter(|m| m.owner == who);
	match *attempt {
		Attempt::Register { parent: None, .. } => true,
		Attempt::Register { parent: Some(id), .. } => get(id).is_some_and(|parent| {
			parent.status != Status::Registered && line(record, id).len() <= 2
		}),
		Attempt::Activate(id) => {
			own(id).is_some_and(|m| m.status == Status::Registered && m.honest)
		},
		Attempt::UpdatePrice(id, _) => own(id).is_some_and(|m| m.status != Status::Retired),
		Attempt::SetHost(id, _) => own(id).is_some(),
		Attempt::Retire(id) => own(id).is_some_and(|m| m.status == Status::Active),
	}
}

/// A model and its ancestors.
fn line(record: &[Expected], id: ModelId) -> Vec<ModelId> {
	let mut line = vec![id];
	while let Some(parent) = record[line[line.len() - 1] as usize].parent {
		line.push(parent);
	}
	line
}

fn note(record: &mut Vec<Expected>, who: u64, attempt: &Attempt) {
	match *attempt {
		Attempt::Register { parent, percent, honest } => record.push(Expected {
			owner: who,
			parent,
			royalty: Permill::from_percent(percent),
			honest,
			status: Status::Registered,
			host: HOST,
			price: 5,
		}),
		Attempt::Activate(id) => record[id as usize].status = Status::Active,
		Attempt::UpdatePrice(id, price) => record[id as usize].price = price,
		Attempt::SetHost(id, host) => record[id as usize].host = host,
		Attempt::Retire(id) => record[id as usize].status = Status::Retired,
	}
}

fn check(record: &[Expected]) {
	ModelRegistry::do_try_state().unwrap();
	assert_eq!(NextModelId::<Test>::get() as usize, record.len());
	assert_eq!(Balances::free_balance(TREASURY), START + FEE * record.len() as u128);
	for (id, expected) in (0..).zip(record) {
		assert_eq!(Models::<Test>::get(id).unwrap().status, expected.status);
		let terms = ModelRegistry::terms(id).map(|terms| (terms.host, terms.pricing));
		let open = (expected.host, Pricing::PerCall(expected.price));
		assert_eq!(terms, (expected.status == Status::Active).then_some(open));
		let payees = ModelRegistry::payees(id).into_iter().map(|p| (p.owner, p.passes_on));
		let line = line(record, id).into_iter().map(|id| {
			let model = &record[id as usize];
			let passes_on = model.parent.map_or(Permill::zero(), |p| record[p as usize].royalty);
			(model.owner, passes_on)
		});
		assert!(payees.eq(line));
	}
}

fn some_attempt() -> impl Strategy<Value = Attempt> {
	let model = || 0u32..6;
	prop_oneof![
		4 => (prop::option::of(model()), 0u32..=100, prop::bool::weighted(0.8))
			.prop_map(|(parent, percent, honest)| Attempt::Register { parent, percent, honest }),
		4 => model().prop_map(Attempt::Activate),
		1 => (model(), any::<u128>()).prop_map(|(m, p)| Attempt::UpdatePrice(m, p)),
		1 => (model(), 0u64..9).prop_map(|(m, h)| Attempt::SetHost(m, h)),
		1 => model().prop_map(Attempt::Retire),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn calls_should_go_through_exactly_when_permitted(
		attempts in prop::collection::vec(
			(prop::sample::select(vec![OWNER, OWNER, OTHER]), some_attempt()),
			1..60,
		),
	) {
		run(|| {
			let mut record = Vec::new();
			for (who, attempt) in &attempts {
				let call = RuntimeCall::from(attempt.call());
				let done = call.dispatch(signed(*who)).is_ok();
				assert_eq!(done, permitted(&record, *who, attempt), "{attempt:?}");
				if done {
					note(&mut record, *who, attempt);
				}
				check(&record);
			}
		});
	}
}
