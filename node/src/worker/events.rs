//! What the worker does at each event: a best block, a final block, a job that is done.

use super::{
	mailbox::{digest, DraftRecord, Mailbox},
	metrics::Metrics,
	pool::Engine,
	process::Failure,
	scheduler::{JobState, Scheduler, Ticket, TrackedJob},
	status::{JobStatus, LoadedArtifacts, SharedStatus, WorkerStatus},
	Assignment, AttesterId, Draft, LOG_TARGET,
};
use openledger_pallet_support::JobId;
use openledger_runtime::{BlockNumber, Hash};
use pallet_attribution::Verdict;
use polkadot_sdk::sp_core::offchain::OffchainStorage;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What the worker asks the chain and the keystore.
pub trait Chain: Send + 'static {
	/// The keys of attesters that this node holds.
	fn keys(&self) -> Vec<AttesterId>;

	/// The open jobs of an attester's key, as a block has them.
	///
	/// # Errors
	/// If the runtime cannot be asked at that block.
	fn assignments(&self, at: Hash, key: &AttesterId) -> Result<Vec<Assignment>, String>;
}

/// A job that a thread is to compute.
pub struct WorkItem {
	/// Comes back with the result.
	pub ticket: Ticket,
	pub assignment: Arc<Assignment>,
}

/// What a thread hands back when it is done.
pub struct Done {
	/// The ticket of the work item.
	pub ticket: Ticket,
	pub result: Result<Verdict, Failure>,
	pub took: Duration,
}

/// Follows the chain and keeps the mailbox up to date.
pub struct Worker<C, S> {
	chain: C,
	engine: Arc<dyn Engine>,
	mailbox: Mailbox<S>,
	scheduler: Scheduler,
	metrics: Option<Metrics>,
	shared: SharedStatus,
	status: WorkerStatus,
	/// The verdicts on jobs that are not final yet.
	ready: BTreeMap<JobId, Verdict>,
	/// The jobs that are assigned at the last final block, with the digests of their questions.
	finalised: BTreeMap<JobId, Hash>,
}

impl<C: Chain, S: OffchainStorage> Worker<C, S> {
	/// Makes a worker that has nothing to do yet. It needs `blob_dir` only to tell it in its
	/// status.
	pub fn new(
		chain: C,
		engine: Arc<dyn Engine>,
		mailbox: Mailbox<S>,
		threads: usize,
		blob_dir: String,
		metrics: Option<Metrics>,
	) -> Self {
		let status = WorkerStatus { enabled: true, blob_dir, threads, ..WorkerStatus::default() };
		let worker = Self {
			chain,
			engine,
			mailbox,
			scheduler: Scheduler::new(threads),
			metrics,
			shared: SharedStatus::default(),
			status,
			ready: BTreeMap::new(),
			finalised: BTreeMap::new(),
		};
		worker.publish();
		worker
	}

	/// What the RPC methods read.
	pub fn shared(&self) -> SharedStatus {
		self.shared.clone()
	}

	/// Takes over the jobs of a new best block.
	pub fn on_best(&mut self, hash: Hash, number: BlockNumber) {
		self.status.best = number;
		match self.ask(hash) {
			Ok(assigned) => {
				for job in self.scheduler.observe(number, assigned) {
					self.on_new(job);
				}
				let scheduler = &self.scheduler;
				self.ready.retain(|job, _| {
					scheduler.job(*job).is_some_and(|entry| entry.state == JobState::Computed)
				});
				self.note_submissions();
			},
			Err(error) => self.note_error(format!("block {number}: {error}")),
		}
		self.publish();
	}

	/// Takes over a new final block: the verdicts on its jobs go into the mailbox, and the drafts
	/// of jobs that are over are removed.
	pub fn on_finalised(&mut self, hash: Hash, number: BlockNumber) {
		if self.mailbox.records().is_empty() && self.scheduler.jobs().next().is_none() {
			return;
		}
		match self.ask(hash) {
			Ok(assigned) => {
				self.finalised = assigned.iter().rev().map(|a| (a.job, digest(a))).collect();
				self.release();
				self.clean();
			},
			Err(error) => self.note_error(format!("final block {number}: {error}")),
		}
		self.publish();
	}

	/// The next job for a thread, if a thread is free and a job is due.
	pub fn next_item(&mut self) -> Option<WorkItem> {
		let (ticket, assignment) = self.scheduler.start(self.status.best)?;
		self.publish();
		Some(WorkItem { ticket, assignment })
	}

	/// Takes the result of a thread.
	pub fn on_done(&mut self, done: Done) {
		let Done { ticket, result, took } = done;
		let job = ticket.job;
		// The job may be gone by now, or stand for another question on another fork.
		if self.scheduler.finish(ticket) {
			match result {
				Ok(verdict) => {
					self.on_computed(job, &verdict, took);
					self.scheduler.computed(job);
					self.ready.insert(job, verdict);
					self.release();
				},
				Err(failure) => self.on_failed(job, failure),
			}
		}
		self.publish();
	}

	fn ask(&self, at: Hash) -> Result<Vec<Assignment>, String> {
		let mut assigned = Vec::new();
		for key in self.chain.keys() {
			assigned.extend(self.chain.assignments(at, &key)?);
		}
		Ok(assigned)
	}

	/// Moves the verdicts on jobs that are final as they were asked into the mailbox.
	fn release(&mut self) {
		for (job, digest) in &self.finalised {
			let Some(entry) = self.scheduler.job(*job).filter(|entry| entry.digest == *digest)
			else {
				continue;
			};
			if let Some(verdict) = self.ready.remove(job) {
				let (draft, record) = draft(entry, verdict);
				self.mailbox.put(&draft, record);
				self.scheduler.drafted(*job);
			}
		}
	}

