//! The linear datamodeling score.

use super::{
	retrain::{Retraining, RetrainingOutcome},
	spearman,
	statistics::{Correlation, Predictions},
	Bootstrap, Estimate,
};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws `count` random halves of `0..rows` without replacement, each `[rows / 2]`.
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
/// subset's contributions and the model output after training on that subset (Park et al. 2023,
/// definition 2.3).
///
/// `scores` has one number for each contribution, and `outputs` one for each subset.
pub fn linear_datamodeling_score(scores: &[f64], subsets: &[Vec<usize>], outputs: &[f64]) -> f64 {
	spearman(&sums(scores, subsets), outputs)
}

/// The sum of scores over each subset, `[subsets]`.
fn sums(scores: &[f64], subsets: &[Vec<usize>]) -> Vec<f64> {
	subsets.iter().map(|subset| subset.iter().map(|&i| scores[i]).sum()).collect()
}

/// Subsets of contributions, and what models trained on them answer.
pub(super) struct Retrained {
	subsets: Vec<Vec<usize>>,
	/// The mean output over the retrainings of a subset, `[queries][subsets]`.
	outputs: Vec<Vec<f64>>,
	/// The highest score that a perfect prediction of the expected output would reach; `None`
	/// where each subset was trained on once.
	pub ceiling: Option<f64>,
}

impl Retrained {
	/// One job for each subset and retraining, subset after subset. `groups[c]` are the rows of
	/// contribution `c`.
	pub fn jobs(
		subsets: &[Vec<usize>],
		groups: &[Vec<usize>],
		retrains: usize,
		seed: impl Fn(u64) -> u64,
	) -> Vec<Retraining> {
		let numbers = 0..(subsets.len() * retrains) as u64;
		let subsets = subsets.iter().flat_map(|subset| std::iter::repeat_n(subset, retrains));
		let rows = |subset: &Vec<usize>| subset.iter().flat_map(|&c| &groups[c]).copied().collect();
		numbers
			.zip(subsets)
			.map(|(number, subset)| Retraining { rows: rows(subset), seed: seed(number) })
			.collect()
	}

	/// Takes the outcomes of [`Self::jobs`].
	pub fn new(subsets: Vec<Vec<usize>>, outcomes: &[RetrainingOutcome], retrains: usize) -> Self {
		let queries = outcomes.first().map_or(0, |outcome| outcome.margins.len());
		let mean = |subset: &[RetrainingOutcome], q: usize| {
			subset.iter().map(|outcome| outcome.margins[q]).sum::<f64>() / subset.len() as f64
		};
		let output = |q| outcomes.chunks(retrains).map(|subset| mean(subset, q)).collect();
		let ceiling = ceiling(outcomes, retrains, queries);
		Self { subsets, outputs: (0..queries).map(output).collect(), ceiling }
	}

	/// The contributions of each subset, `[subsets][half]`.
	pub fn subsets(&self) -> &[Vec<usize>] {
		&self.subsets
	}

	/// The mean score over queries, where `scores` is `[queries][contributions]`. Queries and subsets
	/// are resampled.
	pub fn score(&self, scores: &[Vec<f64>], bootstrap: &Bootstrap) -> Estimate {
		let predicted: Vec<Vec<f64>> = scores.iter().map(|s| sums(s, &self.subsets)).collect();
		Predictions::new(&predicted, &self.outputs).mean(Correlation::Spearman, bootstrap)
	}

	/// The predicted and the actual output for one query, a pair for each subset.
	pub fn pairs(&self, scores: &[Vec<f64>], query: usize) -> Vec<(f64, f64)> {
		let (Some(scores), Some(outputs)) = (scores.get(query), self.outputs.get(query)) else {
			return Vec::new();
		};
		sums(scores, &self.subsets).into_iter().zip(outputs.iter().copied()).collect()
	}
}

