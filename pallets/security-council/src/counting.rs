//! Who is elected: a single transferable vote in which voters split their votes as they like.
//!
//! The rule is CSTV of P. Skowron, A. Slinko, S. Szufa and N. Talmon, "Participatory Budgeting with Cumulative
//! Votes", 2020, for seats of equal cost:
//!
//! - The quota is the Droop quota: the least that more nominees than there are seats cannot all hold. Where
//!   that is less than the least votes, these are the quota.
//! - While seats are left, the nominee of most votes is elected if it holds the quota. What it holds beyond is
//!   transferred: from each ballot the same part of the votes it has on that nominee, to the nominees that are
//!   left on this ballot, in proportion to the votes that it has on each.
//! - If nobody holds the quota, the nominee of fewest votes is eliminated, and its votes are transferred in the
//!   same way. Unless no more nominees than seats are left and all hold the least votes: then these are elected.
//! - Of equals, who comes first among the nominees is elected first and eliminated last.
//!
//! Votes that are on no ballot stay with their nominee, and so do those of a ballot on which nobody is left.
//!
//! Therefore voters who together hold `k` quotas, and each give votes to the same `k` nominees or more and to
//! nobody else, get `k` seats however they split: an election takes at most one quota from them, an elimination
//! nothing, and while they lack a seat the quotas that they have left are with as many of their nominees at
//! least, so that one of these holds the quota, or others fall first.
//!
//! All numbers are whole and rounded down, so that votes never grow. What rounding loses would break that
//! promise at its limit. So votes are counted in a [finer](FINER) unit: a ballot loses less than one such unit
//! for each pair of its nominees and for each of them, and all ballots together less than an eighth of a vote.
//! A Droop quota of whole votes is at least a seventh of a vote more than the exact one, and the least votes are
//! held by whoever lacks less than an eighth of a vote.

use crate::types::Balance;
use alloc::{vec, vec::Vec};
use core::cmp::Reverse;
use polkadot_sdk::*;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Bits by which votes are finer than units of the token while they are counted, where there is room for them.
/// The supply of a billion tokens of 10^18 units leaves 38.
const FINER: u32 = 24;

/// What is counted. Nominees have numbers from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Poll {
	/// All votes of each nominee, those on ballots among them.
	pub votes: Vec<Balance>,
	/// Which votes each voter gave to whom, of voters whose votes can be transferred. Nobody is twice on one.
	pub ballots: Vec<Vec<(u32, Balance)>>,
	/// Who cannot be elected: they are eliminated before anybody is elected.
	pub barred: Vec<usize>,
}

/// Those who are elected to `seats` seats, in this order. Each holds `least` votes.
pub(crate) fn elect(poll: Poll, seats: u32, least: Balance) -> Vec<usize> {
	let mut count = Count::new(poll, seats, least);
	while count.step() {}
	count.elected
}

struct Nominee {
	votes: Balance,
	/// Neither elected nor eliminated so far.
	open: bool,
	/// Where it is named: number of the ballot, place on it.
	named: Vec<(usize, usize)>,
}

/// A count that is going on.
pub(crate) struct Count {
	nominees: Vec<Nominee>,
	ballots: Vec<Vec<(usize, Balance)>>,
	barred: Vec<usize>,
	seats: usize,
	quota: Balance,
	least: Balance,
	/// The numbers of the elected.
	pub elected: Vec<usize>,
}

impl Count {
	pub fn new(poll: Poll, seats: u32, least: Balance) -> Self {
		let Poll { votes, ballots, barred } = poll;
		let cast = votes.iter().fold(0, |sum: Balance, votes| sum.saturating_add(*votes));
		// As many bits as are free above the sum, so that nothing below saturates.
		let unit = Balance::from(1u8) << cast.leading_zeros().min(FINER);
		let finer = |votes: Balance| votes.saturating_mul(unit);
		let droop = finer(cast)
			.checked_div(Balance::from(seats).saturating_add(1))
			.unwrap_or_default()
			.saturating_add(1);
		let new = |votes: Balance| Nominee { votes: finer(votes), open: true, named: vec![] };
		let mut nominees: Vec<_> = votes.into_iter().map(new).collect();
		let ballots: Vec<Vec<_>> = ballots
			.into_iter()
			.map(|ballot| {
				ballot.into_iter().map(|(of, votes)| (of as usize, finer(votes))).collect()
			})
			.collect();
		for (number, ballot) in ballots.iter().enumerate() {
			for (place, (nominee, _)) in ballot.iter().enumerate() {
				if let Some(nominee) = nominees.get_mut(*nominee) {
					nominee.named.push((number, place));
				}
			}
		}
		// What rounding may have lost is not missing: a vote short is a whole vote short.
		let least = finer(least).saturating_sub(unit >> 3);
		Self {
			nominees,
			ballots,
			barred,
			seats: seats as usize,
			quota: droop.max(least),
			least,
			elected: Vec::new(),
		}
	}

