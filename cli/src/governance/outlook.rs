//! How far a proposal is, and what comes next, in words. How far it is, the runtime says.

use super::Clock;
use crate::{
	amount::Amount,
	chain::governance::{Proposal, State, Tally},
};

/// A word for machines and people.
pub fn state_name(state: State) -> &'static str {
	match state {
		State::Pending => "pending",
		State::Active => "active",
		State::Canceled => "canceled",
		State::Defeated => "defeated",
		State::Succeeded => "succeeded",
		State::Queued => "queued",
		State::Executed => "executed",
	}
}

/// What a proposal lacks to pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortfall {
	/// Votes For or Abstain.
	Quorum {
		/// How many, in units.
		missing: u128,
	},
	/// For is not more than Against.
	Majority,
	/// For is too small a share of For and Against.
	Share {
		/// The share needed, in billionths.
		least: u32,
	},
}

impl Shortfall {
	/// `votes For or Abstain missing to the quorum: 3`.
	pub fn text(&self) -> String {
		match self {
			Self::Quorum { missing } => {
				format!("votes For or Abstain missing to the quorum: {}", Amount(*missing))
			},
			Self::Majority => "For is not more than Against".into(),
			Self::Share { least } => {
				format!("For is less than {} % of For and Against", percent(*least / 1_000))
			},
		}
	}
}

/// Millionths as percent: `37.5`.
pub fn percent(millionths: u32) -> String {
	let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
	text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the votes so far lack; `None` if they are enough, or the quorum is not known yet.
pub fn shortfall(tally: &Tally) -> Option<Shortfall> {
	let missing = tally.quorum?.saturating_sub(tally.support);
	if missing > 0 {
		return Some(Shortfall::Quorum { missing });
	}
	if tally.ayes <= tally.nays {
		return Some(Shortfall::Majority);
	}
	let votes = tally.ayes.saturating_add(tally.nays);
	let share = u128::from(tally.majority).saturating_mul(votes);
	let least = tally.majority;
	(tally.ayes.saturating_mul(1_000_000_000) < share).then_some(Shortfall::Share { least })
}

/// How much of the quorum is reached, in tenths of a percent rounded down: `37.5`.
pub fn quorum_percent(tally: &Tally) -> Option<f64> {
	let quorum = tally.quorum.filter(|quorum| *quorum > 0)?;
	let tenths = tally.support.saturating_mul(1_000) / quorum;
	// No share of a supply is more than a float holds.
	Some(u32::try_from(tenths).map_or(f64::INFINITY, f64::from) / 10.0)
}

/// What comes next and at which block, if that is known.
pub fn next(proposal: &Proposal) -> Option<(&'static str, u32)> {
	let tally = proposal.tally.as_ref();
	match proposal.state {
		State::Pending => tally.map(|tally| ("voting begins", tally.snapshot)),
		State::Active => tally.map(|tally| ("voting ends", tally.end)),
		State::Queued => proposal.enactment.map(|block| ("dispatch", block)),
		_ => None,
	}
}

/// What comes next and when, and why. `timelock` is in blocks, `vetoed` whether the security council stopped
/// the proposal.
pub fn outlook(
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
	use crate::chain::governance::Kind;
	use proptest::prelude::*;

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

	#[test]
	fn share_should_be_counted_to_the_vote_when_more_than_a_majority_is_needed() {
		// Five sixths.
		let majority = 833_333_333;
		let removal = |ayes, nays| shortfall(&Tally { majority, ..tally(ayes, nays, 0) });
		assert_eq!(removal(500_000 * OPEN, 100_000 * OPEN), None);
		let lost = removal(500_000 * OPEN, 100_001 * OPEN);
		assert_eq!(lost, Some(Shortfall::Share { least: majority }));
		assert!(lost.unwrap().text().contains("83.3333 %"));
	}

	#[test]
	fn percent_should_be_rounded_down_when_almost_reached() {
		assert_eq!(quorum_percent(&tally(100 * OPEN - 1, 0, 0)), Some(99.9));
		assert_eq!(quorum_percent(&tally(0, 9, 100 * OPEN)), Some(100.0));
		assert_eq!(quorum_percent(&Tally { quorum: None, ..tally(1, 0, 0) }), None);
		assert_eq!(
			(percent(400_000), percent(1_500), percent(0)),
			("40".into(), "0.15".into(), "0".into())
		);
	}

	proptest! {
		#[test]
		fn shortfall_should_agree_with_the_rules_when_votes_are_arbitrary(
			ayes in 0..1_000_000_000u128,
			nays in 0..1_000_000_000u128,
			abstain in 0..1_000_000_000u128,
			quorum in 0..2_000_000_000u128,
			majority in 0..=1_000_000_000u32,
		) {
			let tally = Tally { quorum: Some(quorum), majority, ..tally(ayes, nays, abstain) };
			let passes = ayes + abstain >= quorum
				&& ayes > nays
				&& ayes * 1_000_000_000 >= u128::from(majority) * (ayes + nays);
			prop_assert_eq!(shortfall(&tally).is_none(), passes);
		}
	}
}
