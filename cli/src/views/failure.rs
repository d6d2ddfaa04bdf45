//! What went wrong.

use crate::error::{Error, Refusal};
use serde::Serialize;
use serde_json::Value;

/// A command that fails prints what went wrong, beside the keys of what there is to show all the
/// same.
#[derive(Serialize, Debug)]
pub struct ErrorDocument {
	/// The command's own document. Most commands that fail have none.
	#[serde(flatten)]
	pub document: Option<Value>,
	pub error: ErrorDetails,
}

/// What went wrong.
#[derive(Serialize, Debug)]
pub struct ErrorDetails {
	/// The exit code of the program, from 1 to 7.
	pub code: u8,
	/// The kind of failure, such as `bad_data`. Exit code 5 has two, every other has one.
	pub kind: &'static str,
	/// It says for people what went wrong and what to do about it.
	pub message: String,
	/// Left out unless the chain refused, or would refuse, a transaction.
	#[serde(flatten)]
	pub refused: Option<Refused>,
	/// Left out unless `kind` is `too_long`.
	#[serde(flatten)]
	pub too_long: Option<TooLong>,
}

/// The error of the runtime.
#[derive(Serialize, Debug)]
pub struct Refused {
	/// It is `null` if the error is not a pallet's.
	pub pallet: Option<String>,
	/// The error's name in the runtime, such as `AlreadyVoted`. It is `null` if it has none.
	pub name: Option<String>,
}

/// A length beyond what the chain takes. What is counted, such as bytes, the message says.
#[derive(Serialize, Debug)]
pub struct TooLong {
	pub length: usize,
	/// The longest that the chain takes.
	pub limit: u32,
}

impl From<&Error> for ErrorDetails {
	fn from(error: &Error) -> Self {
		let (mut refused, mut too_long) = (None, None);
		match error {
			Error::Refused(Refusal { pallet, name, .. }) => {
				refused = Some(Refused { pallet: pallet.clone(), name: name.clone() });
			},
			&Error::TooLong { length, limit, .. } => too_long = Some(TooLong { length, limit }),
			_ => {},
		}
		let message = error.to_string();
		Self { code: error.code(), kind: error.kind(), message, refused, too_long }
	}
}
