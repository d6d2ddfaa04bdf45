//! `gov council propose`, `vote`, `close`, `motions`: what the council agrees on.

use super::call::KnownCall;
use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::{
		fields, hex, table,
		Column::{Number, Text},
		Report,
	},
	views::governance::{self, council as views},
};
use clap::ValueEnum;
use openledger_client::{
	chain::{
		call,
		council::Motion,
		events::{MotionProposed, MotionVoted},
		Call, EncodedArgument, Hash, Included, Snapshot,
	},
	governance::Clock,
	keys::AccountId,
};
use subxt::Metadata;

/// The pallet of motions, under the name that wallets look for.
const MOTIONS: &str = "TechnicalCommittee";
/// How many of the twelve members must agree on a motion.
const THRESHOLD: u32 = 9;

/// How to vote on a motion. It can be changed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum MotionVote {
	/// Agree; a motion passes once nine members do
	Yes,
	/// Disagree; a motion fails once nine can no longer agree
	No,
}

/// Moves that a call be dispatched as Root, at once or after the timelock.
pub(super) async fn act(
	context: &Context,
	best: &Snapshot,
	emergency: bool,
	proposed: KnownCall,
) -> Result<Report> {
	let name = if emergency { "execute" } else { "schedule" };
	let action = call("SecurityCouncil", name, (EncodedArgument(proposed.bytes),));
	send(context, best, action).await
}

/// Moves `motion`, which is for the council alone to dispatch.
pub(super) async fn propose(context: &Context, motion: Call) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	send(context, &best, motion).await
}

async fn send(context: &Context, best: &Snapshot, motion: Call) -> Result<Report> {
	member(context, best).await?;
	let motion = motion.encode(best)?;
	let described = KnownCall::new(&best.metadata(), motion.0.clone())?;
	let length = u32::try_from(motion.0.len()).map_err(|e| Error::Failure(e.to_string()))?;
	let proposal = call(MOTIONS, "propose", (THRESHOLD, motion, length));
	let sent = send_about(context, described.hash, proposal).await?;
	let MotionProposed { proposal_index: index, proposal_hash: hash } =
		sent.event(MOTIONS, "Proposed")?;
	let document = views::Moved {
		index,
		hash: hash.into(),
		threshold: THRESHOLD,
		call: described.view(),
		transactions: transactions([&sent]),
	};
	let hash = hex(hash);
	let text = fields(&[
		("motion", index.to_string()),
		("hash", hash.clone()),
		(
			"next",
			format!("{THRESHOLD} members vote: openledger gov council vote {hash} {index} yes"),
		),
	]);
	Report::of(&document, format!("{text}\n{}", described.text))
}

/// Checks that the key's account is a member. The chain would refuse it as well, but only where the account
/// can pay for a transaction.
///
/// # Errors
/// If the key's account is no member.
async fn member(context: &Context, at: &Snapshot) -> Result<()> {
	let account = context.key()?.account;
	match at.members().await?.contains(&account) {
		true => Ok(()),
		false => Err(Error::foreseen(MOTIONS, "NotMember", not_member(&account))),
	}
}

/// The refusal of what only members may do.
pub(super) fn not_member(account: &AccountId) -> String {
	format!("{account} is no member of the security council: see `openledger gov council`")
}

/// Sends a call about a motion, and words the chain's refusal for people.
async fn send_about(context: &Context, motion: Hash, call: Call) -> Result<Included> {
	let account = context.key()?.account;
	let words = async |name: &str, best: &Snapshot| {
		let motion = best.motion(motion).await?;
		Ok(refusal_text(name, &account, motion.as_ref(), &best.clock()?))
	};
	context.send_telling(call, words).await
}

/// The refusal of what an account does about a motion, with what to do instead.
fn refusal_text(
	name: &str,
	account: &AccountId,
	motion: Option<&Motion>,
	clock: &Clock,
) -> Option<String> {
	let Motion { hash, voting, .. } = motion?;
	let index = voting.index;
	Some(match name {
		"DuplicateProposal" => format!(
			"this is motion {index} already: vote with `openledger gov council vote {} {index} yes`",
			hex(hash)
		),
		"DuplicateVote" => format!("{account} has voted so on motion {index} already"),
		"TooEarly" => format!(
			"motion {index} has {} yes of {} needed and {} no: it can be closed with more votes, or as \
			 of {}",
			voting.ayes.len(),
			voting.threshold,
			voting.nays.len(),
			clock.when(voting.end)
		),
		_ => return None,
	})
}

async fn open_motion(at: &Snapshot, hash: Hash, index: u32) -> Result<Motion> {
	let motion = at.motion(hash).await?.filter(|motion| motion.voting.index == index);
	motion.ok_or_else(|| {
		let message = format!(
			"there is no motion {index} with the hash {}: see `openledger gov council motions`",
			hex(hash)
		);
		Error::foreseen(MOTIONS, "ProposalMissing", message)
	})
}

