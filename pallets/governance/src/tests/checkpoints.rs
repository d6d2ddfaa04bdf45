//! Values at past blocks.

use super::*;
use crate::{types::Balance, Bound, Checkpoint, Earlier};
use openledger_pallet_support::PastVotes;
use proptest::prelude::*;

#[test]
fn block_should_have_one_checkpoint_when_votes_change_several_times() {
	run(|| {
		wrap(ANN, 10);
		go_to(4);
		wrap(ANN, 20);
		assert_ok!(Governance::unwrap(signed(ANN), 5));
		wrap(BEN, 3);
		assert_ok!(Governance::set_delegate(signed(BEN), ANN));
		let series = Series::Votes(ANN);
		let newest = Checkpoint { block: 4, value: 28, position: 1, jump: 0, low: 28 };
		assert_eq!(Latest::<Test>::get(&series), Some(newest));
		let first = Checkpoint { block: 1, value: 10, position: 0, jump: 0, low: 10 };
		assert_eq!(Earlier::<Test>::iter_prefix(&series).collect::<Vec<_>>(), [(0, first)]);
		go_to(5);
		assert_eq!(Governance::past(&series, 4), Ok(28));
	});
}

#[test]
fn value_should_be_that_of_the_end_of_the_block_when_looked_up() {
	run(|| {
		go_to(3);
		wrap(ANN, 10);
		go_to(6);
		wrap(ANN, 5);
		go_to(7);
		assert_ok!(Governance::unwrap(signed(ANN), 15));
		go_to(12);
		let past = |at| Governance::past(&Series::Votes(ANN), at).unwrap();
		assert_eq!((0..12).map(past).collect::<Vec<_>>(), [0, 0, 0, 10, 10, 10, 15, 0, 0, 0, 0, 0]);
		// What counts was there two blocks before.
		let counted = |at| Governance::votes(&ANN, at).unwrap();
		assert_eq!(
			(0..12).map(counted).collect::<Vec<_>>(),
			[0, 0, 0, 0, 0, 10, 10, 0, 0, 0, 0, 0]
		);
		let seen: Vec<_> = (0..12).map(|at| Governance::delegated(at).unwrap()).collect();
		assert_eq!(seen, [0, 0, 0, 10, 10, 10, 15, 0, 0, 0, 0, 0]);
		assert_eq!(Governance::votes(&BEN, 11), Ok(0));
	});
}

#[test]
fn lookup_should_be_refused_when_the_block_is_not_past() {
	run(|| {
		wrap(ANN, 10);
		go_to(5);
		assert_ok!(Governance::votes(&ANN, 4));
		for at in [5, 6, u64::MAX] {
			assert_noop!(Governance::votes(&ANN, at), Error::<Test>::NotPast);
			assert_noop!(Governance::votes(&BEN, at), Error::<Test>::NotPast);
			assert_noop!(Governance::delegated(at), Error::<Test>::NotPast);
		}
	});
}

#[test]
fn votes_should_be_zero_when_they_came_and_went_in_one_block() {
	run(|| {
		go_to(4);
		wrap(ANN, 10_000);
		assert_eq!(votes(ANN), 10_000);
		assert_ok!(Governance::unwrap(signed(ANN), 10_000));
		go_to(6);
		assert_eq!((Governance::votes(&ANN, 4), Governance::delegated(4)), (Ok(0), Ok(0)));
	});
}

proptest! {
	#[test]
	fn lookup_should_equal_a_linear_search(
		changes in prop::collection::vec((0u64..4, any::<Balance>()), 0..120),
	) {
		sp_io::TestExternalities::default().execute_with(|| {
			let series = Series::Quorum(Kind::Treasury, Bound::Least);
			// What the value is from a block on.
			let mut history: Vec<(u64, Balance)> = vec![];
			for (blocks, value) in changes {
				System::set_block_number(now() + blocks);
				Governance::record(series.clone(), value);
				history.push((now(), value));
			}
			System::set_block_number(now() + 3);
			for at in 0..now() {
				let naive = history.iter().rev().find(|(block, _)| *block <= at);
				let naive = naive.map_or(0, |(_, value)| *value);
				prop_assert_eq!(Governance::past(&series, at), Ok(naive));
			}
			prop_assert_eq!(Governance::past(&series, now()), Err(Error::<Test>::NotPast.into()));
			Ok(())
		})?;
	}
}

/// A series of any changes: of each, the blocks since the one before, and the value.
fn changes() -> impl Strategy<Value = Vec<(u64, Balance)>> {
	let value = prop_oneof![0u128..4, any::<Balance>()];
	prop::collection::vec((0u64..4, value), 0..160)
}

proptest! {
	#[test]
	fn least_should_equal_a_linear_scan_when_any_window_is_asked_for(changes in changes()) {
		sp_io::TestExternalities::default().execute_with(|| {
			let series = Series::Quorum(Kind::Treasury, Bound::Least);
			// The value at the end of each block.
			let mut values: Vec<Balance> = vec![0];
			for (blocks, value) in changes {
				System::set_block_number(now() + blocks);
				Governance::record(series.clone(), value);
				values.resize(now() as usize + 1, values[values.len() - 1]);
				values[now() as usize] = value;
			}
			for at in 0..values.len() {
				for first in (0..=at).rev().step_by(1 + at / 16) {
					let naive = *values[first..=at].iter().min().unwrap();
					let least = Governance::least(&series, first as u64, at as u64);
					prop_assert_eq!(least, Ok(naive), "{} to {}", first, at);
				}
			}
			let all = values.iter().min().copied().unwrap();
			prop_assert_eq!(Governance::least(&series, 0, now()), Ok(all));
			Ok(())
		})?;
	}
}

/// Changes of a series, one in each block.
const CHANGES: u64 = 1_023;

#[test]
fn least_should_take_logarithmically_many_reads_when_every_block_had_a_change() {
	let series = Series::Votes(CAT);
	let mut most = 0;
	for first in (0..CHANGES).step_by(37).chain(CHANGES - 20..=CHANGES) {
		let prepare = || {
			for block in 1..=CHANGES {
				System::set_block_number(block);
				// It ends with the votes that she has.
				Governance::record(series.clone(), Balance::from(CHANGES - block));
			}
		};
		let asked = |()| Governance::least(&series, first, CHANGES).unwrap();
		let (touched, least) = testing::weights::record(new_test_ext(), prepare, asked);
		assert_eq!(least, 0);
		most = most.max(touched.count().reads);
	}
	// 4 * 10 - 6, and the newest itself.
	assert!((10..=35).contains(&most), "{most}");
}
