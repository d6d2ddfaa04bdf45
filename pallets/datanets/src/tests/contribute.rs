//! Sending contributions and taking them back.

use super::{contribute, contribute_accepted, create};
use crate::{mock::*, ContentRoots, Contribution, ContributionState, Contributions, Error, Event};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use polkadot_sdk::*;
use sp_core::H256;

fn send(datanet: u32, root: u8, rows: u32, bytes: u64) -> sp_runtime::DispatchResult {
	let (root, blob) = (H256::repeat_byte(root), H256::zero());
	Datanets::contribute(signed(ANN), datanet, root, rows, bytes, blob)
}

#[test]
fn contribute_should_record_and_hold_the_bond_when_within_the_terms() {
	run(|| {
		create();
		System::set_block_number(4);
		let id = contribute(ANN, 7, 100);
		assert_eq!(
			Contributions::<Test>::get(id).unwrap(),
			Contribution {
				datanet: 0,
				contributor: ANN,
				content_root: H256::repeat_byte(7),
				rows: 100,
				bytes: 50,
				blob: H256::repeat_byte(0xbb),
				bond: BOND,
				submitted: 4,
				state: ContributionState::Pending { approvals: BoundedVec::new() },
			}
		);
		assert_eq!(bonds_of(ANN), BOND);
		System::assert_last_event(
			Event::Contributed { contribution: id, datanet: 0, contributor: ANN }.into(),
		);
	});
}

#[test]
fn contribute_should_name_the_fault_when_outside_the_terms() {
	run(|| {
		create();
		assert_noop!(send(1, 1, 5, 50), Error::<Test>::NotFound);
		assert_noop!(send(0, 1, 0, 50), Error::<Test>::EmptyContribution);
		assert_noop!(send(0, 1, 5, 0), Error::<Test>::EmptyContribution);
		assert_noop!(send(0, 1, 101, 50), Error::<Test>::TooManyRows);
		assert_noop!(send(0, 1, 5, 1_001), Error::<Test>::TooManyBytes);
		assert_ok!(send(0, 1, 100, 1_000));
	});
}

#[test]
fn contribute_should_refuse_when_the_bond_is_not_covered() {
	run(|| {
		create();
		assert_ok!(Balances::transfer_allow_death(signed(ANN), BEN, START - BOND));
		assert_noop!(send(0, 1, 5, 50), Error::<Test>::InsufficientBalance);
	});
}

#[test]
fn contribute_should_refuse_when_the_content_is_pending_or_accepted_anywhere() {
	run(|| {
		create();
		create();
		contribute(BEN, 1, 5);
		contribute_accepted(BEN, 2, 5);
		for root in [1, 2] {
			assert_noop!(send(0, root, 5, 50), Error::<Test>::Duplicate);
			assert_noop!(send(1, root, 5, 50), Error::<Test>::Duplicate);
		}
	});
}

#[test]
fn content_should_be_free_again_when_withdrawn_or_rejected() {
	run(|| {
		create();
		let withdrawn = contribute(BEN, 1, 5);
		let rejected = contribute(BEN, 2, 5);
		assert_ok!(Datanets::withdraw(signed(BEN), withdrawn));
		assert_ok!(Datanets::reject(signed(CURATORS[1]), rejected, vec![], false));
		assert_eq!(contribute(ANN, 1, 5), 2);
		assert_eq!(contribute(ANN, 2, 5), 3);
		assert_eq!(ContentRoots::<Test>::get(H256::repeat_byte(1)), Some(2));
	});
}

#[test]
fn withdraw_should_remove_and_release_when_pending() {
	run(|| {
		create();
		let id = contribute(ANN, 1, 5);
		assert_ok!(Datanets::withdraw(signed(ANN), id));
		assert!(Contributions::<Test>::get(id).is_none());
		assert_eq!(bonds_of(ANN), 0);
		System::assert_has_event(Event::Withdrawn { contribution: id }.into());
		System::assert_last_event(
			Event::BondReleased { contribution: id, contributor: ANN, amount: BOND }.into(),
		);
		assert_noop!(Datanets::withdraw(signed(ANN), id), Error::<Test>::ContributionNotFound);
	});
}

#[test]
fn withdraw_should_refuse_when_decided_or_asked_by_another() {
	run(|| {
		create();
		let pending = contribute(ANN, 1, 5);
		let accepted = contribute_accepted(ANN, 2, 5);
		let rejected = contribute(ANN, 3, 5);
		assert_ok!(Datanets::reject(signed(CURATORS[0]), rejected, vec![], false));
		assert_noop!(Datanets::withdraw(signed(OWNER), pending), Error::<Test>::NotContributor);
		assert_noop!(Datanets::withdraw(signed(ANN), accepted), Error::<Test>::NotPending);
		assert_noop!(Datanets::withdraw(signed(ANN), rejected), Error::<Test>::NotPending);
	});
}
