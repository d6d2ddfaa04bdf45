//! `datanet`: data networks and their versions.

use super::transactions;
use crate::{
	context::Context,
	error::Result,
	output::{
		accounts, fields, hex, open, short, table, text,
		Column::{Number, Open, Text},
		Report,
	},
	views::datanet::{self as views, status},
};
use clap::{Args, Subcommand, ValueEnum};
use openledger_client::{
	amount::Amount,
	chain::{
		call,
		events::{Created, VersionPublished},
		types::{Access, Datanet, DatanetTerms, Version},
	},
	keys::{parse_account, AccountId},
	limits::Length,
};

/// Create, change and publish datanets.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Create a datanet
	Create(Create),
	/// List all datanets
	List,
	/// Show a datanet and its versions
	Show {
		/// Number of the datanet, as `datanet list` shows it
		datanet: u32,
	},
	/// Change the terms of a datanet, as its owner; what is not given stays
	Update {
		/// Number of the datanet, as `datanet list` shows it
		datanet: u32,
		/// The terms that change
		#[command(flatten)]
		changes: Changes,
	},
	/// Let an account contribute to a permissioned datanet, as its owner
	Allow {
		/// Number of the datanet, as `datanet list` shows it
		datanet: u32,
		/// The account that may contribute, as address, 0x public key, or //Name
		#[arg(value_parser = parse_account)]
		account: AccountId,
		/// Take the permission back
		#[arg(long)]
		remove: bool,
	},
	/// Freeze what was accepted so far as a new version, as owner or curator
	Publish {
		/// Number of the datanet, as `datanet list` shows it
		datanet: u32,
	},
	/// Take no more contributions, as the owner
	Close {
		/// Number of the datanet, as `datanet list` shows it
		datanet: u32,
	},
}

/// The terms of a new datanet.
#[derive(Args, Debug)]
pub struct Create {
	/// Name of the datanet, for people; it need not be unique
	#[arg(long)]
	name: String,
	/// The licence of its data
	#[arg(long, default_value = "CC-BY-4.0")]
	licence: String,
	/// Who may accept and reject contributions; may be repeated [default: the key's account]
	#[arg(long = "curator", value_parser = parse_account, value_name = "ACCOUNT")]
	curators: Vec<AccountId>,
	/// Number of curators that must approve a contribution before it is accepted
	#[arg(long, default_value_t = 1)]
	approvals: u32,
	/// Amount held from the contributor of each contribution, until some time after it is accepted
	#[arg(long, default_value = "10", value_name = "AMOUNT")]
	bond: Amount,
	/// The most rows that one contribution may have
	#[arg(long, default_value_t = 10_000)]
	max_rows: u32,
	/// The most bytes that the file of one contribution may have
	#[arg(long, default_value_t = 16_777_216)]
	max_bytes: u64,
	/// Only accounts on the owner's list may contribute
	#[arg(long)]
	permissioned: bool,
}

/// Changes to the terms of a datanet.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub struct Changes {
	/// New name of the datanet, for people
	#[arg(long)]
	name: Option<String>,
	/// The licence of its data
	#[arg(long)]
	licence: Option<String>,
	/// Who may accept and reject contributions; replaces the list; may be repeated
	#[arg(long = "curator", value_parser = parse_account, value_name = "ACCOUNT")]
	curators: Vec<AccountId>,
	/// Number of curators that must approve a contribution before it is accepted
	#[arg(long)]
	approvals: Option<u32>,
	/// Amount held from the contributor of each contribution, until some time after it is accepted
	#[arg(long, value_name = "AMOUNT")]
	bond: Option<Amount>,
	/// The most rows that one contribution may have
	#[arg(long)]
	max_rows: Option<u32>,
	/// The most bytes that the file of one contribution may have
	#[arg(long)]
	max_bytes: Option<u64>,
	/// Who may contribute
	#[arg(long)]
	access: Option<AccessName>,
}

/// Who may contribute.
#[derive(ValueEnum, Debug, Clone, Copy)]
pub enum AccessName {
	/// Any account may contribute
	Open,
	/// Only accounts on the owner's list may contribute
	Permissioned,
}

