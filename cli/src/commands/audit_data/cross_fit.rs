//! Models that each leave one part of the rows out, and what they say about each row.

use crate::{
	error::{Error, Result},
	training::probabilities,
};
use openledger_influence::{
	build_index,
	rows::{harm, self_influence},
	Contribution, Index, IndexBuilder,
};
use openledger_models::{batches, train, Function, Model, Progress, TrainConfig};
use openledger_primitives::{blake2_256, Width};
use openledger_rows::Dataset;

/// What was found about one row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
	/// The row's number among all rows, counted from 0.
	pub row: usize,
	/// The loss of the model that has not seen the row, in nats; a language model's is the mean over
	/// its tokens.
	pub loss: f64,
	/// What that model says of the row's label; `None` for a language model.
	pub unseen: Option<UnseenAnswer>,
	/// How much training on the row would lower its own loss, by the model that has not seen it; in
	/// nats for each unit of its weight.
	pub self_influence: f64,
	/// How much the row raises the mean loss on good rows that the models have not seen: the mean over
	/// the models that have seen this one, in nats for each unit of its weight.
	pub harm: f64,
}

/// A row's label, and the answer of a model that has not seen it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UnseenAnswer {
	pub label: u32,
	pub answer: u32,
	/// The probability of that answer.
	pub probability: f64,
	/// The probability of the row's own label.
	pub label_probability: f64,
}

/// What was found about all rows.
pub(super) struct CrossFit {
	/// What was found about each row, the most harmful row first.
	pub findings: Vec<Finding>,
	/// The mean loss on rows of the models that have not seen them, in nats.
	pub loss: f64,
	/// The part of rows, 0 to 1, that the model that has not seen them answers with their label; `None`
	/// for a language model.
	pub accuracy: Option<f64>,
}

impl CrossFit {
	/// The number of rows whose harm is positive.
	pub fn harmful(&self) -> usize {
		self.findings.iter().filter(|finding| finding.harm > 0.0).count()
	}
}

/// Checks that there are two parts at least, and a row for each.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn check_folds(rows: &Dataset, folds: usize) -> Result<()> {
	if folds < 2 || folds > rows.len() {
		return Err(Error::Usage(format!(
			"--folds {folds}: there must be at least 2 parts, and a row for each; the table has {} rows",
			rows.len()
		)));
	}
	Ok(())
}

/// Trains `folds` models, each without one part of `rows`, and ranks all rows by their harm to
/// `good` rows, or else to those that each model has not seen and confirms.
///
/// # Errors
/// [`Error::Usage`] if there are too few or too many parts; also the errors of training and of the index.
pub(super) fn cross_fit(
	rows: &Dataset,
	good: Option<&Dataset>,
	config: &TrainConfig,
	folds: usize,
	builder: &dyn IndexBuilder,
	progress: &mut dyn FnMut(Progress),
) -> Result<CrossFit> {
	check_folds(rows, folds)?;
	let order = shuffled(rows.len(), config.seed);
	let mut findings: Vec<Option<Finding>> = vec![None; rows.len()];
	let mut harms = vec![0.0; rows.len()];
	for fold in 0..folds {
		let part = |inside: bool| -> Vec<usize> {
			let all = order.iter().copied().enumerate();
			all.filter(|(at, _)| (at % folds == fold) == inside).map(|(_, row)| row).collect()
		};
		let (left_out, seen) = (part(true), part(false));
		let (unseen, data) = (rows.select(&left_out)?, rows.select(&seen)?);
		let model = train(&data, config, progress)?.model;
		// One contribution: rows are what is asked about.
		let whole = [Contribution { id: 0, rows: data.clone() }];
		let index = build_index(builder, &model, &whole, Width::Int16, progress)?;
		let found = look_at(&model, &index, &unseen)?;
		let confirmed = unseen.select(&confirmed(&found))?;
		let judge = good.unwrap_or(&confirmed);
		for (row, harm) in seen.iter().zip(harm(&model, &index, judge, &data)?) {
			if let Some(sum) = harms.get_mut(*row) {
				*sum += harm;
			}
		}
		for (row, finding) in left_out.into_iter().zip(found) {
			if let Some(place) = findings.get_mut(row) {
				*place = Some(Finding { row, ..finding });
			}
		}
	}
	let seen_by = (folds - 1) as f64;
	let mut findings: Vec<Finding> = findings
		.into_iter()
		.flatten()
		.zip(harms)
		.map(|(finding, harm)| Finding { harm: harm / seen_by, ..finding })
		.collect();
	let count = rows.len() as f64;
	let loss = findings.iter().map(|finding| finding.loss).sum::<f64>() / count;
	let answers = findings.iter().map(|finding| finding.unseen.as_ref());
	let answers: Option<Vec<&UnseenAnswer>> = answers.collect();
	let accuracy = answers.map(|answers| {
		answers.iter().filter(|unseen| unseen.answer == unseen.label).count() as f64 / count
	});
	findings.sort_by(|a, b| b.harm.total_cmp(&a.harm).then(a.row.cmp(&b.row)));
	Ok(CrossFit { findings, loss, accuracy })
}

