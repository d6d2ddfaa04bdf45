//! Removing the rows that helped an answer most: does it change?

use super::{
	method::{Measured, Scored},
	retrain::{retrain, Retraining, RetrainingOutcome},
	task::derived_seed,
	Estimate, Protocol, Subject,
};
use openledger_models::{Progress, Result};
use rand::{seq::SliceRandom, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What removing rows does to the answers they helped (Ilyas et al. 2022; Park et al. 2023,
/// section 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removal {
	/// The number of test rows whose helpful rows were removed: the first so many.
	pub test_rows: usize,
	/// The number of models trained on the rows that remain after each removal.
	pub retrains: usize,
	/// What removing as many rows at random does.
	pub random: Vec<RemovalPoint>,
	/// What removing rows by each method does, at the method's first precision.
	pub results: Vec<RemovalResult>,
}

/// What removing the rows does that one method says helped most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemovalResult {
	/// The method, with its settings, time and memory.
	#[serde(flatten)]
	pub measured: Measured,
	/// The effect of removing each number of rows.
	pub points: Vec<RemovalPoint>,
}

/// The effect of removing one number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemovalPoint {
	/// The number of rows removed.
	pub removed: usize,
	/// By how much the margin of the test row's label falls: the mean over test rows and retrainings.
	pub drop: Estimate,
	/// The part of answers that change, compared with the model of the same seed trained on all
	/// rows.
	pub changed: Estimate,
}

/// Retrains on all rows, without rows drawn at random, and without the rows that each method names.
pub(super) fn remove(
	subject: &Subject<'_>,
	scored: &[Scored],
	protocol: &Protocol,
	progress: &mut dyn FnMut(Progress),
) -> Result<Removal> {
	let (rows, queries) = (subject.task.train.len(), protocol.removal_rows);
	let at_random = |query: usize| {
		let mut order: Vec<usize> = (0..rows).collect();
		let seed = derived_seed(protocol.seed, "removal at random", query as u64);
		order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
		order
	};
	let most_helpful = |scores: &[f64]| {
		let mut order: Vec<usize> = (0..rows).collect();
		order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
		order
	};
	let mut orders: Vec<Vec<Vec<usize>>> = vec![(0..queries).map(at_random).collect()];
	orders.extend(
		scored.iter().map(|s| s.scores.iter().take(queries).map(|s| most_helpful(s)).collect()),
	);
	let mut jobs = jobs(&[], rows, protocol);
	for order in orders.iter().flatten() {
		for &removed in &protocol.removed {
			let mut without = order[..removed.min(rows)].to_vec();
			without.sort_unstable();
			jobs.extend(self::jobs(&without, rows, protocol));
		}
	}
	let outcomes = retrain(subject, &jobs, protocol, progress)?;
	let (reference, outcomes) = outcomes.split_at(protocol.removal_retrains);
	let of_method = queries * protocol.removed.len() * protocol.removal_retrains;
	let mut methods =
		outcomes.chunks_exact(of_method).map(|outcomes| points(reference, outcomes, protocol));
	let random = methods.next().unwrap_or_default();
	let results = scored
		.iter()
		.zip(methods)
		.map(|(scored, points)| RemovalResult { measured: scored.measured.clone(), points })
		.collect();
	Ok(Removal { test_rows: queries, retrains: protocol.removal_retrains, random, results })
}

/// One job for each seed. The seeds are the same whatever is removed.
fn jobs(without: &[usize], rows: usize, protocol: &Protocol) -> Vec<Retraining> {
	let rest: Vec<usize> = (0..rows).filter(|row| without.binary_search(row).is_err()).collect();
	(0..protocol.removal_retrains as u64)
		.map(|n| Retraining { rows: rest.clone(), seed: derived_seed(protocol.seed, "removal", n) })
		.collect()
}

/// `outcomes` is `[queries][removed][retrains]`, `reference` `[retrains]`.
fn points(
	reference: &[RetrainingOutcome],
	outcomes: &[RetrainingOutcome],
	protocol: &Protocol,
) -> Vec<RemovalPoint> {
	let retrains = protocol.removal_retrains;
	let of_query: Vec<&[RetrainingOutcome]> =
		outcomes.chunks_exact(protocol.removed.len() * retrains).collect();
	let point = |(number, &removed): (usize, &usize)| {
		let mean = |of: &dyn Fn(&RetrainingOutcome, &RetrainingOutcome, usize) -> f64| -> Vec<f64> {
			let query = |(query, outcomes): (usize, &&[RetrainingOutcome])| {
				let outcomes = &outcomes[number * retrains..][..retrains];
				let pairs = reference.iter().zip(outcomes);
				pairs.map(|(before, after)| of(before, after, query)).sum::<f64>() / retrains as f64
			};
			of_query.iter().enumerate().map(query).collect()
		};
		let drops = mean(&|before, after, q| before.margins[q] - after.margins[q]);
		let changes =
			mean(&|before, after, q| f64::from(u8::from(before.labels[q] != after.labels[q])));
		let estimate = |values: Vec<f64>| {
			protocol.bootstrap().estimate([values.len()], |[counts]| {
				let sum: f64 = values.iter().zip(counts).map(|(x, n)| x * f64::from(*n)).sum();
				sum / values.len() as f64
			})
		};
		RemovalPoint { removed, drop: estimate(drops), changed: estimate(changes) }
	};
	protocol.removed.iter().enumerate().map(point).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn points_should_compare_each_query_with_the_model_of_the_same_seed() {
		let protocol = Protocol {
			removed: vec![1, 2],
			removal_retrains: 2,
			resamples: 50,
			..Protocol::standard()
		};
		let outcome = |a: f64, b: f64, labels: [u32; 2]| RetrainingOutcome {
			margins: vec![a, b],
			labels: labels.to_vec(),
		};
		let reference = [outcome(3.0, 5.0, [0, 1]), outcome(4.0, 5.0, [0, 1])];
		let outcomes = [
			// The first query, one row and two rows removed, two seeds each.
			outcome(2.0, 0.0, [0, 0]),
			outcome(4.0, 0.0, [0, 0]),
			outcome(-1.0, 0.0, [2, 0]),
			outcome(2.0, 0.0, [0, 0]),
			// The second.
			outcome(0.0, 5.0, [0, 1]),
			outcome(0.0, 5.0, [0, 1]),
			outcome(0.0, 1.0, [0, 2]),
			outcome(0.0, -1.0, [0, 2]),
		];
		let points = points(&reference, &outcomes, &protocol);
		let values = |p: &RemovalPoint| (p.removed, p.drop.value, p.changed.value);
		assert_eq!(values(&points[0]), (1, 0.25, 0.0));
		assert_eq!(values(&points[1]), (2, 4.0, 0.75));
	}

	#[test]
	fn jobs_should_keep_all_other_rows_and_the_seeds() {
		let protocol = Protocol { removal_retrains: 2, ..Protocol::standard() };
		let (all, some) = (jobs(&[], 4, &protocol), jobs(&[1, 2], 4, &protocol));
		assert_eq!((all[0].rows.len(), &some[1].rows), (4, &vec![0, 3]));
		assert_eq!((all[0].seed, all[1].seed), (some[0].seed, some[1].seed));
		assert_ne!(all[0].seed, all[1].seed);
	}
}
