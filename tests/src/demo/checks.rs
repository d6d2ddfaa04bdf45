//! What must hold when the demo is over. Everything is checked by the chain's state and events, to
//! the unit. Nothing is taken from what the client said.

use super::{cast::Character, report::Line};
use crate::{
	ledger::Ledger,
	state::{address_of, Address, InferenceState, Role, Snapshot},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that must hold, and whether it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
	/// What must hold, in words.
	pub name: String,
	/// Whether it holds.
	pub passed: bool,
	/// The figures that it rests on, or what is wrong.
	pub detail: String,
}

/// What the checks look at.
#[derive(Debug)]
pub struct Evidence {
	/// The state at genesis.
	pub genesis: Snapshot,
	/// The final state.
	pub end: Snapshot,
	/// Every movement of money in between.
	pub ledger: Ledger,
	/// The number of requests that were made.
	pub queries: usize,
	/// The fees for registering models, which go to the treasury.
	pub registration_fees: u128,
	/// The user, who does nothing but ask.
	pub user: Address,
	/// The author of all blocks, who neither makes nor gets transfers.
	pub author: Address,
	pub treasury: Address,
	pub market: Address,
}

impl Evidence {
	/// The sum of the fees of settled inferences.
	pub fn fees(&self) -> u128 {
		self.end.receipts().map(|(_, receipt)| receipt.fee).sum()
	}

	/// The part of these fees that the treasury got.
	pub fn treasury_part(&self) -> u128 {
		self.end.receipts().map(|(_, receipt)| receipt.treasury).sum()
	}

	/// What each account was paid out of these fees.
	pub fn paid(&self) -> BTreeMap<Address, u128> {
		let mut paid = BTreeMap::new();
		for (_, payment) in self.end.all_payments() {
			*paid.entry(address_of(&payment.account)).or_default() += payment.amount;
		}
		paid
	}

	/// What contributors, owners and attesters were paid out of these fees.
	pub fn paid_by_role(&self) -> [u128; 3] {
		let mut paid = [0; 3];
		for (_, payment) in self.end.all_payments() {
			paid[role_number(payment.role)] += payment.amount;
		}
		paid
	}
}

/// Checks that every unit of OPEN is accounted for, with one check for each account that matters.
pub fn conservation(evidence: &Evidence) -> Vec<Check> {
	vec![
		issuance(evidence),
		receipts(evidence),
		fees(evidence),
		balances(evidence),
		user(evidence),
		rewards(evidence),
		treasury(evidence),
	]
}

/// Checks that every request was answered, attributed and paid.
pub fn all_settled(evidence: &Evidence) -> Check {
	let settled = evidence.end.receipts().count();
	let others: Vec<String> = evidence
		.end
		.inferences
		.iter()
		.filter(|(_, inference)| !matches!(inference.state, InferenceState::Settled(_)))
		.map(|(id, inference)| format!("{id} is {:?}", inference.state))
		.collect();
	let open = &evidence.end.open_jobs;
	check(
		"every inference is settled",
		settled == evidence.queries && others.is_empty() && open.is_empty(),
		format!("{settled} of {} {}; open jobs {open:?}", evidence.queries, others.join(", ")),
	)
}

/// Checks that pay follows the worth of the data.
pub fn fairness(contributors: &[Line]) -> Vec<Check> {
	vec![random_labels(contributors), zeros_and_ones(contributors)]
}

fn random_labels(contributors: &[Line]) -> Check {
	let name = "random labels earn less per row than any honest contributor's";
	let (random, honest): (Vec<_>, Vec<_>) =
		contributors.iter().partition(|line| line.character == Character::RandomLabels);
	let worst = honest.iter().min_by(|a, b| per_row(a, b)).copied();
	match (random.as_slice(), worst) {
		([random], Some(worst)) => check(
			name,
			per_row(random, worst).is_lt(),
			format!(
				"{} units for {} rows against {} for {} rows of {}",
				random.income.0, random.rows, worst.income.0, worst.rows, worst.speciality
			),
		),
		_ => check(name, false, "there is not one such contributor among others".into()),
	}
}

fn zeros_and_ones(contributors: &[Line]) -> Check {
	let name = "the contributor of zeros and ones earns most with answers zero and one";
	match contributors.iter().find(|line| line.character == Character::ZerosAndOnes) {
		Some(line) => check(
			name,
			line.income_from_zeros_and_ones.0 > line.income.0 - line.income_from_zeros_and_ones.0,
			format!("{} of {} units", line.income_from_zeros_and_ones.0, line.income.0),
		),
		None => check(name, false, "there is no such contributor".into()),
	}
}

/// Compares the incomes per row, without dividing.
fn per_row(a: &Line, b: &Line) -> std::cmp::Ordering {
	let cross = |line: &Line, other: &Line| line.income.0.saturating_mul(u128::from(other.rows));
	cross(a, b).cmp(&cross(b, a))
}

fn issuance(evidence: &Evidence) -> Check {
	let [genesis, end] = [&evidence.genesis, &evidence.end];
	let sum = |snapshot: &Snapshot| snapshot.accounts.values().sum::<u128>();
	check(
		"total issuance is constant and all of it is in accounts",
		genesis.issuance == end.issuance
			&& sum(genesis) == genesis.issuance
			&& sum(end) == end.issuance,
		format!(
			"issuance {} then {}, accounts {} then {}",
			genesis.issuance,
			end.issuance,
			sum(genesis),
			sum(end)
		),
	)
}

