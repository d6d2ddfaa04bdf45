//! Transactions on their way into a block: many at once with consecutive nonces, each sent exactly once.

use super::{
	connection::{AtBlock, Chain, Config},
	dry_run,
	inclusion::{self, Included},
	sign::{birth, next_nonce, sign_as},
	Call, Hash,
};
use crate::{
	error::{Error, Refusal, Result},
	format::{hex, open},
	keys::{AccountId, Key},
};
use subxt::{
	client::OnlineClientAtBlockImpl,
	error::{BackendError, ExtrinsicError, RpcError},
	transactions::{TransactionProgress, TransactionStatus},
};

/// Transactions sent before the first of them is waited for.
const BURST: usize = 256;

/// Sends one call and waits until a block holds it. A [`dry_run`] comes first: what the chain would refuse
/// is not sent and costs nothing.
///
/// # Errors
/// See [`submit`].
pub async fn submit_one(chain: &Chain, key: &Key, call: Call, finalized: bool) -> Result<Included> {
	if let Some(refusal) = dry_run(chain, key, &call).await? {
		return Err(with_reason(chain, key, refusal).await);
	}
	let mut results = submit(chain, key, vec![call], finalized).await?;
	results.pop().unwrap_or_else(|| Err(Error::Unreadable("nothing was sent".into())))
}

/// Sends calls in one go, with consecutive nonces, and waits until blocks hold them: best blocks,
/// or final ones. The result of each call is in the order of the calls.
///
/// # Errors
/// If nothing was sent: [`Error::Unreachable`], or [`Error::Unreadable`] if the node's answers make no
/// sense. Each call: [`Error::Mismatch`] if it does not fit the chain's runtime; [`Error::Refused`];
/// [`Error::Unreachable`] if the connection failed after it was sent, and then it is not sent again.
pub async fn submit(
	chain: &Chain,
	key: &Key,
	calls: Vec<Call>,
	finalized: bool,
) -> Result<Vec<Result<Included>>> {
	let mut results = Vec::with_capacity(calls.len());
	for burst in calls.chunks(BURST) {
		results.extend(submit_burst(chain, key, burst, finalized).await?);
	}
	Ok(results)
}

async fn submit_burst(
	chain: &Chain,
	key: &Key,
	calls: &[Call],
	finalized: bool,
) -> Result<Vec<Result<Included>>> {
	let best = chain.best().await?;
	let birth = birth(chain, &best).await?;
	let mut nonce = next_nonce(chain, key).await?;

	// The connection may have been replaced by the reads: sign for the one that is alive.
	let at = chain.at(best.hash()).await?.at_block();
	let mut sent = Vec::with_capacity(calls.len());
	for call in calls {
		let progress = send(chain, key, &at, call, nonce, birth).await;
		// The nonce of a call that was not taken is the next one's: left out, it would keep all
		// after it waiting for ever.
		nonce = nonce.saturating_add(u64::from(progress.is_ok()));
		sent.push(progress);
	}
	let mut results = Vec::with_capacity(calls.len());
	for (progress, call) in sent.into_iter().zip(calls) {
		results.push(match progress {
			Ok(progress) => wait(chain, key, call, progress, best.number(), finalized).await,
			Err(error) => Err(error),
		});
	}
	Ok(results)
}

type TxProgress = TransactionProgress<Config, OnlineClientAtBlockImpl<Config>>;

async fn send(
	chain: &Chain,
	key: &Key,
	at: &AtBlock,
	call: &Call,
	nonce: u64,
	birth: (u64, Hash),
) -> Result<TxProgress> {
	let transaction = sign_as(key, at, call, nonce, birth)?;
	match transaction.submit_and_watch().await {
		Ok(progress) => Ok(progress),
		Err(error) => Err(rejected(chain, key, call, transaction.hash(), error).await),
	}
}

/// The pool did not take a transaction, or the connection failed while it was sent.
async fn rejected(
	chain: &Chain,
	key: &Key,
	call: &Call,
	hash: Hash,
	error: ExtrinsicError,
) -> Error {
	use subxt::rpcs::Error as E;
	let (code, reason) = match &error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(
			E::User(user),
		))) => {
			let data = user.data.as_ref().map(|data| data.get().trim_matches('"').to_owned());
			(Some(user.code), data.unwrap_or_else(|| user.message.clone()))
		},
		_ if chain.is_lost().await => return lost(chain, call, hash),
		_ => (None, error.to_string()),
	};
	if reason.contains("pay some fees") {
		let refusal = Refusal {
			message: format!(
				"insufficient balance: {} cannot pay its transaction fee",
				call.label()
			),
			pallet: None,
			name: Some("InsufficientBalance".into()),
		};
		return with_balance(chain, key, refusal).await;
	}
	Error::Refused(not_taken(&call.label(), &key.account, code, &reason))
}

/// Codes of the node's pool, which `sc_rpc_api` fixes.
const INVALID: i32 = 1010;
const ALREADY_IMPORTED: i32 = 1013;
const TOO_LOW_PRIORITY: i32 = 1014;

