//! Weights cover what calls read and write.

use super::*;
use crate::{
	types::AccountVote,
	weights::{Work, COUNTED},
	WeightInfo,
};
use codec::Encode;
use frame_support::{dispatch::GetDispatchInfo, weights::constants::ParityDbWeight};
use frame_system::RawOrigin;
use openledger_pallet_support::cost;
use openledger_pallet_testing::weights::{record, Accesses};
use sp_runtime::traits::Dispatchable;

/// Dispatches a call on the state that `prepare` left. Returns what it touched other than agendas, and how
/// many agendas.
fn touched(
	prepare: impl FnOnce() -> RuntimeCall,
	origin: impl Into<RuntimeOrigin>,
) -> (Accesses, u64) {
	let origin = origin.into();
	let (mut touched, _) = record(new_test_ext(), prepare, |call| call.dispatch(origin).unwrap());
	let agendas = touched.take("Scheduler", Some("Agenda"));
	(touched.count(), agendas)
}

/// Checks that a call touches what its weight provides for, and that this is not much more.
fn covered(work: Work, prepare: impl FnOnce() -> RuntimeCall, origin: impl Into<RuntimeOrigin>) {
	let (touched, agendas) = touched(prepare, origin);
	// Every series that is looked up has one checkpoint here, or none.
	let looked_up = work.lookups + work.counted;
	let provided = Accesses { reads: work.reads + looked_up, writes: work.writes };
	assert!(
		touched.reads <= provided.reads
			&& touched.writes <= provided.writes
			&& agendas <= work.agendas,
		"{touched:?} and {agendas} agendas, more than {provided:?} and {}",
		work.agendas,
	);
	assert!(provided.reads <= touched.reads + 3, "{touched:?}, far less than {provided:?}");
	assert!(provided.writes <= touched.writes + 3, "{touched:?}, far less than {provided:?}");
}

fn vote_call(poll_index: u32) -> RuntimeCall {
	let vote: AccountVote = crate::tally::vote_of(Side::For, 1);
	RuntimeCall::Governance(crate::Call::vote { poll_index, vote })
}

/// A proposal of a call that has to be looked up.
fn looked_up() -> u32 {
	use frame_support::traits::schedule::DispatchTime;
	voters();
	note(CAT, &long_call(7)).unwrap();
	let call = lookup(&long_call(7));
	propose_for(ANN, Kind::Constitutional, call, DispatchTime::After(0)).unwrap()
}

/// An account that has as many proposals open as it may; all but one of them have ended.
fn proposed_before() {
	looked_up();
	for _ in 0..2 {
		propose(ANN, Kind::Treasury, call()).unwrap();
	}
	go_to(now() + 1);
	for index in 0..2 {
		Referenda::cancel(RuntimeOrigin::root(), index).unwrap();
	}
}

#[test]
fn proposing_should_be_covered_when_the_account_had_proposals() {
	let submit = |()| propose(ANN, Kind::Treasury, call()).unwrap();
	let (mut touched, _) = record(new_test_ext(), proposed_before, submit);
	// What pallet-referenda and its scheduler do besides: it puts the number up, and writes the referendum.
	touched.take("Scheduler", None);
	touched.take("System", None);
	let touched = touched.count();
	let (one, each) = (Work::PROPOSE, Work::OPEN);
	assert_eq!(touched.writes, one.writes + 2);
	let reads = one.reads + one.lookups + 3 * each.reads;
	assert!((reads - 3..=reads + 1).contains(&touched.reads), "{touched:?} of {reads}");
}

