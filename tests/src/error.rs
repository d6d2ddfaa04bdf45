//! What can go wrong while a system is tested.

use std::path::PathBuf;

/// Why a step on the running system did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A program of this workspace is not where programs are built.
	#[error("{program} was not found in {looked_in}; build it first with `cargo build --release --workspace --bins --examples`, or set OPENLEDGER_BIN_DIR to the folder that holds it")]
	ProgramMissing {
		program: String,
		/// The folders that were searched.
		looked_in: String,
	},
	/// A file, folder or process could not be used.
	#[error("cannot {what}: {source}")]
	Io {
		/// What was tried.
		what: String,
		/// What the operating system answered.
		source: std::io::Error,
	},
	/// The node ended by itself.
	#[error("the node ended with {status}; the end of its log ({log}) is:\n{tail}", log = log.display())]
	NodeEnded {
		status: String,
		log: PathBuf,
		/// The last lines of the log.
		tail: String,
	},
	/// Something did not happen in time.
	#[error("{what} did not happen within {seconds} seconds")]
	Timeout {
		/// What was waited for.
		what: String,
		/// For how many seconds.
		seconds: u64,
	},
	/// A command of the client failed.
	#[error("`{command}` failed with exit code {code}: {message}")]
	Command {
		/// The command line that was run.
		command: String,
		/// Its exit code, -1 if a signal ended it.
		code: i32,
		message: String,
	},
	/// A command of the client succeeded, but printed something unexpected.
	#[error("`{command}` printed something unexpected: {problem}")]
	Output { command: String, problem: String },
	/// The chain could not be read, or refused a transaction.
	#[error("chain: {0}")]
	Chain(Box<subxt::Error>),
	/// The chain's state or the data set is not what it must be.
	#[error("{0}")]
	Unexpected(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<subxt::Error> for Error {
	fn from(error: subxt::Error) -> Self {
		Self::Chain(Box::new(error))
	}
}

/// Names what was tried when the operating system refuses it.
pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
	move |source| Error::Io { what: what.into(), source }
}
