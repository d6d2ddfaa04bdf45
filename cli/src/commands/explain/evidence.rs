//! What the files behind an inference show: the model's own answer, and the rows that mattered.

use super::{Explanation, Told};
use crate::{
	error::{Error, Result},
	html::picture::{Look, Row},
	output::{
		beginning, hex, one_line, table,
		Column::{Number, Text},
	},
	training::{inspect, probabilities},
	views::{explain as views, inference::exact},
};
use openledger_blobs::{BlobError, BlobStore};
use openledger_client::chain::types::Basis;
use openledger_influence::{
	rows::{answer_gradient, row_scores},
	Index,
};
use openledger_models::Model;
use openledger_primitives::{ContributionId, IndexCommitment};
use openledger_rows::{parse_input, Dataset};

/// The most rows that are shown as helping, and the most that are shown as hurting.
const SHOWN: usize = 12;

/// How many of these rows are listed in the terminal.
const LISTED: usize = 5;

/// The most characters of a text that are listed.
const TEXT_SHOWN: usize = 72;

/// What the blob store has on one inference.
pub(super) struct Evidence {
	pub query: Row,
	/// How the question and the rows are shown.
	pub look: Look,
	/// The model's answer as it was computed here, or why there is none.
	pub answer: std::result::Result<OwnAnswer, String>,
	/// The rows that mattered, or why there are none to show.
	pub rows: std::result::Result<Rows, String>,
}

/// The model's answer, computed here.
pub(super) struct OwnAnswer {
	pub text: String,
	/// The probability of each class; empty for a language model.
	pub probabilities: Vec<f64>,
	/// The names of the classes, where they have names.
	pub class_names: Vec<String>,
}

/// The rows of the contributions that were paid.
#[derive(Default)]
pub(super) struct Rows {
	/// The strongest helping rows, strongest first.
	pub helping: Vec<ScoredRow>,
	/// The strongest hurting rows, strongest first.
	pub hurting: Vec<ScoredRow>,
	/// The number of rows that were looked at.
	pub count: usize,
	/// The contributions whose rows are not at hand, each with the reason.
	pub missing: Vec<(ContributionId, String)>,
}

/// A row with its part in the answer.
#[derive(Clone)]
pub(super) struct ScoredRow {
	pub contribution: ContributionId,
	/// Rows are counted from 1 within their contribution.
	pub number: usize,
	/// The row's label, if rows have labels.
	pub label: Option<String>,
	pub row: Row,
	/// The row's part in the score of all contributions that were paid. It is negative if the row spoke
	/// against the answer.
	pub part: f64,
}

impl From<&ScoredRow> for views::Row {
	fn from(row: &ScoredRow) -> Self {
		Self {
			contribution: row.contribution,
			row: row.number,
			label: row.label.clone(),
			part: row.part,
			text: row.row.to_string(),
		}
	}
}

impl Evidence {
	/// Looks up all that `store` has.
	pub fn gather(store: &dyn BlobStore, explanation: &Explanation) -> Self {
		let input = exact(&explanation.inference.input);
		let numbers = match explanation.is_text() {
			true => None,
			false => parse_input(&input, input.split(',').count()).ok(),
		};
		let query = numbers.map_or_else(|| Row::Text(input.clone()), Row::Numbers);
		let model = load_model(store, explanation);
		let answer = model.as_ref().map_err(Clone::clone).and_then(|model| {
			let answer = model.answer(&input).map_err(|error| error.to_string())?;
			Ok(OwnAnswer {
				text: answer.text,
				probabilities: probabilities(&answer.logits),
				class_names: model.architecture().class_names().to_vec(),
			})
		});
		let scored = model.and_then(|model| score_rows(store, explanation, &model, &input));
		let rows = scored.as_ref().ok().map(|(rows, _)| rows.as_slice()).unwrap_or_default();
		let look = Look::of(std::iter::once(&query).chain(rows.iter().map(|row| &row.row)));
		let rows = scored.map(|(rows, missing)| strongest(rows, missing));
		Self { query, look, answer, rows }
	}

