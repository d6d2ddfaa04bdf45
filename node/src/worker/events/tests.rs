use super::*;
use crate::worker::{
	status::Counts,
	testing::{assignment, draft, storage, FakeChain, FakeEngine, Storage},
	Sent,
};
use codec::Encode;
use openledger_pallet_support::Artifacts;
use openledger_primitives::H256;
use pallet_attribution::mailbox::{claim_key, sent_key};
use polkadot_sdk::sp_offchain::STORAGE_PREFIX;
use std::sync::atomic::Ordering;

struct Node {
	worker: Worker<FakeChain, Storage>,
	engine: Arc<FakeEngine>,
	chain: FakeChain,
	storage: Storage,
}

/// A node on that chain and that database, as it is after a start.
fn start(chain: &FakeChain, storage: &Storage, engine: FakeEngine) -> Node {
	let engine = Arc::new(engine);
	let worker = Worker::new(
		chain.clone(),
		engine.clone(),
		Mailbox::open(storage.clone()),
		2,
		"blobs".into(),
		None,
	);
	Node { worker, engine, chain: chain.clone(), storage: storage.clone() }
}

fn new_node() -> Node {
	start(&FakeChain::default(), &storage(), FakeEngine::default())
}

impl Node {
	fn best(&mut self, number: u32, assigned: &[Assignment]) {
		let hash = self.chain.block(number.into(), assigned);
		self.worker.on_best(hash, number);
	}

	fn finalise(&mut self, number: u32) {
		self.worker.on_finalised(Hash::from_low_u64_be(number.into()), number);
	}

	fn compute_all(&mut self) {
		while let Some(WorkItem { ticket, assignment }) = self.worker.next_item() {
			let (result, took) = (self.engine.verdict(&assignment), Duration::ZERO);
			self.worker.on_done(Done { ticket, result, took });
		}
	}

	/// Makes a block the best, has it worked on, and makes it final.
	fn settle(&mut self, number: u32, assigned: &[Assignment]) {
		self.best(number, assigned);
		self.compute_all();
		self.finalise(number);
	}

	fn state(&self, job: JobId) -> String {
		let jobs = self.worker.shared().jobs();
		jobs.into_iter().find(|status| status.job == job).map(|s| s.state).unwrap_or_default()
	}

	fn draft(&self, job: JobId) -> Option<Draft> {
		let bytes = self.storage.get(STORAGE_PREFIX, &claim_key(job))?;
		codec::Decode::decode(&mut &bytes[..]).ok()
	}

	/// Does what the runtime's hook does.
	fn submit(&mut self, assignment: &Assignment, at: u32) {
		let Assignment { job, attempt, ref attester, .. } = *assignment;
		let sent = Sent { attempt, attester: attester.clone(), at };
		self.storage.set(STORAGE_PREFIX, &sent_key(job), &sent.encode());
	}
}

#[test]
fn draft_should_be_written_once_when_the_job_stays_open() {
	let mut node = new_node();
	for number in 1..6 {
		node.settle(number, &[assignment(4, 0)]);
	}
	assert_eq!(node.draft(4), Some(draft(&assignment(4, 0))));
	assert_eq!(node.engine.computed.load(Ordering::SeqCst), 1);
	assert_eq!(
		node.worker.counts(),
		Counts { seen: 1, computed: 1, submitted: 0, failed: 0, died: 0 }
	);
}

#[test]
fn draft_should_be_written_when_the_job_is_final_and_not_before() {
	let mut node = new_node();
	node.best(1, &[]);
	node.best(2, &[assignment(4, 0)]);
	node.compute_all();
	assert_eq!((node.draft(4), node.state(4).as_str()), (None, "computed"));
	node.finalise(1);
	assert_eq!(node.draft(4), None);
	node.finalise(2);
	assert_eq!(node.draft(4), Some(draft(&assignment(4, 0))));
	assert_eq!(node.state(4), "drafted");
}

#[test]
fn draft_should_be_written_at_once_when_the_job_was_final_before_it_was_computed() {
	let mut node = new_node();
	node.best(1, &[assignment(4, 0)]);
	node.finalise(1);
	assert_eq!(node.draft(4), None);
	node.compute_all();
	assert_eq!(node.draft(4), Some(draft(&assignment(4, 0))));
}

#[test]
fn draft_should_answer_the_final_question_when_forks_ask_two() {
	let mut node = new_node();
	let other = Assignment { input: b"8,8".to_vec(), ..assignment(4, 0) };
	node.best(1, &[assignment(4, 0)]);
	node.compute_all();
	// Another fork wins, on which job 4 is another question.
	node.best(2, std::slice::from_ref(&other));
	node.finalise(2);
	assert_eq!(node.draft(4), None, "nothing of the lost fork");
	node.compute_all();
	assert_eq!(node.engine.computed.load(Ordering::SeqCst), 2);
	assert!(node.draft(4).is_some());
}

#[test]
fn job_should_not_be_computed_again_when_the_node_restarts_with_its_draft() {
	let mut node = new_node();
	node.settle(1, &[assignment(4, 0)]);

	let mut restarted = start(&node.chain, &node.storage, FakeEngine::default());
	restarted.settle(2, &[assignment(4, 0)]);
	assert_eq!(restarted.engine.computed.load(Ordering::SeqCst), 0);
	assert_eq!(restarted.draft(4), Some(draft(&assignment(4, 0))));
	assert_eq!(restarted.state(4), "drafted");
}

