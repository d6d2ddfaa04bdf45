//! What a transaction would come to, found out before it is sent and paid for.

use super::{inclusion::dispatch_result, sign::sign, Call, Chain, Snapshot};
use crate::{
	error::{Error, Refusal, Result},
	format::hex,
	keys::Key,
};
use std::time::{Duration, Instant};

/// For how long the next block is waited for: some block times.
const NEXT_BLOCK: Duration = Duration::from_secs(12);
const PAUSE: Duration = Duration::from_millis(200);

/// Has the node dispatch a call on the state of the newest block, as the transaction of `key`, without
/// sending it. If that block's state refuses the call, the next block's is asked too: a transaction sent now
/// would be in that one, and what may not be done yet may be done then.
///
/// What the node cannot judge counts as not refused, such as a transaction that has to wait for others of
/// the same account in the node's pool.
///
/// # Errors
/// [`Error::Mismatch`] if the call does not fit the chain's runtime; [`Error::Unreachable`].
pub async fn dry_run(chain: &Chain, key: &Key, call: &Call) -> Result<Option<Refusal>> {
	let best = chain.best().await?;
	match refused_at(chain, key, call, &best).await? {
		None => Ok(None),
		Some(refusal) => match next_block(chain, best.number()).await? {
			Some(next) => refused_at(chain, key, call, &next).await,
			None => Ok(Some(refusal)),
		},
	}
}

/// Why the state of a block refuses a call.
async fn refused_at(
	chain: &Chain,
	key: &Key,
	call: &Call,
	block: &Snapshot,
) -> Result<Option<Refusal>> {
	let transaction = sign(chain, key, call, block).await?;
	let (bytes, hash) = (transaction.encoded(), block.hash());
	let answer = chain
		.read(&format!("a dry run at block {}", hex(hash)), |connection| async move {
			let method = "BlockBuilder_apply_extrinsic";
			Ok(connection.rpc.state_call(method, Some(bytes), Some(hash)).await?)
		})
		.await;
	match answer {
		// The transaction is valid, and this is what its call comes to.
		Ok(outcome) => match outcome.split_first() {
			Some((0, result)) => {
				let result = dispatch_result(&call.label(), result, block.metadata());
				result.map(|result| result.err()).map_err(|reason| {
					Error::Unreadable(format!("cannot decode what the dry run came to: {reason}"))
				})
			},
			_ => Ok(None),
		},
		Err(Error::Unreadable(_)) => Ok(None),
		Err(error) => Err(error),
	}
}

/// Waits for a block above `number` and takes its state; `None` if no such block comes for long.
async fn next_block(chain: &Chain, number: u64) -> Result<Option<Snapshot>> {
	let started = Instant::now();
	while started.elapsed() < NEXT_BLOCK {
		tokio::time::sleep(PAUSE).await;
		let best = chain.best().await?;
		if best.number() > number {
			return Ok(Some(best));
		}
	}
	Ok(None)
}
