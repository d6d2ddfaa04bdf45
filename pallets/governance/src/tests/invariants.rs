//! The checks of the state see what is wrong.

use super::*;
use crate::{
	Bound, Checkpoint, Delegates, Earlier, Enactment, Open, Parameters, Record, Settling, Snapshots,
};
use sp_runtime::TryRuntimeError;

/// The first broken invariant after `breaking` a state with votes, checkpoints and a running vote.
fn broken(breaking: impl FnOnce(u32)) -> &'static str {
	let mut found = None;
	// On the state alone: the chain would check it afterwards.
	new_test_ext().state().execute_with(|| {
		System::set_block_number(1);
		let index = proposed(Kind::Treasury);
		open(index);
		wrap(BEN, 5);
		vote(ANN, index, Side::For).unwrap();
		Governance::do_try_state().unwrap();
		breaking(index);
		found = Governance::do_try_state().err();
	});
	match found {
		Some(TryRuntimeError::Other(message)) => message,
		Some(TryRuntimeError::Module(error)) => error.message.unwrap(),
		other => panic!("found {other:?}"),
	}
}

#[test]
fn check_should_fail_when_units_are_wrong() {
	let held = "units are not what is on hold";
	assert_eq!(broken(|_| Units::<Test>::insert(CAT, 1)), held);
	assert_eq!(broken(|_| Units::<Test>::insert(ANN, 0)), held);
	assert_eq!(broken(|_| Units::<Test>::remove(ANN)), "the total is not the sum of units");
}

#[test]
fn check_should_fail_when_votes_are_wrong() {
	let set = |series: Series<u64>, value| {
		Latest::<Test>::mutate(series, |newest| newest.as_mut().unwrap().value = value);
	};
	assert_eq!(broken(|_| set(Series::Wrapped, 1)), "the total is not the sum of units");
	let delegated = "the delegated votes are not the sum of what is delegated";
	assert_eq!(broken(|_| set(Series::Delegated, 1)), delegated);
	assert_eq!(broken(|_| Delegates::<Test>::remove(ANN)), delegated);
	let votes = "votes are not the sum of units delegated";
	assert_eq!(broken(|_| set(Series::Votes(ANN), 1)), votes);
	assert_eq!(broken(|_| Delegates::<Test>::insert(ANN, BEN)), votes);
	assert_eq!(
		broken(|_| Latest::<Test>::remove(Series::Votes(ANN))),
		"delegated units without votes"
	);
}

#[test]
fn check_should_fail_when_checkpoints_are_wrong() {
	let ben = Series::Votes(BEN);
	let order = "checkpoints out of order";
	let at = |block, position| Checkpoint { block, value: 0, position, jump: 0, low: 0 };
	assert_eq!(broken(|_| Earlier::<Test>::insert(&ben, 0, at(99, 0))), order);
	let place = "a checkpoint is in another place";
	assert_eq!(broken(|_| Earlier::<Test>::insert(&ben, 0, at(1, 1))), place);
	let change = |change: fn(&mut Checkpoint<u64>)| {
		let ben = ben.clone();
		broken(move |_| Latest::<Test>::mutate(&ben, |newest| change(newest.as_mut().unwrap())))
	};
	assert_eq!(change(|newest| newest.jump = 1), "a checkpoint points to a later one");
	assert_eq!(change(|newest| newest.low -= 1), "the least value of checkpoints is wrong");
	assert_eq!(broken(|_| Earlier::<Test>::remove(&ben, 0)), "a checkpoint is missing");
	assert_eq!(broken(|_| Earlier::<Test>::insert(&ben, 7, at(1, 7))), "checkpoints of no series");
	let future = |_| {
		Latest::<Test>::mutate(&ben, |newest| newest.as_mut().unwrap().block = 99);
	};
	assert_eq!(broken(future), "a checkpoint of the future");
	let quorum = Series::Quorum(Kind::Treasury, Bound::Least);
	let other = Checkpoint { block: 0, value: 1, position: 0, jump: 0, low: 1 };
	let recorded = "a parameter is not the one recorded";
	for series in [quorum, Series::HoldingWindow] {
		assert_eq!(broken(|_| Latest::<Test>::insert(series, other)), recorded);
	}
}

#[test]
fn check_should_fail_when_a_tally_is_wrong() {
	let tally = "a tally is not the sum of its ballots";
	assert_eq!(broken(|index| Ballots::<Test>::remove(index, ANN)), tally);
	let ballot = |side, weight| crate::Ballot { side, weight };
	assert_eq!(
		broken(|index| Ballots::<Test>::insert(index, CAT, ballot(Side::Against, 1))),
		tally
	);
	let kept = |index| {
		Records::<Test>::mutate(index, |record| {
			let Record { tally, .. } = record.as_mut().unwrap();
			tally.ayes += 1;
		});
	};
	assert_eq!(broken(kept), "a tally is not the one kept");
}

#[test]
fn check_should_fail_when_open_proposals_are_wrong() {
	assert_eq!(broken(|_| Open::<Test>::remove(ANN)), "an open proposal is not its proposer's");
	let at = |block: u64, index: u32| Snapshots::<Test>::insert(block, bounded(index));
	assert_eq!(broken(|_| at(1, 9)), "a snapshot was not gone over");
	let entered = "a proposal is not among those of its snapshot";
	assert_eq!(broken(|index| at(tally(index).snapshot, index)), entered);
	let other = |_| Open::<Test>::insert(BEN, bounded::<frame_support::traits::ConstU32<3>>(9));
	assert_eq!(broken(other), "an open proposal does not exist");
	let pinned = |index| Pinned::<Test>::insert(index, hash_of(&call()));
	assert_eq!(broken(pinned), "a call is voted on that is not kept");
}

fn bounded<S: sp_runtime::traits::Get<u32>>(index: u32) -> frame_support::BoundedVec<u32, S> {
	frame_support::BoundedVec::truncate_from(vec![index])
}

#[test]
fn check_should_fail_when_other_items_are_wrong() {
	assert_eq!(broken(|_| Settling::<Test>::put(true)), "the transient item outlived its call");
	let pinned = |_| Pinned::<Test>::insert(9, hash_of(&call()));
	assert_eq!(broken(pinned), "a pinned preimage may be taken away");
	let due = |index| Enactments::<Test>::insert(index, Enactment { at: 1, preimage: None });
	assert_eq!(broken(due), "due but not approved");
	let refused = broken(|_| {
		Parameters::<Test>::mutate(|parameters| parameters.as_mut().unwrap().voting_delay = 0);
	});
	assert_eq!(refused, "PeriodOutOfRange");
}
