//! The checks of a settled inference: the claim against its hash, every Merkle proof and score against
//! the model's index, shares against scores, and payments against shares.
//!
//! [`Explanation::read`] reads all that it takes from the chain; [`check_claim`] and [`check_payments`]
//! need no connection.

mod explanation;
#[cfg(test)]
mod tests;

pub use explanation::{Explanation, IncludedClaim};

use crate::{
	chain::types::{Leaves, Payment, Receipt, Role, Split},
	error::{Error, Result},
	keys::AccountId,
};
use codec::{Decode, DecodeAll};
use openledger_primitives::{
	amounts, blake2_256, shares, Attribution, ContributionId, Entry, IndexCommitment, Share, H256,
};
use std::collections::BTreeMap;

const MILLION: u128 = 1_000_000;

/// An attester's claim as it stands in the block that settled the job.
#[derive(Decode, Clone, Debug)]
#[cfg_attr(test, derive(codec::Encode))]
#[allow(missing_docs)]
pub struct Claim {
	pub job: u64,
	pub attempt: u32,
	pub attester: [u8; 32],
	pub sent: u32,
	pub verdict: Verdict,
}

/// What the attester found when it recomputed the answer.
#[derive(Decode, Clone, Debug)]
#[cfg_attr(test, derive(codec::Encode))]
#[allow(missing_docs)]
pub enum Verdict {
	/// The host's answer, and what shaped it.
	Confirmed(Attribution),
	/// Another answer than the host's.
	WrongAnswer { output: Vec<u8> },
}

impl Claim {
	/// The contributions that the claim names, in its order.
	pub fn contributions(&self) -> Vec<ContributionId> {
		match &self.verdict {
			Verdict::Confirmed(attribution) => {
				attribution.entries.iter().map(|entry| entry.leaf.contribution).collect()
			},
			Verdict::WrongAnswer { .. } => Vec::new(),
		}
	}

	/// Decodes a claim whose SCALE encoding must hash to `expected`.
	///
	/// # Errors
	/// [`Error::BadClaim`], which says what is wrong.
	pub fn read(bytes: &[u8], expected: H256) -> Result<Self> {
		let found = blake2_256(bytes);
		if found != expected {
			return Err(Error::BadClaim(format!(
				"the claim in the block hashes to {found:?}, the job's result names {expected:?}"
			)));
		}
		Self::decode_all(&mut &bytes[..])
			.map_err(|e| Error::BadClaim(format!("the claim in the block cannot be decoded: {e}")))
	}
}

/// What the chain recorded about the job a claim decided.
pub struct Recorded<'a> {
	/// The job's number.
	pub job: u64,
	/// The attempt that succeeded, from 0.
	pub attempt: u32,
	/// The attesters whose claims agreed.
	pub attesters: &'a [AccountId],
	/// The shares that the chain paid by.
	pub shares: &'a [Share],
}

/// One entry of a claim with what was found on checking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedEntry {
	/// The contribution's number.
	pub contribution: ContributionId,
	/// The number of its leaf in the index.
	pub leaf_index: u32,
	/// The score that the attester claimed.
	pub score: i64,
	/// The score recomputed here; none if the dimensions differ.
	pub recomputed: Option<i64>,
	/// Whether the proof leads from the leaf to the index root.
	pub proof: bool,
}

/// Checks a claim against the model's index and the job's record. `leaves` are those that the model's
/// training sources demand.
///
/// Returns the entries, each checked on its own, and all faults found.
pub fn check_claim(
	claim: &Claim,
	recorded: &Recorded,
	index: &IndexCommitment,
	leaves: &Leaves,
) -> (Vec<CheckedEntry>, Vec<String>) {
	let mut problems = Vec::new();
	let mut require = |holds: bool, problem: &dyn Fn() -> String| {
		if !holds {
			problems.push(problem());
		}
	};
	require(claim.job == recorded.job, &|| {
		format!("the claim is for job {}, not {}", claim.job, recorded.job)
	});
	require(claim.attempt == recorded.attempt, &|| {
		format!("the claim is of attempt {}, not {}", claim.attempt, recorded.attempt)
	});
	require(recorded.attesters.iter().any(|attester| attester.0 == claim.attester), &|| {
		"the claim's attester is not one of the job's".into()
	});
	require(index.leaf_count == leaves.count, &|| {
		format!(
			"the index has {} leaves, the training sources have {} contributions",
			index.leaf_count, leaves.count
		)
	});
	let Verdict::Confirmed(attribution) = &claim.verdict else {
		problems.push("the claim reports a wrong answer, but the inference was settled".into());
		return (Vec::new(), problems);
	};

	let mut entries = Vec::with_capacity(attribution.entries.len());
	for (number, proven) in (0u32..).zip(&attribution.entries) {
		let entry = CheckedEntry {
			contribution: proven.leaf.contribution,
			leaf_index: proven.leaf_index,
			score: proven.score,
			recomputed: attribution.query.dot(&proven.leaf.sketch).ok(),
			proof: openledger_primitives::verify(
				index,
				&proven.leaf,
				proven.leaf_index,
				&proven.proof,
			),
		};
		require(entry.recomputed == Some(entry.score), &|| {
			let found = entry.recomputed.map_or("none".into(), |score| score.to_string());
			format!("entry {number}: the score is {found}, {} was claimed", entry.score)
		});
		require(entry.proof, &|| {
			format!("entry {number}: the proof does not lead to the index root")
		});
		let expected = leaves.numbers.get(&entry.contribution);
		require(expected == Some(&entry.leaf_index), &|| match expected {
			Some(expected) => format!(
				"entry {number}: contribution {} has leaf {expected}, {} was claimed",
				entry.contribution, entry.leaf_index
			),
			None => format!(
				"entry {number}: the model was not trained on contribution {}",
				entry.contribution
			),
		});
		entries.push(entry);
	}
	// Order, repeats, dimensions and widths; what was reported above is not said twice.
	match attribution.check(index, u32::MAX) {
		Err(error) if problems.is_empty() => problems.push(error.to_string()),
		_ => {},
	}
	let scores: Vec<Entry> =
		attribution.entries.iter().map(openledger_primitives::ProvenEntry::entry).collect();
	if shares(&scores) != recorded.shares {
		problems.push("the shares paid are not those of the scores".into());
	}
	(entries, problems)
}

