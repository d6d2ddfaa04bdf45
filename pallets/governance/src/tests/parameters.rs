//! Which parameters are accepted, and from whom.

use super::*;
use sp_runtime::{Perbill, Permill};

/// As much as the runtime allows.
const LONGEST: u64 = 1_000;
const HIGHEST: u128 = 100_000;

#[test]
fn parameters_should_be_set_when_root_does() {
	run(|| {
		let parameters = Terms { voting_delay: 7, ..parameters() };
		for who in [ANN, COUNCIL, TREASURY] {
			assert_noop!(
				Governance::set_parameters(signed(who), Box::new(parameters)),
				DispatchError::BadOrigin
			);
		}
		assert_ok!(Governance::set_parameters(RuntimeOrigin::root(), Box::new(parameters)));
		assert_eq!(crate::Parameters::<Test>::get().unwrap(), parameters);
		assert!(happened(Event::ParametersSet { parameters: Box::new(parameters) }));
	});
}

#[test]
fn parameters_should_be_refused_when_nothing_could_pass_under_them() {
	use Error::{
		HoldingWindowOutOfRange, MajorityOutOfRange, PeriodOutOfRange, QuorumOutOfRange,
		QuorumsNotGrowing, SpendLimitsNotGrowing, SpendPeriodOutOfRange, ThresholdOutOfRange,
		TimelockOutOfRange, WindowTooLong,
	};
	type Change = fn(&mut Terms<u64>);
	let cases: [(Change, Error<Test>); 37] = [
		(|p| p.voting_delay = 0, PeriodOutOfRange),
		(|p| p.voting_delay = LONGEST + 1, PeriodOutOfRange),
		(|p| p.voting_period = 0, PeriodOutOfRange),
		(|p| p.voting_period = u64::MAX, PeriodOutOfRange),
		(|p| p.late_quorum_window = 0, PeriodOutOfRange),
		(|p| p.late_quorum_window = LONGEST + 1, PeriodOutOfRange),
		(|p| p.late_quorum_window = p.voting_period + 1, WindowTooLong),
		(|p| p.holding_window = 0, HoldingWindowOutOfRange),
		(|p| p.holding_window = p.voting_delay + 1, HoldingWindowOutOfRange),
		(|p| p.voting_delay = p.holding_window - 1, HoldingWindowOutOfRange),
		(|p| p.proposal_threshold = 0, ThresholdOutOfRange),
		(|p| p.proposal_threshold = HIGHEST + 1, ThresholdOutOfRange),
		(|p| p.removal_majority = Perbill::from_parts(499_999_999), MajorityOutOfRange),
		(|p| p.constitutional.timelock = 0, TimelockOutOfRange),
		(|p| p.treasury.timelock = LONGEST + 1, TimelockOutOfRange),
		(|p| p.removal.timelock = 0, TimelockOutOfRange),
		(|p| p.constitutional.quorum.share = Permill::zero(), QuorumOutOfRange),
		(|p| p.treasury.quorum.share = Permill::zero(), QuorumOutOfRange),
		(|p| p.removal.quorum.least = 0, QuorumOutOfRange),
		(|p| p.treasury.quorum.least = p.treasury.quorum.most + 1, QuorumOutOfRange),
		(|p| p.constitutional.quorum.most = p.constitutional.quorum.least - 1, QuorumOutOfRange),
		(|p| p.constitutional.quorum.most = HIGHEST + 1, QuorumOutOfRange),
		(|p| p.treasury.quorum.most = u128::MAX, QuorumOutOfRange),
		(|p| p.removal.quorum.most = 0, QuorumOutOfRange),
		(|p| p.medium_spender.timelock = 0, TimelockOutOfRange),
		(|p| p.big_spender.quorum.least = 0, QuorumOutOfRange),
		(|p| p.spending.period = 0, SpendPeriodOutOfRange),
		(|p| p.spending.period = LONGEST + 1, SpendPeriodOutOfRange),
		(|p| p.spending.treasury = 0, SpendLimitsNotGrowing),
		(|p| p.spending.treasury = p.spending.medium_spender, SpendLimitsNotGrowing),
		(|p| p.spending.big_spender = p.spending.medium_spender, SpendLimitsNotGrowing),
		(|p| p.treasury.quorum.least = p.medium_spender.quorum.least + 1, QuorumsNotGrowing),
		(|p| p.treasury.quorum.most = p.medium_spender.quorum.most + 1, QuorumsNotGrowing),
		(|p| p.treasury.quorum.share = Permill::from_percent(46), QuorumsNotGrowing),
		(|p| p.medium_spender.quorum.least = 15_001, QuorumsNotGrowing),
		(|p| p.big_spender.quorum.most = 45_001, QuorumsNotGrowing),
		(|p| p.constitutional.quorum.share = Permill::from_percent(49), QuorumsNotGrowing),
	];
	run(|| {
		for (number, (change, error)) in cases.into_iter().enumerate() {
			let error = DispatchError::from(error);
			assert_eq!(set(change), Err(error), "{number}");
		}
		assert_eq!(crate::Parameters::<Test>::get().unwrap(), parameters());
	});
}

