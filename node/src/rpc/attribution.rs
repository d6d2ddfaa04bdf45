//! The namespace `attribution` of the JSON-RPC.
//!
//! | method | answer |
//! | --- | --- |
//! | `attribution_status` | whether this node computes attributions, with which keys, how many so far |
//! | `attribution_jobs` | the jobs this node is working on |
//! | `attribution_explain` | a settled inference: its receipt, shares and payments |

use crate::{
	client::FullClient,
	worker::{JobStatus, SharedStatus, WorkerStatus},
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc, types::ErrorObjectOwned, Extensions};
use openledger_runtime::{
	explanation::{Basis, Explanation as Explained, ExplanationApi, Refund, Role, Unexplained},
	AccountId, BlockNumber, Hash,
};
use polkadot_sdk::*;

use sc_rpc_api::check_if_safe;
use serde::{Deserialize, Serialize};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

#[rpc(server)]
pub trait AttributionApi {
	/// Tells what the attribution worker of this node is doing. Callers who may not call unsafe methods
	/// are told neither paths nor keys nor errors.
	#[method(name = "attribution_status", with_extensions)]
	fn status(&self) -> RpcResult<WorkerStatus>;

	/// Lists the jobs that this node is working on, for callers who may not call unsafe methods without
	/// their errors.
	#[method(name = "attribution_jobs", with_extensions)]
	fn jobs(&self) -> RpcResult<Vec<JobStatus>>;

	/// Explains a settled inference, by the state of the best block unless another block is given.
	#[method(name = "attribution_explain")]
	fn explain(&self, inference: u64, at: Option<Hash>) -> RpcResult<Explanation>;
}

/// Explains a settled inference. Amounts are decimal strings in the smallest unit of OPEN, and
/// accounts are addresses with the prefix of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
	/// The inference's number.
	pub inference: u64,
	/// The account that asked and paid.
	pub user: AccountId,
	/// The model's number.
	pub model: u32,
	/// The input, in which bytes that are not UTF-8 are replaced.
	pub input: String,
	/// The answer, in which bytes that are not UTF-8 are replaced.
	pub output: String,
	/// Where the shares come from: `attributed` or `held_out`.
	pub basis: String,
	/// The block in which the inference was settled.
	pub at: BlockNumber,
	/// The number of the attribution job.
	pub job: u64,
	/// The attempt that ended the job, counted from 0.
	pub attempt: u32,
	/// The accounts that attested.
	pub attesters: Vec<AccountId>,
	/// The blake2-256 hash of the SCALE claim in block `at`; null if nobody claimed.
	pub claim: Option<Hash>,
	/// Shares of the contributions, in billionths.
	pub shares: Vec<Share>,
	/// Every payment to an account.
	pub payments: Vec<Payment>,
	/// What the user paid, which is the sum of the four amounts below.
	pub fee: String,
	/// The part of the contributors.
	pub contributors: String,
	/// The part of the owners of the model and of its ancestors.
	pub owners: String,
	/// The part of the attesters.
	pub attesters_total: String,
	/// The part of the treasury.
	pub treasury: String,
}

/// The share that a contribution has in what contributors are paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
	/// The contribution's number.
	pub contribution: u64,
	/// The share in billionths.
	pub parts: u32,
}

/// A payment to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
	/// The account that is paid.
	pub account: AccountId,
	/// What it is paid as: `contributor`, `owner` or `attester`.
	pub role: String,
	/// The number of the contribution that is paid for.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub contribution: Option<u64>,
	/// How many generations above the model the owner's model is.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub depth: Option<u32>,
	/// The amount in the smallest unit of OPEN.
	pub amount: String,
}

/// Answers the methods from the client's state and from what the worker shares.
pub struct Attribution {
	client: Arc<FullClient>,
	worker: SharedStatus,
}

impl Attribution {
	pub fn new(client: Arc<FullClient>, worker: SharedStatus) -> Self {
		Self { client, worker }
	}
}

