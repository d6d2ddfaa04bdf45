//! Proposals that all voters decide.

use super::{Call, Date, Span};
use crate::views::{Address, Hex, Transaction, Units};
use openledger_client::{chain::Dispatch, governance::Clock};
use serde::Serialize;

/// A proposal as the chain has it. The chain forgets votes, dates and proposers of old proposals:
/// these fields are then `null`.
#[derive(Serialize, Debug)]
pub struct Proposal {
	pub proposal: u32,
	/// The proposal is decided by the rules of `constitutional`, `treasury` or `council-removal`.
	pub track: Option<&'static str>,
	/// It is `pending` before voting, `active`, `canceled`, `defeated`, `succeeded`, `queued` for
	/// dispatch, or `executed`.
	pub state: &'static str,
	pub proposer: Option<Address>,
	/// This is blake2-256 of the call's SCALE encoding.
	pub call_hash: Option<Hex>,
	#[serde(rename = "for")]
	pub votes_for: Option<Units>,
	pub against: Option<Units>,
	pub abstain: Option<Units>,
	/// The votes For and Abstain that are needed. It is `null` also before the snapshot.
	pub quorum: Option<Units>,
	/// The votes For and Abstain in percent of the quorum, rounded down to a tenth. It can be more than
	/// 100, and is `null` also before the snapshot.
	pub quorum_percent: Option<f64>,
	/// It is `null` also before the snapshot.
	pub quorum_reached: Option<bool>,
	/// The votes that are delegated at this block count. Voting begins after it.
	pub snapshot: Option<Date>,
	/// This is the last block of voting.
	pub end: Option<Date>,
	/// The time from approval to dispatch, by today's parameters.
	pub timelock: Option<Span>,
	/// The call is dispatched at this block. It is `null` unless the proposal is queued.
	pub enactment: Option<Date>,
	/// It is `null` if no block is known for what comes next.
	pub next: Option<Next>,
	/// It says for people what comes next, when and why.
	pub outlook: String,
}

/// The next event of a proposal.
#[derive(Serialize, Debug)]
pub struct Next {
	#[serde(flatten)]
	pub date: Date,
	/// It is `voting begins`, `voting ends` or `dispatch`.
	pub event: &'static str,
}

/// `gov list` prints the proposals that are not over, or with `--all` all of them, by number.
#[derive(Serialize, Debug)]
pub struct List {
	pub proposals: Vec<Proposal>,
}

/// `gov show` prints a proposal, its call and what came of it.
#[derive(Serialize, Debug)]
pub struct Details {
	#[serde(flatten)]
	pub proposal: Proposal,
	/// It is `null` if the chain does not have the call's bytes, or if today's runtime cannot read them.
	pub call: Option<Call>,
	/// It is `null` unless the call was dispatched, and if the node no longer has that block's state.
	pub dispatch: Option<Dispatched>,
}

/// What came of a proposal's call.
#[derive(Serialize, Debug)]
pub struct Dispatched {
	#[serde(flatten)]
	pub date: Date,
	/// Whether the call succeeded, and all calls of it if it is a batch.
	pub succeeded: bool,
	/// It says for people why the runtime refused the call, and is `null` if the call succeeded.
	pub error: Option<String>,
	/// The calls of a batch that failed.
	pub failed_items: Vec<FailedItem>,
}

/// A call of a batch that failed.
#[derive(Serialize, Debug)]
pub struct FailedItem {
	/// The place of the call in the batch, from 0. The calls of a batch within the batch count as well.
	pub index: u32,
	/// It says for people why the runtime refused the call.
	pub error: String,
	/// Whether the calls after it were not tried.
	pub last: bool,
}

impl Dispatched {
	pub fn new(dispatch: &Dispatch, clock: &Clock) -> Self {
		Self {
			date: Date::new(dispatch.block, clock),
			succeeded: dispatch.succeeded(),
			error: dispatch.result.as_ref().err().map(|refusal| refusal.message.clone()),
			failed_items: dispatch
				.failed_items
				.iter()
				.map(|item| FailedItem {
					index: item.index,
					error: item.refusal.message.clone(),
					last: item.last,
				})
				.collect(),
		}
	}
}

/// `gov propose` prints the new proposal.
#[derive(Serialize, Debug)]
pub struct Proposed {
	#[serde(flatten)]
	pub proposal: Proposal,
	pub call: Call,
	/// One stores the call's bytes, unless the chain has them already, and one proposes it.
	pub transactions: Vec<Transaction>,
}

/// `gov vote` prints the proposal after the vote.
#[derive(Serialize, Debug)]
pub struct Voted {
	#[serde(flatten)]
	pub proposal: Proposal,
	pub vote: Vote,
	pub transactions: Vec<Transaction>,
}

/// A vote that was cast, for good.
#[derive(Serialize, Debug)]
pub struct Vote {
	pub voter: Address,
	/// It is `for`, `against` or `abstain`.
	pub choice: &'static str,
	/// These are all votes that were delegated to the voter at the snapshot.
	pub votes: Units,
}

/// `gov poke` prints the proposal afterwards.
#[derive(Serialize, Debug)]
pub struct Poked {
	#[serde(flatten)]
	pub proposal: Proposal,
	pub transactions: Vec<Transaction>,
}

/// `gov cancel` prints which proposal was taken back.
#[derive(Serialize, Debug)]
pub struct Cancelled {
	pub proposal: u32,
	pub transactions: Vec<Transaction>,
}
