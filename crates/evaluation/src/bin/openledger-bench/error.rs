//! What can go wrong, and which exit code it has.

use std::path::Path;

/// The result of a measurement.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of a measurement.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// Files, anything unexpected. Exit code 1.
	#[error("{0}")]
	Failure(String),
	/// Options that make no sense. Exit code 2.
	#[error("{0}")]
	Usage(String),
	/// A table or file is not what it should be. Exit code 5.
	#[error("{0}")]
	BadData(String),
}

impl Error {
	/// The exit code, that of the same failure of the client.
	pub fn code(&self) -> u8 {
		match self {
			Self::Failure(_) => 1,
			Self::Usage(_) => 2,
			Self::BadData(_) => 5,
		}
	}

	/// A failure while handling a file.
	pub fn io(action: &str, path: &Path, error: std::io::Error) -> Self {
		Self::Failure(format!("cannot {action} {}: {error}", path.display()))
	}

	/// Puts the place before the message of bad data; other errors stay as they are.
	pub fn in_file(self, path: &Path) -> Self {
		match self {
			Self::BadData(message) => Self::BadData(format!("{}: {message}", path.display())),
			other => other,
		}
	}
}

impl From<openledger_models::Error> for Error {
	fn from(error: openledger_models::Error) -> Self {
		use openledger_models::Error as E;
		let message = error.to_string();
		match error {
			E::Rows(error) => error.into(),
			E::Io { .. } | E::Diverged { .. } => Self::Failure(message),
			E::Setting { .. } => Self::Usage(message),
			_ => Self::BadData(message),
		}
	}
}

impl From<openledger_rows::Error> for Error {
	fn from(error: openledger_rows::Error) -> Self {
		match error {
			openledger_rows::Error::Io { .. } => Self::Failure(error.to_string()),
			_ => Self::BadData(error.to_string()),
		}
	}
}
