//! Who takes part in the demo, and what data they have.

use crate::{
	digits::{Digit, Digits},
	scenario::Contributor,
	Result,
};
use serde::{Deserialize, Serialize};

/// The author of every block, who is also a bonded attester.
pub const VALIDATOR: &str = "//Alice";
/// The owner of the datanet.
pub const OWNER: &str = "//Bob";
/// The curators of the datanet.
pub const CURATORS: [&str; 2] = ["//Charlie", "//Dave"];
/// The developer of the model.
pub const DEVELOPER: &str = "//Eve";
/// The user who pays for answers.
pub const USER: &str = "//Ferdie";
/// The host of the model, who gets its first OPEN as the contributors do.
pub const HOST: &str = "//Host";
/// The accounts that give newcomers their first OPEN.
pub const FUNDERS: [&str; 4] = [OWNER, CURATORS[0], CURATORS[1], DEVELOPER];

/// The number of queries, as many for each digit.
pub const QUERIES: usize = 50;
/// The number of held-out rows, which measure the model and weigh its fallback shares.
pub const HELD_OUT: usize = 100;

const SEED: u64 = 2024;
const ALL: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// What sets a contributor apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Character {
	/// The labels are as they were.
	Honest,
	/// The labels are as they were, and there are only zeros and ones.
	ZerosAndOnes,
	/// The labels are drawn at random.
	RandomLabels,
}

/// A contributor of the demo, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Member {
	/// The account and its rows.
	pub contributor: Contributor,
	/// What is special about the rows, in words.
	pub speciality: &'static str,
	/// What the checks expect of the contributor.
	pub character: Character,
}

/// The data of all who take part.
pub struct Cast {
	pub members: Vec<Member>,
	/// The rows for queries.
	pub queries: Vec<Digit>,
	/// The rows by which the model is measured.
	pub held_out: Vec<Digit>,
}

/// Deals the digits: queries and held-out rows first, then contributions of different sizes and
/// contents. No row is dealt twice.
///
/// # Errors
/// If the data set is damaged.
pub fn deal() -> Result<Cast> {
	use Character::{Honest, RandomLabels, ZerosAndOnes};
	let mut digits = Digits::shuffled(SEED)?;
	let queries = digits.take(&ALL, QUERIES)?;
	let held_out = digits.take(&ALL, HELD_OUT)?;
	let shares: [(&str, &[u8], usize, Character); 10] = [
		("every digit", &ALL, 300, Honest),
		("every digit, a few", &ALL, 150, Honest),
		("zeros and ones", &[0, 1], 120, ZerosAndOnes),
		("twos and threes", &[2, 3], 140, Honest),
		("fours and fives", &[4, 5], 100, Honest),
		("sixes and sevens", &[6, 7], 130, Honest),
		("eights and nines", &[8, 9], 150, Honest),
		("even digits", &[0, 2, 4, 6, 8], 100, Honest),
		("odd digits", &[1, 3, 5, 7, 9], 80, Honest),
		("random labels", &ALL, 100, RandomLabels),
	];
	let mut members = Vec::new();
	for (number, (speciality, labels, rows, character)) in (1..).zip(shares) {
		let mut rows = digits.take(labels, rows)?;
		if character == RandomLabels {
			digits.mislabel(&mut rows);
		}
		let contributor = Contributor { key: format!("//Contributor/{number}"), rows };
		members.push(Member { contributor, speciality, character });
	}
	Ok(Cast { members, queries, held_out })
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn no_row_should_be_dealt_twice_when_everybody_is_served() {
		let cast = deal().unwrap();
		let given = cast.members.iter().flat_map(|member| &member.contributor.rows);
		let all: Vec<_> = given.chain(&cast.queries).chain(&cast.held_out).collect();
		let distinct: BTreeSet<_> = all.iter().map(|digit| &digit.pixels).collect();
		assert_eq!(distinct.len(), all.len());
		assert_eq!(all.len(), 1370 + QUERIES + HELD_OUT);
	}

	#[test]
	fn contributors_should_hold_what_their_speciality_says_when_dealt() {
		for member in deal().unwrap().members {
			let labels: BTreeSet<_> = member.contributor.rows.iter().map(|row| row.label).collect();
			match member.character {
				Character::ZerosAndOnes => assert_eq!(labels, BTreeSet::from([0, 1])),
				Character::RandomLabels => assert_eq!(labels.len(), 10),
				Character::Honest => assert!(labels.iter().any(|label| *label > 1)),
			}
		}
	}
}