pub(super) async fn vote(
	context: &Context,
	hash: Hash,
	index: u32,
	vote: MotionVote,
) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	member(context, &best).await?;
	let motion = open_motion(&best, hash, index).await?;
	let approve = vote == MotionVote::Yes;
	let vote = call(MOTIONS, "vote", (hash, index, approve));
	let sent = send_about(context, hash, vote).await?;
	let MotionVoted { yes, no } = sent.event(MOTIONS, "Voted")?;
	let threshold = motion.voting.threshold;
	let mut text = format!("motion {index}: {yes} yes of {threshold} needed, {no} no");
	if yes >= threshold {
		text.push_str(&format!("\nnext: openledger gov council close {} {index}", hex(hash)));
	}
	let document = views::MotionVoted {
		index,
		hash: hash.into(),
		yes,
		no,
		threshold,
		transactions: transactions([&sent]),
	};
	Report::of(&document, text)
}

pub(super) async fn close(context: &Context, hash: Hash, index: u32) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	let motion = open_motion(&best, hash, index).await?;
	let weight = best.call_weight(&motion.call).await?;
	let length = u32::try_from(motion.call.len()).map_err(|e| Error::Failure(e.to_string()))?;
	let closing = call(MOTIONS, "close", (hash, index, weight, length));
	let sent = send_about(context, hash, closing).await?;

	// The hash comes before the result.
	let dispatched = sent.dispatched(MOTIONS, "Executed", 32)?;
	let inner = sent.dispatched("SecurityCouncil", "Executed", 0)?;
	let failed = [dispatched.clone(), inner].into_iter().flatten().find_map(|result| result.err());
	let document = views::MotionClosed {
		index,
		hash: hash.into(),
		approved: dispatched.is_some(),
		transactions: transactions([&sent]),
		dispatched: dispatched.is_some() && failed.is_none(),
	};
	let called = match KnownCall::new(&best.metadata(), motion.call) {
		Ok(call) => call.decoded.label(),
		Err(_) => "its call".into(),
	};
	let text = match (&dispatched, &failed) {
		(None, _) => format!("motion {index} is rejected"),
		(Some(_), None) => format!("motion {index} is approved: {called} was dispatched"),
		(Some(_), Some(_)) => {
			format!("motion {index} is approved: {called} was dispatched, and failed")
		},
	};
	Ok(Report::of(&document, text)?.with_error(failed.map(Error::Refused)))
}

pub(super) async fn list(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let (clock, metadata) = (best.clock()?, best.metadata());
	let motions = best.motions().await?;
	if motions.is_empty() {
		return Report::of(&views::Motions { motions: Vec::new() }, "no motion is open");
	}
	let mut text = Vec::new();
	let mut list = Vec::new();
	let mut rows = Vec::new();
	for motion in &motions {
		let (described, words) = describe(&metadata, motion);
		let voting = &motion.voting;
		rows.push(vec![
			voting.index.to_string(),
			hex(motion.hash),
			voting.ayes.len().to_string(),
			voting.nays.len().to_string(),
			voting.threshold.to_string(),
			clock.when(voting.end),
		]);
		text.push(format!("motion {}: {words}", voting.index));
		list.push(views::Motion::new(motion, described, &clock));
	}
	let columns = [
		Number("motion"),
		Text("hash"),
		Number("yes"),
		Number("no"),
		Number("needed"),
		Text("can be closed from"),
	];
	let shown = format!("{}\n{}", table(&columns, rows), text.join("\n"));
	Report::of(&views::Motions { motions: list }, shown)
}

fn describe(metadata: &Metadata, motion: &Motion) -> (Option<governance::Call>, String) {
	match KnownCall::new(metadata, motion.call.clone()) {
		Ok(call) => (Some(call.view()), call.text),
		Err(error) => (None, error.to_string()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::chain::council::Voting;

	fn motion(ayes: u8, nays: u8) -> Motion {
		let some = |count: u8| (0..count).map(|n| AccountId::from([n; 32])).collect();
		let (ayes, nays) = (some(ayes), some(nays));
		let voting = Voting { index: 2, threshold: THRESHOLD, ayes, nays, end: 200 };
		Motion { hash: Hash([0; 32]), voting, call: Vec::new() }
	}

	#[test]
	fn refusal_should_say_what_is_missing_when_a_motion_is_closed_too_early() {
		let clock = Clock { now: 190, block_time: 3_000 };
		let account = AccountId::from([1; 32]);
		let told = |name| refusal_text(name, &account, Some(&motion(8, 3)), &clock);
		let early = told("TooEarly").unwrap();
		assert!(early.contains("8 yes of 9 needed and 3 no"), "{early}");
		assert!(early.contains("block 200, in 30 s"), "{early}");
	}

	#[test]
	fn refusal_should_name_the_command_that_helps_when_there_is_one() {
		let (clock, account) = (Clock { now: 190, block_time: 3_000 }, AccountId::from([1; 32]));
		let told = |name, motion: Option<&Motion>| refusal_text(name, &account, motion, &clock);
		let again = told("DuplicateProposal", Some(&motion(1, 0))).unwrap();
		assert!(again.contains("motion 2 already") && again.contains(" 2 yes`"), "{again}");
		let twice = told("DuplicateVote", Some(&motion(1, 0))).unwrap();
		assert!(twice.contains("has voted so on motion 2"), "{twice}");
		assert_eq!((told("TooEarly", None), told("Other", Some(&motion(1, 0)))), (None, None));
	}
}