	/// The rows as a document, or why there are none.
	pub fn document(&self) -> views::Rows {
		let rows = match &self.rows {
			Ok(rows) => rows,
			Err(reason) => return views::Rows::None { reason: reason.clone() },
		};
		let missing = |(contribution, reason): &(ContributionId, String)| views::Missing {
			contribution: *contribution,
			reason: reason.clone(),
		};
		views::Rows::Found {
			count: rows.count,
			helping: rows.helping.iter().map(views::Row::from).collect(),
			hurting: rows.hurting.iter().map(views::Row::from).collect(),
			missing: rows.missing.iter().map(missing).collect(),
		}
	}

	/// The rows for people, a few of each kind.
	pub fn text(&self) -> String {
		let rows = match &self.rows {
			Ok(rows) => rows,
			Err(reason) => return format!("rows: {reason}"),
		};
		let line = |row: &ScoredRow| {
			vec![
				format!("{:+.2} %", 100.0 * row.part),
				row.contribution.to_string(),
				row.number.to_string(),
				one_line(row.label.as_deref().unwrap_or_default()),
				beginning(&one_line(&row.row.to_string()), TEXT_SHOWN),
			]
		};
		let few = |rows: &[ScoredRow]| rows.iter().take(LISTED).map(line).collect::<Vec<_>>();
		let columns =
			[Number("part"), Number("contribution"), Number("row"), Text("label"), Text("text")];
		let lines = [few(&rows.helping), few(&rows.hurting)].concat();
		let mut text = format!(
			"the rows that helped and spoke against it the most, of {}, with their parts in the joint \
			 score\n{}",
			rows.count,
			table(&columns, lines)
		);
		for (id, reason) in &rows.missing {
			text.push_str(&format!("\ncontribution {id}: {reason}"));
		}
		text
	}

	/// What the files show to be wrong with the inference.
	pub fn problem(&self, output: &str) -> Option<String> {
		let own = &self.answer.as_ref().ok()?.text;
		(own != output)
			.then(|| format!("the model's weights give the answer {own}, {output} was paid for"))
	}
}

/// Reads a file of the model. Where it is missing, the message says what to do about it.
fn file(
	store: &dyn BlobStore,
	what: &str,
	hash: &[u8; 32],
) -> std::result::Result<Vec<u8>, String> {
	store.get(hash).map_err(|error| match error {
		BlobError::NotFound { .. } => not_at_hand(what, hash),
		other => other.to_string(),
	})
}

fn not_at_hand(what: &str, hash: &[u8; 32]) -> String {
	format!(
		"{what} is not in the blob store of the machine that made this page. Put the file whose \
		 blake2-256 hash is {} there (the store is the directory given with --blob-dir) and make the \
		 page again.",
		hex(hash)
	)
}

fn load_model(
	store: &dyn BlobStore,
	explanation: &Explanation,
) -> std::result::Result<Model, String> {
	let hash = &explanation.model.registration.weights.0;
	let bytes = file(store, "The model's weights file", hash)?;
	Model::load(&bytes, Some(hash)).map_err(|error| Error::from(error).to_string())
}

/// The rows at hand of the contributions that were paid, and the contributions whose rows are not at hand.
type ScoredRows = (Vec<ScoredRow>, Vec<(ContributionId, String)>);

fn score_rows(
	store: &dyn BlobStore,
	explanation: &Explanation,
	model: &Model,
	input: &str,
) -> std::result::Result<ScoredRows, String> {
	if explanation.receipt.basis == Basis::HeldOut {
		return Err("This inference was paid by the shares that the model committed to for its \
		            held-out loss: no row was weighed for this answer."
			.into());
	}
	let registration = &explanation.model.registration;
	let hash = &registration.index_file.0;
	let bytes = file(store, "The model's index file", hash)?;
	let index = Index::load(&bytes, Some(hash), model).map_err(|error| error.to_string())?;
	if index.commitment() != IndexCommitment::from(&registration.index) {
		return Err("The model's index file does not have the root that the chain holds.".into());
	}
	let output = exact(&explanation.receipt.output);
	let gradient =
		answer_gradient(model, &index, input, &output).map_err(|error| error.to_string())?;
	let (mut rows, mut missing) = (Vec::new(), Vec::new());
	for pay in &explanation.pay {
		match contribution_rows(store, explanation, pay.contribution, |data| {
			let data = model.architecture().number_labels(data)?;
			let scores = row_scores(model, &index, &gradient, &data)?;
			Ok((data, scores))
		}) {
			Ok(scored) => rows.extend(scored),
			Err(reason) => missing.push((pay.contribution, reason)),
		}
	}
	let total: f64 = rows.iter().map(|row| row.part).sum();
	if total > 0.0 {
		rows.iter_mut().for_each(|row| row.part /= total);
	}
	Ok((rows, missing))
}

