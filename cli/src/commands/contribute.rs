//! `contribute`: a table of rows on its way to a datanet.

use super::{transactions, views};
use crate::{
	chain::{
		call,
		events::Contributed,
		types::{Contribution, ContributionState, DatanetStatus},
		Hash, Snapshot,
	},
	context::Context,
	error::{Error, Result},
	output::{fields, hex, open, Report},
	training::read_table,
};
use clap::Args;
use openledger_blobs::{blob_hash, BlobStore};
use openledger_influence::{Dataset, Schema};
use serde_json::json;
use std::path::PathBuf;

/// Sends a table of rows to a datanet: numbers separated by commas, the class label last.
#[derive(Args, Debug)]
pub struct Arguments {
	/// The datanet
	datanet: u32,
	/// The table: CSV, plain or gzip, with or without a header
	file: PathBuf,
	/// Features that each row must have, the label not counted
	/// [default: what the datanet's first contribution has, if its blob is at hand]
	#[arg(long)]
	columns: Option<usize>,
	/// Classes: labels are below it
	#[arg(long)]
	classes: Option<u32>,
	/// Only check the table and print its hashes; needs no chain and no key
	#[arg(long)]
	dry_run: bool,
}

/// A table ready to be sent.
struct Batch {
	rows: Dataset,
	blob: Vec<u8>,
	content_root: [u8; 32],
	row_count: u32,
	byte_count: u64,
}

impl Batch {
	fn new(rows: Dataset) -> Result<Self> {
		let blob = rows.to_csv();
		let too_large = |_| Error::BadData("the table is larger than any datanet takes".into());
		Ok(Self {
			content_root: rows.content_root(),
			row_count: u32::try_from(rows.len()).map_err(too_large)?,
			byte_count: u64::try_from(blob.len()).map_err(too_large)?,
			rows,
			blob,
		})
	}
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let Arguments { datanet, file, columns, classes, dry_run } = arguments;
	let schema = Schema { columns, classes, ..Schema::default() };
	let batch = Batch::new(read_table(&file, &schema)?)?;

	let mut document = json!({
		"contribution": null,
		"datanet": datanet,
		"contributor": null,
		"rows": batch.row_count,
		"columns": batch.rows.columns(),
		"bytes": batch.byte_count,
		"content_root": hex(batch.content_root),
		"blob": hex(blob_hash(&batch.blob)),
		"bond": null,
		"dry_run": dry_run,
		"labels": views::histogram(batch.rows.labels()),
		"transactions": [],
	});
	let labels = views::histogram_text(&views::histogram(batch.rows.labels()));
	let mut summary = vec![
		("rows", format!("{} of {} features", batch.row_count, batch.rows.columns())),
		("labels", labels),
		("bytes", batch.byte_count.to_string()),
		("content root", hex(batch.content_root)),
	];
	if dry_run {
		summary.push(("sent", "nothing: this was a dry run".into()));
		return Ok(Report::new(document, fields(&summary)));
	}

	let key = context.key()?;
	let store = context.store()?;
	let best = context.chain().await?.best().await?;
	let bond = check_terms(&best, &store, datanet, &batch, columns.is_none()).await?;
	let blob = store.put(&batch.blob)?;
	let arguments =
		(datanet, Hash(batch.content_root), batch.row_count, batch.byte_count, Hash(blob));
	let sent = context.send(call("Datanets", "contribute", arguments)).await?;
	let Contributed { contribution } = sent.event("Datanets", "Contributed")?;

	document["contribution"] = json!(contribution);
	document["contributor"] = json!(key.account.to_string());
	document["bond"] = json!(bond.to_string());
	document["transactions"] = transactions([&sent]);
	summary.insert(0, ("contribution", format!("{contribution}, pending review")));
	summary.push(("bond", format!("{} held", open(bond))));
	Ok(Report::new(document, fields(&summary)))
}

/// Refuses here, before anything is held or paid, what the datanet would refuse. Returns the bond.
async fn check_terms(
	best: &Snapshot,
	store: &dyn BlobStore,
	id: u32,
	batch: &Batch,
	check_columns: bool,
) -> Result<u128> {
	let datanet = best.datanet(id).await?;
	let terms = &datanet.terms;
	if datanet.status == DatanetStatus::Closed {
		return Err(Error::Failure(format!("datanet {id} is closed: it takes no contributions")));
	}
	if batch.row_count > terms.max_rows {
		return Err(Error::BadData(format!(
			"{} rows, but datanet {id} takes {} in one contribution: split the table",
			batch.row_count, terms.max_rows
		)));
	}
	if batch.byte_count > terms.max_bytes {
		return Err(Error::BadData(format!(
			"{} bytes, but datanet {id} takes {} in one contribution: split the table",
			batch.byte_count, terms.max_bytes
		)));
	}
	if check_columns {
		if let Some(expected) = columns_of_first(best, store, id).await? {
			let found = batch.rows.columns();
			if found != expected {
				return Err(Error::BadData(format!(
					"rows of {found} features, but those of datanet {id} have {expected}"
				)));
			}
		}
	}
	Ok(terms.contribution_bond)
}

/// The number of features of the datanet's first accepted contribution; `None` if there is none
/// or its blob is not here.
async fn columns_of_first(
	best: &Snapshot,
	store: &dyn BlobStore,
	id: u32,
) -> Result<Option<usize>> {
	let Some(first) = best.get::<_, u64>("Datanets", "Accepted", (id, 0u32)).await? else {
		return Ok(None);
	};
	let Contribution { blob, state, .. } = best.contribution(first).await?;
	if !matches!(state, ContributionState::Accepted { .. }) || !store.contains(&blob.0)? {
		return Ok(None);
	}
	let rows = Dataset::from_csv(&store.get(&blob.0)?, &Schema::default())?;
	Ok(Some(rows.columns()))
}
