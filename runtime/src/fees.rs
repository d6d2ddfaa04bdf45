//! What a transaction costs, and who gets the fee.

use crate::{
	configs::dynamic_params::fees::AuthorShare,
	constants::currency::{MICRO, MILLI},
	AccountId, Authorship, Balance, Balances, Runtime, TreasuryAccount,
};
use polkadot_sdk::{
	frame_support::{
		parameter_types,
		traits::{
			fungible::{Balanced, Credit},
			tokens::imbalance::OnUnbalanced,
			Get, Imbalance,
		},
		weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, ConstantMultiplier},
	},
	pallet_transaction_payment::{Multiplier, TargetedFeeAdjustment},
	sp_runtime::{traits::One, FixedPointNumber, Perquintill},
};

parameter_types! {
	/// A millisecond of computation costs 0.01 OPEN, so a transfer about 0.004.
	pub const FeePerPicosecond: Balance = 10 * MILLI / (WEIGHT_REF_TIME_PER_MILLIS as Balance);
	/// A byte costs 0.00001 OPEN, a mebibyte about 10.
	pub const FeePerByte: Balance = 10 * MICRO;

	/// Fees rise while blocks are fuller than this.
	pub const TargetFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast fees follow: they rise by seven per cent at most in an hour of full blocks.
	pub AdjustmentSpeed: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	/// Fees never fall below the price list.
	pub LowestMultiplier: Multiplier = Multiplier::one();
	/// Fees never rise above a hundred times the price list.
	pub HighestMultiplier: Multiplier = Multiplier::saturating_from_integer(100);
}

/// Turns weight into a fee, at the price that the parameters name for a picosecond.
pub type WeightToFee = ConstantMultiplier<Balance, FeePerPicosecond>;
/// Turns the length of a transaction into a fee, at the price that the parameters name for a byte.
pub type LengthToFee = ConstantMultiplier<Balance, FeePerByte>;
/// Follows the load of the chain, slowly.
pub type FeeMultiplierUpdate = TargetedFeeAdjustment<
	Runtime,
	TargetFullness,
	AdjustmentSpeed,
	LowestMultiplier,
	HighestMultiplier,
>;

/// Splits transaction fees between the author of the block and the treasury; tips go to the author.
///
/// The author's share is the parameter `fees::AuthorShare`, rounded down; the treasury gets the
/// rest. What cannot be credited to the author (no author, or an amount below the existential
/// deposit for a new account) goes to the treasury as well, so that no unit is burnt.
pub struct SplitFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for SplitFees {
	fn on_unbalanceds(credits: impl Iterator<Item = Credit<AccountId, Balances>>) {
		let mut credits = credits;
		if let Some(fee) = credits.next() {
			let to_author = AuthorShare::get().mul_floor(fee.peek());
			let (author, treasury) = fee.split(to_author);
			credit_author(author);
			ToTreasury::on_unbalanced(treasury);
		}
		credits.for_each(credit_author);
	}

	fn on_nonzero_unbalanced(credit: Credit<AccountId, Balances>) {
		Self::on_unbalanceds(core::iter::once(credit));
	}
}

fn credit_author(credit: Credit<AccountId, Balances>) {
	let refused = match Authorship::author() {
		Some(author) => Balances::resolve(&author, credit).err(),
		None => Some(credit),
	};
	if let Some(credit) = refused {
		ToTreasury::on_unbalanced(credit);
	}
}

/// Credits what it is given to the treasury's account.
pub type ToTreasury =
	polkadot_sdk::frame_support::traits::tokens::imbalance::ResolveTo<TreasuryAccount, Balances>;
