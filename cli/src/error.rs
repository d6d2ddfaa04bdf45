//! What can go wrong, which exit code it has, and what to do about it.

pub use openledger_client::Refusal;

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of a command. The exit code tells the kinds apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file could not be read or written, or something unexpected happened. Exit code 1.
	#[error("{0}")]
	Failure(String),
	/// An option, an amount or a key makes no sense. Exit code 2.
	#[error("{0}")]
	Usage(String),
	/// The node cannot be reached. Exit code 3.
	#[error("cannot reach the chain at {url}: {reason}; start a node there, or give another address with --url")]
	Unreachable {
		/// The address that was tried.
		url: String,
		/// What the connection said.
		reason: String,
	},
	/// The chain refused a transaction, or would refuse it. Where that can be found out, it is found out
	/// before the transaction is sent and paid for. Exit code 4.
	#[error("{}", .0.message)]
	Refused(Refusal),
	/// A table or file is not what it should be. Exit code 5.
	#[error("{0}")]
	BadData(String),
	/// Something is longer than the chain takes. Exit code 5.
	#[error("{what} is too long: {length} {unit}, this chain takes at most {limit}")]
	TooLong {
		/// What it is, and where.
		what: String,
		/// How long it is.
		length: usize,
		/// What is counted, such as `bytes`.
		unit: &'static str,
		/// The chain's limit, in the same unit.
		limit: u32,
	},
	/// A check of the chain's result failed. Exit code 6.
	#[error("{0}")]
	Verification(String),
	/// Something did not happen in time. Exit code 7.
	#[error("{0}")]
	Timeout(String),
}

impl Error {
	/// The exit code: 1 failure, 2 usage, 3 unreachable, 4 refused, 5 bad data, 6 verification,
	/// 7 timeout.
	pub fn code(&self) -> u8 {
		match self {
			Self::Failure(_) => 1,
			Self::Usage(_) => 2,
			Self::Unreachable { .. } => 3,
			Self::Refused(_) => 4,
			Self::BadData(_) | Self::TooLong { .. } => 5,
			Self::Verification(_) => 6,
			Self::Timeout(_) => 7,
		}
	}

	/// The kind in one word, for machines.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::Failure(_) => "failure",
			Self::Usage(_) => "usage",
			Self::Unreachable { .. } => "unreachable",
			Self::Refused(_) => "refused",
			Self::BadData(_) => "bad_data",
			Self::TooLong { .. } => "too_long",
			Self::Verification(_) => "verification",
			Self::Timeout(_) => "timeout",
		}
	}

	/// What `pallet` would refuse with its error `name`.
	pub fn foreseen(pallet: &str, name: &str, message: String) -> Self {
		Self::Refused(Refusal::foreseen(pallet, name, message))
	}

	/// The name of the runtime's error, if the chain refused.
	pub fn refused_as(&self) -> Option<&str> {
		match self {
			Self::Refused(refusal) => refusal.name.as_deref(),
			_ => None,
		}
	}

	/// The same refusal in other words; other errors stay as they are.
	pub fn in_words(self, message: String) -> Self {
		match self {
			Self::Refused(refusal) => Self::Refused(Refusal { message, ..refusal }),
			other => other,
		}
	}

	/// A failure while handling a file.
	pub fn io(action: &str, path: &std::path::Path, error: std::io::Error) -> Self {
		Self::Failure(format!("cannot {action} {}: {error}", path.display()))
	}

	/// Puts what to do behind the message of bad data; other errors stay as they are.
	pub fn with_advice(self, advice: &str) -> Self {
		match self {
			Self::BadData(message) => Self::BadData(format!("{message}; {advice}")),
			other => other,
		}
	}

	/// Puts behind the message what a failure to reach the chain, or to read what it has, left undone;
	/// other errors stay as they are.
	pub fn with_note(self, note: impl std::fmt::Display) -> Self {
		match self {
			Self::Unreachable { url, reason } => {
				Self::Unreachable { url, reason: format!("{reason} ({note})") }
			},
			Self::Failure(message) => Self::Failure(format!("{message} ({note})")),
			other => other,
		}
	}

	/// Puts the place before the message of bad data; other errors stay as they are.
	pub fn in_file(self, file: impl std::fmt::Display) -> Self {
		match self {
			Self::BadData(message) => Self::BadData(format!("{file}: {message}")),
			Self::TooLong { what, length, unit, limit } => {
				Self::TooLong { what: format!("{file}: {what}"), length, unit, limit }
			},
			other => other,
		}
	}
}

