//! `account`: balances and transfers.

use super::transactions;
use crate::{
	context::Context,
	error::Result,
	output::{fields, hex, open, table, Column::Text, Report},
	views::account as views,
};
use clap::Subcommand;
use openledger_client::{
	amount::Amount,
	chain::{call, types::AccountInfo},
	keys::{parse_account, AccountId, Key, DEV_NAMES},
};
use subxt::utils::MultiAddress;

/// Balances and transfers.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Show balance, holds and rewards of an account, by default the key's
	Show {
		/// SS58 address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Send OPEN to an account
	Transfer {
		/// The account to pay, as SS58 address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		to: AccountId,
		/// 1.5 for OPEN, 150u for units
		amount: Amount,
	},
	/// List the accounts that development chains endow
	ListDev,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Show { account } => show(context, account).await,
		Command::Transfer { to, amount } => transfer(context, to, amount).await,
		Command::ListDev => list_dev(),
	}
}

async fn show(context: &Context, account: Option<AccountId>) -> Result<Report> {
	let account = context.account_or_own(account)?;
	let best = context.chain().await?.best().await?;
	let info: AccountInfo =
		best.get("System", "Account", (account,)).await?.unwrap_or_else(AccountInfo::none);
	let rewards = best.rewards(&account).await?;
	let (free, held, frozen) = (info.data.free, info.data.reserved, info.data.frozen);
	let total = free.saturating_add(held);
	let text = fields(&[
		("account", account.to_string()),
		("free", open(free)),
		("held", open(held)),
		("frozen", open(frozen)),
		("total", open(total)),
		("rewards", open(rewards)),
		("nonce", info.nonce.to_string()),
	]);
	let document = views::Account::new(account, &info, rewards);
	Report::of(&document, text)
}

async fn transfer(context: &Context, to: AccountId, amount: Amount) -> Result<Report> {
	let from = context.key()?.account;
	let receiver = MultiAddress::<AccountId, ()>::Id(to);
	let sent = context.send(call("Balances", "transfer_keep_alive", (receiver, amount.0))).await?;
	let text = format!("sent {} to {to} in block {}", open(amount.0), sent.block);
	let document = views::Transferred {
		from: from.into(),
		to: to.into(),
		amount: amount.0.into(),
		transactions: transactions([&sent]),
	};
	Report::of(&document, text)
}

fn list_dev() -> Result<Report> {
	let (mut accounts, mut rows) = (Vec::new(), Vec::new());
	for name in DEV_NAMES.map(|name| format!("//{name}")) {
		let account = Key::read(&name)?.account;
		rows.push(vec![name.clone(), account.to_string(), hex(account.0)]);
		let public_key = account.0.into();
		accounts.push(views::DevAccount { name, account: account.into(), public_key });
	}
	let text = table(&[Text("key"), Text("account"), Text("public key")], rows);
	Report::of(&views::DevAccounts { accounts }, text)
}
