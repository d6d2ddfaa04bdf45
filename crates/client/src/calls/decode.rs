//! Decodes SCALE to JSON. The bytes may come from anybody.

use super::{share, Amounts, DEEPEST};
use crate::{amount::Amount, format::hex, keys::AccountId};
use codec::{Compact, Decode};
use scale_info::{
	form::PortableForm, Field, PortableRegistry, Type, TypeDef, TypeDefPrimitive, TypeDefVariant,
};
use serde_json::{json, Value};

/// The value of the type `id` that takes all of `bytes`; `None` if there is no such value.
pub(super) fn value(
	bytes: &[u8],
	id: u32,
	types: &PortableRegistry,
	amounts: Amounts,
) -> Option<Value> {
	let mut decoder = Decoder { types, input: bytes, amounts, depth: 0 };
	let value = decoder.value(id)?;
	decoder.input.is_empty().then_some(value)
}

struct Decoder<'a> {
	types: &'a PortableRegistry,
	input: &'a [u8],
	amounts: Amounts,
	depth: usize,
}

impl<'a> Decoder<'a> {
	fn value(&mut self, id: u32) -> Option<Value> {
		if self.depth >= DEEPEST {
			return None;
		}
		self.depth += 1;
		let ty: &'a Type<PortableForm> = self.types.resolve(id)?;
		let value = match (&ty.type_def, ty.path.segments.last().map(|name| &**name)) {
			(TypeDef::Composite(_), Some("AccountId32")) => self.account()?,
			(TypeDef::Variant(variants), Some("MultiAddress")) => {
				let by_id = variants.variants.iter().find(|variant| variant.name == "Id");
				match by_id.filter(|id| self.input.first() == Some(&id.index)) {
					Some(_) => {
						self.take(1)?;
						self.account()?
					},
					None => self.variant(variants)?,
				}
			},
			(TypeDef::Composite(composite), Some(name)) if share::accuracy(name).is_some() => {
				let parts = self.fields(&composite.fields)?;
				self.share(parts, share::accuracy(name))
			},
			(TypeDef::Variant(variants), Some("Option")) => self.option(variants)?,
			(TypeDef::Composite(composite), _) => self.fields(&composite.fields)?,
			(TypeDef::Variant(variants), _) => self.variant(variants)?,
			(TypeDef::Sequence(sequence), _) => {
				let Compact(length) = self.read::<Compact<u32>>()?;
				self.items(sequence.type_param.id, length)?
			},
			(TypeDef::Array(array), _) => self.items(array.type_param.id, array.len)?,
			(TypeDef::Tuple(tuple), _) if tuple.fields.is_empty() => Value::Null,
			(TypeDef::Tuple(tuple), _) => {
				tuple.fields.iter().map(|field| self.value(field.id)).collect::<Option<_>>()?
			},
			(TypeDef::Primitive(primitive), _) => self.primitive(primitive)?,
			(TypeDef::Compact(compact), _) => self.compact(compact.type_param.id)?,
			(TypeDef::BitSequence(_), _) => return None,
		};
		self.depth -= 1;
		Some(value)
	}