/// The highest score that anything can reach. How well one retraining predicts another gives the
/// reliability of their mean (Spearman 1910, Brown 1910), and the root of that bounds the correlation of
/// anything with the mean.
fn ceiling(outcomes: &[RetrainingOutcome], retrains: usize, queries: usize) -> Option<f64> {
	let pairs: Vec<(usize, usize)> =
		(0..retrains).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
	if pairs.is_empty() || queries == 0 {
		return None;
	}
	let of_query = |q: usize| {
		let column = |retrain: usize| -> Vec<f64> {
			outcomes.iter().skip(retrain).step_by(retrains).map(|o| o.margins[q]).collect()
		};
		let columns: Vec<Vec<f64>> = (0..retrains).map(column).collect();
		let sum: f64 = pairs.iter().map(|&(a, b)| spearman(&columns[a], &columns[b])).sum();
		let single = (sum / pairs.len() as f64).max(0.0);
		let count = retrains as f64;
		(count * single / (1.0 + (count - 1.0) * single)).sqrt()
	};
	Some((0..queries).map(of_query).sum::<f64>() / queries as f64)
}

#[cfg(test)]
mod tests {
	use super::*;

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
	fn score_should_be_one_when_outputs_are_the_sums() {
		let subsets = half_subsets(20, 30, 1);
		let scores: Vec<f64> = (0..20).map(|i| f64::from(i * i % 7) - 3.3).collect();
		let outputs = sums(&scores, &subsets);
		assert!((linear_datamodeling_score(&scores, &subsets, &outputs) - 1.0).abs() < 1e-12);
		let opposite: Vec<f64> = outputs.iter().map(|x| -x.exp()).collect();
		assert!((linear_datamodeling_score(&scores, &subsets, &opposite) + 1.0).abs() < 1e-12);
	}

	#[test]
	fn estimate_should_be_the_mean_of_the_scores_of_queries() {
		let subsets = half_subsets(12, 25, 1);
		let value = |q: usize, c: usize| ((q * 31 + c * c * 17) % 23) as f64;
		let scores: Vec<Vec<f64>> =
			(0..4).map(|q| (0..12).map(|c| value(q, c)).collect()).collect();
		let outcome = |s: usize| RetrainingOutcome {
			margins: (0..4).map(|q| value(q + 1, s / 2) + value(q, s)).collect(),
			labels: vec![0; 4],
		};
		let outcomes: Vec<RetrainingOutcome> = (0..50).map(outcome).collect();
		let retrained = Retrained::new(subsets.clone(), &outcomes, 2);
		let found = retrained.score(&scores, &Bootstrap { resamples: 200, seed: 1 });
		let direct = |q: usize| {
			let outputs: Vec<f64> = (0..25)
				.map(|s| (outcomes[2 * s].margins[q] + outcomes[2 * s + 1].margins[q]) / 2.0)
				.collect();
			linear_datamodeling_score(&scores[q], &subsets, &outputs)
		};
		let expected = (0..4).map(direct).sum::<f64>() / 4.0;
		assert!((found.value - expected).abs() < 1e-12);
		assert!(found.low < found.value && found.value < found.high);
		assert_eq!(retrained.pairs(&scores, 1).len(), 25);
	}

	#[test]
	fn ceiling_should_be_one_when_retrainings_agree_and_zero_when_they_are_opposed() {
		let outcomes = |sign: f64| -> Vec<RetrainingOutcome> {
			let margin = |s: usize| (s / 2) as f64 * if s.is_multiple_of(2) { 1.0 } else { sign };
			(0..20)
				.map(|s| RetrainingOutcome { margins: vec![margin(s)], labels: vec![0] })
				.collect()
		};
		assert_eq!(ceiling(&outcomes(1.0), 2, 1), Some(1.0));
		assert_eq!(ceiling(&outcomes(-1.0), 2, 1), Some(0.0));
		assert_eq!(ceiling(&outcomes(1.0), 1, 1), None);
	}

	#[test]
	fn job_should_hold_the_rows_of_its_contributions() {
		let groups = vec![vec![0, 1], vec![2], vec![3, 4]];
		let jobs = Retrained::jobs(&[vec![2, 0], vec![1]], &groups, 2, |n| 10 + n);
		let rows: Vec<_> = jobs.iter().map(|job| job.rows.as_slice()).collect();
		assert_eq!(rows, [&[3usize, 4, 0, 1] as &[usize], &[3, 4, 0, 1], &[2], &[2]]);
		assert_eq!(jobs.iter().map(|job| job.seed).collect::<Vec<_>>(), [10, 11, 12, 13]);
	}
}
