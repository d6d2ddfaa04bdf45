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
		let newest = Checkpoint { block: 4, value: 28, position: 1 };
		assert_eq!(Latest::<Test>::get(&series), Some(newest));
		assert_eq!(Earlier::<Test>::iter_prefix(&series).collect::<Vec<_>>(), [(0, (1, 10))]);
		go_to(5);
		assert_eq!(Governance::votes(&ANN, 4), Ok(28));
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
		let seen: Vec<_> = (0..12).map(|at| Governance::votes(&ANN, at).unwrap()).collect();
		assert_eq!(seen, [0, 0, 0, 10, 10, 10, 15, 0, 0, 0, 0, 0]);
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
