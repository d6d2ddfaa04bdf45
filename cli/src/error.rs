//! What can go wrong, which exit code it has, and what to do about it.

use serde_json::{json, Value};
use subxt::error::DispatchError;

/// The result of an operation of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the chain refused a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
	/// What was refused, and why.
	pub message: String,
	/// The pallet whose error it is, if it is a pallet's.
	pub pallet: Option<String>,
	/// The error's name.
	pub name: Option<String>,
}

/// A failure of a command. The exit code tells the kinds apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// Files, storage, anything unexpected. Exit code 1.
	#[error("{0}")]
	Failure(String),
	/// Options, amounts or keys that make no sense. Exit code 2.
	#[error("{0}")]
	Usage(String),
	/// No connection to the node. Exit code 3.
	#[error("cannot reach the chain at {url}: {reason}; start a node there, or give another address with --url")]
	Unreachable {
		/// The address tried.
		url: String,
		/// What the connection said.
		reason: String,
	},
	/// The chain refused a transaction, or would: that is found before it is sent and paid for, where
	/// it can be. Exit code 4.
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
		/// What is counted.
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

	/// `{"code", "kind", "message"}`, with `pallet` and `name` of a refusal, `length` and `limit` of
	/// what is too long.
	pub fn to_json(&self) -> Value {
		let mut error =
			json!({ "code": self.code(), "kind": self.kind(), "message": self.to_string() });
		match self {
			Self::Refused(Refusal { pallet, name, .. }) => {
				error["pallet"] = json!(pallet);
				error["name"] = json!(name);
			},
			Self::TooLong { length, limit, .. } => {
				error["length"] = json!(length);
				error["limit"] = json!(limit);
			},
			_ => {},
		}
		error
	}

	/// What `pallet` would refuse with its error `name`.
	pub fn foreseen(pallet: &str, name: &str, message: String) -> Self {
		Self::Refused(Refusal { message, pallet: Some(pallet.into()), name: Some(name.into()) })
	}

	/// A failure while handling a file.
	pub fn io(action: &str, path: &std::path::Path, error: std::io::Error) -> Self {
		Self::Failure(format!("cannot {action} {}: {error}", path.display()))
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

impl From<openledger_influence::Error> for Error {
	fn from(error: openledger_influence::Error) -> Self {
		use openledger_influence::Error as E;
		let message = error.to_string();
		match error {
			E::Io { .. } | E::Diverged { .. } => Self::Failure(message),
			E::Setting { .. } => Self::Usage(message),
			E::NoBase(_) => Self::Usage(format!("{message} with --base-model")),
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

/// Describes why the runtime refused `what`: pallet, error name and its documentation from the
/// chain's metadata.
pub fn refusal(what: &str, error: &DispatchError) -> Refusal {
	use subxt::error::{DispatchError as D, TokenError as T};
	let plain = |reason: String, name: &str| Refusal {
		message: format!("{what} was refused: {reason}"),
		pallet: None,
		name: Some(name.to_owned()),
	};
	match error {
		D::Module(module) => match module.details() {
			Ok(details) => {
				let docs = details.variant.docs.join(" ");
				let docs = docs.trim();
				let separator = if docs.is_empty() { "" } else { ": " };
				let (pallet, name) = (details.pallet.name(), &details.variant.name);
				Refusal {
					message: format!("{what} was refused by {pallet}.{name}{separator}{docs}"),
					pallet: Some(pallet.to_owned()),
					name: Some(name.clone()),
				}
			},
			Err(_) => plain(format!("{module}"), "Module"),
		},
		D::Token(T::FundsUnavailable) => plain(
			"insufficient balance: the account has not enough free OPEN".into(),
			"FundsUnavailable",
		),
		D::Token(T::BelowMinimum) => plain(
			"the receiving account would hold less than the existential deposit: send more".into(),
			"BelowMinimum",
		),
		D::Token(T::NotExpendable | T::OnlyProvider) => plain(
			"insufficient balance: the account must keep the existential deposit".into(),
			"NotExpendable",
		),
		D::Token(T::Frozen) => plain("part of the balance is frozen".into(), "Frozen"),
		D::BadOrigin => plain("this account may not do that".into(), "BadOrigin"),
		other => plain(other.to_string(), "Other"),
	}
}