	/// Elects or eliminates one nominee. Whether there was anything left to do.
	pub fn step(&mut self) -> bool {
		if let Some(barred) = self.barred.pop() {
			self.eliminate(barred);
			return true;
		}
		if self.elected.len() >= self.seats {
			return false;
		}
		let open = || self.nominees.iter().enumerate().filter(|(_, nominee)| nominee.open);
		let strongest = open().max_by_key(|(number, nominee)| (nominee.votes, Reverse(*number)));
		let weakest = open().min_by_key(|(number, nominee)| (nominee.votes, Reverse(*number)));
		let (
			Some((first, Nominee { votes: most, .. })),
			Some((last, Nominee { votes: fewest, .. })),
		) = (strongest, weakest)
		else {
			return false;
		};
		let left = self.seats.saturating_sub(self.elected.len());
		if *most >= self.quota {
			let (surplus, all) = (most.saturating_sub(self.quota), *most);
			self.elected.push(first);
			self.transfer(first, surplus, all);
		} else if open().count() <= left && *fewest >= self.least {
			self.elected.push(first);
			self.transfer(first, 0, 1);
		} else {
			self.eliminate(last);
		}
		true
	}

	fn eliminate(&mut self, nominee: usize) {
		self.transfer(nominee, 1, 1);
	}

	/// Closes a nominee and transfers `part` of each `whole` of its votes that are on ballots.
	fn transfer(&mut self, from: usize, part: Balance, whole: Balance) {
		let Some(nominee) = self.nominees.get_mut(from) else { return };
		nominee.open = false;
		let named = core::mem::take(&mut nominee.named);
		for (ballot, place) in named.into_iter().filter(|_| part > 0) {
			let Some(ballot) = self.ballots.get_mut(ballot) else { continue };
			let Some((_, votes)) = ballot.get_mut(place) else { continue };
			let moving = share(*votes, part, whole);
			*votes = votes.saturating_sub(moving);
			let moved = spread(ballot, &mut self.nominees, moving);
			if let Some(nominee) = self.nominees.get_mut(from) {
				nominee.votes = nominee.votes.saturating_sub(moved);
			}
		}
	}

	/// All votes, be they with the elected, the eliminated, or those who are left. Less than at the start by what
	/// rounding lost.
	#[cfg(test)]
	pub fn votes(&self) -> Balance {
		self.nominees.iter().map(|nominee| nominee.votes).sum()
	}
}

/// Gives `moving` votes of a ballot to those on it who are open, in proportion to its votes on each. Returns how
/// many go: none if nobody is open.
fn spread(ballot: &mut [(usize, Balance)], nominees: &mut [Nominee], moving: Balance) -> Balance {
	let is_open =
		|nominees: &[Nominee], number: usize| nominees.get(number).is_some_and(|other| other.open);
	let there = ballot
		.iter()
		.filter(|(number, _)| is_open(nominees, *number))
		.fold(0, |sum: Balance, (_, votes)| sum.saturating_add(*votes));
	if there == 0 {
		return 0;
	}
	for (number, votes) in ballot.iter_mut() {
		let Some(nominee) = nominees.get_mut(*number).filter(|nominee| nominee.open) else {
			continue;
		};
		let more = share(moving, *votes, there);
		*votes = votes.saturating_add(more);
		nominee.votes = nominee.votes.saturating_add(more);
	}
	moving
}

/// `votes * part / whole`, rounded down; nothing of nothing. `part` is no more than `whole`, so it always fits.
fn share(votes: Balance, part: Balance, whole: Balance) -> Balance {
	if part == whole {
		return votes;
	}
	multiply_by_rational_with_rounding(votes, part, whole, Rounding::Down).unwrap_or_default()
}
