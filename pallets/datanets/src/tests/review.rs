//! What curators decide, and what becomes of bonds.

use super::{contribute, contribute_accepted, create, state};
use crate::{mock::*, Accepted, ContributionState, DatanetTerms, Datanets as Stored, Error, Event};
use frame_support::{assert_noop, assert_ok};
use openledger_pallet_support::{ContributionOwners, TrainingData};
use polkadot_sdk::*;

fn set_terms(curators: Vec<u64>, approvals: u32) {
	let curators = curators.try_into().unwrap();
	let terms = DatanetTerms { curators, approvals, ..terms() };
	assert_ok!(Datanets::update(signed(OWNER), 0, terms));
}

#[test]
fn accepted_contributions_should_follow_each_other_when_approved() {
	run(|| {
		create();
		let [a, b, c] =
			[(ANN, 1, 7), (BEN, 2, 100), (ANN, 3, 20)].map(|(w, r, n)| contribute(w, r, n));
		System::set_block_number(3);
		for id in [b, a, c] {
			assert_ok!(Datanets::approve(signed(CURATORS[0]), id));
		}
		let place =
			|position, first_row| ContributionState::Accepted { position, first_row, at: 3 };
		assert_eq!(state(b), place(0, 0));
		assert_eq!(state(a), place(1, 100));
		assert_eq!(state(c), place(2, 107));
		assert_eq!(
			(0..3).map(|p| Accepted::<Test>::get(0, p).unwrap()).collect::<Vec<_>>(),
			[b, a, c]
		);
		let datanet = Stored::<Test>::get(0).unwrap();
		assert_eq!((datanet.accepted, datanet.rows, datanet.pending), (3, 127, 0));
		System::assert_has_event(
			Event::Approved { contribution: c, curator: CURATORS[0], approvals: 1 }.into(),
		);
		System::assert_last_event(
			Event::Accepted { contribution: c, datanet: 0, position: 2, first_row: 107 }.into(),
		);
	});
}

#[test]
fn contribution_should_wait_when_more_approvals_are_needed() {
	run(|| {
		create();
		set_terms(CURATORS.to_vec(), 2);
		let id = contribute(ANN, 1, 5);
		assert_ok!(Datanets::approve(signed(CURATORS[0]), id));
		assert_eq!(
			state(id),
			ContributionState::Pending { approvals: vec![CURATORS[0]].try_into().unwrap() }
		);
		assert_noop!(Datanets::approve(signed(CURATORS[0]), id), Error::<Test>::AlreadyApproved);
		assert_eq!((Datanets::contributor(id), Datanets::position(id)), (None, None));
		assert_ok!(Datanets::approve(signed(CURATORS[1]), id));
		assert_eq!((Datanets::contributor(id), Datanets::position(id)), (Some(ANN), Some((0, 0))));
	});
}

#[test]
fn decision_should_refuse_when_the_caller_may_not_decide() {
	run(|| {
		create();
		let id = contribute(ANN, 1, 5);
		for who in [ANN, OWNER, STRANGER] {
			assert_noop!(Datanets::approve(signed(who), id), Error::<Test>::NotCurator);
			assert_noop!(
				Datanets::reject(signed(who), id, vec![], true),
				Error::<Test>::NotCurator
			);
		}
		assert_noop!(
			Datanets::approve(signed(CURATORS[0]), 9),
			Error::<Test>::ContributionNotFound
		);
		assert_noop!(
			Datanets::reject(signed(CURATORS[0]), 9, vec![], true),
			Error::<Test>::ContributionNotFound
		);
		let own = contribute(CURATORS[0], 2, 5);
		assert_noop!(Datanets::approve(signed(CURATORS[0]), own), Error::<Test>::OwnContribution);
		assert_ok!(Datanets::approve(signed(CURATORS[1]), own));
	});
}

#[test]
fn decision_should_be_final_when_made() {
	run(|| {
		create();
		let accepted = contribute_accepted(ANN, 1, 5);
		let rejected = contribute(ANN, 2, 5);
		assert_ok!(Datanets::reject(signed(CURATORS[0]), rejected, b"noise".to_vec(), false));
		for id in [accepted, rejected] {
			assert_noop!(Datanets::approve(signed(CURATORS[1]), id), Error::<Test>::NotPending);
			assert_noop!(
				Datanets::reject(signed(CURATORS[1]), id, vec![], true),
				Error::<Test>::NotPending
			);
		}
		assert_eq!(Datanets::contributor(rejected), None);
	});
}

