//! The commands, one file for each.

pub mod account;
pub mod attester;
pub mod audit_data;
pub mod contribute;
pub mod contribution;
pub mod datanet;
pub mod doctor;
pub mod explain;
pub mod gov;
pub mod host;
mod index;
pub mod infer;
pub mod inference;
pub mod model;
mod page;
pub mod recipe;
mod register;
pub mod review;
pub mod rewards;
pub mod train;
mod wording;

use crate::{context::Context, error::Result, output::Report, views::Transaction};
use clap::Subcommand;
use openledger_client::chain::Included;

/// What `openledger` can do.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Create, change and publish datanets
	#[command(subcommand)]
	Datanet(datanet::Command),
	/// Send a table of rows to a datanet
	Contribute(contribute::Arguments),
	/// Look at contributions, take one back, release its bond
	#[command(subcommand)]
	Contribution(contribution::Command),
	/// Accept or reject contributions, as a curator
	#[command(subcommand)]
	Review(review::Command),
	/// Rank the rows of a table or a published version by the harm they do, as a curator
	AuditData(audit_data::Arguments),
	/// Train a model on published versions of datanets
	Train(train::Arguments),
	/// Index, register and manage models
	#[command(subcommand)]
	Model(model::Command),
	/// Answer the requests for the models this key hosts
	Host(host::Arguments),
	/// Ask a model, and wait for the settlement
	Infer(infer::Arguments),
	/// Look at inferences, cancel one
	#[command(subcommand)]
	Inference(inference::Command),
	/// Verify a settled inference and show who was paid for it, and why
	Explain(explain::Arguments),
	/// See and claim rewards
	#[command(subcommand)]
	Rewards(rewards::Command),
	/// Balances and transfers
	#[command(subcommand)]
	Account(account::Command),
	/// Bond as an attester, and see who is
	#[command(subcommand)]
	Attester(attester::Command),
	/// Say why an attester is not drawn, a host has nothing to do, or a contribution earns nothing
	#[command(subcommand)]
	Doctor(doctor::Command),
	/// Wrap and delegate votes, propose and vote, elect and watch the security council
	#[command(subcommand)]
	Gov(gov::Command),
}

/// Runs a command.
///
/// # Errors
/// See [`Error`](crate::error::Error).
pub async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Datanet(command) => datanet::run(context, command).await,
		Command::Contribute(arguments) => contribute::run(context, arguments).await,
		Command::Contribution(command) => contribution::run(context, command).await,
		Command::Review(command) => review::run(context, command).await,
		Command::Train(arguments) => train::run(context, arguments).await,
		Command::Model(command) => model::run(context, command).await,
		Command::Host(arguments) => host::run(context, arguments).await,
		Command::Infer(arguments) => infer::run(context, arguments).await,
		Command::Inference(command) => inference::run(context, command).await,
		Command::Explain(arguments) => explain::run(context, arguments).await,
		Command::Rewards(command) => rewards::run(context, command).await,
		Command::Account(command) => account::run(context, command).await,
		Command::AuditData(arguments) => audit_data::run(context, arguments).await,
		Command::Attester(command) => attester::run(context, command).await,
		Command::Doctor(command) => doctor::run(context, command).await,
		Command::Gov(command) => gov::run(context, command).await,
	}
}

/// The `transactions` of a document.
fn transactions<'a>(included: impl IntoIterator<Item = &'a Included>) -> Vec<Transaction> {
	included.into_iter().map(Transaction::from).collect()
}
