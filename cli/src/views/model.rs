//! Models, from training to retirement.

use super::{Address, Hex, Transaction, Units};
use crate::output::{document, text};
use openledger_client::chain::types::{self, IndexRecord, IndexWidth, ModelStatus};
use serde::Serialize;
use serde_json::Value;

/// A model as the chain has it.
#[derive(Serialize, Debug)]
pub struct Model {
	pub model: u32,
	/// The owner chose it. Control characters are removed.
	pub name: String,
	/// It is `registered` while the index is not checked, `active` while the model takes requests, and
	/// `retired` once it takes no more.
	pub status: &'static str,
	/// This account registered the model and is paid for it.
	pub owner: Address,
	/// This account answers requests.
	pub host: Address,
	pub pricing: Pricing,
	/// The part of its pay that the owner of a model that derives from this one passes on, as a decimal
	/// fraction from `0` to `1`.
	pub royalty: String,
	/// The model derives from this one. It is `null` if it derives from none.
	pub parent: Option<u32>,
	/// The model was trained on these versions. The leaves of the index are in their order.
	pub sources: Vec<Source>,
	/// The blob store finds the weights by this hash.
	pub weights: Hex,
	/// The architecture's descriptor is an object, or text if the owner registered no JSON.
	pub architecture: Value,
	pub index: Index,
	/// It says how the index was built: an object, or text if the owner registered no JSON.
	pub index_parameters: Value,
	/// The blob store finds the index by this hash.
	pub index_file: Hex,
	/// This hash over the sources fixes the contributions of the index and their order.
	pub manifest: Hex,
	/// This is the hash of the query sketch of the loss on held-out rows, by which activation is
	/// checked.
	pub held_out: Hex,
	/// The model was registered in this block.
	pub registered: u32,
}

impl Model {
	pub fn new(id: u32, model: &types::Model) -> Self {
		let r = &model.registration;
		let source = |s: &types::TrainingSource| Source { datanet: s.datanet, version: s.version };
		Self {
			model: id,
			name: text(&r.name),
			status: status(model.status),
			owner: model.owner.into(),
			host: r.host.into(),
			pricing: (&r.pricing).into(),
			royalty: fraction(r.royalty),
			parent: r.parent,
			sources: r.sources.iter().map(source).collect(),
			weights: r.weights.into(),
			architecture: document(&r.architecture),
			index: (&r.index).into(),
			index_parameters: document(&r.index_parameters),
			index_file: r.index_file.into(),
			manifest: r.manifest.into(),
			held_out: r.held_out.into(),
			registered: model.registered,
		}
	}
}

/// What one inference costs before the platform fee.
#[derive(Serialize, Debug)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pricing {
	/// With the `kind` `per_call` all inferences cost the same.
	PerCall { price: Units },
	/// With the `kind` `per_thousand_tokens` the tokens of question and answer are counted.
	PerThousandTokens {
		/// The price of 1,000 tokens of the question.
		input: Units,
		/// The price of 1,000 tokens of the answer.
		output: Units,
	},
}

impl From<&types::Pricing> for Pricing {
	fn from(pricing: &types::Pricing) -> Self {
		match *pricing {
			types::Pricing::PerCall(price) => Self::PerCall { price: price.into() },
			types::Pricing::PerThousandTokens { input, output } => {
				Self::PerThousandTokens { input: input.into(), output: output.into() }
			},
		}
	}
}

/// A published version of a datanet.
#[derive(Serialize, Debug)]
pub struct Source {
	pub datanet: u32,
	pub version: u32,
}

/// A model's commitment to its influence index.
#[derive(Serialize, Debug)]
pub struct Index {
	/// This is the Merkle root over the leaves.
	pub root: Hex,
	/// There is one leaf for each contribution of the sources.
	pub leaf_count: u32,
	/// The number of coordinates of each leaf.
	pub dimension: u32,
	/// Each coordinate is an `int8` or an `int16`.
	pub width: &'static str,
}

impl From<&IndexRecord> for Index {
	fn from(index: &IndexRecord) -> Self {
		let &IndexRecord { root, leaf_count, dimension, width } = index;
		Self { root: root.into(), leaf_count, dimension, width: self::width(width) }
	}
}

/// `model list` prints all models, by number.
#[derive(Serialize, Debug)]
pub struct List {
	pub models: Vec<Model>,
}

