//! The state of an unfinished computation in a file (safetensors).

use super::tangents::Tangents;
use crate::{Contribution, Error, Result};
use openledger_models::{
	tensors::{Reader, Writer},
	train::{OptimiserState, TrainingRun},
	Hash, Matrix, Model, TrainConfig,
};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use std::{
	fs::File,
	io::Write,
	path::{Path, PathBuf},
};

const WHAT: &str = "checkpoint";

/// The state of an unfinished computation, read from its file.
pub(super) struct Saved {
	/// Steps of the run that were followed before the state was saved.
	pub step: u64,
	/// The parameters after these steps, `[coordinates]`.
	pub parameters: Vec<f32>,
	pub state: OptimiserState,
	pub tangents: Tangents,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SavedHeader {
	/// Of model, recipe and contributions.
	#[serde(with = "openledger_models::hex_hash")]
	run: Hash,
	step: u64,
	/// The bits of both powers in the optimiser's state: JSON rounds numbers.
	powers: (u32, u32),
	/// Of all other content: a tensor has no checksum of its own.
	#[serde(with = "openledger_models::hex_hash")]
	digest: Hash,
}

/// The tensors of a file by name, all of single precision.
type Tensors<'a> = [(&'static str, Vec<usize>, &'a [f32]); 6];

fn tensors<'a>(
	parameters: &'a [f32],
	state: &'a OptimiserState,
	tangents: &'a Tangents,
) -> Tensors<'a> {
	let single = |values: &[f32]| vec![values.len()];
	let many = |matrix: &Matrix<f32>| vec![matrix.rows(), matrix.columns()];
	[
		("parameters", single(parameters), parameters),
		("first", single(&state.first), &state.first),
		("second", single(&state.second), &state.second),
		("tangents.parameters", many(&tangents.parameters), tangents.parameters.values()),
		("tangents.first", many(&tangents.first), tangents.first.values()),
		("tangents.second", many(&tangents.second), tangents.second.values()),
	]
}

/// Tells runs apart: the model, the recipe, and each contribution's number and rows.
pub(super) fn identity(
	model: &Model,
	config: &TrainConfig,
	contributions: &[Contribution],
) -> Result<Hash> {
	let recipe = serde_json::to_vec(config)
		.map_err(|source| Error::Json { what: "training recipe", source })?;
	let mut bytes = model.hash().to_vec();
	bytes.extend(openledger_models::blake2_256(&recipe));
	for contribution in contributions {
		bytes.extend(contribution.id.to_le_bytes());
		bytes.extend(contribution.rows.content_root());
	}
	Ok(openledger_models::blake2_256(&bytes))
}

/// The hash of everything but the run's identity, given the hash of each tensor.
fn digest(step: u64, powers: (u32, u32), tensors: &[Hash]) -> Hash {
	let mut bytes = step.to_le_bytes().to_vec();
	bytes.extend(powers.0.to_le_bytes());
	bytes.extend(powers.1.to_le_bytes());
	tensors.iter().for_each(|hash| bytes.extend(hash));
	openledger_models::blake2_256(&bytes)
}

/// Writes a checkpoint after `step` steps. The file is replaced only once the new one is complete.
pub(super) fn write(
	path: &Path,
	run_identity: &Hash,
	step: u64,
	run: &TrainingRun,
	tangents: &Tangents,
) -> Result<()> {
	tangents.check()?;
	let (mut writer, mut hashes) = (Writer::default(), Vec::new());
	for (name, shape, values) in tensors(run.parameters(), run.state(), tangents) {
		let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
		hashes.push(openledger_models::blake2_256(&bytes));
		if !values.is_empty() {
			writer.bytes(name, Dtype::F32, &shape, bytes);
		}
	}
	let powers = (run.state().powers.0.to_bits(), run.state().powers.1.to_bits());
	let digest = digest(step, powers, &hashes);
	let bytes = writer.finish(WHAT, &SavedHeader { run: *run_identity, step, powers, digest })?;
	let mut part = path.as_os_str().to_owned();
	part.push(".part");
	let part = PathBuf::from(part);
	let io = |source| Error::io("write", path, source);
	let mut file = File::create(&part).map_err(io)?;
	file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io)?;
	std::fs::rename(&part, path).map_err(io)
}

impl Saved {
	/// Reads a checkpoint of the run with `run_identity`; `state` and `tangents` have its shapes.
	/// `None` if there is no file.
	pub fn read(
		path: &Path,
		run_identity: &Hash,
		state: &OptimiserState,
		tangents: &Tangents,
	) -> Result<Option<Self>> {
		let bytes = match std::fs::read(path) {
			Ok(bytes) => bytes,
			Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
			Err(source) => return Err(Error::io("read", path, source)),
		};
		let (reader, header) = Reader::open::<SavedHeader>(WHAT, &bytes)?;
		if header.run != *run_identity {
			let reason = format!(
				"{} was made for another model, another recipe or other contributions: name \
				 another file, or delete it to start again",
				path.display()
			);
			return Err(Error::setting("checkpoint", reason));
		}
		let (mut values, mut hashes) = (Vec::new(), Vec::new());
		for (name, shape, expected) in tensors(&vec![0.0; state.first.len()], state, tangents) {
			if expected.is_empty() {
				values.push(Vec::new());
				hashes.push(openledger_models::blake2_256(&[]));
				continue;
			}
			hashes.push(openledger_models::blake2_256(reader.bytes(name, Dtype::F32, &shape)?));
			values.push(reader.f32(name, &shape)?);
		}
		if header.digest != digest(header.step, header.powers, &hashes) {
			let reason = "its content does not have the hash it was written with: delete it to \
			              start again";
			return Err(Error::malformed(WHAT, reason));
		}
		let mut values = values.into_iter();
		let mut next = || values.next().unwrap_or_default();
		let powers = (f32::from_bits(header.powers.0), f32::from_bits(header.powers.1));
		Ok(Some(Self {
			step: header.step,
			parameters: next(),
			state: OptimiserState { first: next(), second: next(), powers, ..state.clone() },
			tangents: tangents.with_values(next),
		}))
	}
}
