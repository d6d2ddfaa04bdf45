//! Who sits in the council.

use crate::{
	acceptance::{AcceptanceOf, OfferedSeat},
	types::{count, AccountIdOf, COHORT_SIZE, MOTIONS_OF_A_MEMBER},
	Cohort, Cohorts, Config, Contenders, Error, Event, FormerKeys, LastDue, NamedOf, NextElection,
	NextSeat, Nominees, Pallet, Parameters, ParametersOf, Running, Seat, SeatsOf, Standing,
};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure, traits::ChangeMembers};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Get, Saturating},
	ArithmeticError, DispatchError,
};

impl<T: Config> Pallet<T> {
	/// The members of both cohorts, in order of their accounts.
	pub fn members() -> Vec<AccountIdOf<T>> {
		let mut members: Vec<_> =
			Cohort::BOTH.into_iter().flat_map(Cohorts::<T>::get).map(|seat| seat.account).collect();
		members.sort();
		members
	}

	/// # Panics
	/// If there are more accounts than seats, or one is a member already or the vetter.
	pub(crate) fn seat_at_genesis(cohort: Cohort, accounts: &[AccountIdOf<T>]) {
		let mut seats = SeatsOf::<T>::default();
		for account in accounts {
			assert!(
				Self::find(account).is_none() && seats.iter().all(|seat| seat.account != *account),
				"the security council's genesis names the member {account:?} twice"
			);
			assert!(
				Self::ensure_no_vetter(account).is_ok(),
				"the security council's genesis names the vetter {account:?} as a member: nobody is both"
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

	/// The parameters in force.
	///
	/// # Errors
	/// If there are none.
	pub(crate) fn parameters() -> Result<ParametersOf<T>, Error<T>> {
		Parameters::<T>::get().ok_or(Error::<T>::NoParameters)
	}

	pub(crate) fn do_set_parameters(parameters: ParametersOf<T>) -> DispatchResult {
		parameters.check::<T>()?;
		if let Some(vetter) = &parameters.vetter {
			ensure!(Self::find(vetter).is_none(), Error::<T>::VetterIsMember);
			ensure!(!Self::stands(vetter), Error::<T>::VetterStands);
		}
		Parameters::<T>::put(&parameters);
		Self::deposit_event(Event::ParametersSet { parameters });
		Ok(())
	}

	pub(crate) fn do_seat_council(first: NamedOf<T>, second: NamedOf<T>) -> DispatchResult {
		let before = Self::members();
		let least = T::LeastMembers::get();
		ensure!(count(before.len()) < least, Error::<T>::CouncilCanAct);
		for (cohort, accounts) in Cohort::BOTH.into_iter().zip([&first, &second]) {
			for account in accounts {
				Self::ensure_uninvolved(account)?;
				Self::seat(cohort, account.clone())?;
			}
		}
		ensure!(count(Self::members().len()) >= least, Error::<T>::TooFewMembers);
		if before.is_empty() && NextElection::<T>::get() == 0 {
			LastDue::<T>::put(frame_system::Pallet::<T>::block_number());
		}
		Self::mirror(&before);
		Self::deposit_event(Event::CouncilSeated { first, second });
		Ok(())
	}

	pub(crate) fn do_add_member(
		who: AccountIdOf<T>,
		cohort: Cohort,
		acceptance: AcceptanceOf<T>,
	) -> DispatchResult {
		Self::ensure_uninvolved(&who)?;
		Self::take_acceptance(&who, OfferedSeat::Vacancy(cohort), acceptance)?;
		let before = Self::members();
		Self::seat(cohort, who.clone())?;
		Self::mirror(&before);
		Self::deposit_event(Event::MemberAdded { who, cohort });
		Ok(())
	}

	/// Gives a vacancy to `who`.
	fn seat(cohort: Cohort, who: AccountIdOf<T>) -> DispatchResult {
		let mut seats = Cohorts::<T>::get(cohort);
		let seat = Self::new_seat(who)?;
		seats.try_push(seat).map_err(|_| Error::<T>::CohortFull)?;
		Cohorts::<T>::insert(cohort, seats);
		Ok(())
	}

	pub(crate) fn do_resign(who: &AccountIdOf<T>) -> DispatchResult {
		let (cohort, mut seats, place) = Self::find(who).ok_or(Error::<T>::NotMember)?;
		ensure!(seats.get(place).is_some_and(|seat| seat.account == *who), Error::<T>::NotMember);
		let before = Self::members();
		seats.remove(place);
		Cohorts::<T>::insert(cohort, seats);
		Self::mirror(&before);
		Self::deposit_event(Event::MemberResigned { who: who.clone(), cohort });
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

	pub(crate) fn do_rotate_key(
		old: AccountIdOf<T>,
		new: AccountIdOf<T>,
		acceptance: AcceptanceOf<T>,
	) -> DispatchResult {
		let (cohort, mut seats, place) = Self::find(&old).ok_or(Error::<T>::NotMember)?;
		let before = Self::members();
		let seat =
			seats.get_mut(place).filter(|seat| seat.account == old).ok_or(Error::<T>::NotMember)?;
		let now = frame_system::Pallet::<T>::block_number();
		let interval = Self::parameters()?.rotation_interval;
		ensure!(
			seat.rotated.is_none_or(|last| now >= last.saturating_add(interval)),
			Error::<T>::RotationTooSoon
		);
		Self::ensure_uninvolved(&new)?;
		Self::take_acceptance(&new, OfferedSeat::Of(old.clone()), acceptance)?;
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
	/// If `who` is a member, was the key of one, stands in the running election, or vets.
	fn ensure_uninvolved(who: &AccountIdOf<T>) -> Result<(), Error<T>> {
		ensure!(Self::find(who).is_none(), Error::<T>::IsMember);
		ensure!(!Self::stands(who), Error::<T>::IsContender);
		Self::ensure_no_vetter(who)
	}

	/// # Errors
	/// If `who` vets the running election, or is named to vet the next.
	pub(crate) fn ensure_no_vetter(who: &AccountIdOf<T>) -> Result<(), Error<T>> {
		let next = Parameters::<T>::get().and_then(|parameters| parameters.vetter);
		let present = Running::<T>::get().and_then(|election| election.vetter);
		ensure!([next, present].iter().flatten().all(|vetter| vetter != who), Error::<T>::IsVetter);
		Ok(())
	}

	/// Whether `who` stands in the running election, or stood and was excluded.
	fn stands(who: &AccountIdOf<T>) -> bool {
		Running::<T>::get()
			.is_some_and(|election| Contenders::<T>::contains_key(election.number, who))
	}

	/// Whether `who` may open a further motion where those who opened the others, one each, are `owners`. Motions
	/// that a member opened with a key that it rotated away are its own.
	///
	/// # Errors
	/// If it has as many open as a member can have.
	pub fn ensure_motion_left(
		who: &AccountIdOf<T>,
		owners: impl IntoIterator<Item = AccountIdOf<T>>,
	) -> Result<(), Error<T>> {
		let seat_of = |who: &AccountIdOf<T>| {
			let (_, seats, place) = Self::find(who)?;
			seats.get(place).map(|seat| seat.number)
		};
		let seat = seat_of(who);
		let own = |owner: &AccountIdOf<T>| owner == who || seat.is_some() && seat_of(owner) == seat;
		let open = owners.into_iter().filter(own).count();
		ensure!(open < MOTIONS_OF_A_MEMBER, Error::<T>::NoMotionLeft);
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
