//! Votes to remove a member of the council: five sixths.

use super::*;
use crate::{Shortfall, Tally};
use proptest::prelude::*;
use sp_runtime::Perbill;

/// Of For and Against by Ann and Ben, with Cat's abstentions for the quorum.
fn outcome(kind: Kind, ayes: u128, nays: u128) -> State {
	let mut state = None;
	run(|| {
		wrap(ANN, ayes);
		wrap(BEN, nays);
		wrap(CAT, 60_000);
		go_to(2);
		let index = propose(CAT, kind, call()).unwrap();
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_ok!(vote(BEN, index, Side::Against));
		assert_ok!(vote(CAT, index, Side::Abstain));
		over(index);
		state = Some(self::state(index));
	});
	state.unwrap()
}

#[test]
fn removal_should_pass_when_five_sixths_are_for_it_and_fail_one_vote_below() {
	for sixth in [1u128, 2, 7, 333, 1_001, 10_000] {
		let state = |ayes, nays| outcome(Kind::CouncilRemoval, ayes, nays);
		assert_eq!(state(5 * sixth, sixth), State::Succeeded, "{sixth}");
		assert_eq!(state(5 * sixth - 1, sixth), State::Defeated, "{sixth}");
		assert_eq!(state(5 * sixth, sixth + 1), State::Defeated, "{sixth}");
		assert_eq!(outcome(Kind::Treasury, 5 * sixth - 1, sixth), State::Succeeded, "{sixth}");
	}
}

#[test]
fn removal_should_be_decided_by_single_votes_when_half_the_supply_votes() {
	const OPEN: u128 = 1_000_000_000_000_000_000;
	run(|| {
		let index = proposed(Kind::CouncilRemoval);
		let won = |ayes: u128, nays: u128| {
			let support = ayes;
			Tally::<Test> { ayes, nays, support, quorum: Some(1), ..tally(index) }.is_won()
		};
		for sixth in [OPEN, 1_000_000 * OPEN, 83_000_000 * OPEN] {
			assert!(won(5 * sixth, sixth));
			assert!(!won(5 * sixth - OPEN, sixth));
			assert!(!won(5 * sixth, sixth + OPEN));
		}
	});
}

#[test]
fn removal_should_have_a_quorum_of_its_own() {
	run(|| {
		// A tenth of 70,000.
		wrap(CAT, 6_999);
		let index = proposed(Kind::CouncilRemoval);
		open(index);
		assert_ok!(vote(CAT, index, Side::For));
		assert_eq!((tally(index).quorum, tally(index).has_quorum()), (Some(7_699), false));
		assert_ok!(vote(BEN, index, Side::Abstain));
		over(index);
		assert_eq!(state(index), State::Succeeded);
	});
}

proptest! {
	#[test]
	fn proposal_should_be_won_by_exact_arithmetic(
		ayes in 0u128..3_000,
		nays in 0u128..3_000,
		abstain in 0u128..3_000,
		quorum in 1u128..6_000,
		billionths in 500_000_000u32..=1_000_000_000,
	) {
		run(|| {
			let index = proposed(Kind::Treasury);
			let majority = Perbill::from_parts(billionths);
			let support = ayes + abstain;
			let tally =
				Tally::<Test> { ayes, nays, support, majority, quorum: Some(quorum), ..tally(index) };
			let enough = ayes * 1_000_000_000 >= u128::from(billionths) * (ayes + nays);
			assert_eq!(tally.is_won(), ayes > nays && enough && support >= quorum);
			// What it lacks is the first of the three that does not hold.
			assert_eq!(
				tally.shortfall(),
				match (support >= quorum, ayes > nays, enough) {
					(false, _, _) => Some(Shortfall::Quorum { missing: quorum - support }),
					(true, false, _) => Some(Shortfall::Majority),
					(true, true, false) => Some(Shortfall::Share { least: majority }),
					(true, true, true) => None,
				}
			);
			let unknown = Tally { quorum: None, ..tally };
			assert_eq!((unknown.is_won(), unknown.shortfall()), (false, None));
		});
	}
}
