//! Elections: start, member election, replacement of the cohort.

use crate::{
	types::{count, AccountIdOf, COHORT_SIZE},
	Balance, Cohort, Cohorts, Config, Contenders, Election, ElectionNumber, ElectionOf, Error,
	Event, LastDue, NextElection, Nominees, Pallet, Parameters, Phase, Phases, Running, SeatsOf,
	Standing, Voters,
};
use alloc::vec::Vec;
use core::cmp::Reverse;
use frame_support::{dispatch::DispatchResult, ensure};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{CheckedAdd, CheckedDiv, Saturating},
	ArithmeticError, DispatchError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_start_election() -> DispatchResult {
		ensure!(!Running::<T>::exists(), Error::<T>::ElectionRunning);
		let parameters = Parameters::<T>::get();
		let interval = parameters.election_interval;
		let now = frame_system::Pallet::<T>::block_number();
		let due = LastDue::<T>::get().checked_add(&interval).ok_or(ArithmeticError::Overflow)?;
		ensure!(now >= due, Error::<T>::ElectionNotDue);
		let number = NextElection::<T>::get();
		NextElection::<T>::put(number.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		// Elections that nobody started in time are not made up for.
		let missed = now.saturating_sub(due).checked_div(&interval).unwrap_or_default();
		LastDue::<T>::put(due.saturating_add(missed.saturating_mul(interval)));

		let cohort = Cohort::of(number);
		let phases = Phases::new(now, &parameters).ok_or(ArithmeticError::Overflow)?;
		Running::<T>::put(Election {
			number,
			cohort,
			phases,
			nominee_threshold: parameters.nominee_threshold,
			vetter: parameters.vetter,
		});
		Self::deposit_event(Event::ElectionStarted { election: number, cohort, phases });
		Ok(())
	}

	pub(crate) fn do_vote(
		voter: AccountIdOf<T>,
		nominee: AccountIdOf<T>,
		votes: Balance,
	) -> DispatchResult {
		let Election { number: election, phases, .. } = Self::in_phase(Phase::Voting)?;
		let mut record = Self::nominee(election, &nominee)?;
		let mut spent = Voters::<T>::get(election, &voter);
		Self::ensure_covered(&voter, spent.voting, votes, phases.voting)?;
		let weight = phases.weigh(votes, frame_system::Pallet::<T>::block_number());
		ensure!(weight > 0, Error::<T>::ZeroWeight);
		record.weight = record.weight.saturating_add(weight);
		spent.voting = spent.voting.saturating_add(votes);
		Contenders::<T>::insert(election, &nominee, record);
		Voters::<T>::insert(election, &voter, spent);
		Self::deposit_event(Event::Voted { election, voter, nominee, votes, weight });
		Ok(())
	}

	/// Returns the number of nominees.
	pub(crate) fn do_finish_election() -> Result<u32, DispatchError> {
		let Election { number: election, cohort, phases, .. } = Self::running()?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(phases.at(now) == Phase::Over, Error::<T>::ElectionNotOver);
		Running::<T>::kill();
		let nominees = Nominees::<T>::take();
		let candidates = count(nominees.len());

		let before = Self::members();
		let seats = Self::elect(election, cohort, nominees.into_inner())?;
		let members = seats.iter().map(|seat| seat.account.clone()).collect();
		Cohorts::<T>::insert(cohort, seats);
		Self::mirror(&before);
		Self::deposit_event(Event::ElectionFinished { election, cohort, members });
		Ok(candidates)
	}

	/// Returns the number of records deleted.
	pub(crate) fn do_clear_past(election: ElectionNumber, limit: u32) -> Result<u32, Error<T>> {
		let running = Running::<T>::get().is_some_and(|running| running.number == election);
		ensure!(election < NextElection::<T>::get() && !running, Error::<T>::NotPast);
		let limit = usize::try_from(limit).unwrap_or(usize::MAX);
		let contenders = Contenders::<T>::drain_prefix(election).take(limit).count();
		let voters =
			Voters::<T>::drain_prefix(election).take(limit.saturating_sub(contenders)).count();
		let records = count(contenders.saturating_add(voters));
		ensure!(records > 0, Error::<T>::NothingToClear);
		Self::deposit_event(Event::PastCleared { election, records });
		Ok(records)
	}

	pub(crate) fn running() -> Result<ElectionOf<T>, Error<T>> {
		Running::<T>::get().ok_or(Error::<T>::NoElection)
	}

	/// The running election, if it is in `phase`.
	pub(crate) fn in_phase(phase: Phase) -> Result<ElectionOf<T>, Error<T>> {
		let election = Self::running()?;
		if election.phases.at(frame_system::Pallet::<T>::block_number()) == phase {
			return Ok(election);
		}
		Err(match phase {
			Phase::Registration => Error::<T>::NotRegistering,
			Phase::Nomination => Error::<T>::NotNominating,
			Phase::Vetting => Error::<T>::NotVetting,
			Phase::Voting => Error::<T>::NotVoting,
			Phase::Over => Error::<T>::ElectionNotOver,
		})
	}

	/// # Errors
	/// If `votes` is zero, or `who`, who has spent `spent`, had fewer votes at `snapshot` than both.
	pub(crate) fn ensure_covered(
		who: &AccountIdOf<T>,
		spent: Balance,
		votes: Balance,
		snapshot: BlockNumberFor<T>,
	) -> DispatchResult {
		ensure!(votes > 0, Error::<T>::ZeroVotes);
		let total = spent.checked_add(votes).ok_or(Error::<T>::NotEnoughVotes)?;
		ensure!(total <= T::Votes::votes(who, snapshot)?, Error::<T>::NotEnoughVotes);
		Ok(())
	}

	/// The seats of `cohort` after `election`: the nominees of most weight, who keep their seat if they have
	/// one, and then as many incumbents as there are seats left, those excluded by the vetter last.
	fn elect(
		election: ElectionNumber,
		cohort: Cohort,
		nominees: Vec<AccountIdOf<T>>,
	) -> Result<SeatsOf<T>, DispatchError> {
		let mut ranked: Vec<_> = nominees
			.into_iter()
			.map(|account| {
				let weight = Contenders::<T>::get(election, &account).map_or(0, |c| c.weight);
				(weight, account)
			})
			.collect();
		// Stable: of equal weights the lower index comes first.
		ranked.sort_by_key(|(weight, _)| Reverse(*weight));

		let other = Cohorts::<T>::get(cohort.other());
		let mut incumbents = Cohorts::<T>::get(cohort).into_inner();
		let mut seats = Vec::new();
		let elected = ranked
			.into_iter()
			.map(|(_, account)| account)
			.filter(|account| Self::place(&other, account).is_none())
			.take(usize::try_from(COHORT_SIZE).unwrap_or_default());
		for account in elected {
			seats.push(match incumbents.iter().position(|seat| seat.account == account) {
				Some(place) => incumbents.remove(place),
				None => Self::new_seat(account)?,
			});
		}
		incumbents.sort_by_cached_key(|seat| {
			Contenders::<T>::get(election, &seat.account)
				.is_some_and(|record| record.standing == Standing::Excluded)
		});
		seats.extend(incumbents);
		Ok(SeatsOf::<T>::truncate_from(seats))
	}
}
