//! Contributions and models between the blob store and the engine.

use crate::{
	error::{Error, Result},
	output::Console,
};
use openledger_blobs::BlobStore;
use openledger_client::{
	chain::{types::Contribution as Record, Snapshot},
	runs::Run,
};
use openledger_influence::{Contribution, Index, IndexDraft};
use openledger_models::{Architecture, Manifest, Model};
use openledger_primitives::{manifest, ContributionId};
use openledger_rows::{without_mark, Dataset, Note, Reading, Schema};
use serde_json::{json, Value};
use std::path::Path;

/// Reads the weights and the manifest of a run, which must belong together.
///
/// # Errors
/// [`Error::Failure`] if a file is missing, [`Error::BadData`] if one is damaged, naming the
/// file and both hashes.
pub fn load_model(run: &Run) -> Result<(Model, Manifest)> {
	let path = run.manifest();
	let text = read(&path, "train a model into that directory first")?;
	let text = String::from_utf8(without_mark(&text).to_vec())
		.map_err(|_| Error::BadData(format!("{} is not UTF-8 text", path.display())))?;
	let manifest =
		Manifest::from_json(&text).map_err(|e| Error::from(e).in_file(path.display()))?;
	let path = run.weights();
	let bytes = read(&path, "train a model into that directory first")?;
	let in_file = |e: openledger_models::Error| Error::from(e).in_file(path.display());
	let model = Model::load(&bytes, Some(&manifest.weights_hash)).map_err(in_file)?;
	manifest.verify(&model).map_err(in_file)?;
	Ok((model, manifest))
}

/// Gives a draft the name [`Run::index`], and writes the hash of the index beside it.
///
/// # Errors
/// [`Error::Failure`] if a file cannot be written.
pub fn save_index(run: &Run, draft: IndexDraft) -> Result<Index> {
	let index = draft.publish()?;
	let record = json!({
		"index_file": format!("0x{}", hex::encode(index.file_hash())),
		"weights_hash": format!("0x{}", hex::encode(index.weights_hash())),
	});
	write(&run.index_record(), format!("{record:#}\n"))?;
	Ok(index)
}

/// Reads the index of `model`.
///
/// # Errors
/// [`Error::BadData`] if a file is damaged or of another model, [`Error::Failure`] if it cannot be read.
pub fn load_index(run: &Run, model: &Model) -> Result<Index> {
	let hint = "build the index with `openledger model index` first";
	let path = run.index_record();
	let record: Option<Value> = serde_json::from_slice(&read(&path, hint)?).ok();
	let expected = record.as_ref().and_then(|record| parse_hash(record["index_file"].as_str()?));
	let expected = expected.ok_or_else(|| {
		Error::BadData(format!("{} names no index file: build the index again", path.display()))
	})?;
	let path = run.index();
	Index::open(&path, Some(&expected), model).map_err(|e| Error::from(e).in_file(path.display()))
}

fn parse_hash(text: &str) -> Option<[u8; 32]> {
	let mut hash = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x")?, &mut hash).ok()?;
	Some(hash)
}

/// Reads a file. `hint` tells the user what makes such a file.
///
/// # Errors
/// [`Error::Failure`] if it cannot be read.
pub fn read(path: &Path, hint: &str) -> Result<Vec<u8>> {
	std::fs::read(path).map_err(|e| {
		let hint = match e.kind() {
			std::io::ErrorKind::NotFound if !hint.is_empty() => format!(" ({hint})"),
			_ => String::new(),
		};
		Error::Failure(format!("cannot read {}: {e}{hint}", path.display()))
	})
}

/// Writes a file, in place of any that is there.
///
/// # Errors
/// [`Error::Failure`] if it cannot be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
	std::fs::write(path, content).map_err(|e| Error::io("write", path, e))
}

