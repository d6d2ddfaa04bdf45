//! Correlations, and intervals by the bootstrap.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A measured value with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
	/// The value on all of the sample.
	pub value: f64,
	/// The 2.5th percentile of the bootstrap.
	pub low: f64,
	/// The 97.5th percentile of the bootstrap.
	pub high: f64,
}

/// How an interval is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
	/// The number of resamples, at least 1.
	pub resamples: usize,
	/// The seed of the resamples. With equal seeds, methods on equal samples have the same resamples.
	pub seed: u64,
}

impl Bootstrap {
	/// The percentile interval (Efron and Tibshirani 1993, chapter 13) of a `statistic`.
	///
	/// There is one sample for each of `lengths`. They are resampled independently of each other, with
	/// replacement and to their own length. The statistic is told how often each element is counted,
	/// `[length]` for each sample. The interval has the same bits for any number of threads.
	pub fn estimate<const N: usize>(
		&self,
		lengths: [usize; N],
		statistic: impl Fn([&[u32]; N]) -> f64 + Sync,
	) -> Estimate {
		let ones = lengths.map(|length| vec![1; length]);
		let value = statistic(ones.each_ref().map(Vec::as_slice));
		let resample = |number: usize| {
			let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
			rng.set_stream(number as u64);
			let counts = lengths.map(|length| {
				let mut counts = vec![0; length];
				(0..length).for_each(|_| counts[rng.random_range(0..length)] += 1);
				counts
			});
			statistic(counts.each_ref().map(Vec::as_slice))
		};
		let mut values: Vec<f64> = (0..self.resamples).into_par_iter().map(resample).collect();
		values.sort_by(f64::total_cmp);
		Estimate { value, low: quantile(&values, 0.025), high: quantile(&values, 0.975) }
	}
}

/// The quantile of ascending values, interpolated between neighbours. It is NaN if there are none.
fn quantile(sorted: &[f64], part: f64) -> f64 {
	let place = part * (sorted.len() as f64 - 1.0);
	let at = |i: f64| sorted.get(i as usize).copied().unwrap_or(f64::NAN);
	at(place.floor()) + (place - place.floor()) * (at(place.ceil()) - at(place.floor()))
}

/// What two series of values are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correlation {
	/// The correlation of the values.
	Pearson,
	/// The correlation of their ranks.
	Spearman,
}

/// Values predicted for each query and item, beside the actual ones.
pub(super) struct Predictions {
	pairs: Vec<(OrderedValues, OrderedValues)>,
	items: usize,
}

impl Predictions {
	/// Pairs predicted with actual values, which are both `[queries][items]`.
	pub fn new(predicted: &[Vec<f64>], actual: &[Vec<f64>]) -> Self {
		let pairs = predicted.iter().zip(actual);
		Self {
			pairs: pairs.map(|(a, b)| (OrderedValues::new(a), OrderedValues::new(b))).collect(),
			items: predicted.first().map_or(0, Vec::len),
		}
	}

	/// The mean over queries of the correlation over items. Queries and items are both resampled.
	pub fn mean(&self, correlation: Correlation, bootstrap: &Bootstrap) -> Estimate {
		bootstrap.estimate([self.pairs.len(), self.items], |[queries, items]| {
			let mut scratch = Scratch::default();
			let (mut sum, mut count) = (0.0, 0.0);
			for ((a, b), times) in self.pairs.iter().zip(queries).filter(|(_, times)| **times > 0) {
				sum += f64::from(*times) * a.correlate(b, items, correlation, &mut scratch);
				count += f64::from(*times);
			}
			sum / count
		})
	}
}

/// Values with their order, so that resampling need not sort again.
struct OrderedValues {
	values: Vec<f64>,
	ascending: Vec<u32>,
}

#[derive(Default)]
struct Scratch {
	a: Vec<f64>,
	b: Vec<f64>,
}

impl OrderedValues {
	fn new(values: &[f64]) -> Self {
		let mut ascending: Vec<u32> = (0..values.len() as u32).collect();
		ascending.sort_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
		Self { values: values.to_vec(), ascending }
	}

	/// Ranks from 0 where element `i` stands `counts[i]` times; equal values share the mean of
	/// their ranks.
	fn ranks(&self, counts: &[u32], ranks: &mut Vec<f64>) {
		ranks.clear();
		ranks.resize(self.values.len(), 0.0);
		let mut first = 0.0;
		let value = |i: &u32| self.values[*i as usize];
		for equal in self.ascending.chunk_by(|a, b| value(a) == value(b)) {
			let size: f64 = equal.iter().map(|i| f64::from(counts[*i as usize])).sum();
			equal.iter().for_each(|i| ranks[*i as usize] = first + (size - 1.0) / 2.0);
			first += size;
		}
	}

	fn correlate(
		&self,
		other: &Self,
		counts: &[u32],
		correlation: Correlation,
		scratch: &mut Scratch,
	) -> f64 {
		match correlation {
			Correlation::Pearson => weighted(&self.values, &other.values, counts),
			Correlation::Spearman => {
				self.ranks(counts, &mut scratch.a);
				other.ranks(counts, &mut scratch.b);
				weighted(&scratch.a, &scratch.b, counts)
			},
		}
	}
}

