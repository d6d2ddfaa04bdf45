//! `gov encode`, and the options that name a call to propose.

use crate::{
	context::Context,
	error::{Error, Result},
	output::{fields, hex, Report},
	views::governance as views,
};
use clap::Args;
use openledger_client::{
	calls::{self, Amounts, Decoded},
	chain::Hash,
};
use serde_json::{json, Value};
use std::path::PathBuf;
use subxt::Metadata;

/// The call to encode.
#[derive(Args, Debug)]
pub struct EncodeArguments {
	/// The pallet, such as Treasury
	pallet: String,
	/// The call, such as spend_local
	call: String,
	/// Its arguments as JSON: an object by name, or a list in order
	#[arg(value_parser = parse_json, default_value = "{}", value_name = "JSON")]
	arguments: Value,
}

/// Which call is proposed.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub struct CallOptions {
	/// The call's bytes: 0x and hexadecimal digits
	#[arg(long, value_name = "HEX", conflicts_with_all = ["call_file", "pallet"])]
	call: Option<String>,
	/// A file with the call's bytes, or with their hexadecimal digits after 0x
	#[arg(long, value_name = "FILE", conflicts_with = "pallet")]
	call_file: Option<PathBuf>,
	/// The call's pallet, such as Datanets
	#[arg(long, requires = "name")]
	pallet: Option<String>,
	/// The call's name, such as set_parameters
	#[arg(long, requires = "pallet")]
	name: Option<String>,
	/// The call's arguments as JSON: an object by name, or a list in order
	#[arg(long, value_name = "JSON", requires = "pallet", value_parser = parse_json)]
	args: Option<Value>,
}

fn parse_json(text: &str) -> std::result::Result<Value, String> {
	serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))
}

/// A call that the chain's runtime knows.
pub(super) struct KnownCall {
	/// The SCALE encoding of the call.
	pub bytes: Vec<u8>,
	/// This is blake2-256 of the encoding.
	pub hash: Hash,
	/// The call's pallet, name and arguments, with amounts in units.
	pub decoded: Decoded,
	/// The call in words, its amounts in OPEN.
	pub text: String,
}

impl KnownCall {
	/// # Errors
	/// [`Error::BadData`] if the bytes are no call of this runtime.
	pub fn new(metadata: &Metadata, bytes: Vec<u8>) -> Result<Self> {
		let decoded = calls::decode(metadata, &bytes, Amounts::Units)?;
		let text = calls::decode(metadata, &bytes, Amounts::Open)?.text();
		Ok(Self { hash: Hash(calls::hash(&bytes)), bytes, decoded, text })
	}

	pub fn view(&self) -> views::Call {
		views::Call::new(self.hash, self.bytes.len(), &self.decoded)
	}
}

impl CallOptions {
	/// Whether no call is named.
	pub fn is_empty(&self) -> bool {
		self.call.is_none() && self.call_file.is_none() && self.pallet.is_none()
	}

	/// # Errors
	/// If the call cannot be read, or is no call of this runtime.
	pub fn read(&self, metadata: &Metadata) -> Result<KnownCall> {
		let bytes = match (&self.call, &self.call_file, &self.pallet, &self.name) {
			(Some(digits), ..) => parse_digits(digits.trim()).ok_or_else(|| {
				Error::Usage("--call is not 0x and hexadecimal digits: see `gov encode`".into())
			})?,
			(_, Some(path), ..) => {
				let content = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
				parse_content(content)
			},
			(_, _, Some(pallet), Some(name)) => {
				let none = json!({});
				calls::encode(metadata, pallet, name, self.args.as_ref().unwrap_or(&none))?
			},
			_ => {
				let message = "name a call: --call, --call-file, or --pallet and --name";
				return Err(Error::Usage(message.into()));
			},
		};
		KnownCall::new(metadata, bytes)
	}
}

fn parse_digits(text: &str) -> Option<Vec<u8>> {
	hex::decode(text.strip_prefix("0x")?).ok()
}

/// The bytes that a file's text spells in hexadecimal, or else the file's own bytes.
fn parse_content(content: Vec<u8>) -> Vec<u8> {
	let spelled = std::str::from_utf8(&content).ok().and_then(|text| parse_digits(text.trim()));
	spelled.unwrap_or(content)
}

pub(super) async fn encode(context: &Context, arguments: EncodeArguments) -> Result<Report> {
	let best = context.chain().await?.best().await?;
	let metadata = best.metadata();
	let EncodeArguments { pallet, call, arguments } = arguments;
	let bytes = calls::encode(&metadata, &pallet, &call, &arguments)?;
	let call = KnownCall::new(&metadata, bytes)?;
	let text = fields(&[
		("call", hex(&call.bytes)),
		("hash", hex(call.hash)),
		("length", format!("{} bytes", call.bytes.len())),
	]);
	let document = views::Encoded { described: call.view(), call: (&call.bytes).into() };
	Report::of(&document, format!("{text}\n{}", call.text))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn file_should_be_digits_or_bytes_when_it_holds_a_call() {
		assert_eq!(parse_content(b"0x0a0b\n".to_vec()), [0x0a, 0x0b]);
		assert_eq!(parse_content(vec![0x0a, 0xff]), [0x0a, 0xff]);
		assert_eq!(parse_content(b"0x0".to_vec()), b"0x0");
		assert_eq!(parse_digits("0a0b"), None);
	}
}