#[test]
fn snapshot_should_be_covered_when_calls_are_found_and_missing() {
	use frame_support::traits::Hooks;
	let prepare = || {
		looked_up();
		let hidden = lookup(&long_call(8));
		let moment = frame_support::traits::schedule::DispatchTime::After(0);
		propose_for(ANN, Kind::Treasury, hidden, moment).unwrap();
		let inline = propose(ANN, Kind::Treasury, call()).unwrap();
		go_to(tally(inline).snapshot);
	};
	let next = |()| {
		System::set_block_number(now() + 1);
		Governance::on_initialize(now())
	};
	let (mut touched, weight) = record(new_test_ext(), prepare, next);
	assert_eq!(weight, <() as WeightInfo>::on_initialize(3));
	let agendas = touched.take("Scheduler", Some("Agenda"));
	let touched = touched.count();
	let (one, each) = (Work::SNAPSHOT, Work::AT_SNAPSHOT);
	assert!(touched.reads <= one.reads + 3 * each.reads, "{touched:?}");
	assert!(touched.writes <= one.writes + 3 * each.writes, "{touched:?}");
	assert!(agendas <= 3 * each.agendas);
}

#[test]
fn vote_should_be_covered_when_it_is_the_first_and_reaches_the_quorum_late() {
	let prepare = || {
		let index = looked_up();
		go_to(tally(index).end);
		vote_call(index)
	};
	covered(Work::FIRST_VOTE, prepare, signed(ANN));
	let prepare = || {
		let index = looked_up();
		open(index);
		vote(BEN, index, Side::For).unwrap();
		go_to(tally(index).end);
		vote_call(index)
	};
	let (_, agendas) = touched(prepare, signed(ANN));
	assert!(agendas <= 1, "{agendas}");
}

#[test]
fn vote_should_be_covered_when_others_came_before() {
	let prepare = || {
		let index = looked_up();
		open(index);
		vote(ANN, index, Side::For).unwrap();
		vote_call(index)
	};
	covered(Work::LATER_VOTE, prepare, signed(BEN));
}

/// Votes that changed in so many blocks that the next checkpoint reads two earlier ones; whether they change
/// in this block too, so that its checkpoint is replaced.
fn changed_often(again: bool) {
	voters();
	let change = || [ANN, BEN].map(|who| wrap(who, 9));
	for _ in 0..3 {
		change();
		go_to(now() + 1);
	}
	if again {
		change();
	}
}

#[test]
fn wrapping_and_delegating_should_be_covered() {
	let wrap_call = RuntimeCall::Governance(crate::Call::wrap { amount: 5 });
	let unwrap = RuntimeCall::Governance(crate::Call::unwrap { amount: 5 });
	for (call, again) in [(&wrap_call, false), (&wrap_call, true), (&unwrap, true)] {
		let prepare = || {
			changed_often(again);
			call.clone()
		};
		covered(Work::WRAP, prepare, signed(ANN));
	}
	let to_ben = RuntimeCall::Governance(crate::Call::set_delegate { to: BEN });
	let prepare = || {
		changed_often(true);
		to_ben
	};
	covered(Work::DELEGATE, prepare, signed(ANN));
	let prepare = || {
		changed_often(true);
		let (nonce, expiry, genesis) = (0, 99, System::block_hash(0));
		let purpose = crate::DELEGATE;
		let message = crate::DelegationMessage { purpose, genesis, to: BEN, nonce, expiry };
		let signature = signature(ANN, &message.encode());
		let (delegator, to) = (ANN, BEN);
		RuntimeCall::Governance(crate::Call::delegate_by_signature {
			delegator,
			to,
			nonce,
			expiry,
			signature,
		})
	};
	covered(Work::SIGNED, prepare, signed(STRANGER));
}

