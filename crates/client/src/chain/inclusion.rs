//! Where in the chain a transaction is, and what came of it.

use super::{
	connection::{Chain, Config},
	events::TransactionFeePaid,
	Hash,
};
use crate::{
	error::{refusal, Error, Refusal, Result},
	format::hex,
};
use scale_decode::DecodeAsFields;
use std::{collections::BTreeSet, time::Duration};
use subxt::{error::DispatchError, extrinsics::ExtrinsicEvents, ArcMetadata};

/// Blocks for which a transaction is looked for after its node gave it up: more than any usual
/// fork has.
const PATIENCE: u64 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// A transaction that is in a block and succeeded.
pub struct Included {
	/// The call as `Pallet.call`.
	pub call: String,
	/// The transaction's hash.
	pub hash: Hash,
	/// The block's number.
	pub block: u64,
	/// The block's hash.
	pub block_hash: Hash,
	/// The transaction's number within the block.
	pub extrinsic_index: usize,
	/// The transaction fee paid, in units.
	pub fee: u128,
	/// Whether the block was known to be final.
	pub finalized: bool,
	events: ExtrinsicEvents<Config>,
	metadata: ArcMetadata,
}

impl Included {
	/// The fields of the first event `pallet.name` of this transaction, by name.
	///
	/// # Errors
	/// [`Error::Unreadable`] if there is none.
	pub fn event<T: DecodeAsFields>(&self, pallet: &str, name: &str) -> Result<T> {
		let event = self.find_event(pallet, name)?;
		event.ok_or_else(|| {
			Error::Unreadable(format!("{} succeeded without an event {pallet}.{name}", self.call))
		})
	}

	/// What became of a call by the first event `pallet.name`; `None` if there is no such event. The result
	/// is the event's last field, with `before` bytes before it.
	///
	/// # Errors
	/// [`Error::Unreadable`] if the event cannot be decoded.
	pub fn dispatched(
		&self,
		pallet: &str,
		name: &str,
		before: usize,
	) -> Result<Option<std::result::Result<(), Refusal>>> {
		for event in self.events.iter() {
			let event = event.map_err(|e| self.undecodable(e))?;
			if event.pallet_name() != pallet || event.event_name() != name {
				continue;
			}
			let result = event.field_bytes().get(before..).unwrap_or_default();
			let result = call_result(result, self.metadata.clone());
			return result.map(Some).map_err(|e| self.undecodable(e));
		}
		Ok(None)
	}

	/// The fields of the first event `pallet.name` of this transaction, by name; `None` if there is none.
	///
	/// # Errors
	/// [`Error::Unreadable`] if the event cannot be decoded.
	pub fn find_event<T: DecodeAsFields>(&self, pallet: &str, name: &str) -> Result<Option<T>> {
		for event in self.events.iter() {
			let event = event.map_err(|e| self.undecodable(e))?;
			if event.pallet_name() == pallet && event.event_name() == name {
				let fields = event.decode_fields_unchecked_as::<T>();
				return fields.map(Some).map_err(|e| self.undecodable(e));
			}
		}
		Ok(None)
	}

	fn undecodable(&self, error: impl std::fmt::Display) -> Error {
		Error::Unreadable(format!("cannot decode the events of {}: {error}", self.call))
	}
}

/// Reads what became of a call from the encoding of its result, after which more may follow.
///
/// # Errors
/// What is wrong with the encoding.
pub(super) fn call_result(
	result: &[u8],
	metadata: ArcMetadata,
) -> std::result::Result<std::result::Result<(), Refusal>, String> {
	dispatch_result("the call", result, metadata)
}

/// As [`call_result`], with `what` as that which was refused.
///
/// # Errors
/// What is wrong with the encoding.
pub(super) fn dispatch_result(
	what: &str,
	result: &[u8],
	metadata: ArcMetadata,
) -> std::result::Result<std::result::Result<(), Refusal>, String> {
	match result {
		[0, ..] => Ok(Ok(())),
		[1, error @ ..] => {
			let error = DispatchError::decode_from(error, metadata).map_err(|e| e.to_string())?;
			Ok(Err(refusal(what, &error)))
		},
		_ => Err("it has no result".into()),
	}
}

/// Looks for the block that holds a transaction: in the blocks after number `since` and in the next
/// [`PATIENCE`] ones. It looks at the best chain, or at what of it is final.
///
/// # Errors
/// [`Error::Unreachable`] or [`Error::Unreadable`].
pub(super) async fn find(
	chain: &Chain,
	transaction: Hash,
	since: u64,
	finalized: bool,
) -> Result<Option<Hash>> {
	let until = chain.best().await?.number().saturating_add(PATIENCE);
	let (mut searched, mut newest) = (BTreeSet::new(), 0);
	loop {
		let mut next = chain.head(finalized).await?;
		while searched.insert(next) {
			let block = chain.block(next).await?;
			newest = newest.max(block.number);
			if block.number <= since {
				break;
			}
			if block.extrinsics.contains(&transaction) {
				return Ok(Some(next));
			}
			next = block.parent;
		}
		if newest >= until {
			return Ok(None);
		}
		tokio::time::sleep(PAUSE).await;
	}
}

/// What came of the transaction `hash` with the call `call`, which is in the block `block`.
///
/// # Errors
/// [`Error::Refused`] if it failed, [`Error::Unreachable`], or [`Error::Unreadable`] if it is not there.
pub(super) async fn read(
	chain: &Chain,
	call: String,
	hash: Hash,
	block: Hash,
	finalized: bool,
) -> Result<Included> {
	let snapshot = chain.at(block).await?;
	let missing = || Error::Unreadable(format!("{call} is not in block {}", hex(block)));
	let events = snapshot.events_of(hash).await?.ok_or_else(missing)?;
	let mut included = Included {
		call,
		hash,
		block: snapshot.number(),
		block_hash: block,
		extrinsic_index: events.extrinsic_index(),
		fee: 0,
		finalized,
		events,
		metadata: snapshot.metadata(),
	};
	for event in included.events.iter() {
		let event = event.map_err(|e| included.undecodable(e))?;
		if event.pallet_name() == "System" && event.event_name() == "ExtrinsicFailed" {
			let metadata = included.metadata.clone();
			let error = DispatchError::decode_from(event.field_bytes(), metadata)
				.map_err(|e| included.undecodable(e))?;
			return Err(Error::Refused(refusal(&included.call, &error)));
		}
	}
	let paid: Option<TransactionFeePaid> =
		included.find_event("TransactionPayment", "TransactionFeePaid")?;
	included.fee = paid.map_or(0, |paid| paid.actual_fee);
	Ok(included)
}
