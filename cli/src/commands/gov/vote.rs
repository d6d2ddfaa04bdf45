//! `gov vote`, `cancel`, `poke`.

use super::{show::Shown, VOTES};
use crate::{
	amount::Amount,
	chain::{
		call,
		governance::{Ballot, Proposal, Series, Side, State, Tally},
	},
	commands::transactions,
	context::Context,
	error::{Error, Result},
	governance::{state_name, AccountVote, Choice, Clock},
	keys::AccountId,
	output::Report,
	views::governance::proposal as views,
};

pub(super) async fn vote(context: &Context, index: u32, choice: Choice) -> Result<Report> {
	let voter = context.key()?.account;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let proposal = best.proposal(index).await?;
	let tally = open_tally(index, &proposal, &best.clock()?)?;
	if let Some(ballot) = best.ballot(index, &voter).await? {
		return Err(voted_before(index, &voter, ballot));
	}
	let weight = best.at_past(Series::Votes(voter), tally.snapshot).await?;
	if weight == 0 {
		let message = format!(
			"{voter} had no votes at block {}, the snapshot of proposal {index}: votes delegated \
			 since then count for later proposals",
			tally.snapshot
		);
		return Err(Error::foreseen(VOTES, "NoVotes", message));
	}

	let arguments = (index, AccountVote::new(choice, weight));
	let sent = context.send(call(VOTES, "vote", arguments)).await?;
	let shown = Shown::read(&chain.at(sent.block_hash).await?, index).await?;
	let text = format!(
		"{} votes {} on proposal {index}\nnext: {}",
		Amount(weight),
		side_text(choice),
		shown.outlook()
	);
	let document = views::Voted {
		proposal: shown.view(),
		vote: views::Vote { voter: voter.into(), choice: choice.name(), votes: weight.into() },
		transactions: transactions([&sent]),
	};
	Report::of(&document, text)
}

fn side_text(choice: Choice) -> &'static str {
	match choice {
		Choice::For => "For",
		Choice::Against => "Against",
		Choice::Abstain => "Abstain",
	}
}

/// # Errors
/// If the chain would refuse a vote in the next block.
fn open_tally<'a>(index: u32, proposal: &'a Proposal, clock: &Clock) -> Result<&'a Tally> {
	let over = || {
		let state = state_name(proposal.state);
		let message = format!("voting on proposal {index} is over: it is {state}");
		Error::foreseen(VOTES, "VotingOver", message)
	};
	match (proposal.state, &proposal.tally) {
		(State::Pending | State::Active, Some(tally)) => {
			if clock.now < tally.snapshot {
				let message = format!(
					"voting on proposal {index} has not begun: it begins after {}",
					clock.when(tally.snapshot)
				);
				return Err(Error::foreseen(VOTES, "VotingNotBegun", message));
			}
			if clock.now >= tally.end {
				return Err(over());
			}
			Ok(tally)
		},
		_ => Err(over()),
	}
}

fn voted_before(index: u32, voter: &AccountId, ballot: Ballot) -> Error {
	let side = match ballot.side {
		Side::For => Choice::For,
		Side::Against => Choice::Against,
		Side::Abstain => Choice::Abstain,
	};
	let message = format!(
		"{voter} has voted {} on proposal {index} with {} votes: a vote cannot be changed",
		side_text(side),
		Amount(ballot.weight)
	);
	Error::foreseen(VOTES, "AlreadyVoted", message)
}

pub(super) async fn cancel(context: &Context, index: u32) -> Result<Report> {
	let account = context.key()?.account;
	let best = context.chain().await?.best().await?;
	check_cancel(index, &best.proposal(index).await?, &account, &best.clock()?)?;
	let sent = context.send(call(VOTES, "cancel", (index,))).await?;
	let document = views::Cancelled { proposal: index, transactions: transactions([&sent]) };
	Report::of(&document, format!("proposal {index} is taken back"))
}

/// # Errors
/// If the chain would refuse to cancel in the next block.
fn check_cancel(index: u32, proposal: &Proposal, account: &AccountId, clock: &Clock) -> Result<()> {
	let begun = proposal.tally.as_ref().is_some_and(|tally| clock.now >= tally.snapshot);
	if proposal.state != State::Pending || begun {
		let message = format!(
			"proposal {index} can no longer be taken back: that was possible until its snapshot{}",
			proposal
				.tally
				.as_ref()
				.map_or(String::new(), |tally| { format!(", {}", clock.when(tally.snapshot)) })
		);
		return Err(Error::foreseen(VOTES, "NotPending", message));
	}
	match proposal.proposer {
		Some(proposer) if proposer != *account => {
			let message = format!("only its proposer, {proposer}, can take proposal {index} back");
			Err(Error::foreseen(VOTES, "NotProposer", message))
		},
		_ => Ok(()),
	}
}

