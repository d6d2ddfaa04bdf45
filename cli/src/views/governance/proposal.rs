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
	/// The proposal is decided by the rules of `constitutional`, `treasury`, `medium-spender`, `big-spender` or
	/// `council-removal`.
	pub track: Option<&'static str>,
	/// It is `pending` before voting, `active`, `canceled`, `defeated`, `succeeded` or `queued` for dispatch.
	/// Once its call was dispatched it is `failed` if the call was refused, `partly-failed` if calls of its batch
	/// were, and else `executed`. It is `executed` also if the node no longer has the block that tells.
	pub state: &'static str,
	pub proposer: Option<Address>,
	/// What is held of the proposer until the proposal has ended. It is `null` once it was given back or taken.
	pub deposit: Option<Units>,
	/// The proposal lapses unless its call's bytes are stored on the chain by this block. It is `null` if they
	/// are, and after the snapshot.
	pub lapses: Option<Date>,
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
	/// Voting begins after this block. The least votes that an account had from `held_since` to here count.
	pub snapshot: Option<Date>,
	/// Votes count as far as they were held from this block to the snapshot.
	pub held_since: Option<Date>,
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
	/// What the call would come to now. It is `null` unless the proposal can still be executed and the bytes of
	/// its call are known.
	pub dry_run: Option<DryRun>,
	/// It is `null` if neither an account nor a key is given, or the snapshot is not known.
	pub votes: Option<VotesThatCount>,
}

/// What a call would come to if it were dispatched now.
#[derive(Serialize, Debug)]
pub struct DryRun {
	/// Whether the call would succeed, and all calls of it if it is a batch.
	pub succeeds: bool,
	/// It says for people why not, and is `null` if it would.
	pub failure: Option<String>,
}

impl DryRun {
	pub fn new(failure: Option<String>) -> Self {
		Self { succeeds: failure.is_none(), failure }
	}
}

/// The votes of an account on a proposal.
#[derive(Serialize, Debug)]
pub struct VotesThatCount {
	pub account: Address,
	/// The votes that count: the least that were delegated to the account in the holding window. Before the
	/// snapshot it is what would count if the newest block were the snapshot.
	pub counted: Units,
	/// The votes that are delegated to the account now.
	pub delegated: Units,
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
	/// What the call would have come to at the time. It is `null` if the runtime cannot tell.
	pub dry_run: Option<DryRun>,
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
	/// These are the votes that count: the least that were delegated to the voter in the holding window.
	pub votes: Units,
	/// The votes that are delegated to the voter now.
	pub delegated: Units,
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
