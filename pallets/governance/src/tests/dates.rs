//! A proposal lives by the dates and rules of the block in which it was made, whatever is changed since.

use super::*;
use crate::LongestLife;
use proptest::prelude::*;
use sp_runtime::Perbill;

/// Delay, period and window: shorter, longer, and as long in all but otherwise divided.
const PERIODS: [(u64, u64, u64); 9] = [
	(1, 1, 1),
	(1, PERIOD, WINDOW),
	(DELAY, 2, 1),
	(DELAY, PERIOD, 1),
	(100, PERIOD, WINDOW),
	(DELAY, 200, WINDOW),
	(DELAY, PERIOD, PERIOD),
	(PERIOD, DELAY, WINDOW),
	(1, PERIOD + DELAY, 1),
];

fn set_periods((delay, period, window): (u64, u64, u64)) {
	assert_ok!(set(|p| {
		(p.voting_delay, p.voting_period, p.late_quorum_window) = (delay, period, window);
		p.holding_window = HOLDING.min(delay);
	}));
}

/// A proposal that Ann votes for in block `first` after it was made; `change` is made in block `at` after
/// it was made, a stranger may meddle. It is to end as without.
fn unmoved(first: u64, at: u64, stranger: bool, change: impl Fn()) {
	run(|| {
		let index = proposed(Kind::Treasury);
		let start = now();
		let before = tally(index);
		let end = start + DELAY + PERIOD;
		let late = start + first > end - WINDOW;
		let end = if late { start + first + WINDOW } else { end };
		while now() <= end {
			if now() == start + at {
				change();
			}
			if now() == start + first {
				assert_ok!(vote(ANN, index, Side::For));
			}
			if stranger {
				meddle(index);
				// As pallet-referenda's alarms do.
				let _ = Referenda::nudge_referendum(RuntimeOrigin::root(), index);
			}
			assert!(runs(index), "ended early, in block {} of {end}", now());
			let expected = if now() <= before.snapshot { State::Pending } else { State::Active };
			assert_eq!(state(index), expected);
			assert_eq!(
				(tally(index).snapshot, tally(index).majority),
				(before.snapshot, before.majority)
			);
			go_to(now() + 1);
		}
		assert_eq!(state(index), State::Succeeded);
		go_to(end + 2);
		assert_eq!(state(index), State::Queued);
	});
}

#[test]
fn proposal_should_end_on_time_when_periods_change_while_it_runs() {
	for periods in PERIODS {
		for first in [DELAY + 1, DELAY + PERIOD - 3, DELAY + PERIOD] {
			for at in [0, 1, DELAY, DELAY + 2, DELAY + PERIOD] {
				for deposit in [false, true] {
					unmoved(first, at, deposit, || set_periods(periods));
				}
			}
		}
	}
}

#[test]
fn proposal_should_be_rejected_on_time_when_periods_change_while_it_runs() {
	for periods in PERIODS {
		run(|| {
			let index = proposed(Kind::Treasury);
			let end = tally(index).end;
			open(index);
			assert_ok!(vote(BEN, index, Side::Against));
			set_periods(periods);
			go_to(end);
			assert!(runs(index));
			go_to(end + 1);
			assert!(!runs(index));
			assert_eq!(state(index), State::Defeated);
		});
	}
}

#[test]
fn proposal_should_wait_for_votes_to_its_end_when_periods_change_and_nobody_voted() {
	for periods in PERIODS {
		run(|| {
			let index = proposed(Kind::Treasury);
			let end = tally(index).end;
			go_to(now() + 1);
			set_periods(periods);
			go_to(end);
			assert!(runs(index));
			go_to(end + 1);
			assert_eq!((state(index), runs(index)), (State::Defeated, false));
		});
		run(|| {
			// Without the poke that is scheduled, once the longer of both lives is over.
			let index = proposed(Kind::Treasury);
			let start = now();
			let end = tally(index).end;
			set_periods(periods);
			go_to(end);
			pallet_scheduler::Agenda::<Test>::remove(end + 1);
			let (delay, period, window) = periods;
			let life = (delay + period + window + 2).max(DELAY + PERIOD + WINDOW + 2);
			go_to(start + life);
			assert!(!runs(index));
			assert_eq!(state(index), State::Defeated);
		});
	}
}

