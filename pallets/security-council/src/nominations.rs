//! Who stands for election: registration, nomination and vetting.

use crate::{
	types::{count, AccountIdOf, COHORT_SIZE},
	Balance, Cohort, Config, Contender, Contenders, Election, ElectionOf, Error, Event, Nominees,
	Pallet, Phase, Standing, Voters,
};
use frame_support::{dispatch::DispatchResult, ensure};
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(contender: AccountIdOf<T>) -> DispatchResult {
		let Election { number: election, cohort, .. } = Self::in_phase(Phase::Registration)?;
		Self::ensure_may_stand(&contender, cohort)?;
		ensure!(!Contenders::<T>::contains_key(election, &contender), Error::<T>::IsContender);
		Contenders::<T>::insert(election, &contender, Contender::new(Standing::Contender));
		Self::deposit_event(Event::Registered { election, contender });
		Ok(())
	}

	pub(crate) fn do_nominate(
		voter: AccountIdOf<T>,
		contender: AccountIdOf<T>,
		votes: Balance,
	) -> DispatchResult {
		let running = Self::in_phase(Phase::Nomination)?;
		let Election { number: election, ref phases, .. } = running;
		let mut record =
			Contenders::<T>::get(election, &contender).ok_or(Error::<T>::NotContender)?;
		ensure!(record.standing == Standing::Contender, Error::<T>::IsNominee);
		let mut spent = Voters::<T>::get(election, &voter);
		Self::ensure_covered(&voter, spent.nomination, votes, phases.nomination)?;

		let enough = Self::quota_of(&running)?;
		// More than the contender needs stays with the voter, for other contenders.
		let votes = votes.min(enough.saturating_sub(record.nominations));
		record.nominations = record.nominations.saturating_add(votes);
		spent.nomination = spent.nomination.saturating_add(votes);
		let nominated = record.nominations >= enough;
		if nominated {
			record.standing = Standing::Nominee;
			Self::append_nominee(&contender)?;
		}
		Contenders::<T>::insert(election, &contender, record);
		Voters::<T>::insert(election, &voter, spent);
		Self::deposit_event(Event::Nominated {
			election,
			voter,
			contender: contender.clone(),
			votes,
		});
		if nominated {
			Self::deposit_event(Event::NomineeAdded { election, nominee: contender });
		}
		Ok(())
	}

	/// The votes that make a contender of `election` a nominee: a share of the votable units at the start
	/// of nomination, rounded up, and one at least.
	///
	/// # Errors
	/// If nomination has not begun.
	pub(crate) fn quota_of(election: &ElectionOf<T>) -> Result<Balance, DispatchError> {
		let delegated = T::Votes::delegated(election.phases.nomination)?;
		Ok(election.nominee_threshold.mul_ceil(delegated).max(1))
	}

	/// As [`Self::quota_of`] the running election; `None` if there is none, or nomination has not begun.
	pub fn nomination_quota() -> Option<Balance> {
		Self::quota_of(&Self::running().ok()?).ok()
	}

	pub(crate) fn do_exclude(who: &AccountIdOf<T>, nominee: AccountIdOf<T>) -> DispatchResult {
		let Election { number: election, .. } = Self::vetted_by(who)?;
		let mut record = Self::nominee(election, &nominee)?;
		record.standing = Standing::Excluded;
		Contenders::<T>::insert(election, &nominee, record);
		Nominees::<T>::mutate(|nominees| nominees.retain(|other| *other != nominee));
		Self::deposit_event(Event::Excluded { election, nominee });
		Ok(())
	}

	pub(crate) fn do_include(who: &AccountIdOf<T>, nominee: AccountIdOf<T>) -> DispatchResult {
		let Election { number: election, cohort, .. } = Self::vetted_by(who)?;
		let nominees = count(Nominees::<T>::decode_len().unwrap_or_default());
		ensure!(nominees < COHORT_SIZE, Error::<T>::EnoughNominees);
		Self::ensure_may_stand(&nominee, cohort)?;
		let mut record =
			Contenders::<T>::get(election, &nominee).unwrap_or(Contender::new(Standing::Contender));
		match record.standing {
			Standing::Contender => {},
			Standing::Nominee => return Err(Error::<T>::IsNominee.into()),
			Standing::Excluded => return Err(Error::<T>::IsExcluded.into()),
		}
		record.standing = Standing::Nominee;
		Contenders::<T>::insert(election, &nominee, record);
		Self::append_nominee(&nominee)?;
		Self::deposit_event(Event::Included { election, nominee });
		Ok(())
	}

	/// The record of a nominee of `election`, which is running.
	pub(crate) fn nominee(election: u32, account: &AccountIdOf<T>) -> Result<Contender, Error<T>> {
		Contenders::<T>::get(election, account)
			.filter(|record| record.standing == Standing::Nominee)
			.ok_or(Error::<T>::NotNominee)
	}

	fn append_nominee(nominee: &AccountIdOf<T>) -> Result<(), Error<T>> {
		Nominees::<T>::try_append(nominee).map_err(|()| Error::<T>::TooManyNominees)
	}

	/// The running election, if it is vetted now and by `who`.
	fn vetted_by(who: &AccountIdOf<T>) -> Result<ElectionOf<T>, Error<T>> {
		let election = Self::in_phase(Phase::Vetting)?;
		ensure!(election.vetter.as_ref() == Some(who), Error::<T>::NotVetter);
		Ok(election)
	}

	/// # Errors
	/// If `who` may not be a member of `cohort`.
	fn ensure_may_stand(who: &AccountIdOf<T>, cohort: Cohort) -> Result<(), Error<T>> {
		Self::ensure_no_vetter(who)?;
		let Some((own, seats, place)) = Self::find(who) else { return Ok(()) };
		ensure!(own == cohort, Error::<T>::OtherCohort);
		let present = seats.get(place).is_some_and(|seat| seat.account == *who);
		ensure!(present, Error::<T>::FormerKey);
		Ok(())
	}
}
