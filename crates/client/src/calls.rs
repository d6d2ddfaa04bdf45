//! Calls of the runtime and their JSON, in both directions, by the types of the chain's metadata.
//!
//! | type | JSON |
//! | --- | --- |
//! | account | its address on this network, `0x` public key, or `//Name` |
//! | bytes, hashes | `0x` and the digits; bytes of any length also as plain text |
//! | whole numbers | number, or its digits as text; of 128 bits also `"1.5 OPEN"` |
//! | shares such as `Permill` | their parts, or `"37.5 %"` |
//! | struct | object; unnamed fields as a list; one unnamed field as that field alone |
//! | enum | `"Name"`, or `{"Name": fields}` |
//! | option | `null`, or the value |
//! | list, tuple | list |
//!
//! A call within a call is an enum of pallets of enums of calls:
//! `{"Balances": {"transfer_all": {"dest": "//Bob", "keep_alive": false}}}`.

mod decode;
mod encode;
mod share;
#[cfg(test)]
mod tests;

use crate::{
	error::{Error, Result},
	format::hex,
};
use openledger_primitives::blake2_256;
use serde_json::Value;
use subxt::Metadata;

/// Levels of types within types that are followed: more than any call needs, and few enough for the
/// stack.
const DEEPEST: usize = 256;
/// Characters of a text that are shown to people.
const SHOWN: usize = 80;

/// How amounts and shares are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amounts {
	/// `"1500000000000000000"` and `375000`, for machines.
	Units,
	/// `"1.5 OPEN"` and `"37.5 %"`, for people.
	Open,
}

/// A call whose pallet, name and arguments are known.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded {
	/// The pallet's name.
	pub pallet: String,
	/// The call's name.
	pub name: String,
	/// The arguments by name.
	pub arguments: Value,
}

impl Decoded {
	/// Names the call as `Pallet.call`.
	pub fn label(&self) -> String {
		format!("{}.{}", self.pallet, self.name)
	}

	/// Writes `Pallet.call` and its arguments below, indented by what holds them; long texts are cut off.
	pub fn text(&self) -> String {
		let mut lines = vec![self.label()];
		outline(&self.arguments, 1, &mut lines);
		lines.join("\n")
	}
}

/// One line for each value that holds no others.
fn outline(value: &Value, depth: usize, lines: &mut Vec<String>) {
	let entries: Vec<(String, &Value)> = match value {
		Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
		Value::Array(items) => {
			items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect()
		},
		_ => return,
	};
	let indent = "  ".repeat(depth);
	for (name, value) in entries {
		match plain(value) {
			Some(text) => lines.push(format!("{indent}{name}: {text}")),
			None => {
				lines.push(format!("{indent}{name}:"));
				outline(value, depth.saturating_add(1), lines);
			},
		}
	}
}

/// A value that holds no others, long texts cut off.
fn plain(value: &Value) -> Option<String> {
	Some(match value {
		Value::String(text) if text.len() > SHOWN => {
			let beginning = crate::format::beginning(text, SHOWN / 2);
			match text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok()) {
				// The hash is what people compare with that of their own file.
				Some(bytes) => {
					format!("{beginning} ({} bytes, blake2-256 {})", bytes.len(), hex(hash(&bytes)))
				},
				None => format!("{beginning} ({} bytes)", text.len()),
			}
		},
		Value::String(text) => crate::format::text(text.as_bytes()),
		Value::Array(items) if items.is_empty() => "none".into(),
		Value::Object(fields) if fields.is_empty() => "none".into(),
		Value::Array(_) | Value::Object(_) => return None,
		Value::Null => "none".into(),
		other => other.to_string(),
	})
}

/// The hash that a call is known by.
pub fn hash(call: &[u8]) -> [u8; 32] {
	blake2_256(call).0
}

/// The bytes of the call `pallet.name` with these arguments: an object by name, or a list in order.
///
/// # Errors
/// [`Error::BadArguments`], naming the argument that does not fit its type.
pub fn encode(metadata: &Metadata, pallet: &str, name: &str, arguments: &Value) -> Result<Vec<u8>> {
	let found = metadata.pallet_by_name(pallet).ok_or_else(|| {
		let names = metadata.pallets().filter(|pallet| pallet.call_ty_id().is_some());
		let names: Vec<_> = names.map(|pallet| pallet.name()).collect();
		Error::BadArguments(format!(
			"this chain has no pallet '{pallet}': give one of {}",
			names.join(", ")
		))
	})?;
	let call = found.call_variant_by_name(name).ok_or_else(|| {
		let names: Vec<_> =
			found.call_variants().unwrap_or_default().iter().map(|call| &*call.name).collect();
		Error::BadArguments(format!(
			"{pallet} has no call '{name}': give one of {}",
			names.join(", ")
		))
	})?;
	let mut bytes = vec![found.call_index(), call.index];
	let encoded = encode::fields(arguments, &call.fields, metadata.types(), &mut bytes);
	encoded.map_err(|wrong| Error::BadArguments(format!("{pallet}.{name}: {wrong}")))?;
	Ok(bytes)
}

/// What the bytes of a call say; all of them must belong to it.
///
/// # Errors
/// [`Error::UnknownCall`] if they are no call of this chain.
pub fn decode(metadata: &Metadata, bytes: &[u8], amounts: Amounts) -> Result<Decoded> {
	let calls = metadata.outer_enums().call_enum_ty();
	let value = decode::value(bytes, calls, metadata.types(), amounts);
	value
		.and_then(named)
		.ok_or_else(|| Error::UnknownCall(crate::format::beginning(&hex(bytes), SHOWN)))
}

/// Takes `{"Pallet": {"call": {…}}}` apart; a call without arguments is only its name.
fn named(value: Value) -> Option<Decoded> {
	let Value::Object(outer) = value else { return None };
	let (pallet, inner) = outer.into_iter().next()?;
	let (name, arguments) = match inner {
		Value::String(name) => (name, Value::Object(Default::default())),
		Value::Object(inner) => inner.into_iter().next()?,
		_ => return None,
	};
	Some(Decoded { pallet, name, arguments })
}
