//! `gov election`: one half of the council is elected anew.

use crate::{
	commands::transactions,
	context::Context,
	error::{Error, Result},
	output::{
		fields, table,
		Column::{Text, Votes},
		Report,
	},
	views::governance::election as views,
};
use clap::{Args, Subcommand};
use openledger_client::{
	amount::Amount,
	chain::{
		call,
		council::{Contender, Election, Phases},
		events::{ElectionFinished, ElectionStarted, ElectionVoted, Nominated, QuorumMissed},
		governance::Quorum,
		Call, Included, Snapshot,
	},
	governance::{percent, Clock, Phase},
	keys::{parse_account, AccountId},
};

const COUNCIL: &str = "SecurityCouncil";

/// Without a command: shows the election.
#[derive(Args, Debug)]
pub struct Arguments {
	#[command(subcommand)]
	command: Option<Command>,
}

/// What is done in an election.
#[derive(Subcommand, Debug)]
enum Command {
	/// Start the election that is due
	Start,
	/// Stand for election with the key's account
	Register,
	/// Give votes for the nomination of a contender
	Nominate {
		/// The contender's account, as `gov election` shows it
		#[arg(value_parser = parse_account)]
		account: AccountId,
		/// How many of the votes that the key's account had when nomination began: 1.5, or 150u
		votes: Amount,
	},
	/// Exclude a nominee, as the vetter
	Exclude {
		/// The nominee's account, as `gov election` shows it
		#[arg(value_parser = parse_account)]
		account: AccountId,
	},
	/// Make an account a nominee while there are fewer nominees than seats, as the vetter
	Include {
		/// The account to include, which need not have registered
		#[arg(value_parser = parse_account)]
		account: AccountId,
	},
	/// Give votes for the election of a nominee: they count less the later they come
	Vote {
		/// The nominee's account, as `gov election` shows it
		#[arg(value_parser = parse_account)]
		account: AccountId,
		/// How many of the votes that the key's account had when voting began: 1.5, or 150u
		votes: Amount,
	},
	/// Seat the elected, once voting is over
	Finish,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let Some(command) = arguments.command else {
		let best = context.chain().await?.best().await?;
		let (view, text) = summary(&best, &best.clock()?).await?;
		return Report::of(&view, text);
	};
	match command {
		Command::Start => start(context).await,
		Command::Register => {
			simple(context, call(COUNCIL, "register", ()), "stands for election").await
		},
		Command::Nominate { account, votes } => nominate(context, account, votes).await,
		Command::Exclude { account } => {
			let exclusion = call(COUNCIL, "exclude", (account,));
			let done = format!("excluded {account}");
			simple(context, exclusion, &done).await
		},
		Command::Include { account } => {
			let inclusion = call(COUNCIL, "include", (account,));
			let done = format!("made {account} a nominee");
			simple(context, inclusion, &done).await
		},
		Command::Vote { account, votes } => vote(context, account, votes).await,
		Command::Finish => finish(context).await,
	}
}

/// Reads the running election.
///
/// # Errors
/// If none is running; the message says when the next one is due.
async fn running(at: &Snapshot) -> Result<Election> {
	let Some(election) = at.running_election().await? else {
		let (due, _) = at.next_election().await?;
		let message = format!(
			"no election is running, the next one is due: {}; start it with `openledger gov election \
			 start`",
			at.clock()?.when(due)
		);
		return Err(Error::foreseen(COUNCIL, "NoElection", message));
	};
	Ok(election)
}

/// Sends a call about an election, and words the chain's refusal for people: `votes` says why the account
/// cannot give so many votes.
async fn send(
	context: &Context,
	call: Call,
	votes: impl FnOnce() -> Option<String>,
) -> Result<Included> {
	let words = async |name: &str, best: &Snapshot| {
		let clock = best.clock()?;
		let (running, (due, number)) =
			(best.running_election().await?, best.next_election().await?);
		Ok(match (name, running) {
			("NotEnoughVotes", _) => votes(),
			("ElectionNotDue", _) => {
				Some(format!("election {number} is not due yet: {}", clock.when(due)))
			},
			("ElectionRunning", Some(election)) => Some(format!(
				"election {} is running: it can be finished after {}",
				election.number,
				clock.when(election.phases.end)
			)),
			(name, Some(election)) => {
				Phase::missed_by(name).map(|phase| phase.refusal_text(&election, &clock))
			},
			_ => None,
		})
	};
	context.send_telling(call, words).await
}

async fn start(context: &Context) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	let clock = best.clock()?;
	let sent = send(context, call(COUNCIL, "start_election", ()), || None).await?;
	let ElectionStarted { election, phases } = sent.event(COUNCIL, "ElectionStarted")?;
	let document = views::Started {
		election,
		phases: views::Phases::new(&phases, &clock),
		transactions: transactions([&sent]),
	};
	let until = clock.when(phases.nomination);
	let text = format!("election {election} has begun: contenders register up to {until}");
	Report::of(&document, text)
}

