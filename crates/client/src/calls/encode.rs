//! Encodes JSON to SCALE.

use super::{share, DEEPEST};
use crate::{amount::Amount, keys::parse_account};
use codec::{Compact, Encode};
use scale_info::{
	form::PortableForm, Field, PortableRegistry, Type, TypeDef, TypeDefPrimitive, TypeDefVariant,
	Variant,
};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, String>;

/// Appends the encoding of a call's fields. The error says which field does not fit, and why.
pub(super) fn fields(
	json: &Value,
	fields: &[Field<PortableForm>],
	types: &PortableRegistry,
	out: &mut Vec<u8>,
) -> Result<()> {
	let mut encoder = Encoder { types, out, place: Vec::new(), depth: 0 };
	encoder.fields(json, fields)
}

/// Appends the encoding of a value of the type `id`.
#[cfg(test)]
pub(super) fn value(
	json: &Value,
	id: u32,
	types: &PortableRegistry,
	out: &mut Vec<u8>,
) -> Result<()> {
	Encoder { types, out, place: Vec::new(), depth: 0 }.value(json, id)
}

struct Encoder<'a> {
	types: &'a PortableRegistry,
	out: &'a mut Vec<u8>,
	/// The names and numbers that lead to the value in question.
	place: Vec<String>,
	depth: usize,
}

impl<'a> Encoder<'a> {
	fn value(&mut self, json: &Value, id: u32) -> Result<()> {
		if self.depth >= DEEPEST {
			return Err(self.wrong(format!("this is nested more than {DEEPEST} levels deep")));
		}
		self.depth += 1;
		let ty = self.resolve(id)?;
		match (&ty.type_def, ty.path.segments.last().map(|name| &**name), json) {
			(TypeDef::Composite(_), Some("AccountId32"), _) => self.account(json)?,
			(TypeDef::Variant(variants), Some("MultiAddress"), Value::String(_)) => {
				if let Some(id) = variants.variants.iter().find(|variant| variant.name == "Id") {
					self.out.push(id.index);
				}
				self.account(json)?;
			},
			(TypeDef::Composite(_), Some(name), Value::String(_))
				if share::accuracy(name).is_some() =>
			{
				let (parts, bytes) = self.shorten(json, ty)?;
				self.out.extend_from_slice(parts.to_le_bytes().get(..bytes).unwrap_or_default());
			},
			(TypeDef::Variant(variants), Some("Option"), _) => self.option(json, variants)?,
			(TypeDef::Composite(composite), ..) => self.fields(json, &composite.fields)?,
			(TypeDef::Variant(variants), ..) => self.variant(json, variants)?,
			(TypeDef::Sequence(sequence), ..) => self.sequence(json, sequence.type_param.id)?,
			(TypeDef::Array(array), ..) => self.array(json, array.type_param.id, array.len)?,
			(TypeDef::Tuple(tuple), ..) => {
				let ids: Vec<_> = tuple.fields.iter().map(|field| field.id).collect();
				self.in_order(json, &ids)?;
			},
			(TypeDef::Primitive(primitive), ..) => self.primitive(json, primitive)?,
			(TypeDef::Compact(compact), ..) => self.compact(json, compact.type_param.id)?,
			(TypeDef::BitSequence(_), ..) => {
				return Err(
					self.wrong("a row of bits cannot be written in JSON: give the call's bytes")
				)
			},
		}
		self.depth -= 1;
		Ok(())
	}

