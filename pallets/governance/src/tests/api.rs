//! What the runtime API tells about proposals.

use super::*;
use crate::{Proposal, Shortfall};

fn told(index: u32) -> Proposal<Test> {
	Governance::proposal(index).unwrap()
}

#[test]
fn proposal_should_be_told_when_it_runs() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		assert!(Governance::proposal(index + 1).is_none());
		assert_eq!(Governance::state(index + 1), None);
		let proposal = told(index);
		assert_eq!((proposal.state, proposal.proposer), (State::Pending, Some(ANN)));
		assert_eq!((proposal.call, proposal.enactment), (Some(hash_of(&call())), None));
		assert_eq!(proposal.tally, Some(tally(index)));
		// Not known before the snapshot is past.
		go_to(tally(index).snapshot);
		assert_eq!(told(index).tally.unwrap().quorum, None);
		go_to(now() + 1);
		assert_eq!(told(index).tally.unwrap().quorum, Some(35_000));
		assert_eq!(tally(index).quorum, None);
		assert_ok!(vote(BEN, index, Side::For));
		assert_eq!(told(index).tally, Some(tally(index)));
		assert_eq!(tally(index).quorum, Some(35_000));
		assert_eq!((told(index).timelock, told(index).vetoed), (Some(TIMELOCK), false));
	});
}

#[test]
fn shortfall_should_be_told_as_soon_as_the_quorum_is_known() {
	run(|| {
		let index = proposed(Kind::Constitutional);
		assert_eq!(told(index).shortfall, None);
		open(index);
		// Nobody has voted yet.
		assert_eq!(told(index).shortfall, Some(Shortfall::Quorum { missing: 35_000 }));
		assert_ok!(vote(BEN, index, Side::For));
		assert_eq!(told(index).shortfall, Some(Shortfall::Quorum { missing: 15_000 }));
		assert_ok!(vote(ANN, index, Side::Against));
		over(index);
		let lost = told(index);
		assert_eq!(lost.state, State::Defeated);
		assert_eq!(lost.shortfall, Some(Shortfall::Quorum { missing: 15_000 }));
	});
}

#[test]
fn votes_and_quorum_should_be_told_of_any_block_up_to_the_one_asked() {
	run(|| {
		go_to(3);
		wrap(ANN, 70_000);
		go_to(6);
		wrap(BEN, 20_000);
		let votes = |who| (2..9).map(|at| Governance::votes_at(who, at)).collect::<Vec<_>>();
		let some = |votes| Some(votes);
		// They count once they were held for two blocks.
		let (ann, ben) = ([0, 0, 0, 70_000, 70_000], [0; 5]);
		assert_eq!(votes(ANN), [&ann.map(some)[..], &[None, None]].concat());
		assert_eq!(votes(BEN), [&ben.map(some)[..], &[None, None]].concat());
		let quorum = |at| Governance::quorum_told(Kind::Constitutional, at);
		// Half, and no less than 15,000.
		assert_eq!([2, 3, 6, 7].map(quorum), [Some(15_000), Some(35_000), Some(45_000), None]);
	});
}

#[test]
fn proposal_should_be_told_when_it_has_ended() {
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		over(index);
		let last = tally(index);
		go_to(now() + 1);
		let enactment = now() + TREASURY_TIMELOCK;
		for (block, state, at) in
			[(now(), State::Queued, Some(enactment)), (enactment, State::Executed, None)]
		{
			go_to(block);
			let proposal = told(index);
			assert_eq!((proposal.state, proposal.enactment), (state, at));
			assert_eq!((proposal.proposer, proposal.call), (Some(ANN), Some(hash_of(&call()))));
			assert_eq!(proposal.tally, Some(last.clone()));
		}
		// The deposit went back long ago; what was voted, and who proposed, stays known.
		assert!(Referenda::refund_submission_deposit(signed(STRANGER), index).is_err());
		let proposal = told(index);
		assert_eq!((proposal.state, proposal.proposer), (State::Executed, Some(ANN)));
		assert_eq!(proposal.tally, Some(last));
	});
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::Against));
		assert_ok!(Referenda::kill(RuntimeOrigin::root(), index));
		let proposal = told(index);
		assert_eq!((proposal.state, proposal.proposer), (State::Canceled, Some(ANN)));
		assert_eq!(proposal.tally.unwrap().nays, 50_000);
	});
	run(|| {
		// On which nobody voted.
		let index = proposed(Kind::Treasury);
		let before = tally(index);
		go_to(now() + 40);
		let proposal = told(index);
		assert_eq!((proposal.state, proposal.proposer), (State::Defeated, Some(ANN)));
		assert_eq!((proposal.tally, proposal.call), (Some(before), Some(hash_of(&call()))));
	});
}

#[test]
fn proposal_should_be_read_by_clients_as_it_is_encoded() {
	use codec::{Decode, Encode};
	run(|| {
		let index = proposed(Kind::Treasury);
		let proposal = told(index);
		let bytes = proposal.encode();
		let again = Proposal::<Test>::decode(&mut &bytes[..]).unwrap();
		assert_eq!((again.state, again.tally), (proposal.state, proposal.tally));
		// State, proposer, call, tally, enactment.
		assert_eq!(bytes[..2], [State::Pending as u8, 1]);
	});
}
