//! Finds the programs that are tested.

use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// The name of the node's program.
pub const NODE: &str = "openledger-node";
/// The name of the command line client's program.
pub const CLIENT: &str = "openledger";

/// Finds a program of this workspace: in `OPENLEDGER_BIN_DIR` if that is set, otherwise beside the
/// running program or up to two folders above it, since tests run from `deps/`.
///
/// # Errors
/// If there is no such file; the message says how to build it.
pub fn find(program: &str) -> Result<PathBuf> {
	find_in("", program)
}

/// Finds an example program of this workspace, in the folder `examples` of where [`find`] looks.
/// Examples are built by `cargo test --workspace`, before any test runs.
///
/// # Errors
/// The errors of [`find`].
pub fn find_example(example: &str) -> Result<PathBuf> {
	find_in("examples", example)
}

fn find_in(subfolder: impl AsRef<Path>, program: &str) -> Result<PathBuf> {
	let folders: Vec<PathBuf> = match std::env::var_os("OPENLEDGER_BIN_DIR") {
		Some(folder) => vec![PathBuf::from(folder)],
		None => {
			let running =
				std::env::current_exe().map_err(crate::error::io("find the running program"))?;
			running.ancestors().skip(1).take(3).map(PathBuf::from).collect()
		},
	};
	let folders: Vec<_> = folders.iter().map(|folder| folder.join(&subfolder)).collect();
	folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file()).ok_or_else(|| {
		Error::ProgramMissing {
			program: program.into(),
			looked_in: folders
				.iter()
				.map(|folder| folder.display().to_string())
				.collect::<Vec<_>>()
				.join(", "),
		}
	})
}
