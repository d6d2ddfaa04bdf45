//! A LoRA adapter as PEFT keeps it: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! PEFT reads what is written here and the other way round. The base model's hash lies in the
//! metadata of the file of tensors: PEFT passes over that, while an unknown key in
//! `adapter_config.json` makes it warn, and older versions stop. PEFT does not write it back.

mod settings;

use super::{
	create_directory, read,
	tensors::{TensorFile, TensorWriter},
	write, AdapterError, FileError, Hash,
};
use serde_json::{Map, Value};
use settings::Settings;
use std::{
	collections::BTreeMap,
	io::{Read, Seek},
	path::Path,
};

/// The name of the settings' file.
const CONFIG: &str = "adapter_config.json";

/// The name of the matrices' file.
const TENSORS: &str = "adapter_model.safetensors";

const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The key under which the metadata keeps the base model's hash.
const BASE_HASH: &str = "openledger_base_model";

/// What PEFT puts before every name.
const PREFIX: &str = "base_model.model.";

/// What an adapter makes of its base model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskType {
	/// A text classifier, on BERT: `SEQ_CLS`.
	SequenceClassification,
	/// A language model, on Llama: `CAUSAL_LM`.
	CausalLanguageModel,
}

impl TaskType {
	fn name(self) -> &'static str {
		match self {
			Self::SequenceClassification => "SEQ_CLS",
			Self::CausalLanguageModel => "CAUSAL_LM",
		}
	}

	/// The prefix that models for this task put before the names of their base model's tensors.
	fn prefix(self) -> &'static str {
		match self {
			Self::SequenceClassification => "bert.",
			Self::CausalLanguageModel => "model.",
		}
	}
}

/// The settings of a LoRA adapter (Hu et al. 2021), which puts `W + s B A` in place of `W`.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraConfig {
	/// The number of rows of `A` and of columns of `B`.
	pub rank: usize,
	/// PEFT's `lora_alpha`, from which [`scaling`](Self::scaling) is computed.
	pub alpha: f64,
	/// The last parts of the adapted modules' names, e.g. `query`.
	pub target_modules: Vec<String>,
	/// Whether the scale is rank-stabilised (Kalajdzievski 2023).
	pub rslora: bool,
}

impl LoraConfig {
	/// The factor `s` on `B A`: `alpha / rank`, or `alpha / √rank` when rank-stabilised.
	pub fn scaling(&self) -> f64 {
		match self.rslora {
			true => self.alpha / (self.rank as f64).sqrt(),
			false => self.alpha / self.rank as f64,
		}
	}

	/// Whether the module of that path is adapted, by PEFT's rule.
	pub fn targets(&self, module: &str) -> bool {
		self.target_modules.iter().any(|target| is_target(module, target))
	}
}

/// Whether PEFT adapts `module` for `target`: the names are equal, or the module's name ends with a
/// dot and the target.
pub(crate) fn is_target(module: &str, target: &str) -> bool {
	let rest = module.strip_suffix(target);
	rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A LoRA adapter in memory: settings, matrices, and a classifier's head.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterFile {
	/// The settings that `adapter_config.json` keeps.
	pub config: LoraConfig,
	/// `A` (`[rank][inputs]`) and `B` (`[outputs][rank]`), row-major, by the path of the module in
	/// the base model without `bert.` or `model.`, e.g. `encoder.layer.0.attention.self.query`.
	pub matrices: BTreeMap<String, (Vec<f32>, Vec<f32>)>,
	/// The classifier: weight (`[classes][width]`, row-major) and bias (`[classes]`).
	pub head: Option<(Vec<f32>, Vec<f32>)>,
	/// [`Weights::hash`](super::Weights::hash) of the base model; `None` if the file does not
	/// record it.
	pub base_hash: Option<Hash>,
	/// What the adapter makes of its base model.
	pub task: TaskType,
}

impl AdapterFile {
	/// Reads the adapter in `directory`.
	///
	/// # Errors
	/// [`FileError::Io`], [`FileError::TooLarge`], and those of [`AdapterFile::from_bytes`].
	pub fn read(directory: &Path) -> Result<Self, FileError> {
		let (config, tensors) = (directory.join(CONFIG), directory.join(TENSORS));
		let settings = read(&config, MAX_CONFIG_BYTES)?;
		Self::parse(&config, &settings, &TensorFile::open(&tensors)?)
	}

	/// Reads an adapter from the content of its `adapter_config.json` and
	/// `adapter_model.safetensors`.
	///
	/// # Errors
	/// [`FileError::Json`]; [`FileError::Tensor`]; [`FileError::Adapter`] for settings that are
	/// missing, out of range or not supported, and for matrices that do not fit them.
	pub fn from_bytes(config: &[u8], tensors: &[u8]) -> Result<Self, FileError> {
		let file = TensorFile::from_bytes(Path::new(TENSORS), tensors)?;
		Self::parse(Path::new(CONFIG), config, &file)
	}

