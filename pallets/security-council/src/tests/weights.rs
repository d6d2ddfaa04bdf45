//! Weights grow with the work.

use super::begin_voting;
use crate::{mock::*, Call, WeightInfo};
use frame_support::{dispatch::GetDispatchInfo, traits::Get, weights::Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;

fn declared(call: impl Into<RuntimeCall>) -> Weight {
	call.into().get_dispatch_info().call_weight
}

fn remark(bytes: usize) -> Box<RuntimeCall> {
	Box::new(frame_system::Call::remark { remark: vec![0; bytes] }.into())
}

#[test]
fn dispatching_calls_should_cost_what_they_dispatch_when_declared() {
	let inner = declared(*remark(5));
	let execute = declared(Call::execute { call: remark(5) });
	assert_eq!(execute, <() as WeightInfo>::execute() + inner);
	let enact = declared(Call::enact { number: 0, call: remark(5) });
	assert_eq!(enact, <() as WeightInfo>::enact() + inner);
}

#[test]
fn schedule_should_cost_more_when_the_call_is_longer() {
	let schedule = |bytes| declared(Call::schedule { call: remark(bytes) });
	assert_eq!((schedule(2_024) - schedule(1_000)).ref_time(), cost::KIB);
}

#[test]
fn membership_calls_should_cost_the_change_when_declared() {
	let without = <() as WeightInfo>::remove_member();
	let declared = declared(Call::remove_member { who: 1 });
	assert_eq!(declared, without + ChangeWeight::get());
}

#[test]
fn vote_should_cost_the_look_up_when_declared() {
	let vote = declared(Call::vote { nominee: 1, votes: 1 });
	assert_eq!(vote, <() as WeightInfo>::vote() + LookupWeight::get());
}

#[test]
fn clear_past_should_cost_more_when_its_limit_is_higher() {
	let clear = |limit| declared(Call::clear_past { election: 0, limit });
	assert!(clear(2).ref_time() > clear(1).ref_time());
	assert!(clear(u32::MAX).any_gt(MaxWeight::get()));
}

#[test]
fn finish_election_should_be_charged_for_its_nominees_when_done() {
	run(|| {
		begin_voting(&[20, 21, 22]);
		run_to(VOTING_END + 1);
		let info = Council::finish_election(signed(STRANGER)).unwrap();
		let charged = info.actual_weight.unwrap();
		assert_eq!(charged, <() as WeightInfo>::finish_election(3) + ChangeWeight::get());
		let most = <() as WeightInfo>::finish_election(<Test as crate::Config>::MaxNominees::get());
		assert_eq!(declared(Call::finish_election {}), most + ChangeWeight::get());
		assert!(most.ref_time() > <() as WeightInfo>::finish_election(3).ref_time());
	});
}
