//! What commands print: one document for machines or tables for people on standard output, and
//! everything else on standard error.

use crate::error::{Error, Result};
pub use openledger_client::format::{beginning, hex, one_line, open, text};
use openledger_client::keys::AccountId;
pub use openledger_output::{fields, table, Column, Console};
use serde::Serialize;
use serde_json::Value;

/// The result of a command.
pub struct Report {
	/// The document for machines, an object.
	pub json: Value,
	/// The text for people.
	pub text: String,
	/// Set if the command has a result to show and failed all the same, such as a verification
	/// that found a fault.
	pub error: Option<Error>,
}

impl Report {
	/// A result without fault, its document one of the [`views`](crate::views).
	///
	/// # Errors
	/// [`Error::Failure`] if the view cannot be written as JSON, which is a mistake of this program.
	pub fn of(view: &impl Serialize, text: impl Into<String>) -> Result<Self> {
		let json = serde_json::to_value(view)
			.map_err(|error| Error::Failure(format!("cannot print the result as JSON: {error}")))?;
		Ok(Self { json, text: text.into(), error: None })
	}

	/// The same result with a fault, if there is one.
	pub fn with_error(self, error: Option<Error>) -> Self {
		Self { error, ..self }
	}
}

/// The beginning and the end of an address or a hash.
pub fn short(text: &str) -> String {
	let count = text.chars().count();
	if count <= 16 {
		return text.to_owned();
	}
	let head: String = text.chars().take(8).collect();
	let tail: String = text.chars().skip(count.saturating_sub(5)).collect();
	format!("{head}…{tail}")
}

/// The addresses of accounts, in their order.
pub fn accounts(accounts: &[AccountId]) -> Vec<String> {
	accounts.iter().map(ToString::to_string).collect()
}

/// A document stored as text: its JSON, or the text itself where it is none.
pub fn document(bytes: &[u8]) -> Value {
	serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text(bytes)))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn short_should_keep_both_ends_when_text_is_long() {
		assert_eq!(short("e3Ly4EgZjVjwj7RE6WG2norBThc1RaXWBfxnqKV289EL7LbyH"), "e3Ly4EgZ…7LbyH");
		assert_eq!(short("0x12"), "0x12");
	}

	#[test]
	fn document_should_be_text_when_it_is_not_json() {
		assert_eq!(document(b"{\"kind\":\"mlp\"}")["kind"], "mlp");
		assert_eq!(document(b"mlp"), "mlp");
	}
}
