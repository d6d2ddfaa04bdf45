//! Weights grow with the work.

use super::*;
use crate::{Call, ClaimSize, Verdict, WeightInfo};
use frame_support::dispatch::GetDispatchInfo;
use frame_support::traits::Authorize;
use openledger_pallet_support::cost;

const SIZE: ClaimSize = ClaimSize { entries: 3, products: 12, nodes: 9, bytes: 4_096 };

fn door(size: ClaimSize) -> u64 {
	<() as WeightInfo>::authorize_claim(size).ref_time()
}

fn block(size: ClaimSize) -> u64 {
	<() as WeightInfo>::submit_claim(size, 8, 4).ref_time()
}

#[test]
fn size_should_be_counted_from_the_claim() {
	let size = Verdict::Confirmed(attribution(MODEL, QUERY)).size();
	// Six leaves: paths of three hashes, or two where a node is promoted.
	let nodes: usize = attribution(MODEL, QUERY).entries.iter().map(|e| e.proof.len()).sum();
	assert_eq!((size.entries, size.products, size.nodes), (3, 12, nodes as u64));
	let encoded = codec::Encode::encoded_size(&attribution(MODEL, QUERY)) as u64;
	assert!(size.bytes <= encoded + 16 && encoded <= size.bytes + 16, "{} {encoded}", size.bytes);
	let wrong = Verdict::WrongAnswer { output: vec![0; 30] };
	assert_eq!(wrong.size(), ClaimSize { bytes: 30, ..ClaimSize::default() });
}

#[test]
fn weight_should_grow_when_any_unit_of_work_does() {
	let more_products = ClaimSize { products: SIZE.products + 1_000, ..SIZE };
	assert_eq!(block(more_products) - block(SIZE), 1_000 * cost::PRODUCT);
	let more_nodes = ClaimSize { nodes: SIZE.nodes + 10, ..SIZE };
	assert_eq!(block(more_nodes) - block(SIZE), 10 * cost::NODE);
	let more_bytes = ClaimSize { bytes: SIZE.bytes + 2_048, ..SIZE };
	assert_eq!(block(more_bytes) - block(SIZE), 4 * cost::KIB);
	assert_eq!(door(more_bytes) - door(SIZE), 2 * cost::KIB);
	let more_entries = ClaimSize { entries: SIZE.entries + 1, ..SIZE };
	assert!(block(more_entries) > block(SIZE));
	assert!(door(SIZE) > cost::SIGNATURE);
}

#[test]
fn door_and_block_should_both_be_charged_when_a_claim_is_applied() {
	new_test_ext().execute_with(|| {
		let id = open(MODEL).unwrap();
		let claim = confirmed(id);
		let size = claim.verdict.size();
		let signature = sign(&claim, ALICE);
		let call = RuntimeCall::Jury(Call::submit_claim { claim, signature });
		assert_eq!(call.weight_of_authorize(), <() as WeightInfo>::authorize_claim(size));
		let declared = call.get_dispatch_info().call_weight;
		let used = apply(call).unwrap().unwrap().actual_weight.unwrap();
		assert!(used.all_lte(declared));
		// Three shares are paid, eight were provided for.
		assert_eq!(declared.ref_time() - used.ref_time(), 5 * 1_000_000);
	});
}

#[test]
fn start_of_block_should_be_charged_for_what_it_did() {
	use frame_support::traits::Hooks;
	new_test_ext().execute_with(|| {
		let idle = Jury::on_initialize(2);
		open(MODEL).unwrap();
		open(MODEL).unwrap();
		System::set_block_number(1 + WINDOW);
		let redrawn = Jury::on_initialize(1 + WINDOW);
		let each = <() as WeightInfo>::redraw(1, 8, 1);
		assert_eq!(redrawn, idle + each * 2);
	});
}
