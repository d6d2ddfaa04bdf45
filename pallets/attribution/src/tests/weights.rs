//! Weights grow with the work, and pay for what it reads and writes at worst.

use super::*;
use crate::{weights::SubstrateWeight, Call, ClaimOf, ClaimSize, OpenWeight, Verdict, WeightInfo};
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{Authorize, Get, Hooks},
};
use openledger_pallet_support::{cost, AttributionJobs};
use openledger_pallet_testing::weights::{Accesses, Weighed};
use sp_runtime::transaction_validity::TransactionSource;

const SIZE: ClaimSize = ClaimSize { entries: 3, products: 12, nodes: 9, bytes: 4_096 };

fn door(size: ClaimSize) -> u64 {
	<() as WeightInfo>::authorize_claim(size).ref_time()
}

fn block(size: ClaimSize) -> u64 {
	<() as WeightInfo>::submit_claim(size, 16, 8, 4).ref_time()
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

/// Of Alice's, with Bob bonded beside her.
fn weighed(call: impl Into<RuntimeCall>, origin: RuntimeOrigin, prepare: impl FnOnce()) -> Weighed {
	let call = call.into();
	Weighed::call(ext_with(&[ALICE, BOB]), origin, || {
		prepare();
		call
	})
}

#[test]
fn attesters_calls_should_be_covered() {
	weighed(Call::register {}, signed(CHARLIE), || ()).covers_exactly();
	weighed(Call::deregister {}, signed(ALICE), || ()).covers_exactly();
	let leave = || {
		assert_ok!(Jury::deregister(signed(ALICE)));
		run_to(1 + UNBONDING);
	};
	// That it has no assignment is seen by a step of an iterator, which is not recorded.
	let spare = Accesses { reads: 1, writes: 0 };
	weighed(Call::withdraw_bond {}, signed(ALICE), leave).covers(spare);
}

#[test]
fn set_parameters_should_be_covered() {
	let call = Call::set_parameters { parameters: parameters() };
	weighed(call, RuntimeOrigin::root(), || ()).covers_exactly();
}

/// Fills the queues of deadlines in which those of this block's attempts could be entered, but for the last
/// place within reach, or without exception.
fn fill_queues(but_one: bool) {
	let places = MAX_PER_BLOCK * (MAX_DELAY + 1) - u32::from(but_one);
	for _ in 0..places {
		open(MODEL).unwrap();
	}
}

#[test]
fn opening_a_job_should_be_covered_when_the_last_queue_in_reach_has_room() {
	let open = |()| {
		<Jury as AttributionJobs>::open(MODEL, 7).unwrap();
		OpenWeight::<Test>::get()
	};
	Weighed::work(ext_with(&[ALICE, BOB]), || fill_queues(true), open).covers_exactly();
}

#[test]
fn door_should_be_covered() {
	let prepare = || {
		let claim = confirmed(open(MODEL).unwrap());
		let signature = sign(&claim, claim.attester);
		(claim, signature)
	};
	let door = |(claim, signature): (ClaimOf<Test>, _)| {
		Jury::authorize_claim(TransactionSource::External, &claim, &signature).unwrap();
		SubstrateWeight::<Test>::authorize_claim(claim.verdict.size())
	};
	Weighed::work(ext_with(&[ALICE, BOB]), prepare, door).covers_exactly();
}

/// Submits a claim for an open job, made by `verdict` of its true attribution.
fn submitted(prepare: impl FnOnce(), verdict: impl FnOnce(&mut Verdict)) -> Weighed {
	let origin = frame_system::RawOrigin::<AccountId>::Authorized;
	Weighed::call(ext_with(&[ALICE, BOB]), origin, || {
		let mut claim = confirmed(open(MODEL).unwrap());
		run_to(2);
		prepare();
		claim.sent = 2;
		verdict(&mut claim.verdict);
		let signature = sign(&claim, claim.attester);
		RuntimeCall::Jury(Call::submit_claim { claim, signature })
	})
}

/// Reads of a claim's weight for each entry beyond the first read of the model and of its versions: they are
/// decoded again.
const AGAIN: u64 = 2;

#[test]
fn claim_should_be_covered_when_it_holds() {
	let entries = u64::from(MAX_ENTRIES);
	// Nothing is drawn again: neither bonded attesters nor randomness, answer or queues are read.
	let queues = u64::from(MAX_DELAY) + 1;
	let spare = Accesses { reads: 3 + queues + AGAIN * entries, writes: 2 };
	submitted(|| (), |_| ()).covers(spare);
}

#[test]
fn claim_should_be_covered_when_it_fails_and_the_job_is_drawn_again_in_the_last_queue() {
	for entries in 1..=MAX_ENTRIES {
		let fail = |verdict: &mut Verdict| {
			let Verdict::Confirmed(attribution) = verdict else { panic!("it is confirmed") };
			attribution.entries.truncate(entries as usize);
			attribution.entries.last_mut().unwrap().score += 1;
		};
		// The answer is not read.
		let spare = Accesses { reads: 1 + AGAIN * u64::from(entries), writes: 1 };
		submitted(|| fill_queues(true), fail).covers(spare);
	}
}

#[test]
fn claim_should_be_covered_when_it_reports_another_answer() {
	let report = |verdict: &mut Verdict| *verdict = Verdict::WrongAnswer { output: vec![0] };
	let weighed = submitted(|| (), report);
	let touched = weighed.touched.count();
	assert!(touched.reads <= weighed.paid.reads && touched.writes <= weighed.paid.writes);
}

#[test]
fn start_of_block_should_be_covered_when_jobs_are_drawn_again() {
	let end = |()| {
		System::set_block_number(1 + WINDOW);
		Jury::on_initialize(1 + WINDOW)
	};
	let one = || {
		open(MODEL).unwrap();
	};
	Weighed::work(ext_with(&[ALICE, BOB]), one, end).covers_exactly();
	let in_the_last_queue = || {
		open(MODEL).unwrap();
		System::set_block_number(1 + WINDOW);
		fill_queues(true);
		System::set_block_number(1);
	};
	Weighed::work(ext_with(&[ALICE, BOB]), in_the_last_queue, end).covers_exactly();
	// A queue that is empty is not written.
	let spare = Accesses { reads: 0, writes: 1 };
	Weighed::work(ext_with(&[ALICE, BOB]), || (), |()| Jury::on_initialize(2)).covers(spare);
}

#[test]
fn start_of_block_should_be_covered_when_jobs_end_unattributed() {
	let last = 1 + WINDOW * u64::from(ATTEMPTS);
	let end = |()| {
		System::set_block_number(last);
		Jury::on_initialize(last)
	};
	let used_up = || {
		open(MODEL).unwrap();
		run_to(last - 1);
	};
	Weighed::work(ext_with(&[ALICE, BOB]), used_up, end).covers_exactly();
	let end = |()| {
		System::set_block_number(1 + WINDOW);
		Jury::on_initialize(1 + WINDOW)
	};
	let without_room = || {
		open(MODEL).unwrap();
		System::set_block_number(1 + WINDOW);
		fill_queues(false);
		System::set_block_number(1);
	};
	Weighed::work(ext_with(&[ALICE, BOB]), without_room, end).covers_exactly();
}
