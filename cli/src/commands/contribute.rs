//! `contribute`: rows on their way to a datanet.

use super::{transactions, wording};
use crate::{
	context::Context,
	error::{Error, Result},
	output::{fields, hex, open, Report},
	training::read_rows,
	views::contribution as views,
};
use clap::Args;
use openledger_blobs::{blob_hash, BlobStore};
use openledger_client::chain::{
	call,
	events::Contributed,
	types::{Contribution, ContributionState, DatanetStatus, DatanetTerms},
	Hash, Snapshot,
};
use openledger_rows::{Dataset, Schema};
use std::path::PathBuf;

/// Sends rows to a datanet: of numbers, the class label last, or of text, with a label or none.
///
/// A file of JSON Lines, or of CSV whose header has a column `text`, holds text; the label is in `label`.
/// Any other file is a table of numbers. What the client recognises, leaves out or finds unusual it says on
/// standard error: read that before you send.
#[derive(Args, Debug)]
pub struct Arguments {
	/// Number of the datanet, as `datanet list` shows it
	datanet: u32,
	/// The rows: CSV or JSON Lines, plain or gzip
	file: PathBuf,
	/// Features that each row must have, the label not counted
	/// [default: what the datanet's first contribution has, if its blob is at hand]
	#[arg(long)]
	columns: Option<usize>,
	/// Number of classes: labels go from 0 to one less
	#[arg(long)]
	classes: Option<u32>,
	/// Only check the rows and print their hashes; this needs no chain and no key
	#[arg(long)]
	dry_run: bool,
}

/// Rows ready to be sent.
struct Upload {
	rows: Dataset,
	blob: Vec<u8>,
	content_root: [u8; 32],
	row_count: u32,
	byte_count: u64,
}

impl Upload {
	fn new(rows: Dataset) -> Result<Self> {
		let blob = rows.to_bytes();
		let too_large =
			|_| Error::BadData("there are more rows or bytes than any datanet takes".into());
		Ok(Self {
			content_root: rows.content_root(),
			row_count: u32::try_from(rows.len()).map_err(too_large)?,
			byte_count: u64::try_from(blob.len()).map_err(too_large)?,
			rows,
			blob,
		})
	}

	/// The document of a dry run, with which nothing is sent.
	fn view(&self, datanet: u32, labels: &[(String, usize)]) -> views::Contributed {
		views::Contributed {
			contribution: None,
			datanet,
			contributor: None,
			rows: self.row_count,
			kind: self.rows.kind(),
			columns: self.rows.columns(),
			bytes: self.byte_count,
			content_root: self.content_root.into(),
			blob: blob_hash(&self.blob).into(),
			bond: None,
			dry_run: true,
			labels: labels.into(),
			transactions: Vec::new(),
		}
	}

	/// Compares the number of rows and of bytes with what the datanet takes.
	fn check_size(&self, datanet: u32, terms: &DatanetTerms) -> Result<()> {
		for (found, limit, unit) in [
			(u64::from(self.row_count), u64::from(terms.max_rows), "rows"),
			(self.byte_count, terms.max_bytes, "bytes"),
		] {
			if found > limit {
				return Err(Error::BadData(format!(
					"the file has {found} {unit}, datanet {datanet} takes at most {limit} in one \
					 contribution: split it"
				)));
			}
		}
		Ok(())
	}
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let Arguments { datanet, file, columns, classes, dry_run } = arguments;
	let schema = Schema { columns, classes, ..Schema::default() };
	let upload = Upload::new(read_rows(&file, &schema, context.console)?)?;

	let labels = wording::histogram(&upload.rows);
	let prepared = upload.view(datanet, &labels);
	let mut summary = vec![
		("rows", format!("{} of {}", upload.row_count, wording::row_kind(&upload.rows))),
		("labels", wording::histogram_text(&labels)),
		("bytes", upload.byte_count.to_string()),
		("content root", hex(upload.content_root)),
	];
	if dry_run {
		summary.push(("sent", "nothing: this was a dry run".into()));
		return Report::of(&prepared, fields(&summary));
	}

	let key = context.key()?;
	let store = context.store()?;
	let best = context.chain().await?.best().await?;
	let bond = check_terms(&best, &store, datanet, &upload, columns.is_none()).await?;
	let blob = store.put(&upload.blob)?;
	let arguments =
		(datanet, Hash(upload.content_root), upload.row_count, upload.byte_count, Hash(blob));
	let sent = context.send(call("Datanets", "contribute", arguments)).await?;
	let Contributed { contribution } = sent.event("Datanets", "Contributed")?;

