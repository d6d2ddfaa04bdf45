//! How many motions a member of the security council can have open.

use super::*;
use crate::{
	configs::CouncilInstance, genesis::DEV, RuntimeOrigin, SecurityCouncil, TechnicalCommittee,
};
use frame_support::{assert_noop, assert_ok, traits::ChangeMembers, weights::Weight};
use pallet_collective::{CostOf, Proposals};
use pallet_security_council::{
	acceptance::{AcceptanceMessage, ACCEPT_SEAT},
	Acceptance, Cohort, Error, OfferedSeat,
};
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	DispatchResult,
};
use Sr25519Keyring::{Alice, Bob, Dave, One};

type MotionDuration = <Runtime as pallet_collective::Config<CouncilInstance>>::MotionDuration;

fn remark(number: u32) -> RuntimeCall {
	frame_system::Call::remark { remark: number.encode() }.into()
}

fn hash(number: u32) -> Hash {
	BlakeTwo256::hash_of(&remark(number))
}

/// `who` moves that a remark be made with this number in it.
fn propose(who: &AccountId, number: u32) -> DispatchResult {
	let call = remark(number);
	let length = call.encoded_size() as u32;
	TechnicalCommittee::propose(RuntimeOrigin::signed(who.clone()), 9, Box::new(call), length)
		.map(drop)
		.map_err(|failed| failed.error)
}

/// Ends the motion of that index, whose time is over.
fn close(number: u32, index: u32) {
	let anyone = RuntimeOrigin::signed(account(Dave));
	assert_ok!(TechnicalCommittee::close(anyone, hash(number), index, Weight::zero(), 1_000));
}

fn open() -> usize {
	Proposals::<Runtime, CouncilInstance>::get().len()
}

fn rotate(old: Sr25519Keyring, new: Sr25519Keyring) {
	let message = AcceptanceMessage {
		purpose: ACCEPT_SEAT,
		genesis: System::block_hash(0),
		seat: OfferedSeat::Of(account(old)),
		expiry: 100,
	};
	let signature = new.sign(&message.encode()).into();
	let acceptance = Acceptance { expiry: 100, signature };
	let old = RuntimeOrigin::signed(account(old));
	assert_ok!(SecurityCouncil::rotate_key(old, account(new), acceptance));
}

#[test]
fn member_should_not_fill_the_motions_when_it_opens_as_many_as_it_can() {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		let attacker = account(Alice);
		let opened = (0..100).filter(|number| propose(&attacker, *number).is_ok()).count();
		assert_eq!(opened, 2);
		assert_noop!(propose(&attacker, 2), Error::<Runtime>::NoMotionLeft);
		// Each of the others still has both.
		for (number, who) in SecurityCouncil::members().iter().enumerate() {
			let number = 1_000 + 2 * number as u32;
			if *who != attacker {
				assert_ok!(propose(who, number));
				assert_ok!(propose(who, number + 1));
				assert_noop!(propose(who, 3), Error::<Runtime>::NoMotionLeft);
			}
		}
		assert_eq!(open(), 24);
	});
}

#[test]
fn new_cohort_should_have_its_motions_when_the_one_before_left_all_of_its_open() {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		for (number, who) in SecurityCouncil::members().iter().enumerate() {
			assert_ok!(propose(who, 2 * number as u32));
			assert_ok!(propose(who, 2 * number as u32 + 1));
		}
		// As an election does.
		let before = SecurityCouncil::members();
		let newcomers: Vec<_> = (100..106).map(|seed| AccountId::from([seed; 32])).collect();
		pallet_security_council::Cohorts::<Runtime>::mutate(Cohort::First, |seats| {
			for (seat, who) in seats.iter_mut().zip(&newcomers) {
				(seat.account, seat.number) = (who.clone(), seat.number + 100);
			}
		});
		TechnicalCommittee::set_members_sorted(&SecurityCouncil::members(), &before);
		for (number, who) in newcomers.iter().enumerate() {
			assert_ok!(propose(who, 100 + 2 * number as u32));
			assert_ok!(propose(who, 101 + 2 * number as u32));
		}
		assert_eq!(open(), 36);
	});
}

#[test]
fn member_should_have_a_motion_again_when_one_was_closed_or_killed() {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		let alice = account(Alice);
		assert_ok!(propose(&alice, 0));
		assert_ok!(propose(&alice, 1));
		assert_ok!(TechnicalCommittee::kill(RuntimeOrigin::root(), hash(1)));
		assert_ok!(propose(&alice, 2));
		assert_noop!(propose(&alice, 3), Error::<Runtime>::NoMotionLeft);
		System::set_block_number(1 + MotionDuration::get());
		close(0, 0);
		assert_ok!(propose(&alice, 3));
		assert_noop!(propose(&alice, 4), Error::<Runtime>::NoMotionLeft);
	});
}

#[test]
fn motion_should_be_its_new_owners_when_another_made_it_before() {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		let (alice, bob) = (account(Alice), account(Bob));
		assert_ok!(propose(&alice, 0));
		System::set_block_number(1 + MotionDuration::get());
		close(0, 0);
		// The entry of the motion that is over does not count.
		assert_eq!(CostOf::<Runtime, CouncilInstance>::get(hash(0)).unwrap().0, alice);
		assert_ok!(propose(&bob, 0));
		assert_eq!(CostOf::<Runtime, CouncilInstance>::get(hash(0)).unwrap().0, bob);
		assert_ok!(propose(&alice, 1));
		assert_ok!(propose(&alice, 2));
		assert_ok!(propose(&bob, 3));
		for who in [alice, bob] {
			assert_noop!(propose(&who, 4), Error::<Runtime>::NoMotionLeft);
		}
		// Anybody can have entries deleted, but not of what is open.
		let release = |number| {
			let dave = RuntimeOrigin::signed(account(Dave));
			TechnicalCommittee::release_proposal_cost(dave, hash(number))
		};
		assert!(release(0).is_err());
		System::set_block_number(1 + 2 * MotionDuration::get());
		close(0, 1);
		assert_ok!(release(0));
		assert!(!CostOf::<Runtime, CouncilInstance>::contains_key(hash(0)));
	});
}

#[test]
fn member_should_have_no_more_motions_when_it_rotates_its_key() {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		for number in [0, 1] {
			assert_ok!(propose(&account(Alice), number));
		}
		// The vetter is another by now.
		pallet_security_council::Parameters::<Runtime>::mutate(|parameters| {
			parameters.as_mut().unwrap().vetter = None;
		});
		rotate(Alice, One);
		assert_noop!(propose(&account(One), 2), Error::<Runtime>::NoMotionLeft);
		System::set_block_number(1 + MotionDuration::get());
		close(0, 0);
		assert_ok!(propose(&account(One), 2));
		assert_noop!(propose(&account(One), 3), Error::<Runtime>::NoMotionLeft);
	});
}
