//! `gov council`: the members, and what they do.

use super::{
	call::CallOptions,
	delegation::parse_hash,
	election,
	motions::{self, MotionVote},
	names::CohortName,
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
	chain::{
		call,
		council::{Cohort, Seat},
		governance::Bounded,
		Hash, Snapshot,
	},
	governance::Clock,
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
	/// Move that a vacancy be filled
	Add {
		/// The account that gets the seat, as address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: AccountId,
		/// The half of the council that has the vacancy
		cohort: CohortName,
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
	/// Give the key's seat to another key
	Rotate {
		/// The new key's account
		#[arg(value_parser = parse_account)]
		new: AccountId,
	},
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
		Command::Add { account, cohort } => {
			let motion = call("SecurityCouncil", "add_member", (account, Cohort::from(cohort)));
			motions::propose(context, motion).await
		},
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
		Command::Rotate { new } => rotate(context, new).await,
	}
}

async fn rotate(context: &Context, new: AccountId) -> Result<Report> {
	let old = context.key()?.account;
	let words = async |name: &str, best: &Snapshot| {
		let mut seats = Vec::new();
		for cohort in Cohort::BOTH {
			seats.extend(best.seats(cohort).await?);
		}
		let interval = best.council_parameters().await?.rotation_interval;
		Ok(rotation_refusal(name, &seats, &old, interval, &best.clock()?))
	};
	let rotation = call("SecurityCouncil", "rotate_key", (new,));
	let sent = context.send_telling(rotation, words).await?;
	let document =
		views::Rotated { old: old.into(), new: new.into(), transactions: transactions([&sent]) };
	Report::of(&document, format!("the seat of {old} is that of {new} now"))
}

/// The refusal of a new key for the seat of `account`. Keys are changed at most once in `interval` blocks.
fn rotation_refusal(
	name: &str,
	seats: &[Seat],
	account: &AccountId,
	interval: u32,
	clock: &Clock,
) -> Option<String> {
	match name {
		"NotMember" => Some(motions::not_member(account)),
		"RotationTooSoon" => {
			let seat = seats.iter().find(|seat| seat.account == *account)?;
			Some(format!(
				"this seat's key was changed a short time ago: it can be changed again as of {}",
				clock.when(seat.rotated?.saturating_add(interval))
			))
		},
		_ => None,
	}
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
	fn refusal_of_a_new_key_should_say_when_it_can_be_changed_when_too_soon() {
		let [bob, eve] = ["//Bob", "//Eve"].map(|name| parse_account(name).unwrap());
		let seats = [Seat { account: bob, rotated: Some(90) }];
		let clock = Clock { now: 100, block_time: 3_000 };
		let told = |name, account| rotation_refusal(name, &seats, account, 20, &clock);
		let soon = told("RotationTooSoon", &bob).unwrap();
		assert!(soon.contains("as of block 110, in 30 s"), "{soon}");
		assert!(told("NotMember", &eve).unwrap().contains("is no member"));
		assert_eq!((told("RotationTooSoon", &eve), told("IsMember", &bob)), (None, None));
	}

	#[test]
	fn scheduled_call_should_be_named_when_it_is_within_another() {
		let call = json!({ "Balances": { "burn": { "value": "1" } } });
		assert_eq!(nested_label(&call).as_deref(), Some("Balances.burn"));
		assert_eq!(nested_label(&json!({ "Babe": "nothing" })).as_deref(), Some("Babe.nothing"));
		assert_eq!(nested_label(&json!("Babe")), None);
	}
}
