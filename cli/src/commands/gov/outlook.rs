//! What comes next for a proposal, in words.

use openledger_client::{
	chain::governance::{Proposal, State},
	governance::Clock,
};

/// What comes next and when, and why.
pub(super) fn outlook(index: u32, proposal: &Proposal, lapses: bool, clock: &Clock) -> String {
	let tally = proposal.tally.as_ref();
	let lacks = proposal.shortfall.map(|shortfall| shortfall.text());
	match (proposal.state, tally) {
		(State::Pending, Some(tally)) if lapses => format!(
			"it lapses unless its call's preimage is noted by {}, as nobody can look at a call that is not on \
			 the chain; until then its proposer can take it back with `openledger gov cancel {index}`",
			clock.when(tally.snapshot)
		),
		(State::Pending, Some(tally)) => format!(
			"voting begins after {}; until then its proposer can take it back with `openledger gov \
			 cancel {index}`",
			clock.when(tally.snapshot)
		),
		(State::Active, Some(tally)) => {
			let mut text = format!("voting ends with {}; as it stands it ", clock.when(tally.end));
			match lacks {
				Some(lacks) => text.push_str(&format!("is defeated: {lacks}")),
				None => text.push_str("passes"),
			}
			let reached = tally.quorum.is_none_or(|quorum| tally.support >= quorum);
			if tally.extension > 0 && !reached {
				let window = clock.span(tally.extension);
				text.push_str(&format!(
					"; a quorum reached in the last {window}, gives as much time again"
				));
			}
			text
		},
		(State::Succeeded, _) => {
			let then =
				proposal.timelock.map(|blocks| format!(", then it waits {}", clock.span(blocks)));
			format!(
				"it is approved within a few blocks{}; if not, use `openledger gov poke {index}`",
				then.unwrap_or_default()
			)
		},
		(State::Queued, _) => {
			let when = proposal.enactment.map_or("soon".into(), |block| clock.when(block));
			format!("its call is dispatched: {when}; until then the security council can veto it")
		},
		(State::Defeated, _) => format!("nothing: {}", lacks.unwrap_or("nobody voted".into())),
		(State::Canceled, _) if proposal.vetoed => "nothing: the security council vetoed it".into(),
		(State::Canceled, _) => "nothing: it was taken back or stopped".into(),
		(State::Executed, _) => "nothing: its call was dispatched".into(),
		(State::Pending | State::Active, None) => "the chain does not say".into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::chain::governance::{Kind, Shortfall, Tally};

	const OPEN: u128 = 1_000_000_000_000_000_000;

	fn tally(support: u128) -> Tally {
		Tally {
			ayes: support,
			nays: 0,
			support,
			kind: Kind::Constitutional,
			snapshot: 103,
			holding_window: 2,
			end: 118,
			extension: 5,
			majority: 0,
			quorum: Some(100 * OPEN),
		}
	}

	fn missing(votes: u128) -> Option<Shortfall> {
		Some(Shortfall::Quorum { missing: votes * OPEN })
	}

	fn proposal(state: State, tally: Tally, shortfall: Option<Shortfall>) -> Proposal {
		Proposal {
			state,
			proposer: None,
			call: None,
			tally: Some(tally),
			shortfall,
			timelock: Some(8),
			enactment: (state == State::Queued).then_some(130),
			vetoed: false,
		}
	}

	fn told(proposal: &Proposal) -> String {
		outlook(7, proposal, false, &Clock { now: 100, block_time: 3_000 })
	}

	#[test]
	fn next_step_should_be_told_with_its_time_when_there_is_one() {
		let unknown = Tally { quorum: None, ..tally(0) };
		let pending = told(&proposal(State::Pending, unknown, None));
		assert!(pending.contains("after block 103, in 9 s"), "{pending}");
		assert!(pending.contains("gov cancel 7"), "{pending}");
		let absent = proposal(State::Pending, tally(0), None);
		let absent = outlook(7, &absent, true, &Clock { now: 100, block_time: 3_000 });
		assert!(absent.starts_with("it lapses unless"), "{absent}");
		assert!(absent.contains("noted by block 103, in 9 s"), "{absent}");
		let succeeded = told(&proposal(State::Succeeded, tally(101 * OPEN), None));
		assert!(succeeded.contains("8 blocks, 24 s"), "{succeeded}");
		let queued = told(&proposal(State::Queued, tally(101 * OPEN), None));
		assert!(queued.contains("block 130, in 1 min 30 s") && queued.contains("veto"), "{queued}");
	}

	#[test]
	fn active_proposal_should_tell_how_it_stands_when_votes_are_missing_or_enough() {
		let active = |tally, shortfall| told(&proposal(State::Active, tally, shortfall));
		let short = active(tally(25 * OPEN), missing(75));
		assert!(short.contains("block 118, in 54 s"), "{short}");
		assert!(
			short.contains("defeated: votes For or Abstain missing to the quorum: 75"),
			"{short}"
		);
		assert!(short.contains("last 5 blocks, 15 s"), "{short}");
		let lost = active(tally(100 * OPEN), Some(Shortfall::Majority));
		assert!(lost.contains("For is not more than Against"), "{lost}");
		assert!(!lost.contains("last 5 blocks"), "{lost}");
		let won = active(tally(101 * OPEN), None);
		assert!(won.contains("as it stands it passes"), "{won}");
		let extended = active(Tally { extension: 0, ..tally(0) }, missing(100));
		assert!(!extended.contains("as much time again"), "{extended}");
	}

	#[test]
	fn ended_proposal_should_tell_why_when_nothing_comes_next() {
		let defeated = told(&proposal(State::Defeated, tally(99 * OPEN), missing(1)));
		assert_eq!(defeated, "nothing: votes For or Abstain missing to the quorum: 1");
		let lapsed = told(&proposal(State::Defeated, tally(0), Some(Shortfall::Call)));
		assert!(lapsed.contains("was not on the chain at the snapshot"), "{lapsed}");
		let unvoted = Tally { quorum: None, ..tally(0) };
		let unvoted = told(&proposal(State::Defeated, unvoted, None));
		assert_eq!(unvoted, "nothing: nobody voted");
		let canceled = proposal(State::Canceled, tally(99 * OPEN), missing(1));
		let vetoed = Proposal { vetoed: true, ..canceled.clone() };
		assert!(told(&vetoed).contains("vetoed") && told(&canceled).contains("taken back"));
	}
}
