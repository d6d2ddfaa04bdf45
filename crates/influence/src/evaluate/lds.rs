//! The linear datamodeling score.

use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `count` random halves of the rows `0..rows`, drawn without replacement, each `[rows / 2]`.
pub fn half_subsets(rows: usize, count: usize, seed: u64) -> Vec<Vec<usize>> {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let half = |_| {
		let mut order: Vec<usize> = (0..rows).collect();
		order.shuffle(&mut rng);
		order.truncate(rows / 2);
		order
	};
	(0..count).map(half).collect()
}

/// The score of one query: the rank correlation, over subsets, between the sum of the scores of a
/// subset's rows and the model output after training on that subset (Park et al. 2023, definition
/// 2.3).
///
/// `scores` is `[rows]`, `outputs` `[subsets]`.
pub fn linear_datamodeling_score(scores: &[f64], subsets: &[Vec<usize>], outputs: &[f64]) -> f64 {
	let predictions: Vec<f64> =
		subsets.iter().map(|subset| subset.iter().map(|&row| scores[row]).sum()).collect();
	spearman(&predictions, outputs)
}

/// Spearman's rank correlation of two equally long lists, -1 to 1; equal values share their mean
/// rank. 0 if either list is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
	let (a, b) = (ranks(a), ranks(b));
	let mean = (a.len() as f64 - 1.0) / 2.0;
	let product =
		|x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
	let size = (product(&a, &a) * product(&b, &b)).sqrt();
	if size > 0.0 {
		product(&a, &b) / size
	} else {
		0.0
	}
}

/// Ranks from 0; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
	let mut order: Vec<usize> = (0..values.len()).collect();
	order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
	let mut ranks = vec![0.0; values.len()];
	let mut first = 0;
	for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
		let rank = first as f64 + (equal.len() as f64 - 1.0) / 2.0;
		equal.iter().for_each(|&i| ranks[i] = rank);
		first += equal.len();
	}
	ranks
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn subsets_should_be_distinct_halves_of_distinct_rows() {
		let subsets = half_subsets(101, 20, 3);
		assert_eq!(subsets, half_subsets(101, 20, 3));
		for (i, subset) in subsets.iter().enumerate() {
			let unique: std::collections::HashSet<_> = subset.iter().collect();
			assert_eq!((subset.len(), unique.len()), (50, 50));
			assert!(subset.iter().all(|row| *row < 101));
			assert!(subsets[..i].iter().all(|other| other != subset));
		}
	}

	#[test]
	fn correlation_should_be_known_when_values_tie() {
		assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
		// Pearson's correlation of the ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3.
		let found = spearman(&[1.0, 2.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 4.0]);
		assert!((found - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12);
		assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
		assert_eq!(spearman(&[], &[]), 0.0);
	}

	#[test]
	fn score_should_be_one_when_outputs_are_the_sums() {
		let subsets = half_subsets(20, 30, 1);
		let scores: Vec<f64> = (0..20).map(|i| f64::from(i * i % 7) - 3.3).collect();
		let outputs: Vec<f64> =
			subsets.iter().map(|s| s.iter().map(|&i| scores[i]).sum()).collect();
		assert!((linear_datamodeling_score(&scores, &subsets, &outputs) - 1.0).abs() < 1e-12);
		let opposite: Vec<f64> = outputs.iter().map(|x| -x.exp()).collect();
		assert!((linear_datamodeling_score(&scores, &subsets, &opposite) + 1.0).abs() < 1e-12);
	}

	proptest! {
		#[test]
		fn correlation_should_not_change_when_a_list_is_transformed_monotonically(
			pairs in prop::collection::vec((-5.0f64..5.0, -5.0f64..5.0), 2..40),
		) {
			let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
			let plain = spearman(&a, &b);
			let cubes: Vec<f64> = b.iter().map(|x| x * x * x).collect();
			let negatives: Vec<f64> = b.iter().map(|x| -x).collect();
			prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&plain));
			prop_assert!((spearman(&a, &cubes) - plain).abs() < 1e-9);
			prop_assert!((spearman(&a, &negatives) + plain).abs() < 1e-9);
			prop_assert_eq!(spearman(&b, &a), plain);
		}
	}
}
