//! A task for other programs: rows, models, halves, and what was retrained on them.

use crate::{
	error::{Error, Result},
	training::write,
};
use openledger_influence::{
	evaluate::{Halves, Report, Task},
	train, TrainConfig,
};
use serde_json::json;
use std::{
	fs,
	path::{Path, PathBuf},
};

/// Writes a task to a directory of its name under `directory`, which it returns: `train.csv`,
/// `test.csv`, `model.safetensors`, `members/N.safetensors` (models of the same recipe and other
/// seeds, `members` with the first), and from `report` the halves of the training rows,
/// `subsets.json` `[subset][rows]`, with the mean margins of the models trained on each,
/// `outputs.json` `[test row][subset]`; both are empty if rows were not measured.
///
/// # Errors
/// [`Error::Failure`] if a file cannot be written, and those of training.
pub fn export(directory: &Path, task: &Task, report: &Report, members: usize) -> Result<PathBuf> {
	let directory = directory.join(&task.name);
	let folder = directory.join("members");
	fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
	write(&directory.join("train.csv"), task.train.to_bytes())?;
	write(&directory.join("test.csv"), task.test.to_bytes())?;
	for number in 0..members.max(1) {
		let path = match number {
			// Training is deterministic: the very model that was evaluated.
			0 => directory.join("model.safetensors"),
			_ => folder.join(format!("{number}.safetensors")),
		};
		let seed = task.config.seed.wrapping_add(number as u64);
		let config = TrainConfig { seed, ..task.config.clone() };
		write(&path, train(&task.train, &config, &mut |_| ())?.model.to_bytes())?;
	}
	let rows = report.lds.iter().find(|lds| lds.contribution_rows == 1);
	let none = Halves::default();
	let halves = rows.map_or(&none, |lds| &lds.halves);
	write(&directory.join("subsets.json"), json!(halves.subsets).to_string())?;
	write(&directory.join("outputs.json"), json!(halves.outputs).to_string())?;
	Ok(directory)
}