impl From<AccessName> for Access {
	fn from(name: AccessName) -> Self {
		match name {
			AccessName::Open => Self::Open,
			AccessName::Permissioned => Self::Permissioned,
		}
	}
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::Create(arguments) => create(context, arguments).await,
		Command::List => list(context).await,
		Command::Show { datanet } => show(context, datanet).await,
		Command::Update { datanet, changes } => update(context, datanet, changes).await,
		Command::Allow { datanet, account, remove } => {
			allow(context, datanet, account, !remove).await
		},
		Command::Publish { datanet } => publish(context, datanet).await,
		Command::Close { datanet } => {
			let sent = context.send(call("Datanets", "close", (datanet,))).await?;
			let document = views::Changed { datanet, transactions: transactions([&sent]) };
			Report::of(&document, format!("datanet {datanet} is closed"))
		},
	}
}

/// The runtime cannot decode what is longer, so that it could not say what is wrong with it.
fn lengths(terms: &DatanetTerms) -> [Length; 3] {
	[
		Length::bytes("--name", &terms.name, "MaxName"),
		Length::bytes("--licence", &terms.licence, "MaxName"),
		Length {
			what: "the list of curators",
			length: terms.curators.len(),
			unit: "accounts",
			constant: "MaxCurators",
		},
	]
}

async fn create(context: &Context, arguments: Create) -> Result<Report> {
	let owner = context.key()?.account;
	let Create { name, licence, mut curators, approvals, bond, max_rows, max_bytes, permissioned } =
		arguments;
	if curators.is_empty() {
		curators.push(owner);
	}
	let terms = DatanetTerms {
		name: name.clone().into_bytes(),
		licence: licence.into_bytes(),
		curators,
		approvals,
		contribution_bond: bond.0,
		max_rows,
		max_bytes,
		access: if permissioned { Access::Permissioned } else { Access::Open },
	};
	let chain = context.chain().await?;
	chain.best().await?.check_lengths("Datanets", &lengths(&terms))?;
	let sent = context.send(call("Datanets", "create", (terms,))).await?;
	let Created { datanet } = sent.event("Datanets", "Created")?;
	let deposit = chain.at(sent.block_hash).await?.datanet(datanet).await?.deposit;
	let text = format!("datanet {datanet} '{name}' created, {} held as deposit", open(deposit));
	let document = views::Created {
		datanet,
		owner: owner.into(),
		deposit: deposit.into(),
		transactions: transactions([&sent]),
	};
	Report::of(&document, text)
}

async fn list(context: &Context) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let mut all: Vec<((u32,), Datanet)> = best.all("Datanets", "Datanets", ()).await?;
	all.sort_by_key(|((id,), _)| *id);
	let rows = all.iter().map(|((id,), d)| {
		vec![
			id.to_string(),
			text(&d.terms.name),
			text(&d.terms.licence),
			short(&d.owner.to_string()),
			d.accepted.to_string(),
			d.rows.to_string(),
			d.versions.to_string(),
			Amount(d.terms.contribution_bond).to_string(),
			status(d.status).into(),
		]
	});
	let columns = [
		Number("datanet"),
		Text("name"),
		Text("licence"),
		Text("owner"),
		Number("contributions"),
		Number("rows"),
		Number("versions"),
		Open("bond"),
		Text("status"),
	];
	let shown = table(&columns, rows.collect());
	let datanets = all.iter().map(|((id,), d)| views::Datanet::new(*id, d)).collect();
	Report::of(&views::List { datanets }, shown)
}

async fn show(context: &Context, id: u32) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let datanet = best.datanet(id).await?;
	let mut versions: Vec<((u32, u32), Version)> = best.all("Datanets", "Versions", (id,)).await?;
	versions.sort_by_key(|((_, version), _)| *version);
	let contributors: Vec<((u32, AccountId), ())> =
		best.all("Datanets", "Contributors", (id,)).await?;
	let contributors: Vec<_> = contributors.into_iter().map(|((_, account), ())| account).collect();

	let document = views::Details::new(id, &datanet, &versions, &contributors);

	let terms = &datanet.terms;
	let summary = fields(&[
		("datanet", id.to_string()),
		("name", text(&terms.name)),
		("licence", text(&terms.licence)),
		("owner", datanet.owner.to_string()),
		("status", status(datanet.status).into()),
		("deposit", open(datanet.deposit)),
		("curators", accounts(&terms.curators).join(", ")),
		("approvals", terms.approvals.to_string()),
		("bond", open(terms.contribution_bond)),
		("limits", format!("{} rows, {} bytes", terms.max_rows, terms.max_bytes)),
		("access", views::access(terms.access).into()),
		("accepted", format!("{} contributions, {} rows", datanet.accepted, datanet.rows)),
		("pending", format!("{} contributions", datanet.pending)),
	]);
	let rows = versions.iter().map(|((_, number), v)| {
		let (contributions, rows) = (v.contributions.to_string(), v.rows.to_string());
		vec![number.to_string(), contributions, rows, short(&hex(v.manifest)), v.at.to_string()]
	});
	let columns = [
		Number("version"),
		Number("contributions"),
		Number("rows"),
		Text("manifest"),
		Number("block"),
	];
	Report::of(&document, format!("{summary}\n{}", table(&columns, rows.collect())))
}

