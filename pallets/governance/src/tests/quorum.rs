//! The quorum: a share of the delegated votes at the snapshot, within limits.

use super::*;
use crate::types::Balance;
use proptest::prelude::*;
use sp_runtime::Permill;

/// The quorum of a proposal made where so many votes are delegated.
fn quorum(kind: Kind, delegated: Balance) -> Balance {
	let mut quorum = None;
	run(|| {
		for who in [ANN, BEN, CAT, DAN] {
			let amount = (START - 1 - DEPOSIT).min(delegated - self::delegated());
			if amount > 0 {
				wrap(who, amount);
			}
		}
		assert_eq!(self::delegated(), delegated);
		go_to(2);
		let index = propose(ANN, kind, call()).unwrap();
		open(index);
		assert_ok!(vote(ANN, index, Side::Against));
		quorum = tally(index).quorum;
	});
	quorum.unwrap()
}

#[test]
fn quorum_should_be_a_share_of_delegated_votes_within_its_limits() {
	use Kind::{BigSpender, Constitutional, CouncilRemoval, MediumSpender, Treasury};
	let cases = [
		// Half, and no less than 15,000, no more than 45,000.
		(Constitutional, 100, 15_000),
		(Constitutional, 29_998, 15_000),
		(Constitutional, 30_000, 15_000),
		(Constitutional, 30_002, 15_001),
		(Constitutional, 89_998, 44_999),
		(Constitutional, 90_000, 45_000),
		(Constitutional, 90_002, 45_000),
		(Constitutional, 350_000, 45_000),
		// Two fifths, and no less than 10,000, no more than 30,000.
		(Treasury, 25_000, 10_000),
		(Treasury, 25_005, 10_002),
		(Treasury, 74_995, 29_998),
		(Treasury, 75_005, 30_000),
		// Who spends more needs more.
		(MediumSpender, 20_000, 12_500),
		(MediumSpender, 50_000, 22_500),
		(MediumSpender, 350_000, 37_500),
		(BigSpender, 100, 15_000),
		(BigSpender, 30_002, 15_001),
		(BigSpender, 350_000, 45_000),
		// A tenth, and no less than 1,000.
		(CouncilRemoval, 9_000, 1_000),
		(CouncilRemoval, 10_010, 1_001),
		(CouncilRemoval, 350_000, 35_000),
	];
	for (kind, delegated, expected) in cases {
		assert_eq!(quorum(kind, delegated), expected, "{kind:?} of {delegated}");
	}
}

#[test]
fn quorum_should_not_count_what_the_treasury_or_nobody_votes_with() {
	run(|| {
		voters();
		wrap(CAT, 90_000);
		assert_ok!(Governance::set_delegate(signed(CAT), TREASURY));
		// Wrapped, but delegated to nobody.
		assert_ok!(Governance::wrap(signed(DAN), 90_000));
		let index = propose(ANN, Kind::Constitutional, call()).unwrap();
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(tally(index).quorum, Some(70_000 / 2));
	});
}

#[test]
fn quorum_should_be_that_of_the_snapshot_when_it_is_fixed_by_a_later_vote() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		let other = propose(ANN, Kind::Constitutional, call()).unwrap();
		open(index);
		wrap(CAT, 80_000);
		assert_ok!(Governance::unwrap(signed(BEN), 20_000));
		assert_ok!(vote(ANN, index, Side::For));
		go_to(now() + 5);
		assert_ok!(Governance::undelegate(signed(CAT), 0));
		assert_ok!(vote(BEN, other, Side::For));
		assert_eq!((tally(index).quorum, tally(other).quorum), (Some(35_000), Some(35_000)));
	});
}

#[test]
fn limits_should_be_those_of_their_block_when_they_are_looked_up_later() {
	run(|| {
		// Thirty delegated: the least counts.
		wrap(ANN, 30);
		let limits = |at| Governance::quorum_at(Kind::Treasury, at).unwrap();
		go_to(3);
		assert_ok!(set_quorums(|quorum| quorum.least = 20_000));
		go_to(5);
		assert_ok!(set_quorums(|quorum| quorum.least = 700));
		assert_ok!(set_quorums(|quorum| quorum.least = 800));
		go_to(8);
		let seen: Vec<_> = (1..8).map(limits).collect();
		assert_eq!(seen, [10_000, 10_000, 20_000, 20_000, 800, 800, 800]);
		// And now so many that the most counts, and the share.
		wrap(BEN, 99_970);
		go_to(9);
		assert_eq!((limits(7), limits(8)), (800, 30_000));
		assert_ok!(set_quorums(|quorum| quorum.most = 25_000));
		go_to(10);
		assert_ok!(set_quorums(|quorum| quorum.share = Permill::from_percent(1)));
		go_to(11);
		assert_eq!((limits(8), limits(9), limits(10)), (30_000, 25_000, 1_000));
		// Other kinds have their own.
		assert_eq!(Governance::quorum_at(Kind::CouncilRemoval, 10), Ok(10_000));
		let error = DispatchError::from(Error::<Test>::NotPast);
		assert_eq!(Governance::quorum_at(Kind::Treasury, 11), Err(error));
	});
}

