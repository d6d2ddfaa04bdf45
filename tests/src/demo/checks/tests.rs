use super::*;
use crate::{
	amount::Amount,
	state::{Inference, Payment, Receipt},
};
use subxt::utils::AccountId32;

const USER: u8 = 1;
const DATA: u8 = 2;
const OWNER: u8 = 3;
const VALIDATOR: u8 = 4;
const TREASURY: u8 = 5;
const MARKET: u8 = 6;

fn account(number: u8) -> AccountId32 {
	AccountId32([number; 32])
}

fn address(number: u8) -> Address {
	address_of(&account(number))
}

fn amounts<T: Copy>(of: &[(u8, T)]) -> BTreeMap<Address, T> {
	of.iter().map(|(number, amount)| (address(*number), *amount)).collect()
}

/// One inference for 100: 70 to a contributor, who claimed 60 of it and paid 2 for the transaction,
/// 20 to the owner, 5 to the attester, 5 to the treasury. The user paid 3 for the transaction. Author
/// and treasury share the 5 of both, the treasury got 10 for a registration by the owner.
fn consistent() -> Evidence {
	let receipt = Receipt {
		output: b"3".to_vec(),
		job: 0,
		fee: 100,
		at: 9,
		contributors: 70,
		owners: 20,
		attesters: 5,
		treasury: 5,
	};
	let payment = |number, role, amount| Payment { account: account(number), role, amount };
	let payments = vec![
		payment(DATA, Role::Contributor(7), 70),
		payment(OWNER, Role::Owner(0), 20),
		payment(VALIDATOR, Role::Attester, 5),
	];
	let inference = Inference {
		user: account(USER),
		model: 0,
		max_fee: 100,
		state: InferenceState::Settled(receipt),
	};
	let before = [(USER, 1000), (OWNER, 500), (VALIDATOR, 100), (TREASURY, 300), (MARKET, 1)];
	let after = [
		(USER, 1000 - 103),
		(DATA, 58),
		(OWNER, 490),
		(VALIDATOR, 102),
		(TREASURY, 300 + 5 + 10 + 3),
		(MARKET, 1 + 35),
	];
	let change =
		[(USER, -103), (DATA, 58), (OWNER, -10), (VALIDATOR, 2), (TREASURY, 18), (MARKET, 35)];
	Evidence {
		genesis: Snapshot { issuance: 1901, accounts: amounts(&before), ..Snapshot::default() },
		end: Snapshot {
			block: 10,
			issuance: 1901,
			accounts: amounts(&after),
			inferences: BTreeMap::from([(0, inference)]),
			payments: BTreeMap::from([(0, payments)]),
			rewards: amounts(&[(DATA, 10), (OWNER, 20), (VALIDATOR, 5)]),
			..Snapshot::default()
		},
		ledger: Ledger {
			change: amounts(&change),
			transaction_fees: amounts(&[(USER, 3), (DATA, 2)]),
			claimed: amounts(&[(DATA, 60)]),
		},
		queries: 1,
		registration_fees: 10,
		user: address(USER),
		author: address(VALIDATOR),
		treasury: address(TREASURY),
		market: address(MARKET),
	}
}

fn failed(evidence: &Evidence) -> Vec<String> {
	conservation(evidence)
		.into_iter()
		.chain([all_settled(evidence)])
		.filter(|check| !check.passed)
		.map(|check| check.name)
		.collect()
}

#[test]
fn checks_should_pass_when_every_unit_is_accounted_for() {
	assert_eq!(failed(&consistent()), Vec::<String>::new());
}

#[test]
fn checks_should_fail_when_one_unit_moves_unseen() {
	let mut evidence = consistent();
	*evidence.end.accounts.get_mut(&address(OWNER)).unwrap() -= 1;
	*evidence.end.accounts.get_mut(&address(DATA)).unwrap() += 1;
	assert_eq!(failed(&evidence), ["each balance is its genesis balance plus the events since"]);
}

#[test]
fn checks_should_fail_when_a_unit_is_minted() {
	let mut evidence = consistent();
	*evidence.end.accounts.get_mut(&address(OWNER)).unwrap() += 1;
	*evidence.ledger.change.get_mut(&address(OWNER)).unwrap() += 1;
	evidence.end.issuance += 1;
	assert_eq!(failed(&evidence), ["total issuance is constant and all of it is in accounts"]);
}

#[test]
fn checks_should_fail_when_somebody_is_paid_twice() {
	let mut evidence = consistent();
	let payments = evidence.end.payments.get_mut(&0).unwrap();
	payments.push(payments[0].clone());
	let failed = failed(&evidence);
	assert!(failed.iter().any(|name| name.starts_with("each receipt's parts")), "{failed:?}");
	assert!(failed.iter().any(|name| name.starts_with("each account's pay")), "{failed:?}");
}

#[test]
fn checks_should_fail_when_the_user_pays_more_than_the_receipts_say() {
	let mut evidence = consistent();
	for (number, change) in [(USER, -1), (TREASURY, 1)] {
		let balance = evidence.end.accounts.get_mut(&address(number)).unwrap();
		*balance = balance.checked_add_signed(change).unwrap();
		*evidence.ledger.change.get_mut(&address(number)).unwrap() += change;
	}
	let failed = failed(&evidence);
	assert_eq!(failed.len(), 2, "{failed:?}");
	assert!(
		failed[0].starts_with("the user spent") && failed[1].starts_with("treasury and author")
	);
}

#[test]
fn checks_should_fail_when_the_market_holds_less_than_it_owes() {
	let mut evidence = consistent();
	*evidence.end.rewards.get_mut(&address(OWNER)).unwrap() += 1;
	assert_eq!(failed(&evidence).len(), 1);
}

#[test]
fn checks_should_fail_when_an_inference_is_still_open() {
	let mut evidence = consistent();
	evidence.queries = 2;
	evidence.end.inferences.insert(
		1,
		Inference {
			user: account(USER),
			model: 0,
			max_fee: 100,
			state: InferenceState::Answered { job: 1 },
		},
	);
	assert_eq!(failed(&evidence), ["every inference is settled"]);
}

fn line(character: Character, rows: u64, income: u128, from_zeros_and_ones: u128) -> Line {
	Line {
		contributor: String::new(),
		account: String::new(),
		contribution: 0,
		speciality: String::new(),
		character,
		rows,
		income: Amount(income),
		income_per_row: Amount(income / u128::from(rows)),
		income_from_zeros_and_ones: Amount(from_zeros_and_ones),
	}
}

fn fair(lines: &[Line]) -> [bool; 2] {
	let checks = fairness(lines);
	[checks[0].passed, checks[1].passed]
}

#[test]
fn fairness_should_compare_rows_not_sums_when_contributions_are_uneven() {
	use Character::{Honest, RandomLabels, ZerosAndOnes};
	let specialist = line(ZerosAndOnes, 10, 100, 51);
	let large = line(RandomLabels, 1000, 900, 0);
	assert_eq!(fair(&[specialist.clone(), line(Honest, 100, 91, 0), large.clone()]), [true, true]);
	assert_eq!(fair(&[specialist.clone(), line(Honest, 100, 90, 0), large.clone()]), [false, true]);
	assert_eq!(fair(&[line(ZerosAndOnes, 10, 100, 50), large]), [true, false]);
	assert_eq!(fair(&[specialist]), [false, true]);
}