async fn update(context: &Context, id: u32, changes: Changes) -> Result<Report> {
	// A key that cannot be read is reported before the chain is asked anything.
	context.key()?;
	let best = context.chain().await?.best().await?;
	let old = best.datanet(id).await?.terms;
	let terms = DatanetTerms {
		name: changes.name.map_or(old.name, String::into_bytes),
		licence: changes.licence.map_or(old.licence, String::into_bytes),
		curators: if changes.curators.is_empty() { old.curators } else { changes.curators },
		approvals: changes.approvals.unwrap_or(old.approvals),
		contribution_bond: changes.bond.map_or(old.contribution_bond, |bond| bond.0),
		max_rows: changes.max_rows.unwrap_or(old.max_rows),
		max_bytes: changes.max_bytes.unwrap_or(old.max_bytes),
		access: changes.access.map_or(old.access, Access::from),
	};
	best.check_lengths("Datanets", &lengths(&terms))?;
	let sent = context.send(call("Datanets", "update", (id, terms))).await?;
	let document = views::Changed { datanet: id, transactions: transactions([&sent]) };
	Report::of(&document, format!("the terms of datanet {id} are changed"))
}

async fn allow(context: &Context, id: u32, account: AccountId, allowed: bool) -> Result<Report> {
	let sent = context.send(call("Datanets", "set_contributor", (id, account, allowed))).await?;
	let document = views::Allowed {
		datanet: id,
		account: account.into(),
		allowed,
		transactions: transactions([&sent]),
	};
	let may = if allowed { "may" } else { "may no longer" };
	Report::of(&document, format!("{account} {may} contribute to datanet {id}"))
}

async fn publish(context: &Context, id: u32) -> Result<Report> {
	let sent = context.send(call("Datanets", "publish_version", (id,))).await?;
	let published: VersionPublished = sent.event("Datanets", "VersionPublished")?;
	let document = views::Published::new(id, &published, transactions([&sent]));
	let VersionPublished { version, contributions, rows, .. } = published;
	let text = format!(
		"datanet {id} version {version} published: {contributions} contributions, {rows} rows"
	);
	Report::of(&document, text)
}

#[cfg(test)]
mod tests {
	use super::*;

	const LIMIT: u32 = 3;

	fn terms(name: &str, licence: &str, curators: usize) -> DatanetTerms {
		DatanetTerms {
			name: name.into(),
			licence: licence.into(),
			curators: vec![[1; 32].into(); curators],
			approvals: 1,
			contribution_bond: 0,
			max_rows: 1,
			max_bytes: 1,
			access: Access::Open,
		}
	}

	#[test]
	fn terms_should_be_refused_by_name_and_limit_when_one_is_too_long() {
		let refused = |terms: DatanetTerms| {
			let found: openledger_client::Result<()> =
				lengths(&terms).iter().try_for_each(|one| one.check(LIMIT));
			found.map_err(|error| error.to_string())
		};
		assert_eq!(refused(terms("abc", "MIT", 3)), Ok(()));
		for (terms, message) in [
			(terms("abcd", "MIT", 3), "--name is too long: 4 bytes, this chain takes at most 3"),
			// Bytes, not characters.
			(terms("äö", "MIT", 3), "--name is too long: 4 bytes, this chain takes at most 3"),
			(terms("abc", "CC-0", 3), "--licence is too long: 4 bytes, this chain takes at most 3"),
			(
				terms("abc", "MIT", 4),
				"the list of curators is too long: 4 accounts, this chain takes at most 3",
			),
		] {
			assert_eq!(refused(terms), Err(message.to_owned()));
		}
	}
}
