//! `gov list` and `show`: proposals.

use super::{call::KnownCall, outlook::outlook};
use crate::{
	context::Context,
	error::Result,
	output::{
		fields, hex, open, table,
		Column::{Number, Text, Votes},
		Report,
	},
	views::governance::{proposal as views, Date, Span},
};
use openledger_client::{
	amount::Amount,
	chain::{
		governance::{Bounded, Proposal, State, Tally},
		Dispatch, Outcome, Snapshot,
	},
	governance::{next, percent, quorum_percent, state_name, Clock, Track},
	keys::AccountId,
};

/// A proposal with what it takes to tell about it.
pub(super) struct Shown {
	pub index: u32,
	pub proposal: Proposal,
	/// What came of its call, if that was dispatched and the node still tells.
	dispatch: Option<Dispatch>,
	/// What is held of its proposer, in the smallest unit of OPEN.
	deposit: Option<u128>,
	/// Whether it lapses with its snapshot, as its call is not on the chain.
	lapses: bool,
	clock: Clock,
}

impl Shown {
	/// # Errors
	/// If there is no such proposal, or the chain cannot be read.
	pub async fn read(at: &Snapshot, index: u32) -> Result<Self> {
		let proposal = at.proposal(index).await?;
		let dispatch = match proposal.state {
			State::Executed => at.dispatch(index).await?,
			_ => None,
		};
		Ok(Self {
			index,
			dispatch,
			deposit: at.proposal_deposit(index).await?,
			lapses: proposal.state == State::Pending && at.lacks_call(index).await?,
			proposal,
			clock: at.clock()?,
		})
	}

	pub fn outlook(&self) -> String {
		match self.proposal.state {
			State::Executed => match &self.dispatch {
				Some(dispatch) if dispatch.result.is_err() => "nothing: its call failed".into(),
				Some(dispatch) if !dispatch.succeeded() => {
					"nothing: calls of its batch failed".into()
				},
				Some(_) => "nothing: its call succeeded".into(),
				None => format!("nothing: it was executed {UNTOLD}"),
			},
			_ => outlook(self.index, &self.proposal, self.lapses, &self.clock),
		}
	}

	/// The state in one word, in which what failed is not executed.
	pub fn state(&self) -> &'static str {
		match &self.dispatch {
			Some(dispatch) if dispatch.result.is_err() => "failed",
			Some(dispatch) if !dispatch.succeeded() => "partly-failed",
			_ => state_name(self.proposal.state),
		}
	}

	fn track(&self) -> Option<&'static str> {
		self.proposal.tally.as_ref().map(|tally| Track::from(tally.kind).name())
	}

	/// `snapshot`, `end` and `dispatch` as far as they are known.
	pub fn dates(&self) -> Vec<(&'static str, String)> {
		let mut dates = Vec::new();
		if let Some(tally) = &self.proposal.tally {
			dates.push(("snapshot", self.clock.when(tally.snapshot)));
			let since = held_since(tally);
			dates.push(("votes held since", self.clock.when(since)));
			dates.push(("end of voting", self.clock.when(tally.end)));
		}
		match (self.proposal.enactment, self.proposal.timelock) {
			(Some(block), _) => dates.push(("dispatch", self.clock.when(block))),
			(None, Some(timelock)) => dates.push(("timelock", self.clock.span(timelock))),
			(None, None) => {},
		}
		dates
	}

	pub fn view(&self) -> views::Proposal {
		let Self { index, proposal, clock, .. } = self;
		let tally = proposal.tally.as_ref();
		let votes = |count: fn(&Tally) -> u128| tally.map(|tally| count(tally).into());
		let lapses = tally.filter(|_| self.lapses);
		let date = |block| Date::new(block, clock);
		let next = next(proposal).map(|(event, block)| views::Next { date: date(block), event });
		views::Proposal {
			proposal: *index,
			track: self.track(),
			state: self.state(),
			proposer: proposal.proposer.map(Into::into),
			deposit: self.deposit.map(Into::into),
			lapses: lapses.map(|tally| date(tally.snapshot)),
			call_hash: proposal.call.map(Into::into),
			votes_for: votes(|tally| tally.ayes),
			against: votes(|tally| tally.nays),
			abstain: votes(abstain),
			quorum: tally.and_then(|tally| tally.quorum).map(Into::into),
			quorum_percent: tally.and_then(quorum_percent),
			quorum_reached: tally.and_then(reached),
			snapshot: tally.map(|tally| date(tally.snapshot)),
			held_since: tally.map(|tally| date(held_since(tally))),
			end: tally.map(|tally| date(tally.end)),
			timelock: proposal.timelock.map(|blocks| Span::new(blocks, clock)),
			enactment: proposal.enactment.map(date),
			next,
			outlook: self.outlook(),
		}
	}
}