/// Why the pool did not take a transaction, by its code and what it said. Two clients that send from one
/// account at the same time number their transactions alike, and the pool keeps one of two with the same
/// number.
fn not_taken(call: &str, account: &AccountId, code: Option<i32>, reason: &str) -> Refusal {
	let same_number = match code {
		Some(ALREADY_IMPORTED | TOO_LOW_PRIORITY) => true,
		Some(INVALID) => reason.contains("outdated"),
		_ => false,
	};
	if same_number {
		return Refusal {
			message: format!(
				"{call} was not sent: another transaction of {account} is under way; wait until it is in \
				 a block and try again"
			),
			pallet: None,
			name: Some("TransactionUnderWay".into()),
		};
	}
	let message = format!("{call} was not taken by the node: {reason}");
	Refusal { message, pallet: None, name: None }
}

fn lost(chain: &Chain, call: &Call, hash: Hash) -> Error {
	chain.unreachable(format!(
		"the connection failed after {} ({}) was sent, so it may still happen and was not sent \
		 again; look whether it did before repeating it",
		call.label(),
		hex(hash)
	))
}

/// Adds to a refusal for want of money what the account has.
async fn with_balance(chain: &Chain, key: &Key, mut refusal: Refusal) -> Error {
	let account = key.account;
	let balance = match balance(chain, &account).await {
		Ok((free, least)) => format!(
			"{account} has {} free, of which it must keep the existential deposit of {}: an account with less \
			 is deleted",
			open(free),
			open(least)
		),
		Err(_) => format!("look at the free balance of {account}"),
	};
	refusal.message = format!("{}; {balance}", refusal.message.trim_end_matches('.'));
	Error::Refused(refusal)
}

/// What an account has free, and the existential deposit.
async fn balance(chain: &Chain, account: &AccountId) -> Result<(u128, u128)> {
	let best = chain.best().await?;
	Ok((best.account_info(account).await?.data.free, best.existential_deposit()?))
}

/// Waits until a transaction is in a block. A node also gives up a transaction when a block of a losing
/// fork or of another node has taken it, so the chain is searched before the node is believed.
async fn wait(
	chain: &Chain,
	key: &Key,
	call: &Call,
	mut progress: TxProgress,
	since: u64,
	finalized: bool,
) -> Result<Included> {
	let hash = progress.extrinsic_hash();
	let (message, kind) = loop {
		match progress.next().await {
			Some(Ok(TransactionStatus::InBestBlock(block))) if !finalized => {
				return outcome(chain, key, call, hash, block.block_hash(), false).await;
			},
			Some(Ok(TransactionStatus::InFinalizedBlock(block))) => {
				return outcome(chain, key, call, hash, block.block_hash(), true).await;
			},
			Some(Ok(TransactionStatus::Error { message })) => {
				break (message, "failed in the node")
			},
			Some(Ok(TransactionStatus::Invalid { message })) => break (message, "became invalid"),
			Some(Ok(TransactionStatus::Dropped { message })) => break (message, "was dropped"),
			Some(Ok(_)) => continue,
			Some(Err(_)) | None => return Err(lost(chain, call, hash)),
		}
	};
	match inclusion::find(chain, hash, since, finalized).await? {
		Some(block) => outcome(chain, key, call, hash, block, finalized).await,
		None => Err(Error::Refused(Refusal {
			message: format!("{} {kind} and is in no block: {message}", call.label()),
			pallet: None,
			name: None,
		})),
	}
}

/// Turns a refusal into an error. A refusal for want of money also tells what the account has.
async fn with_reason(chain: &Chain, key: &Key, refusal: Refusal) -> Error {
	let short = ["InsufficientBalance", "FundsUnavailable", "NotExpendable"];
	match refusal.name.as_deref().is_some_and(|name| short.contains(&name)) {
		true => with_balance(chain, key, refusal).await,
		false => Error::Refused(refusal),
	}
}

async fn outcome(
	chain: &Chain,
	key: &Key,
	call: &Call,
	hash: Hash,
	block: Hash,
	finalized: bool,
) -> Result<Included> {
	match inclusion::read(chain, call.label(), hash, block, finalized).await {
		Err(Error::Refused(refusal)) => Err(with_reason(chain, key, refusal).await),
		Err(Error::Unreachable { .. }) => Err(lost(chain, call, hash)),
		result => result,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn refusal_should_say_that_another_is_under_way_when_two_have_the_same_number() {
		let account = AccountId::from([7; 32]);
		// As the node words them.
		let low = "The transaction has too low priority to replace another transaction already in \
		           the pool.";
		for (code, reason) in [(1014, low), (1013, "0x52b7c8…"), (1010, "Transaction is outdated")]
		{
			let refusal = not_taken("Balances.transfer_allow_death", &account, Some(code), reason);
			assert!(refusal.message.contains("is under way"), "{}", refusal.message);
			assert!(refusal.message.contains(&account.to_string()), "{}", refusal.message);
		}
		for (code, reason) in [(Some(1010), "a bad signature"), (None, "the pool is full")] {
			let other = not_taken("Balances.transfer_allow_death", &account, code, reason);
			assert_eq!((other.name, other.message.contains(reason)), (None, true));
		}
	}
}
