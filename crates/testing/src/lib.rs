//! What the tests of several crates share. No crate depends on it but in tests, and it depends on
//! no crate of this workspace but the primitives, so all crates above these can use it.
//!
//! | module | subject |
//! | --- | --- |
//! | this one | compression, and how far two lists of shares are apart |
//! | [`mutations`] | gives readers of files damaged copies of valid ones |
//!
//! ```
//! use openledger_testing::mutations::attack;
//!
//! // A reader may refuse what is damaged; if it panics, the attack does too.
//! attack("number", b"12", |bytes| {
//!     std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<u32>().is_ok())
//! });
//! ```

pub mod mutations;

use flate2::{write::GzEncoder, Compression};
use openledger_primitives::{ContributionId, Share};
use std::{collections::BTreeMap, io::Write};

/// Compresses bytes with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
	let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
	// Writing to memory cannot fail.
	encoder.write_all(bytes).unwrap();
	encoder.finish().unwrap()
}

/// The total variation distance between two lists of shares, in parts: half the sum of the absolute
/// differences over all contributions. It is 0 if they agree, and
/// [`PARTS`](openledger_primitives::PARTS) if they have nothing in common.
pub fn total_variation(a: &[Share], b: &[Share]) -> u32 {
	let mut difference: BTreeMap<ContributionId, i64> = BTreeMap::new();
	for share in a {
		let d = difference.entry(share.contribution).or_default();
		*d = d.saturating_add(share.parts.into());
	}
	for share in b {
		let d = difference.entry(share.contribution).or_default();
		*d = d.saturating_sub(share.parts.into());
	}
	let sum = difference.values().fold(0u64, |sum, d| sum.saturating_add(d.unsigned_abs()));
	u32::try_from(sum / 2).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_primitives::{shares, Entry, PARTS};
	use proptest::prelude::*;

	fn entries(scores: &[i64]) -> Vec<Entry> {
		(0..).zip(scores).map(|(contribution, &score)| Entry { contribution, score }).collect()
	}

	#[test]
	fn distance_should_be_the_whole_when_nothing_is_shared() {
		let (a, b) = (shares(&entries(&[3])), [Share { contribution: 9, parts: PARTS }]);
		assert_eq!(total_variation(&a, &b), PARTS);
	}

	proptest! {
		#[test]
		fn distance_should_be_symmetric_and_bounded(
			a in prop::collection::vec(1i64..1000, 1..20),
			b in prop::collection::vec(1i64..1000, 1..20),
		) {
			let (a, b) = (shares(&entries(&a)), shares(&entries(&b)));
			prop_assert_eq!(total_variation(&a, &b), total_variation(&b, &a));
			prop_assert!(total_variation(&a, &b) <= PARTS);
			prop_assert_eq!(total_variation(&a, &a), 0);
		}
	}
}
