//! Weights grow with the work.

use super::*;
use crate::{Call, SettlementWeight, WeightInfo};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Get, Hooks},
};
use openledger_pallet_support::cost;
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
