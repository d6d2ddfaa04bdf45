//! Published versions, as models see them.

use super::{contribute, contribute_accepted, create};
use crate::{mock::*, Error, Event, Versions};
use frame_support::{assert_noop, assert_ok};
use openledger_pallet_support::{TrainingData, TrainingSource};
use openledger_primitives::extend_manifest;
use polkadot_sdk::*;
use sp_core::H256;

#[test]
fn extend_manifest_should_hash_the_concatenation_when_called() {
	let (manifest, id) = (H256::repeat_byte(3), 0x0102_u64);
	let bytes = [manifest.as_bytes(), &[2, 1, 0, 0, 0, 0, 0, 0]].concat();
	assert_eq!(extend_manifest(manifest, id), H256(sp_io::hashing::blake2_256(&bytes)));
}

#[test]
fn version_should_freeze_the_prefix_when_published() {
	run(|| {
		create();
		let a = contribute_accepted(ANN, 1, 5);
		assert_ok!(Datanets::publish_version(signed(OWNER), 0));
		let b = contribute_accepted(BEN, 2, 6);
		let c = contribute_accepted(ANN, 3, 7);
		contribute(ANN, 4, 8);
		System::set_block_number(9);
		assert_ok!(Datanets::publish_version(signed(CURATORS[1]), 0));

		let first = extend_manifest(H256::zero(), a);
		let second = extend_manifest(extend_manifest(first, b), c);
		System::assert_last_event(
			Event::VersionPublished {
				datanet: 0,
				version: 1,
				contributions: 3,
				rows: 18,
				manifest: second,
			}
			.into(),
		);
		assert_eq!(Versions::<Test>::get(0, 1).unwrap().at, 9);
		let read = |version| {
			let source = TrainingSource { datanet: 0, version };
			(Datanets::contribution_count(source), Datanets::manifest(source))
		};
		assert_eq!(read(0), (Some(1), Some(first)));
		assert_eq!(read(1), (Some(3), Some(second)));
		assert_eq!(read(2), (None, None));
	});
}

#[test]
fn publish_should_refuse_when_nothing_is_new() {
	run(|| {
		create();
		assert_noop!(Datanets::publish_version(signed(OWNER), 0), Error::<Test>::NothingNew);
		contribute(ANN, 1, 5);
		assert_noop!(Datanets::publish_version(signed(OWNER), 0), Error::<Test>::NothingNew);
		contribute_accepted(ANN, 2, 5);
		assert_ok!(Datanets::publish_version(signed(OWNER), 0));
		assert_noop!(Datanets::publish_version(signed(OWNER), 0), Error::<Test>::NothingNew);
	});
}

#[test]
fn publish_should_refuse_when_the_caller_is_neither_owner_nor_curator() {
	run(|| {
		create();
		contribute_accepted(ANN, 1, 5);
		assert_noop!(Datanets::publish_version(signed(ANN), 0), Error::<Test>::NotOwnerOrCurator);
		assert_noop!(Datanets::publish_version(signed(OWNER), 3), Error::<Test>::NotFound);
	});
}
