//! Stand-ins for the chain, the engine and the database.

use super::{
	child::FileHashes, events::Chain, pool::Engine, process::Failure, Assignment, AttesterId, Draft,
};
use openledger_pallet_support::{Artifacts, JobId, Usage};
use openledger_primitives::{Attribution, IndexCommitment, Sketch, Width, H256};
use openledger_runtime::Hash;
use pallet_attribution::Verdict;
use polkadot_sdk::sp_core::{offchain::OffchainStorage, sr25519, ByteArray};
use std::{
	collections::{BTreeMap, HashMap},
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc, Mutex,
	},
	time::Duration,
};

/// Off-chain storage in memory, shared by its clones as the database is by a node's tasks.
#[derive(Clone, Default)]
pub struct Storage(Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>);

pub fn storage() -> Storage {
	Storage::default()
}

impl OffchainStorage for Storage {
	fn set(&mut self, prefix: &[u8], key: &[u8], value: &[u8]) {
		self.0.lock().unwrap().insert([prefix, key].concat(), value.to_vec());
	}

	fn remove(&mut self, prefix: &[u8], key: &[u8]) {
		self.0.lock().unwrap().remove(&[prefix, key].concat());
	}

	fn get(&self, prefix: &[u8], key: &[u8]) -> Option<Vec<u8>> {
		self.0.lock().unwrap().get(&[prefix, key].concat()).cloned()
	}

	fn compare_and_set(
		&mut self,
		prefix: &[u8],
		key: &[u8],
		old_value: Option<&[u8]>,
		new_value: &[u8],
	) -> bool {
		let equal = self.get(prefix, key).as_deref() == old_value;
		if equal {
			self.set(prefix, key, new_value);
		}
		equal
	}
}

pub fn assignment(job: JobId, attempt: u32) -> Assignment {
	Assignment {
		job,
		attempt,
		attester: [1; 32].into(),
		model: 0,
		inference: job + 100,
		input: b"1,2".to_vec(),
		output: b"3".to_vec(),
		usage: Usage::default(),
		artifacts: Artifacts { weights: H256::repeat_byte(1), index: H256::repeat_byte(2) },
		index: IndexCommitment {
			root: H256::repeat_byte(3),
			leaf_count: 4,
			dimension: 2,
			width: Width::Int8,
		},
		max_entries: 8,
		deadline: 50,
	}
}

pub fn verdict() -> Verdict {
	Verdict::Confirmed(Attribution { query: Sketch::Int8(vec![1, 2]), entries: Vec::new() })
}

pub fn draft(assignment: &Assignment) -> Draft {
	Draft {
		job: assignment.job,
		attempt: assignment.attempt,
		attester: assignment.attester.clone(),
		verdict: verdict(),
	}
}

/// A chain whose blocks say what is assigned.
#[derive(Clone, Default)]
pub struct FakeChain(Arc<Mutex<BTreeMap<Hash, Vec<Assignment>>>>);

impl FakeChain {
	/// Adds a block with that number and those assignments, and returns its hash.
	pub fn block(&self, number: u64, assigned: &[Assignment]) -> Hash {
		let hash = Hash::from_low_u64_be(number);
		self.0.lock().unwrap().insert(hash, assigned.to_vec());
		hash
	}
}

impl Chain for FakeChain {
	fn keys(&self) -> Vec<AttesterId> {
		vec![sr25519::Public::from_slice(&[7; 32]).unwrap().into()]
	}

	fn assignments(&self, at: Hash, _: &AttesterId) -> Result<Vec<Assignment>, String> {
		self.0.lock().unwrap().get(&at).cloned().ok_or_else(|| "no such block".into())
	}
}

/// An engine that counts what it computes, and fails when told.
#[derive(Default)]
pub struct FakeEngine {
	pub computed: AtomicU32,
	pub fail: AtomicU32,
	/// The first byte of the weights' hash of a model whose jobs take too long.
	pub deadly: Option<u8>,
}

impl Engine for FakeEngine {
	fn verdict(&self, assignment: &Arc<Assignment>) -> Result<Verdict, Failure> {
		if self.deadly == Some(assignment.artifacts.weights.0[0]) {
			return Err(Failure::TimedOut(Duration::from_secs(1)));
		}
		if self.fail.load(Ordering::SeqCst) > 0 {
			self.fail.fetch_sub(1, Ordering::SeqCst);
			return Err(Failure::Reported("no rows".into()));
		}
		self.computed.fetch_add(1, Ordering::SeqCst);
		Ok(verdict())
	}

	fn loaded(&self) -> Vec<FileHashes> {
		Vec::new()
	}
}
