//! `gov vote`, `cancel`, `poke`.

use super::{
	show::{held_since, Shown, VotesOf},
	VOTES,
};
use crate::{
	commands::transactions, context::Context, error::Result, output::Report,
	views::governance::proposal as views,
};
use openledger_client::{
	amount::Amount,
	chain::{
		call,
		governance::{Ballot, Proposal, Side},
		Call, Included, Snapshot,
	},
	governance::{state_name, AccountVote, Choice, Clock},
	keys::AccountId,
};

pub(super) async fn vote(context: &Context, index: u32, choice: Choice) -> Result<Report> {
	let voter = context.key()?.account;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let votes = match best.proposal(index).await?.tally {
		Some(tally) => Some(VotesOf::read(&best, voter, &tally).await?),
		None => None,
	};
	let weight = votes.as_ref().map_or(0, |votes| votes.counted);
	let vote = call(VOTES, "vote", (index, AccountVote::new(choice, weight)));
	let sent = send(context, index, vote).await?;
	let shown = Shown::read(&chain.at(sent.block_hash).await?, index).await?;
	let fewer = votes.as_ref().and_then(VotesOf::why_fewer);
	let fewer = fewer.map_or_else(String::new, |why| format!("\nof {voter}: {why}"));
	let text = format!(
		"{} votes {} on proposal {index}{fewer}\nnext: {}",
		Amount(weight),
		side_text(choice),
		shown.outlook()
	);
	let delegated = votes.map_or(0, |votes| votes.delegated);
	let document = views::Voted {
		proposal: shown.view(),
		vote: views::Vote {
			voter: voter.into(),
			choice: choice.name(),
			votes: weight.into(),
			delegated: delegated.into(),
		},
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

/// Sends a call about a proposal, and words the chain's refusal for people.
async fn send(context: &Context, index: u32, call: Call) -> Result<Included> {
	let account = context.key()?.account;
	let words = async |name: &str, best: &Snapshot| {
		let proposal = best.proposal(index).await?;
		let ballot = best.ballot(index, &account).await?;
		Ok(refusal_text(name, index, &account, &proposal, ballot, &best.clock()?))
	};
	context.send_telling(call, words).await
}

/// The refusal of what an account does to a proposal, with when it can be done, or by whom.
fn refusal_text(
	name: &str,
	index: u32,
	account: &AccountId,
	proposal: &Proposal,
	ballot: Option<Ballot>,
	clock: &Clock,
) -> Option<String> {
	let tally = proposal.tally.as_ref();
	Some(match name {
		"VotingNotBegun" => format!(
			"voting on proposal {index} has not begun: it begins after {}",
			clock.when(tally?.snapshot)
		),
		"VotingOver" => {
			let state = state_name(proposal.state);
			format!("voting on proposal {index} is over: it is {state}")
		},
		"VotingNotOver" => {
			let end = clock.when(tally?.end);
			format!("voting on proposal {index} is not over: it ends with {end}")
		},
		"NoVotes" => format!(
			"{account} had no votes throughout the holding window of proposal {index}, from block {} to \
			 {}, its snapshot: what was delegated since its beginning counts for later proposals",
			held_since(tally?),
			tally?.snapshot
		),
		"AlreadyVoted" => voted_before(index, account, ballot?),
		"NotPending" => {
			let until = tally.map(|tally| format!(", {}", clock.when(tally.snapshot)));
			format!(
				"proposal {index} can no longer be taken back: that was possible until its \
				 snapshot{}",
				until.unwrap_or_default()
			)
		},
		"NotProposer" => {
			format!("only its proposer, {}, can take proposal {index} back", proposal.proposer?)
		},
		_ => return None,
	})
}

fn voted_before(index: u32, voter: &AccountId, ballot: Ballot) -> String {
	let side = match ballot.side {
		Side::For => Choice::For,
		Side::Against => Choice::Against,
		Side::Abstain => Choice::Abstain,
	};
	format!(
		"{voter} has voted {} on proposal {index} with {} votes: a vote cannot be changed",
		side_text(side),
		Amount(ballot.weight)
	)
}

pub(super) async fn cancel(context: &Context, index: u32) -> Result<Report> {
	let sent = send(context, index, call(VOTES, "cancel", (index,))).await?;
	let document = views::Cancelled { proposal: index, transactions: transactions([&sent]) };
	Report::of(&document, format!("proposal {index} is taken back"))
}

pub(super) async fn poke(context: &Context, index: u32) -> Result<Report> {
	let sent = send(context, index, call(VOTES, "poke", (index,))).await?;
	let at = context.chain().await?.at(sent.block_hash).await?;
	let shown = Shown::read(&at, index).await?;
	let state = shown.state();
	let text = format!("proposal {index} is {state}\nnext: {}", shown.outlook());
	let document = views::Poked { proposal: shown.view(), transactions: transactions([&sent]) };
	Report::of(&document, text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::{
		chain::governance::{Kind, State, Tally},
		keys::parse_account,
	};

	fn proposal(state: State) -> Proposal {
		let tally = Tally {
			ayes: 0,
			nays: 0,
			support: 0,
			kind: Kind::Treasury,
			snapshot: 103,
			holding_window: 2,
			end: 118,
			extension: 5,
			majority: 0,
			quorum: None,
		};
		let proposer = parse_account("//Bob").ok();
		Proposal {
			state,
			proposer,
			call: None,
			tally: Some(tally),
			shortfall: None,
			timelock: None,
			enactment: None,
			vetoed: false,
		}
	}

	fn told(name: &str, state: State, now: u32) -> String {
		let (account, clock) = (parse_account("//Eve").unwrap(), Clock { now, block_time: 3_000 });
		let ballot = Ballot { side: Side::Abstain, weight: 3_000_000_000_000_000_000 };
		refusal_text(name, 7, &account, &proposal(state), Some(ballot), &clock).unwrap()
	}

	#[test]
	fn refusal_should_say_when_it_can_be_done_when_it_is_too_early() {
		let early = told("VotingNotBegun", State::Pending, 100);
		assert!(early.contains("after block 103, in 9 s"), "{early}");
		let early = told("VotingNotOver", State::Active, 115);
		assert!(early.contains("ends with block 118, in 9 s"), "{early}");
	}

	#[test]
	fn refusal_should_say_how_the_proposal_is_when_it_is_too_late() {
		for (state, word) in [(State::Canceled, "canceled"), (State::Queued, "queued")] {
			let over = told("VotingOver", state, 119);
			assert!(over.ends_with(&format!("is over: it is {word}")), "{over}");
		}
		let late = told("NotPending", State::Active, 104);
		assert!(late.contains("until its snapshot, block 103, 3 s ago"), "{late}");
	}

	#[test]
	fn refusal_should_name_who_may_when_the_account_may_not() {
		let bob = parse_account("//Bob").unwrap();
		let other = told("NotProposer", State::Pending, 100);
		assert!(other.contains(&format!("only its proposer, {bob},")), "{other}");
		let without = told("NoVotes", State::Active, 110);
		assert!(
			without.contains("had no votes throughout") && without.contains("101 to 103"),
			"{without}"
		);
	}

	#[test]
	fn second_vote_should_be_answered_with_the_first_when_refused() {
		let text = told("AlreadyVoted", State::Active, 110);
		assert!(text.contains("voted Abstain") && text.contains("with 3 votes"), "{text}");
	}

	#[test]
	fn refusal_should_stay_as_the_chain_words_it_when_there_are_no_better_ones() {
		let (account, clock) = (parse_account("//Eve").unwrap(), Clock { now: 1, block_time: 1 });
		let words = |name| refusal_text(name, 7, &account, &proposal(State::Active), None, &clock);
		assert_eq!((words("PreimageMissing"), words("AlreadyVoted")), (None, None));
	}
}
