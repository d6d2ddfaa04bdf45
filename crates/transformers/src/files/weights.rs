//! A base model's weights: `model.safetensors`, or shards listed by `model.safetensors.index.json`.

use super::{read, tensors::TensorFile, BaseConfig, FileError, Hash, TensorError};
use openledger_blobs::blob_hash;
use serde::Deserialize;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
};

/// The name of the file when all tensors are in one.
pub(super) const SINGLE: &str = "model.safetensors";

const INDEX: &str = "model.safetensors.index.json";

const MAX_INDEX_BYTES: u64 = 1 << 26;

const MAX_SHARDS: usize = 1024;

/// The prefixes that a tensor's name has or lacks, depending on whether the model has a head.
const PREFIXES: [&str; 2] = ["bert.", "model."];

/// The names that the first BERT checkpoints give to the parameters of layer normalisation.
const OLD_NAMES: [(&str, &str); 2] =
	[("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")];

/// The prefix that keeps this hash apart from all others.
const DOMAIN: &[u8] = b"openledger/base-model/1";

#[derive(Deserialize)]
struct ShardIndex {
	weight_map: BTreeMap<String, String>,
}

/// Where a tensor lies, and what its bytes were when the model was opened.
#[derive(Debug)]
struct TensorPlace {
	/// The number of the file, from 0.
	file: usize,
	/// The blake2-256 hash of its bytes.
	hash: Hash,
}

/// A base model on disk: its configuration and its tensors. A tensor is read when it is asked for.
#[derive(Debug)]
pub struct Weights {
	directory: PathBuf,
	config: BaseConfig,
	files: Vec<TensorFile<fs::File>>,
	tensors: BTreeMap<String, TensorPlace>,
	hash: Hash,
}

impl Weights {
	/// Opens the model in `directory`: `config.json`, and safetensors in one file or in shards.
	/// Every byte is read once, for the hash.
	///
	/// # Errors
	/// Those of [`BaseConfig::open`], [`FileError::Io`], [`FileError::Json`] for a malformed index,
	/// [`FileError::Tensor`] for missing, truncated or malformed files of tensors.
	pub fn open(directory: &Path) -> Result<Self, FileError> {
		let config = BaseConfig::open(directory)?;
		let (files, places) = match directory.join(SINGLE) {
			path if path.exists() => {
				let file = TensorFile::open(&path)?;
				let places = file.names().into_iter().map(|name| (name, 0)).collect();
				(vec![file], places)
			},
			_ => open_shards(directory)?,
		};
		let (hash, tensors) = content_hash(&config, &files, places)?;
		Ok(Self { directory: directory.to_owned(), config, files, tensors, hash })
	}

	/// The shape of the model.
	pub fn config(&self) -> &BaseConfig {
		&self.config
	}

	/// Whether there is a tensor with that name, with or without the prefix `bert.` or `model.`.
	pub fn has(&self, name: &str) -> bool {
		self.find(name).is_some()
	}

	/// Reads a tensor of `shape`, row-major, widened to 32-bit floats. The name may have the prefix
	/// `bert.` or `model.` or lack it, whatever the file does.
	///
	/// # Errors
	/// [`FileError::Tensor`] with [`TensorError::Missing`], [`TensorError::Shape`],
	/// [`TensorError::Type`], [`TensorError::NotFinite`], or [`TensorError::Changed`] if the bytes
	/// are not those that [`Weights::hash`] covers; [`FileError::Io`].
	pub fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, FileError> {
		match self.find(name) {
			Some((file, name, hash)) => file.get(&name, shape, Some(hash)),
			None => Err(FileError::tensor(&self.directory, TensorError::Missing(name.to_owned()))),
		}
	}

	/// The blake2-256 hash of what the model computes with: the checked fields of `config.json`,
	/// and the name, type, shape and bytes of every tensor, sorted by name. How the tensors are
	/// spread over files does not matter, nor does anything else in `config.json`.
	pub fn hash(&self) -> Hash {
		self.hash
	}