	fn take(&mut self, length: usize) -> Option<&'a [u8]> {
		let (taken, rest) = self.input.split_at_checked(length)?;
		self.input = rest;
		Some(taken)
	}

	fn read<T: Decode>(&mut self) -> Option<T> {
		let mut input = self.input;
		let value = T::decode(&mut input).ok()?;
		self.input = input;
		Some(value)
	}

	fn account(&mut self) -> Option<Value> {
		let bytes: [u8; 32] = self.take(32)?.try_into().ok()?;
		Some(AccountId::from(bytes).to_string().into())
	}

	fn fields(&mut self, fields: &[Field<PortableForm>]) -> Option<Value> {
		match fields {
			[] => Some(Value::Null),
			[only] if only.name.is_none() => self.value(only.ty.id),
			[first, ..] if first.name.is_none() => {
				fields.iter().map(|field| self.value(field.ty.id)).collect()
			},
			_ => {
				let named = |field: &Field<PortableForm>| {
					Some((field.name.clone()?, self.value(field.ty.id)?))
				};
				let named: Option<serde_json::Map<_, _>> = fields.iter().map(named).collect();
				named.map(Value::Object)
			},
		}
	}

	fn option(&mut self, variants: &TypeDefVariant<PortableForm>) -> Option<Value> {
		match self.read::<u8>()? {
			0 => Some(Value::Null),
			1 => {
				let inner = variants.variants.iter().find_map(|variant| variant.fields.first())?;
				self.value(inner.ty.id)
			},
			_ => None,
		}
	}

	fn variant(&mut self, variants: &TypeDefVariant<PortableForm>) -> Option<Value> {
		let index: u8 = self.read()?;
		let variant = variants.variants.iter().find(|variant| variant.index == index)?;
		if variant.fields.is_empty() {
			return Some(variant.name.clone().into());
		}
		let content = self.fields(&variant.fields)?;
		Some(json!({ variant.name.clone(): content }))
	}

	fn items(&mut self, id: u32, length: u32) -> Option<Value> {
		let length = usize::try_from(length).ok()?;
		// Each item takes a byte at least.
		if length > self.input.len() {
			return None;
		}
		if self.types.resolve(id)?.type_def == TypeDef::Primitive(TypeDefPrimitive::U8) {
			return Some(hex(self.take(length)?).into());
		}
		(0..length).map(|_| self.value(id)).collect()
	}

	fn primitive(&mut self, primitive: &TypeDefPrimitive) -> Option<Value> {
		use TypeDefPrimitive as P;
		Some(match primitive {
			P::Bool => self.read::<bool>()?.into(),
			P::Char => char::from_u32(self.read()?)?.to_string().into(),
			P::Str => self.read::<String>()?.into(),
			P::U8 => self.read::<u8>()?.into(),
			P::U16 => self.read::<u16>()?.into(),
			P::U32 => self.read::<u32>()?.into(),
			P::U64 => self.read::<u64>()?.into(),
			P::U128 => {
				let number = self.read()?;
				self.wide(number)
			},
			P::I8 => self.read::<i8>()?.into(),
			P::I16 => self.read::<i16>()?.into(),
			P::I32 => self.read::<i32>()?.into(),
			P::I64 => self.read::<i64>()?.into(),
			P::I128 => self.read::<i128>()?.to_string().into(),
			P::U256 | P::I256 => return None,
		})
	}

	/// A number of 128 bits, which JSON's numbers cannot hold.
	fn wide(&self, number: u128) -> Value {
		match self.amounts {
			Amounts::Units => number.to_string().into(),
			Amounts::Open => format!("{} OPEN", Amount(number)).into(),
		}
	}

	/// A share of a whole that has so many parts.
	fn share(&self, parts: Value, whole: Option<u64>) -> Value {
		match (self.amounts, parts.as_u64(), whole) {
			(Amounts::Open, Some(parts), Some(whole)) => share::text(parts, whole).into(),
			_ => parts,
		}
	}

	fn compact(&mut self, id: u32) -> Option<Value> {
		let mut ty = self.types.resolve(id)?;
		let mut whole = None;
		for _ in 0..DEEPEST {
			whole = whole.or(ty.path.segments.last().and_then(|name| share::accuracy(name)));
			match &ty.type_def {
				TypeDef::Primitive(primitive) => {
					let number = self.short(primitive)?;
					return Some(self.share(number, whole));
				},
				TypeDef::Composite(composite) => match composite.fields.as_slice() {
					[only] => ty = self.types.resolve(only.ty.id)?,
					_ => return None,
				},
				_ => return None,
			}
		}
		None
	}

	/// A number in the short form of SCALE.
	fn short(&mut self, primitive: &TypeDefPrimitive) -> Option<Value> {
		use TypeDefPrimitive as P;
		match primitive {
			P::U8 => self.read().map(|Compact::<u8>(number)| number.into()),
			P::U16 => self.read().map(|Compact::<u16>(number)| number.into()),
			P::U32 => self.read().map(|Compact::<u32>(number)| number.into()),
			P::U64 => self.read().map(|Compact::<u64>(number)| number.into()),
			P::U128 => self.read().map(|Compact::<u128>(number)| self.wide(number)),
			_ => None,
		}
	}
}