/// The first block in which votes must have been held to count.
pub(super) fn held_since(tally: &Tally) -> u32 {
	tally.snapshot.saturating_sub(tally.holding_window)
}

fn abstain(tally: &Tally) -> u128 {
	tally.support.saturating_sub(tally.ayes)
}

fn reached(tally: &Tally) -> Option<bool> {
	tally.quorum.map(|quorum| tally.support >= quorum)
}

/// Whether the quorum is reached, and how far, such as `yes, 120.5 %`.
fn quorum_text(tally: &Tally, state: State) -> String {
	match (reached(tally), quorum_percent(tally)) {
		(Some(reached), Some(percent)) => {
			format!("{}, {percent} %", if reached { "yes" } else { "no" })
		},
		_ if state == State::Pending => "known after the snapshot".into(),
		_ => "not known".into(),
	}
}

pub(super) async fn list(context: &Context, all: bool) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let numbers = match all {
		true => (0..best.proposal_count().await?).collect(),
		false => best.unsettled_proposals().await?,
	};
	let (mut proposals, mut rows) = (Vec::new(), Vec::new());
	for index in numbers {
		let shown = Shown::read(&best, index).await?;
		let over =
			matches!(shown.proposal.state, State::Canceled | State::Defeated | State::Executed);
		if all || !over {
			proposals.push(shown.view());
			rows.push(row(&shown));
		}
	}
	let columns = [
		Number("proposal"),
		Text("track"),
		Text("state"),
		Votes("for (votes)"),
		Votes("against (votes)"),
		Votes("abstain (votes)"),
		Text("quorum reached"),
		Text("next"),
	];
	let text = match (rows.is_empty(), all) {
		(true, false) => "no proposal is open: see `openledger gov list --all`".into(),
		(true, true) => "there are no proposals".into(),
		_ => table(&columns, rows),
	};
	Report::of(&views::List { proposals }, text)
}

fn row(shown: &Shown) -> Vec<String> {
	let Shown { index, proposal, clock, .. } = shown;
	let tally = proposal.tally.as_ref();
	let votes = |count: fn(&Tally) -> u128| {
		tally.map_or(String::new(), |tally| Amount(count(tally)).to_string())
	};
	let next = next(proposal).map(|(event, block)| {
		let event = if shown.lapses { "lapses without its preimage" } else { event };
		format!("{event}: {}", clock.when(block))
	});
	vec![
		index.to_string(),
		shown.track().unwrap_or_default().into(),
		shown.state().into(),
		votes(|tally| tally.ayes),
		votes(|tally| tally.nays),
		votes(abstain),
		tally.map(|tally| quorum_text(tally, proposal.state)).unwrap_or_default(),
		next.unwrap_or_else(|| match proposal.state {
			State::Succeeded => "approval: within a few blocks".into(),
			_ => String::new(),
		}),
	]
}

