//! Drafts in the node's off-chain storage, where the runtime's off-chain hook finds them.
//!
//! A draft is put here only when its job is final as it was asked. Jobs are numbered in the order
//! of blocks, so on two forks one number can stand for two questions, and nothing in a claim says
//! which one was meant. What is in the mailbox must be true on every fork to come.
//!
//! For each draft the worker keeps a record of the question that it answers, and all records lie
//! under one key: the storage cannot be listed, and after a restart the worker must know what it
//! holds.

use super::{Assignment, Draft, Sent};
use codec::{Decode, Encode};
use openledger_pallet_support::JobId;
use openledger_runtime::Hash;
use pallet_attribution::mailbox::{claim_key, sent_key};
use polkadot_sdk::{sp_core::offchain::OffchainStorage, sp_offchain::STORAGE_PREFIX};

/// The key under which all records lie.
const RECORDS_KEY: &[u8] = b"openledger/records";

/// What the worker knows of a draft besides its content.
#[derive(Encode, Decode, Clone, Copy, PartialEq, Eq, Debug)]
pub struct DraftRecord {
	pub job: JobId,
	/// The [`digest`] of the question.
	pub digest: Hash,
}

/// A digest of all that a verdict depends on. On two forks the same job number can stand for
/// different questions, and a verdict on one question says nothing about the other.
pub fn digest(assignment: &Assignment) -> Hash {
	let Assignment { attester, model, inference, input, output, usage, artifacts, index, .. } =
		assignment;
	let asked = (
		attester,
		model,
		inference,
		input,
		output,
		usage,
		artifacts,
		index,
		assignment.max_entries,
	);
	openledger_primitives::blake2_256(&asked.encode())
}

/// Holds the drafts of this node.
pub struct Mailbox<S> {
	storage: S,
	records: Vec<DraftRecord>,
}

impl<S: OffchainStorage> Mailbox<S> {
	/// Opens the mailbox and reads the records that an earlier run left. Records that cannot be
	/// decoded are forgotten, so their jobs are computed again.
	pub fn open(storage: S) -> Self {
		let records = read(&storage, RECORDS_KEY).unwrap_or_default();
		Self { storage, records }
	}

	/// The draft of a job, if it answers the question with that digest.
	pub fn draft(&self, job: JobId, digest: Hash) -> Option<Draft> {
		self.records.iter().find(|record| record.job == job && record.digest == digest)?;
		read(&self.storage, &claim_key(job))
	}

	/// When the claim of a job was last submitted.
	pub fn sent(&self, job: JobId) -> Option<Sent> {
		read(&self.storage, &sent_key(job))
	}

	/// The records of all drafts, in the order in which these were put.
	pub fn records(&self) -> &[DraftRecord] {
		&self.records
	}

	/// Stores a draft in place of an earlier one of the same job.
	pub fn put(&mut self, draft: &Draft, record: DraftRecord) {
		// The record comes first: a draft without a record would never be removed.
		self.records.retain(|r| r.job != record.job);
		self.records.push(record);
		self.write_records();
		self.storage.set(STORAGE_PREFIX, &claim_key(draft.job), &draft.encode());
	}

	/// Removes the draft of a job, and the note about its submission.
	pub fn remove(&mut self, job: JobId) {
		self.storage.remove(STORAGE_PREFIX, &claim_key(job));
		self.storage.remove(STORAGE_PREFIX, &sent_key(job));
		self.records.retain(|record| record.job != job);
		self.write_records();
	}

	fn write_records(&mut self) {
		self.storage.set(STORAGE_PREFIX, RECORDS_KEY, &self.records.encode());
	}
}

fn read<T: Decode>(storage: &impl OffchainStorage, key: &[u8]) -> Option<T> {
	let bytes = storage.get(STORAGE_PREFIX, key)?;
	T::decode(&mut &bytes[..]).ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::worker::testing::{assignment, draft, storage};

	fn record(job: JobId, digest: Hash) -> DraftRecord {
		DraftRecord { job, digest }
	}

	#[test]
	fn draft_should_be_found_when_mailbox_is_opened_again() {
		let (storage, asked) = (storage(), assignment(3, 0));
		let mut mailbox = Mailbox::open(storage.clone());
		mailbox.put(&draft(&asked), record(3, digest(&asked)));

		let reopened = Mailbox::open(storage);
		assert_eq!(reopened.draft(3, digest(&asked)), Some(draft(&asked)));
		assert_eq!(reopened.records(), [record(3, digest(&asked))]);
	}

	#[test]
	fn draft_should_be_where_the_runtime_looks_when_put() {
		let (storage, asked) = (storage(), assignment(3, 0));
		Mailbox::open(storage.clone()).put(&draft(&asked), record(3, digest(&asked)));
		let bytes = storage.get(b"storage", b"openledger/claim/\x03\0\0\0\0\0\0\0").unwrap();
		assert_eq!(Draft::decode(&mut &bytes[..]).unwrap(), draft(&asked));
	}

	#[test]
	fn draft_should_not_be_found_when_the_question_differs() {
		let asked = assignment(3, 0);
		let mut mailbox = Mailbox::open(storage());
		mailbox.put(&draft(&asked), record(3, digest(&asked)));
		let other = Assignment { input: b"9,9".to_vec(), ..asked };
		assert_eq!(mailbox.draft(3, digest(&other)), None);
	}

	#[test]
	fn digest_should_not_depend_on_the_attempt_when_all_else_is_equal() {
		assert_eq!(digest(&assignment(3, 0)), digest(&assignment(3, 1)));
		assert_ne!(digest(&assignment(3, 0)), digest(&Assignment { model: 9, ..assignment(3, 0) }));
	}

	#[test]
	fn nothing_should_be_left_when_a_job_is_removed() {
		let (storage, asked) = (storage(), assignment(3, 0));
		let mut mailbox = Mailbox::open(storage.clone());
		mailbox.put(&draft(&asked), record(3, digest(&asked)));
		mailbox.remove(3);
		assert_eq!(mailbox.draft(3, digest(&asked)), None);
		assert!(Mailbox::open(storage.clone()).records().is_empty());
		assert_eq!(storage.get(STORAGE_PREFIX, &claim_key(3)), None);
	}

	#[test]
	fn mailbox_should_open_empty_when_records_are_damaged() {
		let mut storage = storage();
		storage.set(STORAGE_PREFIX, RECORDS_KEY, b"\xff\xff");
		assert!(Mailbox::open(storage).records().is_empty());
	}
}
