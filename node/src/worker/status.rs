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
	/// How many jobs are computed at the same time, at most, each in a process of its own.
	pub threads: usize,
	/// The number of the best block that the worker has looked at.
	pub best: BlockNumber,
	/// The files of the models that are in memory, in one or several of the engine's processes.
	pub artifacts: Vec<LoadedArtifacts>,
	/// What was counted since the node started.
	pub counts: Counts,
	/// How many jobs wait or are being computed.
	pub queue: usize,
	/// The last failure in words.
	pub last_error: Option<String>,
	/// Whether reason, keys, folder, files in memory and error are left out, because the caller may be a
	/// stranger.
	pub restricted: bool,
}

impl WorkerStatus {
	/// What everybody may know: nothing of the machine, of its keys and of what went wrong on it.
	pub fn for_strangers(self) -> Self {
		let Self { enabled, threads, best, counts, queue, .. } = self;
		Self { enabled, threads, best, counts, queue, restricted: true, ..Self::default() }
	}
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
	/// Of these, the tries that cost the engine's process: it died, or was ended for taking too long.
	pub died: u64,
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
	/// Why the last try failed; left out for strangers.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub error: Option<String>,
}

impl JobStatus {
	/// What everybody may know of the job.
	pub fn for_strangers(self) -> Self {
		Self { error: None, ..self }
	}
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn strangers_should_be_told_no_path_key_or_error_when_they_ask() {
		let status = WorkerStatus {
			enabled: true,
			reason: Some("/home/operator is full".into()),
			keys: vec!["0x01".into()],
			blob_dir: "/home/operator/blobs".into(),
			threads: 2,
			best: 7,
			artifacts: vec![LoadedArtifacts { weights: "0x02".into(), index: "0x03".into() }],
			queue: 1,
			last_error: Some("cannot read /home/operator/blobs/0x02".into()),
			..WorkerStatus::default()
		};
		let told = status.for_strangers();
		assert_eq!((told.enabled, told.threads, told.best, told.queue), (true, 2, 7, 1));
		assert!(told.restricted);
		let text = serde_json::to_string(&told).unwrap();
		for secret in ["operator", "0x01", "0x02", "0x03"] {
			assert!(!text.contains(secret), "{text}");
		}
		let job = JobStatus {
			job: 1,
			attempt: 0,
			inference: 1,
			model: 0,
			attester: "5Grw".into(),
			deadline: 9,
			state: "waiting".into(),
			failures: 1,
			retry_at: None,
			error: Some("cannot read /home/operator/blobs/0x02".into()),
		};
		assert_eq!(job.for_strangers().error, None);
	}
}
