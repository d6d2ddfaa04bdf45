//! Files that measurements read and write.

use crate::error::{Error, Result};
use openledger_rows::{Dataset, Schema};
use std::path::Path;

/// Writes a file.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
	std::fs::write(path, content).map_err(|e| Error::io("write", path, e))
}

/// Reads rows, of numbers or of text.
pub fn read_rows(path: &Path, schema: &Schema) -> Result<Dataset> {
	Dataset::read(path, schema).map_err(|e| Error::from(e).in_file(path))
}
