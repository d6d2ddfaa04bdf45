//! Decides what is computed when.

use super::{child::FileHashes, mailbox::digest, Assignment};
use openledger_pallet_support::JobId;
use openledger_runtime::{BlockNumber, Hash};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// The longest wait between two tries, in blocks.
const LONGEST_WAIT: BlockNumber = 32;

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
	/// It waits for a process or, after a failure, for a later block.
	Waiting {
		/// The block before which it is not tried.
		until: BlockNumber,
	},
	/// A process computes it.
	Computing,
	/// Its verdict is known, but the job is not final yet.
	Computed,
	/// Its draft is in the mailbox.
	Drafted {
		/// Whether the runtime's hook has submitted it.
		submitted: bool,
	},
}

/// A job that this node is working on.
#[derive(Clone, Debug)]
pub struct TrackedJob {
	pub assignment: Arc<Assignment>,
	/// The digest of the question.
	pub digest: Hash,
	pub state: JobState,
	/// How many tries failed.
	pub failures: u32,
	/// Why the last try failed.
	pub error: Option<String>,
}

/// A job as it was asked when a process took it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket {
	pub job: JobId,
	/// The digest of the question.
	pub digest: Hash,
}

/// A model whose jobs cost processes. A process is started, and the models that it had in memory are
/// loaded, at everybody's cost, so one model may cause that only so often.
struct Suspect {
	/// How many processes died in a row.
	deaths: u32,
	/// The block before which none of its jobs is tried.
	until: BlockNumber,
}

/// Holds the jobs and hands them to a bounded number of threads, earliest deadline first. Jobs of
/// models that cost processes come after all others, one at a time for each model, and after waits
/// that grow with each process.
pub struct Scheduler {
	jobs: BTreeMap<JobId, TrackedJob>,
	suspects: BTreeMap<FileHashes, Suspect>,
	threads: usize,
	running: usize,
}

impl Scheduler {
	pub fn new(threads: usize) -> Self {
		Self { jobs: BTreeMap::new(), suspects: BTreeMap::new(), threads, running: 0 }
	}

	/// All jobs, ordered by number.
	pub fn jobs(&self) -> impl Iterator<Item = &TrackedJob> {
		self.jobs.values()
	}

	pub fn job(&self, job: JobId) -> Option<&TrackedJob> {
		self.jobs.get(&job)
	}

	/// Takes over what is assigned at best block `now`. New jobs are added, changes of attempt and
	/// question are followed, and jobs are forgotten that are no longer assigned and neither on a
	/// thread nor in the mailbox. Returns the jobs that are new to this run or have changed: these
	/// may have a draft in the mailbox.
	///
	/// A job that is assigned to two of this node's attesters is done for the first of them,
	/// because the mailbox has one place per job.
	pub fn observe(&mut self, now: BlockNumber, assigned: Vec<Assignment>) -> Vec<JobId> {
		let mut present = BTreeSet::new();
		let mut new = Vec::new();
		for assignment in assigned {
			let job = assignment.job;
			if !present.insert(job) {
				continue;
			}
			let digest = digest(&assignment);
			let known = self.jobs.get_mut(&job).filter(|entry| entry.digest == digest);
			if let Some(entry) = known {
				if entry.assignment.attempt == assignment.attempt {
					continue;
				}
				// The verdict on the same question stays valid for another attempt.
				if matches!(entry.state, JobState::Drafted { .. }) {
					entry.state = JobState::Waiting { until: now };
					new.push(job);
				}
				entry.assignment = Arc::new(assignment);
				continue;
			}
			let suspect = self.suspects.get(&files(&assignment));
			let until = suspect.map_or(now, |suspect| suspect.until.max(now));
			let entry = TrackedJob {
				assignment: Arc::new(assignment),
				digest,
				state: JobState::Waiting { until },
				failures: 0,
				error: None,
			};
			self.jobs.insert(job, entry);
			new.push(job);
		}
		self.jobs.retain(|job, entry| {
			let kept = matches!(entry.state, JobState::Computing | JobState::Drafted { .. });
			kept || present.contains(job)
		});
		let known: BTreeSet<_> = self.jobs.values().map(|entry| files(&entry.assignment)).collect();
		self.suspects.retain(|files, suspect| suspect.until > now || known.contains(files));
		new
	}

	/// Notes that the verdict on a job is known.
	pub fn computed(&mut self, job: JobId) {
		if let Some(entry) = self.jobs.get_mut(&job) {
			self.suspects.remove(&files(&entry.assignment));
			entry.state = JobState::Computed;
			entry.error = None;
		}
	}

	/// Notes that the mailbox holds the draft of a job.
	pub fn drafted(&mut self, job: JobId) {
		if let Some(entry) = self.jobs.get_mut(&job) {
			entry.state = JobState::Drafted { submitted: false };
			entry.error = None;
		}
	}

