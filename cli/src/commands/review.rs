//! `review`: what curators decide.

use super::{
	contribution::{self, Filter},
	transactions, wording,
};
use crate::{
	context::Context,
	error::{Error, Result},
	output::{beginning, fields, one_line, open, Report},
	training::{inspect, print_notes},
	views::contribution as views,
};
use clap::Subcommand;
use openledger_blobs::BlobStore;
use openledger_client::{
	chain::{call, Included},
	limits::Length,
};

/// The most characters of a row that are shown.
const ROW_SHOWN: usize = 400;

/// Accept or reject contributions, as a curator.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// List pending contributions
	List {
		/// Only those to this datanet [default: those to all]
		datanet: Option<u32>,
	},
	/// Fetch a contribution, check its hashes, and show what is in it
	Show {
		/// Number of the contribution, as `review list` shows it
		contribution: u64,
	},
	/// Approve contributions; each is accepted once enough curators have approved it
	Approve {
		/// Numbers of the contributions, as `review list` shows them
		#[arg(required = true)]
		contributions: Vec<u64>,
	},
	/// Reject a contribution for good
	Reject {
		/// Number of the contribution, as `review list` shows it
		contribution: u64,
		/// Why it is rejected; the chain shows this to everybody
		#[arg(long)]
		reason: String,
		/// Send its bond to the treasury instead of releasing it
		#[arg(long)]
		take_bond: bool,
	},
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Report> {
	match command {
		Command::List { datanet } => {
			let filter = Filter { datanet, state: Some("pending".into()), contributor: None };
			contribution::list(context, &filter).await
		},
		Command::Show { contribution } => show(context, contribution).await,
		Command::Approve { contributions } => approve(context, &contributions).await,
		Command::Reject { contribution, reason, take_bond } => {
			reject(context, contribution, reason.into_bytes(), take_bond).await
		},
	}
}

async fn reject(context: &Context, id: u64, reason: Vec<u8>, take_bond: bool) -> Result<Report> {
	// A key that cannot be read is reported before the chain is asked anything.
	context.key()?;
	let length = Length::bytes("--reason", &reason, "MaxReason");
	context.chain().await?.best().await?.check_lengths("Datanets", &[length])?;
	let sent = context.send(call("Datanets", "reject", (id, reason, take_bond))).await?;
	report(context, &[id], &[sent]).await
}

async fn show(context: &Context, id: u64) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let record = best.contribution(id).await?;
	let (rows, checks) = inspect(&context.store()?, id, &record)?;
	let labels = wording::histogram(&rows);

	let contribution = views::Contribution::new(id, &record);
	let document = views::Inspected::new(contribution, &rows, &checks, &labels);

	let mut first = beginning(&one_line(&rows.row_text(0)), ROW_SHOWN);
	if rows.is_labelled() {
		first.push_str(&format!(" -> {}", one_line(&rows.class_name(rows.label(0)))));
	}
	let said = |holds: bool| if holds { "as committed" } else { "NOT as committed" }.to_owned();
	let text = fields(&[
		("contribution", format!("{id} to datanet {}", record.datanet)),
		("contributor", record.contributor.to_string()),
		("state", wording::state_text(&record.state)),
		("bond", open(record.bond)),
		("content root", said(checks.content_root)),
		("rows", format!("{}, {}", rows.len(), said(checks.rows))),
		("bytes", said(checks.bytes)),
		("rows are of", wording::row_kind(&rows)),
		("labels", wording::histogram_text(&labels)),
		("first row", first),
	]);
	let fault = (!checks.hold()).then(|| not_as_committed(id));
	print_notes(&rows.notes(), format!("contribution {id}"), context.console);
	Ok(Report::of(&document, text)?.with_error(fault))
}

async fn approve(context: &Context, contributions: &[u64]) -> Result<Report> {
	check(context, contributions).await?;
	let calls = contributions.iter().map(|id| call("Datanets", "approve", (*id,))).collect();
	let (mut sent, mut failure) = (Vec::new(), None);
	for result in context.send_all(calls).await? {
		match result {
			Ok(included) => sent.push(included),
			Err(error) => failure = failure.or(Some(error)),
		}
	}
	match failure {
		Some(error) if sent.is_empty() => Err(error),
		failure => Ok(report(context, contributions, &sent).await?.with_error(failure)),
	}
}

/// Refuses to approve what was not committed to or cannot be read, since it would keep every later version
/// from being trained on. What is not in the blob store cannot be looked at.
async fn check(context: &Context, contributions: &[u64]) -> Result<()> {
	context.key()?;
	let best = context.chain().await?.best().await?;
	let store = context.store()?;
	for &id in contributions {
		// Whether there is such a contribution, the chain says.
		let Ok(record) = best.contribution(id).await else { continue };
		if !store.contains(&record.blob.0)? {
			context.console.note(format!(
				"contribution {id}: its file is not in the blob store, so that nobody has looked at it here"
			));
			continue;
		}
		let advice = "reject it with `openledger review reject`";
		let (_, checks) =
			inspect(&store, id, &record).map_err(|error| error.with_advice(advice))?;
		if !checks.hold() {
			return Err(not_as_committed(id));
		}
	}
	Ok(())
}

fn not_as_committed(id: u64) -> Error {
	Error::Verification(format!(
		"contribution {id} is not what its contributor committed to: reject it"
	))
}

async fn report(context: &Context, ids: &[u64], sent: &[Included]) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let (mut reviewed, mut lines) = (Vec::new(), Vec::new());
	for &id in ids {
		let state = views::state(&best.contribution(id).await?.state);
		reviewed.push(views::Decision { contribution: id, state });
		lines.push(format!("contribution {id} is {state}"));
	}
	let document = views::Reviewed { reviewed, transactions: transactions(sent) };
	Report::of(&document, lines.join("\n"))
}
