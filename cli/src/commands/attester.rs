//! `attester`: bonding as an attester.

use super::transactions;
use crate::{
	context::Context,
	error::Result,
	output::{
		table,
		Column::{Open, Text},
		Report,
	},
	views::{addresses, attester as views},
};
use clap::Subcommand;
use openledger_client::{amount::Amount, chain::call, keys::AccountId};

/// Bond as an attester, and see who is.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List the attesters
	List,
	/// Bond the key's account; its session keys must be set
	Register,
	/// Stop being drawn, and start to unbond; open jobs are still this account's to do
	Deregister,
	/// Release the bond, once the unbonding period is over and no job is open
	Withdraw,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	let (name, done) = match command {
		Command::List => return list(context).await,
		Command::Register => ("register", "is bonded as an attester"),
		Command::Deregister => ("deregister", "is unbonding"),
		Command::Withdraw => ("withdraw_bond", "has its bond back"),
	};
	let account = context.key()?.account;
	let sent = context.send(call("Attribution", name, ())).await?;
	let document = views::Changed { account: account.into(), transactions: transactions([&sent]) };
	Report::of(&document, format!("{account} {done} since block {}", sent.block))
}

async fn list(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let drawable: Vec<AccountId> = best.value("Attribution", "Bonded").await?;
	let (mut attesters, mut rows) = (Vec::new(), Vec::new());
	for (account, attester) in best.attesters().await? {
		let view = views::Attester::new(account, &attester);
		let until = view.until.map(|block| format!(" until block {block}")).unwrap_or_default();
		let bond = Amount(attester.bond).to_string();
		rows.push(vec![account.to_string(), bond, format!("{}{until}", view.status)]);
		attesters.push(view);
	}
	let text = table(&[Text("attester"), Open("bond"), Text("status")], rows);
	Report::of(&views::List { attesters, drawable: addresses(&drawable) }, text)
}
