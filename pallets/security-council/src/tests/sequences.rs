//! Random sequences of calls, beside a naive record of what they spent and decided.

use super::last_event;
use crate::{
	mock::*, types::Parameters, Balance, Call, Cohort, ElectionNumber, Event, Nominees, Phase,
	Running, Standing,
};
use openledger_pallet_support::PastVotes;
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_runtime::traits::Dispatchable;
use std::collections::{BTreeMap, BTreeSet};

/// What one step attempts. Many attempts fail; those that do must change nothing.
#[derive(Clone, Debug)]
enum Step {
	Call(Caller, Call<Test>),
	/// Many register, or are nominated with all votes there are.
	Campaign(Vec<AccountId>),
	/// To the next phase, if an election runs.
	Next,
	Wait(u64),
	SetVotes(AccountId, Balance),
}

#[derive(Clone, Copy, Debug)]
enum Caller {
	Account(AccountId),
	Nine,
	Root,
}

impl Caller {
	fn origin(self) -> RuntimeOrigin {
		match self {
			Self::Account(who) => signed(who),
			Self::Nine => nine(),
			Self::Root => RuntimeOrigin::root(),
		}
	}
}

/// What the calls that went through should have done in the running election.
#[derive(Default)]
struct Record {
	/// Votes that voters spent on nominations, and in voting.
	nomination: BTreeMap<AccountId, Balance>,
	voting: BTreeMap<AccountId, Balance>,
	/// Weights of those voted for.
	weights: BTreeMap<AccountId, Balance>,
	/// Who was elected, of nominees by weight.
	expected: Option<(Cohort, Vec<AccountId>)>,
}

impl Record {
	/// Before a call, to know what an election that it finishes should do.
	fn prepare(&mut self) {
		let Some(election) = Running::<Test>::get() else { return };
		let nominees = Nominees::<Test>::get();
		let mut ranked: Vec<_> = nominees.iter().copied().enumerate().collect();
		let weight = |who: &AccountId| self.weights.get(who).copied().unwrap_or_default();
		ranked.sort_by_key(|(index, who)| (u128::MAX - weight(who), *index));
		let elected = ranked.into_iter().map(|(_, who)| who).take(6).collect();
		self.expected = Some((election.cohort, elected));
	}

	fn note(&mut self, call: &Call<Test>) {
		match call {
			Call::start_election {} => *self = Self::default(),
			Call::nominate { .. } => {
				for event in System::read_events_for_pallet::<Event<Test>>().into_iter().rev() {
					if let Event::Nominated { voter, votes, .. } = event {
						*self.nomination.entry(voter).or_default() += votes;
						return;
					}
				}
				panic!("nominations have an event");
			},
			Call::vote { nominee, votes } => {
				let Event::Voted { voter, weight, .. } = last_event() else {
					panic!("votes have an event");
				};
				*self.voting.entry(voter).or_default() += votes;
				*self.weights.entry(*nominee).or_default() += weight;
			},
			Call::rotate_key { new } => {
				let Event::KeyRotated { old_key: old, .. } = last_event() else {
					panic!("rotations have an event");
				};
				if let Some(weight) = self.weights.remove(&old) {
					self.weights.insert(*new, weight);
				}
			},
			Call::finish_election {} => {
				let (cohort, elected) = self.expected.take().unwrap();
				assert_eq!(seats(cohort)[..elected.len()], elected);
			},
			_ => {},
		}
	}

	fn check(&self) {
		Council::do_try_state().unwrap();
		let [first, second] = [Cohort::First, Cohort::Second].map(seats);
		assert!(first.len() <= 6 && second.len() <= 6);
		assert!(first.iter().all(|who| !second.contains(who)), "somebody sits in both cohorts");
		let Some(election) = Running::<Test>::get() else { return };
		let phase = election.phases.at(System::block_number());
		for (spent, snapshot) in
			[(&self.nomination, election.phases.nomination), (&self.voting, election.phases.voting)]
		{
			for (who, votes) in spent {
				assert!(*votes <= Votes::votes(who, snapshot).unwrap(), "votes are overspent");
			}
		}
		for who in 1..70 {
			let Some(record) = super::record(who) else { continue };
			assert!(!seats(election.cohort.other()).contains(&who));
			let weight = self.weights.get(&who).copied().unwrap_or_default();
			assert_eq!(record.weight, weight);
			assert!(record.standing == Standing::Contender || phase != Phase::Registration);
		}
	}
}

fn some_account() -> impl Strategy<Value = AccountId> {
	prop_oneof![1u64..=12, 20u64..32]
}

fn some_voter() -> impl Strategy<Value = AccountId> {
	prop::sample::select(vec![BIG, BIG, MIDDLE, SMALL, 20])
}

fn some_parameters() -> impl Strategy<Value = Parameters<AccountId, u64>> {
	(1u64..20, 1u64..20, 10u32..=16, any::<bool>()).prop_map(|(period, full, percent, vetted)| {
		Parameters {
			voting_period: period,
			full_weight_period: full,
			nominee_threshold: sp_runtime::Permill::from_percent(percent),
			vetter: vetted.then_some(VETTER),
			..parameters()
		}
	})
}