	/// The name or path of the base model, as the adapter in `directory` remembers it.
	///
	/// # Errors
	/// [`FileError::Io`], [`FileError::TooLarge`], [`FileError::Json`].
	pub fn base_name(directory: &Path) -> Result<Option<String>, FileError> {
		let path = directory.join(CONFIG);
		let settings = object(&path, &read(&path, MAX_CONFIG_BYTES)?)?;
		Ok(settings.get("base_model_name_or_path").and_then(Value::as_str).map(str::to_owned))
	}

	/// Writes the adapter into `directory`, which is created if it does not exist. `base_name` tells
	/// PEFT where the base model is: a name or a path.
	///
	/// # Errors
	/// [`FileError::Io`], and those of [`AdapterFile::to_bytes`].
	pub fn write(&self, directory: &Path, base_name: Option<&str>) -> Result<(), FileError> {
		let (config, tensors) = self.to_bytes(base_name)?;
		create_directory(directory)?;
		write(&directory.join(TENSORS), &tensors)?;
		write(&directory.join(CONFIG), &config)
	}

	/// The content of `adapter_config.json` and that of `adapter_model.safetensors`. Equal adapters
	/// give equal bytes.
	///
	/// # Errors
	/// [`FileError::Adapter`] if settings and matrices do not fit each other.
	pub fn to_bytes(&self, base_name: Option<&str>) -> Result<(Vec<u8>, Vec<u8>), FileError> {
		let path = Path::new(TENSORS);
		self.check().map_err(|source| FileError::adapter(path, source))?;
		let json = |source| FileError::json(Path::new(CONFIG), source);
		let mut config =
			serde_json::to_vec_pretty(&Settings::new(self, base_name)).map_err(json)?;
		config.push(b'\n');
		let (prefix, rank) = (self.task.prefix(), self.config.rank);
		let mut tensors = TensorWriter::default();
		for (module, (a, b)) in &self.matrices {
			let name = |matrix| format!("{PREFIX}{prefix}{module}.{matrix}.weight");
			tensors.add(name("lora_A"), &[rank, a.len() / rank], a);
			tensors.add(name("lora_B"), &[b.len() / rank, rank], b);
		}
		if let Some((weight, bias)) = &self.head {
			let (name, classes) = (format!("{PREFIX}classifier"), bias.len());
			tensors.add(format!("{name}.weight"), &[classes, weight.len() / classes], weight);
			tensors.add(format!("{name}.bias"), &[classes], bias);
		}
		let hash = self.base_hash.map(|hash| format!("0x{}", hex::encode(hash)));
		let mut metadata = vec![("format", "pt")];
		metadata.extend(hash.as_deref().map(|hash| (BASE_HASH, hash)));
		Ok((config, tensors.finish(path, &metadata)?))
	}

	fn parse<R: Read + Seek>(
		path: &Path,
		settings: &[u8],
		tensors: &TensorFile<R>,
	) -> Result<Self, FileError> {
		let settings = object(path, settings)?;
		let (config, task) =
			settings::parse(&settings).map_err(|source| FileError::adapter(path, source))?;
		let wrong = |source| FileError::adapter(tensors.path(), source);
		let base_hash = tensors.metadata(BASE_HASH).map(parse_hash).transpose().map_err(wrong)?;
		let mut pairs: BTreeMap<String, [Option<Vec<f32>>; 2]> = BTreeMap::new();
		let mut head = [None, None];
		for name in tensors.names() {
			let unknown = || wrong(AdapterError::UnknownTensor(super::shorten_message(&name)));
			let rest = name.strip_prefix(PREFIX).ok_or_else(unknown)?;
			let shape = tensors.info(&name).map(|info| info.shape.clone()).unwrap_or_default();
			let (place, module, matrix, expected) = match rest {
				"classifier.weight" => (&mut head[0], "classifier", "weight", [None, None]),
				"classifier.bias" => (&mut head[1], "classifier", "bias", [None, Some(1)]),
				_ => {
					let (module, matrix) = split(rest).ok_or_else(unknown)?;
					// PEFT names modules as the model with its head does; here they are those of the base
					// model.
					let module = module.strip_prefix(task.prefix()).unwrap_or(module);
					let [a, b] = pairs.entry(module.to_owned()).or_default();
					let rank = Some(config.rank);
					match matrix {
						"lora_A" => (a, module, matrix, [rank, None]),
						_ => (b, module, matrix, [None, rank]),
					}
				},
			};
			// A bias is taken for a matrix of one column, so that one check serves all.
			let padded = match (matrix, shape.as_slice()) {
				("bias", [classes]) => vec![*classes, 1],
				_ => shape.clone(),
			};
			let fits = |(found, expected): (&usize, &Option<usize>)| {
				*found > 0 && expected.is_none_or(|expected| *found == expected)
			};
			if padded.len() != 2 || !padded.iter().zip(&expected).all(fits) {
				return Err(wrong(AdapterError::Shape {
					module: module.to_owned(),
					matrix,
					found: shape,
					expected: expectation(matrix, config.rank),
				}));
			}
			// The same module under two names: with the prefix and without.
			if place.is_some() {
				return Err(unknown());
			}
			*place = Some(tensors.get(&name, &shape, None)?);
		}
		let mut matrices = BTreeMap::new();
		for (module, pair) in pairs {
			let unpaired = |module, missing| wrong(AdapterError::Unpaired { module, missing });
			match pair {
				[Some(a), Some(b)] => matrices.insert(module, (a, b)),
				[None, _] => return Err(unpaired(module, "lora_A")),
				[_, None] => return Err(unpaired(module, "lora_B")),
			};
		}
		let unpaired = |missing| {
			Err(wrong(AdapterError::Unpaired { module: "classifier".to_owned(), missing }))
		};
		let head = match head {
			[Some(weight), Some(bias)] => Some((weight, bias)),
			[None, None] => None,
			[None, _] => return unpaired("weight"),
			[_, None] => return unpaired("bias"),
		};
		let adapter = Self { config, matrices, head, base_hash, task };
		adapter.check().map_err(wrong)?;
		Ok(adapter)
	}

