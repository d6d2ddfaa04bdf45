//! `gov council propose`, `vote`, `close`, `motions`: what the council agrees on.

use super::{call::Proposed, council::not_member};
use crate::{
	chain::{
		call,
		council::Motion,
		events::{MotionProposed, MotionVoted},
		Call, EncodedCall, Hash, Snapshot,
	},
	commands::transactions,
	context::Context,
	error::{Error, Result},
	governance::Clock,
	output::{
		fields, hex, table,
		Column::{Number, Text},
		Report,
	},
	views::governance::{self, council as views},
};
use clap::ValueEnum;
use subxt::Metadata;

/// The pallet of motions, under the name that wallets look for.
const MOTIONS: &str = "TechnicalCommittee";
/// Members that must agree, of twelve seats.
const THRESHOLD: u32 = 9;

/// How to vote on a motion. It can be changed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum MotionVote {
	/// For it
	Yes,
	/// Against it
	No,
}

/// Moves that a call be dispatched as Root, at once or after the timelock.
pub(super) async fn act(
	context: &Context,
	best: &Snapshot,
	emergency: bool,
	proposed: Proposed,
) -> Result<Report> {
	let name = if emergency { "execute" } else { "schedule" };
	let action = call("SecurityCouncil", name, (EncodedCall(proposed.bytes),));
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
	let described = Proposed::new(&best.metadata(), motion.0.clone())?;
	if let Some(open) = best.motion(described.hash).await? {
		let index = open.voting.index;
		let message = format!(
			"this is motion {index} already: vote with `openledger gov council vote {} {index} yes`",
			hex(open.hash)
		);
		return Err(Error::foreseen(MOTIONS, "DuplicateProposal", message));
	}
	let length = u32::try_from(motion.0.len()).map_err(|e| Error::Failure(e.to_string()))?;
	let sent = context.send(call(MOTIONS, "propose", (THRESHOLD, motion, length))).await?;
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

/// # Errors
/// If the key's account is no member.
async fn member(context: &Context, at: &Snapshot) -> Result<()> {
	let account = context.key()?.account;
	match at.members().await?.contains(&account) {
		true => Ok(()),
		false => Err(not_member(MOTIONS, &account)),
	}
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
	let account = context.key()?.account;
	let best = context.chain().await?.best().await?;
	member(context, &best).await?;
	let motion = open_motion(&best, hash, index).await?;
	let approve = vote == MotionVote::Yes;
	let same = if approve { &motion.voting.ayes } else { &motion.voting.nays };
	if same.contains(&account) {
		let message = format!("{account} has voted so on motion {index} already");
		return Err(Error::foreseen(MOTIONS, "DuplicateVote", message));
	}
	let sent = context.send(call(MOTIONS, "vote", (hash, index, approve))).await?;
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
	check_close(&motion, best.members().await?.len(), &best.clock()?)?;
	let weight = best.call_weight(&motion.call).await?;
	let length = u32::try_from(motion.call.len()).map_err(|e| Error::Failure(e.to_string()))?;
	let sent = context.send(call(MOTIONS, "close", (hash, index, weight, length))).await?;

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
	let called = match Proposed::new(&best.metadata(), motion.call) {
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

/// # Errors
/// If votes or time are missing to end the motion in the next block.
fn check_close(motion: &Motion, seats: usize, clock: &Clock) -> Result<()> {
	let voting = &motion.voting;
	let threshold = usize::try_from(voting.threshold).unwrap_or(usize::MAX);
	let approved = voting.ayes.len() >= threshold;
	let rejected = seats.saturating_sub(voting.nays.len()) < threshold;
	if approved || rejected || clock.now.saturating_add(1) >= voting.end {
		return Ok(());
	}
	let message = format!(
		"motion {} has {} yes of {threshold} needed and {} no: it can be closed with more votes, or \
		 as of {}",
		voting.index,
		voting.ayes.len(),
		voting.nays.len(),
		clock.when(voting.end)
	);
	Err(Error::foreseen(MOTIONS, "TooEarly", message))
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
	match Proposed::new(metadata, motion.call.clone()) {
		Ok(call) => (Some(call.view()), call.text),
		Err(error) => (None, error.to_string()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{chain::council::Voting, keys::AccountId};

	fn motion(ayes: u8, nays: u8) -> Motion {
		let some = |count: u8| (0..count).map(|n| AccountId::from([n; 32])).collect();
		let (ayes, nays) = (some(ayes), some(nays));
		let voting = Voting { index: 2, threshold: THRESHOLD, ayes, nays, end: 200 };
		Motion { hash: Hash([0; 32]), voting, call: Vec::new() }
	}

	#[test]
	fn motion_should_be_closed_only_when_votes_decide_it_or_its_time_is_over() {
		let refused = |ayes, nays, seats, now| {
			let clock = Clock { now, block_time: 3_000 };
			let result = check_close(&motion(ayes, nays), seats, &clock);
			result.err().map(|error| error.to_string())
		};
		assert_eq!(refused(9, 0, 12, 100), None);
		// Nine of the other eight cannot agree.
		assert_eq!(refused(0, 4, 12, 100), None);
		assert_eq!(refused(8, 0, 9, 199), None, "the time is over in block 200");
		let early = refused(8, 3, 12, 190).unwrap();
		assert!(early.contains("8 yes of 9 needed and 3 no"), "{early}");
		assert!(early.contains("block 200, in 30 s"), "{early}");
	}
}
