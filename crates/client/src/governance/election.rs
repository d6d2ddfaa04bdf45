//! How far an election is.

use crate::{
	chain::council::{Election, Phases},
	clock::Clock,
	error::{Error, Refusal, Result},
};

/// What can be done in a block of an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
	/// Contenders register.
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
	/// A word for machines and people.
	pub fn name(self) -> &'static str {
		match self {
			Self::Registration => "registration",
			Self::Nomination => "nomination",
			Self::Vetting => "vetting",
			Self::Voting => "voting",
			Self::Over => "over",
		}
	}

	/// Its first block and its last.
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

	/// The phase in block `block`.
	pub fn at(phases: &Phases, block: u32) -> Self {
		[Self::Registration, Self::Nomination, Self::Vetting, Self::Voting]
			.into_iter()
			.find(|phase| phase.blocks(phases).1.is_some_and(|last| block <= last))
			.unwrap_or(Self::Over)
	}

	/// The name of the error of the pallet for what belongs to this phase and comes in another.
	fn refusal(self) -> &'static str {
		match self {
			Self::Registration => "NotRegistering",
			Self::Nomination => "NotNominating",
			Self::Vetting => "NotVetting",
			Self::Voting => "NotVoting",
			Self::Over => "ElectionNotOver",
		}
	}

	/// # Errors
	/// If `election` is not in this phase in the next block, naming when it is or was.
	pub fn require(self, election: &Election, clock: &Clock) -> Result<()> {
		let now = Self::at(&election.phases, clock.now.saturating_add(1));
		if now == self {
			return Ok(());
		}
		let (first, last) = self.blocks(&election.phases);
		let when = match last {
			Some(last) if last <= clock.now => format!("was over with {}", clock.when(last)),
			_ => format!("begins with {}", clock.when(first)),
		};
		let message = match self {
			Self::Over => {
				format!("election {} is not over: its end {when}", election.number)
			},
			_ => format!(
				"election {} is in its phase of {}: its phase of {} {when}",
				election.number,
				now.name(),
				self.name(),
			),
		};
		Err(Error::Refused(Refusal::foreseen("SecurityCouncil", self.refusal(), message)))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::council::Cohort;

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
			vetter: None,
		};
		let refused = |phase: Phase, now| {
			let clock = Clock { now, block_time: 3_000 };
			phase.require(&election, &clock).map_err(|error| match error {
				Error::Refused(refusal) => (refusal.name.unwrap(), refusal.message),
				other => panic!("{other}"),
			})
		};
		// A transaction comes into the next block.
		assert_eq!(refused(Phase::Nomination, 20), Ok(()));
		let (name, text) = refused(Phase::Nomination, 18).unwrap_err();
		assert_eq!(name, "NotNominating");
		assert!(text.contains("begins with block 21, in 9 s"), "{text}");
		let (name, text) = refused(Phase::Registration, 20).unwrap_err();
		assert_eq!(name, "NotRegistering");
		assert!(text.contains("was over with block 20, now"), "{text}");
		let (name, text) = refused(Phase::Over, 50).unwrap_err();
		assert_eq!(name, "ElectionNotOver");
		assert!(text.contains("begins with block 61, in 33 s"), "{text}");
		assert_eq!(refused(Phase::Over, 60), Ok(()));
	}
}
