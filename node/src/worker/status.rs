//! What the worker tells the outside.

use openledger_runtime::BlockNumber;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};

/// State of the worker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
	/// Whether the worker runs.
	pub enabled: bool,
	/// Why it does not.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// The attesters' keys in the keystore, in hexadecimal.
	pub keys: Vec<String>,
	/// Where weights and indexes are read from.
	pub blob_dir: String,
	/// The most jobs computed at the same time.
	pub threads: usize,
	/// The best block the worker has looked at.
	pub best: BlockNumber,
	/// Models in memory.
	pub artifacts: Vec<LoadedArtifacts>,
	/// Counts since the node started.
	pub counts: Counts,
	/// Jobs waiting or being computed.
	pub queue: usize,
	/// The last failure.
	pub last_error: Option<String>,
}

/// Files of a model in memory, by blake2-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedArtifacts {
	/// The weights.
	pub weights: String,
	/// The influence index.
	pub index: String,
}

/// Counts since the node started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
	/// Assignments seen, redraws included.
	pub seen: u64,
	/// Verdicts computed.
	pub computed: u64,
	/// Claims submitted.
	pub submitted: u64,
	/// Tries that failed.
	pub failed: u64,
}

/// A job this node is working on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
	/// The job.
	pub job: u64,
	/// The attempt, from 0.
	pub attempt: u32,
	/// The inference.
	pub inference: u64,
	/// The model.
	pub model: u32,
	/// The attester.
	pub attester: String,
	/// The block at which it is redrawn.
	pub deadline: BlockNumber,
	/// `waiting`, `computing`, `computed` (until the job is final), `drafted` or `submitted`.
	pub state: String,
	/// Tries that failed.
	pub failures: u32,
	/// The block of the next try, for a waiting job.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub retry_at: Option<BlockNumber>,
	/// Why the last try failed.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub error: Option<String>,
}

/// What the worker writes and the RPC methods read.
#[derive(Clone, Default)]
pub struct SharedStatus(Arc<RwLock<(Status, Vec<JobStatus>)>>);

impl SharedStatus {
	/// Of a worker that does not run.
	pub fn disabled(reason: impl Into<String>) -> Self {
		let shared = Self::default();
		shared.set(Status { reason: Some(reason.into()), ..Status::default() }, Vec::new());
		shared
	}

	/// The state of the worker.
	pub fn status(&self) -> Status {
		self.0.read().unwrap_or_else(PoisonError::into_inner).0.clone()
	}

	/// The jobs.
	pub fn jobs(&self) -> Vec<JobStatus> {
		self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
	}

	/// Replaces both.
	pub fn set(&self, status: Status, jobs: Vec<JobStatus>) {
		*self.0.write().unwrap_or_else(PoisonError::into_inner) = (status, jobs);
	}
}
