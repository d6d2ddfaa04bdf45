use super::*;
use crate::chain::types::Basis;
use codec::Encode;
use openledger_primitives::{merkle_root, Leaf, MerkleTree, ProvenEntry, Sketch, Width, PARTS};

const FEE: u128 = 1_000_003;
const PLATFORM: u128 = 3;
const SPLIT: Split =
	Split { contributors: 700_000, owners: 200_000, attesters: 50_000, treasury: 50_000 };

struct Case {
	claim: Claim,
	index: IndexCommitment,
	leaves: Leaves,
	shares: Vec<Share>,
	attesters: Vec<AccountId>,
}

impl Case {
	/// Four contributions numbered 10, 11, 12, 13; scores 6, 2, 7 and -1 for the query.
	fn new() -> Self {
		let query = Sketch::Int8(vec![1, 2, -1]);
		let sketches = [[4, 1, 0], [0, 1, 0], [1, 3, 0], [0, 0, 1]];
		let leaves: Vec<Leaf> = (10..)
			.zip(sketches)
			.map(|(contribution, s)| Leaf { contribution, sketch: Sketch::Int8(s.to_vec()) })
			.collect();
		let hashes: Vec<_> = leaves.iter().map(Leaf::hash).collect();
		let proven = |leaf_index: u32| {
			let leaf = leaves[leaf_index as usize].clone();
			let score = query.dot(&leaf.sketch).unwrap();
			let proof = MerkleTree::new(hashes.clone()).proof(leaf_index as usize).unwrap();
			ProvenEntry { leaf, leaf_index, proof, score }
		};
		let entries = vec![proven(2), proven(0), proven(1)];
		let scores: Vec<_> = entries.iter().map(ProvenEntry::entry).collect();
		let attribution = Attribution { query: query.clone(), entries };
		Self {
			claim: Claim {
				job: 5,
				attempt: 0,
				attester: [7; 32],
				sent: 40,
				verdict: Verdict::Confirmed(attribution),
			},
			index: IndexCommitment {
				root: merkle_root(&hashes),
				leaf_count: 4,
				dimension: 3,
				width: Width::Int8,
			},
			leaves: Leaves { count: 4, numbers: (10..).zip(0..4).collect() },
			shares: shares(&scores),
			attesters: vec![[7; 32].into()],
		}
	}

	fn attribution(&mut self) -> &mut Attribution {
		match &mut self.claim.verdict {
			Verdict::Confirmed(attribution) => attribution,
			Verdict::WrongAnswer { .. } => panic!("the claim confirms"),
		}
	}

	fn check(&self) -> (Vec<CheckedEntry>, Vec<String>) {
		let recorded =
			Recorded { job: 5, attempt: 0, attesters: &self.attesters, shares: &self.shares };
		check_claim(&self.claim, &recorded, &self.index, &self.leaves)
	}

	fn payments(&self) -> (Receipt, Vec<Payment>) {
		let account: AccountId = [1; 32].into();
		let (due, dust) = amounts(700_000, &self.shares).unwrap();
		let mut payments: Vec<_> = self
			.shares
			.iter()
			.zip(due)
			.map(|(share, amount)| Payment {
				account,
				role: Role::Contributor(share.contribution),
				amount,
			})
			.collect();
		payments.push(Payment { account, role: Role::Owner(0), amount: 200_000 });
		payments.push(Payment { account, role: Role::Attester, amount: 50_000 });
		let receipt = Receipt {
			output: b"3".to_vec(),
			job: 5,
			fee: FEE,
			basis: Basis::Attributed,
			at: 44,
			contributors: 700_000 - dust,
			owners: 200_000,
			attesters: 50_000,
			treasury: 50_000 + PLATFORM + dust,
		};
		(receipt, payments)
	}
}

#[test]
fn check_should_find_nothing_when_the_claim_is_honest() {
	let (entries, problems) = Case::new().check();
	assert_eq!(problems, Vec::<String>::new());
	let found: Vec<_> = entries.iter().map(|e| (e.contribution, e.recomputed, e.proof)).collect();
	assert_eq!(found, [(12, Some(7), true), (10, Some(6), true), (11, Some(2), true)]);
}

#[test]
fn claim_should_read_back_when_its_hash_is_the_recorded_one() {
	let case = Case::new();
	let bytes = case.claim.encode();
	assert_eq!(Claim::read(&bytes, blake2_256(&bytes)).unwrap().job, 5);
}

#[test]
fn claim_should_be_refused_when_a_byte_of_it_changed() {
	let bytes = Case::new().claim.encode();
	let expected = blake2_256(&bytes);
	let mut tampered = bytes.clone();
	tampered[60] ^= 1;
	let refused = |bytes, expected| Claim::read(bytes, expected).unwrap_err().to_string();
	assert!(refused(&tampered, expected).contains("hashes to"));
	let longer = [bytes, vec![0]].concat();
	assert!(refused(&longer, blake2_256(&longer)).contains("decoded"));
}