fn receipts(evidence: &Evidence) -> Check {
	let mut wrong = Vec::new();
	for (id, receipt) in evidence.end.receipts() {
		let mut paid = [0; 3];
		for payment in evidence.end.payments.get(&id).into_iter().flatten() {
			paid[role_number(payment.role)] += payment.amount;
		}
		let parts = [receipt.contributors, receipt.owners, receipt.attesters];
		if paid != parts || parts.iter().sum::<u128>() + receipt.treasury != receipt.fee {
			wrong.push(format!("{id}: {receipt:?} but payments {paid:?}"));
		}
	}
	verdict("each receipt's parts are its payments and sum to its fee", wrong)
}

fn fees(evidence: &Evidence) -> Check {
	let (fees, paid) = (evidence.fees(), evidence.paid_by_role());
	let treasury = evidence.treasury_part();
	check(
		"fees charged are what contributors, owners, attesters and treasury got",
		fees == paid.iter().sum::<u128>() + treasury,
		format!("{fees} = {} + {} + {} + {treasury}", paid[0], paid[1], paid[2]),
	)
}

fn balances(evidence: &Evidence) -> Check {
	let [genesis, end] = [&evidence.genesis, &evidence.end];
	let change = &evidence.ledger.change;
	let mut accounts: Vec<_> =
		genesis.accounts.keys().chain(end.accounts.keys()).chain(change.keys()).collect();
	accounts.sort_unstable();
	accounts.dedup();
	let wrong = accounts
		.into_iter()
		.filter_map(|account| {
			let moved = change.get(account).copied().unwrap_or_default();
			let (before, after) = (genesis.balance(account), end.balance(account));
			(before.checked_add_signed(moved) != Some(after))
				.then(|| format!("{account} had {before}, moved {moved}, has {after}"))
		})
		.collect();
	verdict("each balance is its genesis balance plus the events since", wrong)
}

fn user(evidence: &Evidence) -> Check {
	let user = &evidence.user;
	let spent = difference(evidence.genesis.balance(user), evidence.end.balance(user));
	let transactions = of(&evidence.ledger.transaction_fees, user);
	check(
		"the user spent the fees charged and the transaction fees, nothing else",
		spent == signed(evidence.fees() + transactions),
		format!("{spent} = {} + {transactions}", evidence.fees()),
	)
}

fn rewards(evidence: &Evidence) -> Check {
	let left = &evidence.end.rewards;
	let claimed = &evidence.ledger.claimed;
	let paid = evidence.paid();
	let mut wrong: Vec<String> = paid
		.iter()
		.filter(|(account, paid)| **paid != of(claimed, account) + of(left, account))
		.map(|(account, paid)| {
			let (claimed, left) = (of(claimed, account), of(left, account));
			format!("{account} was paid {paid}, claimed {claimed}, has {left} left")
		})
		.collect();
	wrong.extend(
		claimed
			.keys()
			.chain(left.keys())
			.filter(|account| !paid.contains_key(*account))
			.map(|account| format!("{account} has rewards and was never paid")),
	);
	let market = &evidence.market;
	let held = difference(evidence.end.balance(market), evidence.genesis.balance(market));
	let owed = left.values().sum::<u128>();
	if held != signed(owed) {
		wrong.push(format!("the market's account holds {held} and owes {owed}"));
	}
	verdict("each account's pay is claimed or waits in the market's account", wrong)
}

/// Checks that treasury and author gained what went to them. They share transaction fees, so they
/// are looked at together.
fn treasury(evidence: &Evidence) -> Check {
	let gain = |account: &str| {
		difference(evidence.end.balance(account), evidence.genesis.balance(account))
	};
	let ledger = &evidence.ledger;
	let author = gain(&evidence.author) + signed(of(&ledger.transaction_fees, &evidence.author))
		- signed(of(&ledger.claimed, &evidence.author));
	let gained = gain(&evidence.treasury) + author;
	let due = [evidence.treasury_part(), evidence.registration_fees, ledger.transaction_fees()];
	check(
		"treasury and author gained the treasury's part, the registration fees and the transaction fees",
		gained == signed(due.iter().sum()),
		format!("{gained} = {} + {} + {}", due[0], due[1], due[2]),
	)
}

fn role_number(role: Role) -> usize {
	match role {
		Role::Contributor(_) => 0,
		Role::Owner(_) => 1,
		Role::Attester => 2,
	}
}

fn of(amounts: &BTreeMap<Address, u128>, account: &str) -> u128 {
	amounts.get(account).copied().unwrap_or_default()
}

fn difference(a: u128, b: u128) -> i128 {
	signed(a) - signed(b)
}

/// The amount with a sign, which it has room for: the whole supply is below 2^90 units.
fn signed(amount: u128) -> i128 {
	i128::try_from(amount).unwrap_or(i128::MAX / 4)
}

fn verdict(name: &str, wrong: Vec<String>) -> Check {
	let passed = wrong.is_empty();
	check(name, passed, if passed { "all agree".into() } else { wrong.join("; ") })
}

fn check(name: &str, passed: bool, detail: String) -> Check {
	Check { name: name.into(), passed, detail }
}

#[cfg(test)]
mod tests;
