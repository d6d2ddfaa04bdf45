//! One file for each command.

pub mod account;
pub mod attester;
pub mod audit_data;
pub mod bench;
pub mod contribute;
pub mod contribution;
pub mod datanet;
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

use crate::{
	args::Command, chain::Included, context::Context, error::Result, output::Report,
	views::Transaction,
};

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
		Command::Bench(command) => bench::run(context, command).await,
		Command::Gov(command) => gov::run(context, command).await,
	}
}

/// The `transactions` of a document.
fn transactions<'a>(included: impl IntoIterator<Item = &'a Included>) -> Vec<Transaction> {
	included.into_iter().map(Transaction::from).collect()
}
