//! Settlements: who gets what.

use super::*;
use crate::{Basis, Event, Payment, Payments, Receipt, Refund, Rewards, Role};
use frame_support::{assert_noop, assert_ok};

const FEE: Balance = PRICE + PLATFORM_FEE;

fn receipt(id: InferenceId) -> Receipt<u64, Output> {
	match state(id) {
		InferenceState::Settled(receipt) => receipt,
		other => panic!("not settled: {other:?}"),
	}
}

fn rewards(account: AccountId) -> Balance {
	Rewards::<Test>::get(account)
}

#[test]
fn fee_should_be_split_by_shares_when_attributed() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		let outcome = attributed(&[(10, 750_000_000), (11, 250_000_000)], &[ATTESTER]);
		assert_ok!(settle(id, outcome));
		let receipt = receipt(id);
		assert_eq!((receipt.fee, receipt.basis, receipt.at), (FEE, Basis::Attributed, 1));
		assert_eq!(receipt.contributors, 700_000);
		assert_eq!(receipt.owners, 200_000);
		assert_eq!(receipt.attesters, 50_000);
		assert_eq!(receipt.treasury, 50_000 + PLATFORM_FEE);
		assert_eq!(rewards(CONTRIBUTOR + 10), 525_000);
		assert_eq!(rewards(CONTRIBUTOR + 11), 175_000);
		assert_eq!(rewards(PARENT_OWNER), 200_000);
		assert_eq!(rewards(ATTESTER), 50_000);
		assert_eq!(free(TREASURY), ED + 51_000);
		assert_eq!((free(USER), held(USER)), (ENDOWMENT - FEE, 0));
		System::assert_last_event(
			Event::Settled { inference: id, fee: FEE, basis: Basis::Attributed }.into(),
		);
	});
}

#[test]
fn payments_should_explain_the_receipt_when_settled() {
	new_test_ext().execute_with(|| {
		let id = answered(BY_TOKEN, 2_000_000);
		let id_fee = held(USER);
		assert_eq!(id_fee, PLATFORM_FEE);
		assert_ok!(settle(id, attributed(&[(10, 1_000_000_000)], &[ATTESTER])));
		// Nothing but the platform fee: nobody else is paid, and no line is recorded.
		assert!(!Payments::<Test>::contains_key(id));

		let id = request(BY_TOKEN, 2_000_000);
		let usage = Usage { input_tokens: 100_000, output_tokens: 20_000 };
		assert_ok!(Market::respond(signed(HOST), id, vec![], usage));
		assert_ok!(settle(id, attributed(&[(10, 1_000_000_000)], &[ATTESTER])));
		let line = |account, role, amount| Payment { account, role, amount };
		assert_eq!(
			Payments::<Test>::get(id).into_inner(),
			[
				line(CONTRIBUTOR + 10, Role::Contributor(10), 280_000),
				line(OWNER, Role::Owner(0), 60_000),
				line(PARENT_OWNER, Role::Owner(1), 20_000),
				line(ATTESTER, Role::Attester, 20_000),
			]
		);
	});
}

#[test]
fn held_out_shares_should_decide_when_there_is_no_result() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, Outcome::Unattributed));
		let receipt = receipt(id);
		assert_eq!((receipt.basis, receipt.attesters), (Basis::HeldOut, 0));
		assert_eq!(receipt.treasury, 100_000 + PLATFORM_FEE, "with the attesters' part");
		assert_eq!(rewards(CONTRIBUTOR + 20), 420_000);
		assert_eq!(rewards(CONTRIBUTOR + 21), 280_000);
	});
}

#[test]
fn held_out_shares_should_decide_and_attester_be_paid_when_no_score_is_positive() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, attributed(&[], &[ATTESTER])));
		assert_eq!(receipt(id).basis, Basis::HeldOut);
		assert_eq!(rewards(CONTRIBUTOR + 20), 420_000);
		assert_eq!(rewards(ATTESTER), 50_000);
	});
}

#[test]
fn contributors_part_should_fall_to_the_treasury_when_there_are_no_shares_at_all() {
	new_test_ext().execute_with(|| {
		HeldOut::set(Vec::new());
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, Outcome::Unattributed));
		assert_eq!(receipt(id).contributors, 0);
		assert_eq!(receipt(id).treasury, 800_000 + PLATFORM_FEE);
	});
}