#[test]
fn window_and_majority_should_be_the_old_ones_when_they_change_while_it_runs() {
	run(|| {
		let index = proposed(Kind::CouncilRemoval);
		let end = tally(index).end;
		assert_ok!(set(|p| {
			p.late_quorum_window = 9;
			p.removal_majority = Perbill::one();
		}));
		go_to(end);
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(tally(index).end, end + WINDOW);
		// Five sevenths are too few, before and after.
		assert_ok!(vote(BEN, index, Side::Against));
		assert!(!tally(index).is_won());
		assert_ok!(set(|p| p.removal_majority = Perbill::from_percent(50)));
		over(index);
		assert_eq!(state(index), State::Defeated);
	});
	run(|| {
		wrap(CAT, 1);
		let index = proposed(Kind::CouncilRemoval);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_ok!(vote(CAT, index, Side::Against));
		assert_ok!(set(|p| p.removal_majority = Perbill::one()));
		over(index);
		assert_eq!(state(index), State::Succeeded);
	});
}

#[test]
fn dates_should_be_the_new_ones_when_the_proposal_is_made_after_the_change() {
	run(|| {
		voters();
		set_periods((1, 2, 1));
		let start = now();
		let index = propose(ANN, Kind::Treasury, call()).unwrap();
		assert_eq!((tally(index).snapshot, tally(index).end), (start + 1, start + 3));
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		go_to(start + 4);
		assert_eq!(state(index), State::Succeeded);
		go_to(start + 5);
		assert_eq!(state(index), State::Queued);
	});
}

#[test]
fn longest_life_should_last_as_long_as_proposals_made_before() {
	run(|| {
		let life = DELAY + PERIOD + WINDOW + 2;
		assert_eq!((LongestLife::<Test>::get(), Governance::longest_life()), (None, 0));
		go_to(5);
		set_periods((1, 1, 1));
		assert_eq!(Governance::longest_life(), life);
		// It is not forgotten by a second change.
		go_to(10);
		set_periods((1, 2, 1));
		assert_eq!(LongestLife::<Test>::get(), Some((10 + life, life)));
		go_to(10 + life);
		assert_eq!(Governance::longest_life(), life);
		go_to(11 + life);
		assert_eq!(Governance::longest_life(), 0);
		// Changes of something else need none.
		LongestLife::<Test>::kill();
		assert_ok!(set(|p| p.proposal_threshold += 1));
		assert_eq!(LongestLife::<Test>::get(), None);
		// Nor much longer periods.
		set_periods((100, 100, 100));
		assert_eq!(LongestLife::<Test>::get(), None);
	});
}

proptest! {
	#[test]
	fn proposal_should_end_as_it_would_when_anything_is_changed_at_any_time(
		first in 1u64..=PERIOD,
		for_it in any::<bool>(),
		changes in prop::collection::vec((0u64..25, 1u64..30, 1u64..30, 1u64..30, any::<bool>()), 0..6),
	) {
		run(|| {
			let index = proposed(Kind::Treasury);
			let start = now();
			let first = start + DELAY + first;
			let mut end = start + DELAY + PERIOD;
			if for_it && first + WINDOW > end {
				end = first + WINDOW;
			}
			while now() <= end {
				for (at, delay, period, window, stranger) in &changes {
					if now() == start + at {
						set_periods((*delay, *period, *(window.min(period))));
						if *stranger {
							meddle(index);
							let _ = Referenda::nudge_referendum(RuntimeOrigin::root(), index);
						}
					}
				}
				if now() == first {
					assert_ok!(vote(ANN, index, if for_it { Side::For } else { Side::Against }));
				}
				assert!(runs(index));
				go_to(now() + 1);
			}
			assert_eq!(runs(index), for_it);
			go_to(now() + 1);
			assert_eq!(state(index), if for_it { State::Queued } else { State::Defeated });
		});
	}
}
