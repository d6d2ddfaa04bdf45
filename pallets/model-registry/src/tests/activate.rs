//! Activation: the training manifest, and the attribution of the held-out loss.

use super::register;
use crate::{mock::*, weights::check_time, Call, Error, Event, HeldOutShares, Models, Status};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use openledger_pallet_support::{IndexedModels, ModelTerms, TrainingSource};
use openledger_primitives::{shares, Attribution, Entry, Leaf, Sketch, PARTS};
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::DispatchError;

#[test]
fn activate_should_store_the_shares_when_all_holds() {
	run(|| {
		let model = register(OWNER, |_| {});
		assert_eq!((ModelRegistry::index(model), ModelRegistry::host(model)), (None, None));
		// Leaf i scores 2 (i + 1) + 3: the best four of six leaves score 15, 13, 11, 9.
		let held_out = Trained::sample().held_out(MAX_ENTRIES);
		assert_ok!(ModelRegistry::activate(signed(OWNER), model, held_out));
		System::assert_last_event(Event::Activated { model }.into());
		assert_eq!(Models::<Test>::get(model).unwrap().status, Status::Active);
		let stored = ModelRegistry::held_out_shares(model);
		let expected = [(30, 15), (20, 13), (10, 11), (0, 9)]
			.map(|(contribution, score)| Entry { contribution, score });
		assert_eq!(stored, shares(&expected));
		assert_eq!(stored.iter().map(|s| s.parts).sum::<u32>(), PARTS);
		assert_eq!(ModelRegistry::index(model), Some(Trained::sample().registration().index));
	});
}

#[test]
fn activate_should_refuse_when_done_before() {
	run(|| {
		let model = super::active(OWNER, |_| {});
		let again = || {
			let held_out = Trained::sample().held_out(MAX_ENTRIES);
			ModelRegistry::activate(signed(OWNER), model, held_out)
		};
		assert_noop!(again(), Error::<Test>::AlreadyActivated);
		assert_ok!(ModelRegistry::retire(signed(OWNER), model));
		assert_noop!(again(), Error::<Test>::AlreadyActivated);
	});
}

#[test]
fn activate_should_refuse_when_a_contribution_has_no_leaf() {
	run(|| {
		// The owner leaves the last contribution out.
		let mut trained = Trained::sample();
		trained.index.0.pop();
		let registration = trained.registration();
		assert_ok!(ModelRegistry::register(signed(OWNER), Box::new(registration)));
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), 0, trained.held_out(MAX_ENTRIES)),
			Error::<Test>::LeafCountMismatch
		);
	});
}

#[test]
fn activate_should_refuse_when_a_leaf_stands_for_a_foreign_contribution() {
	run(|| {
		// The count is right, but a contribution accepted after the version has the place of the last.
		let mut trained = Trained::sample();
		trained.index.0.last_mut().unwrap().contribution = 40;
		assert_ok!(ModelRegistry::register(signed(OWNER), Box::new(trained.registration())));
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), 0, trained.held_out(1)),
			Error::<Test>::NotInModel
		);
	});
}

#[test]
fn activate_should_refuse_when_leaves_change_places() {
	run(|| {
		let mut trained = Trained::sample();
		trained.index.0.swap(4, 5);
		assert_ok!(ModelRegistry::register(signed(OWNER), Box::new(trained.registration())));
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), 0, trained.held_out(2)),
			Error::<Test>::WrongLeafNumber
		);
	});
}

#[test]
fn activate_should_refuse_when_the_manifest_is_of_other_sources() {
	run(|| {
		let swapped = Trained::new(&[(0, 1), (1, 0)], Sketch::Int8(vec![2, 1]), |_| vec![1, 1]);
		let model = register(OWNER, |r| r.manifest = swapped.registration().manifest);
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), model, Trained::sample().held_out(4)),
			Error::<Test>::ManifestMismatch
		);
	});
}

#[test]
fn activate_should_name_the_fault_when_the_held_out_attribution_is_wrong() {
	type Bend = fn(&mut Attribution);
	let cases: [(Bend, Error<Test>); 11] = [
		(|a| a.query = Sketch::Int16(vec![2, 2]), Error::HeldOutMismatch),
		(|a| a.entries.clear(), Error::NoEntries),
		(|a| a.entries = [a.entries.clone(), a.entries.clone()].concat(), Error::TooManyEntries),
		(|a| a.entries[0].leaf.contribution = 2, Error::NotInModel),
		(|a| a.entries[0].leaf_index = 1, Error::WrongLeafNumber),
		(|a| a.entries[0].leaf.sketch = Sketch::Int8(vec![1]), Error::LeafDimension),
		(|a| a.entries[0].leaf.sketch = Sketch::Int16(vec![6, 3]), Error::LeafWidth),
		(|a| a.entries[1] = a.entries[0].clone(), Error::Repeated),
		(|a| a.entries.swap(0, 1), Error::Unsorted),
		(|a| a.entries[3].score = 0, Error::NotPositive),
		(|a| a.entries[0].proof[0] = H256::zero(), Error::WrongProof),
	];
	for (bend, error) in cases {
		run(|| {
			let model = register(OWNER, |_| {});
			let mut held_out = Trained::sample().held_out(MAX_ENTRIES);
			bend(&mut held_out);
			let refused = ModelRegistry::activate(signed(OWNER), model, held_out);
			assert_noop!(refused, DispatchError::from(error));
		});
	}
}

