//! `contribution`: contributions that were sent.

use super::{transactions, wording};
use crate::{
	context::Context,
	error::Result,
	output::{fields, hex, open, Report},
	views::contribution as views,
};
use clap::{Args, Subcommand};
use openledger_client::{
	chain::{call, types::Contribution},
	keys::{parse_account, AccountId},
};

/// Look at contributions, take one back, release its bond.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List contributions, by default all of them
	List(Filter),
	/// Show a contribution as the chain has it
	Show {
		/// Number of the contribution, as `contribution list` shows it
		contribution: u64,
	},
	/// Take back a pending contribution, as its contributor
	Withdraw {
		/// Number of the contribution, as `contribution list` shows it
		contribution: u64,
	},
	/// Release the bond of a contribution, some time after it was accepted
	Release {
		/// Number of the contribution, as `contribution list` shows it
		contribution: u64,
	},
}

/// Which contributions a list shows; without any of these options it shows all.
#[derive(Args, Debug, Default)]
pub struct Filter {
	/// Only those to this datanet
	#[arg(long)]
	pub datanet: Option<u32>,
	/// Only those in this state
	#[arg(long, value_parser = ["pending", "accepted", "rejected"])]
	pub state: Option<String>,
	/// Only those that this account sent
	#[arg(long, value_parser = parse_account)]
	pub contributor: Option<AccountId>,
}

impl Filter {
	fn takes(&self, contribution: &Contribution) -> bool {
		self.datanet.is_none_or(|datanet| datanet == contribution.datanet)
			&& self.state.as_deref().is_none_or(|state| state == views::state(&contribution.state))
			&& self.contributor.is_none_or(|account| account == contribution.contributor)
	}
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::List(filter) => list(context, &filter).await,
		Command::Show { contribution } => show(context, contribution).await,
		Command::Withdraw { contribution } => change(context, "withdraw", contribution).await,
		Command::Release { contribution } => change(context, "release_bond", contribution).await,
	}
}

pub(super) async fn list(context: &Context, filter: &Filter) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let all: Vec<((u64,), Contribution)> = best.all("Datanets", "Contributions", ()).await?;
	let mut list: Vec<_> =
		all.into_iter().map(|((id,), c)| (id, c)).filter(|(_, c)| filter.takes(c)).collect();
	list.sort_by_key(|(id, _)| *id);
	let contributions = list.iter().map(|(id, c)| views::Contribution::new(*id, c)).collect();
	Report::of(&views::List { contributions }, wording::contributions(&list))
}

async fn show(context: &Context, id: u64) -> Result<Report> {
	let contribution = context.chain().await?.best().await?.contribution(id).await?;
	let text = fields(&[
		("contribution", format!("{id} to datanet {}", contribution.datanet)),
		("contributor", contribution.contributor.to_string()),
		("state", wording::state_text(&contribution.state)),
		("rows", contribution.rows.to_string()),
		("bytes", contribution.bytes.to_string()),
		("bond", open(contribution.bond)),
		("content root", hex(contribution.content_root)),
		("blob", hex(contribution.blob)),
		("sent", format!("block {}", contribution.submitted)),
	]);
	Report::of(&views::Contribution::new(id, &contribution), text)
}

async fn change(context: &Context, name: &'static str, contribution: u64) -> Result<Report> {
	let sent = context.send(call("Datanets", name, (contribution,))).await?;
	let document = views::Changed { contribution, transactions: transactions([&sent]) };
	let done = if name == "withdraw" { "is withdrawn" } else { "has its bond released" };
	Report::of(&document, format!("contribution {contribution} {done}"))
}
