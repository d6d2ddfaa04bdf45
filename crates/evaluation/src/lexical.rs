//! Shared words as a method of attribution.

use super::{Scorer, Subject};
use crate::bm25::{Bm25, B, K1};
use openledger_influence::Contribution;
use openledger_models::{Error, Progress, Result};
use openledger_rows::Dataset;
use serde_json::{json, Value};

/// BM25 between the test row's text and those of the training rows, summed over a contribution's rows.
/// A row with the test row's label counts for the answer, and a row with another label against it. No
/// model takes part: this is what attributions of models of text must beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lexical;

impl Scorer for Lexical {
	fn name(&self) -> String {
		"bm25".into()
	}

	fn parameters(&self) -> Value {
		json!({ "k1": K1, "b": B })
	}

	/// # Errors
	/// [`Error::Setting`] if the task's rows are of numbers.
	fn scores(
		&self,
		subject: &Subject<'_>,
		contributions: &[Contribution],
		_: &mut dyn FnMut(Progress),
	) -> Result<Vec<Vec<f64>>> {
		let mut rows = Vec::new();
		for (owner, contribution) in contributions.iter().enumerate() {
			let labels = contribution.rows.labels();
			let texts = texts(&contribution.rows)?.iter().zip(labels);
			rows.extend(texts.map(|(text, label)| (owner, text.as_str(), *label)));
		}
		let bm25 = Bm25::new(&rows.iter().map(|(_, text, _)| *text).collect::<Vec<_>>());
		let test = &subject.task.test;
		let score = |(query, label): (&String, &u32)| {
			let mut sums = vec![0.0; contributions.len()];
			for (relevance, (owner, _, own)) in bm25.scores(query).iter().zip(&rows) {
				sums[*owner] += if own == label { *relevance } else { -relevance };
			}
			sums
		};
		Ok(texts(test)?.iter().zip(test.labels()).map(score).collect())
	}
}

fn texts(data: &Dataset) -> Result<&[String]> {
	let reason = "bm25 compares words, and the task's rows are numbers: leave it out";
	let texts = data.texts().ok_or_else(|| Error::setting("methods", reason))?;
	Ok(texts.texts())
}
