//! The count of an election, without a chain.

use crate::{
	counting::{elect, Count, Poll},
	Balance, MAX_BALLOTS, MAX_CHOICES,
};
use proptest::prelude::*;

type Ballot = Vec<(u32, Balance)>;

/// A poll with these ballots, and votes beside them that stay where they are.
fn poll(nominees: usize, ballots: Vec<Ballot>, fixed: &[Balance]) -> Poll {
	let mut votes = fixed.to_vec();
	votes.resize(nominees, 0);
	for (nominee, given) in ballots.iter().flatten() {
		votes[*nominee as usize] += given;
	}
	Poll { votes, ballots, barred: vec![] }
}

/// A ballot that gives each of these nominees as many votes.
fn even(nominees: std::ops::Range<u32>, each: Balance) -> Ballot {
	nominees.map(|nominee| (nominee, each)).collect()
}

#[test]
fn fifty_one_percent_should_take_three_of_six_when_both_camps_spread_evenly() {
	for (more, fewer) in [(0..6, 6..12), (6..12, 0..6)] {
		let ballots = vec![even(more.clone(), 51), even(fewer, 49)];
		let elected = elect(poll(12, ballots, &[]), 6, 1);
		let of_more = elected.iter().filter(|number| more.contains(&(**number as u32))).count();
		assert_eq!((elected.len(), of_more), (6, 3), "{elected:?}");
	}
}

#[test]
fn minority_should_take_its_seats_when_the_majority_outvotes_each_of_its_nominees() {
	// 70 to 30 of a hundred: 4 quotas of 15 and 2.
	let ballots = vec![even(0..6, 1_166), vec![(6, 1_400), (7, 900), (8, 700)]];
	let elected = elect(poll(9, ballots, &[]), 6, 1);
	assert_eq!(elected.iter().filter(|number| **number >= 6).count(), 2, "{elected:?}");
}

#[test]
fn surplus_should_go_to_the_others_on_the_ballot_when_a_nominee_has_more_than_it_needs() {
	// The quota of 120 votes and two seats is 41. Of 80 votes on the first, 39 go to the second, which has
	// less than the third alone.
	let ballots = vec![vec![(0, 80), (1, 5)], vec![(2, 35)]];
	assert_eq!(elect(poll(3, ballots.clone(), &[]), 2, 1), [0, 1]);
	// Where they are on no ballot they stay.
	let fixed = poll(3, vec![], &[80, 5, 35]);
	assert_eq!(elect(fixed, 2, 1), [0, 2]);
}

#[test]
fn votes_of_the_eliminated_should_go_on_in_proportion_when_nobody_has_the_quota() {
	// For one seat of 100 votes the quota is 51. The weakest is the last, whose voter prefers the second three
	// to one.
	let ballots = vec![vec![(0, 42)], vec![(1, 28), (0, 9), (2, 0)], vec![(2, 21)]];
	assert_eq!(elect(poll(3, ballots, &[]), 1, 1), [0]);
	let ballots = vec![vec![(0, 40)], vec![(1, 30), (0, 10), (2, 20)]];
	// 20 votes: 5 to the first and 15 to the second, which still has fewer than the 55 of the first.
	assert_eq!(elect(poll(3, ballots, &[]), 1, 1), [0]);
	let ballots = vec![vec![(0, 45)], vec![(1, 32), (0, 1), (2, 22)]];
	assert_eq!(elect(poll(3, ballots, &[]), 1, 1), [1]);
}

#[test]
fn lower_number_should_win_when_votes_are_equal() {
	let ballots = vec![even(0..8, 100)];
	assert_eq!(elect(poll(8, ballots, &[]), 6, 1), [0, 1, 2, 3, 4, 5]);
	assert_eq!(elect(poll(8, vec![], &[100; 8]), 6, 1), [0, 1, 2, 3, 4, 5]);
	assert_eq!(elect(poll(3, vec![], &[7, 9, 9]), 2, 1), [1, 2]);
}

