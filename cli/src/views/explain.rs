//! Who was paid for an answer, and why.

use super::{model::Index, Address, Hex, Units};
use serde::Serialize;

/// `explain` prints a settled inference and what came of checking it.
#[derive(Serialize, Debug)]
pub struct Explanation {
	pub inference: u64,
	pub model: u32,
	/// This account asked, and paid.
	pub user: Address,
	/// The question as it was sent. What is not UTF-8 is replaced.
	pub input: String,
	/// The answer as the host gave it. What is not UTF-8 is replaced.
	pub output: String,
	/// The number of the attribution job.
	pub job: u64,
	/// This attempt of the job made the result; attempts are counted from 0.
	pub attempt: u32,
	/// With `attributed` contributors were paid by their shares in this answer, with `held_out` by
	/// their shares in the loss on the model's held-out rows.
	pub basis: &'static str,
	/// The fee that the user paid.
	pub fee: Units,
	/// The inference was settled in this block.
	pub at: u32,
	/// It is `null` if no claim was made, or if the block of the job's result does not hold it.
	pub claim: Option<Claim>,
	/// The proofs must lead to the root of this index.
	pub index: Index,
	/// These contributions were paid or should have been.
	pub entries: Vec<Entry>,
	/// The owners of the model and of the models that it derives from got this.
	pub owners: Vec<OwnerPayment>,
	/// The attesters of the job got this.
	pub attesters: Vec<Payment>,
	/// The amount that went to the treasury.
	pub treasury: Units,
	/// The amount that contributors got together.
	pub contributors_total: Units,
	/// Whether the claim's hash, proofs, scores, shares and payments hold, to the unit.
	pub verified: bool,
	/// It says for people what does not hold, and is empty if everything does.
	pub problems: Vec<String>,
	/// Left out unless the model takes text.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub rows: Option<Rows>,
	/// The page was written to this file. Left out without `--html`.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub html: Option<String>,
}

/// What an attester claimed, and where the chain has it.
#[derive(Serialize, Debug)]
pub struct Claim {
	/// The job's result names the claim by this hash: blake2-256 of its SCALE encoding.
	pub hash: Hex,
	pub block: u64,
	/// This is the hash of the block's header.
	pub block_hash: Hex,
	/// The claim's place among the block's extrinsics, counted from 0.
	pub extrinsic_index: u32,
	pub attester: Address,
}

/// A contribution that was paid or should have been. `leaf_index`, `score`, `recomputed_score` and
/// `proof` are `null` if there is no claim, or if the claim does not name the contribution.
#[derive(Serialize, Debug)]
pub struct Entry {
	pub contribution: u64,
	/// The address of the contributor, or `unknown`.
	pub contributor: String,
	/// The leaves of the index are numbered from 0.
	pub leaf_index: Option<u32>,
	/// The attester claims this score: the dot product of the query and the contribution's leaf.
	pub score: Option<i64>,
	/// The same score, computed here. It is `null` also if the query and the leaf have different
	/// dimensions.
	pub recomputed_score: Option<i64>,
	/// Whether the Merkle proof leads from the leaf to the root of the index.
	pub proof: Option<bool>,
	/// The share by which the contribution is paid, in billionths.
	pub parts: u32,
	/// The same share from 0 to 1.
	pub share: f64,
	/// The amount that the share comes to, computed here.
	pub amount: Units,
	/// The amount that was paid.
	pub paid: Units,
}

#[derive(Serialize, Debug)]
pub struct OwnerPayment {
	pub account: Address,
	/// The account owns the model itself if it is 0, the model's parent if it is 1, and so on.
	pub depth: u32,
	pub amount: Units,
}

#[derive(Serialize, Debug)]
pub struct Payment {
	pub account: Address,
	pub amount: Units,
}

/// The rows of the contributions that were paid.
#[derive(Serialize, Debug)]
#[serde(untagged)]
pub enum Rows {
	/// The rows that mattered most, as far as the blob store has them.
	Found {
		/// The number of rows that were looked at.
		count: usize,
		/// These helped the answer the most, the strongest first. There are at most 12.
		helping: Vec<Row>,
		/// These spoke against it the most, the strongest first. There are at most 12.
		hurting: Vec<Row>,
		/// The rows of these contributions could not be looked at.
		missing: Vec<Missing>,
	},
	/// There are no rows to show.
	None {
		/// It says why, for people.
		reason: String,
	},
}

/// A row with its part in the answer.
#[derive(Serialize, Debug)]
pub struct Row {
	pub contribution: u64,
	/// Rows are counted from 1 within their contribution.
	pub row: usize,
	/// It is `null` if rows have no labels.
	pub label: Option<String>,
	/// The row's part in the score of all rows that were looked at, whose sum is 1. It is negative if
	/// the row spoke against the answer.
	pub part: f64,
	pub text: String,
}

/// A contribution whose rows could not be looked at.
#[derive(Serialize, Debug)]
pub struct Missing {
	pub contribution: u64,
	/// It says why, for people.
	pub reason: String,
}