/// `model show` prints a model and how it pays for answers without an attribution.
#[derive(Serialize, Debug)]
pub struct Details {
	#[serde(flatten)]
	pub model: Model,
	/// It is empty before activation.
	pub held_out_shares: Vec<Share>,
}

/// A contribution's share in what contributors get.
#[derive(Serialize, Debug)]
pub struct Share {
	pub contribution: u64,
	/// The share is counted in billionths.
	pub parts: u32,
}

pub fn shares(shares: &[types::Share]) -> Vec<Share> {
	let share = |s: &types::Share| Share { contribution: s.contribution, parts: s.parts };
	shares.iter().map(share).collect()
}

/// `model price`, `model host` and `model retire` print which model was changed.
#[derive(Serialize, Debug)]
pub struct Changed {
	pub model: u32,
	pub transactions: Vec<Transaction>,
}

/// `model register` prints the new model.
#[derive(Serialize, Debug)]
pub struct Registered {
	pub model: u32,
	pub owner: Address,
	/// This account answers requests.
	pub host: Address,
	/// The blob store finds the weights by this hash.
	pub weights: Hex,
	/// The blob store finds the index by this hash.
	pub index_file: Hex,
	/// This is the Merkle root over the leaves of the index.
	pub root: Hex,
	/// The amount that the owner paid to the treasury for the registration.
	pub fee: Units,
	pub transactions: Vec<Transaction>,
}

/// `model activate` prints how the model pays for answers without an attribution.
#[derive(Serialize, Debug)]
pub struct Activated {
	pub model: u32,
	pub held_out_shares: Vec<Share>,
	pub transactions: Vec<Transaction>,
}

/// `model index` prints the commitment to the index that it built.
#[derive(Serialize, Debug)]
pub struct Indexed {
	/// The blob store finds the index by this hash.
	pub index: Hex,
	#[serde(flatten)]
	pub commitment: Index,
	/// This is the hash of the query sketch of the loss on held-out rows, by which activation is
	/// checked.
	pub held_out: Hex,
	/// The number of contributions that lower the loss on held-out rows and will have a share.
	pub held_out_entries: usize,
	/// The time that building took.
	pub seconds: f64,
}

/// `train` prints what was trained and how well it does. Losses are means in nats; accuracies are the
/// part of rows that are answered with their label, from 0 to 1, and `null` for a language model.
#[derive(Serialize, Debug)]
pub struct Trained {
	/// The files of the run were written to this directory.
	pub out: String,
	/// The blob store finds the weights by this hash.
	pub weights: Hex,
	/// The training manifest was written to this file.
	pub manifest: String,
	/// The number of contributions that the model was trained on.
	pub contributions: usize,
	/// The number of rows that these contributions have together.
	pub rows: usize,
	/// The number of weights that were trained. A sketch has as many coordinates.
	pub parameters: usize,
	/// The loss on the training rows.
	pub loss: f64,
	/// The accuracy on the training rows.
	pub accuracy: Option<f64>,
	/// The accuracy on the rows of `--test`. It is `null` without them.
	pub test_accuracy: Option<f64>,
	/// The loss on the rows of `--test`. It is `null` without them.
	pub test_loss: Option<f64>,
	/// This hash of the base model's files names the base model. It is `null` for rows of numbers.
	pub base_model: Option<String>,
	/// The time that training took.
	pub seconds: f64,
}

pub fn status(status: ModelStatus) -> &'static str {
	match status {
		ModelStatus::Registered => "registered",
		ModelStatus::Active => "active",
		ModelStatus::Retired => "retired",
	}
}

pub fn width(width: IndexWidth) -> &'static str {
	match width {
		IndexWidth::Int8 => "int8",
		IndexWidth::Int16 => "int16",
	}
}

/// Parts per million as a fraction in decimal text.
pub fn fraction(parts_per_million: u32) -> String {
	let (whole, rest) = (parts_per_million / 1_000_000, parts_per_million % 1_000_000);
	if rest == 0 {
		return whole.to_string();
	}
	format!("{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fraction_should_be_exact_when_printed() {
		let texts = [0, 100_000, 1_000_000, 1, 123_450].map(fraction);
		assert_eq!(texts, ["0", "0.1", "1", "0.000001", "0.12345"]);
	}
}
