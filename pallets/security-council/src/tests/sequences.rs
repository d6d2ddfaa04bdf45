//! Random sequences of calls, beside a naive record of what they spent and decided.

use super::last_event;
use crate::{
	counting::{self, Poll},
	mock::*,
	types::Parameters,
	Balance, Call, Cohort, ElectionNumber, Event, Nominees, OfferedSeat, Phase, Quorum, Running,
	Standing,
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
	/// Root fills all vacancies with accounts that have nothing to do with the council.
	Refill,
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
	/// What voters with enough votes gave to whom.
	ballots: BTreeMap<AccountId, BTreeMap<AccountId, Balance>>,
	/// Who should be elected; nobody, and the cohort stays, if too few voted.
	expected: Option<(Cohort, Option<Vec<AccountId>>, Vec<AccountId>)>,
}

impl Record {
	/// Before a call, to know what an election that it finishes should do.
	fn prepare(&mut self) {
		let Some(election) = Running::<Test>::get() else { return };
		if election.phases.at(System::block_number()) != Phase::Over {
			return;
		}
		let nominees = Nominees::<Test>::get();
		let cast: Balance = self.voting.values().sum();
		let quorum = election.quorum.of(Votes::delegated(election.phases.voting).unwrap());
		let place = |who| nominees.iter().position(|nominee| *nominee == who).unwrap();
		let weight = |who: &AccountId| self.weights.get(who).copied().unwrap_or_default();
		let poll = Poll {
			votes: nominees.iter().map(weight).collect(),
			ballots: self
				.ballots
				.values()
				.map(|ballot| {
					ballot.iter().map(|(who, votes)| (place(*who) as u32, *votes)).collect()
				})
				.collect(),
			barred: vec![],
		};
		let elected = counting::elect(poll, 6, election.least_votes);
		let elected = elected.into_iter().map(|place| nominees[place]).collect();
		let reached = (cast >= quorum).then_some(elected);
		self.expected = Some((election.cohort, reached, seats(election.cohort)));
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
				let snapshot = Running::<Test>::get().unwrap().phases.voting;
				let had = Votes::votes(&voter, snapshot).unwrap();
				if had * 2_000 >= Votes::delegated(snapshot).unwrap() {
					*self.ballots.entry(voter).or_default().entry(*nominee).or_default() += weight;
				}
			},
			Call::rotate_key { new, .. } => {
				let Event::KeyRotated { old_key: old, .. } = last_event() else {
					panic!("rotations have an event");
				};
				if let Some(weight) = self.weights.remove(&old) {
					self.weights.insert(*new, weight);
				}
				for ballot in self.ballots.values_mut() {
					if let Some(weight) = ballot.remove(&old) {
						ballot.insert(*new, weight);
					}
				}
			},
			Call::finish_election {} => {
				let (cohort, elected, before) = self.expected.take().unwrap();
				let Event::ElectionFinished { elected: number, members, .. } = last_event() else {
					panic!("the end of an election has an event");
				};
				assert_eq!(members, seats(cohort));
				match elected {
					Some(elected) => {
						assert_eq!(number as usize, elected.len());
						assert_eq!(seats(cohort)[..elected.len()], elected);
					},
					None => assert_eq!((number, seats(cohort)), (0, before)),
				}
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

fn some_expiry() -> impl Strategy<Value = u64> {
	INTERVAL..20 * INTERVAL
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
			quorum: Quorum {
				share: sp_runtime::Permill::from_percent(percent),
				least: 60,
				most: 200,
			},
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
		3 => some_account().prop_map(move |who| by(REMOVAL_VOTE, Call::remove_member { who })),
		1 => some_account().prop_map(move |who| by(who, Call::resign {})),
		4 => (some_account(), cohort, some_expiry()).prop_map(|(who, cohort, expiry)| {
			let acceptance = acceptance(who, OfferedSeat::Vacancy(cohort), expiry);
			(Caller::Nine, Call::add_member { who, cohort, acceptance })
		}),
		3 => (some_account(), some_account(), some_expiry()).prop_map(move |(who, new, expiry)| {
			by(who, Call::rotate_key { new, acceptance: acceptance(new, OfferedSeat::Of(who), expiry) })
		}),
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
		1 => Just(Step::Refill),
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

/// The call that fills all vacancies.
fn refill() -> Call<Test> {
	let mut others = (100..).filter(|who| !Council::members().contains(who));
	let mut fresh = |cohort| {
		let vacant = 6 - seats(cohort).len();
		others.by_ref().take(vacant).collect::<Vec<_>>().try_into().unwrap()
	};
	Call::seat_council { first: fresh(Cohort::First), second: fresh(Cohort::Second) }
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
				Step::Refill => vec![(Caller::Root, refill())],
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
	assert_eq!(done.len(), 16, "only these calls went through: {done:?}");
}
