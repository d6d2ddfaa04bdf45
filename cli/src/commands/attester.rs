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
use openledger_client::{
	amount::Amount,
	chain::{call, Included, SessionKeys},
	keys::AccountId,
};

/// Bond as an attester, and see who is.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List the attesters
	List,
	/// Bond the key's account, after session keys are made and set if it has none: --url is then the node
	/// that will attest, on this machine
	Register,
	/// Stop being drawn, and start to unbond; open jobs are still this account's to do
	Deregister,
	/// Release the bond, once the unbonding period is over and no job is open
	Withdraw,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	let registers = matches!(command, Command::Register);
	let (name, done) = match command {
		Command::List => return list(context).await,
		Command::Register => ("register", "is bonded as an attester"),
		Command::Deregister => ("deregister", "is unbonding"),
		Command::Withdraw => ("withdraw_bond", "has its bond back"),
	};
	let account = context.key()?.account;
	let mut all = Vec::new();
	if registers {
		all.extend(set_missing_keys(context, &account).await?);
	}
	let sent = context.send(call("Attribution", name, ())).await?;
	let text = format!("{account} {done} since block {}", sent.block);
	all.push(sent);
	let document = views::Changed { account: account.into(), transactions: transactions(&all) };
	Report::of(&document, text)
}

/// Has the node make session keys for an account that has none, and sets them.
async fn set_missing_keys(context: &Context, account: &AccountId) -> Result<Option<Included>> {
	let chain = context.chain().await?;
	if chain.best().await?.attribution_key(account).await?.is_some() {
		return Ok(None);
	}
	let keys = SessionKeys::make(chain, account).await?;
	context.console.note("the node made session keys for this account and keeps them");
	Ok(Some(context.send(keys.set()).await?))
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
