//! What the call of a proposal would come to if it were dispatched now.

use super::{governance::Kind, FailedItem, Snapshot};
use crate::error::{self, refusal, Error, Refusal};
use scale_decode::{
	visitor::{decode_with_visitor, DecodeAsTypeResult, IgnoreVisitor, TypeIdFor, Visitor},
	DecodeAsType, IntoVisitor, TypeResolver,
};
use std::marker::PhantomData;
use subxt::error::DispatchError;

/// What a call would come to now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
	/// The bytes are no call of the runtime: nothing would be dispatched.
	Unreadable,
	/// It takes more of a block than there is for it: it would never be dispatched.
	TooHeavy,
	/// It would be refused.
	Fails(Refusal),
	/// It would succeed, but these calls of a batch in it would fail. There is one at least.
	ItemsFail(Vec<FailedItem>),
	/// It would succeed.
	Succeeds,
}

impl Outcome {
	/// Why it would not do all that it says, in words; `None` if it would.
	pub fn failure(&self) -> Option<String> {
		match self {
			Self::Unreadable => Some("its bytes are no call of this chain's runtime".into()),
			Self::TooHeavy => Some(
				"it takes more of a block than scheduled calls may: it would never be dispatched"
					.into(),
			),
			Self::Fails(refusal) => Some(refusal.message.clone()),
			Self::ItemsFail(items) => {
				let told: Vec<String> = items.iter().map(FailedItem::text).collect();
				Some(format!("calls of its batch fail: {}", told.join("; ")))
			},
			Self::Succeeds => None,
		}
	}
}

impl Snapshot {
	/// Has the runtime try a call in SCALE as that of a passed proposal of this kind, on the state of this block.
	/// Nothing of it is kept. `None` if the runtime is older than that question.
	///
	/// # Errors
	/// See [`Snapshot`].
	pub async fn outcome(&self, kind: Kind, call: &[u8]) -> error::Result<Option<Outcome>> {
		let asked = ("DryRunApi", "dry_run");
		if self.metadata().runtime_api_trait_by_name(asked.0).is_none() {
			return Ok(None);
		}
		let told: Told = self.runtime_api(asked.0, asked.1, (kind, call.to_vec())).await?;
		let read = |error: Encoded| {
			let error = DispatchError::decode_from(error.0, self.metadata());
			let error = error.map_err(|error| {
				Error::Unreadable(format!("cannot decode what the dry run came to: {error}"))
			})?;
			Ok::<_, Error>(refusal("the call", &error))
		};
		Ok(Some(match told {
			Told::Unreadable => Outcome::Unreadable,
			Told::TooHeavy => Outcome::TooHeavy,
			Told::Fails { error } => Outcome::Fails(read(error)?),
			Told::ItemsFail { items } => {
				let items = items.into_iter().map(|TriedItem { index, error, last }| {
					Ok(FailedItem { index, refusal: read(error)?, last })
				});
				Outcome::ItemsFail(items.collect::<error::Result<_>>()?)
			},
			Told::Succeeds => Outcome::Succeeds,
		}))
	}
}

#[derive(DecodeAsType, Debug, PartialEq)]
enum Told {
	Unreadable,
	TooHeavy,
	Fails { error: Encoded },
	ItemsFail { items: Vec<TriedItem> },
	Succeeds,
}

#[derive(DecodeAsType, Debug, PartialEq)]
struct TriedItem {
	index: u32,
	error: Encoded,
	last: bool,
}

/// A value as the runtime encodes it, of whatever type.
#[derive(Debug, PartialEq)]
struct Encoded(Vec<u8>);

struct AsEncoded<R>(PhantomData<R>);

impl<R: TypeResolver> Visitor for AsEncoded<R> {
	type TypeResolver = R;
	type Value<'scale, 'resolver> = Encoded;
	type Error = scale_decode::Error;

	fn unchecked_decode_as_type(
		self,
		input: &mut &[u8],
		type_id: TypeIdFor<Self>,
		types: &R,
	) -> DecodeAsTypeResult<Self, Result<Encoded, Self::Error>> {
		let whole = *input;
		let skipped = decode_with_visitor(input, type_id, types, IgnoreVisitor::<R>::new());
		let length = whole.len().saturating_sub(input.len());
		let encoded = Encoded(whole.get(..length).unwrap_or_default().to_vec());
		DecodeAsTypeResult::Decoded(skipped.map(|_| encoded).map_err(Into::into))
	}
}

impl IntoVisitor for Encoded {
	type AnyVisitor<R: TypeResolver> = AsEncoded<R>;

	fn into_visitor<R: TypeResolver>() -> AsEncoded<R> {
		AsEncoded(PhantomData)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};

	mod runtime {
		use super::*;

		#[derive(Encode, TypeInfo)]
		pub enum DispatchError {
			BadOrigin,
			Module { index: u8, error: [u8; 4] },
		}

		#[derive(Encode, TypeInfo)]
		pub struct FailedItem {
			pub index: u32,
			pub error: DispatchError,
			pub last: bool,
		}

		#[derive(Encode, TypeInfo)]
		#[allow(dead_code)]
		pub enum Outcome {
			Unreadable,
			TooHeavy,
			Fails { error: DispatchError },
			ItemsFail { items: Vec<FailedItem> },
			Succeeds,
		}
	}

	#[test]
	fn outcome_should_keep_the_bytes_of_errors_when_decoded() {
		use runtime::DispatchError::{BadOrigin, Module};
		let mut registry = Registry::new();
		let id = registry.register_type(&MetaType::new::<runtime::Outcome>()).id;
		let types: PortableRegistry = registry.into();
		let decoded = |outcome: runtime::Outcome| {
			Told::decode_as_type(&mut &outcome.encode()[..], id, &types).unwrap()
		};
		let module = || Module { index: 17, error: [3, 0, 0, 0] };
		let error = Encoded(vec![1, 17, 3, 0, 0, 0]);
		assert_eq!(decoded(runtime::Outcome::Fails { error: module() }), Told::Fails { error });
		let items = vec![
			runtime::FailedItem { index: 1, error: module(), last: false },
			runtime::FailedItem { index: 4, error: BadOrigin, last: true },
		];
		let told = vec![
			TriedItem { index: 1, error: Encoded(vec![1, 17, 3, 0, 0, 0]), last: false },
			TriedItem { index: 4, error: Encoded(vec![0]), last: true },
		];
		assert_eq!(decoded(runtime::Outcome::ItemsFail { items }), Told::ItemsFail { items: told });
		assert_eq!(decoded(runtime::Outcome::Succeeds), Told::Succeeds);
	}

	#[test]
	fn failure_should_be_told_unless_all_of_the_call_succeeds() {
		let refusal = Refusal { message: "no money".into(), pallet: None, name: None };
		let item = FailedItem { index: 2, refusal: refusal.clone(), last: true };
		let told = |outcome: Outcome| outcome.failure().unwrap();
		assert_eq!(told(Outcome::Fails(refusal)), "no money");
		let batch = told(Outcome::ItemsFail(vec![item]));
		assert!(batch.ends_with("call 2: no money; those after it were not tried"), "{batch}");
		assert!(told(Outcome::TooHeavy).contains("never be dispatched"));
		assert!(told(Outcome::Unreadable).contains("no call"));
		assert_eq!(Outcome::Succeeds.failure(), None);
	}
}
