//! Weights pay for exactly what calls read and write, at worst.

use super::{contribute, contribute_accepted, create};
use crate::{mock::*, Access, Call, DatanetTerms};
use frame_support::assert_ok;
use openledger_pallet_testing::weights::Weighed;
use polkadot_sdk::*;
use sp_core::H256;

fn weighed(origin: RuntimeOrigin, prepare: impl FnOnce() -> Call<Test>) -> Weighed {
	Weighed::call(chain(), origin, || prepare().into())
}

#[test]
fn owners_calls_should_be_covered() {
	weighed(signed(OWNER), || Call::create { terms: terms() }).covers_exactly();
	let update = || {
		create();
		Call::update { datanet: 0, terms: terms() }
	};
	weighed(signed(OWNER), update).covers_exactly();
	for allowed in [true, false] {
		let set_contributor = || {
			create();
			Call::set_contributor { datanet: 0, who: ANN, allowed }
		};
		weighed(signed(OWNER), set_contributor).covers_exactly();
	}
	let close = || {
		create();
		Call::close { datanet: 0 }
	};
	weighed(signed(OWNER), close).covers_exactly();
}

#[test]
fn contribute_should_be_covered_when_the_contributor_has_to_be_looked_up() {
	let listed = || {
		let terms = DatanetTerms { access: Access::Permissioned, ..terms() };
		assert_ok!(Datanets::create(signed(OWNER), terms));
		assert_ok!(Datanets::set_contributor(signed(OWNER), 0, ANN, true));
		let (content_root, blob) = (H256::repeat_byte(1), H256::repeat_byte(2));
		Call::contribute { datanet: 0, content_root, rows: 1, bytes: 1, blob }
	};
	weighed(signed(ANN), listed).covers_exactly();
}

/// The only contribution of a closed datanet, so that a decision releases the owner's deposit too.
fn last_pending() -> u64 {
	create();
	let contribution = contribute(ANN, 1, 1);
	assert_ok!(Datanets::close(signed(OWNER), 0));
	contribution
}

#[test]
fn decisions_should_be_covered_when_they_release_the_deposit() {
	let curator = || signed(CURATORS[0]);
	weighed(curator(), || Call::approve { contribution: last_pending() }).covers_exactly();
	let reject = || {
		let contribution = last_pending();
		Call::reject { contribution, reason: vec![b'x'; 16], take_bond: true }
	};
	weighed(curator(), reject).covers_exactly();
	weighed(signed(ANN), || Call::withdraw { contribution: last_pending() }).covers_exactly();
}

#[test]
fn release_bond_should_be_covered() {
	let accepted = || {
		create();
		let contribution = contribute_accepted(ANN, 1, 1);
		System::set_block_number(1 + BOND_PERIOD);
		Call::release_bond { contribution }
	};
	weighed(signed(STRANGER), accepted).covers_exactly();
}

#[test]
fn publish_version_should_be_covered_when_there_is_an_earlier_one() {
	let accepted = || {
		create();
		contribute_accepted(ANN, 1, 1);
		assert_ok!(Datanets::publish_version(signed(OWNER), 0));
		contribute_accepted(ANN, 2, 1);
		Call::publish_version { datanet: 0 }
	};
	weighed(signed(OWNER), accepted).covers_exactly();
}

#[test]
fn set_parameters_should_be_covered() {
	let parameters = crate::types::Parameters { creation_deposit: 1, bond_period: 1 };
	weighed(RuntimeOrigin::root(), || Call::set_parameters { parameters }).covers_exactly();
}
