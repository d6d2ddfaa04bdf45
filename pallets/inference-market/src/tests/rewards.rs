//! Claiming rewards.

use super::*;
use crate::{Error, Event, Rewards};
use frame_support::{assert_noop, assert_ok};

const SHY: AccountId = CONTRIBUTOR + 11;

#[test]
fn claim_should_pay_everything_when_there_are_rewards() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, attributed(&[(10, 1_000_000_000)], &[ATTESTER])));
		let account = CONTRIBUTOR + 10;
		assert_ok!(Market::claim_rewards(signed(account)));
		assert_eq!(free(account), 700_000);
		assert!(!Rewards::<Test>::contains_key(account));
		System::assert_last_event(Event::RewardsClaimed { account, amount: 700_000 }.into());
		assert_noop!(Market::claim_rewards(signed(account)), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn claim_should_fail_when_there_are_no_rewards() {
	new_test_ext().execute_with(|| {
		assert_noop!(Market::claim_rewards(signed(USER)), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn rewards_should_be_kept_when_below_the_existential_deposit() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		// 700,000 * 12,857 / 10^9 = 8.99: below the existential deposit of 10.
		assert_ok!(settle(id, attributed(&[(10, 999_987_143), (11, 12_857)], &[])));
		assert_eq!(Rewards::<Test>::get(SHY), 8);
		assert_noop!(Market::claim_rewards(signed(SHY)), Error::<Test>::BelowExistentialDeposit);
		assert_eq!(Rewards::<Test>::get(SHY), 8);
		assert_ok!(Balances::transfer_allow_death(signed(USER), SHY, ED));
		assert_ok!(Market::claim_rewards(signed(SHY)));
		assert_eq!(free(SHY), ED + 8);
	});
}

#[test]
fn last_small_reward_should_be_paid_when_the_others_are_gone() {
	new_test_ext().execute_with(|| {
		assert_ok!(Balances::transfer_allow_death(signed(USER), SHY, ED));
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, attributed(&[(10, 999_987_143), (11, 12_857)], &[])));
		for account in [CONTRIBUTOR + 10, PARENT_OWNER, SHY] {
			assert_ok!(Market::claim_rewards(signed(account)));
		}
		assert_eq!(free(Market::account_id()), ED);
	});
}