	/// Removes the drafts of jobs that will be in no final block to come.
	fn clean(&mut self) {
		let records = self.mailbox.records().iter().map(|record| record.job);
		let over: Vec<JobId> = records.filter(|job| !self.finalised.contains_key(job)).collect();
		for job in over {
			log::debug!(target: LOG_TARGET, "Job {job} is over");
			self.mailbox.remove(job);
			self.scheduler.remove(job);
		}
	}

	fn on_new(&mut self, job: JobId) {
		let Some(entry) = self.scheduler.job(job) else { return };
		self.status.counts.seen = self.status.counts.seen.saturating_add(1);
		if let Some(metrics) = &self.metrics {
			metrics.seen.inc();
		}
		let Assignment { attempt, inference, .. } = *entry.assignment;
		match self.mailbox.draft(job, entry.digest) {
			Some(held) => {
				log::info!(
					target: LOG_TARGET,
					"Job {job} (inference {inference}, attempt {attempt}): computed already"
				);
				if held.attempt != attempt {
					let (draft, record) = draft(entry, held.verdict);
					self.mailbox.put(&draft, record);
				}
				self.scheduler.drafted(job);
			},
			None => log::info!(
				target: LOG_TARGET,
				"Job {job} (inference {inference}, attempt {attempt}): assigned"
			),
		}
	}

	fn note_submissions(&mut self) {
		let submitted: Vec<JobId> = self
			.scheduler
			.jobs()
			.filter(|entry| entry.state == JobState::Drafted { submitted: false })
			.filter(|entry| {
				let sent = self.mailbox.sent(entry.assignment.job);
				sent.is_some_and(|sent| sent.attempt == entry.assignment.attempt)
			})
			.map(|entry| entry.assignment.job)
			.collect();
		for job in submitted {
			if self.scheduler.submitted(job) {
				self.status.counts.submitted = self.status.counts.submitted.saturating_add(1);
				if let Some(metrics) = &self.metrics {
					metrics.submitted.inc();
				}
			}
		}
	}

	fn on_computed(&mut self, job: JobId, verdict: &Verdict, took: Duration) {
		let what = match verdict {
			Verdict::Confirmed(attribution) => {
				format!("confirmed, {} contributions", attribution.entries.len())
			},
			Verdict::WrongAnswer { output } => {
				format!("wrong answer, right is '{}'", String::from_utf8_lossy(output))
			},
		};
		log::info!(target: LOG_TARGET, "Job {job}: {what} ({} ms)", took.as_millis());
		self.status.counts.computed = self.status.counts.computed.saturating_add(1);
		if let Some(metrics) = &self.metrics {
			metrics.computed.inc();
			metrics.seconds.observe(took.as_secs_f64());
		}
	}

	fn on_failed(&mut self, job: JobId, failure: Failure) {
		let (error, death) = (failure.to_string(), failure.is_death());
		let until = self.scheduler.failed(job, self.status.best, error.clone(), death);
		self.status.counts.failed = self.status.counts.failed.saturating_add(1);
		if let Some(metrics) = &self.metrics {
			metrics.failed.inc();
			if death {
				metrics.died.inc();
			}
		}
		if death {
			self.status.counts.died = self.status.counts.died.saturating_add(1);
		}
		let retry = until.map(|block| format!("; next try at block {block}")).unwrap_or_default();
		self.note_error(format!("job {job}: {error}{retry}"));
	}

	fn note_error(&mut self, error: String) {
		log::warn!(target: LOG_TARGET, "{error}");
		self.status.last_error = Some(error);
	}

	fn publish(&self) {
		let jobs: Vec<JobStatus> = self.scheduler.jobs().map(job_status).collect();
		let queue = self
			.scheduler
			.jobs()
			.filter(|entry| matches!(entry.state, JobState::Waiting { .. } | JobState::Computing))
			.count();
		if let Some(metrics) = &self.metrics {
			metrics.queue.set(u64::try_from(queue).unwrap_or(u64::MAX));
		}
		let status = WorkerStatus {
			queue,
			keys: self.chain.keys().iter().map(|key| hash_text(key.as_ref())).collect(),
			artifacts: self
				.engine
				.loaded()
				.iter()
				.map(|(weights, index)| LoadedArtifacts {
					weights: hash_text(weights),
					index: hash_text(index),
				})
				.collect(),
			..self.status.clone()
		};
		self.shared.set(status, jobs);
	}

	/// What was counted since the start.
	#[cfg(test)]
	pub fn counts(&self) -> super::status::Counts {
		self.status.counts
	}
}

fn draft(entry: &TrackedJob, verdict: Verdict) -> (Draft, DraftRecord) {
	let Assignment { job, attempt, ref attester, .. } = *entry.assignment;
	let draft = Draft { job, attempt, attester: attester.clone(), verdict };
	(draft, DraftRecord { job, digest: entry.digest })
}

fn job_status(entry: &TrackedJob) -> JobStatus {
	let assignment = &entry.assignment;
	let (state, retry_at) = match entry.state {
		JobState::Waiting { until } => ("waiting", Some(until)),
		JobState::Computing => ("computing", None),
		JobState::Computed => ("computed", None),
		JobState::Drafted { submitted: false } => ("drafted", None),
		JobState::Drafted { submitted: true } => ("submitted", None),
	};
	JobStatus {
		job: assignment.job,
		attempt: assignment.attempt,
		inference: assignment.inference,
		model: assignment.model,
		attester: assignment.attester.to_string(),
		deadline: assignment.deadline,
		state: state.into(),
		failures: entry.failures,
		retry_at,
		error: entry.error.clone(),
	}
}

fn hash_text(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests;
