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
	/// The number of mislabelled rows.
	pub count: usize,
	/// Rows ranked by the model's loss on them, which needs no influence at all.
	pub loss: Detection,
	/// How well each method finds them.
	pub results: Vec<MislabelledResult>,
}

/// How well one method finds mislabelled rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MislabelledResult {
	/// The method, with its settings, time and memory.
	#[serde(flatten)]
	pub measured: Measured,
	/// Rows ranked by self-influence, that is by how much a row lowers its own loss (Koh and Liang 2017,
	/// section 5.4). This needs the training rows only.
	pub self_influence: Detection,
	/// Rows ranked by how much they raise the loss over the test rows. This needs test rows that are known
	/// to be right.
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