#[test]
fn job_should_be_computed_when_the_node_was_killed_during_the_computation() {
	let mut node = new_node();
	node.best(1, &[assignment(4, 0)]);
	let _lost = node.worker.next_item().unwrap();
	assert_eq!(node.state(4), "computing");

	let mut restarted = start(&node.chain, &node.storage, FakeEngine::default());
	restarted.settle(1, &[assignment(4, 0)]);
	assert_eq!(restarted.engine.computed.load(Ordering::SeqCst), 1);
	assert_eq!(restarted.draft(4), Some(draft(&assignment(4, 0))));
}

#[test]
fn verdict_should_be_reused_when_the_job_is_redrawn() {
	let mut node = new_node();
	node.settle(1, &[assignment(4, 0)]);
	node.best(9, &[assignment(4, 1)]);
	node.compute_all();
	assert_eq!(node.draft(4), Some(draft(&assignment(4, 1))));
	assert_eq!(node.engine.computed.load(Ordering::SeqCst), 1);
}

#[test]
fn draft_should_be_removed_when_the_job_is_over_in_final_state_only() {
	let mut node = new_node();
	node.settle(1, &[assignment(4, 0)]);
	// Settled in block 2, which is not final.
	node.best(2, &[]);
	node.best(3, &[]);
	assert!(node.draft(4).is_some(), "block 1 still has the job");
	node.finalise(3);
	assert_eq!(node.draft(4), None);
	assert!(node.worker.shared().jobs().is_empty());
}

#[test]
fn verdict_should_be_forgotten_when_its_job_never_becomes_final() {
	let mut node = new_node();
	node.best(1, &[assignment(4, 0)]);
	node.compute_all();
	node.settle(2, &[]);
	assert_eq!(node.draft(4), None);
	assert!(node.worker.shared().jobs().is_empty());
}

#[test]
fn draft_should_be_removed_when_the_job_ended_while_the_node_was_down() {
	let mut node = new_node();
	node.settle(1, &[assignment(4, 0)]);

	let mut restarted = start(&node.chain, &node.storage, FakeEngine::default());
	restarted.settle(9, &[]);
	assert_eq!(restarted.draft(4), None);
}

#[test]
fn submission_should_be_counted_once_when_the_hook_resubmits() {
	let mut node = new_node();
	node.settle(1, &[assignment(4, 0)]);
	for at in 2..12 {
		node.submit(&assignment(4, 0), at);
		node.best(at, &[assignment(4, 0)]);
	}
	assert_eq!(node.worker.counts().submitted, 1);
	assert_eq!(node.state(4), "submitted");
}

#[test]
fn job_should_be_tried_again_when_the_engine_failed() {
	let engine = FakeEngine { fail: 2.into(), ..Default::default() };
	let mut node = start(&FakeChain::default(), &storage(), engine);
	node.settle(1, &[assignment(4, 0)]);
	let status = node.worker.shared().jobs().remove(0);
	assert_eq!((status.state.as_str(), status.failures, status.retry_at), ("waiting", 1, Some(2)));
	assert!(status.error.unwrap().contains("no rows"));
	for number in 2..5 {
		node.settle(number, &[assignment(4, 0)]);
	}
	assert!(node.draft(4).is_some());
	assert_eq!(
		node.worker.counts(),
		Counts { seen: 1, computed: 1, submitted: 0, failed: 2, died: 0 }
	);
}

#[test]
fn others_should_go_first_when_a_model_costs_processes() {
	let engine = FakeEngine { deadly: Some(9), ..Default::default() };
	let mut node = start(&FakeChain::default(), &storage(), engine);
	let artifacts = Artifacts { weights: H256::repeat_byte(9), index: H256::repeat_byte(2) };
	let poisoned = |job| Assignment { artifacts, deadline: 20, ..assignment(job, 0) };
	node.settle(1, &[poisoned(4)]);
	let jobs = [poisoned(4), poisoned(5), poisoned(6), assignment(7, 0)];
	node.best(2, &jobs);
	let first = node.worker.next_item().unwrap();
	assert_eq!(first.assignment.job, 7, "though its deadline is the last");
	let second = node.worker.next_item().unwrap();
	assert_eq!(second.assignment.job, 4);
	for WorkItem { ticket, assignment } in [first, second] {
		let result = node.engine.verdict(&assignment);
		node.worker.on_done(Done { ticket, result, took: Duration::ZERO });
	}
	assert!(node.worker.next_item().is_none(), "the model rests");
	assert_eq!(
		node.worker.counts(),
		Counts { seen: 4, computed: 1, submitted: 0, failed: 2, died: 2 }
	);
	let waiting: Vec<_> = node.worker.shared().jobs().iter().map(|job| job.retry_at).collect();
	assert_eq!(waiting, [Some(4), Some(4), Some(4), None]);
	node.best(4, &jobs);
	assert!(node.worker.next_item().is_some());
	assert!(node.worker.next_item().is_none(), "one at a time");
}

#[test]
fn open_jobs_should_be_kept_when_the_runtime_cannot_be_asked() {
	let mut node = new_node();
	node.best(1, &[assignment(4, 0)]);
	node.worker.on_best(Hash::repeat_byte(9), 2);
	assert_eq!(node.state(4), "waiting");
	assert!(node.worker.shared().status().last_error.unwrap().contains("no such block"));
	node.compute_all();
	node.finalise(1);
	assert!(node.draft(4).is_some());
}