#[test]
fn defeated_proposal_should_stay_defeated_when_the_quorum_is_lowered_later() {
	run(|| {
		let lower = || set_quorums(|quorum| quorum.least = 1);
		let share = |percent| set_quorums(|quorum| quorum.share = Permill::from_percent(percent));
		let index = proposed(Kind::Constitutional);
		open(index);
		// 20,000 of 35,000.
		assert_ok!(vote(BEN, index, Side::For));
		assert_ok!(lower());
		assert_ok!(share(1));
		go_to(tally(index).end);
		assert_ok!(share(2));
		assert_eq!(tally(index).quorum, Some(35_000));
		over(index);
		assert_eq!(state(index), State::Defeated);
		go_to(now() + 30);
		assert_eq!(state(index), State::Defeated);
		assert!(!dispatched());
	});
	run(|| {
		// On which nobody voted while it was high.
		let index = proposed(Kind::Constitutional);
		open(index);
		assert_ok!(set_quorums(|quorum| quorum.least = 1));
		go_to(tally(index).end);
		assert_ok!(vote(BEN, index, Side::For));
		over(index);
		assert_eq!(state(index), State::Defeated);
	});
}

#[test]
fn quorum_should_be_the_changed_one_when_it_changes_by_the_snapshot() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		go_to(tally(index).snapshot);
		assert_ok!(set_quorums(|quorum| quorum.most = 20_000));
		open(index);
		assert_ok!(vote(BEN, index, Side::For));
		assert_eq!(tally(index).quorum, Some(20_000));
		over(index);
		assert_eq!(state(index), State::Succeeded);
	});
}

#[test]
fn few_should_not_pass_anything_when_little_is_wrapped() {
	run(|| {
		// All there is votes For, and is not enough.
		wrap(ANN, 9_999);
		go_to(2);
		let index = propose(ANN, Kind::Treasury, call()).unwrap();
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		go_to(now() + 1);
		assert_eq!(state(index), State::Defeated);
	});
}

#[test]
fn abstentions_should_not_decide_when_they_are_bought() {
	run(|| {
		wrap(CAT, 1);
		let index = proposed(Kind::Constitutional);
		open(index);
		// Somebody with one vote finds a quorum of abstentions, in the last block.
		assert_ok!(vote(CAT, index, Side::For));
		go_to(tally(index).end);
		assert_ok!(vote(ANN, index, Side::Abstain));
		// The others have until the end of the window, and against one vote they need two.
		assert_eq!(tally(index).end, now() + WINDOW);
		go_to(tally(index).end);
		assert_ok!(vote(BEN, index, Side::Against));
		over(index);
		assert_eq!(state(index), State::Defeated);
	});
}

proptest! {
	#[test]
	fn quorum_should_stay_within_its_limits_when_anybody_wraps_around_the_snapshot(
		amounts in prop::collection::vec((0usize..6, 1u128..START, any::<bool>(), 0u64..3), 0..20),
	) {
		run(|| {
			wrap(ANN, THRESHOLD);
			go_to(2);
			let index = propose(ANN, Kind::Constitutional, call()).unwrap();
			let snapshot = tally(index).snapshot;
			for (who, amount, add, blocks) in amounts {
				let who = ACCOUNTS[who];
				let _ = Governance::set_delegate(signed(who), who);
				let _ = match add {
					true => Governance::wrap(signed(who), amount),
					false => Governance::unwrap(signed(who), amount.min(Units::<Test>::get(who))),
				};
				go_to(now() + blocks);
			}
			go_to(snapshot + 1);
			let quorum = Governance::quorum_at(Kind::Constitutional, snapshot).unwrap();
			assert!((15_000..=45_000).contains(&quorum), "{quorum}");
		});
	}
}
