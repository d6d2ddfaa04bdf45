use super::*;
use crate::{BlockNumber, RuntimeCall};
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use openledger_primitives::{Attribution, Leaf, ProvenEntry, Sketch, H256};
use pallet_attribution::{sr25519::AttesterSignature, Claim, Verdict};

/// A claim on a model with 2,410 parameters and that many contributions.
fn claim(entries: u64) -> RuntimeCall {
	let sketch = || Sketch::Int8(vec![1; 2_410]);
	let entry = |contribution| ProvenEntry {
		leaf: Leaf { contribution, sketch: sketch() },
		leaf_index: 0,
		proof: vec![H256::zero(); 5],
		score: 1,
	};
	let attribution = Attribution { query: sketch(), entries: (0..entries).map(entry).collect() };
	let claim: Claim<AccountId, BlockNumber> = Claim {
		job: 0,
		attempt: 0,
		attester: account(Sr25519Keyring::Alice),
		sent: 1,
		verdict: Verdict::Confirmed(attribution),
	};
	let signature = AttesterSignature::from(sp_core::sr25519::Signature::default());
	pallet_attribution::Call::<Runtime>::submit_claim { claim, signature }.into()
}

#[test]
fn fifty_claims_should_fit_in_a_few_blocks_when_a_model_has_thirty_contributions() {
	let call = claim(30);
	let info = call.get_dispatch_info();
	let weights = <Runtime as frame_system::Config>::BlockWeights::get();
	let class = weights.get(info.class);
	let each = info.total_weight().saturating_add(class.base_extrinsic).ref_time();
	let by_weight = class.max_total.unwrap_or(weights.max_block).ref_time() / each;
	let lengths = <Runtime as frame_system::Config>::BlockLength::get();
	let by_length = *lengths.max.get(info.class) as usize / call.encoded_size();
	assert!(by_weight >= 15, "{by_weight} claims by weight");
	assert!(by_length >= 15, "{by_length} claims by length");
	assert!(class.max_extrinsic.is_some_and(|max| max.all_gte(info.total_weight())));
}

#[test]
fn normal_transactions_should_leave_room_when_a_block_is_full_of_them() {
	let lengths = <Runtime as frame_system::Config>::BlockLength::get();
	let (normal, operational) =
		(lengths.max.get(DispatchClass::Normal), lengths.max.get(DispatchClass::Operational));
	assert_eq!(*operational, 5 * 1024 * 1024);
	assert_eq!(normal * 4, operational * 3);
}
