//! The end of an inference: who gets the fee.

use crate::{
	split,
	types::{max_record, Balance},
	Basis, Config, Error, Event, HoldReason, InferenceOf, InferenceState, Inferences, Pallet,
	Parameters, Payment, Payments, PaymentsLimit, Receipt, Refund, Rewards, Role, WeightInfo,
};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		tokens::{DepositConsequence, Fortitude, Precision, Preservation, Provenance, Restriction},
	},
	weights::Weight,
	BoundedVec,
};
use openledger_pallet_support::{
	ContributionOwners, InferenceId, JobId, ModelTerms, Outcome, Settlement,
};
use openledger_primitives::{amounts, Share};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Convert, Get, Zero},
	DispatchResult,
};

/// What a settlement costs at most, by the number of contributions it pays.
pub struct SettlementWeight<T>(PhantomData<T>);

impl<T: Config> Convert<u32, Weight> for SettlementWeight<T> {
	fn convert(entries: u32) -> Weight {
		let others = PaymentsLimit::<T>::get().saturating_sub(T::MaxEntries::get());
		T::WeightInfo::settle(entries, others, max_record::<T>())
	}
}

impl<T: Config> Settlement<T::AccountId> for Pallet<T> {
	fn settle(inference: InferenceId, outcome: Outcome<T::AccountId>) -> DispatchResult {
		with_storage_layer(|| Self::do_settle(inference, outcome))
	}
}

/// An answered inference on its way to a receipt.
struct Bill<T: Config> {
	output: BoundedVec<u8, T::MaxOutput>,
	job: JobId,
	fee: Balance,
}

/// Lines of a receipt. A line that finds no room is not paid, so its amount falls to the treasury.
struct Lines<T: Config>(BoundedVec<Payment<T::AccountId>, PaymentsLimit<T>>);

impl<T: Config> Lines<T> {
	/// Credits `amount` to `account`, if there is room for the line. Returns what was credited.
	fn pay(&mut self, account: T::AccountId, role: Role, amount: Balance) -> Balance {
		if amount.is_zero() {
			return amount;
		}
		let payment = Payment { account: account.clone(), role, amount };
		if self.0.try_push(payment).is_err() {
			return 0;
		}
		Pallet::<T>::credit(&account, amount);
		amount
	}
}

impl<T: Config> Pallet<T> {
	fn do_settle(id: InferenceId, outcome: Outcome<T::AccountId>) -> DispatchResult {
		let inference = Inferences::<T>::get(id).ok_or(Error::<T>::NotFound)?;
		let InferenceState::Answered { output, fee, job, .. } = inference.state.clone() else {
			return Err(Error::<T>::NotAwaitingAttribution.into());
		};
		let bill = Bill::<T> { output, job, fee };
		let held_out = || T::Models::held_out_shares(inference.model);
		match outcome {
			Outcome::WrongAnswer => Self::refund(id, inference, fee, Refund::WrongAnswer),
			Outcome::Attributed { shares, attesters } if !shares.is_empty() => {
				Self::pay(id, inference, bill, Basis::Attributed, &shares, attesters)
			},
			Outcome::Attributed { attesters, .. } => {
				let shares = held_out();
				Self::pay(id, inference, bill, Basis::HeldOut, &shares, attesters)
			},
			Outcome::Unattributed => {
				let shares = held_out();
				Self::pay(id, inference, bill, Basis::HeldOut, &shares, Vec::new())
			},
		}
	}

	fn pay(
		id: InferenceId,
		mut inference: InferenceOf<T>,
		bill: Bill<T>,
		basis: Basis,
		shares: &[Share],
		attesters: Vec<T::AccountId>,
	) -> DispatchResult {
		let Bill { output, job, fee } = bill;
		let net = fee.saturating_sub(inference.platform_fee);
		let parts = Parameters::<T>::get().split.divide(net);

		let mut lines = Lines::<T>(BoundedVec::new());
		let contributors = Self::pay_contributors(&mut lines, parts.contributors, shares);
		let owners = Self::pay_owners(&mut lines, parts.owners, &inference);
		let each = split::evenly(parts.attesters, attesters.len());
		let attesters = attesters
			.into_iter()
			.map(|attester| lines.pay(attester, Role::Attester, each))
			.fold(0, Balance::saturating_add);

		let credited = contributors.saturating_add(owners).saturating_add(attesters);
		// No part was rounded up, so what is credited never exceeds the fee, and this does not saturate.
		let treasury = fee.saturating_sub(credited);
		Self::move_held(&inference.user, &Self::account_id(), credited)?;
		Self::pay_treasury(&inference.user, treasury)?;

		let at = frame_system::Pallet::<T>::block_number();
		inference.state = InferenceState::Settled(Receipt {
			output,
			job,
			fee,
			basis,
			at,
			contributors,
			owners,
			attesters,
			treasury,
		});
		Inferences::<T>::insert(id, inference);
		if !lines.0.is_empty() {
			Payments::<T>::insert(id, lines.0);
		}
		Self::deposit_event(Event::Settled { inference: id, fee, basis });
		Ok(())
	}

	fn pay_contributors(lines: &mut Lines<T>, total: Balance, shares: &[Share]) -> Balance {
		let Some((amounts, _)) = amounts(total, shares) else { return 0 };
		shares
			.iter()
			.zip(amounts)
			.filter_map(|(share, amount)| {
				let account = T::Contributions::contributor(share.contribution)?;
				Some(lines.pay(account, Role::Contributor(share.contribution), amount))
			})
			.fold(0, Balance::saturating_add)
	}

	fn pay_owners(lines: &mut Lines<T>, total: Balance, inference: &InferenceOf<T>) -> Balance {
		let payees = T::Models::payees(inference.model);
		let kept = split::descend(total, &payees);
		(0u32..)
			.zip(payees)
			.zip(kept)
			.map(|((generation, payee), amount)| {
				lines.pay(payee.owner, Role::Owner(generation), amount)
			})
			.fold(0, Balance::saturating_add)
	}

	fn credit(account: &T::AccountId, amount: Balance) {
		// Amounts are parts of the total issuance: their sum cannot overflow.
		Rewards::<T>::mutate(account, |rewards| *rewards = rewards.saturating_add(amount));
	}

	/// A treasury whose account does not exist and cannot be opened with so little is credited
	/// rewards instead, which it gets with a later settlement: a fee never sticks.
	fn pay_treasury(user: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		let treasury = T::Treasury::get();
		let possible = T::Currency::can_deposit(&treasury, amount, Provenance::Extant)
			== DepositConsequence::Success;
		if !possible {
			Self::move_held(user, &Self::account_id(), amount)?;
			Self::credit(&treasury, amount);
			return Ok(());
		}
		Self::move_held(user, &treasury, amount)?;
		let owed = Rewards::<T>::take(&treasury);
		Self::pay_out(&treasury, owed)
	}

	/// Moves `amount` from what `user` has on hold to the free balance of `payee`. A freeze on the
	/// user's balance does not stop it: the fee was owed first.
	fn move_held(user: &T::AccountId, payee: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer_on_hold(
			&HoldReason::Inference.into(),
			user,
			payee,
			amount,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		)?;
		Ok(())
	}

	/// Pays `amount` from the market's account, which keeps its existential deposit.
	pub(crate) fn pay_out(account: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount.is_zero() {
			return Ok(());
		}
		T::Currency::transfer(&Self::account_id(), account, amount, Preservation::Preserve)?;
		Ok(())
	}
}