	/// Notes that the claim of a job was submitted. Returns whether that was not known before.
	pub fn submitted(&mut self, job: JobId) -> bool {
		match self.jobs.get_mut(&job).map(|entry| &mut entry.state) {
			Some(JobState::Drafted { submitted }) => !std::mem::replace(submitted, true),
			_ => false,
		}
	}

	/// Hands out the job with the earliest deadline, if a thread is free and a job is due. Suspects'
	/// jobs come last.
	pub fn start(&mut self, now: BlockNumber) -> Option<(Ticket, Arc<Assignment>)> {
		if self.running >= self.threads {
			return None;
		}
		let computing = self.jobs.values().filter(|entry| entry.state == JobState::Computing);
		let computing: BTreeSet<_> = computing.map(|entry| files(&entry.assignment)).collect();
		let suspects = &self.suspects;
		let (_, entry) = self
			.jobs
			.values_mut()
			.filter(|entry| matches!(entry.state, JobState::Waiting { until } if until <= now))
			.map(|entry| (suspects.contains_key(&files(&entry.assignment)), entry))
			.filter(|(suspect, entry)| !suspect || !computing.contains(&files(&entry.assignment)))
			.min_by_key(|(suspect, entry)| {
				(*suspect, entry.assignment.deadline, entry.assignment.job)
			})?;
		entry.state = JobState::Computing;
		self.running = self.running.saturating_add(1);
		let ticket = Ticket { job: entry.assignment.job, digest: entry.digest };
		Some((ticket, entry.assignment.clone()))
	}

	/// Frees a thread. Returns whether the job is still the one that the thread worked on.
	pub fn finish(&mut self, ticket: Ticket) -> bool {
		self.running = self.running.saturating_sub(1);
		self.jobs.get(&ticket.job).is_some_and(|entry| {
			entry.digest == ticket.digest && entry.state == JobState::Computing
		})
	}

	/// Notes that the computation of a job failed, and whether its process died. It is tried again
	/// after 1, 2, 4, ... blocks, and so are all jobs of a model that costs processes, after as many
	/// deaths; returns the block.
	pub fn failed(
		&mut self,
		job: JobId,
		now: BlockNumber,
		error: String,
		died: bool,
	) -> Option<BlockNumber> {
		let entry = self.jobs.get_mut(&job)?;
		let mut until = wait(now, entry.failures);
		let files_of_job = files(&entry.assignment);
		if died {
			let suspect =
				self.suspects.entry(files_of_job).or_insert(Suspect { deaths: 0, until: now });
			until = until.max(wait(now, suspect.deaths));
			*suspect = Suspect { deaths: suspect.deaths.saturating_add(1), until };
		}
		entry.failures = entry.failures.saturating_add(1);
		entry.error = Some(error);
		entry.state = JobState::Waiting { until };
		if died {
			for other in self.jobs.values_mut() {
				if let JobState::Waiting { until: earlier } = &mut other.state {
					if files(&other.assignment) == files_of_job {
						*earlier = until.max(*earlier);
					}
				}
			}
		}
		Some(until)
	}

	/// Forgets a job that is over.
	pub fn remove(&mut self, job: JobId) {
		self.jobs.remove(&job);
	}
}

fn files(assignment: &Assignment) -> FileHashes {
	(assignment.artifacts.weights.0, assignment.artifacts.index.0)
}

