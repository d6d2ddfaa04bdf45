//! Who sits in the council.

use crate::{
	types::{AccountIdOf, COHORT_SIZE},
	Cohort, Cohorts, Config, Contenders, Error, Event, FormerKeys, NextSeat, Nominees, Pallet,
	Parameters, Running, Seat, SeatsOf, Standing,
};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure, traits::ChangeMembers};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use sp_runtime::{traits::Saturating, ArithmeticError, DispatchError};

impl<T: Config> Pallet<T> {
	/// The members of both cohorts, in order of their accounts.
	pub fn members() -> Vec<AccountIdOf<T>> {
		let mut members: Vec<_> =
			Cohort::BOTH.into_iter().flat_map(Cohorts::<T>::get).map(|seat| seat.account).collect();
		members.sort();
		members
	}

	/// # Panics
	/// If there are more accounts than seats, or one is a member already.
	pub(crate) fn seat_at_genesis(cohort: Cohort, accounts: &[AccountIdOf<T>]) {
		let mut seats = SeatsOf::<T>::default();
		for account in accounts {
			assert!(
				Self::find(account).is_none() && seats.iter().all(|seat| seat.account != *account),
				"the security council's genesis names the member {account:?} twice"
			);
			let seat = Self::new_seat(account.clone()).unwrap_or_else(|error| panic!("{error:?}"));
			assert!(
				seats.try_push(seat).is_ok(),
				"the security council's {cohort:?} cohort has {} members at genesis, {COHORT_SIZE} are the most",
				accounts.len()
			);
		}
		Cohorts::<T>::insert(cohort, seats);
	}

	pub(crate) fn do_add_member(who: AccountIdOf<T>, cohort: Cohort) -> DispatchResult {
		Self::ensure_uninvolved(&who)?;
		let before = Self::members();
		let mut seats = Cohorts::<T>::get(cohort);
		let seat = Self::new_seat(who.clone())?;
		seats.try_push(seat).map_err(|_| Error::<T>::CohortFull)?;
		Cohorts::<T>::insert(cohort, seats);
		Self::mirror(&before);
		Self::deposit_event(Event::MemberAdded { who, cohort });
		Ok(())
	}

	pub(crate) fn do_remove_member(who: &AccountIdOf<T>) -> DispatchResult {
		let (cohort, mut seats, place) = Self::find(who).ok_or(Error::<T>::NotMember)?;
		let before = Self::members();
		let seat = seats.remove(place);
		Cohorts::<T>::insert(cohort, seats);
		Self::mirror(&before);
		Self::deposit_event(Event::MemberRemoved { who: seat.account, cohort });
		Ok(())
	}

	pub(crate) fn do_rotate_key(old: AccountIdOf<T>, new: AccountIdOf<T>) -> DispatchResult {
		let (cohort, mut seats, place) = Self::find(&old).ok_or(Error::<T>::NotMember)?;
		let before = Self::members();
		let seat =
			seats.get_mut(place).filter(|seat| seat.account == old).ok_or(Error::<T>::NotMember)?;
		let now = frame_system::Pallet::<T>::block_number();
		let interval = Parameters::<T>::get().rotation_interval;
		ensure!(
			seat.rotated.is_none_or(|last| now >= last.saturating_add(interval)),
			Error::<T>::RotationTooSoon
		);
		Self::ensure_uninvolved(&new)?;
		seat.account = new.clone();
		seat.rotated = Some(now);
		// So that a vote on the removal of the old key still finds the member.
		FormerKeys::<T>::insert(&old, seat.number);
		Cohorts::<T>::insert(cohort, seats);
		Self::move_candidacy(&old, &new);
		Self::mirror(&before);
		Self::deposit_event(Event::KeyRotated { cohort, old_key: old, new_key: new });
		Ok(())
	}

	/// Where `who` sits, be it the key of its seat or one that was rotated away: the cohort, its seats and the
	/// place among them.
	pub(crate) fn find(who: &AccountIdOf<T>) -> Option<(Cohort, SeatsOf<T>, usize)> {
		Cohort::BOTH.into_iter().find_map(|cohort| {
			let seats = Cohorts::<T>::get(cohort);
			let place = Self::place(&seats, who)?;
			Some((cohort, seats, place))
		})
	}

	/// The place of `who` among `seats`.
	pub(crate) fn place(seats: &SeatsOf<T>, who: &AccountIdOf<T>) -> Option<usize> {
		seats.iter().position(|seat| seat.account == *who).or_else(|| {
			let number = FormerKeys::<T>::get(who)?;
			seats.iter().position(|seat| seat.number == number)
		})
	}

	/// A new seat for `account`.
	///
	/// # Errors
	/// If all numbers are taken.
	pub(crate) fn new_seat(
		account: AccountIdOf<T>,
	) -> Result<Seat<AccountIdOf<T>, BlockNumberFor<T>>, DispatchError> {
		let number = NextSeat::<T>::get();
		NextSeat::<T>::put(number.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		Ok(Seat { number, account, rotated: None })
	}

	/// Tells the collective of the members now, who were `before`.
	pub(crate) fn mirror(before: &[AccountIdOf<T>]) {
		T::MembershipChanged::set_members_sorted(&Self::members(), before);
	}

	/// # Errors
	/// If `who` is a member, was the key of one, or stands in the running election.
	fn ensure_uninvolved(who: &AccountIdOf<T>) -> Result<(), Error<T>> {
		ensure!(Self::find(who).is_none(), Error::<T>::IsMember);
		let stands = Running::<T>::get()
			.is_some_and(|election| Contenders::<T>::contains_key(election.number, who));
		ensure!(!stands, Error::<T>::IsContender);
		Ok(())
	}

	/// A member who stands again goes on standing with its new key.
	fn move_candidacy(old: &AccountIdOf<T>, new: &AccountIdOf<T>) {
		let Some(election) = Running::<T>::get() else { return };
		let Some(record) = Contenders::<T>::take(election.number, old) else { return };
		Contenders::<T>::insert(election.number, new, record);
		if record.standing == Standing::Nominee {
			Nominees::<T>::mutate(|nominees| {
				for nominee in nominees.iter_mut().filter(|nominee| *nominee == old) {
					*nominee = new.clone();
				}
			});
		}
	}
}