/// What each failure of the client means to the user of a command: its kind, and what to do about it.
impl From<openledger_client::Error> for Error {
	fn from(error: openledger_client::Error) -> Self {
		use openledger_client::Error as E;
		let message = error.to_string();
		match error {
			E::BadAddress(_) => Self::Usage(format!("--url {message}")),
			E::BadKey(reason) => Self::Usage(format!(
				"--key is neither a file nor a secret URI ({reason}); give //Alice, a mnemonic in \
				 quotes, a 0x seed, or the path of a file that holds one"
			)),
			E::BadKeyFile(_)
			| E::BadAccount { .. }
			| E::ForeignAddress { .. }
			| E::BadAmount(_)
			| E::BadArguments(_) => Self::Usage(message),
			E::Unreachable { url, reason } => Self::Unreachable { url, reason },
			E::Refused(refusal) => Self::Refused(refusal),
			E::TooLong { what, length, unit, limit } => Self::TooLong { what, length, unit, limit },
			E::UnknownCall(_) | E::NoDelegation(_) | E::NoAcceptance(_) => Self::BadData(message),
			E::BadDelegation { .. } => Self::BadData(format!(
				"{message}: give what `openledger gov sign-delegation` printed"
			)),
			E::BadAcceptance { .. } => Self::BadData(format!(
				"{message}: give what `openledger gov council sign-acceptance` printed"
			)),
			E::BadClaim(_) => Self::Verification(message),
			E::NoProposal(_) => {
				Self::Failure(format!("{message}: see `openledger gov list --all`"))
			},
			E::NoVersion { datanet, .. } => Self::Failure(format!(
				"{message}: see `openledger datanet show {datanet}`, or publish it first"
			)),
			E::Unreadable(_)
			| E::NotFound { .. }
			| E::Syncing { .. }
			| E::NoSessionKeys(_)
			| E::Mismatch { .. }
			| E::Unsettled { .. }
			| E::Refunded { .. }
			| E::Io { .. } => Self::Failure(message),
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
			E::NoBase(_) => Self::Usage(format!("{message} with --base-model")),
			_ => Self::BadData(message),
		}
	}
}

impl From<openledger_rows::Error> for Error {
	fn from(error: openledger_rows::Error) -> Self {
		let message = error.to_string();
		match error {
			openledger_rows::Error::Io { .. } => Self::Failure(message),
			_ => Self::BadData(message),
		}
	}
}

impl From<openledger_blobs::BlobError> for Error {
	fn from(error: openledger_blobs::BlobError) -> Self {
		use openledger_blobs::BlobError as E;
		let message = error.to_string();
		match error {
			E::NotFound { .. } | E::Mismatch { .. } => Self::BadData(message),
			E::Io { .. } => Self::Failure(message),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_client::{
		governance::{SignedAcceptance, SignedDelegation},
		keys::Key,
		limits,
	};

	#[test]
	fn length_should_be_told_after_the_place_when_something_is_too_long() {
		let error = Error::from(limits::check("the input", 5, "bytes", 4).unwrap_err());
		let error = error.in_file("rows.csv: row 2");
		assert_eq!((error.code(), error.kind()), (5, "too_long"));
		assert_eq!(
			error.to_string(),
			"rows.csv: row 2: the input is too long: 5 bytes, this chain takes at most 4"
		);
	}

	#[test]
	fn option_or_command_should_be_named_when_it_helps_against_a_failure_of_the_client() {
		use openledger_client::Error as E;
		let Err(no_key) = Key::read("no such key") else { panic!("it was taken") };
		let Err(no_field) = SignedDelegation::from_json("{}") else { panic!("it was taken") };
		let Err(no_seat) = SignedAcceptance::from_json("{}") else { panic!("it was taken") };
		let nowhere = E::Unreachable { url: "ws://a".into(), reason: "refused".into() };
		for (error, code, words) in [
			(E::BadAddress("a".into()), 2, "--url 'a' is no WebSocket address"),
			(no_key, 2, "--key is neither a file nor a secret URI"),
			(nowhere, 3, "with --url"),
			(no_field, 5, "gov sign-delegation"),
			(no_seat, 5, "gov council sign-acceptance"),
			(E::NoProposal(7), 1, "no proposal 7 on this chain: see `openledger gov list --all`"),
			(E::NoVersion { datanet: 1, version: 2 }, 1, "see `openledger datanet show 1`"),
			(
				E::Syncing { missing: Box::new(E::NotFound { what: "model", id: 0 }), block: 7 },
				1,
				"no model 0 on this chain as far as this node knows, which still catches up",
			),
		] {
			let error = Error::from(error);
			assert_eq!(error.code(), code, "{error}");
			assert!(error.to_string().contains(words), "'{error}' lacks '{words}'");
		}
	}
}
