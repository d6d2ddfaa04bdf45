//! What the worker tells the outside.

use openledger_runtime::BlockNumber;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};

/// The state of the worker, as `attribution_status` answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatus {
	/// Whether the worker runs.
	pub enabled: bool,
	/// Why the worker does not run.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// The keys of attesters in the keystore, in hexadecimal digits.
	pub keys: Vec<String>,
	/// The folder from which weights and indexes are read.
	pub blob_dir: String,
	/// How many jobs are computed at the same time, at most.
	pub threads: usize,
	/// The number of the best block that the worker has looked at.
	pub best: BlockNumber,
	/// The files of the models in memory.
	pub artifacts: Vec<LoadedArtifacts>,
	/// What was counted since the node started.
	pub counts: Counts,
	/// How many jobs wait or are being computed.
	pub queue: usize,
	/// The last failure in words.
	pub last_error: Option<String>,
}

/// The files of a model in memory, by the blake2-256 hashes of their content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedArtifacts {
	/// The hash of the weights.
	pub weights: String,
	/// The hash of the influence index.
	pub index: String,
}

/// What was counted since the node started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
	/// The assignments that were seen, also those of jobs that were drawn anew.
	pub seen: u64,
	/// The verdicts that were computed.
	pub computed: u64,
	/// The claims that were submitted, without those submitted again.
	pub submitted: u64,
	/// The tries that failed.
	pub failed: u64,
}

/// A job that this node is working on, as `attribution_jobs` answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
	/// The job's number.
	pub job: u64,
	/// The attempt, counted from 0.
	pub attempt: u32,
	/// The inference's number.
	pub inference: u64,
	/// The model's number.
	pub model: u32,
	/// The attester's address.
	pub attester: String,
	/// The block at which the job is drawn anew.
	pub deadline: BlockNumber,
	/// How far the job is: `waiting`, `computing`, `computed` (until the job is final), `drafted`
	/// or `submitted`.
	pub state: String,
	/// How many tries failed.
	pub failures: u32,
	/// The block of the next try, for a job that waits.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub retry_at: Option<BlockNumber>,
	/// Why the last try failed.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub error: Option<String>,
}

/// What the worker writes and the RPC methods read.
#[derive(Clone, Default)]
pub struct SharedStatus(Arc<RwLock<(WorkerStatus, Vec<JobStatus>)>>);

impl SharedStatus {
	/// The status of a worker that does not run, with the reason.
	pub fn disabled(reason: impl Into<String>) -> Self {
		let shared = Self::default();
		shared.set(
			WorkerStatus { reason: Some(reason.into()), ..WorkerStatus::default() },
			Vec::new(),
		);
		shared
	}

	pub fn status(&self) -> WorkerStatus {
		self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
	}

	pub fn jobs(&self) -> Vec<JobStatus> {
		self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
	}

	pub fn set(&self, status: WorkerStatus, jobs: Vec<JobStatus>) {
		*self.0.write().unwrap_or_else(PoisonError::into_inner) = (status, jobs);
	}
}
