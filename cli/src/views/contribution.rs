//! Contributions, sent and reviewed.

use super::{addresses, Address, Hex, Labels, Transaction, Units};
use crate::{output::text, training::Checks};
use openledger_client::chain::types::{self, ContributionState};
use openledger_rows::Dataset;
use serde::Serialize;

/// `contribution show` prints a contribution as the chain has it.
#[derive(Serialize, Debug)]
pub struct Contribution {
	pub contribution: u64,
	pub datanet: u32,
	/// This account sent the contribution and is paid for it.
	pub contributor: Address,
	/// This is the Merkle root over the encodings of the rows.
	pub content_root: Hex,
	pub rows: u32,
	/// The length of the file that holds the rows.
	pub bytes: u64,
	/// The blob store finds the file by this hash.
	pub blob: Hex,
	/// The part of the contributor's bond that is still held.
	pub bond: Units,
	/// The contribution was sent in this block.
	pub submitted: u32,
	/// It is `pending`, `accepted` or `rejected`.
	pub state: &'static str,
	/// These curators approved the contribution so far. Left out unless it is pending.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub approvals: Option<Vec<Address>>,
	/// The accepted contributions of a datanet are numbered from 0 in the order of acceptance. Left out
	/// unless the contribution is accepted.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub position: Option<u32>,
	/// All accepted rows of a datanet are numbered from 0; this is the number of the contribution's
	/// first. Left out unless the contribution is accepted.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub first_row: Option<u64>,
	/// The contribution was accepted in this block. Left out unless it is accepted.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub accepted_at: Option<u32>,
	/// The curator wrote this; control characters are removed. Left out unless the contribution is
	/// rejected.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
}

impl Contribution {
	pub fn new(id: u64, contribution: &types::Contribution) -> Self {
		let view = Self {
			contribution: id,
			datanet: contribution.datanet,
			contributor: contribution.contributor.into(),
			content_root: contribution.content_root.into(),
			rows: contribution.rows,
			bytes: contribution.bytes,
			blob: contribution.blob.into(),
			bond: contribution.bond.into(),
			submitted: contribution.submitted,
			state: state(&contribution.state),
			approvals: None,
			position: None,
			first_row: None,
			accepted_at: None,
			reason: None,
		};
		match &contribution.state {
			ContributionState::Pending { approvals } => {
				Self { approvals: Some(addresses(approvals)), ..view }
			},
			&ContributionState::Accepted { position, first_row, at } => Self {
				position: Some(position),
				first_row: Some(first_row),
				accepted_at: Some(at),
				..view
			},
			ContributionState::Rejected { reason } => Self { reason: Some(text(reason)), ..view },
		}
	}
}

/// `contribution list` and `review list` print the contributions that the options name, by number.
#[derive(Serialize, Debug)]
pub struct List {
	pub contributions: Vec<Contribution>,
}

/// `contribution withdraw` and `contribution release` print which contribution was changed.
#[derive(Serialize, Debug)]
pub struct Changed {
	pub contribution: u64,
	pub transactions: Vec<Transaction>,
}

/// `contribute` prints what was sent, or would be.
#[derive(Serialize, Debug)]
pub struct Contributed {
	/// It is `null` in a dry run.
	pub contribution: Option<u64>,
	pub datanet: u32,
	/// It is `null` in a dry run.
	pub contributor: Option<Address>,
	pub rows: u32,
	/// What rows are of: `numbers` or `text`.
	pub kind: &'static str,
	/// The number of features of a row, the label not counted. It is 0 for text.
	pub columns: usize,
	/// The length of the file that holds the rows.
	pub bytes: u64,
	/// This is the Merkle root over the encodings of the rows.
	pub content_root: Hex,
	/// The blob store finds the file that holds the rows by this hash.
	pub blob: Hex,
	/// The amount held from the contributor. It is `null` in a dry run.
	pub bond: Option<Units>,
	/// Whether the rows were only checked and nothing was sent.
	pub dry_run: bool,
	pub labels: Labels,
	/// It is empty in a dry run.
	pub transactions: Vec<Transaction>,
}

/// `review show` prints a contribution and what its file holds.
#[derive(Serialize, Debug)]
pub struct Inspected {
	#[serde(flatten)]
	pub contribution: Contribution,
	/// Whether all checks hold, so that the file is what the contributor committed to.
	pub verified: bool,
	pub checks: CheckList,
	/// What rows are of: `numbers` or `text`.
	pub kind: &'static str,
	/// The number of features of a row, the label not counted. It is 0 for text.
	pub columns: usize,
	pub labels: Labels,
}

impl Inspected {
	pub fn new(
		contribution: Contribution,
		rows: &Dataset,
		checks: &Checks,
		labels: &[(String, usize)],
	) -> Self {
		let &Checks { content_root, rows: count, bytes } = checks;
		Self {
			contribution,
			verified: checks.hold(),
			// The store compares the blob with its hash before it hands it out.
			checks: CheckList { blob: true, content_root, rows: count, bytes },
			kind: rows.kind(),
			columns: rows.columns(),
			labels: labels.into(),
		}
	}
}

/// The file of a contribution is compared with what the contributor committed to on chain.
#[derive(Serialize, Debug)]
pub struct CheckList {
	/// Whether the hash of the file is the same. A file with another hash is not read, so that this is
	/// always true.
	pub blob: bool,
	/// Whether the Merkle root over the rows is the same.
	pub content_root: bool,
	/// Whether the number of rows is the same.
	pub rows: bool,
	/// Whether the number of bytes is the same.
	pub bytes: bool,
}

/// `review approve` and `review reject` print what became of the contributions.
#[derive(Serialize, Debug)]
pub struct Reviewed {
	/// The contributions are in the order of the command line.
	pub reviewed: Vec<Decision>,
	pub transactions: Vec<Transaction>,
}

/// A contribution after a review.
#[derive(Serialize, Debug)]
pub struct Decision {
	pub contribution: u64,
	/// It is `accepted`, `rejected`, or `pending` if more curators must approve.
	pub state: &'static str,
}

pub fn state(state: &ContributionState) -> &'static str {
	match state {
		ContributionState::Pending { .. } => "pending",
		ContributionState::Accepted { .. } => "accepted",
		ContributionState::Rejected { .. } => "rejected",
	}
}