fn contribution_rows(
	store: &dyn BlobStore,
	explanation: &Explanation,
	id: ContributionId,
	score: impl FnOnce(Dataset) -> Result<(Dataset, Vec<f64>)>,
) -> std::result::Result<Vec<ScoredRow>, String> {
	let record = explanation.contributions.get(&id).ok_or("The chain does not know it.")?;
	if !store.contains(&record.blob.0).unwrap_or(false) {
		return Err(not_at_hand("Its file", &record.blob.0));
	}
	let (data, checks) = inspect(store, id, record).map_err(|error| error.to_string())?;
	if !checks.hold() {
		return Err("Its file is not what the contribution committed to.".into());
	}
	let (data, scores) = score(data).map_err(|error| error.to_string())?;
	let scored = scores.into_iter().zip(data.labels()).enumerate().map(|(at, (part, label))| {
		let label = data.is_labelled().then(|| data.class_name(*label));
		ScoredRow { contribution: id, number: at + 1, label, row: Row::of(&data, at), part }
	});
	Ok(scored.collect())
}

fn strongest(mut rows: Vec<ScoredRow>, missing: Vec<(ContributionId, String)>) -> Rows {
	let count = rows.len();
	rows.sort_by(|a, b| b.part.total_cmp(&a.part));
	let helping = rows.iter().take_while(|row| row.part > 0.0).take(SHOWN).cloned().collect();
	let hurting = rows.iter().rev().take_while(|row| row.part < 0.0).take(SHOWN).cloned().collect();
	Rows { helping, hurting, count, missing }
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::commands::explain::testing::explanation;
	use openledger_blobs::DirectoryStore;
	use openledger_client::chain::Hash;
	use openledger_influence::{build_index, Contribution, EkFac};
	use openledger_models::{train, Activation, Architecture, TrainConfig};
	use openledger_primitives::Width;
	use openledger_rows::Schema;

	#[test]
	fn strongest_should_part_helping_from_hurting_rows() {
		let row = |number: usize, part| ScoredRow {
			contribution: 1,
			number,
			label: None,
			row: Row::Numbers(vec![]),
			part,
		};
		let rows = vec![row(1, 0.2), row(2, -0.5), row(3, 0.0), row(4, 0.9), row(5, -0.1)];
		let rows = strongest(rows, vec![]);
		let numbers = |rows: &[ScoredRow]| rows.iter().map(|r| r.number).collect::<Vec<_>>();
		assert_eq!(numbers(&rows.helping), [4, 1]);
		assert_eq!(numbers(&rows.hurting), [2, 5]);
		assert_eq!(rows.count, 5);
		let many = (1..=40).map(|number| row(number, 1.0)).collect();
		assert_eq!(strongest(many, vec![]).helping.len(), SHOWN);
	}

	/// A store with a tiny model, its index and the rows of contributions 4 and 9, and an inference
	/// of that model.
	fn stored() -> (tempfile::TempDir, DirectoryStore, Explanation) {
		let directory = tempfile::tempdir().unwrap();
		let store = DirectoryStore::open(directory.path()).unwrap();
		let tables = [(4, "0,1,0\n1,0,1\n0,2,0\n"), (9, "2,0,1\n0,3,0\n3,1,1\n")];
		let read = |text: &str| Dataset::from_csv(text.as_bytes(), &Schema::default()).unwrap();
		let rows = Dataset::concat(&[&read(tables[0].1), &read(tables[1].1)]).unwrap();
		let architecture = Architecture::mlp(&[2, 3, 2], Activation::Tanh);
		let config = TrainConfig { batch_size: 2, ..TrainConfig::standard(architecture) };
		let model = train(&rows, &config, &mut |_| ()).unwrap().model;
		let mut explanation = explanation("tiny", "2,0", &model.answer("2,0").unwrap().text);
		let mut contributions = Vec::new();
		for (id, text) in tables {
			let rows = read(text);
			let record = explanation.contributions.get_mut(&id).unwrap();
			record.blob = Hash(store.put(text.as_bytes()).unwrap());
			record.content_root = Hash(rows.content_root());
			(record.rows, record.bytes) = (3, text.len() as u64);
			contributions.push(Contribution { id, rows });
		}
		let builder = EkFac::default();
		let index =
			build_index(&builder, &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
		let registration = &mut explanation.model.registration;
		registration.weights = Hash(store.put(model.to_bytes()).unwrap());
		registration.index_file = Hash(store.put(index.to_bytes()).unwrap());
		registration.index = index.commitment().into();
		(directory, store, explanation)
	}

	fn remove(store: &DirectoryStore, hash: Hash) {
		std::fs::remove_file(store.path(&hash.0)).unwrap();
	}

	#[test]
	fn evidence_should_hold_answer_and_rows_when_all_is_at_hand() {
		let (_directory, store, explanation) = stored();
		let evidence = Evidence::gather(&store, &explanation);
		assert_eq!(evidence.query, Row::Numbers(vec![2.0, 0.0]));
		let output = exact(&explanation.receipt.output);
		assert_eq!(evidence.problem(&output), None);
		let own = evidence.answer.as_ref().unwrap();
		assert_eq!((own.text.as_str(), own.probabilities.len()), (output.as_str(), 2));
		let rows = evidence.rows.as_ref().unwrap();
		assert_eq!((rows.count, rows.missing.len()), (6, 0));
		let all: Vec<_> = rows.helping.iter().chain(&rows.hurting).collect();
		let sum: f64 = all.iter().map(|row| row.part).sum();
		assert!((sum - 1.0).abs() < 1e-9, "{sum}");
		assert!(all.iter().any(|row| row.contribution == 9 && row.number == 3));

		let other = if output == "0" { "1" } else { "0" };
		assert!(evidence.problem(other).unwrap().contains(&format!("give the answer {output}")));
	}

	#[test]
	fn evidence_should_say_what_to_fetch_when_files_are_missing() {
		let (_directory, store, mut explanation) = stored();
		let blob = explanation.contributions[&9].blob;
		remove(&store, blob);
		let rows = Evidence::gather(&store, &explanation).rows.unwrap();
		assert_eq!((rows.count, rows.missing.len()), (3, 1));
		let (id, reason) = &rows.missing[0];
		assert_eq!(*id, 9);
		assert!(reason.contains(&hex(blob)) && reason.contains("--blob-dir"), "{reason}");

		// A table that is not what was committed to is not shown.
		explanation.contributions.get_mut(&4).unwrap().content_root = Hash([1; 32]);
		let rows = Evidence::gather(&store, &explanation).rows.unwrap();
		assert_eq!((rows.count, rows.missing.len()), (0, 2));

		let registration = explanation.model.registration.clone();
		remove(&store, registration.index_file);
		let evidence = Evidence::gather(&store, &explanation);
		assert!(evidence.rows.err().unwrap().contains(&hex(registration.index_file)));
		assert!(evidence.answer.is_ok());
		remove(&store, registration.weights);
		let evidence = Evidence::gather(&store, &explanation);
		assert!(evidence.answer.err().unwrap().contains(&hex(registration.weights)));
		assert!(evidence.rows.is_err());
	}

	#[test]
	fn rows_should_not_be_weighed_when_the_held_out_shares_were_paid() {
		let (_directory, store, mut explanation) = stored();
		explanation.receipt.basis = Basis::HeldOut;
		let evidence = Evidence::gather(&store, &explanation);
		assert!(evidence.answer.is_ok());
		assert!(evidence.rows.err().unwrap().contains("held-out loss"));
	}
}
