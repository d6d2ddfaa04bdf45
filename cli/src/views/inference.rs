//! Questions to models, and their answers.

use super::{Address, Transaction, Units};
use openledger_client::chain::types::{self, InferenceState};
use serde::Serialize;
use std::collections::BTreeSet;

/// `inference show` prints a question to a model and what became of it.
#[derive(Serialize, Debug)]
pub struct Inference {
	pub inference: u64,
	pub model: u32,
	/// This account asked, and pays.
	pub user: Address,
	/// The question as it was sent. What is not UTF-8 is replaced.
	pub input: String,
	/// The answer as the host gave it. What is not UTF-8 is replaced. It is `null` before there is one,
	/// and after a refund.
	pub output: Option<String>,
	/// It is `requested`, then `answered` while it waits for attribution, then `settled` once everybody
	/// is paid, or `refunded`.
	pub state: &'static str,
	/// The most that the user pays. It is held until the answer.
	pub max_fee: Units,
	/// The fee that the user pays. It is `null` before there is an answer, and after a refund.
	pub fee: Option<Units>,
	/// The number of the attribution job. It is `null` before there is an answer, and after a refund.
	pub job: Option<u64>,
	/// With `attributed` contributors were paid by their shares in this answer, with `held_out` by
	/// their shares in the loss on the model's held-out rows. It is `null` unless it is settled.
	pub basis: Option<&'static str>,
	/// The inference was settled in this block. It is `null` unless it is settled.
	pub at: Option<u32>,
	/// The question was sent in this block.
	pub requested: u32,
	/// A request that is not answered is refunded at the start of this block.
	pub deadline: u32,
	#[serde(flatten)]
	pub split: Option<Split>,
	/// It says why everything went back to the user: `cancelled` by the user, `timed_out` without an
	/// answer, or `wrong_answer` as attesters found. Left out unless it is refunded.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub refund: Option<&'static str>,
}

/// The fee is the sum of these four amounts. They are left out unless the inference is settled.
#[derive(Serialize, Debug)]
pub struct Split {
	/// The amount that contributors got together.
	pub contributors: Units,
	/// The amount that the owners of the model and of the models that it derives from got together.
	pub owners: Units,
	/// The amount that the attesters of the job got together.
	pub attesters: Units,
	/// The amount that went to the treasury: the platform fee, its part, and what could not be divided
	/// or had no payee.
	pub treasury: Units,
}

impl Inference {
	pub fn new(id: u64, inference: &types::Inference) -> Self {
		let view = Self {
			inference: id,
			model: inference.model,
			user: inference.user.into(),
			input: exact(&inference.input),
			output: answer(&inference.state),
			state: inference.state.name(),
			max_fee: inference.max_fee.into(),
			fee: fee(&inference.state).map(Units::from),
			job: None,
			basis: None,
			at: None,
			requested: inference.requested,
			deadline: inference.deadline,
			split: None,
			refund: None,
		};
		match &inference.state {
			InferenceState::Requested => view,
			InferenceState::Answered { job, .. } => Self { job: Some(*job), ..view },
			InferenceState::Settled(receipt) => Self {
				job: Some(receipt.job),
				basis: Some(basis(receipt.basis)),
				at: Some(receipt.at),
				split: Some(receipt.into()),
				..view
			},
			InferenceState::Refunded(reason) => Self { refund: Some(reason.name()), ..view },
		}
	}
}

impl From<&types::Receipt> for Split {
	fn from(receipt: &types::Receipt) -> Self {
		Self {
			contributors: receipt.contributors.into(),
			owners: receipt.owners.into(),
			attesters: receipt.attesters.into(),
			treasury: receipt.treasury.into(),
		}
	}
}

/// `inference list` prints the inferences that the options name, by number.
#[derive(Serialize, Debug)]
pub struct List {
	pub inferences: Vec<Inference>,
}