pub(super) async fn poke(context: &Context, index: u32) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	check_poke(index, &best.proposal(index).await?, &best.clock()?)?;
	let sent = context.send(call(VOTES, "poke", (index,))).await?;
	let at = context.chain().await?.at(sent.block_hash).await?;
	let shown = Shown::read(&at, index).await?;
	let state = state_name(shown.proposal.state);
	let text = format!("proposal {index} is {state}\nnext: {}", shown.outlook());
	let document = views::Poked { proposal: shown.view(), transactions: transactions([&sent]) };
	Report::of(&document, text)
}

/// # Errors
/// If the chain would have nothing to do for the proposal in the next block.
fn check_poke(index: u32, proposal: &Proposal, clock: &Clock) -> Result<()> {
	let open = matches!(proposal.state, State::Pending | State::Active);
	match &proposal.tally {
		Some(tally) if open && clock.now < tally.end => {
			let end = clock.when(tally.end);
			let message = format!("voting on proposal {index} is not over: it ends with {end}");
			Err(Error::foreseen(VOTES, "VotingNotOver", message))
		},
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{chain::governance::Kind, keys::parse_account};

	fn proposal(state: State) -> Proposal {
		let tally = Tally {
			ayes: 0,
			nays: 0,
			support: 0,
			kind: Kind::Treasury,
			snapshot: 103,
			end: 118,
			extension: 5,
			majority: 0,
			quorum: None,
		};
		let proposer = parse_account("//Bob").ok();
		Proposal { state, proposer, call: None, tally: Some(tally), enactment: None }
	}

	fn refusal(result: Result<()>) -> Option<String> {
		match result {
			Ok(()) => None,
			Err(Error::Refused(refusal)) => refusal.name,
			Err(other) => panic!("{other}"),
		}
	}

	#[test]
	fn vote_should_be_taken_in_the_blocks_after_the_snapshot_up_to_the_end_when_sent_now() {
		let refused = |state, now| {
			let clock = Clock { now, block_time: 3_000 };
			refusal(open_tally(7, &proposal(state), &clock).map(|_| ()))
		};
		assert_eq!(refused(State::Pending, 102).as_deref(), Some("VotingNotBegun"));
		// In block 104.
		assert_eq!(refused(State::Pending, 103), None);
		assert_eq!(refused(State::Active, 117), None);
		assert_eq!(refused(State::Active, 118).as_deref(), Some("VotingOver"));
		for state in [State::Canceled, State::Defeated, State::Succeeded, State::Queued] {
			assert_eq!(refused(state, 110).as_deref(), Some("VotingOver"));
		}
	}

	#[test]
	fn poke_should_be_sent_when_voting_is_over_in_the_next_block() {
		let refused = |state, now| {
			let clock = Clock { now, block_time: 3_000 };
			refusal(check_poke(7, &proposal(state), &clock))
		};
		assert_eq!(refused(State::Active, 117).as_deref(), Some("VotingNotOver"));
		assert_eq!(refused(State::Active, 118), None);
		assert_eq!(refused(State::Defeated, 119), None);
	}

	#[test]
	fn refusal_should_say_when_voting_begins_when_it_has_not() {
		let clock = Clock { now: 100, block_time: 3_000 };
		let error = open_tally(7, &proposal(State::Pending), &clock).unwrap_err();
		assert!(error.to_string().contains("after block 103, in 9 s"), "{error}");
	}

	#[test]
	fn proposal_should_be_taken_back_by_its_proposer_alone_when_still_pending() {
		let [bob, eve] = ["//Bob", "//Eve"].map(|name| parse_account(name).unwrap());
		let refused = |state, account, now| {
			let clock = Clock { now, block_time: 3_000 };
			refusal(check_cancel(7, &proposal(state), &account, &clock))
		};
		assert_eq!(refused(State::Pending, bob, 102), None);
		assert_eq!(refused(State::Pending, eve, 102).as_deref(), Some("NotProposer"));
		assert_eq!(refused(State::Pending, bob, 103).as_deref(), Some("NotPending"));
		assert_eq!(refused(State::Active, bob, 104).as_deref(), Some("NotPending"));
	}

	#[test]
	fn second_vote_should_be_answered_with_the_first_when_refused() {
		let ballot = Ballot { side: Side::Abstain, weight: 3_000_000_000_000_000_000 };
		let text = voted_before(7, &parse_account("//Bob").unwrap(), ballot).to_string();
		assert!(text.contains("voted Abstain") && text.contains("with 3 votes"), "{text}");
	}
}
