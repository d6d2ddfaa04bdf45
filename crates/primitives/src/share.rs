//! Scores to parts of a whole, and parts to money.

use crate::{ContributionId, Entry};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The number of parts of a whole: shares are counted in billionths.
pub const PARTS: u32 = 1_000_000_000;

/// One contribution's share of what an inference pays to contributors.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub struct Share {
	/// The contribution that is paid.
	pub contribution: ContributionId,
	/// Its share, in billionths ([`PARTS`]).
	pub parts: u32,
}

/// Shares proportional to `max(score, 0)`, in the order of the entries. They sum exactly to
/// [`PARTS`] by the largest-remainder method, in which the earlier entry wins a tie. Entries
/// without a positive score are left out, so there are no shares if none is positive.
pub fn shares(entries: &[Entry]) -> Vec<Share> {
	let positive: Vec<(ContributionId, u128)> = entries
		.iter()
		.filter_map(|e| Some((e.contribution, u128::try_from(e.score).ok().filter(|&s| s > 0)?)))
		.collect();
	// At most 2^63 times the number of entries in memory: far from u128's end.
	let total = positive.iter().fold(0u128, |sum, (_, score)| sum.saturating_add(*score));
	if total == 0 {
		return Vec::new();
	}

	// score < 2^63 and PARTS < 2^30: the product fits.
	let scaled = |score: u128| score.saturating_mul(PARTS.into());
	let mut shares: Vec<Share> = positive
		.iter()
		.map(|&(contribution, score)| Share {
			contribution,
			// A quotient of at most PARTS.
			parts: u32::try_from(scaled(score) / total).unwrap_or(PARTS),
		})
		.collect();
	let given = shares.iter().fold(0u32, |sum, s| sum.saturating_add(s.parts));

	let mut by_remainder: Vec<usize> = (0..positive.len()).collect();
	by_remainder.sort_by_key(|&i| core::cmp::Reverse(scaled(positive[i].1) % total));
	// The remainders sum to fewer than one part each.
	let left = usize::try_from(PARTS.saturating_sub(given)).unwrap_or(usize::MAX);
	for &i in by_remainder.iter().take(left) {
		shares[i].parts = shares[i].parts.saturating_add(1);
	}
	shares
}

/// Splits `total` by `shares`, rounding each amount down, in the order of the shares. Returns the
/// amounts and the dust that rounding leaves: they sum exactly to `total` if the shares sum to
/// [`PARTS`].
///
/// `None` if `total * PARTS` overflows, which needs more than `3 * 10^29` units, or if the shares
/// exceed the whole.
pub fn amounts(total: u128, shares: &[Share]) -> Option<(Vec<u128>, u128)> {
	let amounts = shares
		.iter()
		.map(|s| Some(total.checked_mul(s.parts.into())? / u128::from(PARTS)))
		.collect::<Option<Vec<_>>>()?;
	let paid = amounts.iter().try_fold(0u128, |sum, a| sum.checked_add(*a))?;
	Some((amounts, total.checked_sub(paid)?))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn entries(scores: &[i64]) -> Vec<Entry> {
		(0..).zip(scores).map(|(contribution, &score)| Entry { contribution, score }).collect()
	}

	fn naive_share(scores: &[i64], score: i64) -> f64 {
		let total: f64 = scores.iter().map(|&s| s.max(0) as f64).sum();
		score.max(0) as f64 / total * f64::from(PARTS)
	}

	#[test]
	fn shares_should_be_empty_when_no_score_is_positive() {
		assert!(shares(&entries(&[0, -4])).is_empty());
		assert!(shares(&[]).is_empty());
	}

	#[test]
	fn extra_part_should_go_to_the_earlier_entry_when_remainders_tie() {
		let parts: Vec<_> = shares(&entries(&[1, 1, 1])).iter().map(|s| s.parts).collect();
		assert_eq!(parts, [333_333_334, 333_333_333, 333_333_333]);
	}

	#[test]
	fn amounts_should_fail_when_shares_exceed_the_whole() {
		let twice = [Share { contribution: 1, parts: PARTS }, Share { contribution: 2, parts: 1 }];
		assert_eq!(amounts(1_000_000_000, &twice), None);
		assert_eq!(amounts(u128::MAX, &twice[..1]), None);
	}

	proptest! {
		#[test]
		fn shares_should_sum_exactly_and_round_by_less_than_one_part(
			scores in prop::collection::vec(prop_oneof![-9i64..100, 1i64..i64::MAX], 1..40),
		) {
			let shares = shares(&entries(&scores));
			if scores.iter().all(|&s| s <= 0) {
				prop_assert!(shares.is_empty());
			} else {
				prop_assert_eq!(shares.iter().map(|s| u64::from(s.parts)).sum::<u64>(), u64::from(PARTS));
			}
			for share in &shares {
				let exact = naive_share(&scores, scores[share.contribution as usize]);
				prop_assert!((f64::from(share.parts) - exact).abs() < 1.001);
			}
		}

		#[test]
		fn amounts_should_sum_exactly_when_dust_is_added(
			total in 0u128..1_000_000_000_000_000_000_000_000_000,
			scores in prop::collection::vec(1i64..1_000_000, 1..40),
		) {
			let shares = shares(&entries(&scores));
			let (amounts, dust) = amounts(total, &shares).unwrap();
			prop_assert_eq!(amounts.iter().sum::<u128>() + dust, total);
			prop_assert!(dust < shares.len() as u128);
		}
	}
}