pub(super) async fn show(
	context: &Context,
	index: u32,
	account: Option<AccountId>,
) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let shown = Shown::read(&best, index).await?;
	let call = call_of(&best, index, &shown.proposal).await?;
	let Shown { proposal, dispatch, .. } = &shown;
	let dry_run = dry_run(&best, proposal, &call).await?;
	let votes = match (context.known_account(account)?, &proposal.tally) {
		(Some(account), Some(tally)) => Some(VotesOf::read(&best, account, tally).await?),
		_ => None,
	};

	let (call, call_text) = match call {
		ProposalCall::Known(call) => (Some(call.view()), call.text.replace('\n', "\n  ")),
		ProposalCall::Unreadable { reason, .. } => (None, reason),
		ProposalCall::Unknown => (None, "its bytes are not stored on the chain".into()),
	};
	let dispatched = dispatch.as_ref().map(|done| views::Dispatched::new(done, &shown.clock));
	let document = views::Details {
		proposal: shown.view(),
		call,
		dispatch: dispatched,
		dry_run: dry_run.as_ref().map(|outcome| views::DryRun::new(outcome.failure())),
		votes: votes.as_ref().map(VotesOf::view),
	};

	let unknown = || "no longer known".to_owned();
	let mut pairs = vec![
		("proposal", index.to_string()),
		("track", shown.track().map_or_else(unknown, Into::into)),
		("state", shown.state().into()),
		("proposer", proposal.proposer.map_or_else(unknown, |account| account.to_string())),
		("deposit", deposit_text(shown.deposit, best.proposing()?.deposit_support)),
		("call hash", proposal.call.map_or_else(unknown, hex)),
		("call", call_text),
	];
	if let Some(tally) = &proposal.tally {
		let votes = |votes| format!("{} votes", Amount(votes));
		pairs.push(("for", votes(tally.ayes)));
		pairs.push(("against", votes(tally.nays)));
		pairs.push(("abstain", votes(abstain(tally))));
		let quorum = tally.quorum.map_or(String::new(), |quorum| format!("{}: ", votes(quorum)));
		pairs.push(("quorum", format!("{quorum}{}", quorum_text(tally, proposal.state))));
	}
	pairs.extend(shown.dates());
	if proposal.state == State::Executed {
		pairs.push(("dispatch", dispatch_text(dispatch.as_ref(), &shown.clock)));
	}
	if let Some(outcome) = &dry_run {
		pairs.push(("dry run", dry_run_text(outcome)));
	}
	if let Some(votes) = &votes {
		pairs.push(("votes that count", votes.text()));
	}
	pairs.push(("next", shown.outlook()));
	Report::of(&document, fields(&pairs))
}

/// What is told of a dispatch whose block the node does not keep.
const UNTOLD: &str = "so long ago that this node does not tell whether its call succeeded";

fn dispatch_text(dispatch: Option<&Dispatch>, clock: &Clock) -> String {
	match dispatch {
		Some(Dispatch { block, result: Err(refusal), .. }) => {
			format!("{}: it failed: {}", clock.when(*block), refusal.message)
		},
		Some(Dispatch { block, failed_items, .. }) if failed_items.is_empty() => {
			format!("{}: it succeeded", clock.when(*block))
		},
		Some(Dispatch { block, failed_items, .. }) => {
			let mut text = format!("{}: a batch of which calls failed", clock.when(*block));
			for item in failed_items {
				text.push_str(&format!("\n  {}", item.text()));
			}
			text
		},
		None => UNTOLD.into(),
	}
}

fn deposit_text(deposit: Option<u128>, support: u32) -> String {
	match deposit {
		Some(deposit) => format!(
			"{}, the proposer's again when the proposal has ended, unless it is defeated with For and Abstain \
			 below {} % of the quorum",
			open(deposit),
			percent(support)
		),
		None => "none any more: it was given back or taken when the proposal had ended".into(),
	}
}

/// What a call would come to now, in words.
pub(super) fn dry_run_text(outcome: &Outcome) -> String {
	match outcome.failure() {
		Some(failure) => format!("this call would fail now: {failure}"),
		None => "this call would succeed now".into(),
	}
}

