//! What becomes of what was approved.

use super::*;
use frame_support::traits::schedule::{v3::Named, DispatchTime};
use openledger_primitives::enactment_task;

/// Votes a proposal of Ann's through; the block in which it is approved.
fn approved(index: u32) -> u64 {
	open(index);
	assert_ok!(vote(ANN, index, Side::For));
	over(index);
	go_to(now() + 1);
	assert_eq!(state(index), State::Queued);
	now()
}

fn threshold() -> u128 {
	crate::Parameters::<Test>::get().unwrap().proposal_threshold
}

fn constitutional(moment: DispatchTime<u64>) -> u32 {
	voters();
	let call = long_call(77);
	assert_ok!(note(CAT, &call));
	propose_for(ANN, Kind::Constitutional, lookup(&call), moment).unwrap()
}

#[test]
fn call_should_be_dispatched_after_its_timelock_and_not_before() {
	for (kind, timelock) in [
		(Kind::Constitutional, TIMELOCK),
		(Kind::Treasury, TREASURY_TIMELOCK),
		(Kind::CouncilRemoval, REMOVAL_TIMELOCK),
	] {
		run(|| {
			let index = proposed(kind);
			let approval = approved(index);
			let proposal = Governance::proposal(index).unwrap();
			assert_eq!(proposal.enactment, Some(approval + timelock));
			go_to(approval + timelock - 1);
			assert_eq!((state(index), dispatched()), (State::Queued, false));
			go_to(approval + timelock);
			assert_eq!((state(index), dispatched()), (State::Executed, true));
			assert_eq!(Governance::proposal(index).unwrap().enactment, None);
		});
	}
}

#[test]
fn call_should_be_dispatched_once_and_have_its_effect() {
	run(|| {
		let index = constitutional(DispatchTime::After(0));
		let approval = approved(index);
		go_to(approval + TIMELOCK - 1);
		assert_eq!(threshold(), THRESHOLD);
		go_to(approval + TIMELOCK);
		assert_eq!((threshold(), state(index)), (77, State::Executed));
		assert!(happened(Event::ParametersSet {
			parameters: crate::Parameters::<Test>::get().unwrap().into()
		}));
		assert_ok!(set(|parameters| parameters.proposal_threshold = 5));
		go_to(now() + 40);
		assert_eq!((threshold(), state(index)), (5, State::Executed));
	});
}

#[test]
fn call_should_be_dispatched_later_when_the_proposal_says_so() {
	run(|| {
		let index = constitutional(DispatchTime::At(90));
		approved(index);
		go_to(89);
		assert_eq!((state(index), threshold()), (State::Queued, THRESHOLD));
		go_to(90);
		assert_eq!((state(index), threshold()), (State::Executed, 77));
	});
	run(|| {
		// Not earlier.
		let index = constitutional(DispatchTime::At(3));
		let approval = approved(index);
		assert_eq!(Governance::proposal(index).unwrap().enactment, Some(approval + TIMELOCK));
	});
}

#[test]
fn call_should_be_dispatched_early_by_nobody() {
	run(|| {
		let index = constitutional(DispatchTime::After(0));
		approved(index);
		let task = enactment_task(index).0;
		assert_noop!(Scheduler::cancel_named(signed(STRANGER), task), DispatchError::BadOrigin);
		meddle(index);
		assert!(Governance::set_parameters(signed(ANN), Box::new(parameters())).is_err());
		assert_eq!(Governance::proposal(index).unwrap().state, State::Queued);
		assert_eq!(threshold(), THRESHOLD);
	});
}

#[test]
fn proposal_should_be_executed_in_turn_when_its_call_was_dispatched_elsewhere_before() {
	run(|| {
		let index = constitutional(DispatchTime::After(0));
		let approval = approved(index);
		// As by the council, in an emergency.
		assert_ok!(set(|parameters| parameters.proposal_threshold = 77));
		assert_eq!((state(index), threshold()), (State::Queued, 77));
		go_to(approval + TIMELOCK);
		assert_eq!((state(index), threshold()), (State::Executed, 77));
	});
}

#[test]
fn proposal_should_be_executed_when_its_call_fails() {
	run(|| {
		// A treasury's origin may not change the parameters.
		voters();
		let call = long_call(77);
		assert_ok!(note(CAT, &call));
		let moment = DispatchTime::After(0);
		let index = propose_for(ANN, Kind::Treasury, lookup(&call), moment).unwrap();
		let approval = approved(index);
		go_to(approval + TREASURY_TIMELOCK);
		assert_eq!((state(index), threshold(), dispatched()), (State::Executed, THRESHOLD, false));
		assert!(System::events().iter().any(|record| matches!(
			record.event,
			RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched {
				id: Some(_),
				result: Err(DispatchError::BadOrigin),
				..
			})
		)));
		assert_eq!(requests(&call), Some(0));
	});
}

#[test]
fn proposal_should_be_canceled_when_root_takes_its_task_out_of_the_scheduler() {
	run(|| {
		let index = constitutional(DispatchTime::After(0));
		let approval = approved(index);
		let task = enactment_task(index).0;
		assert_ok!(Scheduler::cancel_named(RuntimeOrigin::root(), task));
		assert_eq!(state(index), State::Canceled);
		assert_eq!(requests(&long_call(77)), Some(0));
		assert_noop!(Governance::veto(signed(COUNCIL), index), Error::<Test>::NotQueued);
		go_to(approval + TIMELOCK - 1);
		assert_eq!((state(index), threshold()), (State::Canceled, THRESHOLD));
	});
}

#[test]
fn task_should_be_found_under_the_name_that_referenda_give_it() {
	run(|| {
		let index = proposed(Kind::Treasury);
		let approval = approved(index);
		let task = enactment_task(index).0;
		let at = <Scheduler as Named<u64, RuntimeCall, OriginCaller>>::next_dispatch_time(task);
		assert_eq!(at, Ok(approval + TREASURY_TIMELOCK));
	});
}
