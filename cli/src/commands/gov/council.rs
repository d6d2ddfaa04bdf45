//! `gov council`: the members, and what they do.

use super::{
	acceptance,
	call::CallOptions,
	delegation::parse_hash,
	election,
	motions::{self, MotionVote},
};
use crate::{
	commands::transactions,
	context::Context,
	error::Result,
	output::{
		table,
		Column::{Number, Text},
		Report,
	},
	views::governance::{council as views, Date},
};
use clap::{Args, Subcommand};
use openledger_client::{
	calls::{self, Amounts},
	chain::{call, council::Cohort, governance::Bounded, Hash, Snapshot},
	keys::{parse_account, AccountId},
};
use serde_json::Value;

/// Without a command: shows the members, what waits for the timelock, and the election.
#[derive(Args, Debug)]
pub struct Arguments {
	#[command(subcommand)]
	command: Option<Command>,
}

/// What members do. Nine must agree on a motion.
#[derive(Subcommand, Debug)]
enum Command {
	/// Move that a call be dispatched with all rights, as a member
	Propose {
		#[command(flatten)]
		when: When,
		#[command(flatten)]
		source: CallOptions,
	},
	/// Move that a member lose its seat
	Remove {
		/// The member's account, by its present or a former key
		#[arg(value_parser = parse_account)]
		account: AccountId,
	},
	/// Move that a vacancy be filled with an account that accepts it
	Add {
		/// What sign-acceptance printed for that account, - for standard input
		file: String,
	},
	/// Move that a queued proposal not be dispatched
	Veto {
		/// Number of the proposal, as `gov list` shows it
		proposal: u32,
	},
	/// Move that a call scheduled by the council not be dispatched
	Unschedule {
		/// Number of the scheduled call, as `gov council` shows it
		number: u32,
	},
	/// Vote on a motion, as a member
	Vote {
		/// Hash of the motion, as `gov council motions` shows it
		#[arg(value_parser = parse_hash)]
		hash: Hash,
		/// Number of the motion, as `gov council motions` shows it
		index: u32,
		/// Which way the member votes; a later vote replaces it
		vote: MotionVote,
	},
	/// End a motion on which enough have voted, or whose time is over; dispatches it if it passed
	Close {
		/// Hash of the motion, as `gov council motions` shows it
		#[arg(value_parser = parse_hash)]
		hash: Hash,
		/// Number of the motion, as `gov council motions` shows it
		index: u32,
	},
	/// List the open motions
	Motions,
	/// Give the key's seat to another key, which accepts it
	Rotate(acceptance::NewKey),
	/// Sign that the key's account takes a seat, so that a member can give it one; prints it as JSON
	SignAcceptance(acceptance::Sign),
	/// Give up the key's seat
	Resign,
}

/// When the call of a motion is dispatched.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct When {
	/// As soon as nine members agree and the motion is closed
	#[arg(long)]
	emergency: bool,
	/// After the timelock of constitutional proposals
	#[arg(long)]
	timelocked: bool,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let Some(command) = arguments.command else { return show(context).await };
	match command {
		Command::Propose { when, source } => {
			context.key()?;
			let best = context.chain().await?.best().await?;
			let proposed = source.read(&best.metadata())?;
			motions::act(context, &best, when.emergency, proposed).await
		},
		Command::Remove { account } => {
			let motion = call("SecurityCouncil", "remove_member", (account,));
			motions::propose(context, motion).await
		},
		Command::Add { file } => acceptance::add(context, &file).await,
		Command::Veto { proposal } => {
			motions::propose(context, call(super::VOTES, "veto", (proposal,))).await
		},
		Command::Unschedule { number } => {
			let motion = call("SecurityCouncil", "cancel_scheduled", (number,));
			motions::propose(context, motion).await
		},
		Command::Vote { hash, index, vote } => motions::vote(context, hash, index, vote).await,
		Command::Close { hash, index } => motions::close(context, hash, index).await,
		Command::Motions => motions::list(context).await,
		Command::Rotate(new) => acceptance::rotate(context, new).await,
		Command::SignAcceptance(arguments) => acceptance::sign(context, arguments).await,
		Command::Resign => resign(context).await,
	}
}

async fn resign(context: &Context) -> Result<Report> {
	let account = context.key()?.account;
	let words = async |name: &str, _: &Snapshot| {
		Ok((name == "NotMember").then(|| motions::not_member(&account)))
	};
	let sent = context.send_telling(call("SecurityCouncil", "resign", ()), words).await?;
	let document = views::Resigned { account: account.into(), transactions: transactions([&sent]) };
	Report::of(&document, format!("{account} has no seat any more"))
}

async fn show(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let clock = best.clock()?;
	let [mut first, mut second] = [Vec::new(), Vec::new()];
	let mut rows = Vec::new();
	for cohort in Cohort::BOTH {
		let seats = best.seats(cohort).await?;
		match cohort {
			Cohort::First => first = views::members(&seats),
			Cohort::Second => second = views::members(&seats),
		}
		rows.extend(seats.iter().map(|seat| {
			let rotated = seat.rotated.map(|block| clock.when(block)).unwrap_or_default();
			vec![cohort.name().into(), seat.account.to_string(), rotated]
		}));
	}
	let columns = [Text("cohort"), Text("member"), Text("key changed")];
	let mut text = table(&columns, rows);

	let mut scheduled = Vec::new();
	let mut rows = Vec::new();
	for (number, waiting) in best.scheduled().await? {
		let (decoded, label) = scheduled_call(&best, &waiting.task).await?;
		rows.push(vec![number.to_string(), label, clock.when(waiting.at)]);
		let at = Date::new(waiting.at, &clock);
		scheduled.push(views::Scheduled { number, at, call: decoded });
	}
	if !rows.is_empty() {
		let columns = [Number("scheduled"), Text("call"), Text("dispatch")];
		text.push_str(&format!("\n{}", table(&columns, rows)));
	}

	let (election, election_text) = election::summary(&best, &clock).await?;
	text.push_str(&format!("\n{election_text}"));
	let members = views::Cohorts { first, second };
	let document = views::Council { members, scheduled, election };
	Report::of(&document, text)
}

/// The call that the council scheduled: the argument of what the scheduler dispatches.
async fn scheduled_call(at: &Snapshot, task: &Bounded) -> Result<(Value, String)> {
	let bytes = match task {
		Bounded::Inline(bytes) => Some(bytes.clone()),
		Bounded::Lookup { hash, .. } | Bounded::Legacy { hash } => at.preimage(*hash).await?,
	};
	let task = bytes.and_then(|bytes| calls::decode(&at.metadata(), &bytes, Amounts::Units).ok());
	let inner = task.and_then(|task| task.arguments.get("call").cloned());
	Ok(match inner {
		Some(inner) => {
			let label = nested_label(&inner).unwrap_or_default();
			(inner, label)
		},
		None => (Value::Null, "not known".into()),
	})
}

/// Names a call within a call as `Pallet.call`.
fn nested_label(call: &Value) -> Option<String> {
	let (pallet, inner) = call.as_object()?.iter().next()?;
	let name = match inner {
		Value::String(name) => name,
		inner => inner.as_object()?.keys().next()?,
	};
	Some(format!("{pallet}.{name}"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn scheduled_call_should_be_named_when_it_is_within_another() {
		let call = json!({ "Balances": { "burn": { "value": "1" } } });
		assert_eq!(nested_label(&call).as_deref(), Some("Balances.burn"));
		assert_eq!(nested_label(&json!({ "Babe": "nothing" })).as_deref(), Some("Babe.nothing"));
		assert_eq!(nested_label(&json!("Babe")), None);
	}
}