#[test]
fn nobody_should_be_elected_with_less_than_the_least_when_seats_are_left() {
	assert_eq!(elect(poll(3, vec![], &[500, 250, 249]), 6, 250), [0, 1]);
	assert_eq!(elect(poll(2, vec![], &[249, 1]), 6, 250), [0usize; 0]);
	assert_eq!(elect(poll(3, vec![], &[0; 3]), 6, 1), [0usize; 0]);
	assert_eq!(elect(Poll::default(), 6, 1), [0usize; 0]);
}

#[test]
fn voters_should_seat_one_when_each_of_their_nominees_has_less_than_the_least() {
	// Three times 100 votes are enough for one, though there are seats for all.
	assert_eq!(elect(poll(3, vec![even(0..3, 100)], &[]), 6, 250), [0]);
}

#[test]
fn barred_nominee_should_leave_its_votes_to_the_others_when_it_is_strongest() {
	let barred = vec![0];
	let ballots = vec![vec![(0, 90), (2, 1)], vec![(1, 50)]];
	let poll = Poll { barred, ..poll(3, ballots, &[]) };
	assert_eq!(elect(poll, 1, 1), [2]);
}

#[test]
fn count_should_go_on_when_numbers_are_as_large_as_can_be() {
	let ballots = vec![vec![(0, u128::MAX / 3), (1, u128::MAX / 3)]];
	assert_eq!(elect(poll(3, ballots, &[0, 0, u128::MAX / 4]), 2, 1), [0, 1]);
}

/// Prints how long the largest count takes: as many ballots as there can be, each with as many nominees.
#[test]
#[ignore = "measures"]
fn largest_count_should_be_timed() {
	const NOMINEES: u32 = 500;
	let ballots: Vec<Ballot> = (0..MAX_BALLOTS)
		.map(|voter| {
			let nominee = |place| (voter * 7 + place * 31) % NOMINEES;
			let votes = |place| 10u128.pow(22) + 10u128.pow(17) * u128::from(voter * place + 1);
			(0..MAX_CHOICES).map(|place| (nominee(place), votes(place))).collect()
		})
		.collect();
	let poll = poll(NOMINEES as usize, ballots, &[]);
	let start = std::time::Instant::now();
	let elected = elect(poll, 6, 1);
	println!("{} elected in {:?}", elected.len(), start.elapsed());
}

/// Votes of all sizes, from single units to what a hundredth of the supply has.
fn some_votes() -> impl Strategy<Value = Balance> {
	(0u32..25, 1u128..100).prop_map(|(exponent, digits)| digits * 10u128.pow(exponent))
}

/// A ballot on some of `nominees`.
fn some_ballot(nominees: u32) -> impl Strategy<Value = Ballot> {
	let all: Vec<_> = (0..nominees).collect();
	let most = all.len().min(16);
	prop::sample::subsequence(all, 1..=most).prop_flat_map(|chosen| {
		let votes = prop::collection::vec(some_votes(), chosen.len());
		votes.prop_map(move |votes| chosen.iter().copied().zip(votes).collect())
	})
}

fn some_poll() -> impl Strategy<Value = Poll> {
	(1u32..20).prop_flat_map(|nominees| {
		let ballots = prop::collection::vec(some_ballot(nominees), 0..12);
		let fixed = prop::collection::vec(some_votes(), 0..nominees as usize);
		let barred = prop::collection::vec(0..nominees as usize, 0..2);
		(ballots, fixed, barred).prop_map(move |(ballots, fixed, barred)| Poll {
			barred,
			..poll(nominees as usize, ballots, &fixed)
		})
	})
}

/// Voters who each give votes to each of `nominees`.
fn some_group(nominees: u32) -> impl Strategy<Value = Vec<Ballot>> {
	let ballot = prop::collection::vec(some_votes(), nominees as usize)
		.prop_map(|votes| (0..).zip(votes).collect::<Ballot>());
	prop::collection::vec(ballot, 1..6)
}

