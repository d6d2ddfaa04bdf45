//! What became of the call of a proposal that was executed.

use super::{governance::State, inclusion::call_result, Hash, Snapshot};
use crate::error::{Error, Refusal, Result};
use openledger_primitives::enactment_task;

/// Blocks whose state is asked for: nodes that are no archives keep 256.
const KEPT: u32 = 250;

/// What came of the call of an approved proposal.
#[derive(Clone, Debug)]
pub struct Dispatch {
	/// The block in which it was dispatched.
	pub block: u32,
	/// Whether the call succeeded.
	pub result: std::result::Result<(), Refusal>,
}

impl Snapshot {
	/// Finds the dispatch of a proposal's call, which was executed by this block. It is `None` if the node
	/// no longer keeps the state of the block that executed it.
	///
	/// # Errors
	/// See [`Snapshot`].
	pub async fn dispatch(&self, index: u32) -> Result<Option<Dispatch>> {
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
		let at = self.chain().at_number(high).await?;
		let result = at.task_result(Hash(enactment_task(index).0)).await?;
		Ok(result.map(|result| Dispatch { block: high, result }))
	}

	/// Whether a proposal was queued at the end of a block; `None` if that is not known any more.
	async fn waits(&self, index: u32, block: u32) -> Result<Option<bool>> {
		let state = match self.chain().at_number(block).await {
			Ok(at) => at.proposal(index).await.map(|proposal| proposal.state),
			Err(error) => Err(error),
		};
		match state {
			Ok(state) => Ok(Some(state == State::Queued)),
			Err(Error::Unreadable(_) | Error::NoProposal(_)) => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// What this block's events say about a task of the scheduler.
	async fn task_result(&self, task: Hash) -> Result<Option<std::result::Result<(), Refusal>>> {
		for (name, fields) in self.events("Scheduler").await? {
			// Block and place of the task, then its name if it has one.
			let Some([1, named @ ..]) = fields.get(8..) else { continue };
			let Some(rest) = named.strip_prefix(&task.0) else { continue };
			return match name.as_str() {
				"Dispatched" => call_result(rest, self.metadata()).map(Some).map_err(|error| {
					Error::Unreadable(format!("cannot decode Scheduler.Dispatched: {error}"))
				}),
				_ => Ok(Some(Err(Refusal {
					message: format!("the scheduler did not dispatch it: {name}"),
					pallet: Some("Scheduler".into()),
					name: Some(name),
				}))),
			};
		}
		Ok(None)
	}
}
