//! What must hold after every block.

use crate::{
	types::{count, AccountIdOf, MAX_BALLOTS},
	Balance, Cohort, Cohorts, Config, Contenders, Election, ElectionBallots, ElectionOf,
	FormerKeys, LastDue, NextElection, NextScheduled, NextSeat, Nominees, Pallet, Parameters,
	Phase, Phases, Running, Schedule, Spent, Standing, Turnout, Voters,
};
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{ensure, traits::SortedMembers};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the whole storage.
	///
	/// # Errors
	/// Which invariant is broken.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let parameters = Parameters::<T>::get().ok_or("the council has no parameters")?;
		parameters.check::<T>()?;
		if let Some(vetter) = parameters.vetter {
			Self::try_vetter(&vetter)?;
		}
		Self::try_seats()?;
		Self::try_numbers()?;
		match Running::<T>::get() {
			Some(election) => Self::try_election(&election),
			None => {
				ensure!(!Nominees::<T>::exists(), "there are nominees of no election");
				ensure!(!Turnout::<T>::exists(), "there are votes in no election");
				Ok(())
			},
		}
	}

	/// A vetter neither sits nor stands.
	fn try_vetter(vetter: &AccountIdOf<T>) -> Result<(), TryRuntimeError> {
		ensure!(Self::find(vetter).is_none(), "the vetter is a member");
		let stands = Running::<T>::get()
			.is_some_and(|election| Contenders::<T>::contains_key(election.number, vetter));
		ensure!(!stands, "the vetter stands for election");
		Ok(())
	}

	/// Nobody sits twice, under whatever key, and the collective knows the members.
	fn try_seats() -> Result<(), TryRuntimeError> {
		let seats: Vec<_> = Cohort::BOTH.into_iter().flat_map(Cohorts::<T>::get).collect();
		let next = NextSeat::<T>::get();
		let numbers: BTreeSet<_> = seats.iter().map(|seat| seat.number).collect();
		let accounts: BTreeSet<_> = seats.iter().map(|seat| &seat.account).collect();
		ensure!(numbers.len() == seats.len(), "two seats have the same number");
		ensure!(accounts.len() == seats.len(), "an account sits twice");
		ensure!(numbers.iter().all(|number| *number < next), "a seat's number is not given out");
		for (key, number) in FormerKeys::<T>::iter() {
			ensure!(number < next, "a key was rotated away from an unknown seat");
			ensure!(
				!numbers.contains(&number) || !accounts.contains(&key),
				"a key that was rotated away sits again"
			);
		}
		ensure!(
			Self::members() == T::Members::sorted_members(),
			"the collective has other members than the council"
		);
		Ok(())
	}

	/// Nothing has a number not given out yet.
	fn try_numbers() -> Result<(), TryRuntimeError> {
		let next = NextElection::<T>::get();
		let elections = Contenders::<T>::iter_keys()
			.map(|(election, _)| election)
			.chain(Voters::<T>::iter_keys().map(|(election, _)| election))
			.chain(ElectionBallots::<T>::iter_keys().map(|(election, _)| election));
		for election in elections {
			ensure!(election < next, "there are records of an unknown election");
		}
		ensure!(
			Schedule::<T>::iter_keys().all(|number| number < NextScheduled::<T>::get()),
			"a scheduled call has a number not given out yet"
		);
		ensure!(
			LastDue::<T>::get() <= frame_system::Pallet::<T>::block_number(),
			"an election was started before it was due"
		);
		Ok(())
	}

	fn try_election(election: &ElectionOf<T>) -> Result<(), TryRuntimeError> {
		let Election { number, cohort, phases, .. } = election;
		ensure!(
			number.checked_add(1) == Some(NextElection::<T>::get()),
			"the running election is not the last one"
		);
		ensure!(*cohort == Cohort::of(*number), "an election is for the wrong cohort");
		let Phases { start, nomination, vetting, voting, full_weight, end } = *phases;
		ensure!(
			start < nomination
				&& nomination < vetting
				&& vetting < voting
				&& voting < full_weight
				&& full_weight <= end,
			"the phases of an election are out of order"
		);
		ensure!(
			LastDue::<T>::get() <= start && start <= frame_system::Pallet::<T>::block_number(),
			"an election started before it was due, or in the future"
		);
		if let Some(vetter) = &election.vetter {
			Self::try_vetter(vetter)?;
		}
		let (nominations, weight) = Self::try_contenders(election)?;
		let (nominating, voting) = Self::try_voters(election)?;
		ensure!(nominations == nominating, "nominations are not what voters spent on them");
		ensure!(weight <= voting, "votes weigh more than voters spent");
		ensure!(voting == Turnout::<T>::get(), "the turnout is not what voters spent");
		Self::try_ballots(election)
	}

	/// Ballots are those of voters with enough votes, give no more than was spent, and name each nominee once.
	fn try_ballots(election: &ElectionOf<T>) -> Result<(), TryRuntimeError> {
		let nominees = Nominees::<T>::get();
		let mut given: Vec<Balance> = nominees.iter().map(|_| 0).collect();
		let mut ballots = 0;
		for (voter, ballot) in ElectionBallots::<T>::iter_prefix(election.number) {
			let votes = T::Votes::votes(&voter, election.phases.voting)?;
			let votable = T::Votes::delegated(election.phases.voting)?;
			ensure!(
				votes.saturating_mul(MAX_BALLOTS.into()) >= votable,
				"a voter with few votes has a ballot"
			);
			let places: BTreeSet<_> = ballot.iter().map(|(place, _)| *place).collect();
			ensure!(places.len() == ballot.len(), "a ballot names a nominee twice");
			let mut sum = 0;
			for (place, weight) in ballot {
				let given = usize::try_from(place).ok().and_then(|place| given.get_mut(place));
				let given = given.ok_or("a ballot names one who is no nominee")?;
				*given = given.saturating_add(weight);
				sum = Balance::saturating_add(sum, weight);
			}
			let spent = Voters::<T>::get(election.number, &voter).voting;
			ensure!(0 < sum && sum <= spent, "a ballot gives nothing, or more than was spent");
			ballots = u32::saturating_add(ballots, 1);
		}
		// An account whose votes are not votable may have one more.
		ensure!(
			ballots <= MAX_BALLOTS.saturating_add(1),
			"there are more ballots than can be counted"
		);
		for (nominee, given) in nominees.iter().zip(given) {
			let weight = Contenders::<T>::get(election.number, nominee).map_or(0, |c| c.weight);
			ensure!(given <= weight, "ballots give a nominee more than it has");
		}
		Ok(())
	}

	/// Nominees are listed once each, and nobody of the other cohort stands. Returns the sums of nominations
	/// and weights.
	fn try_contenders(election: &ElectionOf<T>) -> Result<(Balance, Balance), TryRuntimeError> {
		let nominees: BTreeSet<_> = Nominees::<T>::get().into_iter().collect();
		ensure!(
			nominees.len() == Nominees::<T>::decode_len().unwrap_or_default(),
			"a nominee is listed twice"
		);
		let phase = election.phases.at(frame_system::Pallet::<T>::block_number());
		ensure!(
			phase != Phase::Registration || nominees.is_empty(),
			"there are nominees before nomination"
		);
		let enough = match phase {
			Phase::Registration => 0,
			_ => Self::quota_of(election)?,
		};
		let other = Cohorts::<T>::get(election.cohort.other());
		let (mut listed, mut nominations, mut weight) = (0, 0, 0);
		for (account, record) in Contenders::<T>::iter_prefix(election.number) {
			ensure!(
				Self::place(&other, &account).is_none(),
				"a member of the other cohort stands for election"
			);
			let nominee = record.standing == Standing::Nominee;
			ensure!(nominees.contains(&account) == nominee, "the list of nominees is wrong");
			ensure!(nominee || record.weight == 0, "one who is no nominee has votes");
			ensure!(record.nominations <= enough, "a contender has more than enough nominations");
			ensure!(
				record.standing != Standing::Contender
					|| record.nominations < enough
					|| enough == 0,
				"a contender with enough nominations is no nominee"
			);
			listed = u32::saturating_add(listed, nominee.into());
			nominations = Balance::saturating_add(nominations, record.nominations);
			weight = Balance::saturating_add(weight, record.weight);
		}
		ensure!(count(nominees.len()) == listed, "a nominee has no record");
		Ok((nominations, weight))
	}

	/// Voters spend no more than they had. Returns the sums of what they spent on nominations and on the
	/// election.
	fn try_voters(election: &ElectionOf<T>) -> Result<(Balance, Balance), TryRuntimeError> {
		let (mut nomination, mut voting) = (0, 0);
		for (who, spent) in Voters::<T>::iter_prefix(election.number) {
			let Spent { nomination: nominating, voting: electing } = spent;
			Self::try_spent(&who, nominating, election.phases.nomination)?;
			Self::try_spent(&who, electing, election.phases.voting)?;
			nomination = Balance::saturating_add(nomination, nominating);
			voting = Balance::saturating_add(voting, electing);
		}
		Ok((nomination, voting))
	}

	fn try_spent(
		who: &AccountIdOf<T>,
		spent: Balance,
		snapshot: BlockNumberFor<T>,
	) -> Result<(), TryRuntimeError> {
		ensure!(
			spent == 0 || spent <= T::Votes::votes(who, snapshot)?,
			"a voter spent more than it had at the snapshot"
		);
		Ok(())
	}
}