#[test]
fn check_should_name_the_entry_when_its_score_is_wrong() {
	let mut case = Case::new();
	case.attribution().entries[1].score = 5;
	let (entries, problems) = case.check();
	assert!(problems.iter().any(|p| p.starts_with("entry 1: the score is 6")), "{problems:?}");
	assert!(problems.iter().any(|p| p.contains("shares")), "{problems:?}");
	assert_eq!(entries[1].recomputed, Some(6));
}

#[test]
fn check_should_name_the_entry_when_its_leaf_or_proof_is_tampered_with() {
	let mut case = Case::new();
	case.attribution().entries[2].leaf.sketch = Sketch::Int8(vec![2, 0, 0]);
	assert_eq!(case.check().1, ["entry 2: the proof does not lead to the index root"]);

	let mut case = Case::new();
	case.attribution().entries[0].proof[1].0[3] ^= 4;
	assert_eq!(case.check().1, ["entry 0: the proof does not lead to the index root"]);
}

#[test]
fn check_should_name_the_leaf_when_the_contribution_should_have_another() {
	let mut case = Case::new();
	case.leaves.numbers.insert(12, 3);
	case.leaves.numbers.insert(13, 2);
	assert_eq!(case.check().1, ["entry 0: contribution 12 has leaf 3, 2 was claimed"]);
}

#[test]
fn check_should_name_the_contribution_when_the_model_was_not_trained_on_it() {
	let mut case = Case::new();
	case.leaves.numbers.remove(&10);
	case.leaves.count = 3;
	let problems = case.check().1;
	assert!(problems.iter().any(|p| p.contains("not trained on contribution 10")), "{problems:?}");
	assert!(problems.iter().any(|p| p.contains("4 leaves")), "{problems:?}");
}

#[test]
fn check_should_complain_when_entries_are_unsorted_or_repeated() {
	let mut case = Case::new();
	case.attribution().entries.swap(0, 1);
	assert!(case.check().1.iter().any(|p| p.contains("ranks above")), "{:?}", case.check().1);

	let mut case = Case::new();
	let first = case.attribution().entries[0].clone();
	case.attribution().entries[1] = first;
	assert!(case.check().1.iter().any(|p| p.contains("earlier entry")), "{:?}", case.check().1);
}

#[test]
fn check_should_complain_when_the_claim_is_of_another_job_or_attester() {
	let mut case = Case::new();
	(case.claim.job, case.claim.attempt, case.claim.attester) = (6, 1, [8; 32]);
	assert_eq!(case.check().1.len(), 3);
}

#[test]
fn check_should_complain_when_recorded_shares_are_not_those_of_the_scores() {
	let mut case = Case::new();
	case.shares[0].parts -= 1;
	case.shares[1].parts += 1;
	assert_eq!(case.check().1, ["the shares paid are not those of the scores"]);
}

#[test]
fn payments_should_agree_to_the_unit_when_honest() {
	let case = Case::new();
	let (receipt, payments) = case.payments();
	let (pay, problems) = check_payments(&receipt, PLATFORM, &SPLIT, &case.shares, &payments);
	assert_eq!(problems, Vec::<String>::new());
	assert_eq!(pay.iter().map(|p| p.parts).sum::<u32>(), PARTS);
	assert!(pay.iter().all(|p| p.paid == p.amount && p.paid > 0));
}

#[test]
fn payments_should_be_refused_when_one_unit_moved() {
	let case = Case::new();
	let (receipt, mut payments) = case.payments();
	payments[0].amount -= 1;
	payments[1].amount += 1;
	let (_, problems) = check_payments(&receipt, PLATFORM, &SPLIT, &case.shares, &payments);
	assert_eq!(problems.len(), 2, "{problems:?}");
	assert!(problems[0].starts_with("contribution 12 was paid"), "{problems:?}");
}

#[test]
fn payments_should_be_refused_when_somebody_without_share_was_paid() {
	let case = Case::new();
	let (mut receipt, mut payments) = case.payments();
	payments.push(Payment { account: [2; 32].into(), role: Role::Contributor(13), amount: 9 });
	receipt.treasury -= 1;
	let (_, problems) = check_payments(&receipt, PLATFORM, &SPLIT, &case.shares, &payments);
	assert!(problems.iter().any(|p| p.contains("contribution 13 was paid 9")), "{problems:?}");
	assert!(problems.iter().any(|p| p.contains("do not sum to the fee")), "{problems:?}");
}

#[test]
fn part_should_not_overflow_when_the_fee_is_the_largest() {
	assert_eq!(part(u128::MAX, 1_000_000), u128::MAX);
	assert_eq!(part(1_999_999, 700_000), 1_399_999);
}

#[test]
fn payments_should_be_refused_when_owners_or_attesters_got_another_part() {
	let case = Case::new();
	let (mut receipt, mut payments) = case.payments();
	let count = payments.len();
	payments[count - 2].amount -= 5;
	payments[count - 1].amount += 5;
	(receipt.owners, receipt.attesters) = (199_995, 50_005);
	let (_, problems) = check_payments(&receipt, PLATFORM, &SPLIT, &case.shares, &payments);
	assert_eq!(
		problems,
		[
			"owners got 199995 units, their part is 200000",
			"attesters got 50005 units, their part is 50000"
		]
	);
}
