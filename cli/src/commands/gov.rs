//! `gov`: votes, proposals and the security council.
//!
//! | module | commands |
//! | --- | --- |
//! | `units` | `account`, `wrap`, `unwrap`, `delegate`, `undelegate` |
//! | `delegation` | `sign-delegation`, `submit-delegation` |
//! | `call` | `encode`, and the options that name a call |
//! | `propose` | `propose` |
//! | `vote` | `vote`, `cancel`, `poke` |
//! | `show` | `list`, `show` |
//! | `outlook`, `names` | what comes next in words, and words for options |
//! | `parameters` | `parameters` |
//! | `council`, `motions`, `acceptance` | `council` |
//! | `election` | `election` |

mod acceptance;
mod call;
mod council;
mod delegation;
mod election;
mod motions;
mod names;
mod outlook;
mod parameters;
mod propose;
mod show;
mod units;
mod vote;

use crate::{context::Context, error::Result, output::Report};
use clap::Subcommand;
use names::ChoiceName;
use openledger_client::{
	amount::Amount,
	keys::{parse_account, AccountId},
};

/// The pallet of votes, under the name that wallets look for.
const VOTES: &str = "ConvictionVoting";

/// Votes, proposals and the security council.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Show votes, wrapped units and delegate of an account, by default the key's
	Account {
		/// Address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Hold OPEN as voting units: one OPEN is one vote, once it is delegated
	Wrap {
		/// 1.5 for OPEN, 150u for units
		amount: Amount,
	},
	/// Release wrapped OPEN
	Unwrap {
		/// 1.5 for OPEN, 150u for units
		amount: Amount,
	},
	/// Give the votes of all wrapped units, those of later too, to an account
	Delegate {
		/// The account, or `self`
		#[arg(value_parser = units::parse_delegate)]
		to: units::Delegate,
	},
	/// Take the votes back: wrapped units without delegate carry none
	Undelegate,
	/// Sign a delegation that somebody else sends and pays for; prints it as JSON
	SignDelegation(delegation::Sign),
	/// Send a delegation that somebody else signed
	SubmitDelegation {
		/// What sign-delegation printed, - for standard input
		file: String,
	},
	/// Propose a call to all voters
	Propose(Box<propose::Arguments>),
	/// Print the bytes and the hash of a call
	Encode(call::EncodeArguments),
	/// Vote with all votes that the key's account held through the holding window; once, for good
	Vote {
		/// Number of the proposal, as `gov list` shows it
		proposal: u32,
		/// Which way all of these votes go
		choice: ChoiceName,
	},
	/// Take a proposal back before voting begins, as its proposer
	Cancel {
		/// Number of the proposal, as `gov list` shows it
		proposal: u32,
	},
	/// Have the chain do what is due for a proposal whose voting is over
	Poke {
		/// Number of the proposal, as `gov list` shows it
		proposal: u32,
	},
	/// List the proposals that are not over
	List {
		/// Also those that are over
		#[arg(long)]
		all: bool,
	},
	/// Show a proposal: its call and what that would come to, its votes, and what comes next
	Show {
		/// Number of the proposal, as `gov list` shows it
		proposal: u32,
		/// Also how many votes of this account count, by default of the key's: address, 0x public key, or //Name
		#[arg(long, value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Show the numbers of governance
	Parameters,
	/// Show the security council; its motions
	Council(council::Arguments),
	/// Show the election of one half of the security council; take part in it
	Election(election::Arguments),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Account { account } => units::account(context, account).await,
		Command::Wrap { amount } => units::wrap(context, amount).await,
		Command::Unwrap { amount } => units::unwrap(context, amount).await,
		Command::Delegate { to } => units::delegate(context, to).await,
		Command::Undelegate => units::undelegate(context).await,
		Command::SignDelegation(arguments) => delegation::sign(context, arguments).await,
		Command::SubmitDelegation { file } => delegation::submit(context, &file).await,
		Command::Propose(arguments) => propose::run(context, *arguments).await,
		Command::Encode(arguments) => call::encode(context, arguments).await,
		Command::Vote { proposal, choice } => vote::vote(context, proposal, choice.into()).await,
		Command::Cancel { proposal } => vote::cancel(context, proposal).await,
		Command::Poke { proposal } => vote::poke(context, proposal).await,
		Command::List { all } => show::list(context, all).await,
		Command::Show { proposal, account } => show::show(context, proposal, account).await,
		Command::Parameters => parameters::run(context).await,
		Command::Council(arguments) => council::run(context, arguments).await,
		Command::Election(arguments) => election::run(context, arguments).await,
	}
}
