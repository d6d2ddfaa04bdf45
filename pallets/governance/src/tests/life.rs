//! A proposal in every block from its submission to its end.

use super::*;

/// The states of a proposal from now on, and for how many blocks each lasts.
fn states(index: u32, blocks: u64) -> Vec<(State, u64)> {
	let mut seen: Vec<(State, u64)> = vec![];
	for _ in 0..blocks {
		let state = state(index);
		match seen.last_mut() {
			Some((last, count)) if *last == state => *count += 1,
			_ => seen.push((state, 1)),
		}
		go_to(now() + 1);
	}
	seen
}

#[test]
fn proposal_should_pass_every_state_when_it_is_voted_for() {
	for (kind, timelock) in [
		(Kind::Constitutional, TIMELOCK),
		(Kind::Treasury, TREASURY_TIMELOCK),
		(Kind::CouncilRemoval, REMOVAL_TIMELOCK),
		(Kind::MediumSpender, MEDIUM_TIMELOCK),
		(Kind::BigSpender, BIG_TIMELOCK),
	] {
		run(|| {
			let index = proposed(kind);
			// The block of the submission, the delay with the snapshot.
			assert_eq!(states(index, DELAY + 1), [(State::Pending, DELAY + 1)]);
			assert_ok!(vote(ANN, index, Side::For));
			assert_eq!(states(index, PERIOD - 1), [(State::Active, PERIOD - 1)]);
			assert_ok!(vote(BEN, index, Side::Abstain));
			let rest = states(index, 30);
			assert_eq!(
				rest,
				[
					(State::Active, 1),
					(State::Succeeded, 1),
					(State::Queued, timelock),
					(State::Executed, 28 - timelock)
				]
			);
			assert!(dispatched());
		});
	}
}

#[test]
fn proposal_should_be_defeated_when_votes_or_voters_are_missing() {
	for votes in [&[][..], &[(BEN, Side::For)], &[(ANN, Side::Against), (BEN, Side::For)]] {
		run(|| {
			let index = proposed(Kind::Treasury);
			assert_eq!(states(index, DELAY + 1), [(State::Pending, DELAY + 1)]);
			for (who, side) in votes {
				assert_ok!(vote(*who, index, *side));
			}
			assert_eq!(
				states(index, 40),
				[(State::Active, PERIOD), (State::Defeated, 40 - PERIOD)]
			);
			assert!(!runs(index));
			assert!(!dispatched());
		});
	}
}

#[test]
fn proposal_should_be_canceled_when_it_is_taken_back_or_vetoed() {
	run(|| {
		let index = proposed(Kind::Treasury);
		assert_eq!(states(index, DELAY), [(State::Pending, DELAY)]);
		assert_ok!(Governance::cancel(signed(ANN), index));
		assert_eq!(states(index, 40), [(State::Canceled, 40)]);
		assert!(!dispatched());
	});
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(
			states(index, PERIOD + 2),
			[(State::Active, PERIOD), (State::Succeeded, 1), (State::Queued, 1)]
		);
		assert_ok!(Governance::veto(signed(COUNCIL), index));
		assert_eq!(states(index, 40), [(State::Canceled, 40)]);
		assert!(!dispatched());
	});
}

#[test]
fn proposal_should_be_active_longer_when_the_quorum_is_late() {
	run(|| {
		let index = proposed(Kind::Treasury);
		go_to(tally(index).end);
		assert_ok!(vote(ANN, index, Side::For));
		assert_eq!(
			states(index, WINDOW + 3),
			[(State::Active, WINDOW + 1), (State::Succeeded, 1), (State::Queued, 1)]
		);
	});
}

#[test]
fn proposal_should_succeed_until_somebody_pokes_it_when_its_end_was_not_scheduled() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		// As with a full agenda: the task is gone.
		pallet_scheduler::Agenda::<Test>::remove(tally(index).end + 1);
		assert_eq!(states(index, PERIOD + 2), [(State::Active, PERIOD), (State::Succeeded, 2)]);
		assert_ok!(Governance::poke(signed(STRANGER), index));
		assert_eq!(
			states(index, 3 + TREASURY_TIMELOCK),
			[(State::Succeeded, 1), (State::Queued, TREASURY_TIMELOCK), (State::Executed, 2)]
		);
	});
}