	/// The file that has the tensor, the tensor's name there, and its hash.
	fn find(&self, name: &str) -> Option<(&TensorFile<fs::File>, String, &Hash)> {
		spellings(name).into_iter().find_map(|name| {
			let place = self.tensors.get(&name)?;
			Some((self.files.get(place.file)?, name, &place.hash))
		})
	}
}

/// The names by which a tensor may be found, the most likely first.
fn spellings(name: &str) -> Vec<String> {
	let mut names = vec![name.to_owned()];
	names.extend(PREFIXES.iter().map(|prefix| format!("{prefix}{name}")));
	let bare = PREFIXES.iter().filter_map(|prefix| name.strip_prefix(prefix));
	names.extend(bare.map(str::to_owned));
	for (new, old) in OLD_NAMES {
		if name.ends_with(new) {
			let olds: Vec<_> = names.iter().map(|name| name.replace(new, old)).collect();
			names.extend(olds);
		}
	}
	names
}

type Shards = (Vec<TensorFile<fs::File>>, BTreeMap<String, usize>);

fn open_shards(directory: &Path) -> Result<Shards, FileError> {
	let path = directory.join(INDEX);
	if !path.exists() {
		let other = directory.join("pytorch_model.bin").exists();
		let hint = if other { ": convert pytorch_model.bin to safetensors" } else { "" };
		return Err(FileError::tensor(directory, TensorError::NoWeights { hint }));
	}
	let wrong = |source| FileError::tensor(&path, source);
	let index: ShardIndex = super::parse_json(&path, &read(&path, MAX_INDEX_BYTES)?)?;
	let names: BTreeSet<&String> = index.weight_map.values().collect();
	if names.is_empty() || names.len() > MAX_SHARDS {
		let (found, limit) = (names.len(), MAX_SHARDS);
		return Err(wrong(TensorError::ShardCount { found, limit }));
	}
	let (mut files, mut numbers) = (Vec::new(), BTreeMap::new());
	for name in names {
		// A path could lead out of the directory.
		if Path::new(name).file_name() != Some(name.as_ref()) {
			return Err(wrong(TensorError::ShardName(super::shorten(name))));
		}
		numbers.insert(name.clone(), files.len());
		files.push(TensorFile::open(&directory.join(name))?);
	}
	let mut places = BTreeMap::new();
	for (tensor, shard) in index.weight_map {
		let place = numbers.get(&shard).copied().unwrap_or_default();
		match files.get(place) {
			Some(file) if file.info(&tensor).is_some() => places.insert(tensor, place),
			_ => {
				let missing = TensorError::Missing(tensor);
				return Err(FileError::tensor(&directory.join(shard), missing));
			},
		};
	}
	Ok((files, places))
}

/// Computes the hash of the model and that of each tensor.
fn content_hash(
	config: &BaseConfig,
	files: &[TensorFile<fs::File>],
	places: BTreeMap<String, usize>,
) -> Result<(Hash, BTreeMap<String, TensorPlace>), FileError> {
	let mut content = DOMAIN.to_vec();
	push(&mut content, &config.encode());
	let mut tensors = BTreeMap::new();
	for (name, number) in places {
		let file = files.get(number);
		let Some((file, info)) = file.and_then(|file| Some((file, file.info(&name)?))) else {
			continue;
		};
		push(&mut content, name.as_bytes());
		push(&mut content, info.dtype.to_string().as_bytes());
		let shape: Vec<u8> = info.shape.iter().flat_map(|n| (*n as u64).to_le_bytes()).collect();
		push(&mut content, &shape);
		let hash = blob_hash(&file.bytes(info)?);
		content.extend(hash);
		tensors.insert(name, TensorPlace { file: number, hash });
	}
	Ok((blob_hash(&content), tensors))
}