/// Reads rows from a file, of numbers or of text, and prints what is worth knowing about them.
///
/// # Errors
/// [`Error::BadData`] naming file, row and column; [`Error::Failure`] if it cannot be read.
pub fn read_rows(path: &Path, schema: &Schema, console: Console) -> Result<Dataset> {
	let reading = Reading::open(path, schema);
	let Reading { rows, notes } = reading.map_err(|e| Error::from(e).in_file(path.display()))?;
	print_notes(&notes, path.display(), console);
	Ok(rows)
}

/// Prints what is worth knowing about rows.
pub fn print_notes(notes: &[Note], of: impl std::fmt::Display, console: Console) {
	notes.iter().for_each(|note| console.note(format!("{of}: {note}")));
}

/// Says how many texts are longer than the model reads.
pub fn print_cut(cut: usize, of: usize, architecture: &Architecture, console: Console) {
	if cut > 0 {
		let most = architecture.max_tokens().unwrap_or(0);
		console.note(format!(
			"{cut} of {of} texts have more than the {most} tokens that the model reads (--max-tokens): their \
			 ends count for nothing"
		));
	}
}

/// Reads rows from a file for a model of this architecture, and numbers their labels as its classes are
/// numbered.
///
/// # Errors
/// Those of [`read_rows`]; also if a label is none of the model's classes.
pub fn read_rows_for(
	architecture: &Architecture,
	path: &Path,
	console: Console,
) -> Result<Dataset> {
	let rows = read_rows(path, &architecture.schema(), console)?;
	architecture.number_labels(rows).map_err(|e| Error::from(e).in_file(path.display()))
}

/// Which of these a contribution's blob has in common with its record on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
	/// The Merkle root over the rows.
	pub content_root: bool,
	/// The number of rows.
	pub rows: bool,
	/// The number of bytes.
	pub bytes: bool,
}

impl Checks {
	/// Whether everything agrees.
	pub fn hold(&self) -> bool {
		self.content_root && self.rows && self.bytes
	}

	/// What does not agree, in words.
	fn faults(&self) -> String {
		let checks = [
			(self.content_root, "content root"),
			(self.rows, "number of rows"),
			(self.bytes, "number of bytes"),
		];
		let faults: Vec<_> =
			checks.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what).collect();
		faults.join(", ")
	}
}

/// Reads the rows of a contribution from the store, whose hash the store checks, and compares
/// them with its record on chain.
///
/// # Errors
/// [`Error::BadData`] if the blob is missing, damaged, or holds no rows.
pub fn inspect(
	store: &dyn BlobStore,
	id: ContributionId,
	record: &Record,
) -> Result<(Dataset, Checks)> {
	let what = format!("contribution {id}");
	let bytes = store.get(&record.blob.0).map_err(|e| Error::from(e).in_file(&what))?;
	let rows = Dataset::from_bytes(&bytes, &Schema::default())
		.map_err(|e| Error::from(e).in_file(&what))?;
	let checks = Checks {
		content_root: rows.content_root() == record.content_root.0,
		rows: u32::try_from(rows.len()) == Ok(record.rows),
		bytes: u64::try_from(bytes.len()) == Ok(record.bytes),
	};
	Ok((rows, checks))
}

/// Fetches the contributions of published versions in the canonical order: the sources as they are given,
/// and within each the contributions in the order of acceptance, without those that `skips` says to leave
/// out. Every blob is checked against its record, and each version's list against its manifest.
///
/// # Errors
/// [`Error::BadData`] naming what does not agree; also the errors of the chain.
pub async fn fetch(
	snapshot: &Snapshot,
	store: &dyn BlobStore,
	sources: &[(u32, u32)],
	skips: impl Fn(ContributionId) -> bool,
	console: Console,
) -> Result<Vec<Contribution>> {
	let mut contributions = Vec::new();
	for &(datanet, version) in sources {
		let records = snapshot.version_contributions(datanet, version).await?;
		let published = snapshot.version(datanet, version).await?.manifest;
		if manifest(records.iter().map(|(id, _)| *id)).0 != published.0 {
			return Err(Error::Verification(format!(
				"the contributions of datanet {datanet} do not hash to the manifest of version {version}"
			)));
		}
		let total = u64::try_from(records.len()).unwrap_or(u64::MAX);
		let bar = console.bar(total, format!("datanet {datanet} version {version}"));
		for (id, record) in records {
			if skips(id) {
				bar.inc(1);
				continue;
			}
			let (rows, checks) = inspect(store, id, &record)?;
			if !checks.hold() {
				return Err(Error::BadData(format!(
					"contribution {id}: its blob is not what it committed to, it has another {}",
					checks.faults()
				)));
			}
			contributions.push(Contribution { id, rows });
			bar.inc(1);
		}
		bar.finish_and_clear();
	}
	Ok(contributions)
}

