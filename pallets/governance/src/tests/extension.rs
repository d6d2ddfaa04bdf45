//! A quorum reached late gives the others time.

use super::*;

/// A constitutional proposal on which Ann, who alone reaches the quorum, votes so many blocks before its
/// end; and the end that it had.
fn reached(before: u64, side: Side) -> (u32, u64) {
	wrap(CAT, 60_000);
	let index = proposed(Kind::Constitutional);
	let end = tally(index).end;
	go_to(end - before);
	// 45,000 are needed.
	assert_ok!(vote(ANN, index, side));
	assert!(happened(Event::QuorumReached { index, block: end - before }));
	(index, end)
}

#[test]
fn end_should_stay_when_the_quorum_is_reached_in_time() {
	for before in [WINDOW, WINDOW + 1, PERIOD - 1] {
		run(|| {
			let (index, end) = reached(before, Side::For);
			assert_eq!((tally(index).end, tally(index).extension), (end, WINDOW));
			assert!(!happened(Event::Extended { index, end: end - before + WINDOW }));
			over(index);
			assert_eq!((now(), state(index)), (end + 1, State::Succeeded));
		});
	}
}

#[test]
fn end_should_move_when_the_quorum_is_reached_late() {
	for (before, side) in [(WINDOW - 1, Side::For), (0, Side::For), (0, Side::Abstain)] {
		run(|| {
			let (index, end) = reached(before, side);
			let later = end - before + WINDOW;
			assert_eq!((tally(index).end, tally(index).extension), (later, 0));
			assert!(happened(Event::Extended { index, end: later }));
			assert_eq!(Records::<Test>::get(index).unwrap().tally.end, later);
			go_to(end + 1);
			// The poke of the old end is too early.
			assert_eq!(state(index), State::Active);
			assert_noop!(Governance::poke(signed(BEN), index), Error::<Test>::VotingNotOver);
			go_to(later);
			assert_ok!(vote(BEN, index, Side::For));
			go_to(later + 1);
			assert_eq!(state(index), State::Succeeded);
			go_to(later + 2);
			assert_eq!(state(index), State::Queued);
		});
	}
}

#[test]
fn end_should_move_once_when_more_votes_follow() {
	run(|| {
		let (index, end) = reached(0, Side::Abstain);
		let later = end + WINDOW;
		go_to(later);
		assert_ok!(vote(BEN, index, Side::For));
		assert_ok!(vote(CAT, index, Side::For));
		assert_eq!(tally(index).end, later);
		over(index);
		assert_eq!((now(), state(index)), (later + 1, State::Succeeded));
	});
}

#[test]
fn end_should_not_move_when_votes_are_late_but_the_quorum_is_missed_or_old() {
	run(|| {
		wrap(CAT, 60_000);
		let index = proposed(Kind::Constitutional);
		let end = tally(index).end;
		go_to(end);
		assert_ok!(vote(BEN, index, Side::For));
		// Against does not count for it.
		assert_ok!(vote(CAT, index, Side::Against));
		assert_eq!(tally(index).end, end);
	});
	run(|| {
		let (index, end) = reached(WINDOW, Side::Abstain);
		go_to(end);
		assert_ok!(vote(CAT, index, Side::For));
		assert_eq!(tally(index).end, end);
	});
}

#[test]
fn proposal_should_lose_when_the_others_use_the_time() {
	run(|| {
		let (index, end) = reached(0, Side::For);
		go_to(end + 1);
		assert_ok!(vote(BEN, index, Side::Against));
		go_to(end + WINDOW);
		assert_ok!(vote(CAT, index, Side::Against));
		over(index);
		assert_eq!(state(index), State::Defeated);
		assert!(!runs(index));
	});
}