/// Appends `part` after its length, so that two parts cannot be mistaken for others.
fn push(content: &mut Vec<u8>, part: &[u8]) {
	content.extend((part.len() as u64).to_le_bytes());
	content.extend(part);
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::files::{tensors::TensorWriter, tiny};
	use std::collections::HashMap;

	const QUERY: &str = "encoder.layer.0.attention.self.query.weight";

	fn model() -> (tempfile::TempDir, tiny::TinyConfig) {
		let directory = tempfile::tempdir().unwrap();
		let config = tiny::TinyConfig::default();
		tiny::bert(directory.path(), &["good film", "bad film"], &config).unwrap();
		(directory, config)
	}

	/// Reads all tensors of the single file.
	fn tensors(directory: &Path) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
		let file = TensorFile::open(&directory.join(SINGLE)).unwrap();
		let read = |name: String| {
			let shape = file.info(&name).unwrap().shape.clone();
			let values = file.get(&name, &shape, None).unwrap();
			(name, (shape, values))
		};
		file.names().into_iter().map(read).collect()
	}

	fn write(path: &Path, tensors: &BTreeMap<String, (Vec<usize>, Vec<f32>)>) {
		let mut writer = TensorWriter::default();
		for (name, (shape, values)) in tensors {
			writer.add(name, shape, values);
		}
		fs::write(path, writer.finish(path, &[]).unwrap()).unwrap();
	}

	/// Spreads the single file over two shards.
	fn shard(directory: &Path) {
		let all = tensors(directory);
		let mut map = HashMap::new();
		for number in 0..2 {
			let part: BTreeMap<_, _> = all.clone().into_iter().skip(number).step_by(2).collect();
			let name = format!("model-{number}.safetensors");
			write(&directory.join(&name), &part);
			map.extend(part.into_keys().map(|tensor| (tensor, name.clone())));
		}
		fs::remove_file(directory.join(SINGLE)).unwrap();
		let index = serde_json::json!({ "metadata": { "total_size": 1 }, "weight_map": map });
		fs::write(directory.join(INDEX), index.to_string()).unwrap();
	}

	fn refusal(directory: &Path) -> TensorError {
		match Weights::open(directory) {
			Err(FileError::Tensor { source, .. }) => source,
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn tensor_should_be_found_when_either_side_has_a_prefix_or_an_old_name() {
		let (directory, config) = model();
		let shape = [config.hidden_size; 2];
		let open = || Weights::open(directory.path()).unwrap();
		let bare = open();
		let query = bare.get(QUERY, &shape).unwrap();
		let width = [config.hidden_size];
		let norms = ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"]
			.map(|name| (name, bare.get(name, &width).unwrap()));
		assert_eq!(bare.get(&format!("bert.{QUERY}"), &shape).unwrap(), query);
		let path = directory.path().join(SINGLE);
		let renamed = tensors(directory.path()).into_iter().map(|(name, tensor)| {
			let old = name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta");
			(format!("bert.{old}"), tensor)
		});
		write(&path, &renamed.collect());
		let prefixed = open();
		for name in [QUERY, &format!("bert.{QUERY}")] {
			assert_eq!(prefixed.get(name, &shape).unwrap(), query);
		}
		for (name, expected) in norms {
			assert_eq!(prefixed.get(name, &width).unwrap(), expected);
		}
		assert!(!prefixed.has("encoder.layer.9.attention.self.query.weight"));
		assert!(matches!(
			prefixed.get("pooler.weight", &[1]),
			Err(FileError::Tensor { source: TensorError::Missing(_), .. })
		));
	}

	#[test]
	fn shards_should_give_the_same_tensors_and_hash_as_one_file() {
		let (directory, config) = model();
		let single = Weights::open(directory.path()).unwrap();
		let query = single.get(QUERY, &[config.hidden_size; 2]).unwrap();
		shard(directory.path());
		let sharded = Weights::open(directory.path()).unwrap();
		assert_eq!(sharded.get(QUERY, &[config.hidden_size; 2]).unwrap(), query);
		assert_eq!(sharded.hash(), single.hash());
	}

	#[test]
	fn tensor_should_be_refused_when_its_file_was_overwritten_since() {
		let (directory, config) = model();
		let weights = Weights::open(directory.path()).unwrap();
		let path = directory.path().join(SINGLE);
		let mut bytes = fs::read(&path).unwrap();
		let last = bytes.len() - 2;
		bytes[last] ^= 1;
		fs::write(&path, bytes).unwrap();
		let name = "pooler.dense.weight";
		let error = weights.get(name, &[config.hidden_size; 2]).unwrap_err();
		assert!(matches!(error, FileError::Tensor { source: TensorError::Changed(_), .. }));
		assert!(weights.get(QUERY, &[config.hidden_size; 2]).is_ok());
	}

	#[test]
	fn hash_should_differ_when_a_weight_a_name_or_the_config_differs() {
		let (directory, _) = model();
		let hash = || Weights::open(directory.path()).unwrap().hash();
		let mut hashes = vec![hash()];
		let path = directory.path().join(SINGLE);
		let original = tensors(directory.path());
		let mut changed = original.clone();
		changed.get_mut(QUERY).unwrap().1[3] += 1e-3;
		write(&path, &changed);
		hashes.push(hash());
		let mut renamed = original.clone();
		let query = renamed.remove(QUERY).unwrap();
		renamed.insert(QUERY.replace("query", "quary"), query);
		write(&path, &renamed);
		hashes.push(hash());
		let mut reshaped = original.clone();
		reshaped.get_mut("pooler.dense.bias").unwrap().0.push(1);
		write(&path, &reshaped);
		hashes.push(hash());
		write(&path, &original);
		let config = directory.path().join("config.json");
		let text = fs::read_to_string(&config).unwrap();
		fs::write(&config, text.replace("\"gelu\"", "\"relu\"")).unwrap();
		hashes.push(hash());
		for (i, a) in hashes.iter().enumerate() {
			assert!(hashes[..i].iter().all(|b| a != b), "{i}");
		}
		// What describes only the file does not count.
		fs::write(&config, text.replace('{', "{ \"transformers_version\": \"9\",")).unwrap();
		assert_eq!(hash(), hashes[0]);
	}

	#[test]
	fn directory_should_be_refused_with_its_own_reason_when_files_are_missing() {
		let (directory, _) = model();
		shard(directory.path());
		let index = directory.path().join(INDEX);
		let text = fs::read_to_string(&index).unwrap();
		let with = |from: &str, to: &str| {
			fs::write(&index, text.replace(from, to)).unwrap();
			Weights::open(directory.path()).unwrap_err()
		};
		let outside = with("model-0", "../model-0");
		assert!(matches!(outside, FileError::Tensor { source: TensorError::ShardName(_), .. }));
		assert!(matches!(with("model-0", "model-7"), FileError::Io { .. }));
		let missing = with(QUERY, "encoder.layer.7.query").to_string();
		assert!(missing.ends_with("there is no tensor 'encoder.layer.7.query'"), "{missing}");
		assert!(matches!(with("weight_map", "weights"), FileError::Json { .. }));
		fs::write(&index, r#"{ "weight_map": {} }"#).unwrap();
		assert!(matches!(refusal(directory.path()), TensorError::ShardCount { found: 0, .. }));
		fs::remove_file(&index).unwrap();
		assert!(matches!(refusal(directory.path()), TensorError::NoWeights { hint: "" }));
		fs::write(directory.path().join("pytorch_model.bin"), "").unwrap();
		assert!(refusal(directory.path()).to_string().contains("convert pytorch_model.bin"));
	}

	#[test]
	fn file_should_be_refused_when_cut_and_the_tensor_named_when_it_is_not_a_number() {
		let (directory, config) = model();
		let path = directory.path().join(SINGLE);
		let mut all = tensors(directory.path());
		all.get_mut(QUERY).unwrap().1[5] = f32::NAN;
		write(&path, &all);
		let error = Weights::open(directory.path())
			.unwrap()
			.get(QUERY, &[config.hidden_size; 2])
			.unwrap_err()
			.to_string();
		assert!(error.contains(&format!("tensor '{QUERY}' holds NaN at position 5")), "{error}");
		let bytes = fs::read(&path).unwrap();
		fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
		assert!(matches!(refusal(directory.path()), TensorError::Truncated { .. }));
	}
}