	/// Whether settings, matrices and head fit each other.
	fn check(&self) -> Result<(), AdapterError> {
		settings::check_numbers(self.config.rank as u64, self.config.alpha)?;
		let rank = self.config.rank;
		if self.matrices.is_empty() {
			return Err(AdapterError::Empty);
		}
		for (module, (a, b)) in &self.matrices {
			for (matrix, values) in [("lora_A", a), ("lora_B", b)] {
				check_values(module, matrix, values, rank, || expectation(matrix, rank))?;
			}
			if !self.config.targets(module) {
				return Err(AdapterError::NotTargeted(module.clone()));
			}
		}
		let unused =
			|target: &&String| !self.matrices.keys().any(|module| is_target(module, target));
		if let Some(target) = self.config.target_modules.iter().find(unused) {
			return Err(AdapterError::Untrained(target.clone()));
		}
		let task = self.task.name();
		match (self.task, &self.head) {
			(TaskType::CausalLanguageModel, None) => Ok(()),
			(TaskType::CausalLanguageModel, Some(_)) => {
				Err(AdapterError::Head { task, expected: "no classifier" })
			},
			(TaskType::SequenceClassification, None) => {
				let expected = "a classifier: classifier.weight and classifier.bias";
				Err(AdapterError::Head { task, expected })
			},
			(TaskType::SequenceClassification, Some((weight, bias))) => {
				if bias.len() < 2 {
					return Err(AdapterError::Head {
						task,
						expected: "a classifier of two classes or more",
					});
				}
				let shape = || format!("[{}, width]", bias.len());
				check_values("classifier", "weight", weight, bias.len(), shape)?;
				check_values("classifier", "bias", bias, 1, shape)
			},
		}
	}
}

fn check_values(
	module: &str,
	matrix: &'static str,
	values: &[f32],
	rows: usize,
	expected: impl Fn() -> String,
) -> Result<(), AdapterError> {
	let module = || module.to_owned();
	if values.is_empty() || !values.len().is_multiple_of(rows) {
		let (found, expected) = (vec![values.len()], expected());
		return Err(AdapterError::Shape { module: module(), matrix, found, expected });
	}
	match values.iter().all(|x| x.is_finite()) {
		true => Ok(()),
		false => Err(AdapterError::NotFinite { module: module(), matrix }),
	}
}

fn expectation(matrix: &str, rank: usize) -> String {
	match matrix {
		"lora_A" => format!("[{rank}, inputs]"),
		"lora_B" => format!("[outputs, {rank}]"),
		"weight" => "[classes, width]".to_owned(),
		_ => "[classes]".to_owned(),
	}
}

/// Splits a tensor's name into the module and the matrix.
fn split(name: &str) -> Option<(&str, &'static str)> {
	let matrices = ["lora_A", "lora_B"];
	let (module, matrix) = name.strip_suffix(".weight")?.rsplit_once('.')?;
	let matrix = matrices.into_iter().find(|known| *known == matrix)?;
	(!module.is_empty()).then_some((module, matrix))
}

fn object(path: &Path, bytes: &[u8]) -> Result<Map<String, Value>, FileError> {
	super::parse_json(path, bytes)
}

fn parse_hash(text: &str) -> Result<Hash, AdapterError> {
	let mut hash = Hash::default();
	let digits = text.strip_prefix("0x").unwrap_or_default();
	match hex::decode_to_slice(digits, &mut hash) {
		Ok(()) => Ok(hash),
		Err(_) => Err(AdapterError::BaseHash(super::shorten(text))),
	}
}

#[cfg(test)]
mod tests;
