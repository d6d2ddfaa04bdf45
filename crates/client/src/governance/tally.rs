//! How far a proposal is, and what it lacks. Its state is as the runtime tells it.

use crate::{
	amount::Amount,
	chain::governance::{Proposal, State, Tally},
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

/// What a proposal lacks to pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortfall {
	/// Too few votes For or Abstain.
	Quorum {
		/// How many are missing, in the smallest unit of OPEN.
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
	/// Says what is missing, such as `votes For or Abstain missing to the quorum: 3`.
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

/// Writes millionths as percent, such as `37.5`.
pub fn percent(millionths: u32) -> String {
	let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
	text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What the votes so far lack; none if they are enough, or the quorum is not known yet.
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
