//! Wrapping and delegating.

use super::*;
use crate::Delegates;
use frame_support::traits::fungible::Mutate;
use frame_support::traits::tokens::Preservation;
use pallet_conviction_voting::Conviction;

#[test]
fn units_should_be_held_and_vote_when_delegated_to_oneself() {
	run(|| {
		assert_ok!(Governance::wrap(signed(ANN), 300));
		assert_eq!((held(ANN), Units::<Test>::get(ANN)), (300, 300));
		assert!(happened(Event::Wrapped { who: ANN, amount: 300 }));
		assert_eq!((votes(ANN), delegated()), (0, 0));
		assert_ok!(Governance::set_delegate(signed(ANN), ANN));
		assert!(happened(Event::Delegated(ANN, ANN, 0)));
		assert_eq!((votes(ANN), delegated()), (300, 300));
		assert_ok!(Governance::unwrap(signed(ANN), 100));
		assert!(happened(Event::Unwrapped { who: ANN, amount: 100 }));
		assert_eq!((held(ANN), votes(ANN), delegated()), (200, 200, 200));
		assert_ok!(Governance::unwrap(signed(ANN), 200));
		assert_eq!((held(ANN), votes(ANN), delegated()), (0, 0, 0));
		assert!(!Units::<Test>::contains_key(ANN));
	});
}

#[test]
fn wrap_should_be_refused_when_nothing_or_too_much_is_wrapped() {
	run(|| {
		assert_noop!(Governance::wrap(signed(ANN), 0), Error::<Test>::ZeroAmount);
		// The existential deposit stays free.
		assert_noop!(Governance::wrap(signed(ANN), START), Error::<Test>::InsufficientBalance);
		assert_ok!(Governance::wrap(signed(ANN), START - 1));
		assert_noop!(Governance::wrap(signed(ANN), 1), Error::<Test>::InsufficientBalance);
		assert_noop!(Governance::wrap(RuntimeOrigin::root(), 1), DispatchError::BadOrigin);
	});
}

#[test]
fn unwrap_should_be_refused_when_nothing_or_too_much_is_unwrapped() {
	run(|| {
		wrap(ANN, 10);
		assert_noop!(Governance::unwrap(signed(ANN), 0), Error::<Test>::ZeroAmount);
		assert_noop!(Governance::unwrap(signed(ANN), 11), Error::<Test>::InsufficientUnits);
		assert_noop!(Governance::unwrap(signed(BEN), 1), Error::<Test>::InsufficientUnits);
	});
}

#[test]
fn wrapped_units_should_not_be_transferred_when_their_holder_tries() {
	run(|| {
		wrap(ANN, START - 100);
		let free = <Balances as Mutate<u64>>::transfer(&ANN, &BEN, 101, Preservation::Expendable);
		assert!(free.is_err());
		assert!(Balances::transfer_allow_death(signed(ANN), BEN, 101).is_err());
		assert_ok!(Balances::transfer_all(signed(ANN), BEN, false));
		assert_eq!((held(ANN), votes(ANN)), (START - 100, START - 100));
	});
}

#[test]
fn delegation_should_wait_for_units_when_there_are_none() {
	run(|| {
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_eq!((Delegates::<Test>::get(ANN), votes(BEN)), (Some(BEN), 0));
		assert!(!Latest::<Test>::contains_key(Series::Votes(BEN)));
		assert_ok!(Governance::wrap(signed(ANN), 70));
		assert_eq!((votes(ANN), votes(BEN), delegated()), (0, 70, 70));
		assert_ok!(Governance::wrap(signed(ANN), 5));
		assert_ok!(Governance::unwrap(signed(ANN), 15));
		assert_eq!((votes(BEN), delegated()), (60, 60));
	});
}

#[test]
fn delegation_should_move_all_units_when_it_changes() {
	run(|| {
		wrap(ANN, 50);
		wrap(BEN, 7);
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_eq!((votes(ANN), votes(BEN), delegated()), (0, 57, 57));
		// Again: nothing is counted twice.
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_eq!((votes(ANN), votes(BEN), delegated()), (0, 57, 57));
		assert_ok!(Governance::set_delegate(signed(ANN), CAT));
		assert_eq!((votes(BEN), votes(CAT), delegated()), (7, 50, 57));
	});
}

#[test]
fn delegation_should_not_pass_on_what_was_delegated() {
	run(|| {
		wrap(ANN, 50);
		wrap(BEN, 7);
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_ok!(Governance::set_delegate(signed(BEN), CAT));
		assert_eq!((votes(ANN), votes(BEN), votes(CAT)), (0, 50, 7));
		// Nor in a circle.
		assert_ok!(Governance::set_delegate(signed(CAT), ANN));
		assert_eq!((votes(ANN), votes(BEN), votes(CAT)), (0, 50, 7));
	});
}

#[test]
fn units_should_carry_no_vote_when_undelegated() {
	run(|| {
		assert_noop!(Governance::undelegate(signed(ANN), 0), Error::<Test>::NotDelegating);
		wrap(ANN, 50);
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_ok!(Governance::undelegate(signed(ANN), 1));
		assert!(happened(Event::Undelegated(ANN, 1)));
		assert_eq!((votes(BEN), delegated(), held(ANN)), (0, 0, 50));
		assert_noop!(Governance::undelegate(signed(ANN), 1), Error::<Test>::NotDelegating);
		assert_ok!(Governance::unwrap(signed(ANN), 50));
	});
}

#[test]
fn delegate_should_move_all_units_whatever_class_conviction_and_balance_say() {
	run(|| {
		wrap(ANN, 50);
		for (class, conviction, balance) in
			[(0, Conviction::None, 0), (1, Conviction::Locked6x, 3), (9, Conviction::Locked1x, 80)]
		{
			let to = if class == 1 { CAT } else { BEN };
			assert_ok!(Governance::delegate(signed(ANN), class, to, conviction, balance));
			assert!(happened(Event::Delegated(ANN, to, class)));
			assert_eq!((votes(to), delegated(), held(ANN)), (50, 50, 50));
		}
		assert_eq!((votes(CAT), votes(BEN)), (0, 50));
	});
}

#[test]
fn treasury_should_not_count_as_delegated_when_units_are_delegated_to_it() {
	run(|| {
		wrap(ANN, 50);
		wrap(BEN, 7);
		assert_ok!(Governance::set_delegate(signed(ANN), TREASURY));
		assert_eq!((votes(TREASURY), delegated()), (50, 7));
		assert_eq!(Governance::latest(&Series::Wrapped), 57);
		assert_ok!(Governance::wrap(signed(ANN), 5));
		assert_ok!(Governance::unwrap(signed(ANN), 15));
		assert_eq!((votes(TREASURY), delegated()), (40, 7));
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		assert_eq!((votes(TREASURY), votes(BEN), delegated()), (0, 47, 47));
		assert_ok!(Governance::set_delegate(signed(ANN), TREASURY));
		assert_ok!(Governance::undelegate(signed(ANN), 0));
		assert_eq!((votes(TREASURY), delegated()), (0, 7));
		// What the treasury wraps itself counts where it delegates it.
		wrap(TREASURY, 9);
		assert_eq!((votes(TREASURY), delegated()), (9, 7));
		assert_ok!(Governance::set_delegate(signed(TREASURY), BEN));
		assert_eq!((votes(TREASURY), delegated()), (0, 16));
	});
}
