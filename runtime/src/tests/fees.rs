use super::*;
use crate::{
	configs::dynamic_params::fees,
	configs::fees::SplitFees,
	constants::currency::{MILLI, OPEN, SUPPLY},
	genesis::{DEV, LOCAL},
	Balances, Parameters, RuntimeEvent, RuntimeOrigin, RuntimeParameters, TreasuryAccount,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Balanced, Inspect},
		tokens::imbalance::OnUnbalanced,
		Imbalance,
	},
};
use proptest::prelude::*;
use sp_runtime::{DispatchError, Permill};
use Sr25519Keyring::{Alice, Bob, Charlie};

fn transfer(to: Sr25519Keyring, value: u128) -> RuntimeCall {
	pallet_balances::Call::<Runtime>::transfer_keep_alive { dest: account(to).into(), value }.into()
}

fn set_author_share(share: Permill) {
	let parameter =
		RuntimeParameters::Fees(fees::Parameters::AuthorShare(fees::AuthorShare, Some(share)));
	assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), parameter));
}

fn fee_paid() -> (u128, u128) {
	System::events()
		.into_iter()
		.find_map(|record| match record.event {
			RuntimeEvent::TransactionPayment(
				pallet_transaction_payment::Event::TransactionFeePaid { actual_fee, tip, .. },
			) => Some((actual_fee, tip)),
			_ => None,
		})
		.expect("a fee was paid")
}

#[test]
fn fee_should_go_to_author_and_treasury_when_a_transaction_is_sent() {
	chain(LOCAL).execute_with(|| {
		let balance = |who: &AccountId| Balances::total_balance(who);
		// Validator 1 is Bob: a third party to the transfer below.
		let (author, treasury) = (account(Bob), TreasuryAccount::get());
		let before = (balance(&author), balance(&treasury), balance(&account(Alice)));
		set_author_share(Permill::from_percent(30));
		start_block(1);
		send(Alice, 0, 7, transfer(Charlie, OPEN)).unwrap().unwrap();

		let (paid, tip) = fee_paid();
		let (to_author, to_treasury) = (balance(&author) - before.0, balance(&treasury) - before.1);
		assert_eq!(tip, 7);
		assert_eq!(to_author, Permill::from_percent(30).mul_floor(paid - tip) + tip);
		assert_eq!(to_author + to_treasury, paid);
		assert_eq!(before.2 - balance(&account(Alice)), paid + OPEN);
		assert_eq!(Balances::total_issuance(), SUPPLY);
	});
}

#[test]
fn transfer_should_cost_less_than_a_hundredth_of_an_open_when_blocks_are_empty() {
	chain(DEV).execute_with(|| {
		start_block(0);
		send(Alice, 0, 0, transfer(Charlie, OPEN)).unwrap().unwrap();
		let (paid, _) = fee_paid();
		assert!(paid <= 10 * MILLI, "{paid}");
		assert!(paid >= MILLI, "{paid}");
	});
}

#[test]
fn fee_should_go_to_the_treasury_when_there_is_no_author() {
	chain(DEV).execute_with(|| {
		let before = Balances::total_balance(&TreasuryAccount::get());
		SplitFees::on_unbalanceds([Balances::issue(1_001), Balances::issue(5)].into_iter());
		assert_eq!(Balances::total_balance(&TreasuryAccount::get()), before + 1_006);
	});
}

#[test]
fn share_should_be_refused_when_the_origin_is_not_root() {
	chain(DEV).execute_with(|| {
		let parameter =
			RuntimeParameters::Fees(fees::Parameters::AuthorShare(fees::AuthorShare, None));
		assert_noop!(
			Parameters::set_parameter(RuntimeOrigin::signed(account(Alice)), parameter),
			DispatchError::BadOrigin
		);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]
	#[test]
	fn split_should_be_exact_when_fee_tip_and_share_are_any(
		fee in 0u128..=1_000 * OPEN,
		tip in 0u128..=OPEN,
		share in 0u32..=1_000_000,
	) {
		chain(DEV).execute_with(|| {
			set_author_share(Permill::from_parts(share));
			start_block(0);
			let balance = |who: &AccountId| Balances::total_balance(who);
			let before = (balance(&account(Alice)), balance(&TreasuryAccount::get()));
			let credits = [Balances::issue(fee), Balances::issue(tip)];
			assert_eq!(credits[0].peek(), fee);
			SplitFees::on_unbalanceds(credits.into_iter());
			let author = balance(&account(Alice)) - before.0;
			let treasury = balance(&TreasuryAccount::get()) - before.1;
			assert_eq!(author + treasury, fee + tip);
			assert!(author >= tip);
			assert_eq!(author - tip, Permill::from_parts(share).mul_floor(fee));
		});
	}
}
