//! Elections: start, member election, replacement of the cohort.

use crate::{
	counting::{self, Poll},
	types::{count, AccountIdOf, COHORT_SIZE, MAX_BALLOTS},
	Balance, Cohort, Cohorts, Config, Contenders, Election, ElectionBallot, ElectionBallots,
	ElectionNumber, ElectionOf, Error, Event, LastDue, NextElection, Nominees, Pallet, Phase,
	Phases, Running, SeatsOf, Standing, Turnout, Voters,
};
use alloc::vec::Vec;
use frame_support::{dispatch::DispatchResult, ensure};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use sp_runtime::{
	traits::{CheckedAdd, CheckedDiv, Get, Saturating},
	ArithmeticError, DispatchError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_start_election() -> DispatchResult {
		ensure!(!Running::<T>::exists(), Error::<T>::ElectionRunning);
		let parameters = Self::parameters()?;
		ensure!(count(Self::members().len()) >= T::LeastMembers::get(), Error::<T>::TooFewMembers);
		if let Some(vetter) = &parameters.vetter {
			ensure!(Self::find(vetter).is_none(), Error::<T>::VetterIsMember);
		}
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
			quorum: parameters.quorum,
			least_votes: parameters.least_votes,
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
		let had = Self::ensure_covered(&voter, spent.voting, votes, phases.voting)?;
		let weight = phases.weigh(votes, frame_system::Pallet::<T>::block_number());
		ensure!(weight > 0, Error::<T>::ZeroWeight);
		if had.saturating_mul(MAX_BALLOTS.into()) >= T::Votes::delegated(phases.voting)? {
			Self::enter_on_ballot(election, &voter, &nominee, weight)?;
		}
		// None of these sums is more than the votes that there are.
		record.weight = record.weight.saturating_add(weight);
		spent.voting = spent.voting.saturating_add(votes);
		Turnout::<T>::mutate(|turnout| *turnout = turnout.saturating_add(votes));
		Contenders::<T>::insert(election, &nominee, record);
		Voters::<T>::insert(election, &voter, spent);
		Self::deposit_event(Event::Voted { election, voter, nominee, votes, weight });
		Ok(())
	}

	/// Adds to what the ballot of `voter` gives to `nominee`. Nominees are named by their places, which are the
	/// same to the end of voting, whatever keys members rotate to.
	fn enter_on_ballot(
		election: ElectionNumber,
		voter: &AccountIdOf<T>,
		nominee: &AccountIdOf<T>,
		weight: Balance,
	) -> DispatchResult {
		let place = Nominees::<T>::get().iter().position(|other| other == nominee);
		let place = place.map(count).ok_or(Error::<T>::NotNominee)?;
		ElectionBallots::<T>::try_mutate(election, voter, |ballot| {
			match ballot.iter_mut().find(|(other, _)| *other == place) {
				Some((_, given)) => *given = given.saturating_add(weight),
				None => {
					ballot.try_push((place, weight)).map_err(|_| Error::<T>::TooManyChoices)?;
				},
			}
			Ok(())
		})
	}

	/// Returns the numbers of nominees and ballots.
	pub(crate) fn do_finish_election() -> Result<(u32, u32), DispatchError> {
		let election = Self::running()?;
		let Election { number, cohort, phases, .. } = election;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(phases.at(now) == Phase::Over, Error::<T>::ElectionNotOver);
		Running::<T>::kill();
		let nominees = Nominees::<T>::take().into_inner();
		let (votes, quorum) = (Turnout::<T>::take(), Self::quorum_of(&election)?);
		if votes < quorum {
			Self::deposit_event(Event::QuorumMissed { election: number, votes, quorum });
			let seats = Cohorts::<T>::get(cohort).into_iter();
			let members = seats.map(|seat| seat.account).collect();
			Self::deposit_event(Event::ElectionFinished {
				election: number,
				cohort,
				members,
				elected: 0,
			});
			return Ok((count(nominees.len()), 0));
		}

		let other = Cohorts::<T>::get(cohort.other());
		let before = Self::members();
		let poll = Self::poll(number, &nominees, &other);
		let counts = (count(nominees.len()), count(poll.ballots.len()));
		let elected: Vec<_> = counting::elect(poll, COHORT_SIZE, election.least_votes)
			.into_iter()
			.filter_map(|place| nominees.get(place).cloned())
			.collect();
		let number_elected = count(elected.len());
		let seats = Self::fill(number, cohort, elected)?;
		let members = seats.iter().map(|seat| seat.account.clone()).collect();
		Cohorts::<T>::insert(cohort, seats);
		Self::mirror(&before);
		Self::deposit_event(Event::ElectionFinished {
			election: number,
			cohort,
			members,
			elected: number_elected,
		});
		Ok(counts)
	}

	/// The votes that must be spent in voting, or the cohort stays as it is.
	///
	/// # Errors
	/// If voting has not begun.
	pub(crate) fn quorum_of(election: &ElectionOf<T>) -> Result<Balance, DispatchError> {
		Ok(election.quorum.of(T::Votes::delegated(election.phases.voting)?))
	}

	/// Implements [`voting_quorum`](crate::runtime_api::SecurityCouncilApi).
	pub fn voting_quorum() -> Option<Balance> {
		Self::quorum_of(&Self::running().ok()?).ok()
	}

	/// The votes of `election`. Whoever sits in the other cohort, `other`, cannot be elected.
	fn poll(election: ElectionNumber, nominees: &[AccountIdOf<T>], other: &SeatsOf<T>) -> Poll {
		let weight = |nominee| Contenders::<T>::get(election, nominee).map_or(0, |c| c.weight);
		let sits = |(place, nominee)| Self::place(other, nominee).map(|_| place);
		Poll {
			votes: nominees.iter().map(weight).collect(),
			ballots: ElectionBallots::<T>::iter_prefix_values(election)
				.take(usize::try_from(MAX_BALLOTS).unwrap_or_default())
				.map(ElectionBallot::into_inner)
				.collect(),
			barred: nominees.iter().enumerate().filter_map(sits).collect(),
		}
	}

	/// Returns the number of records deleted.
	pub(crate) fn do_clear_past(election: ElectionNumber, limit: u32) -> Result<u32, Error<T>> {
		let running = Running::<T>::get().is_some_and(|running| running.number == election);
		ensure!(election < NextElection::<T>::get() && !running, Error::<T>::NotPast);
		let limit = usize::try_from(limit).unwrap_or(usize::MAX);
		let contenders = Contenders::<T>::drain_prefix(election).take(limit).count();
		let left = limit.saturating_sub(contenders);
		let voters = Voters::<T>::drain_prefix(election).take(left).count();
		let left = left.saturating_sub(voters);
		let ballots = ElectionBallots::<T>::drain_prefix(election).take(left).count();
		let records = count(contenders.saturating_add(voters).saturating_add(ballots));
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

	/// Returns the votes of `who` at `snapshot`.
	///
	/// # Errors
	/// If `votes` is zero, or `who`, who has spent `spent`, had fewer votes at `snapshot` than both.
	pub(crate) fn ensure_covered(
		who: &AccountIdOf<T>,
		spent: Balance,
		votes: Balance,
		snapshot: BlockNumberFor<T>,
	) -> Result<Balance, DispatchError> {
		ensure!(votes > 0, Error::<T>::ZeroVotes);
		let total = spent.checked_add(votes).ok_or(Error::<T>::NotEnoughVotes)?;
		let had = T::Votes::votes(who, snapshot)?;
		ensure!(total <= had, Error::<T>::NotEnoughVotes);
		Ok(had)
	}

	/// The seats of `cohort` after `election`: the elected, who keep their seat if they have one, and then as
	/// many incumbents as there are seats left, those excluded by the vetter last.
	fn fill(
		election: ElectionNumber,
		cohort: Cohort,
		elected: Vec<AccountIdOf<T>>,
	) -> Result<SeatsOf<T>, DispatchError> {
		let mut incumbents = Cohorts::<T>::get(cohort).into_inner();
		let mut seats = Vec::new();
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
