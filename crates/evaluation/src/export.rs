//! Tasks as files, for other programs and for later.
//!
//! [`README`] lies in every exported directory and says what is there.

use super::{lds::Retrained, method::Scored, retrain::RetrainingOutcome, Subject, Task};
use openledger_models::{tensors::Writer, Base, Error, Model, Result, TextModel, TrainConfig};
use openledger_rows::{Dataset, Schema, TextDataset, TextSchema};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// What an exported directory says about itself.
pub const README: &str = include_str!("export.md");

const WHAT: &str = "exported task";
const FORMAT: u32 = 1;
const TASK: &str = "task.json";
const MODEL: &str = "model.safetensors";
const BASE: &str = "base";

/// What `task.json` holds: how to read the other files, and how good the model is.
#[derive(Serialize, Deserialize)]
struct TaskFile {
	format: u32,
	name: String,
	train_rows: usize,
	test_rows: usize,
	/// Names of the classes by number; none where labels are numbers only.
	class_names: Vec<String>,
	config: TrainConfig,
	accuracy: f64,
	training_loss: f64,
	mislabelled: Vec<usize>,
}

/// Makes a directory for an export. If it exists already it must be empty.
///
/// # Errors
/// [`Error::Setting`] naming the directory if there is something in it, [`Error::Io`].
pub fn new_directory(directory: &Path) -> Result<()> {
	fs::create_dir_all(directory).map_err(|source| io("create", directory, source))?;
	let mut entries = fs::read_dir(directory).map_err(|source| io("read", directory, source))?;
	match entries.next() {
		None => Ok(()),
		Some(_) => {
			let reason = "is not empty: name a new directory, or empty it";
			Err(Error::setting("export", format!("{} {reason}", directory.display())))
		},
	}
}

/// A task's directory being written.
pub(super) struct Export {
	directory: PathBuf,
}

impl Export {
	/// Makes the task's directory, for which there must be room.
	pub fn create(root: &Path, task: &Task) -> Result<Self> {
		let directory = root.join(&task.name);
		new_directory(&directory)?;
		Ok(Self { directory })
	}

	/// Writes rows, model and logits.
	pub fn subject(&self, subject: &Subject<'_>) -> Result<()> {
		let (task, model) = (subject.task, &subject.model);
		self.write("README.md", README)?;
		for (name, rows) in [("train", &task.train), ("test", &task.test)] {
			let path = rows_path(name, model);
			self.write(&path, numbered(rows)?.to_bytes())?;
		}
		self.write(MODEL, model.to_bytes())?;
		if let Some(text) = model.text() {
			self.transformer(text)?;
		}
		let logits = model.batch_logits(&task.test)?;
		let shape = [logits.len(), logits.first().map_or(0, Vec::len)];
		let logits = logits.concat();
		let mut file = Writer::default();
		file.f32("test", &shape, &logits);
		self.write("logits.safetensors", file.finish("logits file", &json!({}))?)?;
		let header = TaskFile {
			format: FORMAT,
			name: task.name.clone(),
			train_rows: task.train.len(),
			test_rows: task.test.len(),
			class_names: task.train.texts().map_or(Vec::new(), |rows| rows.class_names().to_vec()),
			config: task.config.clone(),
			accuracy: subject.accuracy,
			training_loss: subject.loss,
			mislabelled: task.mislabelled.clone(),
		};
		let text = serde_json::to_string_pretty(&header)
			.map_err(|source| Error::Json { what: WHAT, source })?;
		self.write(TASK, text + "\n")
	}

	/// The base model's files, and the adapter in PEFT's format.
	fn transformer(&self, text: &TextModel) -> Result<()> {
		let (from, to) = (text.base().directory(), self.directory.join(BASE));
		new_directory(&to)?;
		for entry in fs::read_dir(from).map_err(|source| io("read", from, source))? {
			let path = entry.map_err(|source| io("read", from, source))?.path();
			let wanted = path.extension().is_some_and(|x| x == "json" || x == "safetensors");
			if let (true, Some(name)) = (wanted, path.file_name()) {
				fs::copy(&path, to.join(name)).map_err(|source| io("copy", &path, source))?;
			}
		}
		text.write_adapter(&self.directory.join("adapter"), Some("../base"))
	}

