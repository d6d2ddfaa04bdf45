//! The `offchain_worker` hook.

use super::*;
use crate::{
	mailbox::{claim_key, sent_key, Draft, Sent, RESUBMIT_AFTER},
	sr25519::AttesterId,
	Call, ClaimOf, Verdict, ATTESTER_KEY_TYPE,
};
use codec::Encode;
use frame_support::traits::Hooks;
use openledger_pallet_testing::Chain;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::offchain::{
	testing::{TestOffchainExt, TestTransactionPoolExt},
	OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::offchain::storage::StorageValueRef;

/// Takes everything out of the node's transaction pool.
type Pool = Box<dyn Fn() -> Vec<Vec<u8>>>;

/// A node with the session key of `ALICE` in its keystore.
fn node(attesters: &[AccountId]) -> (Chain<Test>, Pool) {
	let mut ext = ext_with(attesters);
	let (offchain, _) = TestOffchainExt::new();
	let (pool, state) = TestTransactionPoolExt::new();
	let keystore = MemoryKeystore::new();
	keystore.sr25519_generate_new(ATTESTER_KEY_TYPE, Some(&format!("//{ALICE}"))).unwrap();
	ext.state().register_extension(OffchainDbExt::new(offchain.clone()));
	ext.state().register_extension(OffchainWorkerExt::new(offchain));
	ext.state().register_extension(TransactionPoolExt::new(pool));
	ext.state().register_extension(KeystoreExt::new(keystore));
	(ext, Box::new(move || std::mem::take(&mut state.write().transactions)))
}

fn draft(job: JobId, attempt: u32, attester: AccountId) -> Draft<AccountId> {
	Draft { job, attempt, attester, verdict: Verdict::Confirmed(attribution(MODEL, QUERY)) }
}

/// What the node's native task does.
fn leave(job: JobId, draft: &Draft<AccountId>) {
	StorageValueRef::persistent(&claim_key(job)).set(draft);
}

fn work() {
	Jury::offchain_worker(System::block_number());
}

/// Takes the submitted claims out of the pool.
fn submitted(pool: &Pool) -> Vec<RuntimeCall> {
	pool().iter().map(|bytes| decode_call(bytes)).collect()
}

fn claim_of(call: &RuntimeCall) -> ClaimOf<Test> {
	match call {
		RuntimeCall::Jury(Call::submit_claim { claim, .. }) => claim.clone(),
		other => panic!("not a claim: {other:?}"),
	}
}

#[test]
fn keystore_key_should_be_the_session_key_when_generated_from_the_seed() {
	let (mut ext, _) = node(&[ALICE]);
	ext.execute_with(|| {
		assert_eq!(AttesterId::all(), [SessionKeys::get()[&ALICE].clone()]);
	});
}

#[test]
fn draft_should_be_submitted_once_and_end_the_job_when_ready() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		leave(id, &draft(id, 0, ALICE));
		work();
		let calls = submitted(&pool);
		assert_eq!(calls.len(), 1);
		let claim = claim_of(&calls[0]);
		assert_eq!((claim.job, claim.attempt, claim.attester, claim.sent), (id, 0, ALICE, 1));
		work();
		assert!(submitted(&pool).is_empty(), "a second run in the same block");
		run_to(2);
		assert_ok!(apply(calls[0].clone()).unwrap());
		assert!(matches!(ending(id), Ending::Attributed { .. }));
		run_to(20);
		work();
		assert!(submitted(&pool).is_empty(), "the job is closed");
	});
}

#[test]
fn draft_should_be_submitted_again_with_another_sent_when_it_is_in_no_block() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let parameters = crate::types::Parameters { claim_window: 50, ..parameters() };
		assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		let id = open(MODEL).unwrap();
		leave(id, &draft(id, 0, ALICE));
		work();
		let first = submitted(&pool);
		for block in 2..1 + u64::from(RESUBMIT_AFTER) {
			run_to(block);
			work();
			assert!(submitted(&pool).is_empty(), "block {block}");
		}
		run_to(1 + u64::from(RESUBMIT_AFTER));
		work();
		let retry = submitted(&pool);
		assert_eq!(retry.len(), 1);
		assert_eq!(claim_of(&retry[0]).sent, claim_of(&first[0]).sent + u64::from(RESUBMIT_AFTER));
		assert_ne!(first[0].encode(), retry[0].encode());
		assert_ok!(apply(retry[0].clone()).unwrap());
		assert!(apply(first[0].clone()).is_err(), "paid once");
	});
}

#[test]
fn nothing_should_be_submitted_when_draft_is_of_a_past_attempt() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		leave(id, &draft(id, 0, ALICE));
		run_to(1 + WINDOW);
		assert_eq!(job(id).attempt, 1);
		work();
		assert!(submitted(&pool).is_empty());
		leave(id, &draft(id, 1, ALICE));
		work();
		assert_eq!(submitted(&pool).len(), 1);
	});
}

#[test]
fn new_attempt_should_be_submitted_at_once_when_the_last_was_sent_lately() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		leave(id, &draft(id, 0, ALICE));
		run_to(WINDOW);
		work();
		assert_eq!(submitted(&pool).len(), 1);
		run_to(1 + WINDOW);
		leave(id, &draft(id, 1, ALICE));
		work();
		assert_eq!(submitted(&pool).len(), 1);
	});
}

#[test]
fn nothing_should_be_submitted_when_there_is_no_draft_or_it_is_unreadable() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		work();
		assert!(submitted(&pool).is_empty());
		StorageValueRef::persistent(&claim_key(id)).set(&1u8);
		work();
		assert!(submitted(&pool).is_empty());
	});
}

#[test]
fn nothing_should_be_submitted_when_the_job_is_anothers() {
	let (mut ext, pool) = node(&[BOB]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		for attester in [ALICE, BOB] {
			leave(id, &draft(id, 0, attester));
			work();
			assert!(submitted(&pool).is_empty());
		}
	});
}

#[test]
fn submission_should_wait_when_the_chain_was_reorganised_to_an_earlier_block() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		let id = open(MODEL).unwrap();
		leave(id, &draft(id, 0, ALICE));
		let ahead = Sent { attempt: 0u32, attester: ALICE, at: 3u64 };
		StorageValueRef::persistent(&sent_key(id)).set(&ahead);
		work();
		assert!(submitted(&pool).is_empty());
	});
}

#[test]
fn every_job_should_be_submitted_when_several_are_ready() {
	let (mut ext, pool) = node(&[ALICE]);
	ext.execute_with(|| {
		for _ in 0..3 {
			let id = open(MODEL).unwrap();
			leave(id, &draft(id, 0, ALICE));
		}
		work();
		let calls = submitted(&pool);
		assert_eq!(calls.len(), 3);
		for call in calls {
			assert_ok!(apply(call).unwrap());
		}
		assert_eq!(outcomes().len(), 3);
	});
}

#[test]
fn mailbox_keys_should_be_those_of_the_protocol() {
	assert_eq!(claim_key(258), b"openledger/claim/\x02\x01\0\0\0\0\0\0");
	assert_eq!(sent_key(1), b"openledger/sent/\x01\0\0\0\0\0\0\0");
}