/// The block after a wait that doubles with each failure before.
fn wait(now: BlockNumber, failures: u32) -> BlockNumber {
	let blocks = 1u32.checked_shl(failures).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
	now.saturating_add(blocks)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::testing::assignment;
	use proptest::prelude::*;

	fn started(scheduler: &mut Scheduler, now: BlockNumber) -> Vec<JobId> {
		std::iter::from_fn(|| scheduler.start(now)).map(|(ticket, _)| ticket.job).collect()
	}

	fn ticket(assignment: &Assignment) -> Ticket {
		Ticket { job: assignment.job, digest: digest(assignment) }
	}

	#[test]
	fn job_should_be_started_once_when_seen_in_many_blocks() {
		let mut scheduler = Scheduler::new(4);
		assert_eq!(scheduler.observe(1, vec![assignment(5, 0)]), [5]);
		assert_eq!(started(&mut scheduler, 1), [5]);
		assert!(scheduler.observe(2, vec![assignment(5, 0)]).is_empty());
		assert!(started(&mut scheduler, 2).is_empty());
		assert!(scheduler.finish(ticket(&assignment(5, 0))));
		scheduler.drafted(5);
		assert!(scheduler.observe(3, vec![assignment(5, 0)]).is_empty());
		assert!(started(&mut scheduler, 3).is_empty());
	}

	#[test]
	fn earliest_deadline_should_go_first_when_threads_are_few() {
		let mut scheduler = Scheduler::new(2);
		let late = Assignment { deadline: 90, ..assignment(1, 0) };
		let early = Assignment { deadline: 50, ..assignment(2, 0) };
		let same = Assignment { deadline: 50, ..assignment(3, 0) };
		scheduler.observe(1, vec![late.clone(), same, early.clone()]);
		assert_eq!(started(&mut scheduler, 1), [2, 3]);
		scheduler.finish(ticket(&early));
		scheduler.drafted(2);
		assert_eq!(started(&mut scheduler, 1), [1]);
	}

	#[test]
	fn failed_job_should_wait_longer_each_time_when_it_keeps_failing() {
		let mut scheduler = Scheduler::new(1);
		let asked = assignment(1, 0);
		scheduler.observe(10, vec![asked.clone()]);
		let mut waits = Vec::new();
		let mut now = 10;
		for _ in 0..8 {
			assert_eq!(started(&mut scheduler, now), [1]);
			assert!(scheduler.finish(ticket(&asked)));
			let until = scheduler.failed(1, now, "no blob".into(), false).unwrap();
			assert!(started(&mut scheduler, until - 1).is_empty());
			waits.push(until - now);
			now = until;
		}
		assert_eq!(waits, [1, 2, 4, 8, 16, 32, 32, 32]);
		assert_eq!(scheduler.job(1).unwrap().error.as_deref(), Some("no blob"));
	}

	#[test]
	fn waiting_job_should_be_forgotten_when_no_longer_assigned() {
		let mut scheduler = Scheduler::new(0);
		scheduler.observe(1, vec![assignment(1, 0), assignment(2, 0)]);
		scheduler.observe(2, vec![assignment(2, 0)]);
		assert_eq!(scheduler.jobs().map(|e| e.assignment.job).collect::<Vec<_>>(), [2]);
	}

	#[test]
	fn result_should_be_dropped_when_the_question_changed_meanwhile() {
		let mut scheduler = Scheduler::new(1);
		let old = assignment(1, 0);
		let new = Assignment { output: b"7".to_vec(), ..old.clone() };
		scheduler.observe(1, vec![old.clone()]);
		assert_eq!(started(&mut scheduler, 1), [1]);
		assert_eq!(scheduler.observe(2, vec![new.clone()]), [1]);
		// The thread is still busy with the old question.
		assert!(started(&mut scheduler, 2).is_empty());
		assert!(!scheduler.finish(ticket(&old)));
		assert_eq!(started(&mut scheduler, 2), [1]);
		assert!(scheduler.finish(ticket(&new)));
	}

	#[test]
	fn draft_should_be_looked_up_again_when_the_job_is_redrawn() {
		let mut scheduler = Scheduler::new(1);
		scheduler.observe(1, vec![assignment(1, 0)]);
		started(&mut scheduler, 1);
		scheduler.finish(ticket(&assignment(1, 0)));
		scheduler.drafted(1);
		assert_eq!(scheduler.observe(9, vec![assignment(1, 1)]), [1]);
		assert_eq!(scheduler.job(1).unwrap().assignment.attempt, 1);
	}

	#[test]
	fn submission_should_be_news_once_when_reported_twice() {
		let mut scheduler = Scheduler::new(1);
		scheduler.observe(1, vec![assignment(1, 0)]);
		assert!(!scheduler.submitted(1), "no draft yet");
		scheduler.drafted(1);
		assert!(scheduler.submitted(1));
		assert!(!scheduler.submitted(1));
	}

	#[test]
	fn second_attester_should_be_ignored_when_both_are_of_this_node() {
		let mut scheduler = Scheduler::new(9);
		let second = Assignment { attester: [9; 32].into(), ..assignment(1, 0) };
		assert_eq!(scheduler.observe(1, vec![assignment(1, 0), second]), [1]);
		assert_eq!(started(&mut scheduler, 1), [1]);
	}

	proptest! {
		#[test]
		fn threads_should_never_be_exceeded_when_jobs_come_and_go(
			threads in 1usize..4,
			steps in prop::collection::vec((0u8..3, 0u64..6, 0u32..2), 1..80),
		) {
			let mut scheduler = Scheduler::new(threads);
			let mut assigned: BTreeMap<JobId, Assignment> = BTreeMap::new();
			let mut busy: Vec<Ticket> = Vec::new();
			for (now, (step, job, attempt)) in (0u32..).zip(steps) {
				match step {
					0 => { assigned.insert(job, assignment(job, attempt)); },
					1 => { assigned.remove(&job); },
					_ if !busy.is_empty() => {
						let ticket = busy.remove(0);
						if scheduler.finish(ticket) {
							if attempt == 0 {
								scheduler.drafted(ticket.job);
							} else {
								scheduler.failed(ticket.job, now, "failed".into(), job == 0);
							}
						}
					},
					_ => (),
				}
				scheduler.observe(now, assigned.values().cloned().collect());
				while let Some((ticket, _)) = scheduler.start(now) {
					busy.push(ticket);
				}
				prop_assert!(busy.len() <= threads);
				let mut jobs: Vec<_> = busy.iter().map(|t| t.job).collect();
				jobs.sort_unstable();
				jobs.dedup();
				prop_assert_eq!(jobs.len(), busy.len(), "a job is on one thread at a time");
			}
		}
	}
}
