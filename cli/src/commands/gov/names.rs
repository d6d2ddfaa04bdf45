//! What governance calls things on the command line.

use clap::ValueEnum;
use openledger_client::{
	chain::council::Cohort,
	governance::{Choice, Track},
};

/// A kind of proposals.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrackName {
	/// Any call, with all rights, such as a new runtime
	Constitutional,
	/// Small spends from the treasury, and the parameters of datanets and models
	Treasury,
	/// Medium spends from the treasury
	MediumSpender,
	/// Big spends from the treasury
	BigSpender,
	/// The removal of a member of the security council
	CouncilRemoval,
}

impl From<TrackName> for Track {
	fn from(name: TrackName) -> Self {
		match name {
			TrackName::Constitutional => Self::Constitutional,
			TrackName::Treasury => Self::Treasury,
			TrackName::MediumSpender => Self::MediumSpender,
			TrackName::BigSpender => Self::BigSpender,
			TrackName::CouncilRemoval => Self::CouncilRemoval,
		}
	}
}

/// How to vote.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChoiceName {
	/// Counts for the majority and for the quorum
	For,
	/// Counts for the majority
	Against,
	/// Counts for the quorum
	Abstain,
}

impl From<ChoiceName> for Choice {
	fn from(name: ChoiceName) -> Self {
		match name {
			ChoiceName::For => Self::For,
			ChoiceName::Against => Self::Against,
			ChoiceName::Abstain => Self::Abstain,
		}
	}
}

/// One half of the council.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum CohortName {
	/// The half that the first election replaces
	First,
	/// The half that the second election replaces
	Second,
}

impl From<CohortName> for Cohort {
	fn from(name: CohortName) -> Self {
		match name {
			CohortName::First => Self::First,
			CohortName::Second => Self::Second,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Names on the command line, and those that documents have.
	fn names<N: ValueEnum + Copy>(shown: impl Fn(N) -> &'static str) -> [Vec<String>; 2] {
		let values = N::value_variants();
		let typed = values.iter().filter_map(N::to_possible_value);
		[
			typed.map(|value| value.get_name().to_owned()).collect(),
			values.iter().map(|name| shown(*name).to_owned()).collect(),
		]
	}

	#[test]
	fn name_should_be_that_of_the_command_line_when_shown() {
		for [typed, shown] in [
			names(|name: TrackName| Track::from(name).name()),
			names(|name: ChoiceName| Choice::from(name).name()),
			names(|name: CohortName| Cohort::from(name).name()),
		] {
			assert_eq!(typed, shown);
		}
	}
}
