//! `account`: balances and transfers.

use super::transactions;
use crate::{
	context::Context,
	error::{Error, Result},
	output::{fields, hex, open, table, Column::Text, Report},
	views::account as views,
};
use clap::Subcommand;
use openledger_client::{
	amount::Amount,
	chain::{call, events::BalanceTransfer, Included, Snapshot},
	keys::{parse_account, AccountId, Key, DEV_NAMES},
};
use subxt::utils::MultiAddress;

/// Balances and transfers.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Show balance, holds and rewards of an account, by default the key's
	Show {
		/// Address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: Option<AccountId>,
	},
	/// Send OPEN to an account
	///
	/// An account that would hold less than the existential deposit is not opened, and the sender keeps that
	/// much, except with --all.
	Transfer {
		/// The account to pay, as address, 0x public key, or //Name
		///
		/// An address of another network is refused, since its owner may not hold the key here. To insist, give
		/// the account as 0x and 64 hexadecimal digits.
		#[arg(value_parser = parse_account)]
		to: AccountId,
		/// 1.5 for OPEN, 150u for units
		#[arg(required_unless_present = "all")]
		amount: Option<Amount>,
		/// Send all that is not held, after which an account that holds nothing is deleted
		#[arg(long, conflicts_with = "amount")]
		all: bool,
	},
	/// List the accounts that development chains endow
	ListDev,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Show { account } => show(context, account).await,
		Command::Transfer { to, amount: Some(amount), .. } => transfer(context, to, amount).await,
		Command::Transfer { to, amount: None, .. } => transfer_all(context, to).await,
		Command::ListDev => list_dev(),
	}
}

async fn show(context: &Context, account: Option<AccountId>) -> Result<Report> {
	let account = context.account_or_own(account)?;
	let best = context.chain().await?.best().await?;
	let info = best.account_info(&account).await?;
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
	let words = async |name: &str, best: &Snapshot| {
		let (least, amount) = (open(best.existential_deposit()?), open(amount.0));
		Ok(match name {
			"BelowMinimum" => Some(format!(
				"{to} does not exist, and {amount} would not open it: an account holds at least the \
				 existential deposit, {least}; send that much or more"
			)),
			"NotExpendable" | "FundsUnavailable" => Some(format!(
				"{from} has {} free, and cannot send {amount} and keep the existential deposit, {least}: an \
				 account with less is deleted, and what it had goes to the treasury; send less, or all of it \
				 with --all",
				open(best.account_info(&from).await?.data.free)
			)),
			_ => None,
		})
	};
	let call = call("Balances", "transfer_keep_alive", (receiver(to), amount.0));
	let sent = context.send_telling(call, words).await?;
	transferred(&sent, from, to, amount.0, false)
}

async fn transfer_all(context: &Context, to: AccountId) -> Result<Report> {
	let from = context.key()?.account;
	if from == to {
		return Err(Error::Usage("--all to the account itself would move nothing".into()));
	}
	let words = async |name: &str, best: &Snapshot| match name {
		"BelowMinimum" => Ok(Some(format!(
			"{to} does not exist, and what {from} can send would not open it: an account holds at least the \
			 existential deposit, {}",
			open(best.existential_deposit()?)
		))),
		_ => Ok(None),
	};
	let sent = context
		.send_telling(call("Balances", "transfer_all", (receiver(to), false)), words)
		.await?;
	let BalanceTransfer { amount } = sent.event("Balances", "Transfer")?;
	let at = context.chain().await?.at(sent.block_hash).await?;
	let deleted = at.account_info(&from).await?.is_empty();
	transferred(&sent, from, to, amount, deleted)
}

fn receiver(account: AccountId) -> MultiAddress<AccountId, ()> {
	MultiAddress::Id(account)
}

fn transferred(
	sent: &Included,
	from: AccountId,
	to: AccountId,
	amount: u128,
	deleted: bool,
) -> Result<Report> {
	let end = match deleted {
		true => format!("; {from} holds nothing any more, and the chain has deleted it"),
		false => String::new(),
	};
	let text = format!("sent {} to {to} in block {}{end}", open(amount), sent.block);
	let document = views::Transferred {
		from: from.into(),
		to: to.into(),
		amount: amount.into(),
		deleted,
		transactions: transactions([sent]),
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
