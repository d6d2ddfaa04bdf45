//! Becoming an attester, and ceasing to be one.

use super::*;
use crate::{Assignments, Attester, AttesterStatus, Attesters, Bonded, Error, HoldReason};
use frame_support::{assert_noop, traits::fungible::InspectHold};

/// Opens jobs until `who` is drawn.
fn open_drawing(who: AccountId) -> JobId {
	std::iter::repeat_with(|| open(MODEL).unwrap())
		.find(|id| job(*id).committee.contains(&who))
		.unwrap()
}

fn bond_of(who: AccountId) -> u64 {
	Balances::balance_on_hold(&HoldReason::Bond.into(), &who)
}

#[test]
fn register_should_hold_the_bond_when_keys_are_set() {
	ext_with(&[]).execute_with(|| {
		assert_ok!(Jury::register(signed(ALICE)));
		assert_eq!(bond_of(ALICE), BOND);
		assert_eq!(Bonded::<Test>::get().into_inner(), [ALICE]);
		System::assert_last_event(Event::Registered { attester: ALICE, bond: BOND }.into());
	});
}

#[test]
fn register_should_fail_when_there_are_no_session_keys() {
	ext_with(&[]).execute_with(|| {
		assert_noop!(Jury::register(signed(KEYLESS)), Error::<Test>::NoSessionKeys);
	});
}

#[test]
fn register_should_fail_when_balance_is_insufficient() {
	ext_with(&[]).execute_with(|| {
		assert_ok!(Balances::transfer_allow_death(signed(ALICE), BOB, ENDOWMENT - BOND));
		assert_noop!(Jury::register(signed(ALICE)), Error::<Test>::InsufficientBalance);
		assert_ok!(Balances::transfer_allow_death(signed(BOB), ALICE, 1));
		assert_ok!(Jury::register(signed(ALICE)));
	});
}

#[test]
fn register_should_fail_when_registered_or_leaving() {
	new_test_ext().execute_with(|| {
		assert_noop!(Jury::register(signed(ALICE)), Error::<Test>::AlreadyRegistered);
		assert_ok!(Jury::deregister(signed(ALICE)));
		assert_noop!(Jury::register(signed(ALICE)), Error::<Test>::AlreadyRegistered);
	});
}

#[test]
fn register_should_fail_when_the_list_is_full() {
	ext_with(&[]).execute_with(|| {
		for who in 100..108 {
			assert_ok!(Balances::transfer_allow_death(signed(BOB), who, BOND + 1));
			SessionKeys::mutate(|keys| keys.insert(who, sp_core::Pair::public(&pair(who))));
			assert_ok!(Jury::register(signed(who)));
		}
		assert_noop!(Jury::register(signed(ALICE)), Error::<Test>::TooManyAttesters);
	});
}

#[test]
fn bond_should_return_when_unbonding_is_over() {
	new_test_ext().execute_with(|| {
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::StillBonded);
		assert_ok!(Jury::deregister(signed(ALICE)));
		let until = 1 + UNBONDING;
		System::assert_last_event(Event::Deregistered { attester: ALICE, until }.into());
		assert!(Bonded::<Test>::get().is_empty());
		assert_noop!(Jury::deregister(signed(ALICE)), Error::<Test>::NotBonded);
		run_to(until - 1);
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::StillUnbonding);
		run_to(until);
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
		assert_eq!((bond_of(ALICE), Balances::free_balance(ALICE)), (0, ENDOWMENT));
		System::assert_last_event(Event::BondWithdrawn { attester: ALICE, amount: BOND }.into());
		assert_ok!(Jury::register(signed(ALICE)));
	});
}

#[test]
fn bond_should_keep_its_amount_when_the_parameter_changes() {
	new_test_ext().execute_with(|| {
		let parameters = crate::types::Parameters { bond: 7, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		assert_ok!(Jury::deregister(signed(ALICE)));
		run_to(1 + UNBONDING);
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
		assert_eq!(Balances::free_balance(ALICE), ENDOWMENT);
	});
}

#[test]
fn open_jobs_should_stay_claimable_when_their_attester_deregisters() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		assert_eq!(job(id).committee.to_vec(), [ALICE]);
		let assigned = Jury::assignments(&sp_core::Pair::public(&pair(ALICE)));
		assert_eq!(assigned.iter().map(|a| a.job).collect::<Vec<_>>(), [id]);
		submit_ok(&confirmed(id));
		assert_eq!(result(id).attesters.to_vec(), [ALICE]);
	});
}

