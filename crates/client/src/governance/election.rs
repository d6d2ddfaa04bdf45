//! How far an election is.

use crate::{
	chain::council::{Election, Phases},
	clock::Clock,
};

/// What can be done in a block of an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
	/// Accounts put themselves up for election.
	Registration,
	/// Voters nominate contenders.
	Nomination,
	/// The vetter excludes nominees.
	Vetting,
	/// Voters elect members among the nominees.
	Voting,
	/// The cohort can be replaced.
	Over,
}

impl Phase {
	/// Names it in one word, for machines and people.
	pub fn name(self) -> &'static str {
		match self {
			Self::Registration => "registration",
			Self::Nomination => "nomination",
			Self::Vetting => "vetting",
			Self::Voting => "voting",
			Self::Over => "over",
		}
	}

	/// The first and the last block of the phase. The phase [`Self::Over`] has no last block.
	pub fn blocks(self, phases: &Phases) -> (u32, Option<u32>) {
		let after = |block: u32| block.saturating_add(1);
		match self {
			Self::Registration => (phases.start, Some(phases.nomination)),
			Self::Nomination => (after(phases.nomination), Some(phases.vetting)),
			Self::Vetting => (after(phases.vetting), Some(phases.voting)),
			Self::Voting => (after(phases.voting), Some(phases.end)),
			Self::Over => (after(phases.end), None),
		}
	}

	/// The phase that an election of this timetable is in at a block.
	pub fn at(phases: &Phases, block: u32) -> Self {
		[Self::Registration, Self::Nomination, Self::Vetting, Self::Voting]
			.into_iter()
			.find(|phase| phase.blocks(phases).1.is_some_and(|last| block <= last))
			.unwrap_or(Self::Over)
	}

	/// The phase that is missed when the runtime refuses with its error of this name.
	pub fn missed_by(error: &str) -> Option<Self> {
		Some(match error {
			"NotRegistering" => Self::Registration,
			"NotNominating" => Self::Nomination,
			"NotVetting" => Self::Vetting,
			"NotVoting" => Self::Voting,
			"ElectionNotOver" => Self::Over,
			_ => return None,
		})
	}

	/// Why an election does not take what belongs to this phase, and when it does or did.
	pub fn refusal_text(self, election: &Election, clock: &Clock) -> String {
		let (first, last) = self.blocks(&election.phases);
		let when = match last {
			Some(last) if last <= clock.now => format!("was over with {}", clock.when(last)),
			_ => format!("begins with {}", clock.when(first)),
		};
		match self {
			Self::Over => format!("election {} is not over: its end {when}", election.number),
			_ => format!(
				"election {} is in its phase of {}: its phase of {} {when}",
				election.number,
				Self::at(&election.phases, clock.now.saturating_add(1)).name(),
				self.name(),
			),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::council::Cohort;
	use crate::chain::governance::Quorum;

	const PHASES: Phases =
		Phases { start: 10, nomination: 20, vetting: 30, voting: 40, full_weight: 45, end: 60 };

	#[test]
	fn phase_should_last_until_the_block_named_like_the_next_when_blocks_pass() {
		for (block, phase) in [
			(10, Phase::Registration),
			(20, Phase::Registration),
			(21, Phase::Nomination),
			(30, Phase::Nomination),
			(31, Phase::Vetting),
			(41, Phase::Voting),
			(60, Phase::Voting),
			(61, Phase::Over),
		] {
			assert_eq!(Phase::at(&PHASES, block), phase, "block {block}");
			let (first, last) = phase.blocks(&PHASES);
			assert!(first <= block && last.is_none_or(|last| block <= last), "block {block}");
		}
	}

	#[test]
	fn refusal_should_tell_when_the_phase_is_when_it_is_another() {
		let election = Election {
			number: 3,
			cohort: Cohort::Second,
			phases: PHASES,
			nominee_threshold: 2_000,
			quorum: Quorum { share: 100_000, least: 1, most: 1 },
			least_votes: 1,
			vetter: None,
		};
		for (error, now, words) in [
			(
				"NotNominating",
				18,
				"registration: its phase of nomination begins with block 21, in 9 s",
			),
			("NotRegistering", 20, "registration was over with block 20, now"),
			("ElectionNotOver", 50, "its end begins with block 61, in 33 s"),
		] {
			let clock = Clock { now, block_time: 3_000 };
			let text = Phase::missed_by(error).unwrap().refusal_text(&election, &clock);
			assert!(text.contains(words), "'{text}' lacks '{words}'");
		}
		assert_eq!(Phase::missed_by("ElectionNotDue"), None);
	}
}
