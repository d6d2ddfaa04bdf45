//! Divisions of amounts, for any amounts.

use crate::{
	split::{descend, evenly, price},
	Balance, Split,
};
use openledger_pallet_support::{Payee, Pricing, Usage};
use polkadot_sdk::sp_runtime::Permill;
use proptest::prelude::*;

fn split(a: u32, b: u32, c: u32) -> Split {
	let mut cuts = [a, b, c];
	cuts.sort_unstable();
	let part = Permill::from_parts;
	Split {
		contributors: part(cuts[0]),
		owners: part(cuts[1] - cuts[0]),
		attesters: part(cuts[2] - cuts[1]),
		treasury: part(1_000_000 - cuts[2]),
	}
}

proptest! {
	#[test]
	fn parts_should_sum_to_the_fee_when_divided(
		net in prop_oneof![0u128..1_000, any::<u128>()],
		a in 0u32..=1_000_000, b in 0u32..=1_000_000, c in 0u32..=1_000_000,
	) {
		let split = split(a, b, c);
		prop_assert!(split.is_whole());
		let parts = split.divide(net);
		let sum = parts.contributors + parts.owners + parts.attesters + parts.treasury;
		prop_assert_eq!(sum, net);
		prop_assert_eq!(parts.contributors, split.contributors.mul_floor(net));
		prop_assert!(parts.treasury >= split.treasury.mul_floor(net));
	}

	#[test]
	fn owners_should_share_exactly_when_royalties_pass_up(
		total: u128,
		royalties in prop::collection::vec(0u32..=1_000_000, 1..6),
	) {
		let payees: Vec<_> = royalties
			.iter()
			.map(|&r| Payee { owner: (), passes_on: Permill::from_parts(r) })
			.collect();
		let kept = descend(total, &payees);
		prop_assert_eq!(kept.len(), payees.len());
		prop_assert_eq!(kept.iter().sum::<Balance>(), total);
		if payees.len() > 1 {
			prop_assert_eq!(total - kept[0], payees[0].passes_on.mul_floor(total));
		}
	}

	#[test]
	fn equal_parts_should_leave_less_than_one_unit_each_when_divided(total: u128, n in 1usize..100) {
		let each = evenly(total, n);
		let given = each * n as u128;
		prop_assert!(given <= total && total - given < n as u128);
	}

	#[test]
	fn price_should_equal_exact_quotient_when_priced_by_tokens(
		input in 0u128..1 << 90, output in 0u128..1 << 90, input_tokens: u32, output_tokens: u32,
	) {
		let usage = Usage { input_tokens, output_tokens };
		let exact = (input * u128::from(input_tokens) + output * u128::from(output_tokens)) / 1_000;
		prop_assert_eq!(price(&Pricing::PerThousandTokens { input, output }, usage), exact);
	}
}

#[test]
fn nothing_should_be_given_when_there_is_nobody() {
	assert_eq!(evenly(100, 0), 0);
	assert!(descend::<()>(100, &[]).is_empty());
}

#[test]
fn split_should_not_be_whole_when_parts_overflow() {
	let one = Permill::one();
	let split = Split { contributors: one, owners: one, attesters: one, treasury: one };
	assert!(!split.is_whole());
}
