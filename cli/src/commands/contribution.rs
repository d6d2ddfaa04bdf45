//! `contribution`: contributions that were sent.

use super::{transactions, views};
use crate::{
	chain::{call, types::Contribution},
	context::Context,
	error::Result,
	keys::{parse_account, AccountId},
	output::Report,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

/// Look at contributions, take one back, release its bond.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List contributions
	List(Filter),
	/// Show one contribution
	Show {
		/// The contribution
		contribution: u64,
	},
	/// Take back a pending contribution, as its contributor
	Withdraw {
		/// The contribution
		contribution: u64,
	},
	/// Release the bond of a contribution, some time after it was accepted
	Release {
		/// The contribution
		contribution: u64,
	},
}

/// Which contributions.
#[derive(Args, Debug, Default)]
pub struct Filter {
	/// Of this datanet
	#[arg(long)]
	pub datanet: Option<u32>,
	/// In this state
	#[arg(long)]
	pub state: Option<StateName>,
	/// Of this account
	#[arg(long, value_parser = parse_account)]
	pub contributor: Option<AccountId>,
}

/// A contribution's state.
#[derive(ValueEnum, Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum StateName {
	Pending,
	Accepted,
	Rejected,
}

impl StateName {
	fn name(self) -> &'static str {
		match self {
			Self::Pending => "pending",
			Self::Accepted => "accepted",
			Self::Rejected => "rejected",
		}
	}
}

impl Filter {
	fn takes(&self, contribution: &Contribution) -> bool {
		self.datanet.is_none_or(|datanet| datanet == contribution.datanet)
			&& self.state.is_none_or(|state| state.name() == views::state(&contribution.state))
			&& self.contributor.is_none_or(|account| account == contribution.contributor)
	}
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::List(filter) => list(context, &filter).await,
		Command::Show { contribution } => {
			let found = context.chain().await?.best().await?.contribution(contribution).await?;
			let (_, text) = views::contributions(&[(contribution, found.clone())]);
			Ok(Report::new(views::contribution(contribution, &found), text))
		},
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
	let (document, text) = views::contributions(&list);
	Ok(Report::new(document, text))
}

async fn change(context: &Context, name: &'static str, contribution: u64) -> Result<Report> {
	let sent = context.send(call("Datanets", name, (contribution,))).await?;
	let document = json!({ "contribution": contribution, "transactions": transactions([&sent]) });
	let done = if name == "withdraw" { "is withdrawn" } else { "has its bond released" };
	Ok(Report::new(document, format!("contribution {contribution} {done}")))
}
