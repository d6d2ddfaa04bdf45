//! `gov list` and `show`: proposals.

use super::call::Proposed;
use crate::{
	amount::Amount,
	chain::{
		governance::{Bounded, Parameters, Proposal, State, Tally},
		Dispatch, Snapshot,
	},
	context::Context,
	error::Result,
	governance::{next, outlook, quorum_percent, state_name, Clock, Track},
	output::{
		fields, hex, table,
		Column::{Number, Text, Votes},
		Report,
	},
	views::governance as views,
};
use serde_json::{json, Value};

/// A proposal with what it takes to tell about it.
pub(super) struct Shown {
	pub index: u32,
	pub proposal: Proposal,
	clock: Clock,
	/// Blocks; by the parameters of now.
	timelock: Option<u32>,
	vetoed: bool,
}

impl Shown {
	/// # Errors
	/// If there is no such proposal, or the chain cannot be read.
	pub async fn read(at: &Snapshot, index: u32) -> Result<Self> {
		Self::under(&at.governance_parameters().await?, at, index).await
	}

	/// As [`Self::read`], with the parameters that `at` has.
	async fn under(parameters: &Parameters, at: &Snapshot, index: u32) -> Result<Self> {
		let proposal = at.proposal(index).await?;
		let timelock = proposal.tally.as_ref().map(|tally| parameters.terms(tally.kind).timelock);
		let vetoed = proposal.state == State::Canceled && at.is_vetoed(index).await?;
		Ok(Self { index, proposal, clock: at.clock()?, timelock, vetoed })
	}

	pub fn outlook(&self) -> String {
		outlook(self.index, &self.proposal, self.timelock, self.vetoed, &self.clock)
	}

	fn track(&self) -> Option<&'static str> {
		self.proposal.tally.as_ref().map(|tally| Track::from(tally.kind).name())
	}

	/// `snapshot`, `end` and `dispatch` as far as they are known.
	pub fn dates(&self) -> Vec<(&'static str, String)> {
		let mut dates = Vec::new();
		if let Some(tally) = &self.proposal.tally {
			dates.push(("snapshot", self.clock.when(tally.snapshot)));
			dates.push(("end of voting", self.clock.when(tally.end)));
		}
		match (self.proposal.enactment, self.timelock) {
			(Some(block), _) => dates.push(("dispatch", self.clock.when(block))),
			(None, Some(timelock)) => dates.push(("timelock", self.clock.span(timelock))),
			(None, None) => {},
		}
		dates
	}

	pub fn to_json(&self) -> Value {
		let Self { index, proposal, clock, .. } = self;
		let tally = proposal.tally.as_ref();
		let votes = |count: fn(&Tally) -> u128| tally.map(|tally| count(tally).to_string());
		let next = next(proposal).map(|(event, block)| {
			let mut next = clock.to_json(block);
			next["event"] = json!(event);
			next
		});
		json!({
			"proposal": index,
			"track": self.track(),
			"state": state_name(proposal.state),
			"proposer": proposal.proposer.map(|account| account.to_string()),
			"call_hash": proposal.call.map(hex),
			"for": votes(|tally| tally.ayes),
			"against": votes(|tally| tally.nays),
			"abstain": votes(abstain),
			"quorum": tally.and_then(|tally| tally.quorum).map(|quorum| quorum.to_string()),
			"quorum_percent": tally.and_then(quorum_percent),
			"quorum_reached": tally.and_then(reached),
			"snapshot": tally.map(|tally| clock.to_json(tally.snapshot)),
			"end": tally.map(|tally| clock.to_json(tally.end)),
			"timelock": self.timelock.map(|blocks| clock.span_json(blocks)),
			"enactment": proposal.enactment.map(|block| clock.to_json(block)),
			"next": next,
			"outlook": self.outlook(),
		})
	}
}

fn abstain(tally: &Tally) -> u128 {
	tally.support.saturating_sub(tally.ayes)
}

fn reached(tally: &Tally) -> Option<bool> {
	tally.quorum.map(|quorum| tally.support >= quorum)
}

/// `yes, 120.5 %`.
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
	let parameters = best.governance_parameters().await?;
	let (mut list, mut rows) = (Vec::new(), Vec::new());
	for index in numbers {
		let shown = Shown::under(&parameters, &best, index).await?;
		let over =
			matches!(shown.proposal.state, State::Canceled | State::Defeated | State::Executed);
		if all || !over {
			list.push(shown.to_json());
			rows.push(row(&shown));
		}
	}
	let columns = [
		Number("proposal"),
		Text("track"),
		Text("state"),
		Votes("for"),
		Votes("against"),
		Votes("abstain"),
		Text("quorum reached"),
		Text("next"),
	];
	let text = match (rows.is_empty(), all) {
		(true, false) => "no proposal is open: see `openledger gov list --all`".into(),
		(true, true) => "there are no proposals".into(),
		_ => table(&columns, rows),
	};
	Ok(Report::new(views::proposals(list), text))
}