/// Sends a call whose result is told in the one phrase `done`.
async fn simple(context: &Context, call: Call, done: &str) -> Result<Report> {
	let account = context.key()?.account;
	let best = context.chain().await?.best().await?;
	let election = running(&best).await?;
	let sent = send(context, call, || None).await?;
	let document = views::Changed {
		election: election.number,
		account: account.into(),
		transactions: transactions([&sent]),
	};
	Report::of(&document, format!("election {}: {account} {done}", election.number))
}

async fn nominate(context: &Context, contender: AccountId, votes: Amount) -> Result<Report> {
	let voter = context.key()?.account;
	let best = context.chain().await?.best().await?;
	let election = running(&best).await?;
	let spent = best.spent(election.number, &voter).await?.nomination;
	let had = votes_had(&best, &voter, election.phases.nomination).await?;
	let too_many = || Some(too_many_text(votes.0, had, spent, election.phases.nomination));
	let nomination = call(COUNCIL, "nominate", (contender, votes.0));
	let sent = send(context, nomination, too_many).await?;
	let Nominated { votes: taken } = sent.event(COUNCIL, "Nominated")?;
	let left = had.saturating_sub(spent).saturating_sub(taken);
	let document = views::Nominated {
		election: election.number,
		contender: contender.into(),
		votes: taken.into(),
		left: left.into(),
		transactions: transactions([&sent]),
	};
	let text = format!(
		"{} votes for the nomination of {contender}, {} are left",
		Amount(taken),
		Amount(left)
	);
	Report::of(&document, text)
}

async fn vote(context: &Context, nominee: AccountId, votes: Amount) -> Result<Report> {
	let voter = context.key()?.account;
	let best = context.chain().await?.best().await?;
	let election = running(&best).await?;
	let spent = best.spent(election.number, &voter).await?.voting;
	let had = votes_had(&best, &voter, election.phases.voting).await?;
	let too_many = || Some(too_many_text(votes.0, had, spent, election.phases.voting));
	let sent = send(context, call(COUNCIL, "vote", (nominee, votes.0)), too_many).await?;
	let ElectionVoted { weight } = sent.event(COUNCIL, "Voted")?;
	let left = had.saturating_sub(spent).saturating_sub(votes.0);
	let document = views::Voted {
		election: election.number,
		nominee: nominee.into(),
		votes: votes.0.into(),
		weight: weight.into(),
		left: left.into(),
		transactions: transactions([&sent]),
	};
	let text = format!(
		"{votes} votes for {nominee} count for {}, {} are left",
		Amount(weight),
		Amount(left)
	);
	Report::of(&document, text)
}

/// The votes that `voter` had at the end of block `snapshot`; none while that is to come, as the chain says then
/// that the phase has not begun.
async fn votes_had(best: &Snapshot, voter: &AccountId, snapshot: u32) -> Result<u128> {
	if best.clock()?.now < snapshot {
		return Ok(0);
	}
	Ok(best.votes_at(voter, snapshot).await?)
}

/// Why somebody who had `had` votes at block `at`, and spent `spent` of them, cannot give `votes`.
fn too_many_text(votes: u128, had: u128, spent: u128, at: u32) -> String {
	format!(
		"{} votes are more than the {} that are left: {} were delegated to this account at block {at}, \
		 and {} are spent",
		Amount(votes),
		Amount(had.saturating_sub(spent)),
		Amount(had),
		Amount(spent)
	)
}

async fn finish(context: &Context) -> Result<Report> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	let election = running(&best).await?;
	let sent = send(context, call(COUNCIL, "finish_election", ()), || None).await?;
	let finished: ElectionFinished = sent.event(COUNCIL, "ElectionFinished")?;
	let missed: Option<QuorumMissed> = sent.find_event(COUNCIL, "QuorumMissed")?;
	let reached = missed.is_none();
	let document = views::Finished::new(&election, reached, &finished, transactions([&sent]));
	let rows = finished.members.iter().map(|account| vec![account.to_string()]);
	let shown = table(&[Text("member")], rows.collect());
	let cohort = election.cohort.name();
	let text = match missed {
		Some(QuorumMissed { votes, quorum }) => format!(
			"{} of {} votes were spent that are needed: the {cohort} cohort stays\n{shown}",
			Amount(votes),
			Amount(quorum)
		),
		None => {
			format!("{} were elected, the {cohort} cohort is\n{shown}", finished.elected)
		},
	};
	Report::of(&document, text)
}