fn some_call() -> impl Strategy<Value = (Caller, Call<Test>)> {
	let by = |who, call| (Caller::Account(who), call);
	let anyone = move |call| by(STRANGER, call);
	let remark = || Box::new(frame_system::Call::remark { remark: vec![0; 200] }.into());
	let cohort = prop::sample::select(Cohort::BOTH.to_vec());
	prop_oneof![
		3 => Just(anyone(Call::start_election {})),
		3 => Just(anyone(Call::finish_election {})),
		12 => some_account().prop_map(move |who| by(who, Call::register {})),
		16 => (some_voter(), some_account(), 0u128..300).prop_map(move |(voter, contender, votes)| {
			by(voter, Call::nominate { contender, votes })
		}),
		4 => some_account().prop_map(move |nominee| by(VETTER, Call::exclude { nominee })),
		4 => some_account().prop_map(move |account| by(VETTER, Call::include { account })),
		16 => (some_voter(), some_account(), 0u128..300).prop_map(move |(voter, nominee, votes)| {
			by(voter, Call::vote { nominee, votes })
		}),
		2 => some_account().prop_map(move |who| by(REMOVAL_VOTE, Call::remove_member { who })),
		4 => (some_account(), cohort)
			.prop_map(|(who, cohort)| (Caller::Nine, Call::add_member { who, cohort })),
		3 => (some_account(), some_account())
			.prop_map(move |(who, new)| by(who, Call::rotate_key { new })),
		2 => (0 as ElectionNumber..3, 0u32..9)
			.prop_map(move |(election, limit)| anyone(Call::clear_past { election, limit })),
		1 => Just(()).prop_map(move |()| (Caller::Nine, Call::schedule { call: remark() })),
		1 => (0u32..3).prop_map(|number| (Caller::Nine, Call::cancel_scheduled { number })),
		1 => some_parameters()
			.prop_map(|parameters| (Caller::Root, Call::set_parameters { parameters })),
	]
}

fn some_step() -> impl Strategy<Value = Step> {
	prop_oneof![
		24 => some_call().prop_map(|(caller, call)| Step::Call(caller, call)),
		2 => Just(Step::Next),
		2 => prop::sample::subsequence((1..=12).chain(20..32).collect::<Vec<_>>(), 3..14)
			.prop_map(Step::Campaign),
		1 => (1u64..12).prop_map(Step::Wait),
		1 => (some_voter(), 0u128..700).prop_map(|(who, votes)| Step::SetVotes(who, votes)),
	]
}

/// The calls of a campaign for `accounts`.
fn campaign(accounts: Vec<AccountId>) -> Vec<(Caller, Call<Test>)> {
	let voters = [[BIG; 6].as_slice(), &[MIDDLE; 3], &[SMALL]].concat();
	let nominations = voters.into_iter().zip(&accounts).map(|(voter, contender)| {
		(Caller::Account(voter), Call::nominate { contender: *contender, votes: ENOUGH })
	});
	let registrations = accounts.iter().map(|who| (Caller::Account(*who), Call::register {}));
	registrations.chain(nominations).collect()
}

/// The first block of the next phase, or when the next election is due.
fn next() -> u64 {
	let now = System::block_number();
	let due = crate::LastDue::<Test>::get() + INTERVAL;
	Running::<Test>::get().map_or(due, |election| {
		let phases = election.phases;
		match phases.at(now) {
			Phase::Registration => phases.nomination + 1,
			Phase::Nomination => phases.vetting + 1,
			Phase::Vetting => phases.voting + 1,
			Phase::Voting => phases.end + 1,
			Phase::Over => due,
		}
	})
}

/// Tries `steps` from when the first election is due. Returns the calls that went through.
fn play(steps: Vec<Step>) -> BTreeSet<&'static str> {
	let mut done = BTreeSet::new();
	run(|| {
		run_to(INTERVAL);
		let mut record = Record::default();
		for step in steps {
			let calls = match step {
				Step::Call(caller, call) => vec![(caller, call)],
				Step::Campaign(accounts) => campaign(accounts),
				Step::Next => {
					run_to(next());
					vec![]
				},
				Step::Wait(blocks) => {
					run_to(System::block_number() + blocks);
					vec![]
				},
				Step::SetVotes(who, votes) => {
					set_votes(who, votes);
					vec![]
				},
			};
			for (caller, call) in calls {
				record.prepare();
				let name = frame_support::traits::GetCallName::get_call_name(&call);
				if RuntimeCall::from(call.clone()).dispatch(caller.origin()).is_ok() {
					record.note(&call);
					done.insert(name);
				}
			}
			record.check();
		}
	});
	done
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	#[test]
	fn invariants_should_hold_when_calls_come_in_any_order(
		steps in prop::collection::vec(some_step(), 1..250),
	) {
		play(steps);
	}
}

#[test]
fn random_steps_should_reach_every_call_when_many_are_drawn() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	let mut runner = TestRunner::deterministic();
	let steps = prop::collection::vec(some_step(), 250);
	let mut done = BTreeSet::new();
	for _ in 0..40 {
		done.extend(play(steps.new_tree(&mut runner).unwrap().current()));
	}
	assert_eq!(done.len(), 14, "only these calls went through: {done:?}");
}