#[test]
fn part_should_fall_to_the_treasury_when_its_contributor_is_unknown() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, attributed(&[(10, 500_000_000), (UNKNOWN, 500_000_000)], &[])));
		assert_eq!(receipt(id).contributors, 350_000);
		assert_eq!(receipt(id).treasury, 350_000 + 100_000 + PLATFORM_FEE);
	});
}

#[test]
fn lines_without_room_should_fall_to_the_treasury_when_shares_exceed_the_bound() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		let parts: Vec<_> = (0..20).map(|c| (c, 50_000_000)).collect();
		assert_ok!(settle(id, attributed(&parts, &[ATTESTER])));
		// 8 + 3 + 1 + 3 lines; the owner and the attester find no room.
		assert_eq!(Payments::<Test>::get(id).len(), 15);
		assert_eq!(receipt(id).contributors, 15 * 35_000);
	});
}

#[test]
fn dust_should_go_to_the_treasury_when_shares_do_not_divide() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		let thirds = [(10, 333_333_334), (11, 333_333_333), (12, 333_333_333)];
		assert_ok!(settle(id, attributed(&thirds, &[ATTESTER, HOST, OWNER])));
		let receipt = receipt(id);
		assert_eq!(receipt.contributors, 3 * 233_333);
		assert_eq!(receipt.attesters, 3 * 16_666);
		assert_eq!(receipt.treasury, 50_000 + 1 + 2 + PLATFORM_FEE);
	});
}

#[test]
fn user_should_get_everything_back_when_answer_is_wrong() {
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, Outcome::WrongAnswer));
		assert_eq!((free(USER), held(USER)), (ENDOWMENT, 0));
		assert_eq!(state(id), InferenceState::Refunded(Refund::WrongAnswer));
		assert_noop!(Market::cancel(signed(USER), id), crate::Error::<Test>::NotOpen);
	});
}

#[test]
fn settle_should_fail_when_inference_is_unanswered_settled_or_unknown() {
	new_test_ext().execute_with(|| {
		let id = request(FLAT, 2_000_000);
		let error = crate::Error::<Test>::NotAwaitingAttribution;
		assert_noop!(settle(id, Outcome::Unattributed), error);
		let id = answered(FLAT, 2_000_000);
		assert_ok!(settle(id, Outcome::Unattributed));
		let error = crate::Error::<Test>::NotAwaitingAttribution;
		assert_noop!(settle(id, Outcome::WrongAnswer), error);
		assert_noop!(settle(99, Outcome::WrongAnswer), crate::Error::<Test>::NotFound);
	});
}

#[test]
fn rewards_should_add_up_when_one_account_has_several_roles() {
	new_test_ext().execute_with(|| {
		for _ in 0..2 {
			let id = answered(FLAT, 2_000_000);
			assert_ok!(settle(id, attributed(&[(10, 1_000_000_000)], &[CONTRIBUTOR + 10])));
		}
		assert_eq!(rewards(CONTRIBUTOR + 10), 2 * (700_000 + 50_000));
	});
}

#[test]
fn treasury_should_be_credited_and_paid_later_when_its_account_does_not_exist() {
	ext_with(vec![(USER, ENDOWMENT), (Market::account_id(), ED)]).execute_with(|| {
		let mut parameters = parameters();
		parameters.platform_fee = ED - 1;
		assert_ok!(Market::set_parameters(RuntimeOrigin::root(), parameters));
		let small = answered(BY_TOKEN, 2_000_000);
		assert_ok!(settle(small, Outcome::Unattributed));
		assert_eq!((free(TREASURY), rewards(TREASURY)), (0, ED - 1));
		let large = answered(FLAT, 2_000_000);
		assert_ok!(settle(large, attributed(&[(10, 1_000_000_000)], &[ATTESTER])));
		assert_eq!((free(TREASURY), rewards(TREASURY)), (50_000 + 2 * (ED - 1), 0));
	});
}

#[test]
fn settlement_should_pay_when_user_has_frozen_funds() {
	use frame_support::traits::{LockableCurrency, WithdrawReasons};
	new_test_ext().execute_with(|| {
		let id = answered(FLAT, 2_000_000);
		Balances::set_lock(*b"userlock", &USER, ENDOWMENT, WithdrawReasons::all());
		assert_ok!(settle(id, attributed(&[(10, 1_000_000_000)], &[ATTESTER])));
		assert_eq!(held(USER), 0);
	});
}