/// Seats, seats that a group has quotas for, its nominees, all nominees.
fn some_sizes() -> impl Strategy<Value = (u32, u32, u32, u32)> {
	(1u32..=6)
		.prop_flat_map(|seats| (Just(seats), 1..=seats))
		.prop_flat_map(|(seats, quotas)| (Just(seats), Just(quotas), quotas..=8))
		.prop_flat_map(|(seats, quotas, own)| (Just(seats), Just(quotas), Just(own), own..own + 9))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn votes_should_never_grow_when_they_are_transferred(
		poll in some_poll(), seats in 0u32..8, least in 1u128..1_000,
	) {
		let nominees = poll.votes.len();
		let mut count = Count::new(poll, seats, least);
		let mut votes = count.votes();
		while count.step() {
			prop_assert!(count.votes() <= votes);
			// A ballot loses less than one finer unit for each of its nominees.
			prop_assert!(votes - count.votes() <= 12 * 16);
			votes = count.votes();
		}
		let mut elected = count.elected;
		prop_assert!(elected.len() <= seats as usize);
		elected.sort();
		elected.dedup();
		prop_assert!(elected.iter().all(|number| *number < nominees));
	}

	#[test]
	fn count_should_be_the_same_when_ballots_come_in_another_order(
		poll in some_poll(), least in 1u128..1_000,
	) {
		let mut reversed = poll.clone();
		reversed.ballots.reverse();
		for ballot in &mut reversed.ballots {
			ballot.reverse();
		}
		prop_assert_eq!(elect(poll, 6, least), elect(reversed, 6, least));
	}

	#[test]
	fn barred_should_not_be_elected_when_they_have_votes(poll in some_poll()) {
		let barred = poll.barred.clone();
		let elected = elect(poll, 6, 1);
		prop_assert!(barred.iter().all(|number| !elected.contains(number)));
	}

	#[test]
	fn voters_with_k_quotas_should_win_k_seats_when_they_spread_over_k_of_their_own(
		(seats, quotas, own, all) in some_sizes(),
		seed in any::<u64>(),
		least in some_votes(),
		group in (1u32..=8).prop_flat_map(some_group),
		others in prop::collection::vec(some_ballot(16), 0..8),
		fixed in prop::collection::vec(some_votes(), 0..16),
	) {
		// As many nominees as drawn, and at the limit: not a vote more than the quotas.
		let mut group: Vec<Ballot> = group
			.into_iter()
			.map(|ballot| {
				(0..own).map(|number| (number, ballot[number as usize % ballot.len()].1)).collect()
			})
			.collect();
		let others: Vec<Ballot> = others
			.into_iter()
			.map(|ballot| ballot.into_iter().filter(|(number, _)| *number < all).collect())
			.collect();
		let fixed = &fixed[..fixed.len().min(all as usize)];
		let sum = |ballots: &[Ballot]| ballots.iter().flatten().map(|(_, votes)| votes).sum();
		let against: Balance = sum(&others) + fixed.iter().sum::<Balance>();
		let mut votes: Balance = sum(&group);
		loop {
			let quota = ((against + votes) / u128::from(seats + 1) + 1).max(least);
			let needed = quota * u128::from(quotas);
			if votes >= needed {
				break;
			}
			let (voter, nominee) = (seed as usize % group.len(), seed as u32 / 7 % own);
			group[voter][nominee as usize].1 += needed - votes;
			votes = needed;
		}
		let ballots = [group, others].concat();
		let elected = elect(poll(all as usize, ballots, fixed), seats, least);
		let won = elected.iter().filter(|number| **number < own as usize).count();
		prop_assert!(won >= quotas as usize, "{won} of {quotas}: {elected:?}");
	}
}
