//! `inference`: inferences that were asked for.

use super::{transactions, wording};
use crate::{
	context::Context,
	error::Result,
	output::{fields, one_line, open, Report},
	views::inference as views,
};
use clap::Subcommand;
use openledger_client::{
	chain::{call, types::Inference},
	keys::{parse_account, AccountId},
};

/// Look at inferences, cancel one.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List inferences, by default all of them
	List {
		/// Only those that this account asked for
		#[arg(long, value_parser = parse_account)]
		user: Option<AccountId>,
		/// Only those of this model
		#[arg(long)]
		model: Option<u32>,
		/// Only those in this state
		#[arg(long, value_parser = ["requested", "answered", "settled", "refunded"])]
		state: Option<String>,
	},
	/// Show an inference: question, answer and fee
	Show {
		/// Number of the inference, as `inference list` shows it
		inference: u64,
	},
	/// Take back a request that is not answered yet, as its user
	Cancel {
		/// Number of the inference, as `inference list` shows it
		inference: u64,
	},
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::List { user, model, state } => list(context, user, model, state.as_deref()).await,
		Command::Show { inference } => show(context, inference).await,
		Command::Cancel { inference } => {
			let sent = context.send(call("InferenceMarket", "cancel", (inference,))).await?;
			let document = views::Changed { inference, transactions: transactions([&sent]) };
			Report::of(&document, format!("inference {inference} is cancelled and refunded"))
		},
	}
}

async fn list(
	context: &Context,
	user: Option<AccountId>,
	model: Option<u32>,
	state: Option<&str>,
) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let all: Vec<((u64,), Inference)> = best.all("InferenceMarket", "Inferences", ()).await?;
	let mut list: Vec<_> = all
		.into_iter()
		.map(|((id,), inference)| (id, inference))
		.filter(|(_, inference)| {
			user.is_none_or(|user| user == inference.user)
				&& model.is_none_or(|model| model == inference.model)
				&& state.is_none_or(|state| state == inference.state.name())
		})
		.collect();
	list.sort_by_key(|(id, _)| *id);
	let inferences = list.iter().map(|(id, i)| views::Inference::new(*id, i)).collect();
	Report::of(&views::List { inferences }, wording::inferences(&list))
}

async fn show(context: &Context, id: u64) -> Result<Report> {
	let inference = context.chain().await?.best().await?.inference(id).await?;
	let text = fields(&[
		("inference", id.to_string()),
		("model", inference.model.to_string()),
		("user", inference.user.to_string()),
		("input", one_line(&views::exact(&inference.input))),
		("answer", views::answer(&inference.state).map_or("none yet".into(), |a| one_line(&a))),
		("state", wording::inference_state_text(&inference.state)),
		("fee", views::fee(&inference.state).map_or("none yet".into(), open)),
		("fee at most", open(inference.max_fee)),
		("requested", format!("block {}", inference.requested)),
		("answer due", format!("before block {}", inference.deadline)),
	]);
	Report::of(&views::Inference::new(id, &inference), text)
}