/// Pearson's correlation where element `i` stands `counts[i]` times. It is 0 if either side is constant.
fn weighted(a: &[f64], b: &[f64], counts: &[u32]) -> f64 {
	let count: f64 = counts.iter().map(|count| f64::from(*count)).sum();
	let mean = |x: &[f64]| {
		x.iter().zip(counts).map(|(x, count)| x * f64::from(*count)).sum::<f64>() / count.max(1.0)
	};
	let (mean_a, mean_b) = (mean(a), mean(b));
	let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
	for ((a, b), count) in a.iter().zip(b).zip(counts) {
		let (a, b, count) = (a - mean_a, b - mean_b, f64::from(*count));
		ab += count * a * b;
		aa += count * a * a;
		bb += count * b * b;
	}
	let size = (aa * bb).sqrt();
	if size > 0.0 {
		ab / size
	} else {
		0.0
	}
}

fn plain(a: &[f64], b: &[f64], correlation: Correlation) -> f64 {
	let ones = vec![1; a.len().min(b.len())];
	let (a, b) = (OrderedValues::new(&a[..ones.len()]), OrderedValues::new(&b[..ones.len()]));
	a.correlate(&b, &ones, correlation, &mut Scratch::default())
}

/// Spearman's rank correlation of two equally long lists, from -1 to 1. Equal values share their mean
/// rank. It is 0 if either list is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
	plain(a, b, Correlation::Spearman)
}

/// Pearson's correlation of two equally long lists, from -1 to 1. It is 0 if either list is constant.
pub fn pearson(a: &[f64], b: &[f64]) -> f64 {
	plain(a, b, Correlation::Pearson)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn ranks(values: &[f64]) -> Vec<f64> {
		let mut ranks = Vec::new();
		OrderedValues::new(values).ranks(&vec![1; values.len()], &mut ranks);
		ranks
	}

	#[test]
	fn correlation_should_be_known_when_values_tie() {
		assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
		// Pearson's correlation of the ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3.
		let found = spearman(&[1.0, 2.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 4.0]);
		assert!((found - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12);
		assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
		assert_eq!(spearman(&[], &[]), 0.0);
		let found = pearson(&[1.0, 2.0, 6.0], &[1.0, 0.0, 2.0]);
		// Deviations -2, -1, 3 and 0, -1, 1.
		assert!((found - 4.0 / (14.0f64 * 2.0).sqrt()).abs() < 1e-12);
	}

	#[test]
	fn interval_should_be_that_of_the_normal_law_when_a_mean_is_resampled() {
		let values: Vec<f64> = (0..400).map(|i| f64::from(i * 7919 % 400) / 400.0).collect();
		let bootstrap = Bootstrap { resamples: 2000, seed: 4 };
		let mean = |[counts]: [&[u32]; 1]| {
			let sum: f64 = values.iter().zip(counts).map(|(x, n)| x * f64::from(*n)).sum();
			sum / 400.0
		};
		let found = bootstrap.estimate([400], mean);
		// A uniform value has the variance 1/12.
		let half = 1.96 * (1.0 / 12.0f64 / 400.0).sqrt();
		assert!((found.value - 0.49875).abs() < 1e-12);
		assert!((found.high - found.value - half).abs() < 0.1 * half, "{found:?}");
		assert!((found.value - found.low - half).abs() < 0.1 * half, "{found:?}");
		assert_eq!(found, bootstrap.estimate([400], mean));
		assert_ne!(found, Bootstrap { seed: 5, ..bootstrap }.estimate([400], mean));
	}

	#[test]
	fn quantile_should_interpolate_between_neighbours() {
		assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
		assert_eq!(quantile(&[5.0], 0.025), 5.0);
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

		#[test]
		fn counted_correlation_should_be_that_of_the_repeated_list(
			rows in prop::collection::vec((0u8..6, 0u8..6, 0u32..4), 1..30),
		) {
			let (mut a, mut b) = (Vec::new(), Vec::new());
			for (x, y, count) in &rows {
				a.extend(std::iter::repeat_n(f64::from(*x), *count as usize));
				b.extend(std::iter::repeat_n(f64::from(*y), *count as usize));
			}
			let counts: Vec<u32> = rows.iter().map(|row| row.2).collect();
			let column = |of: fn(&(u8, u8, u32)) -> u8| {
				OrderedValues::new(&rows.iter().map(|row| f64::from(of(row))).collect::<Vec<_>>())
			};
			let (left, right) = (column(|row| row.0), column(|row| row.1));
			for correlation in [Correlation::Spearman, Correlation::Pearson] {
				let found = left.correlate(&right, &counts, correlation, &mut Scratch::default());
				prop_assert!((found - plain(&a, &b, correlation)).abs() < 1e-9);
			}
		}
	}
}