#[test]
fn ends_should_be_covered() {
	let prepare = || {
		let index = looked_up();
		Referenda::place_decision_deposit(signed(STRANGER), index).unwrap();
		go_to(tally(index).snapshot);
		RuntimeCall::Governance(crate::Call::cancel { index })
	};
	covered(Work::CANCEL, prepare, signed(ANN));
	let approved = || {
		let index = looked_up();
		open(index);
		vote(ANN, index, Side::For).unwrap();
		// Its last poke finds no room, so that the veto has its work to do.
		let end = tally(index).end;
		go_to(end);
		assert!((0..49).all(|_| schedule(end + 2)));
		go_to(end + 2);
		assert!(!Enactments::<Test>::contains_key(index));
		index
	};
	let prepare = || RuntimeCall::Governance(crate::Call::veto { index: approved() });
	covered(Work::VETO, prepare, signed(COUNCIL));
	// Approved in the poke itself.
	let prepare = || {
		let index = looked_up();
		open(index);
		vote(ANN, index, Side::For).unwrap();
		over(index);
		pallet_scheduler::Agenda::<Test>::remove(now() + 1);
		go_to(now() + 1);
		RuntimeCall::Governance(crate::Call::poke { index })
	};
	covered(Work::POKE, prepare, signed(STRANGER));
	// Of one that nobody voted on.
	let prepare = || {
		let index = looked_up();
		go_to(tally(index).end);
		pallet_scheduler::Agenda::<Test>::remove(now() + 1);
		over(index);
		RuntimeCall::Governance(crate::Call::poke { index })
	};
	let (ended, agendas) = touched(prepare, signed(STRANGER));
	let poke = Work::POKE;
	assert!(ended.reads <= poke.reads && ended.writes <= poke.writes, "{ended:?}");
	assert!(agendas <= poke.agendas, "{agendas}");
}

#[test]
fn parameters_should_be_covered_when_all_that_is_recorded_changes_again() {
	/// Parameters of which none is like those of another `step`.
	fn changed(step: u64) -> RuntimeCall {
		let mut parameters = parameters();
		(parameters.voting_delay, parameters.voting_period) = (9 - step, 3);
		parameters.holding_window = 9 - step;
		for terms in [
			&mut parameters.constitutional,
			&mut parameters.treasury,
			&mut parameters.medium_spender,
			&mut parameters.big_spender,
			&mut parameters.removal,
		] {
			terms.quorum.share = sp_runtime::Permill::from_percent(step as u32 + 70);
			terms.quorum.least += u128::from(step) + 1;
			terms.quorum.most += u128::from(step) + 1;
		}
		RuntimeCall::Governance(crate::Call::set_parameters { parameters: Box::new(parameters) })
	}
	let prepare = |again: bool| {
		for step in 0..4 {
			go_to(now() + 1);
			assert_ok!(changed(step).dispatch(RuntimeOrigin::root()));
		}
		if !again {
			go_to(now() + 1);
		}
		changed(5)
	};
	let most = Accesses { reads: Work::SET_PARAMETERS.reads, writes: Work::SET_PARAMETERS.writes };
	let (replaced, _) = touched(|| prepare(true), RawOrigin::Root);
	let (appended, _) = touched(|| prepare(false), RawOrigin::Root);
	// A checkpoint that is replaced reads more, one that is appended writes more.
	assert_eq!((replaced.reads, appended.writes), (most.reads, most.writes));
	assert!(replaced.writes <= most.writes && appended.reads <= most.reads);
}

#[test]
fn weights_should_be_made_of_lookups_items_and_agendas() {
	let db = ParityDbWeight::get();
	let later = <() as WeightInfo>::later_vote(0).ref_time();
	assert_eq!(later, cost::CALL + (COUNTED + 3) * db.read + 4 * db.write);
	let shown = <() as WeightInfo>::later_vote(64).ref_time() - later;
	assert_eq!(shown, cost::bytes(64 * 53));
	let signed = <() as WeightInfo>::delegate_by_signature().ref_time();
	assert!(signed > <() as WeightInfo>::delegate().ref_time() + 2 * cost::SIGNATURE);
	// A full agenda of each kind of task fits into what is charged for it.
	let declared = vote_call(0).get_dispatch_info().call_weight;
	assert_eq!(declared, <() as WeightInfo>::first_vote(4));
	assert!(declared.ref_time() > later);
}

#[test]
fn tasks_should_be_no_longer_than_agendas_are_charged_for() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		let end = tally(index).end;
		let longest = |block: u64| {
			let agenda = pallet_scheduler::Agenda::<Test>::get(block);
			agenda.iter().map(Encode::encoded_size).max().unwrap()
		};
		// In the runtime block numbers are half as long and the call's index as here.
		assert!(longest(end + 1) <= 20, "{}", longest(end + 1));
		over(index);
		go_to(now() + 1);
		let enactment = now() + TREASURY_TIMELOCK;
		assert!(longest(enactment) <= 160);
	});
}
