//! Prices, and the division of a fee. All parts are rounded down, and what that leaves falls to the
//! treasury: no unit is made or lost.

use crate::types::{Balance, Split};
use alloc::vec::Vec;
use openledger_pallet_support::{Payee, Pricing, Usage};
use polkadot_sdk::sp_runtime::Permill;

const TOKENS_PER_PRICE: Balance = 1_000;

/// The price of one answer before the platform fee, rounded down to a whole unit. Saturates where no
/// maximum fee reaches, and the maximum fee caps what is charged.
pub fn price(pricing: &Pricing<Balance>, usage: Usage) -> Balance {
	match *pricing {
		Pricing::PerCall(price) => price,
		Pricing::PerThousandTokens { input, output } => {
			let input = input.saturating_mul(usage.input_tokens.into());
			let output = output.saturating_mul(usage.output_tokens.into());
			input.saturating_add(output) / TOKENS_PER_PRICE
		},
	}
}

/// The least a call can cost before the platform fee: the flat price, or nothing.
pub fn least(pricing: &Pricing<Balance>) -> Balance {
	price(pricing, Usage::default())
}

/// The four parts of a fee. They sum to the amount divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parts {
	/// What is divided among contributors by their shares.
	pub contributors: Balance,
	/// What is divided along the model's line of descent.
	pub owners: Balance,
	/// What is divided evenly among the attesters whose claims held.
	pub attesters: Balance,
	/// What the treasury gets, with all that rounding leaves.
	pub treasury: Balance,
}

impl Split {
	/// Whether the parts sum to one.
	pub fn is_whole(&self) -> bool {
		[self.contributors, self.owners, self.attesters, self.treasury]
			.iter()
			.try_fold(0u32, |sum, part| sum.checked_add(part.deconstruct()))
			== Some(Permill::one().deconstruct())
	}

	/// Whether there is a share for everybody without whom no answer is attributed: who sends data, who
	/// owns models and hosts them or has them hosted, and who attests. The treasury may go without.
	pub fn pays_everybody(&self) -> bool {
		[self.contributors, self.owners, self.attesters].iter().all(|part| !part.is_zero())
	}

	/// Divides `net`, a fee without the platform fee. All parts but the treasury's are rounded down.
	pub fn divide(&self, net: Balance) -> Parts {
		let contributors = self.contributors.mul_floor(net);
		let owners = self.owners.mul_floor(net);
		let attesters = self.attesters.mul_floor(net);
		let treasury =
			net.saturating_sub(contributors).saturating_sub(owners).saturating_sub(attesters);
		Parts { contributors, owners, attesters, treasury }
	}
}

/// What each owner in a line of descent keeps of `total`: each passes a share on to the next, the
/// last keeps the rest. Sums to `total` unless there is no owner.
pub fn descend<AccountId>(total: Balance, payees: &[Payee<AccountId>]) -> Vec<Balance> {
	let mut rest = total;
	let last = payees.len().saturating_sub(1);
	payees
		.iter()
		.enumerate()
		.map(|(generation, payee)| {
			let passed_on = if generation == last { 0 } else { payee.passes_on.mul_floor(rest) };
			let kept = rest.saturating_sub(passed_on);
			rest = passed_on;
			kept
		})
		.collect()
}

/// What each of `payees` gets of `total` in equal parts, rounded down; nothing if there are none.
pub fn evenly(total: Balance, payees: usize) -> Balance {
	Balance::try_from(payees).ok().and_then(|n| total.checked_div(n)).unwrap_or_default()
}