	fn resolve(&self, id: u32) -> Result<&'a Type<PortableForm>> {
		let unknown = || self.wrong(format!("the chain's metadata has no type {id}"));
		self.types.resolve(id).ok_or_else(unknown)
	}

	/// A message that begins with the place of the value.
	fn wrong(&self, reason: impl std::fmt::Display) -> String {
		match self.place.is_empty() {
			true => reason.to_string(),
			false => format!("'{}': {reason}", self.place.join(".")),
		}
	}

	fn expected(&self, what: impl std::fmt::Display, json: &Value) -> String {
		let found = crate::format::beginning(&json.to_string(), super::SHOWN);
		self.wrong(format!("expected {what}, found {found}"))
	}

	fn within(&mut self, place: impl ToString, json: &Value, id: u32) -> Result<()> {
		self.place.push(place.to_string());
		self.value(json, id)?;
		self.place.pop();
		Ok(())
	}

	fn account(&mut self, json: &Value) -> Result<()> {
		let text = json.as_str().ok_or_else(|| self.expected("an account", json))?;
		let account = parse_account(text).map_err(|reason| self.wrong(reason))?;
		self.out.extend_from_slice(&account.0);
		Ok(())
	}

	fn fields(&mut self, json: &Value, fields: &[Field<PortableForm>]) -> Result<()> {
		let ids: Vec<_> = fields.iter().map(|field| field.ty.id).collect();
		let names: Option<Vec<&str>> = fields.iter().map(|field| field.name.as_deref()).collect();
		match (names, json, ids.as_slice()) {
			(_, _, []) => self.nothing(json),
			(Some(names), Value::Object(given), _) => self.by_name(given, &names, &ids),
			(None, _, [only]) => self.value(json, *only),
			(_, Value::Array(_), _) => self.in_order(json, &ids),
			(Some(names), ..) => {
				Err(self.expected(format!("an object with {}", names.join(", ")), json))
			},
			(None, ..) => Err(self.expected(format!("a list of {} values", ids.len()), json)),
		}
	}

	fn nothing(&self, json: &Value) -> Result<()> {
		let empty = match json {
			Value::Null => true,
			Value::Array(items) => items.is_empty(),
			Value::Object(fields) => fields.is_empty(),
			_ => false,
		};
		empty.then_some(()).ok_or_else(|| self.expected("nothing", json))
	}

	fn by_name(&mut self, given: &Map<String, Value>, names: &[&str], ids: &[u32]) -> Result<()> {
		if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
			let known = names.join(", ");
			return Err(self.wrong(format!("there is no field '{unknown}': give {known}")));
		}
		for (name, id) in names.iter().zip(ids) {
			let json = given.get(*name);
			let json = json.ok_or_else(|| self.wrong(format!("the field '{name}' is missing")))?;
			self.within(name, json, *id)?;
		}
		Ok(())
	}

	fn in_order(&mut self, json: &Value, ids: &[u32]) -> Result<()> {
		if ids.is_empty() {
			return self.nothing(json);
		}
		let items = json.as_array().filter(|items| items.len() == ids.len());
		let what = || format!("a list of {} values", ids.len());
		let items = items.ok_or_else(|| self.expected(what(), json))?;
		for (at, (item, id)) in items.iter().zip(ids).enumerate() {
			self.within(at, item, *id)?;
		}
		Ok(())
	}

	fn option(&mut self, json: &Value, variants: &TypeDefVariant<PortableForm>) -> Result<()> {
		let inner = variants.variants.iter().find_map(|variant| variant.fields.first());
		match (json, inner) {
			(Value::Null, _) | (_, None) => self.out.push(0),
			(json, Some(inner)) => {
				self.out.push(1);
				self.value(json, inner.ty.id)?;
			},
		}
		Ok(())
	}

	fn variant(&mut self, json: &Value, variants: &TypeDefVariant<PortableForm>) -> Result<()> {
		let empty = Value::Null;
		let (name, content) = match json {
			Value::String(name) => (name, &empty),
			Value::Object(fields) if fields.len() == 1 => {
				fields.iter().next().ok_or_else(|| self.expected("a name", json))?
			},
			_ => return Err(self.expected("a name, or an object of one name", json)),
		};
		let variant = variants.variants.iter().find(|variant| variant.name == *name);
		let Some(Variant { index, fields, .. }) = variant else {
			let names: Vec<_> = variants.variants.iter().map(|variant| &*variant.name).collect();
			let names = names.join(", ");
			return Err(self.wrong(format!("there is no '{name}': give one of {names}")));
		};
		self.out.push(*index);
		self.place.push(name.clone());
		self.fields(content, fields)?;
		self.place.pop();
		Ok(())
	}

	fn is_byte(&self, id: u32) -> bool {
		let byte = |ty: &Type<_>| ty.type_def == TypeDef::Primitive(TypeDefPrimitive::U8);
		self.types.resolve(id).is_some_and(byte)
	}

	fn sequence(&mut self, json: &Value, id: u32) -> Result<()> {
		if let (Value::String(text), true) = (json, self.is_byte(id)) {
			let bytes = match text.strip_prefix("0x") {
				Some(digits) => hex::decode(digits).map_err(|e| self.wrong(e))?,
				None => text.clone().into_bytes(),
			};
			bytes.encode_to(self.out);
			return Ok(());
		}
		let items = json.as_array().ok_or_else(|| self.expected("a list", json))?;
		let count = u32::try_from(items.len()).map_err(|e| self.wrong(e))?;
		Compact(count).encode_to(self.out);
		items.iter().enumerate().try_for_each(|(at, item)| self.within(at, item, id))
	}

	fn array(&mut self, json: &Value, id: u32, length: u32) -> Result<()> {
		let what = |of| format!("{length} {of}");
		if let (Value::String(text), true) = (json, self.is_byte(id)) {
			let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
			let bytes = bytes.filter(|bytes| u32::try_from(bytes.len()) == Ok(length));
			let bytes = bytes
				.ok_or_else(|| self.expected(what("bytes as 0x and hexadecimal digits"), json))?;
			self.out.extend_from_slice(&bytes);
			return Ok(());
		}
		let items = json.as_array().filter(|items| u32::try_from(items.len()) == Ok(length));
		let items = items.ok_or_else(|| self.expected(what("values in a list"), json))?;
		items.iter().enumerate().try_for_each(|(at, item)| self.within(at, item, id))
	}

	fn primitive(&mut self, json: &Value, primitive: &TypeDefPrimitive) -> Result<()> {
		use TypeDefPrimitive as P;
		match primitive {
			P::Bool => {
				let value = json.as_bool().ok_or_else(|| self.expected("true or false", json))?;
				self.out.push(u8::from(value));
			},
			P::Char => {
				let mut text = json.as_str().unwrap_or_default().chars();
				let (first, None) = (text.next(), text.next()) else {
					return Err(self.expected("one character", json));
				};
				let value = first.ok_or_else(|| self.expected("one character", json))?;
				u32::from(value).encode_to(self.out);
			},
			P::Str => {
				let text = json.as_str().ok_or_else(|| self.expected("a text", json))?;
				text.encode_to(self.out);
			},
			P::U8 | P::U16 | P::U32 | P::U64 | P::U128 => {
				let (value, bytes) = self.unsigned(json, primitive)?;
				self.out.extend_from_slice(value.to_le_bytes().get(..bytes).unwrap_or_default());
			},
			P::I8 => self.signed(json, 1)?,
			P::I16 => self.signed(json, 2)?,
			P::I32 => self.signed(json, 4)?,
			P::I64 => self.signed(json, 8)?,
			P::I128 => self.signed(json, 16)?,
			P::U256 | P::I256 => {
				let message =
					"a number of 256 bits cannot be written in JSON: give the call's bytes";
				return Err(self.wrong(message));
			},
		}
		Ok(())
	}

	/// Reads a number, and how many bytes its type has.
	fn unsigned(&self, json: &Value, primitive: &TypeDefPrimitive) -> Result<(u128, usize)> {
		use TypeDefPrimitive as P;
		let bytes = match primitive {
			P::U8 => 1,
			P::U16 => 2,
			P::U32 => 4,
			P::U64 => 8,
			P::U128 => 16,
			_ => {
				return Err(self.wrong("this type cannot be written in JSON: give the call's bytes"))
			},
		};
		let most = u128::MAX >> (128 - 8 * bytes);
		let value = match json {
			Value::Number(number) => number.as_u64().map(u128::from),
			Value::String(text) => match text.strip_suffix("OPEN") {
				Some(amount) if bytes == 16 => {
					let amount: Amount = amount.trim().parse().map_err(|e| self.wrong(e))?;
					Some(amount.0)
				},
				_ => text.replace('_', "").parse().ok(),
			},
			_ => None,
		};
		let value = value.filter(|value| *value <= most).ok_or_else(|| {
			let or_text = if bytes == 16 { ", or an amount such as \"1.5 OPEN\"" } else { "" };
			self.expected(format!("a whole number from 0 to {most}{or_text}"), json)
		})?;
		Ok((value, bytes))
	}

	fn signed(&mut self, json: &Value, bytes: usize) -> Result<()> {
		let most = i128::MAX >> (128 - 8 * bytes);
		let least = !most;
		let value: Option<i128> = match json {
			Value::Number(number) => number.as_i64().map(i128::from),
			Value::String(text) => text.replace('_', "").parse().ok(),
			_ => None,
		};
		let value = value.filter(|value| (least..=most).contains(value));
		let what = || format!("a whole number from {least} to {most}");
		let value = value.ok_or_else(|| self.expected(what(), json))?;
		self.out.extend_from_slice(value.to_le_bytes().get(..bytes).unwrap_or_default());
		Ok(())
	}

	/// Appends a number in the short form of SCALE. The type may be a number or wrap one.
	fn compact(&mut self, json: &Value, id: u32) -> Result<()> {
		let (value, _) = self.shorten(json, self.resolve(id)?)?;
		Compact(value).encode_to(self.out);
		Ok(())
	}

	/// Reads a number or a share, and how many bytes its type has. The type may wrap that of a
	/// number.
	fn shorten(&self, json: &Value, mut ty: &'a Type<PortableForm>) -> Result<(u128, usize)> {
		let mut whole = None;
		// A struct of one field that holds itself could not be a value.
		for _ in 0..DEEPEST {
			whole = whole.or(ty.path.segments.last().and_then(|name| share::accuracy(name)));
			match &ty.type_def {
				TypeDef::Primitive(primitive) => {
					let text = json.as_str().filter(|text| text.ends_with('%'));
					let Some((text, whole)) = text.zip(whole) else {
						return self.unsigned(json, primitive);
					};
					let parts = share::parse(text, whole).map(Value::from);
					let what = || format!("percent that are a whole number of {whole}ths");
					let parts = parts.ok_or_else(|| self.expected(what(), json))?;
					return self.unsigned(&parts, primitive);
				},
				TypeDef::Composite(composite) => match composite.fields.as_slice() {
					[only] => ty = self.resolve(only.ty.id)?,
					_ => break,
				},
				_ => break,
			}
		}
		Err(self.wrong("this type cannot be written in JSON: give the call's bytes"))
	}
}