#[test]
fn activate_should_refuse_when_a_score_does_not_fit_its_leaf() {
	run(|| {
		let model = register(OWNER, |_| {});
		let mut held_out = Trained::sample().held_out(MAX_ENTRIES);
		held_out.entries[0].score += 1;
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), model, held_out.clone()),
			Error::<Test>::WrongScore
		);
		// A leaf made up to fit the score.
		held_out.entries[0].leaf.sketch = Sketch::Int8(vec![6, 4]);
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), model, held_out),
			Error::<Test>::WrongProof
		);
	});
}

#[test]
fn activate_should_refuse_when_the_sketch_does_not_fit_the_index() {
	run(|| {
		let model = register(OWNER, |r| r.index.dimension = 3);
		assert_noop!(
			ModelRegistry::activate(signed(OWNER), model, Trained::sample().held_out(4)),
			Error::<Test>::QueryDimension
		);
	});
}

#[test]
fn activate_should_weigh_more_when_there_is_more_to_check() {
	let trained = Trained::sample();
	let weight = |held_out: Attribution| {
		let call = RuntimeCall::from(Call::activate { model: 0, held_out });
		call.get_dispatch_info().call_weight.ref_time()
	};
	let small = weight(trained.held_out(1));
	assert!(weight(trained.held_out(4)) > small);
	let mut long_proof = trained.held_out(1);
	long_proof.entries[0].proof.push(H256::zero());
	assert!(weight(long_proof) > small);
	let mut wide_leaf = trained.held_out(1);
	wide_leaf.entries[0].leaf.sketch = Sketch::Int8(vec![0; 100]);
	assert!(weight(wide_leaf) > small);

	assert_eq!(check_time(u32::MAX, u32::MAX, u32::MAX), u64::MAX);
}

fn some_trained() -> impl Strategy<Value = Trained> {
	let datanets = prop::sample::subsequence((0..DATANETS).collect::<Vec<_>>(), 1..=3);
	let sources = (datanets.prop_shuffle(), prop::collection::vec(0u32..2, 3))
		.prop_map(|(d, v)| d.into_iter().zip(v).collect::<Vec<_>>());
	let sketches = prop::collection::vec(prop::collection::vec(any::<i8>(), 5), 21);
	let query = prop::collection::vec(any::<i16>(), 5);
	(sources, sketches, query).prop_map(|(sources, sketches, query)| {
		Trained::new(&sources, Sketch::Int16(query), |i| sketches[i].clone())
	})
}

/// The naive place of a contribution: its index in the concatenated sources.
fn naive_leaf_number(sources: &[TrainingSource], contribution: u64) -> Option<u32> {
	let all = sources.iter().flat_map(|source| contributions_of(*source).unwrap());
	(0..).zip(all).find(|(_, c)| *c == contribution).map(|(number, _)| number)
}

proptest! {
	#[test]
	fn leaf_number_should_equal_the_naive_place_when_sources_vary(trained in some_trained()) {
		run(|| {
			assert_ok!(ModelRegistry::register(signed(OWNER), Box::new(trained.registration())));
			for contribution in 0..100 {
				assert_eq!(
					ModelRegistry::leaf_index(0, contribution),
					naive_leaf_number(&trained.sources, contribution),
				);
			}
			for (number, leaf) in (0..).zip(&trained.index.0) {
				assert_eq!(ModelRegistry::leaf_index(0, leaf.contribution), Some(number));
			}
		});
	}

	#[test]
	fn activate_should_take_the_honest_and_refuse_the_bent_when_sketches_vary(
		trained in some_trained(),
		entry: prop::sample::Index,
		bit in 0usize..256,
		fault in 0usize..5,
	) {
		run(|| {
			let honest = trained.held_out(MAX_ENTRIES);
			assert_ok!(ModelRegistry::register(signed(OWNER), Box::new(trained.registration())));
			if honest.entries.is_empty() {
				assert_noop!(
					ModelRegistry::activate(signed(OWNER), 0, honest),
					Error::<Test>::NoEntries
				);
				return;
			}
			let mut bent = honest.clone();
			let proven = entry.get(&honest.entries);
			let place = honest.entries.iter().position(|e| e == proven).unwrap();
			let proven = &mut bent.entries[place];
			match fault {
				0 => proven.score = proven.score.wrapping_add(1 << (bit % 63)),
				1 => proven.leaf_index ^= 1 << (bit % 32),
				2 => {
					let Sketch::Int8(v) = &mut proven.leaf.sketch else { unreachable!() };
					v[bit % 5] ^= 1 << (bit % 8);
				},
				3 => proven.leaf = Leaf { contribution: 1_000, ..proven.leaf.clone() },
				_ => match proven.proof.last_mut() {
					Some(hash) => hash.0[bit / 8] ^= 1 << (bit % 8),
					None => proven.proof.push(H256::zero()),
				},
			}
			assert!(ModelRegistry::activate(signed(OWNER), 0, bent).is_err());
			assert!(!HeldOutShares::<Test>::contains_key(0));

			let entries: Vec<_> = honest.entries.iter().map(|e| e.entry()).collect();
			assert_ok!(ModelRegistry::activate(signed(OWNER), 0, honest));
			assert_eq!(ModelRegistry::held_out_shares(0), shares(&entries));
		});
	}
}