#[test]
fn attester_should_be_drawn_for_nothing_more_when_it_deregisters_in_the_same_block() {
	ext_with(&[ALICE, BOB]).execute_with(|| {
		let drawn = open_drawing(ALICE);
		assert_ok!(Jury::deregister(signed(ALICE)));
		for _ in 0..3 {
			assert_eq!(job(open(MODEL).unwrap()).committee.to_vec(), [BOB]);
		}
		// Its own job, not claimed in time, falls to who is left.
		run_to(job(drawn).deadline);
		assert_eq!((job(drawn).attempt, job(drawn).committee.to_vec()), (1, vec![BOB]));
		assert_eq!(Assignments::<Test>::iter_prefix(ALICE).count(), 0);
	});
}

#[test]
fn job_should_be_drawn_again_without_the_leaving_attester_when_it_was_the_only_one() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		run_to(job(id).deadline);
		assert_eq!((job(id).attempt, job(id).committee.len()), (1, 0));
	});
}

#[test]
fn sole_attester_should_leave_when_jobs_never_stop_coming() {
	new_test_ext().execute_with(|| {
		open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		for block in 2..=1 + UNBONDING {
			open(MODEL).unwrap();
			run_to(block);
		}
		assert!(Jobs::<Test>::iter().count() > 0, "there is work as ever");
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
		assert_eq!(bond_of(ALICE), 0);
	});
}

#[test]
fn withdraw_bond_should_fail_when_jobs_are_open() {
	new_test_ext().execute_with(|| {
		// A job that outlasts the unbonding period.
		let parameters = crate::types::Parameters { claim_window: UNBONDING + 5, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		let id = open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::HasAssignments);
		run_to(1 + UNBONDING);
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::HasAssignments);
		submit_ok(&confirmed(id));
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
		assert_eq!(bond_of(ALICE), 0);
	});
}

#[test]
fn withdraw_bond_should_fail_until_the_period_is_over_when_jobs_have_ended() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		submit_ok(&confirmed(id));
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::StillUnbonding);
		run_to(1 + UNBONDING);
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
	});
}

#[test]
fn withdraw_bond_should_succeed_when_the_last_attempt_passed_unclaimed() {
	new_test_ext().execute_with(|| {
		let parameters = crate::types::Parameters { claim_window: UNBONDING + 5, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		let id = open(MODEL).unwrap();
		assert_ok!(Jury::deregister(signed(ALICE)));
		run_to(job(id).deadline - 1);
		assert_noop!(Jury::withdraw_bond(signed(ALICE)), Error::<Test>::HasAssignments);
		run_to(job(id).deadline);
		assert_ok!(Jury::withdraw_bond(signed(ALICE)));
	});
}

#[test]
fn leaving_should_fail_when_caller_is_no_attester() {
	new_test_ext().execute_with(|| {
		assert_noop!(Jury::deregister(signed(BOB)), Error::<Test>::NotRegistered);
		assert_noop!(Jury::withdraw_bond(signed(BOB)), Error::<Test>::NotRegistered);
	});
}

#[test]
fn attesters_should_be_bonded_when_named_at_genesis() {
	ext_with(&[ALICE, BOB]).execute_with(|| {
		assert_eq!(Bonded::<Test>::get().into_inner(), [ALICE, BOB]);
		assert_eq!(bond_of(BOB), BOND);
		let expected = Attester { bond: BOND, status: AttesterStatus::Bonded };
		assert_eq!(Attesters::<Test>::get(BOB), Some(expected));
	});
}

#[test]
#[should_panic(expected = "cannot be bonded")]
fn genesis_should_panic_when_an_attester_cannot_pay() {
	ext_with(&[77]);
}
