//! The rows that a curator should look at first.

use serde::Serialize;

/// `audit-data` prints the rows that do a model the most harm. Losses are in nats, of a language model
/// for each token.
#[derive(Serialize, Debug)]
pub struct Audit {
	/// It names the file, or the datanet and its version, in words.
	pub source: String,
	/// The number of rows that were looked at.
	pub rows: usize,
	/// The number of contributions that the rows are from. It is 0 for a file.
	pub contributions: usize,
	/// The number of parts that the rows were divided into. One model was trained without each.
	pub folds: usize,
	/// Influence was computed by this method.
	pub method: &'static str,
	/// The number of rows of `--held-out`, on which harm was measured. It is `null` without them: harm
	/// was then measured on rows that the models have not seen and find right.
	pub held_out_rows: Option<usize>,
	/// The mean loss of the models on the rows that they have not seen.
	pub loss: f64,
	/// The part of rows, from 0 to 1, that the model that has not seen them answers with their label.
	/// It is `null` for a language model.
	pub accuracy: Option<f64>,
	/// The number of rows whose harm is positive.
	pub harmful: usize,
	/// There are as many as `--top` says, the most harmful first.
	pub worst: Vec<Row>,
	/// The time that the audit took.
	pub seconds: f64,
	/// The page was written to this file. Left out without `--html`.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub html: Option<String>,
}

/// A row and what was found about it.
#[derive(Serialize, Debug)]
pub struct Row {
	/// It is `null` for a file.
	pub contribution: Option<u64>,
	/// Rows are counted from 1 within their contribution or the file.
	pub row: usize,
	/// The model that has not seen the row has this loss on it.
	pub loss: f64,
	/// How much training on the row would lower its own loss, for each unit of its weight, by the model
	/// that has not seen it.
	pub self_influence: f64,
	/// How much the row raises the mean loss on good rows, for each unit of its weight. It is negative
	/// if the row lowers that loss.
	pub harm: f64,
	#[serde(flatten)]
	pub unseen: Option<UnseenAnswer>,
	/// The row's numbers, separated by commas. Left out for text.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub features: Option<String>,
	/// The row's text. Left out for numbers.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub text: Option<String>,
}

/// The answer of the model that has not seen the row. These fields are left out for a language model.
#[derive(Serialize, Debug)]
pub struct UnseenAnswer {
	/// The label that the row has.
	pub label: Label,
	/// The label that the model answers with.
	pub answer: Label,
	/// The model gives its answer this probability, from 0 to 1.
	pub probability: f64,
	/// The model gives the row's own label this probability, from 0 to 1.
	pub label_probability: f64,
}

/// A label is the number of a class, or its name where classes have names.
#[derive(Serialize, Debug)]
#[serde(untagged)]
pub enum Label {
	Number(u32),
	Name(String),
}
