//! Calls of the council: at once, and after the timelock.

use super::last_event;
use crate::{mock::*, Call, Cohort, Error, Event, NextScheduled, OfferedSeat, Schedule};
use frame_support::{assert_noop, assert_ok, traits::Get};
use polkadot_sdk::*;
use sp_runtime::{traits::Dispatchable, DispatchError};

const KEY: &[u8] = b"key";

/// Writes `value` to the state, which Root alone may do.
fn write(value: Vec<u8>) -> Box<RuntimeCall> {
	let items = vec![(KEY.to_vec(), value)];
	Box::new(frame_system::Call::set_storage { items }.into())
}

fn written() -> Option<Vec<u8>> {
	sp_io::storage::get(KEY).map(|value| value.to_vec())
}

fn execute(value: u8) -> Call<Test> {
	Call::execute { call: write(vec![value]) }
}

/// Leaves nine members: three of the first cohort and the second.
fn nine_seated() -> Vec<AccountId> {
	for who in [1, 2, 3] {
		assert_ok!(Council::remove_member(nine(), who));
	}
	let members = Council::members();
	assert_eq!(members.len(), 9);
	members
}

/// Preimages that anybody keeps.
fn preimages() -> usize {
	pallet_preimage::RequestStatusFor::<Test>::iter().count()
		+ pallet_preimage::PreimageFor::<Test>::iter().count()
}

#[test]
fn execute_should_dispatch_as_root_when_nine_of_twelve_agree() {
	run(|| {
		assert_eq!(motion(&[1, 2, 3, 4, 8, 9, 10, 11, 12], execute(1)), Ok(()));
		assert_eq!(written(), Some(vec![1]));
		assert_eq!(last_event(), Event::Executed { result: Ok(()) });
	});
}

#[test]
fn execute_should_refuse_when_eight_of_twelve_agree() {
	run(|| {
		let eight = [1, 2, 3, 4, 5, 6, 7, 8];
		assert_eq!(motion(&eight, execute(1)), Err(DispatchError::BadOrigin));
		assert_eq!(written(), None);
	});
}

#[test]
fn execute_should_need_all_when_nine_are_seated() {
	run(|| {
		let members = nine_seated();
		assert_eq!(motion(&members[..8], execute(1)), Err(DispatchError::BadOrigin));
		assert_eq!(written(), None);
		assert_eq!(motion(&members, execute(1)), Ok(()));
		assert_eq!(written(), Some(vec![1]));
	});
}

#[test]
fn execute_should_be_out_of_reach_when_eight_are_seated() {
	run(|| {
		nine_seated();
		assert_ok!(Council::remove_member(nine(), 4));
		let members = Council::members();
		assert_eq!(members.len(), 8);
		assert_eq!(motion(&members, execute(1)), Err(DispatchError::BadOrigin));
		// A motion that asks for nine never has them, even once its time is over.
		let call = RuntimeCall::from(execute(1));
		propose(&members, 9, call.clone());
		run_to(20);
		assert_ok!(close(&call));
		assert_eq!(written(), None);
	});
}

#[test]
fn execute_should_not_count_a_member_when_it_was_removed_after_it_agreed() {
	run(|| {
		let call = RuntimeCall::from(execute(1));
		let hash = propose(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 9, call.clone());
		assert_ok!(Council::remove_member(signed(REMOVAL_VOTE), 9));
		assert_noop!(close(&call), pallet_collective::Error::<Test, _>::TooEarly);
		assert_ok!(Motions::vote(signed(10), hash, 0, true));
		assert_ok!(close(&call));
		assert_eq!(written(), Some(vec![1]));
	});
}

#[test]
fn execute_should_say_so_when_the_call_fails() {
	run(|| {
		let call = Box::new(Call::<Test>::remove_member { who: STRANGER }.into());
		assert_ok!(Council::execute(nine(), call));
		assert_eq!(last_event(), Event::Executed { result: Err(DispatchError::BadOrigin) });
	});
}

#[test]
fn council_calls_should_refuse_when_another_calls() {
	run(|| {
		for origin in [signed(1), signed(REMOVAL_VOTE), RuntimeOrigin::root()] {
			for call in [
				Call::execute { call: write(vec![1]) },
				Call::schedule { call: write(vec![1]) },
				Call::add_member {
					who: ANN,
					cohort: Cohort::First,
					acceptance: acceptance(ANN, OfferedSeat::Vacancy(Cohort::First), 9),
				},
			] {
				let call = RuntimeCall::from(call);
				assert_noop!(
					call.dispatch(origin.clone()).map_err(|failed| failed.error),
					DispatchError::BadOrigin
				);
			}
		}
	});
}

