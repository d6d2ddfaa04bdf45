//! What wallets that know conviction voting call and read.

use super::*;
use crate::{types::AccountVote, Call, ClassLocksFor, VotingFor};
use codec::{Compact, Encode};
use frame_support::dispatch::PostDispatchInfo;
use pallet_conviction_voting::{Conviction, Vote, Voting};

fn standard(aye: bool, conviction: Conviction, balance: u128) -> AccountVote {
	AccountVote::Standard { vote: Vote { aye, conviction }, balance }
}

fn split(aye: u128, nay: u128) -> AccountVote {
	AccountVote::Split { aye, nay }
}

fn with_abstain(aye: u128, nay: u128, abstain: u128) -> AccountVote {
	AccountVote::SplitAbstain { aye, nay, abstain }
}

/// What Ben's vote, of 20,000, counts as.
fn counted(vote: AccountVote) -> Result<(Side, AccountVote), DispatchError> {
	let mut counted = Err(DispatchError::Other("not run"));
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		counted =
			Governance::vote(signed(BEN), index, vote).map_err(|error| error.error).map(|_| {
				let ballot = Ballots::<Test>::get(index, BEN).unwrap();
				assert_eq!(ballot.weight, 20_000);
				let Voting::Casting(shown) = VotingFor::<Test>::get(BEN, 1) else {
					panic!("a vote is shown as cast")
				};
				let (poll_index, vote) = shown.votes[0];
				assert_eq!((poll_index, shown.votes.len()), (index, 1));
				assert!(happened(Event::Voted { who: BEN, vote, poll_index }));
				(ballot.side, vote)
			});
	});
	counted
}

#[test]
fn vote_should_be_all_votes_of_the_voter_whatever_amounts_and_conviction_it_names() {
	let aye = standard(true, Conviction::None, 20_000);
	let nay = standard(false, Conviction::None, 20_000);
	let abstain = with_abstain(0, 0, 20_000);
	for (vote, side, shown) in [
		(standard(true, Conviction::Locked1x, 0), Side::For, aye),
		(standard(true, Conviction::Locked6x, 99_999), Side::For, aye),
		(standard(false, Conviction::None, 1), Side::Against, nay),
		(split(1, 0), Side::For, aye),
		(split(0, 99_999), Side::Against, nay),
		(with_abstain(5, 0, 0), Side::For, aye),
		(with_abstain(0, 5, 0), Side::Against, nay),
		(with_abstain(0, 0, 5), Side::Abstain, abstain),
		// Wallets fill in the free balance, which may be nothing.
		(with_abstain(0, 0, 0), Side::Abstain, abstain),
	] {
		assert_eq!(counted(vote), Ok((side, shown)), "{vote:?}");
	}
}

#[test]
fn vote_should_be_refused_when_it_is_for_several_sides_or_none() {
	let error = DispatchError::from(Error::<Test>::SplitVote);
	for vote in [
		split(1, 1),
		split(0, 0),
		with_abstain(1, 1, 1),
		with_abstain(1, 0, 1),
		with_abstain(0, 1, 1),
		with_abstain(1, 1, 0),
	] {
		assert_eq!(counted(vote), Err(error), "{vote:?}");
	}
}

#[test]
fn calls_should_be_encoded_as_conviction_voting_has_them() {
	let vote = standard(true, Conviction::Locked1x, 7);
	let call = Call::<Test>::vote { poll_index: 3, vote }.encode();
	assert_eq!(call, (0u8, Compact(3u32), 0u8, 0b1000_0001u8, 7u128).encode());
	let conviction = Conviction::Locked2x;
	let call = Call::<Test>::delegate { class: 1, to: BEN, conviction, balance: 9 }.encode();
	assert_eq!(call, (1u8, 1u16, BEN, 2u8, 9u128).encode());
	assert_eq!(Call::<Test>::undelegate { class: 1 }.encode(), (2u8, 1u16).encode());
}

#[test]
fn newest_votes_should_be_shown_by_class_when_there_are_many() {
	run(|| {
		wrap(CAT, THRESHOLD);
		voters();
		// No account has more than three.
		let by = [ANN, ANN, BEN, BEN, CAT, CAT];
		let proposals = by.map(|who| propose(who, Kind::Treasury, call()).unwrap());
		let other = propose(ANN, Kind::Constitutional, call()).unwrap();
		open(other);
		// Not in the order of their numbers.
		for index in proposals.iter().rev().chain([&other]) {
			assert_ok!(vote(ANN, *index, Side::For));
		}
		let shown = |class| match VotingFor::<Test>::get(ANN, class) {
			Voting::Casting(casting) => {
				casting.votes.iter().map(|(index, _)| *index).collect::<Vec<_>>()
			},
			_ => panic!("votes are shown as cast"),
		};
		// Four are shown; all count.
		assert_eq!((shown(1), shown(0), shown(2)), (vec![3, 2, 1, 0], vec![other], vec![]));
		for index in proposals {
			assert_eq!(tally(index).ayes, 50_000);
			assert_noop!(vote(ANN, index, Side::For), Error::<Test>::AlreadyVoted);
		}
	});
}

#[test]
fn nothing_should_be_shown_as_locked_when_votes_were_cast() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		assert!(ClassLocksFor::<Test>::get(ANN).is_empty());
		assert_eq!(ClassLocksFor::<Test>::iter().count(), 0);
	});
}

#[test]
fn vote_should_cost_less_when_it_schedules_nothing() {
	run(|| {
		wrap(CAT, 1);
		let index = proposed(Kind::Treasury);
		open(index);
		let weight = |who| {
			let vote = standard(true, Conviction::None, 0);
			let info: PostDispatchInfo = Governance::vote(signed(who), index, vote).unwrap();
			info.actual_weight
		};
		assert_eq!(weight(CAT), None);
		let later = <() as crate::WeightInfo>::later_vote(4);
		assert_eq!(weight(BEN), Some(later));
		// It reaches the quorum, and might have to move the end.
		assert_eq!(weight(ANN), None);
	});
}

#[test]
fn constants_should_be_there_under_the_names_that_wallets_read() {
	let constants = Governance::pallet_constants_metadata();
	let find = |name| constants.iter().find(|constant| constant.name == name).unwrap();
	assert_eq!(find("VoteLockingPeriod").value, 0u64.encode());
	assert_eq!(find("MaxVotes").value, 4u32.encode());
}