/// The probability of each class, `[classes]`: the softmax of a model's logits.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
	let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
	let powers: Vec<f64> = logits.iter().map(|z| f64::from(z - largest).exp()).collect();
	let sum: f64 = powers.iter().sum();
	powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_blobs::DirectoryStore;
	use openledger_client::chain::{types::ContributionState, Hash};

	fn stored(csv: &[u8]) -> (tempfile::TempDir, DirectoryStore, Record) {
		let directory = tempfile::tempdir().unwrap();
		let store = DirectoryStore::open(directory.path()).unwrap();
		let rows = Dataset::from_bytes(csv, &Schema::default()).unwrap();
		let record = Record {
			datanet: 0,
			contributor: [1; 32].into(),
			content_root: Hash(rows.content_root()),
			rows: rows.len() as u32,
			bytes: csv.len() as u64,
			blob: Hash(store.put(csv).unwrap()),
			bond: 0,
			submitted: 1,
			state: ContributionState::Pending { approvals: vec![] },
		};
		(directory, store, record)
	}

	#[test]
	fn inspect_should_hold_when_blob_is_as_committed() {
		let (_directory, store, record) = stored(b"0,1,0\n2,3,1\n");
		let (rows, checks) = inspect(&store, 0, &record).unwrap();
		assert!(checks.hold());
		assert_eq!(rows.len(), 2);
	}

	#[test]
	fn inspect_should_hold_when_rows_are_of_text() {
		let lines = b"{\"label\":\"good\",\"text\":\"a fine film\"}\n";
		let (_directory, store, record) = stored(lines);
		let (rows, checks) = inspect(&store, 0, &record).unwrap();
		assert!(checks.hold());
		assert_eq!((rows.text(0), rows.class_name(0)), (Some("a fine film"), "good".into()));
	}

	#[test]
	fn inspect_should_say_which_check_fails_when_record_differs() {
		let (_directory, store, record) = stored(b"0,1,0\n2,3,1\n");
		let other = Record { content_root: Hash([9; 32]), ..record.clone() };
		let (_, checks) = inspect(&store, 0, &other).unwrap();
		assert_eq!(checks, Checks { content_root: false, rows: true, bytes: true });
		let (_, checks) = inspect(&store, 0, &Record { rows: 3, ..record }).unwrap();
		assert_eq!(checks, Checks { content_root: true, rows: false, bytes: true });
		assert_eq!(checks.faults(), "number of rows");
	}

	#[test]
	fn inspect_should_name_the_contribution_when_its_blob_is_missing() {
		let (_directory, store, record) = stored(b"0,1,0\n");
		let missing = Record { blob: Hash([9; 32]), ..record };
		let Err(Error::BadData(message)) = inspect(&store, 41, &missing) else {
			panic!("a missing blob was found")
		};
		assert!(message.contains("contribution 41"), "{message}");
	}

	#[test]
	fn probabilities_should_sum_to_one_when_logits_are_large() {
		let p = probabilities(&[1000.0, 999.0, -1000.0]);
		assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
		assert!((p[0] / p[1] - std::f64::consts::E).abs() < 1e-6);
	}
}
