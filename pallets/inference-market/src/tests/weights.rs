//! Weights grow with the work, and pay for what it reads and writes at worst.

use super::*;
use crate::{weights::SubstrateWeight, Call, SettlementWeight, WeightInfo};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Get, Hooks},
};
use openledger_pallet_support::cost;
use openledger_pallet_testing::weights::{Accesses, Weighed};
use sp_runtime::traits::Convert;

fn max_input() -> u32 {
	<Test as crate::Config>::MaxInput::get()
}

fn declared(call: Call<Test>) -> u64 {
	RuntimeCall::Market(call).get_dispatch_info().call_weight.ref_time()
}

#[test]
fn calls_should_cost_more_when_texts_are_longer() {
	let request =
		|bytes| declared(Call::request { model: FLAT, input: vec![0; bytes], max_fee: 0 });
	assert_eq!(request(1_024) - request(0), cost::KIB);
	let respond = |bytes| {
		let output = vec![0; bytes];
		declared(Call::respond { inference: 0, output, usage: Usage::default() })
	};
	assert_eq!(respond(1_024) - respond(0), cost::KIB);
	// The input is read and written again, whatever its length.
	let opening = OpenWeight::get().ref_time();
	let least = <() as WeightInfo>::respond(0, 0).ref_time() + opening;
	assert_eq!(respond(0) - least, cost::bytes(max_input().into()));
}

#[test]
fn settlement_should_cost_more_when_it_pays_more() {
	let weight = |entries| SettlementWeight::<Test>::convert(entries).ref_time();
	// Three ancestors and the owner, three attesters; 64 bytes of input, 32 of output.
	assert_eq!(weight(8), <() as WeightInfo>::settle(8, 7, 96).ref_time());
	assert!(weight(8) > weight(7));
	let settle = <() as WeightInfo>::settle;
	assert_eq!((settle(8, 7, 2_048) - settle(8, 7, 1_024)).ref_time(), cost::KIB);
}

#[test]
fn start_of_block_should_be_charged_for_what_it_did() {
	new_test_ext().execute_with(|| {
		let idle = Market::on_initialize(2);
		assert_eq!(idle, <() as WeightInfo>::time_out(0, 0));
		request(FLAT, 2_000_000);
		request(FLAT, 2_000_000);
		System::set_block_number(1 + WINDOW);
		let refunded = Market::on_initialize(1 + WINDOW);
		assert_eq!(refunded, <() as WeightInfo>::time_out(2, max_input()));
		assert!(refunded.all_gte(idle));
	});
}

fn weighed(origin: RuntimeOrigin, prepare: impl FnOnce() -> Call<Test>) -> Weighed {
	Weighed::call(new_test_ext(), origin, || prepare().into())
}

#[test]
fn request_should_be_covered_when_the_last_queue_in_reach_has_room() {
	let prepare = || {
		let others: u32 = <Test as crate::Config>::MaxDelay::get();
		for _ in 0..others * max_per_block() {
			request(FLAT, 2_000_000);
		}
		Call::request { model: FLAT, input: vec![1], max_fee: 2_000_000 }
	};
	weighed(signed(OTHER_USER), prepare).covers_exactly();
}

#[test]
fn cancel_respond_and_claim_should_be_covered() {
	let cancel = || Call::cancel { inference: request(FLAT, 2_000_000) };
	weighed(signed(USER), cancel).covers_exactly();
	let respond = || {
		let inference = request(FLAT, 2_000_000);
		Call::respond { inference, output: vec![7], usage: Usage::default() }
	};
	weighed(signed(HOST), respond).covers_exactly();
	let claim = || {
		let id = answered(FLAT, 2_000_000);
		settle(id, attributed(&[(10, 1_000_000_000)], &[])).unwrap();
		Call::claim_rewards {}
	};
	// Of an account that the first reward opens.
	weighed(signed(CONTRIBUTOR + 10), claim).covers_exactly();
}

#[test]
fn set_parameters_should_be_covered() {
	let call = Call::set_parameters { parameters: parameters() };
	weighed(RuntimeOrigin::root(), || call).covers_exactly();
}

#[test]
fn settlement_should_be_covered_when_it_looks_up_shares_and_pays_everybody() {
	const ENTRIES: u32 = 8;
	const ATTESTERS: [AccountId; 3] = [ATTESTER, HOST, OTHER_USER];
	const OWNERS: u32 = 2;
	let prepare = || {
		let part = openledger_primitives::PARTS / ENTRIES;
		HeldOut::set((0..ENTRIES.into()).map(|c| Share { contribution: c, parts: part }).collect());
		// Left from before the treasury had an account.
		crate::Rewards::<Test>::insert(TREASURY, 5);
		assert_ok!(Balances::transfer_allow_death(signed(USER), Market::account_id(), 5));
		let id = request(BY_TOKEN, 2_000_000);
		let usage = Usage { input_tokens: 100_000, output_tokens: 20_000 };
		Market::respond(signed(HOST), id, vec![], usage).unwrap();
		id
	};
	let settle = |id| {
		settle(id, attributed(&[], &ATTESTERS)).unwrap();
		SubstrateWeight::<Test>::settle(ENTRIES, OWNERS + ATTESTERS.len() as u32, 0)
	};
	// No model has to be read for an attester.
	let spare = Accesses { reads: ATTESTERS.len() as u64, writes: 0 };
	Weighed::work(new_test_ext(), prepare, settle).covers(spare);
}

#[test]
fn start_of_block_should_be_covered_when_a_full_queue_of_different_users_times_out() {
	let users = [USER, OTHER_USER, HOST, OWNER];
	assert_eq!(users.len(), max_per_block() as usize);
	let prepare = || {
		for user in users {
			assert_ok!(Market::request(signed(user), FLAT, vec![1], 2_000_000));
		}
	};
	let time_out = |()| {
		System::set_block_number(1 + WINDOW);
		Market::on_initialize(1 + WINDOW)
	};
	Weighed::work(new_test_ext(), prepare, time_out).covers_exactly();
	let nothing = |()| Market::on_initialize(2);
	// An empty queue is not written.
	Weighed::work(new_test_ext(), || (), nothing).covers_exactly();
}