/// What a model says of rows that it has not seen, numbered from 0; their harm is left at 0.
fn look_at(model: &Model, index: &Index, rows: &Dataset) -> Result<Vec<Finding>> {
	let mut losses = Vec::with_capacity(rows.len());
	for batch in batches(model, rows, Function::Loss, |_, gradients| Ok(gradients.values)) {
		losses.extend(batch?.1);
	}
	let answers: Vec<Option<UnseenAnswer>> = match model.architecture().classes() {
		0 => vec![None; rows.len()],
		_ => {
			let answers = model.batch_logits(rows)?.into_iter().zip(rows.labels());
			answers.map(|(logits, label)| Some(unseen(*label, &probabilities(&logits)))).collect()
		},
	};
	let own = self_influence(model, index, rows)?;
	let found = losses.into_iter().zip(answers).zip(own).enumerate();
	let finding = |(row, ((loss, unseen), self_influence))| Finding {
		row,
		loss,
		unseen,
		self_influence,
		harm: 0.0,
	};
	Ok(found.map(finding).collect())
}

/// Picks those of the rows left out that the model confirms: rows whose label it finds more probable than
/// not or, for a language model, the half that it predicts best. Wrong labels and foreign texts have the
/// largest gradients of all: if they were kept, they would decide what counts as harm.
fn confirmed(found: &[Finding]) -> Vec<usize> {
	let mut losses: Vec<f64> = found.iter().map(|finding| finding.loss).collect();
	losses.sort_by(f64::total_cmp);
	let middle = losses.get(losses.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
	let right = |finding: &&Finding| match &finding.unseen {
		Some(unseen) => unseen.label_probability >= 0.5,
		None => finding.loss <= middle,
	};
	let confirmed: Vec<usize> = found.iter().filter(right).map(|finding| finding.row).collect();
	// A model that confirms none has learned nothing: then all are as good.
	if confirmed.is_empty() {
		(0..found.len()).collect()
	} else {
		confirmed
	}
}

fn probability(probabilities: &[f64], label: u32) -> f64 {
	usize::try_from(label).ok().and_then(|label| probabilities.get(label)).copied().unwrap_or(0.0)
}

/// The numbers below `rows` in an order that depends on `seed` alone.
fn shuffled(rows: usize, seed: u64) -> Vec<usize> {
	let mut order: Vec<usize> = (0..rows).collect();
	order.sort_by_cached_key(|row| {
		blake2_256(&[seed.to_le_bytes(), (*row as u64).to_le_bytes()].concat()).0
	});
	order
}

fn unseen(label: u32, probabilities: &[f64]) -> UnseenAnswer {
	let mut best = (0u32, 0.0);
	for (class, probability) in (0u32..).zip(probabilities) {
		if *probability > best.1 {
			best = (class, *probability);
		}
	}
	let (answer, probability) = best;
	UnseenAnswer {
		label,
		answer,
		probability,
		label_probability: self::probability(probabilities, label),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_influence::EkFac;
	use openledger_models::{Activation, Architecture};
	use openledger_rows::Schema;
	use std::path::Path;

	/// 400 digits, and the numbers of those that got a wrong label.
	fn mislabelled() -> (Dataset, Vec<usize>) {
		let path = Path::new("../tests/data/digits.csv.gz");
		let rows = Dataset::read(path, &Schema::default()).unwrap();
		let rows = rows.select(&(0..400).collect::<Vec<_>>()).unwrap();
		let wrong: Vec<usize> = (0..400).filter(|i| i % 20 == 7).collect();
		let mut labels = rows.labels().to_vec();
		wrong.iter().for_each(|&i| labels[i] = (labels[i] + 1 + i as u32 % 9) % 10);
		(rows.with_labels(labels).unwrap(), wrong)
	}

	fn config() -> TrainConfig {
		let architecture = Architecture::mlp(&[64, 8, 10], Activation::Tanh);
		TrainConfig { epochs: 30, ..TrainConfig::standard(architecture) }
	}

	fn fit(rows: &Dataset, good: Option<&Dataset>, folds: usize) -> Result<CrossFit> {
		cross_fit(rows, good, &config(), folds, &EkFac::default(), &mut |_| ())
	}

	#[test]
	fn wrong_labels_should_come_first() {
		let (rows, wrong) = mislabelled();
		let fit = fit(&rows, None, 4).unwrap();
		let first = &fit.findings[..wrong.len()];
		let found = first.iter().filter(|finding| wrong.contains(&finding.row)).count();
		assert!(found >= 15, "{found} of 20");
		assert!(first.iter().all(|finding| finding.harm > 0.0 && finding.self_influence > 0.0));
		let accuracy = fit.accuracy.unwrap();
		assert!(accuracy > 0.8 && accuracy < 0.96, "{accuracy}");

		let mut all: Vec<usize> = fit.findings.iter().map(|finding| finding.row).collect();
		all.sort_unstable();
		assert_eq!(all, (0..400).collect::<Vec<_>>());
		for finding in &fit.findings {
			let unseen = finding.unseen.as_ref().unwrap();
			assert_eq!(unseen.label, rows.label(finding.row));
			assert!(unseen.probability >= unseen.label_probability);
			assert!((0.0..=1.0).contains(&unseen.probability));
			assert!((unseen.label_probability - (-finding.loss).exp()).abs() < 1e-5);
		}
	}

	#[test]
	fn harm_should_be_measured_on_the_good_rows_when_there_are_some() {
		let (rows, wrong) = mislabelled();
		// To rows with just these wrong labels, the wrong labels do good.
		let bad = rows.select(&wrong).unwrap();
		let place = |good| -> usize {
			let fit = fit(&rows, good, 2).unwrap();
			let places = fit.findings.iter().enumerate();
			places.filter(|(_, finding)| wrong.contains(&finding.row)).map(|(at, _)| at).sum()
		};
		assert!(place(Some(&bad)) > 2 * place(None));
	}

	#[test]
	fn parts_should_be_refused_when_they_are_too_few_or_too_many() {
		let rows = Dataset::new(2, vec![0.0, 1.0, 1.0, 0.0, 2.0, 1.0], vec![0, 1, 0]).unwrap();
		for folds in [0, 1, 4] {
			assert!(matches!(fit(&rows, None, folds), Err(Error::Usage(_))));
		}
	}

	#[test]
	fn better_half_should_be_confirmed_when_there_are_no_labels() {
		let finding = |(row, loss): (usize, &f64)| Finding {
			row,
			loss: *loss,
			unseen: None,
			self_influence: 0.0,
			harm: 0.0,
		};
		let found =
			|losses: &[f64]| -> Vec<Finding> { losses.iter().enumerate().map(finding).collect() };
		assert_eq!(confirmed(&found(&[3.0, 1.0, 9.0, 2.0])), [1, 3]);
		assert_eq!(confirmed(&found(&[3.0, 1.0, 9.0])), [0, 1]);
		assert_eq!(confirmed(&found(&[2.0])), [0]);
	}

	#[test]
	fn order_should_depend_on_the_seed_alone() {
		assert_eq!(shuffled(50, 1), shuffled(50, 1));
		assert_ne!(shuffled(50, 1), shuffled(50, 2));
		let mut sorted = shuffled(50, 1);
		sorted.sort_unstable();
		assert_eq!(sorted, (0..50).collect::<Vec<_>>());
	}
}