fn row(shown: &Shown) -> Vec<String> {
	let Shown { index, proposal, clock, .. } = shown;
	let tally = proposal.tally.as_ref();
	let votes = |count: fn(&Tally) -> u128| {
		tally.map_or(String::new(), |tally| Amount(count(tally)).to_string())
	};
	let next = next(proposal).map(|(event, block)| format!("{event}: {}", clock.when(block)));
	vec![
		index.to_string(),
		shown.track().unwrap_or_default().into(),
		state_name(proposal.state).into(),
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

pub(super) async fn show(context: &Context, index: u32) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let shown = Shown::read(&best, index).await?;
	let call = call_of(&best, index, &shown.proposal).await?;
	let dispatch = match shown.proposal.state {
		State::Executed => best.dispatch(index).await?,
		_ => None,
	};
	let Shown { proposal, .. } = &shown;

	let (call, call_text) = match call {
		Call::Known(call) => (call.to_json(), call.text.replace('\n', "\n  ")),
		Call::Unreadable(reason) => (Value::Null, reason),
		Call::Unknown => (Value::Null, "its bytes are not stored on the chain".into()),
	};
	let dispatched = dispatch_json(dispatch.as_ref(), &shown.clock);
	let document = views::proposal_details(shown.to_json(), call, dispatched);

	let unknown = || "no longer known".to_owned();
	let mut pairs = vec![
		("proposal", index.to_string()),
		("track", shown.track().map_or_else(unknown, Into::into)),
		("state", state_name(proposal.state).into()),
		("proposer", proposal.proposer.map_or_else(unknown, |account| account.to_string())),
		("call hash", proposal.call.map_or_else(unknown, hex)),
		("call", call_text),
	];
	if let Some(tally) = &proposal.tally {
		pairs.push(("for", Amount(tally.ayes).to_string()));
		pairs.push(("against", Amount(tally.nays).to_string()));
		pairs.push(("abstain", Amount(abstain(tally)).to_string()));
		let quorum = tally.quorum.map_or(String::new(), |quorum| format!("{}: ", Amount(quorum)));
		pairs.push(("quorum", format!("{quorum}{}", quorum_text(tally, proposal.state))));
	}
	pairs.extend(shown.dates());
	if proposal.state == State::Executed {
		pairs.push(("dispatch", dispatch_text(dispatch.as_ref(), &shown.clock)));
	}
	pairs.push(("next", shown.outlook()));
	Ok(Report::new(document, fields(&pairs)))
}

fn dispatch_text(dispatch: Option<&Dispatch>, clock: &Clock) -> String {
	match dispatch {
		Some(Dispatch { block, result: Ok(()) }) => format!("{}: it succeeded", clock.when(*block)),
		Some(Dispatch { block, result: Err(refusal) }) => {
			format!("{}: it failed: {}", clock.when(*block), refusal.message)
		},
		None => "so long ago that this node does not tell whether it succeeded".into(),
	}
}

/// `{"block", "in_seconds", "succeeded", "error"}`.
fn dispatch_json(dispatch: Option<&Dispatch>, clock: &Clock) -> Value {
	let Some(Dispatch { block, result }) = dispatch else { return Value::Null };
	let mut document = clock.to_json(*block);
	document["succeeded"] = json!(result.is_ok());
	document["error"] = json!(result.as_ref().err().map(|refusal| &refusal.message));
	document
}

enum Call {
	Known(Proposed),
	/// Why it cannot be told in words.
	Unreadable(String),
	Unknown,
}

async fn call_of(at: &Snapshot, index: u32, proposal: &Proposal) -> Result<Call> {
	let Some(hash) = proposal.call else { return Ok(Call::Unknown) };
	let bytes = match at.preimage(hash).await? {
		Some(bytes) => Some(bytes),
		None => match at.referendum(index).await?.map(|referendum| referendum.proposal) {
			Some(Bounded::Inline(bytes)) => Some(bytes),
			_ => None,
		},
	};
	Ok(match bytes {
		Some(bytes) => match Proposed::new(&at.metadata(), bytes) {
			Ok(call) => Call::Known(call),
			Err(error) => Call::Unreadable(error.to_string()),
		},
		None => Call::Unknown,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		calls::Decoded,
		chain::{governance::Kind, Hash},
		error::Refusal,
		views::recorded::{check, json as to_json},
	};

	fn shown(state: State) -> Shown {
		let tally = Tally {
			ayes: 3_000_000_000_000_000_000,
			nays: 1_500_000_000_000_000_000,
			support: 4_000_000_000_000_000_000,
			kind: Kind::Treasury,
			snapshot: 97,
			end: 190,
			extension: 5,
			majority: 0,
			quorum: Some(16_000_000_000_000_000_000),
		};
		let enactment = (state == State::Queued).then_some(110);
		let proposal =
			Proposal { state, proposer: None, call: None, tally: Some(tally), enactment };
		let clock = Clock { now: 100, block_time: 3_000 };
		Shown { index: 7, proposal, clock, timelock: Some(4), vetoed: false }
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
		let failed = Dispatch { block: 98, result: Err(refusal) };
		assert_eq!(dispatch_text(Some(&failed), &clock), "block 98, 6 s ago: it failed: no money");
		let document = dispatch_json(Some(&failed), &clock);
		assert_eq!(
			(&document["succeeded"], &document["error"]),
			(&false.into(), &"no money".into())
		);
		let done = Dispatch { block: 98, result: Ok(()) };
		assert_eq!(dispatch_json(Some(&done), &clock)["succeeded"], true);
		assert!(dispatch_text(None, &clock).contains("so long ago"));
	}

	#[test]
	fn proposals_should_be_printed_as_recorded() {
		let known = |state| shown(state).to_json();
		let mut signed = shown(State::Active);
		signed.proposal.proposer = Some([1; 32].into());
		signed.proposal.call = Some(Hash([2; 32]));
		let mut unknown = shown(State::Canceled);
		(unknown.proposal.tally, unknown.timelock) = (None, None);
		let mut early = shown(State::Pending);
		early.proposal.tally.as_mut().unwrap().quorum = None;
		let clock = Clock { now: 100, block_time: 3_000 };
		let refusal = Refusal { message: "no money".into(), pallet: None, name: None };
		let failed = Dispatch { block: 98, result: Err(refusal) };
		let done = Dispatch { block: 98, result: Ok(()) };
		let decoded = Decoded {
			pallet: "System".into(),
			name: "remark".into(),
			arguments: json!({ "remark": "0x00" }),
		};
		let call = || views::call(Hash([2; 32]), 3, &decoded);
		let details = |call, dispatch| {
			let dispatch = dispatch_json(dispatch, &clock);
			to_json(&views::proposal_details(known(State::Executed), call, dispatch))
		};
		let none = || Value::Array(vec![]);
		check(
			"governance/proposal",
			[
				("list", {
					let all = [State::Pending, State::Active, State::Canceled, State::Defeated];
					let rest = [State::Succeeded, State::Queued, State::Executed];
					let list = all.into_iter().chain(rest).map(known).collect();
					to_json(&views::proposals(list))
				}),
				("one with proposer and call", to_json(&signed.to_json())),
				("one of which little is known", to_json(&unknown.to_json())),
				("one before its snapshot", to_json(&early.to_json())),
				("show, dispatched", details(call(), Some(&done))),
				("show, failed", details(call(), Some(&failed))),
				("show, call and dispatch unknown", details(Value::Null, None)),
				("propose", { to_json(&views::proposed(known(State::Pending), call(), none())) }),
				("vote", {
					let (voter, votes) = ([1; 32].into(), 3_000_000_000_000_000_000);
					to_json(&views::voted(known(State::Active), voter, "abstain", votes, none()))
				}),
				("poke", to_json(&views::poked(known(State::Defeated), none()))),
				("cancel", to_json(&views::cancelled(7, none()))),
			],
		);
	}

	#[test]
	fn document_should_have_amounts_in_units_and_dates_in_blocks_and_seconds_when_queued() {
		let document = shown(State::Queued).to_json();
		assert_eq!(document["state"], "queued");
		assert_eq!(document["abstain"], "1000000000000000000");
		assert_eq!(document["quorum_reached"], false);
		assert_eq!(document["snapshot"], json!({ "block": 97, "in_seconds": -9 }));
		let next = json!({ "block": 110, "in_seconds": 30, "event": "dispatch" });
		assert_eq!((&document["next"], &document["timelock"]["seconds"]), (&next, &12.into()));
	}
}