#[test]
fn parameters_should_be_accepted_when_they_are_at_their_bounds() {
	run(|| {
		assert_ok!(set(|p| {
			(p.voting_delay, p.voting_period, p.late_quorum_window) = (LONGEST, LONGEST, LONGEST);
			p.holding_window = LONGEST;
			p.proposal_threshold = HIGHEST;
			p.removal_majority = Perbill::one();
			for terms in [
				&mut p.constitutional,
				&mut p.treasury,
				&mut p.medium_spender,
				&mut p.big_spender,
				&mut p.removal,
			] {
				terms.timelock = LONGEST;
				terms.quorum.share = Permill::one();
				(terms.quorum.least, terms.quorum.most) = (HIGHEST, HIGHEST);
			}
		}));
		assert_ok!(set(|p| {
			(p.voting_delay, p.voting_period, p.late_quorum_window) = (1, 1, 1);
			p.holding_window = 1;
			p.proposal_threshold = 1;
			p.removal_majority = Perbill::from_percent(50);
			for terms in [
				&mut p.constitutional,
				&mut p.treasury,
				&mut p.medium_spender,
				&mut p.big_spender,
				&mut p.removal,
			] {
				terms.timelock = 1;
				terms.quorum.share = Permill::from_parts(1);
				(terms.quorum.least, terms.quorum.most) = (1, 1);
			}
		}));
	});
}

#[test]
#[should_panic = "the genesis parameters of governance are invalid"]
fn genesis_should_fail_when_its_parameters_are_refused() {
	use sp_runtime::BuildStorage;
	let parameters = Some(Terms { voting_delay: 0, ..parameters() });
	let _ = crate::GenesisConfig::<Test> { parameters }.build_storage();
}

#[test]
#[should_panic = "the genesis has no parameters of governance: set convictionVoting.parameters"]
fn genesis_should_fail_when_it_has_no_parameters() {
	use sp_runtime::BuildStorage;
	let balances = testing::money::endowed(&[ANN], START);
	let _ = RuntimeGenesisConfig { balances, ..Default::default() }.build_storage();
}

#[test]
fn everything_should_be_refused_when_there_are_no_parameters() {
	use crate::{Tally, Tracks};
	use frame_support::traits::VoteTally;
	use openledger_pallet_support::PastVotes;
	use pallet_referenda::TracksInfo;
	sp_io::TestExternalities::default().execute_with(|| {
		System::set_block_number(1);
		assert_ok!(<Balances as frame_support::traits::fungible::Mutate<u64>>::mint_into(
			&ANN, START
		));
		// One's own units are one's own, and can be had back.
		wrap(ANN, 50_000);
		System::set_block_number(9);
		assert_noop!(propose(ANN, Kind::Treasury, call()), DispatchError::BadOrigin);
		assert_eq!(
			(Tracks::<Test>::tracks().count(), Tracks::<Test>::info(0).is_none()),
			(0, true)
		);
		assert_eq!((Governance::votes(&ANN, 8), Governance::votes_at(ANN, 9)), (Ok(0), Some(0)));
		assert_eq!(Governance::quorum_told(Kind::Treasury, 9), Some(0));
		assert_noop!(vote(ANN, 0, Side::For), Error::<Test>::NotFound);
		assert_noop!(Governance::poke(signed(ANN), 0), Error::<Test>::NotFound);
		let tally = Tally::<Test>::new(0);
		assert!(!tally.is_won() && tally.end == 9);
		assert_ok!(Governance::unwrap(signed(ANN), 50_000));
		assert_ok!(Governance::do_try_state());
		// They can be set, and hold from then on.
		assert_ok!(Governance::set_parameters(RuntimeOrigin::root(), Box::new(parameters())));
		assert_eq!(Tracks::<Test>::tracks().count(), Kind::ALL.len());
	});
}

#[test]
fn parameters_should_be_changed_by_a_constitutional_proposal_only() {
	for (kind, after) in [(Kind::Constitutional, 77), (Kind::Treasury, THRESHOLD)] {
		run(|| {
			voters();
			let call = long_call(77);
			assert_ok!(note(CAT, &call));
			let moment = frame_support::traits::schedule::DispatchTime::After(0);
			let index = propose_for(ANN, kind, lookup(&call), moment).unwrap();
			open(index);
			assert_ok!(vote(ANN, index, Side::For));
			go_to(now() + 40);
			assert_eq!(state(index), State::Executed);
			assert_eq!(crate::Parameters::<Test>::get().unwrap().proposal_threshold, after);
		});
	}
}