/// The running election, or when the next one is.
pub(super) async fn summary(at: &Snapshot, clock: &Clock) -> Result<(views::Summary, String)> {
	let Some(election) = at.running_election().await? else {
		let (due, number) = at.next_election().await?;
		let view = views::Summary::None(views::NoElection::new(number, due, clock));
		let text = format!("no election is running; election {number} is due: {}", clock.when(due));
		return Ok((view, text));
	};
	let phase = Phase::at(&election.phases, clock.now.saturating_add(1));
	let needed = at.nomination_quota().await?;
	let nominees = at.nominees().await?;
	let mut contenders = at.contenders(election.number).await?;
	let (spent, quorum) = (at.turnout().await?, at.voting_quorum().await?);
	// By weight, then by the order of nomination, which decides between equals.
	contenders.sort_by_key(|(account, contender)| {
		let place = nominees.iter().position(|nominee| nominee == account);
		let place = place.unwrap_or(usize::MAX);
		(std::cmp::Reverse(contender.weight), place, std::cmp::Reverse(contender.nominations))
	});

	let mut pairs = vec![
		("election", format!("{} of the {} cohort", election.number, election.cohort.name())),
		("phase", phase_text(phase, &election.phases, clock)),
		("nominee with", needed_text(&election, needed)),
	];
	pairs.push(("quorum", quorum_text(&election, spent, quorum)));
	pairs.push(("seat with", format!("{} votes at least", Amount(election.least_votes))));
	pairs.push(("vetter", election.vetter.map_or("nobody".into(), |vetter| vetter.to_string())));
	let columns =
		[Text("stands"), Text("as"), Votes("nominations (votes)"), Votes("weight (votes)")];
	let shown = table(&columns, contenders.iter().map(row).collect());
	let view = views::Election::new(&election, phase, needed, (spent, quorum), &contenders, clock);
	let text = format!("{}\n{shown}", fields(&pairs));
	Ok((views::Summary::Running(Box::new(view)), text))
}

fn needed_text(election: &Election, needed: Option<u128>) -> String {
	let share = format!("{} % of the delegated votes", percent(election.nominee_threshold));
	match needed {
		Some(needed) => format!("{} votes, {share}", Amount(needed)),
		None => share,
	}
}

fn quorum_text(election: &Election, spent: u128, quorum: Option<u128>) -> String {
	match quorum {
		Some(quorum) => format!("{} votes, of which {} are spent", Amount(quorum), Amount(spent)),
		None => {
			let Quorum { share, least, most } = election.quorum;
			let share = percent(share);
			format!("{share} % of the delegated votes, {} to {} votes", Amount(least), Amount(most))
		},
	}
}

fn phase_text(phase: Phase, phases: &Phases, clock: &Clock) -> String {
	let until = |what: &str, block| format!("{}, {what} {}", phase.name(), clock.when(block));
	match phase {
		Phase::Registration => until("ends with", phases.nomination),
		Phase::Nomination => until("ends with", phases.vetting),
		Phase::Vetting => until("ends with", phases.voting),
		Phase::Voting => {
			let weight = match clock.now < phases.full_weight {
				true => format!("in full up to {}", clock.when(phases.full_weight)),
				false => "ever less".into(),
			};
			format!("{}; votes count {weight}", until("ends with", phases.end))
		},
		Phase::Over => {
			format!("{}: see `openledger gov election finish`", until("ended with", phases.end))
		},
	}
}

fn row((account, contender): &(AccountId, Contender)) -> Vec<String> {
	vec![
		account.to_string(),
		views::standing(contender.standing).into(),
		Amount(contender.nominations).to_string(),
		Amount(contender.weight).to_string(),
	]
}

#[cfg(test)]
mod tests {
	use super::*;

	const PHASES: Phases =
		Phases { start: 10, nomination: 20, vetting: 30, voting: 40, full_weight: 45, end: 60 };

	#[test]
	fn phase_should_be_told_with_its_end_when_it_runs() {
		let told = |now: u32| {
			let clock = Clock { now, block_time: 3_000 };
			phase_text(Phase::at(&PHASES, now + 1), &PHASES, &clock)
		};
		assert_eq!(told(10), "registration, ends with block 20, in 30 s");
		assert_eq!(told(20), "nomination, ends with block 30, in 30 s");
		assert!(told(41).ends_with("votes count in full up to block 45, in 12 s"), "{}", told(41));
		assert!(told(45).ends_with("votes count ever less"), "{}", told(45));
		assert!(told(60).starts_with("over, ended with block 60, now"), "{}", told(60));
	}

	#[test]
	fn voter_should_be_told_what_is_left_when_giving_more() {
		const OPEN: u128 = 1_000_000_000_000_000_000;
		let text = too_many_text(8 * OPEN, 10 * OPEN, 3 * OPEN, 20);
		assert!(text.starts_with("8 votes are more than the 7 that are left"), "{text}");
	}
}