#[test]
fn approval_should_not_count_when_its_curator_was_replaced() {
	run(|| {
		create();
		set_terms(vec![10, 11], 2);
		let id = contribute(ANN, 1, 5);
		assert_ok!(Datanets::approve(signed(10), id));
		set_terms(vec![11, 12], 2);
		assert_noop!(Datanets::approve(signed(10), id), Error::<Test>::NotCurator);
		assert_ok!(Datanets::approve(signed(11), id));
		assert_eq!(
			state(id),
			ContributionState::Pending { approvals: vec![11].try_into().unwrap() }
		);
		assert_ok!(Datanets::approve(signed(12), id));
		assert_eq!(Datanets::contributor(id), Some(ANN));
	});
}

#[test]
fn approval_should_take_effect_when_repeated_under_lower_terms() {
	run(|| {
		create();
		set_terms(vec![10, 11], 2);
		let id = contribute(ANN, 1, 5);
		assert_ok!(Datanets::approve(signed(10), id));
		set_terms(vec![10], 1);
		assert_ok!(Datanets::approve(signed(10), id));
		assert_eq!(Datanets::contributor(id), Some(ANN));
	});
}

#[test]
fn reject_should_release_or_take_the_bond_when_told() {
	run(|| {
		create();
		let [spared, taken] = [1, 2].map(|root| contribute(ANN, root, 5));
		assert_ok!(Datanets::reject(signed(CURATORS[0]), spared, b"labels".to_vec(), false));
		assert_eq!(Balances::free_balance(ANN), START - BOND);
		System::assert_last_event(
			Event::Rejected { contribution: spared, curator: CURATORS[0], bond_taken: 0 }.into(),
		);
		assert_ok!(Datanets::reject(signed(CURATORS[0]), taken, b"copied".to_vec(), true));
		assert_eq!((Balances::free_balance(ANN), bonds_of(ANN)), (START - BOND, 0));
		assert_eq!(Balances::free_balance(TREASURY), START + BOND);
		System::assert_last_event(
			Event::Rejected { contribution: taken, curator: CURATORS[0], bond_taken: BOND }.into(),
		);
		assert_eq!(
			state(taken),
			ContributionState::Rejected { reason: b"copied".to_vec().try_into().unwrap() }
		);
	});
}

#[test]
fn reject_should_refuse_when_the_reason_is_too_long() {
	run(|| {
		create();
		let id = contribute(ANN, 1, 5);
		assert_noop!(
			Datanets::reject(signed(CURATORS[0]), id, vec![b'x'; 17], true),
			Error::<Test>::ReasonTooLong
		);
		assert_ok!(Datanets::reject(signed(CURATORS[0]), id, vec![b'x'; 16], true));
	});
}

#[test]
fn release_bond_should_wait_when_the_period_is_not_over() {
	run(|| {
		create();
		System::set_block_number(3);
		let id = contribute_accepted(ANN, 1, 5);
		System::set_block_number(3 + BOND_PERIOD - 1);
		assert_noop!(
			Datanets::release_bond(signed(STRANGER), id),
			Error::<Test>::BondPeriodNotOver
		);
		System::set_block_number(3 + BOND_PERIOD);
		assert_ok!(Datanets::release_bond(signed(STRANGER), id));
		assert_eq!((Balances::free_balance(ANN), bonds_of(ANN)), (START, 0));
		System::assert_last_event(
			Event::BondReleased { contribution: id, contributor: ANN, amount: BOND }.into(),
		);
		assert_noop!(Datanets::release_bond(signed(STRANGER), id), Error::<Test>::NoBond);
	});
}

#[test]
fn release_bond_should_refuse_when_not_accepted() {
	run(|| {
		create();
		let id = contribute(ANN, 1, 5);
		assert_noop!(Datanets::release_bond(signed(ANN), id), Error::<Test>::NotAccepted);
		assert_noop!(Datanets::release_bond(signed(ANN), 9), Error::<Test>::ContributionNotFound);
	});
}
