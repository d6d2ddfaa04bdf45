//! Votes: wrapped units, and to whom they are delegated.

use crate::{
	types::{AccountIdOf, Balance},
	Config, Delegates, Error, Event, HoldReason, Nonces, Pallet, Series, Units,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision},
};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{Get, IdentifyAccount, SaturatedConversion, Saturating, Verify, Zero},
	ArithmeticError, DispatchError, DispatchResult,
};

/// What a signature under a delegation says.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct DelegationMessage<AccountId, Hash, BlockNumber> {
	/// Always [`DELEGATE`], so that nothing else that is signed can pass for a delegation.
	pub purpose: [u8; 19],
	/// The chain it is meant for.
	pub genesis: Hash,
	/// The account that gets the signer's votes.
	pub to: AccountId,
	/// The signer's next nonce, from `Nonces`: each signature counts once.
	pub nonce: u32,
	/// The last block at which it may be used.
	pub expiry: BlockNumber,
}

/// The purpose of every [`DelegationMessage`].
pub const DELEGATE: [u8; 19] = *b"openledger/delegate";

/// Whether units come or go.
#[derive(Clone, Copy)]
enum Change {
	Add,
	Take,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_wrap(who: &AccountIdOf<T>, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		T::Assets::hold(&HoldReason::Wrapped.into(), who, amount)
			.map_err(|_| Error::<T>::InsufficientBalance)?;
		Self::change_units(who, Change::Add, amount)?;
		Self::deposit_event(Event::Wrapped { who: who.clone(), amount });
		Ok(())
	}

	pub(crate) fn do_unwrap(who: &AccountIdOf<T>, amount: Balance) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		ensure!(amount <= Units::<T>::get(who), Error::<T>::InsufficientUnits);
		T::Assets::release(&HoldReason::Wrapped.into(), who, amount, Precision::Exact)?;
		Self::change_units(who, Change::Take, amount)?;
		Self::deposit_event(Event::Unwrapped { who: who.clone(), amount });
		Ok(())
	}

	fn change_units(who: &AccountIdOf<T>, change: Change, amount: Balance) -> DispatchResult {
		let units = changed(Units::<T>::get(who), change, amount)?;
		if units.is_zero() {
			Units::<T>::remove(who);
		} else {
			Units::<T>::insert(who, units);
		}
		Self::change(Series::Wrapped, change, amount)?;
		match Delegates::<T>::get(who) {
			Some(delegate) => Self::change_votes(delegate, change, amount),
			None => Ok(()),
		}
	}

	fn change_votes(delegate: AccountIdOf<T>, change: Change, amount: Balance) -> DispatchResult {
		if delegate != T::Excluded::get() {
			Self::change(Series::Delegated, change, amount)?;
		}
		Self::change(Series::Votes(delegate), change, amount)
	}

	fn change(series: Series<AccountIdOf<T>>, change: Change, amount: Balance) -> DispatchResult {
		if !amount.is_zero() {
			let value = changed(Self::latest(&series), change, amount)?;
			Self::record(series, value);
		}
		Ok(())
	}

	/// Delegates all units of `who`, those of later too, to `to`; to nobody if `None`.
	pub(crate) fn set_delegate_of(
		who: &AccountIdOf<T>,
		to: Option<AccountIdOf<T>>,
	) -> DispatchResult {
		let before = Delegates::<T>::get(who);
		if before == to {
			return Ok(());
		}
		let units = Units::<T>::get(who);
		if let Some(before) = before {
			Self::change_votes(before, Change::Take, units)?;
		}
		match to {
			Some(to) => {
				Delegates::<T>::insert(who, &to);
				Self::change_votes(to, Change::Add, units)
			},
			None => {
				Delegates::<T>::remove(who);
				Ok(())
			},
		}
	}

	pub(crate) fn do_delegate(
		who: AccountIdOf<T>,
		to: AccountIdOf<T>,
		class: u16,
	) -> DispatchResult {
		Self::set_delegate_of(&who, Some(to.clone()))?;
		Self::deposit_event(Event::Delegated(who, to, class));
		Ok(())
	}

	pub(crate) fn do_delegate_by_signature(
		delegator: AccountIdOf<T>,
		to: AccountIdOf<T>,
		nonce: u32,
		expiry: BlockNumberFor<T>,
		signature: &T::Signature,
	) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now <= expiry, Error::<T>::SignatureExpired);
		ensure!(nonce == Nonces::<T>::get(&delegator), Error::<T>::WrongNonce);
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let message =
			DelegationMessage { purpose: DELEGATE, genesis, to: to.clone(), nonce, expiry }
				.encode();
		// Wallets put such tags around what they sign, so that it cannot be a transaction.
		let tagged = [b"<Bytes>", &message[..], b"</Bytes>"].concat();
		ensure!(
			signature.verify(&message[..], &delegator) || signature.verify(&tagged[..], &delegator),
			Error::<T>::BadSignature
		);
		Nonces::<T>::insert(&delegator, nonce.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		Self::do_delegate(delegator, to, 0)
	}
}

impl<T: Config> Pallet<T> {
	/// The votes of `who` that count where the snapshot is the end of block `at`: the least that was delegated
	/// to it at the end of any block from `window` before `at` on. What came since then counts nothing, however
	/// much of it there is.
	///
	/// # Errors
	/// [`Error::CheckpointMissing`], which the invariants exclude.
	pub(crate) fn counted(
		who: &AccountIdOf<T>,
		at: BlockNumberFor<T>,
		window: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		// No window would be the loan of a block.
		if window.is_zero() {
			return Ok(Zero::zero());
		}
		// Saturating: before the first block nobody had votes.
		Self::least(&Series::Votes(who.clone()), at.saturating_sub(window), at)
	}

	/// As [`Self::counted`], with the window in force at `at`, so that the answer never changes.
	pub(crate) fn counted_at(
		who: &AccountIdOf<T>,
		at: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		let window = Self::search(&Series::HoldingWindow, at)?;
		Self::counted(who, at, window.saturated_into())
	}
}

/// # Errors
/// Overflow, which the supply excludes; underflow, which the invariants exclude.
fn changed(value: Balance, change: Change, amount: Balance) -> Result<Balance, ArithmeticError> {
	match change {
		Change::Add => value.checked_add(amount).ok_or(ArithmeticError::Overflow),
		Change::Take => value.checked_sub(amount).ok_or(ArithmeticError::Underflow),
	}
}

impl<T: Config> PastVotes<AccountIdOf<T>, BlockNumberFor<T>, Balance> for Pallet<T> {
	fn votes(who: &AccountIdOf<T>, at: BlockNumberFor<T>) -> Result<Balance, DispatchError> {
		Self::ensure_past(at)?;
		Self::counted_at(who, at)
	}

	fn delegated(at: BlockNumberFor<T>) -> Result<Balance, DispatchError> {
		Self::past(&Series::Delegated, at)
	}
}

/// The signers' public keys are accounts.
pub trait SignedBy<AccountId>: Verify<Signer: IdentifyAccount<AccountId = AccountId>> {}
impl<S, AccountId> SignedBy<AccountId> for S where
	S: Verify<Signer: IdentifyAccount<AccountId = AccountId>>
{
}
