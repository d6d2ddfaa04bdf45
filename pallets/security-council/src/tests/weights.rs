//! Weights grow with the work, and pay for what it reads and writes at worst.

use super::{begin_voting, finish, nominate, spread, start, start_with};
use crate::{mock::*, Call, Cohort, NextElection, OfferedSeat, WeightInfo, MAX_BALLOTS};
use frame_support::{assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use openledger_pallet_support::cost;
use openledger_pallet_testing::weights::{Accesses, Weighed};
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
	assert_eq!(vote, <() as WeightInfo>::vote(10) + LookupWeight::get() * 2);
}

#[test]
fn clear_past_should_cost_more_when_its_limit_is_higher() {
	let clear = |limit| declared(Call::clear_past { election: 0, limit });
	assert!(clear(2).ref_time() > clear(1).ref_time());
	assert!(clear(u32::MAX).any_gt(MaxWeight::get()));
}

#[test]
fn finish_election_should_be_charged_for_its_nominees_and_ballots_when_done() {
	run(|| {
		begin_voting(&[20, 21, 22]);
		spread(&[20]);
		assert_ok!(Council::vote(signed(SMALL), 21, 5));
		run_to(VOTING_END + 1);
		let info = Council::finish_election(signed(STRANGER)).unwrap();
		let charged = info.actual_weight.unwrap();
		let others = ChangeWeight::get() + LookupWeight::get();
		assert_eq!(charged, <() as WeightInfo>::finish_election(3, 2) + others);
		let most = <() as WeightInfo>::finish_election(MaxNominees::get(), MAX_BALLOTS);
		assert_eq!(declared(Call::finish_election {}), most + others);
		assert!(most.ref_time() > <() as WeightInfo>::finish_election(3, 2).ref_time());
	});
}

const TEN: [AccountId; 10] = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29];

/// What the collective does on a change of members, and looking up votes, have weights of their own.
fn weighed(origin: RuntimeOrigin, prepare: impl FnOnce() -> Call<Test>) -> Weighed {
	let mut weighed = Weighed::call(genesis(&FIRST, &SECOND), origin, || prepare().into());
	weighed.touched.take("Motions", None);
	weighed
}

#[test]
fn councils_actions_should_be_covered() {
	weighed(nine(), || Call::execute { call: remark(5) }).covers_exactly();
	// Too long for the scheduler's agenda, so that its preimage is noted.
	let schedule = || Call::schedule { call: remark(500) };
	weighed(nine(), schedule).covers_exactly();
	let cancel = || {
		assert_ok!(Council::schedule(nine(), remark(500)));
		Call::cancel_scheduled { number: 0 }
	};
	weighed(nine(), cancel).covers_exactly();
	let enact = || {
		assert_ok!(Council::schedule(nine(), remark(500)));
		Call::enact { number: 0, call: remark(500) }
	};
	weighed(RuntimeOrigin::root(), enact).covers_exactly();
}

#[test]
fn membership_calls_should_be_covered() {
	// Of the second cohort, by a key that was rotated away.
	let remove = || {
		assert_ok!(rotate_key(7, ANN));
		Call::remove_member { who: 7 }
	};
	weighed(nine(), remove).covers_exactly();
	weighed(signed(7), || Call::resign {}).covers_exactly();
	let add = || {
		start_with(&[BEN]);
		assert_ok!(Council::remove_member(nine(), 12));
		let vacancy = OfferedSeat::Vacancy(Cohort::Second);
		let acceptance = acceptance(ANN, vacancy, INTERVAL);
		Call::add_member { who: ANN, cohort: Cohort::Second, acceptance }
	};
	weighed(nine(), add).covers_exactly();
	// Of a member who is a nominee.
	let rotate = || {
		nominate(&[6, 5]);
		Call::rotate_key {
			new: ANN,
			acceptance: acceptance(ANN, OfferedSeat::Of(6), NOMINATION_END),
		}
	};
	// One of the second cohort would be looked up among former keys as well.
	weighed(signed(6), rotate).covers(Accesses { reads: 1, writes: 0 });
}

#[test]
fn seat_council_should_be_covered_when_all_seats_are_vacant() {
	let seat = || {
		start();
		for who in FIRST.into_iter().chain(SECOND) {
			assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), who));
		}
		NextElection::<Test>::put(0);
		Call::seat_council {
			first: vec![20, 21, 22, 23, 24, 25].try_into().unwrap(),
			second: vec![30, 31, 32, 33, 34, 35].try_into().unwrap(),
		}
	};
	let mut weighed = Weighed::call(genesis(&FIRST, &SECOND), RuntimeOrigin::root(), || {
		let call = seat();
		crate::Running::<Test>::kill();
		call.into()
	});
	weighed.touched.take("Motions", None);
	// While no election runs no contender is looked up.
	weighed.covers(Accesses { reads: 12, writes: 0 });
}

#[test]
fn calls_of_an_election_should_be_covered() {
	let start_election = || {
		run_to(INTERVAL);
		Call::start_election {}
	};
	weighed(signed(STRANGER), start_election).covers_exactly();
	let register = || {
		start();
		Call::register {}
	};
	weighed(signed(ANN), register).covers_exactly();
	let becomes_nominee = || {
		start_with(&[ANN]);
		run_to(NOMINATION_END);
		Call::nominate { contender: ANN, votes: ENOUGH }
	};
	weighed(signed(BIG), becomes_nominee).covers_exactly();
	let vetted = |call: Call<Test>| {
		move || {
			nominate(&[ANN]);
			run_to(VETTING_END);
			call
		}
	};
	weighed(signed(VETTER), vetted(Call::exclude { nominee: ANN })).covers_exactly();
	weighed(signed(VETTER), vetted(Call::include { account: BEN })).covers_exactly();
	let vote = || {
		begin_voting(&[ANN]);
		Call::vote { nominee: ANN, votes: 5 }
	};
	weighed(signed(BIG), vote).covers_exactly();
}

#[test]
fn finish_election_should_be_covered_when_there_are_most_nominees_and_no_member_is_elected() {
	let over = || {
		begin_voting(&TEN);
		spread(&TEN);
		for voter in [MIDDLE, SMALL] {
			assert_ok!(Council::vote(signed(voter), 20, 1));
		}
		run_to(VOTING_END + 1);
		Call::finish_election {}
	};
	// Keys of ballots are found by steps of an iterator, which are not recorded: one for each, and one at the end.
	let spare = Accesses { reads: 3 + 1, writes: 0 };
	weighed(signed(STRANGER), over).covers(spare);
}

#[test]
fn clear_past_should_be_covered() {
	let finished = || {
		begin_voting(&TEN);
		spread(&TEN);
		finish();
		Call::clear_past { election: 0, limit: 20 }
	};
	// Of ten contenders, three voters and a ballot each value is read. Keys are found by steps of an iterator,
	// which are not recorded: one for each, and one at the end of each map.
	let spare = Accesses { reads: 14 + 3, writes: 0 };
	weighed(signed(STRANGER), finished).covers(spare);
}

#[test]
fn set_parameters_should_be_covered() {
	let set = || {
		start();
		Call::set_parameters { parameters: parameters() }
	};
	weighed(RuntimeOrigin::root(), set).covers_exactly();
}
