//! Finding rows whose label is wrong.

use super::{
	method::{Measured, Suspected},
	Bootstrap, Detection, Subject,
};
use openledger_models::network::cross_entropy;
use openledger_models::Result;
use serde::{Deserialize, Serialize};

/// How well rankings find the rows that are known to be mislabelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mislabelled {
	/// How many there are.
	pub count: usize,
	/// Ranked by the model's loss at each row: what needs no influence at all.
	pub loss: Detection,
	/// Of each method.
	pub results: Vec<MislabelledResult>,
}

/// The same of one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MislabelledResult {
	/// The method.
	#[serde(flatten)]
	pub measured: Measured,
	/// Ranked by self-influence, by how much a row lowers its own loss (Koh and Liang 2017, section
	/// 5.4): needs the training rows only.
	pub self_influence: Detection,
	/// Ranked by how much a row raises the loss over the test rows: needs rows that are known to be
	/// right.
	pub held_out_harm: Detection,
}

pub(super) fn detect(
	subject: &Subject<'_>,
	suspected: &[Suspected],
	bootstrap: &Bootstrap,
) -> Result<Mislabelled> {
	let train = &subject.task.train;
	let mut wrong = vec![false; train.len()];
	for row in &subject.task.mislabelled {
		wrong[*row] = true;
	}
	let logits = subject.model.batch_logits(train)?;
	let losses: Vec<f64> = logits
		.iter()
		.zip(train.labels())
		.map(|(logits, label)| cross_entropy(logits, *label as usize))
		.collect();
	let detection = |suspicion: &[f64]| Detection::new(suspicion, &wrong, bootstrap);
	let result = |suspected: &Suspected| MislabelledResult {
		measured: suspected.measured.clone(),
		self_influence: detection(&suspected.own),
		held_out_harm: detection(&suspected.harm),
	};
	Ok(Mislabelled {
		count: subject.task.mislabelled.len(),
		loss: detection(&losses),
		results: suspected.iter().map(result).collect(),
	})
}
