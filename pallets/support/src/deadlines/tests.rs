use super::{DeadlineQueues, Entered};
use frame_support::{
	storage::types::ValueQuery, storage_alias, traits::ConstU32, BoundedVec, Twox64Concat,
};
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_io::{storage::root, TestExternalities};
use sp_runtime::StateVersion;
use std::collections::{BTreeMap, BTreeSet};

const BOUND: u32 = 2;

#[storage_alias]
type Queues = StorageMap<Test, Twox64Concat, u64, BoundedVec<u32, ConstU32<BOUND>>, ValueQuery>;

fn entered(at: u64, queues: u32) -> Option<Entered<u64>> {
	Some(Entered { at, queues })
}

/// Enters items, from 0, at block 5 until the queues of blocks 5 to 7 are full.
fn fill() {
	for item in 0..3 * BOUND {
		Queues::schedule(item, 5, 2).unwrap();
	}
}

#[test]
fn item_should_stand_at_the_wanted_block_when_there_is_room() {
	TestExternalities::default().execute_with(|| {
		assert_eq!(Queues::schedule(8, 5, 3), entered(5, 1));
		assert_eq!(Queues::schedule(9, 5, 3), entered(5, 1));
		assert_eq!(Queues::take(5).into_inner(), [8, 9], "in the order they came");
		assert!(Queues::take(5).is_empty());
	});
}

#[test]
fn item_should_move_to_the_next_block_with_room_when_queues_are_full() {
	TestExternalities::default().execute_with(|| {
		fill();
		assert_eq!(Queues::schedule(6, 5, 3), entered(8, 4));
		Queues::unschedule(&2, 6);
		assert_eq!(Queues::schedule(7, 5, 3), entered(6, 2), "the first with room");
	});
}

#[test]
fn schedule_should_fail_and_change_nothing_when_all_queues_in_reach_are_full() {
	TestExternalities::default().execute_with(|| {
		fill();
		let before = root(StateVersion::V1);
		assert_eq!(Queues::schedule(6, 5, 2), None);
		assert_eq!(Queues::schedule(6, 7, 0), None);
		assert_eq!(root(StateVersion::V1), before);
		assert_eq!(Queues::schedule(6, 7, 1), entered(8, 2));
	});
}

#[test]
fn schedule_should_fail_when_the_last_block_number_is_full() {
	TestExternalities::default().execute_with(|| {
		for item in 0..BOUND {
			assert_eq!(Queues::schedule(item, u64::MAX, 9), entered(u64::MAX, 1));
		}
		assert_eq!(Queues::schedule(9, u64::MAX, 9), None);
		assert_eq!(Queues::schedule(9, u64::MAX - 1, 9), entered(u64::MAX - 1, 1));
	});
}

#[test]
fn queue_should_be_gone_when_its_last_item_is_unscheduled() {
	TestExternalities::default().execute_with(|| {
		Queues::schedule(8, 5, 0).unwrap();
		Queues::schedule(9, 5, 0).unwrap();
		Queues::unschedule(&8, 5);
		assert_eq!(Queues::get(5).into_inner(), [9]);
		Queues::unschedule(&9, 5);
		assert!(!Queues::contains_key(5));
	});
}

#[test]
fn unschedule_should_change_nothing_when_item_is_not_in_that_queue() {
	TestExternalities::default().execute_with(|| {
		fill();
		let before = root(StateVersion::V1);
		Queues::unschedule(&0, 6);
		Queues::unschedule(&99, 5);
		Queues::unschedule(&0, 99);
		assert_eq!(root(StateVersion::V1), before);
	});
}

#[test]
fn check_should_name_the_fault_when_queues_are_not_those_of_the_open_items() {
	TestExternalities::default().execute_with(|| {
		assert_eq!(Queues::check_queues(0, []), Ok(()));
		Queues::schedule(8, 5, 0).unwrap();
		Queues::schedule(9, 6, 0).unwrap();
		let open = [(8, 5), (9, 6)];
		assert_eq!(Queues::check_queues(4, open), Ok(()));
		assert_eq!(Queues::check_queues(5, open), Err("a deadline was passed over"));
		let misplaced = Err("an open item does not stand at its deadline");
		assert_eq!(Queues::check_queues(4, [(8, 6), (9, 6)]), misplaced);
		assert_eq!(Queues::check_queues(4, [(8, 5), (9, 6), (7, 7)]), misplaced);
		assert_eq!(Queues::check_queues(4, [(8, 5), (8, 5), (9, 6)]), misplaced);
		let stray = Err("a deadline is that of no open item");
		assert_eq!(Queues::check_queues(4, [(8, 5)]), stray);
		Queues::schedule(8, 6, 0).unwrap();
		assert_eq!(Queues::check_queues(4, open), Err("an item has two deadlines"));
		Queues::unschedule(&8, 6);
		Queues::insert(7, BoundedVec::new());
		assert_eq!(Queues::check_queues(4, open), Err("an empty queue of deadlines is stored"));
	});
}

#[derive(Clone, Debug)]
enum Step {
	Schedule { after: u64, max_delay: u32 },
	Unschedule { pick: usize },
	NextBlock,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let step = prop_oneof![
		6 => (1u64..5, 0u32..4)
			.prop_map(|(after, max_delay)| Step::Schedule { after, max_delay }),
		2 => any::<usize>().prop_map(|pick| Step::Unschedule { pick }),
		2 => Just(Step::NextBlock),
	];
	prop::collection::vec(step, 1..120)
}

/// How many of the `open` items fall due in `block`.
fn due_in(open: &BTreeMap<u32, u64>, block: u64) -> usize {
	open.values().filter(|at| **at == block).count()
}

proptest! {
	#[test]
	fn every_item_should_fall_due_once_at_its_deadline_when_not_unscheduled(steps in steps()) {
		TestExternalities::default().execute_with(|| {
			let (mut now, mut open) = (0u64, BTreeMap::<u32, u64>::new());
			for (item, step) in (0u32..).zip(steps) {
				match step {
					Step::Schedule { after, max_delay } => {
						let wanted = now + after;
						let first_with_room = (wanted..=wanted + u64::from(max_delay))
							.find(|block| due_in(&open, *block) < BOUND as usize);
						let entered = Queues::schedule(item, wanted, max_delay);
						prop_assert_eq!(entered.map(|entered| entered.at), first_with_room);
						if let Some(Entered { at, queues }) = entered {
							prop_assert_eq!(at, wanted + u64::from(queues) - 1);
							open.insert(item, at);
						}
					},
					Step::Unschedule { pick } => {
						if let Some((&item, &at)) = open.iter().nth(pick % open.len().max(1)) {
							Queues::unschedule(&item, at);
							open.remove(&item);
						}
					},
					Step::NextBlock => {
						now += 1;
						let due: BTreeSet<_> = Queues::take(now).into_iter().collect();
						let expected = open.iter().filter(|(_, at)| **at == now);
						prop_assert_eq!(due, expected.map(|(item, _)| *item).collect());
						open.retain(|_, at| *at != now);
					},
				}
				let open = open.iter().map(|(item, at)| (*item, *at));
				prop_assert_eq!(Queues::check_queues(now, open), Ok(()));
			}
			Ok(())
		})?;
	}
}
