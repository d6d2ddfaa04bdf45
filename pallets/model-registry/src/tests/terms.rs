//! What other pallets read.

use super::{active, register};
use crate::mock::*;
use frame_support::assert_ok;
use openledger_pallet_support::{
	Artifacts, IndexedModels, ModelTerms, Payee, Pricing, Terms, TrainingSource,
};
use openledger_primitives::training_manifest;
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::Permill;

#[test]
fn training_manifest_should_hash_the_encoded_list_when_called() {
	let list = [H256::repeat_byte(4), H256::repeat_byte(5)];
	let bytes = [&[2 << 2][..], list[0].as_bytes(), list[1].as_bytes()].concat();
	assert_eq!(training_manifest(&list), H256(sp_io::hashing::blake2_256(&bytes)));
}

#[test]
fn manifest_should_differ_when_sources_change_order() {
	let manifest = |datanet| manifest_of(TrainingSource { datanet, version: 0 }).unwrap();
	assert_ne!(
		training_manifest(&[manifest(0), manifest(1)]),
		training_manifest(&[manifest(1), manifest(0)])
	);
}

#[test]
fn terms_should_be_read_only_when_the_model_is_active() {
	run(|| {
		let model = register(OWNER, |_| {});
		assert_eq!((ModelRegistry::terms(model), ModelRegistry::host(model)), (None, None));
		assert_eq!(ModelRegistry::held_out_shares(model), []);

		let held_out = Trained::sample().held_out(MAX_ENTRIES);
		assert_ok!(ModelRegistry::activate(signed(OWNER), model, held_out));
		let terms = Terms { host: HOST, pricing: Pricing::PerCall(5) };
		assert_eq!(ModelRegistry::terms(model), Some(terms));

		assert_ok!(ModelRegistry::retire(signed(OWNER), model));
		assert_eq!(ModelRegistry::terms(model), None);
		assert_eq!(ModelRegistry::host(model), Some(HOST));
		assert!(ModelRegistry::index(model).is_some());
		assert_eq!(ModelRegistry::held_out_shares(model).len(), MAX_ENTRIES);
	});
}

#[test]
fn artifacts_should_name_the_files_when_the_model_exists() {
	run(|| {
		let model = register(OWNER, |_| {});
		let artifacts = Artifacts { weights: H256::repeat_byte(1), index: H256::repeat_byte(2) };
		assert_eq!(ModelRegistry::artifacts(model), Some(artifacts));
		assert_eq!(ModelRegistry::artifacts(9), None);
	});
}

#[test]
fn payees_should_pass_on_the_parents_royalty_when_derived() {
	run(|| {
		let royalty = Permill::from_percent;
		let base = active(OWNER, |r| r.royalty = royalty(20));
		let middle = active(OTHER, |r| (r.parent, r.royalty) = (Some(base), royalty(5)));
		let leaf = active(HOST, |r| (r.parent, r.royalty) = (Some(middle), royalty(50)));
		let payee = |owner, percent| Payee { owner, passes_on: royalty(percent) };
		assert_eq!(
			ModelRegistry::payees(leaf),
			[payee(HOST, 5), payee(OTHER, 20), payee(OWNER, 0)]
		);
		assert_eq!(ModelRegistry::payees(base), [payee(OWNER, 0)]);
		assert_eq!(ModelRegistry::payees(9), []);
	});
}

#[test]
fn leaf_index_should_be_none_when_the_contribution_is_not_in_the_sources() {
	run(|| {
		// Sources: datanet 1 with contributions 1, 11; datanet 0 with 0, 10, 20, 30.
		let model = register(OWNER, |_| {});
		let numbers = [1, 11, 0, 10, 20, 30].map(|c| ModelRegistry::leaf_index(model, c));
		assert_eq!(numbers, [0, 1, 2, 3, 4, 5].map(Some));
		for foreign in [21, 31, 40, 2, 3, 77] {
			assert_eq!(ModelRegistry::leaf_index(model, foreign), None);
		}
		assert_eq!(ModelRegistry::leaf_index(9, 1), None);
	});
}

#[test]
fn leaves_should_be_told_in_the_order_asked_when_the_model_exists() {
	run(|| {
		let model = register(OWNER, |_| {});
		assert_eq!(ModelRegistry::leaf_count(model), Some(6));
		let told = ModelRegistry::leaf_indices(model, &[30, 77, 1, 30]);
		assert_eq!(told, [Some(5), None, Some(0), Some(5)]);
		assert_eq!(ModelRegistry::leaf_count(9), None);
		assert_eq!(ModelRegistry::leaf_indices(9, &[1]), [None]);
	});
}