impl AttributionApiServer for Attribution {
	fn status(&self, caller: &Extensions) -> RpcResult<WorkerStatus> {
		let status = self.worker.status();
		Ok(if check_if_safe(caller).is_ok() { status } else { status.for_strangers() })
	}

	fn jobs(&self, caller: &Extensions) -> RpcResult<Vec<JobStatus>> {
		let jobs = self.worker.jobs();
		Ok(match check_if_safe(caller) {
			Ok(()) => jobs,
			Err(_) => jobs.into_iter().map(JobStatus::for_strangers).collect(),
		})
	}

	fn explain(&self, inference: u64, at: Option<Hash>) -> RpcResult<Explanation> {
		let at = at.unwrap_or_else(|| self.client.info().best_hash);
		self.client
			.runtime_api()
			.explain(at, inference)
			.map_err(|e| error(code::RUNTIME, format!("the runtime cannot answer: {e}")))?
			.map(Into::into)
			.map_err(|reason| unexplained(inference, reason))
	}
}

/// The codes of the errors of this namespace.
mod code {
	/// The call of the runtime failed.
	pub const RUNTIME: i32 = 9000;
	/// There is no such inference.
	pub const NOT_FOUND: i32 = 9001;
	/// The inference is not settled yet.
	pub const OPEN: i32 = 9002;
	/// The inference was refunded.
	pub const REFUNDED: i32 = 9003;
}

fn error(code: i32, message: String) -> ErrorObjectOwned {
	ErrorObjectOwned::owned(code, message, None::<()>)
}

fn unexplained(inference: u64, reason: Unexplained) -> ErrorObjectOwned {
	match reason {
		Unexplained::NotFound => {
			error(code::NOT_FOUND, format!("there is no inference {inference}"))
		},
		Unexplained::Requested => {
			error(code::OPEN, format!("inference {inference} awaits its answer"))
		},
		Unexplained::Answered { job } => {
			error(code::OPEN, format!("inference {inference} awaits its attribution (job {job})"))
		},
		Unexplained::Refunded(reason) => {
			let reason = match reason {
				Refund::Cancelled => "its user took it back",
				Refund::TimedOut => "nobody answered in time",
				Refund::WrongAnswer => "the attesters found another answer",
			};
			error(code::REFUNDED, format!("inference {inference} was refunded: {reason}"))
		},
	}
}

impl From<Explained> for Explanation {
	fn from(from: Explained) -> Self {
		Self {
			inference: from.inference,
			user: from.user,
			model: from.model,
			input: String::from_utf8_lossy(&from.input).into_owned(),
			output: String::from_utf8_lossy(&from.output).into_owned(),
			basis: match from.basis {
				Basis::Attributed => "attributed",
				Basis::HeldOut => "held_out",
			}
			.into(),
			at: from.at,
			job: from.job,
			attempt: from.attempt,
			attesters: from.attesters,
			claim: Some(from.claim).filter(|claim| !claim.is_zero()),
			shares: from
				.shares
				.iter()
				.map(|share| Share { contribution: share.contribution, parts: share.parts })
				.collect(),
			payments: from
				.payments
				.into_iter()
				.map(|payment| {
					let (role, contribution, depth) = match payment.role {
						Role::Contributor(contribution) => {
							("contributor", Some(contribution), None)
						},
						Role::Owner(depth) => ("owner", None, Some(depth)),
						Role::Attester => ("attester", None, None),
					};
					Payment {
						account: payment.account,
						role: role.into(),
						contribution,
						depth,
						amount: payment.amount.to_string(),
					}
				})
				.collect(),
			fee: from.fee.to_string(),
			contributors: from.contributors.to_string(),
			owners: from.owners.to_string(),
			attesters_total: from.attesters_total.to_string(),
			treasury: from.treasury.to_string(),
		}
	}
}
