//! The demo's report, as JSON. Its fields are described in the crate's README.

use super::{
	cast::{Cast, Character, Member},
	checks::{self, Check, Evidence},
};
use crate::{
	amount::Amount,
	chain,
	state::{Address, Role, Snapshot},
	Error, Result,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the demo measured and checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
	/// The number of requests that were made.
	pub queries: usize,
	/// The number of requests that were settled.
	pub settled: usize,
	/// The sum of the fees of settled requests.
	pub fees_charged: Amount,
	/// What each account was paid out of these fees, by its address.
	pub paid: BTreeMap<Address, Amount>,
	/// The same by role: `contributors`, `owners`, `attesters`.
	pub paid_by_role: BTreeMap<String, Amount>,
	/// The part of these fees that the treasury got.
	pub treasury: Amount,
	/// Whether every unit of OPEN is accounted for.
	pub conserved: bool,
	/// The share of the queries whose answer was right, from 0 to 1.
	pub accuracy: f64,
	/// The number of the chain's blocks.
	pub blocks: u64,
	/// The seconds from the start of the node to the end of the checks.
	pub wall_seconds: f64,
	/// The transaction fees of all accounts, which are not among the fees above.
	pub transaction_fees: Amount,
	/// The fees for registering the model.
	pub registration_fees: Amount,
	/// The rewards that were claimed from the market.
	pub rewards_claimed: Amount,
	/// A line for each contributor.
	pub contributors: Vec<Line>,
	/// Everything that was checked.
	pub checks: Vec<Check>,
}

/// What one contributor gave and got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
	/// The secret URI of the account; the accounts of the demo are not secret.
	pub contributor: String,
	/// The address of the account.
	pub account: Address,
	/// The number of the contribution.
	pub contribution: u64,
	/// What is special about the rows, in words.
	pub speciality: String,
	/// What the checks expect of the contributor.
	pub character: Character,
	/// The number of rows.
	pub rows: u64,
	/// What the account was paid in all.
	pub income: Amount,
	/// The income for each row, rounded down.
	pub income_per_row: Amount,
	/// The part of the income that came from answers zero or one.
	pub income_from_zeros_and_ones: Amount,
}

impl Report {
	/// Draws up the report. It makes all checks but the `others`, which the client made.
	///
	/// # Errors
	/// If an account of the cast has no address.
	pub fn new(
		cast: &Cast,
		contributions: &[u64],
		evidence: &Evidence,
		others: Vec<Check>,
	) -> Result<Self> {
		let end = &evidence.end;
		let contributors = cast
			.members
			.iter()
			.zip(contributions)
			.map(|(member, contribution)| line(member, *contribution, end))
			.collect::<Result<Vec<_>>>()?;
		let mut checks = vec![checks::all_settled(evidence)];
		let conservation = checks::conservation(evidence);
		let conserved = conservation.iter().all(|check| check.passed);
		checks.extend(conservation);
		checks.extend(checks::fairness(&contributors));
		checks.extend(others);
		let roles = ["contributors", "owners", "attesters"].map(String::from);
		let paid = evidence.paid();
		let amounts = |amounts: BTreeMap<Address, u128>| {
			amounts.into_iter().map(|(name, amount)| (name, Amount(amount))).collect()
		};
		Ok(Self {
			queries: evidence.queries,
			settled: end.receipts().count(),
			fees_charged: Amount(evidence.fees()),
			paid: amounts(paid),
			paid_by_role: amounts(roles.into_iter().zip(evidence.paid_by_role()).collect()),
			treasury: Amount(evidence.treasury_part()),
			conserved,
			accuracy: accuracy(cast, end),
			blocks: end.block,
			wall_seconds: 0.0,
			transaction_fees: Amount(evidence.ledger.transaction_fees()),
			registration_fees: Amount(evidence.registration_fees),
			rewards_claimed: Amount(evidence.ledger.claimed.values().sum()),
			contributors,
			checks,
		})
	}

	/// The report as indented JSON.
	///
	/// # Errors
	/// If a field cannot be written in JSON.
	pub fn json(&self) -> Result<String> {
		serde_json::to_string_pretty(self)
			.map_err(|error| Error::Unexpected(format!("the report is no JSON: {error}")))
	}
}

fn line(member: &Member, contribution: u64, end: &Snapshot) -> Result<Line> {
	let rows = member.contributor.rows.len() as u64;
	let (mut income, mut income_from_zeros_and_ones) = (0, 0);
	for (inference, payment) in end.all_payments() {
		if payment.role == Role::Contributor(contribution) {
			income += payment.amount;
			if matches!(answer(end, inference), Some(b"0" | b"1")) {
				income_from_zeros_and_ones += payment.amount;
			}
		}
	}
	Ok(Line {
		contributor: member.contributor.key.clone(),
		account: chain::address(&member.contributor.key)?,
		contribution,
		speciality: member.speciality.into(),
		character: member.character,
		rows,
		income: Amount(income),
		income_per_row: Amount(income.checked_div(u128::from(rows)).unwrap_or_default()),
		income_from_zeros_and_ones: Amount(income_from_zeros_and_ones),
	})
}

/// The share of the queries that were answered right. Inferences are numbered in the order of the
/// queries.
fn accuracy(cast: &Cast, end: &Snapshot) -> f64 {
	let right = end
		.inferences
		.keys()
		.zip(&cast.queries)
		.filter(|(id, digit)| answer(end, **id) == Some(digit.label.to_string().as_bytes()))
		.count();
	right as f64 / cast.queries.len() as f64
}

fn answer(end: &Snapshot, inference: u64) -> Option<&[u8]> {
	match &end.inferences.get(&inference)?.state {
		crate::state::InferenceState::Settled(receipt) => Some(&receipt.output),
		_ => None,
	}
}