/// What one contribution should have been paid, and what it was, in the smallest unit of OPEN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pay {
	/// The contribution's number.
	pub contribution: ContributionId,
	/// Its share, in billionths.
	pub parts: u32,
	/// What its share comes to.
	pub amount: u128,
	/// What it was paid.
	pub paid: u128,
}

/// Checks payments against shares: each contribution's pay to the unit, and the sums by role
/// against the receipt and the fee. `platform_fee` and `split` are those of the settlement.
///
/// Returns the pay by contribution, in the order of the shares, and all faults found.
pub fn check_payments(
	receipt: &Receipt,
	platform_fee: u128,
	split: &Split,
	shares: &[Share],
	payments: &[Payment],
) -> (Vec<Pay>, Vec<String>) {
	let mut problems = Vec::new();
	let mut paid: BTreeMap<ContributionId, u128> = BTreeMap::new();
	let (mut owners, mut attesters) = (0u128, 0u128);
	for payment in payments {
		let sum = match payment.role {
			Role::Contributor(contribution) => paid.entry(contribution).or_default(),
			Role::Owner(_) => &mut owners,
			Role::Attester => &mut attesters,
		};
		*sum = sum.saturating_add(payment.amount);
	}

	let net = receipt.fee.saturating_sub(platform_fee);
	let due = amounts(part(net, split.contributors), shares).map(|(amounts, _)| amounts);
	if due.is_none() {
		problems.push("the shares exceed the whole".to_owned());
	}
	let due = due.unwrap_or_else(|| vec![0; shares.len()]);
	let mut pay = Vec::with_capacity(shares.len());
	for (share, amount) in shares.iter().zip(due) {
		let paid = paid.remove(&share.contribution).unwrap_or(0);
		if paid != amount {
			problems.push(format!(
				"contribution {} was paid {paid} units, its share comes to {amount}",
				share.contribution
			));
		}
		pay.push(Pay { contribution: share.contribution, parts: share.parts, amount, paid });
	}
	for (contribution, amount) in paid {
		problems
			.push(format!("contribution {contribution} was paid {amount} units without a share"));
	}

	let contributors = pay.iter().fold(0u128, |sum, p| sum.saturating_add(p.paid));
	for (role, found, expected) in [
		("contributors", contributors, receipt.contributors),
		("owners", owners, receipt.owners),
		("attesters", attesters, receipt.attesters),
	] {
		if found != expected {
			problems.push(format!(
				"payments to {role} sum to {found} units, the receipt says {expected}"
			));
		}
	}
	let expected = part(net, split.owners);
	if receipt.owners != expected {
		problems.push(format!("owners got {} units, their part is {expected}", receipt.owners));
	}
	let expected = part(net, split.attesters);
	if receipt.attesters > expected {
		problems
			.push(format!("attesters got {} units, their part is {expected}", receipt.attesters));
	}
	let parts = [receipt.contributors, receipt.owners, receipt.attesters, receipt.treasury];
	let total = parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part));
	if total != Some(receipt.fee) {
		problems.push(format!("the parts of the receipt do not sum to the fee of {}", receipt.fee));
	}
	(pay, problems)
}

/// `parts` millionths of `net`, rounded down.
fn part(net: u128, parts: u32) -> u128 {
	let parts = u128::from(parts);
	let whole = (net / MILLION).saturating_mul(parts);
	// Below 10^12: the product fits.
	whole.saturating_add((net % MILLION).saturating_mul(parts) / MILLION)
}
