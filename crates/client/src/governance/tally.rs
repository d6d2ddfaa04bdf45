//! How far a proposal is and what it lacks, in words: the runtime works it out.

use crate::{
	amount::Amount,
	chain::governance::{Proposal, Shortfall, State, Tally},
};

/// Names a state in one word, for machines and people.
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

impl Shortfall {
	/// Says what is missing, such as `votes For or Abstain missing to the quorum: 3`.
	pub fn text(&self) -> String {
		match self {
			Self::Call => "its call was not on the chain at the snapshot, so that it lapsed".into(),
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

/// Writes millionths as percent, such as `37.5`.
pub fn percent(millionths: u32) -> String {
	let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
	text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How much of the quorum is reached in percent, rounded down to tenths.
pub fn quorum_percent(tally: &Tally) -> Option<f64> {
	let quorum = tally.quorum.filter(|quorum| *quorum > 0)?;
	let tenths = tally.support.saturating_mul(1_000) / quorum;
	// No share of a supply is more than a float holds.
	Some(u32::try_from(tenths).map_or(f64::INFINITY, f64::from) / 10.0)
}

/// What comes next for a proposal and at which block, if that is known.
pub fn next(proposal: &Proposal) -> Option<(&'static str, u32)> {
	let tally = proposal.tally.as_ref();
	match proposal.state {
		State::Pending => tally.map(|tally| ("voting begins", tally.snapshot)),
		State::Active => tally.map(|tally| ("voting ends", tally.end)),
		State::Queued => proposal.enactment.map(|block| ("dispatch", block)),
		_ => None,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::governance::Kind;

	const OPEN: u128 = 1_000_000_000_000_000_000;

	fn tally(ayes: u128, nays: u128, abstain: u128) -> Tally {
		Tally {
			ayes,
			nays,
			support: ayes + abstain,
			kind: Kind::Constitutional,
			snapshot: 103,
			holding_window: 2,
			end: 118,
			extension: 5,
			majority: 0,
			quorum: Some(100 * OPEN),
		}
	}

	#[test]
	fn shortfall_should_be_told_in_votes_and_percent() {
		let text = |shortfall: Shortfall| shortfall.text();
		assert!(text(Shortfall::Quorum { missing: 3 * OPEN / 2 }).ends_with("quorum: 1.5"));
		assert!(text(Shortfall::Majority).contains("not more than Against"));
		// Five sixths.
		assert!(text(Shortfall::Share { least: 833_333_333 }).contains("83.3333 %"));
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
}