	/// Writes subsets of contributions of `rows` rows, what models trained on them answer, and what
	/// methods predict.
	pub fn retrained(
		&self,
		rows: usize,
		retrained: &Retrained,
		outcomes: &[RetrainingOutcome],
		scored: &[Scored],
	) -> Result<()> {
		let subsets = retrained.subsets();
		let half = subsets.first().map_or(0, Vec::len);
		let tests = outcomes.first().map_or(0, |outcome| outcome.margins.len());
		let retrains = outcomes.len() / subsets.len().max(1);
		let mut file = Writer::default();
		// Contributions are counted in memory, so their numbers fit.
		let numbers = subsets.iter().flatten().flat_map(|&c| (c as u32).to_le_bytes()).collect();
		file.bytes("subsets", Dtype::U32, &[subsets.len(), half], numbers);
		let margins = outcomes.iter().flat_map(|outcome| &outcome.margins);
		let shape = [subsets.len(), retrains, tests];
		file.bytes("margins", Dtype::F64, &shape, bytes(margins));
		for Scored { measured, scores } in scored {
			let precision = json!(measured.precision);
			let name = format!("scores.{}.{}", measured.method, precision.as_str().unwrap_or(""));
			let shape = [tests, scores.first().map_or(0, Vec::len)];
			file.bytes(name, Dtype::F64, &shape, bytes(scores.iter().flatten()));
		}
		let methods: Vec<_> = scored.iter().map(|scored| &scored.measured).collect();
		let metadata = json!({
			"contribution_rows": rows, "ceiling": retrained.ceiling, "methods": methods,
		});
		self.write(&format!("lds-{rows}.safetensors"), file.finish("retrainings file", &metadata)?)
	}

	fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
		let path = self.directory.join(name);
		fs::write(&path, content).map_err(|source| io("write", &path, source))
	}
}

/// An exported task, read back.
#[derive(Clone, Debug)]
pub struct Exported {
	/// The rows and the recipe that the task was exported with.
	pub task: Task,
	/// The model that was exported with it.
	pub model: Model,
}

impl Exported {
	/// Reads what an evaluation with [`Protocol::export`](super::Protocol::export) wrote into
	/// `directory`, a base model included.
	///
	/// # Errors
	/// [`Error::Io`], [`Error::Json`] or [`Error::Malformed`] for a damaged file or another format,
	/// and those of [`Model::load`], [`Base::open`] and of reading rows.
	pub fn read(directory: &Path) -> Result<Self> {
		let read = |name: &str| {
			let path = directory.join(name);
			fs::read(&path).map_err(|source| io("read", &path, source))
		};
		let header: TaskFile = serde_json::from_slice(&read(TASK)?)
			.map_err(|source| Error::Json { what: WHAT, source })?;
		if header.format != FORMAT {
			let reason = format!("its format is {}, this program reads {FORMAT}", header.format);
			return Err(Error::malformed(WHAT, reason));
		}
		if header.config.architecture.is_text() {
			Base::open(&directory.join(BASE))?;
		}
		let model = Model::load(&read(MODEL)?, None)?;
		let rows = |name: &str| -> Result<Dataset> {
			let bytes = read(&rows_path(name, &model))?;
			if model.text().is_none() {
				return Ok(Dataset::from_csv(&bytes, &Schema::default())?);
			}
			let rows = TextDataset::from_bytes(&bytes, &TextSchema::default())?;
			let (texts, labels) = (rows.texts().to_vec(), rows.labels().map(<[u32]>::to_vec));
			Ok(Dataset::from_text(TextDataset::new(texts, labels, header.class_names.clone())?))
		};
		let mut task = Task::new(header.name, rows("train")?, rows("test")?, header.config);
		task.mislabelled = header.mislabelled;
		let found = (task.train.len(), task.test.len());
		if found != (header.train_rows, header.test_rows) {
			let reason =
				format!("it has {} and {} rows, which are not those it names", found.0, found.1);
			return Err(Error::malformed(WHAT, reason));
		}
		model.check_fits(&task.train)?;
		model.check_fits(&task.test)?;
		Ok(Self { task, model })
	}
}

fn rows_path(name: &str, model: &Model) -> String {
	format!("{name}.{}", if model.text().is_some() { "jsonl" } else { "csv" })
}

/// The same rows with labels as numbers, because names would be numbered anew when they are read.
fn numbered(rows: &Dataset) -> Result<Dataset> {
	let Some(texts) = rows.texts() else { return Ok(rows.clone()) };
	let labels = rows.is_labelled().then(|| rows.labels().to_vec());
	Ok(Dataset::from_text(TextDataset::new(texts.texts().to_vec(), labels, Vec::new())?))
}

fn bytes<'a>(values: impl Iterator<Item = &'a f64>) -> Vec<u8> {
	values.flat_map(|x| x.to_le_bytes()).collect()
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
	Error::io(action, path, source)
}

#[cfg(test)]
mod tests;
