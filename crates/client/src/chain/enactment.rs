//! What became of the call of a proposal that was executed.

use super::{governance::State, inclusion::call_result, Hash, Snapshot};
use crate::error::{refusal, Error, Refusal, Result};
use openledger_primitives::enactment_task;
use subxt::{error::DispatchError, ArcMetadata};

/// Blocks whose state is asked for: nodes that are no archives keep 256.
const KEPT: u32 = 250;

/// What came of the call of an approved proposal.
#[derive(Clone, Debug)]
pub struct Dispatch {
	/// The block in which it was dispatched.
	pub block: u32,
	/// Whether the call succeeded. A batch succeeds also if calls of it failed.
	pub result: std::result::Result<(), Refusal>,
	/// The calls of a batch that failed.
	pub failed_items: Vec<FailedItem>,
}

impl Dispatch {
	/// Whether the call and, if it is a batch, all calls of it succeeded.
	pub fn succeeded(&self) -> bool {
		self.result.is_ok() && self.failed_items.is_empty()
	}
}

/// A call of a batch that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedItem {
	/// Its place in the batch, from 0. The calls of a batch within the batch count as well.
	pub index: u32,
	/// Why it was refused.
	pub refusal: Refusal,
	/// Whether the calls after it were not tried.
	pub last: bool,
}

impl FailedItem {
	/// Says which call failed and why.
	pub fn text(&self) -> String {
		let rest = if self.last { "; those after it were not tried" } else { "" };
		format!("call {}: {}{rest}", self.index, self.refusal.message)
	}
}

impl Snapshot {
	/// Finds the dispatch of a proposal's call, which was executed by this block. It is `None` if the node
	/// no longer keeps the state of the block that executed it.
	///
	/// # Errors
	/// See [`Snapshot`].
	pub async fn dispatch(&self, index: u32) -> Result<Option<Dispatch>> {
		// It is dispatched when it is due, unless the scheduler had no room for it then.
		if let Some(due) = self.due_at(index).await? {
			if let Some(dispatch) = self.dispatch_in(index, due).await? {
				return Ok(Some(dispatch));
			}
		}
		let (Some(approved), now) = (self.approved(index).await?, self.clock()?.now) else {
			return Ok(None);
		};
		// The state was queued at `low` and is executed at `high`.
		let (mut low, mut high) = (approved.max(now.saturating_sub(KEPT)), now);
		if self.waits(index, low).await? != Some(true) {
			return Ok(None);
		}
		while high.saturating_sub(low) > 1 {
			let middle = low + (high - low) / 2;
			match self.waits(index, middle).await? {
				Some(true) => low = middle,
				Some(false) => high = middle,
				None => return Ok(None),
			}
		}
		self.dispatch_in(index, high).await
	}

	/// The dispatch of a proposal's call, if it was in this block, and the node has the state of it.
	async fn dispatch_in(&self, index: u32, block: u32) -> Result<Option<Dispatch>> {
		let found = match self.chain().at_number(block).await {
			Ok(at) => at.task_result(Hash(enactment_task(index).0)).await,
			Err(error) => Err(error),
		};
		match found {
			Ok(result) => {
				Ok(result.map(|(result, failed_items)| Dispatch { block, result, failed_items }))
			},
			Err(Error::Unreadable(_) | Error::Syncing { .. }) => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// Whether a proposal was queued at the end of a block; `None` if that is not known any more.
	async fn waits(&self, index: u32, block: u32) -> Result<Option<bool>> {
		let state = match self.chain().at_number(block).await {
			Ok(at) => at.proposal(index).await.map(|proposal| proposal.state),
			Err(error) => Err(error),
		};
		match state {
			Ok(state) => Ok(Some(state == State::Queued)),
			Err(Error::Unreadable(_) | Error::NoProposal(_) | Error::Syncing { .. }) => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// What this block's events say about a task of the scheduler, and about the items of its batch.
	async fn task_result(&self, task: Hash) -> Result<Option<TaskResult>> {
		let undecodable =
			|error| Error::Unreadable(format!("cannot decode the events of a dispatch: {error}"));
		let mut items = BatchItems::default();
		for (pallet, name, fields) in self.events(&["Utility", "Scheduler"]).await? {
			if pallet == "Utility" {
				items.take(&name, &fields, self.metadata()).map_err(undecodable)?;
				continue;
			}
			// What came before was of another task, unless this is the one.
			let items = std::mem::take(&mut items);
			// Block and place of the task, then its name if it has one.
			let Some([1, named @ ..]) = fields.get(8..) else { continue };
			let Some(rest) = named.strip_prefix(&task.0) else { continue };
			return match name.as_str() {
				"Dispatched" => {
					let result = call_result(rest, self.metadata()).map_err(undecodable)?;
					Ok(Some((result, items.failed)))
				},
				_ => Ok(Some((
					Err(Refusal {
						message: format!("the scheduler did not dispatch it: {name}"),
						pallet: Some("Scheduler".into()),
						name: Some(name),
					}),
					Vec::new(),
				))),
			};
		}
		Ok(None)
	}
}

type TaskResult = (std::result::Result<(), Refusal>, Vec<FailedItem>);

/// What the events of `utility` tell about the calls of a batch, in order. A batch within a batch counts on.
#[derive(Default)]
struct BatchItems {
	seen: u32,
	failed: Vec<FailedItem>,
}

impl BatchItems {
	/// # Errors
	/// What is wrong with the event's encoding.
	fn take(
		&mut self,
		name: &str,
		fields: &[u8],
		metadata: ArcMetadata,
	) -> std::result::Result<(), String> {
		let error = match name {
			"ItemCompleted" => None,
			"ItemFailed" => Some(fields),
			// The number of the call that failed, then its error: those after it were not tried.
			"BatchInterrupted" => Some(fields.get(4..).unwrap_or_default()),
			_ => return Ok(()),
		};
		let index = self.seen;
		self.seen = self.seen.saturating_add(1);
		if let Some(error) = error {
			let error =
				DispatchError::decode_from(error, metadata).map_err(|error| error.to_string())?;
			let refusal = refusal("the call", &error);
			self.failed.push(FailedItem { index, refusal, last: name == "BatchInterrupted" });
		}
		Ok(())
	}
}
