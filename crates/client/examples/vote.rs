//! Votes on a proposal with all votes that an account held throughout the holding window before voting.
//!
//! ```text
//! vote URL KEY PROPOSAL for|against|abstain
//! vote ws://127.0.0.1:9944 //Alice 0 for
//! ```
//!
//! A vote is for good: a second one is refused. Votes come from OPEN that somebody wrapped and delegated to
//! the account.

use openledger_client::{
	amount::Amount,
	chain::{call, submit_one, Chain},
	governance::{AccountVote, Choice},
	keys::Key,
};
use std::{env, error::Error, process::ExitCode, time::Duration};

const USAGE: &str = "usage: vote URL KEY PROPOSAL for|against|abstain";
/// For how long the node is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let result = match arguments.as_slice() {
		[url, key, proposal, choice] => vote(url, key, proposal, choice).await,
		_ => Err(USAGE.into()),
	};
	match result {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

async fn vote(url: &str, key: &str, proposal: &str, choice: &str) -> Result<(), Box<dyn Error>> {
	let key = Key::read(key)?;
	let proposal: u32 = proposal.parse()?;
	let choice = match choice {
		"for" => Choice::For,
		"against" => Choice::Against,
		"abstain" => Choice::Abstain,
		_ => return Err(USAGE.into()),
	};

	let chain = Chain::connect(url, PATIENCE).await?;
	let best = chain.best().await?;
	let tally = best.proposal(proposal).await?.tally.ok_or("voting on this proposal is over")?;
	// The least votes of the holding window before the snapshot count, whatever was delegated since.
	let votes = best.votes_at(&key.account, tally.snapshot).await?;
	let ballot = call("ConvictionVoting", "vote", (proposal, AccountVote::new(choice, votes)));
	let sent = submit_one(&chain, &key, ballot, false).await?;

	let (votes, choice) = (Amount(votes), choice.name());
	println!("{votes} votes on proposal {proposal}: {choice}, in block {}", sent.block);
	let after = chain.at(sent.block_hash).await?.proposal(proposal).await?;
	let lacks = after.shortfall.map(|shortfall| shortfall.text());
	println!("as it stands: {}", lacks.unwrap_or("it passes".into()));
	Ok(())
}