	let document = views::Contributed {
		contribution: Some(contribution),
		contributor: Some(key.account.into()),
		bond: Some(bond.into()),
		dry_run,
		transactions: transactions([&sent]),
		..prepared
	};
	summary.insert(0, ("contribution", format!("{contribution}, pending review")));
	summary.push(("bond", format!("{} held", open(bond))));
	Report::of(&document, fields(&summary))
}

/// Compares the table with the datanet's terms and with its first contribution, before anything is
/// held or paid. Returns the bond.
async fn check_terms(
	best: &Snapshot,
	store: &dyn BlobStore,
	id: u32,
	upload: &Upload,
	check_first: bool,
) -> Result<u128> {
	let datanet = best.datanet(id).await?;
	let terms = &datanet.terms;
	if datanet.status == DatanetStatus::Closed {
		return Err(Error::Failure(format!("datanet {id} is closed: it takes no contributions")));
	}
	upload.check_size(id, terms)?;
	if check_first {
		if let Some(first) = first_rows(best, store, id).await? {
			fits(&upload.rows, &first).map_err(|reason| {
				Error::BadData(format!("the rows do not fit those of datanet {id}: {reason}"))
			})?;
		}
	}
	Ok(terms.contribution_bond)
}

/// What keeps two contributions from being trained on together.
fn fits(rows: &Dataset, first: &Dataset) -> openledger_rows::Result<()> {
	// One row of each tells.
	Dataset::concat(&[&first.select(&[0])?, &rows.select(&[0])?]).map(drop)
}

/// The rows of the datanet's first accepted contribution; `None` if there is none or its blob is
/// not here.
async fn first_rows(best: &Snapshot, store: &dyn BlobStore, id: u32) -> Result<Option<Dataset>> {
	let Some(first) = best.get::<_, u64>("Datanets", "Accepted", (id, 0u32)).await? else {
		return Ok(None);
	};
	let Contribution { blob, state, .. } = best.contribution(first).await?;
	if !matches!(state, ContributionState::Accepted { .. }) || !store.contains(&blob.0)? {
		return Ok(None);
	}
	Ok(Some(Dataset::from_bytes(&store.get(&blob.0)?, &Schema::default())?))
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::chain::types::Access;

	#[test]
	fn rows_should_be_refused_when_they_cannot_be_trained_on_with_the_first() {
		let read = |text: &str| Dataset::from_bytes(text.as_bytes(), &Schema::default()).unwrap();
		let (numbers, texts) = ("1,2,0\n", "text,label\ngood film,good\n");
		for (first, rows, words) in [
			(numbers, "1,0\n", "1 features where 2"),
			(numbers, texts, "text, not of numbers"),
			(texts, numbers, "numbers, not of text"),
			(texts, "text\ngood film\n", "some have none"),
			(texts, "text,label\ngood film,1\n", "some are numbers"),
		] {
			let reason = fits(&read(rows), &read(first)).unwrap_err().to_string();
			assert!(reason.contains(words), "'{reason}' lacks '{words}'");
		}
		assert!(fits(&read("text,label\nbad film,bad\n"), &read(texts)).is_ok());
	}

	#[test]
	fn table_should_be_refused_with_size_and_limit_when_larger_than_the_datanet_takes() {
		let csv = b"0,1,0\n2,3,1\n4,5,0\n";
		let upload = Upload::new(Dataset::from_bytes(csv, &Schema::default()).unwrap()).unwrap();
		let check = |max_rows, max_bytes| {
			let terms = DatanetTerms {
				name: b"digits".to_vec(),
				licence: vec![],
				curators: vec![],
				approvals: 1,
				contribution_bond: 0,
				max_rows,
				max_bytes,
				access: Access::Open,
			};
			upload.check_size(7, &terms).map_err(|error| error.to_string())
		};
		assert_eq!(check(3, 18), Ok(()));
		for (found, words) in [
			(check(2, 18), "3 rows, datanet 7 takes at most 2"),
			(check(3, 17), "18 bytes, datanet 7 takes at most 17"),
		] {
			let message = found.unwrap_err();
			assert!(message.contains(words) && message.contains("split"), "{message}");
		}
	}
}