/// `inference cancel` prints which inference was taken back.
#[derive(Serialize, Debug)]
pub struct Changed {
	pub inference: u64,
	pub transactions: Vec<Transaction>,
}

/// `infer` prints the questions that were sent and what became of them.
#[derive(Serialize, Debug)]
pub struct Asked {
	pub model: u32,
	/// This account asked, and pays.
	pub user: String,
	/// The questions are in the order of the file.
	pub inferences: Vec<Question>,
	/// The number of questions that are settled.
	pub settled: u64,
	/// The number of questions that are refunded.
	pub refunded: u64,
	/// The number of questions that were neither when the command stopped waiting.
	pub open: u64,
	/// The fees of the settled questions together.
	pub fees: Units,
	/// The part of settled answers that are right, from 0 to 1. It is `null` without `--labelled`, and
	/// if none is settled.
	pub accuracy: Option<f64>,
	/// The time from the first question until the command stopped waiting.
	pub seconds: f64,
	pub transactions: Vec<Transaction>,
}

/// A question that was sent.
#[derive(Serialize, Debug)]
#[serde(untagged)]
pub enum Question {
	/// The question as the chain has it.
	Known {
		#[serde(flatten)]
		inference: Box<Inference>,
		/// The row's label, which is the right answer. Left out without `--labelled`.
		#[serde(skip_serializing_if = "Option::is_none")]
		expected: Option<String>,
	},
	/// The best block did not have the question when the command stopped waiting.
	Unknown {
		inference: u64,
		model: u32,
		/// It is always `unknown`.
		state: &'static str,
	},
}

impl Question {
	/// The question `id` to `model`, with the right answer where that is known.
	pub fn new(
		id: u64,
		model: u32,
		found: Option<&types::Inference>,
		expected: Option<&String>,
	) -> Self {
		match found {
			Some(found) => Self::Known {
				inference: Box::new(Inference::new(id, found)),
				expected: expected.cloned(),
			},
			None => Self::Unknown { inference: id, model, state: "unknown" },
		}
	}
}

/// `host` prints what it answered, once it stops.
#[derive(Serialize, Debug)]
pub struct Hosted {
	/// This account answers.
	pub host: Address,
	/// The account answers for these models.
	pub models: BTreeSet<u32>,
	/// These answers came into a block, in this order.
	pub answered: Vec<Answered>,
	/// These requests could not be answered; they are in the order of their numbers.
	pub failed: Vec<Failed>,
}

/// An answer to a request.
#[derive(Serialize, Debug)]
pub struct Answered {
	pub inference: u64,
	pub model: u32,
	pub output: String,
	/// The number of tokens that the model read. It is 0 for rows of numbers.
	pub input_tokens: u32,
	/// The number of tokens that the model wrote. It is 0 if it answers with a class.
	pub output_tokens: u32,
	/// This block holds the answer.
	pub block: u64,
}

/// A request that could not be answered.
#[derive(Serialize, Debug)]
pub struct Failed {
	pub inference: u64,
	/// It says why, for people.
	pub error: String,
}

pub fn basis(basis: types::Basis) -> &'static str {
	match basis {
		types::Basis::Attributed => "attributed",
		types::Basis::HeldOut => "held_out",
	}
}

/// The fee of an inference, once its answer has fixed it.
pub fn fee(state: &InferenceState) -> Option<u128> {
	match state {
		InferenceState::Answered { fee, .. } => Some(*fee),
		InferenceState::Settled(receipt) => Some(receipt.fee),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// The answer as it stands on chain. It is shown to people by [`one_line`](crate::output::one_line) only.
pub fn answer(state: &InferenceState) -> Option<String> {
	match state {
		InferenceState::Answered { output, .. } => Some(exact(output)),
		InferenceState::Settled(receipt) => Some(exact(&receipt.output)),
		InferenceState::Requested | InferenceState::Refunded(_) => None,
	}
}

/// Text of the chain with its control characters, for JSON documents, which escape them.
pub fn exact(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}