/// Has the runtime try the call of a proposal that can still be executed; none if there is nothing to try.
async fn dry_run(
	at: &Snapshot,
	proposal: &Proposal,
	call: &ProposalCall,
) -> Result<Option<Outcome>> {
	let Some(tally) = &proposal.tally else { return Ok(None) };
	let open = [State::Pending, State::Active, State::Succeeded, State::Queued];
	let bytes = match call {
		ProposalCall::Known(call) => &call.bytes,
		ProposalCall::Unreadable { bytes, .. } => bytes,
		ProposalCall::Unknown => return Ok(None),
	};
	if !open.contains(&proposal.state) {
		return Ok(None);
	}
	Ok(at.outcome(tally.kind, bytes).await?)
}

/// The votes of an account on a proposal.
pub(super) struct VotesOf {
	account: AccountId,
	/// Those that count.
	pub counted: u128,
	/// Those delegated to it now.
	pub delegated: u128,
	/// The first block of the holding window, and the snapshot.
	window: (u32, u32),
}

impl VotesOf {
	/// # Errors
	/// If the chain cannot be read.
	pub async fn read(at: &Snapshot, account: AccountId, tally: &Tally) -> Result<Self> {
		Ok(Self {
			account,
			counted: at.votes_at(&account, tally.snapshot).await?,
			delegated: at.votes(&account).await?,
			window: (held_since(tally), tally.snapshot),
		})
	}

	fn view(&self) -> views::VotesThatCount {
		views::VotesThatCount {
			account: self.account.into(),
			counted: self.counted.into(),
			delegated: self.delegated.into(),
		}
	}

	fn text(&self) -> String {
		let why = self.why_fewer().map_or_else(String::new, |why| format!(": {why}"));
		format!("{} votes of {}{why}", Amount(self.counted), self.account)
	}

	/// Why fewer votes count than are delegated to the account now; `None` if as many do.
	pub fn why_fewer(&self) -> Option<String> {
		let (first, last) = self.window;
		(self.counted < self.delegated).then(|| {
			format!(
				"{} are delegated to it now, but only the least it had in the holding window, from block {first} \
				 to {last}, counts",
				Amount(self.delegated)
			)
		})
	}
}

enum ProposalCall {
	Known(KnownCall),
	/// It cannot be told in words, for this reason.
	Unreadable {
		bytes: Vec<u8>,
		reason: String,
	},
	Unknown,
}

