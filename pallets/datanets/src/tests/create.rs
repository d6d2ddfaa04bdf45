//! Creating datanets, their terms, closing them.

use super::{contribute, create};
use crate::{
	mock::*, Access, Contributors, DatanetTerms, Datanets as Stored, Error, Event, Status,
};
use frame_support::{assert_noop, assert_ok};
use polkadot_sdk::*;
use sp_core::H256;

#[test]
fn create_should_hold_the_deposit_when_terms_can_work() {
	run(|| {
		create();
		create();
		assert_eq!(deposits_of(OWNER), 2 * DEPOSIT);
		let datanet = Stored::<Test>::get(1).unwrap();
		assert_eq!((datanet.owner, datanet.status), (OWNER, Status::Open));
		assert_eq!((datanet.accepted, datanet.rows, datanet.versions), (0, 0, 0));
		assert_eq!(datanet.manifest, H256::zero());
		System::assert_last_event(Event::Created { datanet: 1, owner: OWNER }.into());
	});
}

#[test]
fn create_should_refuse_when_the_deposit_is_not_covered() {
	run(|| {
		assert_ok!(Balances::transfer_allow_death(signed(OWNER), ANN, START - DEPOSIT));
		assert_noop!(Datanets::create(signed(OWNER), terms()), Error::<Test>::InsufficientBalance);
	});
}

#[test]
fn create_and_update_should_refuse_when_terms_cannot_work() {
	type Bend = fn(&mut DatanetTerms<Test>);
	let cases: [(Bend, Error<Test>); 7] = [
		(|t| t.name = Default::default(), Error::EmptyName),
		(|t| t.curators = Default::default(), Error::NoCurators),
		(|t| t.curators = vec![10, 11, 10].try_into().unwrap(), Error::RepeatedCurator),
		(|t| t.approvals = 0, Error::ApprovalsOutOfRange),
		(|t| t.approvals = 3, Error::ApprovalsOutOfRange),
		(|t| t.max_rows = 0, Error::ZeroLimit),
		(|t| t.max_bytes = 0, Error::ZeroLimit),
	];
	for (bend, error) in cases {
		run(|| {
			create();
			let mut bent = terms();
			bend(&mut bent);
			let error = sp_runtime::DispatchError::from(error);
			assert_noop!(Datanets::create(signed(OWNER), bent.clone()), error);
			assert_noop!(Datanets::update(signed(OWNER), 0, bent), error);
		});
	}
}

#[test]
fn update_should_leave_the_pending_bond_when_the_bond_changes() {
	run(|| {
		create();
		contribute(ANN, 1, 5);
		let dearer = DatanetTerms { contribution_bond: 3 * BOND, ..terms() };
		assert_ok!(Datanets::update(signed(OWNER), 0, dearer));
		System::assert_last_event(Event::Updated { datanet: 0 }.into());
		assert_eq!(bonds_of(ANN), BOND);
		contribute(ANN, 2, 5);
		assert_eq!(bonds_of(ANN), 4 * BOND);
	});
}

#[test]
fn owner_calls_should_refuse_when_the_caller_is_not_the_owner() {
	run(|| {
		create();
		let who = signed(CURATORS[0]);
		assert_noop!(Datanets::update(who.clone(), 0, terms()), Error::<Test>::NotOwner);
		assert_noop!(Datanets::close(who.clone(), 0), Error::<Test>::NotOwner);
		assert_noop!(Datanets::set_contributor(who.clone(), 0, ANN, true), Error::<Test>::NotOwner);
		assert_noop!(Datanets::update(who.clone(), 7, terms()), Error::<Test>::NotFound);
		assert_noop!(Datanets::close(who.clone(), 7), Error::<Test>::NotFound);
		assert_noop!(Datanets::set_contributor(who, 7, ANN, true), Error::<Test>::NotFound);
	});
}

#[test]
fn permissioned_datanet_should_admit_only_the_listed_when_asked() {
	run(|| {
		create();
		let closed_group = DatanetTerms { access: Access::Permissioned, ..terms() };
		assert_ok!(Datanets::update(signed(OWNER), 0, closed_group));
		let send = || {
			let (root, blob) = (H256::repeat_byte(1), H256::zero());
			Datanets::contribute(signed(ANN), 0, root, 5, 50, blob)
		};
		assert_noop!(send(), Error::<Test>::NotAllowed);
		assert_ok!(Datanets::set_contributor(signed(OWNER), 0, ANN, true));
		assert_ok!(send());
		assert_ok!(Datanets::withdraw(signed(ANN), 0));
		assert_ok!(Datanets::set_contributor(signed(OWNER), 0, ANN, false));
		System::assert_last_event(
			Event::ContributorSet { datanet: 0, who: ANN, allowed: false }.into(),
		);
		assert!(!Contributors::<Test>::contains_key(0, ANN));
		assert_noop!(send(), Error::<Test>::NotAllowed);
	});
}

#[test]
fn close_should_release_the_deposit_at_once_when_nothing_is_pending() {
	run(|| {
		create();
		assert_ok!(Datanets::close(signed(OWNER), 0));
		assert_eq!(deposits_of(OWNER), 0);
		System::assert_last_event(
			Event::DepositReleased { datanet: 0, owner: OWNER, amount: DEPOSIT }.into(),
		);
		assert_noop!(Datanets::close(signed(OWNER), 0), Error::<Test>::Closed);
	});
}

#[test]
fn close_should_keep_the_deposit_when_contributions_are_pending() {
	run(|| {
		create();
		let ids = [1, 2, 3].map(|root| contribute(ANN, root, 5));
		assert_ok!(Datanets::close(signed(OWNER), 0));
		assert_noop!(
			Datanets::contribute(signed(ANN), 0, H256::zero(), 5, 50, H256::zero()),
			Error::<Test>::Closed
		);
		assert_ok!(Datanets::approve(signed(CURATORS[0]), ids[0]));
		assert_ok!(Datanets::reject(signed(CURATORS[0]), ids[1], vec![], true));
		assert_eq!(deposits_of(OWNER), DEPOSIT);
		assert_ok!(Datanets::withdraw(signed(ANN), ids[2]));
		assert_eq!(deposits_of(OWNER), 0);
		assert_ok!(Datanets::publish_version(signed(OWNER), 0));
	});
}
