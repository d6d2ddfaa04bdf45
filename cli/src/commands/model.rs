//! `model`: models and their indices.

use super::{
	index,
	register::{self, Activate, Price, Register},
	transactions, wording,
};
use crate::{
	context::Context,
	error::Result,
	output::{
		fields, hex, short, table, text,
		Column::{Number, Text},
		Report,
	},
	views::model as views,
};
use clap::Subcommand;
use openledger_client::{
	chain::{call, types::Model, Call},
	keys::{parse_account, AccountId},
};

/// Index, register and manage models.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Build the influence index of a trained model
	Index(index::Arguments),
	/// Register a trained and indexed model
	Register(Register),
	/// Activate a registered model, as its owner
	Activate(Activate),
	/// List all models
	List,
	/// Show a model
	Show {
		/// Number of the model, as `model list` shows it
		model: u32,
	},
	/// Change the price of later requests, as the owner
	Price {
		/// Number of the model, as `model list` shows it
		model: u32,
		/// What a call costs from then on
		#[command(flatten)]
		price: Price,
	},
	/// Change who answers requests, as the owner
	Host {
		/// Number of the model, as `model list` shows it
		model: u32,
		/// The account that answers from then on, as address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: AccountId,
	},
	/// Take no more requests, as the owner
	Retire {
		/// Number of the model, as `model list` shows it
		model: u32,
	},
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Index(arguments) => index::run(context, arguments).await,
		Command::Register(arguments) => register::register(context, arguments).await,
		Command::Activate(arguments) => register::activate(context, arguments).await,
		Command::List => list(context).await,
		Command::Show { model } => show(context, model).await,
		Command::Price { model, price } => {
			let pricing = price.pricing()?;
			let text = format!("model {model} costs {} from now on", wording::price_text(&pricing));
			let call = call("ModelRegistry", "update_price", (model, pricing));
			change(context, model, call, text).await
		},
		Command::Host { model, account } => {
			let text = format!("{account} answers for model {model} from now on");
			change(context, model, call("ModelRegistry", "set_host", (model, account)), text).await
		},
		Command::Retire { model } => {
			let text = format!("model {model} is retired");
			change(context, model, call("ModelRegistry", "retire", (model,)), text).await
		},
	}
}

async fn change(context: &Context, model: u32, call: Call, text: String) -> Result<Report> {
	let sent = context.send(call).await?;
	let document = views::Changed { model, transactions: transactions([&sent]) };
	Report::of(&document, text)
}

async fn list(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let mut all: Vec<((u32,), Model)> = best.all("ModelRegistry", "Models", ()).await?;
	all.sort_by_key(|((id,), _)| *id);
	let rows = all.iter().map(|((id,), model)| {
		let r = &model.registration;
		vec![
			id.to_string(),
			text(&r.name),
			views::status(model.status).into(),
			short(&model.owner.to_string()),
			short(&r.host.to_string()),
			wording::price_text(&r.pricing),
			r.parent.map_or(String::new(), |parent| parent.to_string()),
		]
	});
	let columns = [
		Number("model"),
		Text("name"),
		Text("status"),
		Text("owner"),
		Text("host"),
		Text("price"),
		Number("parent"),
	];
	let text = table(&columns, rows.collect());
	let models = all.iter().map(|((id,), model)| views::Model::new(*id, model)).collect();
	Report::of(&views::List { models }, text)
}

async fn show(context: &Context, id: u32) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let model = best.model(id).await?;
	let shares = best.held_out_shares(id).await?;
	let held_out_shares = views::shares(&shares);
	let document = views::Details { model: views::Model::new(id, &model), held_out_shares };

	let r = &model.registration;
	let sources: Vec<_> =
		r.sources.iter().map(|s| format!("datanet {} version {}", s.datanet, s.version)).collect();
	let text = fields(&[
		("model", id.to_string()),
		("name", text(&r.name)),
		("status", views::status(model.status).into()),
		("owner", model.owner.to_string()),
		("host", r.host.to_string()),
		("price", wording::price_text(&r.pricing)),
		("royalty", views::fraction(r.royalty)),
		("parent", r.parent.map_or("none".into(), |parent| parent.to_string())),
		("sources", sources.join(", ")),
		("architecture", text(&r.architecture)),
		("weights", hex(r.weights)),
		("index root", hex(r.index.root)),
		(
			"index",
			format!(
				"{} leaves of {} {} coordinates, {}",
				r.index.leaf_count,
				r.index.dimension,
				views::width(r.index.width),
				text(&r.index_parameters)
			),
		),
		("index file", hex(r.index_file)),
	]);
	Report::of(&document, text)
}
