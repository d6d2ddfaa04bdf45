//! What comes next for a proposal, in words.

use openledger_client::{
	chain::governance::{Proposal, State},
	governance::{shortfall, Clock},
};

/// Says what comes next, when and why. `timelock` is in blocks, and `vetoed` tells whether the security
/// council stopped the proposal.
pub(super) fn outlook(
	index: u32,
	proposal: &Proposal,
	timelock: Option<u32>,
	vetoed: bool,
	clock: &Clock,
) -> String {
	let tally = proposal.tally.as_ref();
	let lacks = tally.and_then(shortfall).map(|shortfall| shortfall.text());
	match (proposal.state, tally) {
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
			let then = timelock.map(|blocks| format!(", then it waits {}", clock.span(blocks)));
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
		(State::Canceled, _) if vetoed => "nothing: the security council vetoed it".into(),
		(State::Canceled, _) => "nothing: it was taken back or stopped".into(),
		(State::Executed, _) => "nothing: its call was dispatched".into(),
		(State::Pending | State::Active, None) => "the chain does not say".into(),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::chain::governance::{Kind, Tally};

	const OPEN: u128 = 1_000_000_000_000_000_000;

	fn tally(ayes: u128, nays: u128, abstain: u128) -> Tally {
		Tally {
			ayes,
			nays,
			support: ayes + abstain,
			kind: Kind::Constitutional,
			snapshot: 103,
			end: 118,
			extension: 5,
			majority: 0,
			quorum: Some(100 * OPEN),
		}
	}

	fn proposal(state: State, tally: Tally) -> Proposal {
		let enactment = (state == State::Queued).then_some(130);
		Proposal { state, proposer: None, call: None, tally: Some(tally), enactment }
	}

	fn told(state: State, tally: Tally) -> String {
		let clock = Clock { now: 100, block_time: 3_000 };
		outlook(7, &proposal(state, tally), Some(8), false, &clock)
	}

	#[test]
	fn next_step_should_be_told_with_its_time_when_there_is_one() {
		let pending = told(State::Pending, Tally { quorum: None, ..tally(0, 0, 0) });
		assert!(pending.contains("after block 103, in 9 s"), "{pending}");
		assert!(pending.contains("gov cancel 7"), "{pending}");
		let succeeded = told(State::Succeeded, tally(101 * OPEN, 0, 0));
		assert!(succeeded.contains("8 blocks, 24 s"), "{succeeded}");
		let queued = told(State::Queued, tally(101 * OPEN, 0, 0));
		assert!(queued.contains("block 130, in 1 min 30 s") && queued.contains("veto"), "{queued}");
	}

	#[test]
	fn active_proposal_should_tell_how_it_stands_when_votes_are_missing_or_enough() {
		let short = told(State::Active, tally(20 * OPEN, 30 * OPEN, 5 * OPEN));
		assert!(short.contains("block 118, in 54 s"), "{short}");
		assert!(
			short.contains("defeated: votes For or Abstain missing to the quorum: 75"),
			"{short}"
		);
		assert!(short.contains("last 5 blocks, 15 s"), "{short}");
		let lost = told(State::Active, tally(50 * OPEN, 50 * OPEN, 50 * OPEN));
		assert!(lost.contains("For is not more than Against"), "{lost}");
		assert!(!lost.contains("last 5 blocks"), "{lost}");
		let won = told(State::Active, tally(51 * OPEN, 50 * OPEN, 50 * OPEN));
		assert!(won.contains("as it stands it passes"), "{won}");
		let extended = told(State::Active, Tally { extension: 0, ..tally(0, 0, 0) });
		assert!(!extended.contains("as much time again"), "{extended}");
	}

	#[test]
	fn ended_proposal_should_tell_why_when_nothing_comes_next() {
		let defeated = told(State::Defeated, tally(99 * OPEN, 0, 0));
		assert_eq!(defeated, "nothing: votes For or Abstain missing to the quorum: 1");
		let unvoted = told(State::Defeated, Tally { quorum: None, ..tally(0, 0, 0) });
		assert_eq!(unvoted, "nothing: nobody voted");
		let clock = Clock { now: 100, block_time: 3_000 };
		let canceled = proposal(State::Canceled, tally(0, 0, 0));
		let why = |vetoed| outlook(7, &canceled, None, vetoed, &clock);
		assert!(why(true).contains("vetoed") && why(false).contains("taken back"));
	}
}