async fn call_of(at: &Snapshot, index: u32, proposal: &Proposal) -> Result<ProposalCall> {
	let Some(hash) = proposal.call else { return Ok(ProposalCall::Unknown) };
	let bytes = match at.preimage(hash).await? {
		Some(bytes) => Some(bytes),
		None => match at.referendum(index).await?.map(|referendum| referendum.proposal) {
			Some(Bounded::Inline(bytes)) => Some(bytes),
			_ => None,
		},
	};
	Ok(match bytes {
		Some(bytes) => match KnownCall::new(&at.metadata(), bytes.clone()) {
			Ok(call) => ProposalCall::Known(call),
			Err(error) => ProposalCall::Unreadable { bytes, reason: error.to_string() },
		},
		None => ProposalCall::Unknown,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		error::Refusal,
		views::{
			governance,
			recorded::{check, json as to_json},
		},
	};
	use openledger_client::{
		calls::Decoded,
		chain::{
			governance::{Kind, Shortfall},
			FailedItem, Hash,
		},
	};
	use serde_json::json;

	fn shown(state: State) -> Shown {
		let tally = Tally {
			ayes: 3_000_000_000_000_000_000,
			nays: 1_500_000_000_000_000_000,
			support: 4_000_000_000_000_000_000,
			kind: Kind::Treasury,
			snapshot: 97,
			holding_window: 2,
			end: 190,
			extension: 5,
			majority: 0,
			quorum: Some(16_000_000_000_000_000_000),
		};
		let enactment = (state == State::Queued).then_some(110);
		let proposal = Proposal {
			state,
			proposer: None,
			call: None,
			tally: Some(tally),
			shortfall: Some(Shortfall::Quorum { missing: 12_000_000_000_000_000_000 }),
			timelock: Some(4),
			enactment,
			vetoed: false,
		};
		let clock = Clock { now: 100, block_time: 3_000 };
		let deposit = Some(1_000_000_000_000_000_000_000);
		Shown { index: 7, proposal, dispatch: None, deposit, lapses: false, clock }
	}

	#[test]
	fn row_should_tell_votes_quorum_and_what_comes_next_when_active() {
		assert_eq!(
			row(&shown(State::Active)),
			[
				"7",
				"treasury",
				"active",
				"3",
				"1.5",
				"1",
				"no, 25 %",
				"voting ends: block 190, in 4 min 30 s"
			]
		);
	}

	#[test]
	fn dispatch_should_be_told_as_failed_when_its_call_was_refused() {
		let clock = Clock { now: 100, block_time: 3_000 };
		let refusal = Refusal { message: "no money".into(), pallet: None, name: None };
		let failed = Dispatch { block: 98, result: Err(refusal.clone()), failed_items: vec![] };
		assert_eq!(dispatch_text(Some(&failed), &clock), "block 98, 6 s ago: it failed: no money");
		let view = views::Dispatched::new(&failed, &clock);
		assert_eq!((view.succeeded, view.error.as_deref()), (false, Some("no money")));
		let done = Dispatch { block: 98, result: Ok(()), failed_items: vec![] };
		assert!(views::Dispatched::new(&done, &clock).succeeded);
		// A batch succeeds whatever its calls do.
		let item = FailedItem { index: 1, refusal, last: true };
		let batch = Dispatch { failed_items: vec![item], ..done.clone() };
		assert!(!views::Dispatched::new(&batch, &clock).succeeded);
		let text = dispatch_text(Some(&batch), &clock);
		assert!(text.contains("call 1: no money; those after it were not tried"), "{text}");
		assert!(dispatch_text(None, &clock).contains("so long ago"));
		for (dispatch, state) in [
			(None, "executed"),
			(Some(done), "executed"),
			(Some(failed), "failed"),
			(Some(batch), "partly-failed"),
		] {
			let shown = Shown { dispatch, ..shown(State::Executed) };
			assert_eq!((shown.state(), row(&shown)[2].as_str()), (state, state));
			assert_eq!(shown.view().state, state);
			assert_eq!(shown.outlook().contains("failed"), state != "executed");
		}
	}

	#[test]
	fn proposals_should_be_printed_as_recorded() {
		let known = |state| shown(state).view();
		let mut signed = shown(State::Active);
		signed.proposal.proposer = Some([1; 32].into());
		signed.proposal.call = Some(Hash([2; 32]));
		let mut unknown = shown(State::Canceled);
		(unknown.proposal.tally, unknown.proposal.shortfall) = (None, None);
		unknown.proposal.timelock = None;
		let mut early = shown(State::Pending);
		early.lapses = true;
		early.proposal.tally.as_mut().unwrap().quorum = None;
		early.proposal.shortfall = None;
		let clock = Clock { now: 100, block_time: 3_000 };
		let refusal = Refusal { message: "no money".into(), pallet: None, name: None };
		let failed = Dispatch { block: 98, result: Err(refusal), failed_items: vec![] };
		let done = Dispatch { block: 98, result: Ok(()), failed_items: vec![] };
		let decoded = Decoded {
			pallet: "System".into(),
			name: "remark".into(),
			arguments: json!({ "remark": "0x00" }),
		};
		let call = || governance::Call::new(Hash([2; 32]), 3, &decoded);
		let details = |call, dispatch: Option<&Dispatch>| {
			let shown = Shown { dispatch: dispatch.cloned(), ..shown(State::Executed) };
			let dispatch = dispatch.map(|dispatch| views::Dispatched::new(dispatch, &clock));
			let (dry_run, votes) = (None, None);
			to_json(&views::Details { proposal: shown.view(), call, dispatch, dry_run, votes })
		};
		let of = |counted| VotesOf {
			account: [1; 32].into(),
			counted,
			delegated: 3_000_000_000_000_000_000,
			window: (95, 97),
		};
		check(
			"governance/proposal",
			[
				("list", {
					let all = [State::Pending, State::Active, State::Canceled, State::Defeated];
					let rest = [State::Succeeded, State::Queued, State::Executed];
					let list = all.into_iter().chain(rest).map(known).collect();
					to_json(&views::List { proposals: list })
				}),
				("one with proposer and call", to_json(&signed.view())),
				("one of which little is known", to_json(&unknown.view())),
				("one before its snapshot", to_json(&early.view())),
				("show, dispatched", details(Some(call()), Some(&done))),
				("show, failed", details(Some(call()), Some(&failed))),
				("show, call and dispatch unknown", details(None, None)),
				("show, with a dry run and votes", {
					to_json(&views::Details {
						proposal: known(State::Active),
						call: Some(call()),
						dispatch: None,
						dry_run: Some(views::DryRun::new(Some("no money".into()))),
						votes: Some(of(2_000_000_000_000_000_000).view()),
					})
				}),
				("propose", {
					let proposal = known(State::Pending);
					let dry_run = Some(views::DryRun::new(None));
					let (call, transactions) = (call(), vec![]);
					to_json(&views::Proposed { proposal, call, dry_run, transactions })
				}),
				("vote", {
					let voter = AccountId::from([1; 32]).into();
					let votes = 2_000_000_000_000_000_000.into();
					let delegated = 3_000_000_000_000_000_000.into();
					let vote = views::Vote { voter, choice: "abstain", votes, delegated };
					let proposal = known(State::Active);
					to_json(&views::Voted { proposal, vote, transactions: vec![] })
				}),
				("poke", {
					let proposal = known(State::Defeated);
					to_json(&views::Poked { proposal, transactions: vec![] })
				}),
				("cancel", to_json(&views::Cancelled { proposal: 7, transactions: vec![] })),
			],
		);
	}

	#[test]
	fn fewer_votes_should_be_explained_when_more_are_delegated_now() {
		let of = |counted| VotesOf {
			account: [1; 32].into(),
			counted,
			delegated: 3_000_000_000_000_000_000,
			window: (95, 97),
		};
		assert_eq!(of(3_000_000_000_000_000_000).why_fewer(), None);
		let text = of(1_500_000_000_000_000_000).text();
		assert!(text.starts_with("1.5 votes of "), "{text}");
		assert!(text.contains("3 are delegated to it now") && text.contains("95 to 97"), "{text}");
	}

	#[test]
	fn dry_run_should_be_told_as_of_now_when_shown() {
		let refusal = Refusal { message: "no money".into(), pallet: None, name: None };
		let text = dry_run_text(&Outcome::Fails(refusal));
		assert_eq!(text, "this call would fail now: no money");
		assert_eq!(dry_run_text(&Outcome::Succeeds), "this call would succeed now");
	}

	#[test]
	fn deposit_should_be_told_with_when_it_is_taken_as_long_as_it_is_held() {
		let text = deposit_text(Some(1_000_000_000_000_000_000_000), 50_000);
		assert!(text.starts_with("1000 OPEN") && text.contains("below 5 %"), "{text}");
		assert!(deposit_text(None, 50_000).contains("given back or taken"));
	}

	#[test]
	fn document_should_have_amounts_in_units_and_dates_in_blocks_and_seconds_when_queued() {
		let document = to_json(&shown(State::Queued).view());
		assert_eq!(document["state"], "queued");
		assert_eq!(document["abstain"], "1000000000000000000");
		assert_eq!(document["quorum_reached"], false);
		assert_eq!(document["snapshot"], json!({ "block": 97, "in_seconds": -9 }));
		let next = json!({ "block": 110, "in_seconds": 30, "event": "dispatch" });
		assert_eq!((&document["next"], &document["timelock"]["seconds"]), (&next, &12.into()));
	}
}
