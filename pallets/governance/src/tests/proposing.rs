//! Who may propose, and what a proposal is when it was made.

use super::*;
use frame_support::traits::{schedule::DispatchTime, Bounded};
use frame_system::RawOrigin;

#[test]
fn proposal_should_be_made_when_the_proposer_has_the_threshold_at_the_block_before() {
	run(|| {
		wrap(ANN, THRESHOLD - 1);
		wrap(BEN, THRESHOLD);
		wrap(CAT, THRESHOLD + 1);
		// Not yet: at the end of the block before they had none.
		for who in [ANN, BEN, CAT] {
			assert_noop!(propose(who, Kind::Treasury, call()), DispatchError::BadOrigin);
		}
		go_to(2);
		// Too late for this block, and never mind what is gone again.
		wrap(ANN, 1);
		assert_ok!(Governance::unwrap(signed(CAT), THRESHOLD + 1));
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_ok!(propose(BEN, Kind::Treasury, call()), 0);
		assert_ok!(propose(CAT, Kind::Constitutional, call()), 1);
		go_to(3);
		assert_ok!(propose(ANN, Kind::CouncilRemoval, call()), 2);
		assert_noop!(propose(CAT, Kind::Treasury, call()), DispatchError::BadOrigin);
	});
}

#[test]
fn votes_of_a_delegate_should_count_for_the_threshold_and_not_those_of_its_delegators() {
	run(|| {
		wrap(ANN, THRESHOLD);
		assert_ok!(Governance::set_delegate(signed(ANN), BEN));
		go_to(2);
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_ok!(propose(BEN, Kind::Treasury, call()));
	});
}

#[test]
fn threshold_should_be_the_one_in_force_when_it_was_changed() {
	run(|| {
		wrap(ANN, THRESHOLD);
		go_to(2);
		assert_ok!(set(|parameters| parameters.proposal_threshold = THRESHOLD + 1));
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_ok!(set(|parameters| parameters.proposal_threshold = THRESHOLD));
		assert_ok!(propose(ANN, Kind::Treasury, call()));
	});
}

#[test]
fn proposal_should_be_refused_when_no_account_makes_it() {
	run(|| {
		voters();
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let call = Bounded::Inline(Default::default());
			let kind = origin_of(Kind::Treasury);
			let refused = Referenda::submit(origin, kind, call, DispatchTime::After(0));
			assert_noop!(refused, DispatchError::BadOrigin);
		}
	});
}

#[test]
fn proposal_should_be_refused_when_its_origin_is_of_no_kind() {
	run(|| {
		voters();
		let origin = Box::new(OriginCaller::system(RawOrigin::Signed(CAT)));
		let call = Bounded::Inline(Default::default());
		assert_noop!(
			Referenda::submit(signed(ANN), origin, call, DispatchTime::After(0)),
			pallet_referenda::Error::<Test>::NoTrack
		);
	});
}

#[test]
fn tally_should_have_the_dates_and_rules_of_the_parameters_when_a_proposal_is_made() {
	run(|| {
		voters();
		let start = now();
		// No account has more than three.
		for (kind, by) in Kind::ALL.into_iter().zip([ANN, ANN, ANN, BEN, BEN]) {
			let tally = tally(propose(by, kind, call()).unwrap());
			assert_eq!((tally.ayes, tally.nays, tally.support), (0, 0, 0));
			assert_eq!((tally.kind, tally.quorum), (kind, None));
			assert_eq!((tally.snapshot, tally.end), (start + DELAY, start + DELAY + PERIOD));
			assert_eq!(tally.extension, WINDOW);
			let removal = kind == Kind::CouncilRemoval;
			let majority = if removal { parameters().removal_majority } else { Default::default() };
			assert_eq!(tally.majority, majority);
		}
		assert_eq!(Balances::reserved_balance(ANN), held(ANN) + 3 * DEPOSIT);
	});
}

#[test]
fn identical_proposal_of_somebody_else_should_not_stop_ones_own() {
	run(|| {
		voters();
		let front_run = propose(BEN, Kind::Treasury, call()).unwrap();
		let index = propose(ANN, Kind::Treasury, call()).unwrap();
		assert_ne!(index, front_run);
		assert_ok!(Governance::cancel(signed(BEN), front_run));
		assert_noop!(Governance::cancel(signed(BEN), index), Error::<Test>::NotProposer);
		assert_eq!((state(front_run), state(index)), (State::Canceled, State::Pending));
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		go_to(now() + 1);
		assert_eq!(state(index), State::Queued);
	});
}