#[test]
fn scheduled_call_should_be_dispatched_when_the_timelock_is_over() {
	run(|| {
		assert_ok!(Council::schedule(nine(), write(vec![1])));
		let at = 1 + TIMELOCK;
		assert_eq!(last_event(), Event::Scheduled { number: 0, block: at });
		assert_eq!(Schedule::<Test>::get(0).unwrap().at, at);
		run_to(at - 1);
		assert_eq!(written(), None);
		run_to(at);
		assert_eq!(written(), Some(vec![1]));
		assert_eq!(last_event(), Event::Enacted { number: 0, result: Ok(()) });
		assert_eq!(Schedule::<Test>::get(0), None);
		assert_ok!(Council::schedule(nine(), write(vec![2])));
		assert_eq!(NextScheduled::<Test>::get(), 2);
	});
}

#[test]
fn scheduled_call_should_leave_no_preimage_when_it_was_long() {
	run(|| {
		for number in [0, 1] {
			assert_ok!(Council::schedule(nine(), write(vec![number; 1_000])));
		}
		assert_eq!(preimages(), 4);
		assert_ok!(Council::cancel_scheduled(nine(), 1));
		assert_eq!(preimages(), 2);
		run_to(1 + TIMELOCK);
		assert_eq!(written(), Some(vec![0; 1_000]));
		assert_eq!(preimages(), 0);
	});
}

#[test]
fn scheduled_call_should_be_enacted_once_when_it_fails() {
	run(|| {
		let call = Box::new(Call::<Test>::remove_member { who: STRANGER }.into());
		assert_ok!(Council::schedule(nine(), call));
		run_to(1 + TIMELOCK);
		let result = Err(DispatchError::BadOrigin);
		assert_eq!(last_event(), Event::Enacted { number: 0, result });
		assert_eq!(Schedule::<Test>::iter().count(), 0);
	});
}

#[test]
fn scheduled_call_should_not_be_dispatched_when_canceled() {
	run(|| {
		for value in [1, 2] {
			assert_ok!(Council::schedule(nine(), write(vec![value])));
		}
		for origin in [signed(1), signed(REMOVAL_VOTE)] {
			assert_noop!(Council::cancel_scheduled(origin, 0), DispatchError::BadOrigin);
		}
		assert_ok!(Council::cancel_scheduled(nine(), 0));
		assert_eq!(last_event(), Event::ScheduledCanceled { number: 0 });
		assert_ok!(Council::cancel_scheduled(RuntimeOrigin::root(), 1));
		run_to(2 + TIMELOCK);
		assert_eq!(written(), None);
		for number in [0, 2] {
			assert_noop!(Council::cancel_scheduled(nine(), number), Error::<Test>::NotScheduled);
		}
	});
}

#[test]
fn cancel_scheduled_should_forget_the_call_when_the_scheduler_lost_it() {
	run(|| {
		assert_ok!(Council::schedule(nine(), write(vec![1])));
		let name = openledger_primitives::council_task(0).0;
		assert_ok!(Scheduler::cancel_named(RuntimeOrigin::root(), name));
		run_to(2 + TIMELOCK);
		assert!(Schedule::<Test>::contains_key(0));
		assert_ok!(Council::cancel_scheduled(nine(), 0));
		assert!(!Schedule::<Test>::contains_key(0));
	});
}

#[test]
fn schedule_should_refuse_when_the_block_is_full() {
	run(|| {
		let room: u32 = <Test as pallet_scheduler::Config>::MaxScheduledPerBlock::get();
		for _ in 0..room {
			assert_ok!(Council::schedule(nine(), write(vec![1])));
		}
		assert_noop!(Council::schedule(nine(), write(vec![2])), DispatchError::Exhausted);
		run_to(2);
		assert_ok!(Council::schedule(nine(), write(vec![3])));
		run_to(2 + TIMELOCK);
		assert_eq!(written(), Some(vec![3]));
	});
}

#[test]
fn enact_should_refuse_when_not_called_for_what_waits() {
	run(|| {
		assert_ok!(Council::schedule(nine(), write(vec![1])));
		for origin in [signed(1), nine()] {
			assert_noop!(
				Council::enact(origin, 0, write(vec![1])).map_err(|failed| failed.error),
				DispatchError::BadOrigin
			);
		}
		assert_noop!(
			Council::enact(RuntimeOrigin::root(), 1, write(vec![1])).map_err(|failed| failed.error),
			Error::<Test>::NotScheduled
		);
	});
}
