//! The runtime API that says what the call of a proposal would come to if it were dispatched now.

use crate::{
	configs::{origin_of, MaxScheduledWeight},
	Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, System,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeLimit, Encode};
use frame_support::{
	dispatch::GetDispatchInfo,
	storage::{with_transaction, TransactionOutcome},
	weights::Weight,
};
use pallet_governance::Kind;
use pallet_scheduler::WeightInfo as _;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::{traits::Dispatchable, DispatchError};

/// What a call would come to.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
	/// The bytes are no call of this runtime: nothing would be dispatched.
	Unreadable,
	/// It takes more of a block than the scheduler has for calls: it would never be dispatched.
	TooHeavy,
	/// It is refused, and changes nothing.
	Fails {
		/// Why it is refused.
		error: DispatchError,
	},
	/// It succeeds, but calls of a batch in it fail.
	ItemsFail {
		/// The calls that fail, in order; there is one at least.
		items: Vec<FailedItem>,
	},
	/// It succeeds, and so does every call of a batch in it.
	Succeeds,
}

/// A call of a batch that fails.
#[derive(Encode, Decode, TypeInfo, Clone, PartialEq, Eq, Debug)]
pub struct FailedItem {
	/// Its place in the batch, from 0. The calls of a batch within the batch count as well.
	pub index: u32,
	/// Why it is refused.
	pub error: DispatchError,
	/// Whether the calls after it are not tried.
	pub last: bool,
}

sp_api::decl_runtime_apis! {
	/// Tries the calls of proposals without effect.
	pub trait DryRunApi {
		/// What the SCALE bytes of a call come to if they are dispatched as those of a passed proposal of this
		/// kind, on the state of the block that is asked. Nothing of it is kept.
		fn dry_run(kind: Kind, call: Vec<u8>) -> Outcome;
	}
}

/// Implements [`DryRunApi::dry_run`](runtime_decl_for_dry_run_api::DryRunApi::dry_run).
pub(crate) fn dry_run(kind: Kind, bytes: &[u8]) -> Outcome {
	let call =
		RuntimeCall::decode_all_with_depth_limit(frame_support::MAX_EXTRINSIC_DEPTH, &mut &*bytes);
	let Ok(call) = call else { return Outcome::Unreadable };
	let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
	if scheduled_weight(&call, length).any_gt(MaxScheduledWeight::get()) {
		return Outcome::TooHeavy;
	}
	let tried = with_transaction(|| {
		System::reset_events();
		let result = call.dispatch(RuntimeOrigin::from(origin_of(kind)));
		let result = result.map_err(|failed| failed.error).map(|_| failed_items());
		TransactionOutcome::Rollback(result)
	});
	match tried {
		Err(error) => Outcome::Fails { error },
		Ok(items) if items.is_empty() => Outcome::Succeeds,
		Ok(items) => Outcome::ItemsFail { items },
	}
}

type Scheduler = <Runtime as pallet_scheduler::Config>::WeightInfo;

/// What the scheduler counts for a call that is alone in its block.
fn scheduled_weight(call: &RuntimeCall, length: u32) -> Weight {
	Scheduler::service_agendas_base()
		.saturating_add(Scheduler::service_agenda_base(1))
		.saturating_add(Scheduler::service_task_fetched(length))
		.saturating_add(Scheduler::service_task_named())
		.saturating_add(Scheduler::execute_dispatch_unsigned())
		.saturating_add(call.get_dispatch_info().call_weight)
}

/// The calls of batches that failed, by the events since they were reset.
fn failed_items() -> Vec<FailedItem> {
	let mut seen: u32 = 0;
	let mut failed = Vec::new();
	for record in System::read_events_no_consensus() {
		let RuntimeEvent::Utility(event) = record.event else { continue };
		let (error, last) = match event {
			pallet_utility::Event::ItemCompleted => (None, false),
			pallet_utility::Event::ItemFailed { error } => (Some(error), false),
			pallet_utility::Event::BatchInterrupted { error, .. } => (Some(error), true),
			_ => continue,
		};
		failed.extend(error.map(|error| FailedItem { index: seen, error, last }));
		seen = seen.saturating_add(1);
	}
	failed
}
