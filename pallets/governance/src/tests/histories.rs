//! Any history of calls conserves votes: against a model that keeps everything and searches nothing.

use super::*;
use openledger_pallet_support::PastVotes;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
	Wrap(u64, u128),
	Unwrap(u64, u128),
	Delegate(u64, u64),
	Undelegate(u64),
	Propose(u64, Kind),
	Vote(u64, usize, Side),
	Meddle(usize),
	Cancel(u64, usize),
	Wait(u64),
}

fn account() -> impl Strategy<Value = u64> {
	prop::sample::select(ACCOUNTS.to_vec())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let amount = || prop_oneof![1u128..100, 1u128..START + 100];
	let side = prop::sample::select(vec![Side::For, Side::Against, Side::Abstain]);
	let kind = prop::sample::select(Kind::ALL.to_vec());
	let step = prop_oneof![
		6 => (account(), amount()).prop_map(|(who, amount)| Step::Wrap(who, amount)),
		3 => (account(), amount()).prop_map(|(who, amount)| Step::Unwrap(who, amount)),
		5 => (account(), account()).prop_map(|(who, to)| Step::Delegate(who, to)),
		1 => account().prop_map(Step::Undelegate),
		// Not the stranger: it would meddle with its own.
		3 => (ANN..=DAN, kind).prop_map(|(who, kind)| Step::Propose(who, kind)),
		9 => (account(), 0usize..3, side).prop_map(|(who, pick, side)| Step::Vote(who, pick, side)),
		1 => (0usize..3).prop_map(Step::Meddle),
		1 => (account(), 0usize..3).prop_map(|(who, pick)| Step::Cancel(who, pick)),
		6 => (1u64..5).prop_map(Step::Wait),
	];
	prop::collection::vec(step, 1..120)
}

/// Everything at the end of a block.
#[derive(Clone, Default)]
struct Block {
	units: BTreeMap<u64, u128>,
	delegates: BTreeMap<u64, u64>,
}

impl Block {
	fn units(&self, who: u64) -> u128 {
		self.units.get(&who).copied().unwrap_or(0)
	}

	fn wrapped(&self) -> u128 {
		self.units.values().sum()
	}

	fn votes(&self, who: u64) -> u128 {
		let delegators = self.delegates.iter().filter(|(_, to)| **to == who);
		delegators.map(|(delegator, _)| self.units(*delegator)).sum()
	}

	fn delegated(&self) -> u128 {
		ACCOUNTS.into_iter().filter(|who| *who != TREASURY).map(|who| self.votes(who)).sum()
	}
}

/// The least votes of the holding window before a snapshot.
fn held_through(past: &[Block], who: u64, snapshot: u64) -> u128 {
	let (first, last) = (snapshot.saturating_sub(HOLDING) as usize, snapshot as usize);
	past.get(first..=last)
		.and_then(|window| window.iter().map(|block| block.votes(who)).min())
		.unwrap_or(0)
}

/// Sides and weights by voter.
type Cast = BTreeMap<u64, (Side, u128)>;

#[derive(Default)]
struct Model {
	/// As the present block leaves it so far.
	state: Block,
	/// By block, as it ended.
	past: Vec<Block>,
	/// Of each proposal, its snapshot, its first end and its votes.
	proposals: Vec<(u64, u64, Cast)>,
	/// Who made each proposal.
	proposers: Vec<u64>,
	/// Those that somebody cancelled.
	cancelled: BTreeSet<usize>,
}

impl Model {
	fn wait(&mut self, blocks: u64) {
		for _ in 0..blocks {
			self.past.resize(now() as usize, Block::default());
			self.past.push(self.state.clone());
			go_to(now() + 1);
		}
	}

	/// One of the newest proposals.
	fn picked(&self, pick: usize) -> Option<usize> {
		self.proposals.len().checked_sub(pick + 1)
	}

	fn take(&mut self, step: Step) {
		match step {
			Step::Wrap(who, amount) => {
				// What is not wrapped, deposited, or needed to live.
				let room = Balances::free_balance(who) - 1;
				let done = Governance::wrap(signed(who), amount).is_ok();
				assert_eq!(done, amount <= room);
				if done {
					*self.state.units.entry(who).or_default() += amount;
				}
			},
			Step::Unwrap(who, amount) => {
				let done = Governance::unwrap(signed(who), amount).is_ok();
				assert_eq!(done, amount <= self.state.units(who));
				if done {
					*self.state.units.entry(who).or_default() -= amount;
				}
			},
			Step::Delegate(who, to) => {
				assert_ok!(Governance::set_delegate(signed(who), to));
				self.state.delegates.insert(who, to);
			},
			Step::Undelegate(who) => {
				let done = Governance::undelegate(signed(who), 0).is_ok();
				assert_eq!(done, self.state.delegates.remove(&who).is_some());
			},
			Step::Propose(who, kind) => {
				let before = self.past.get(now() as usize - 1).map_or(0, |block| block.votes(who));
				let open = (0u32..).zip(&self.proposers);
				let open = open.filter(|(index, by)| **by == who && runs(*index)).count();
				let others = self.proposals.iter().filter(|(at, ..)| *at == now() + DELAY).count();
				let may = before >= THRESHOLD
					&& open < 3 && others < 8
					&& Balances::free_balance(who) > DEPOSIT;
				let index = propose(who, kind, call());
				assert_eq!(index.is_ok(), may);
				if index.is_ok() {
					assert_eq!(index, Ok(self.proposals.len() as u32));
					let snapshot = now() + DELAY;
					self.proposals.push((snapshot, snapshot + PERIOD, Cast::new()));
					self.proposers.push(who);
				}
			},
			Step::Vote(who, pick, side) => {
				let Some(index) = self.picked(pick) else { return };
				let (snapshot, end, ballots) = &mut self.proposals[index];
				let counted = vote(who, index as u32, side).is_ok();
				// An extension may keep it open for longer.
				let late = now() > *end && now() <= *end + WINDOW;
				let weight = held_through(&self.past, who, *snapshot);
				let may = now() > *snapshot
					&& (now() <= *end || late && counted)
					&& !ballots.contains_key(&who)
					&& weight > 0 && !self.cancelled.contains(&index);
				assert_eq!(counted, may);
				if counted {
					ballots.insert(who, (side, weight));
				}
			},
			Step::Meddle(pick) => {
				if let Some(index) = self.picked(pick) {
					meddle(index as u32);
				}
			},
			Step::Cancel(who, pick) => {
				if let Some(index) = self.picked(pick) {
					if Governance::cancel(signed(who), index as u32).is_ok() {
						assert!(now() <= self.proposals[index].0);
						self.cancelled.insert(index);
					}
				}
			},
			Step::Wait(blocks) => self.wait(blocks),
		}
	}

	/// Compares every past block and every proposal.
	fn check(&self) {
		for (at, block) in self.past.iter().enumerate() {
			let at = at as u64;
			for who in ACCOUNTS {
				let votes = Governance::past(&Series::Votes(who), at);
				assert_eq!(votes, Ok(block.votes(who)), "{who} at {at}");
				let counted = held_through(&self.past, who, at);
				assert_eq!(Governance::votes(&who, at), Ok(counted), "{who} at {at}");
			}
			assert_eq!(Governance::delegated(at), Ok(block.delegated()), "at {at}");
			assert_eq!(Governance::past(&Series::Wrapped, at), Ok(block.wrapped()), "at {at}");
			let all: u128 = ACCOUNTS.into_iter().map(|who| block.votes(who)).sum();
			assert!(all <= block.wrapped());
			assert_eq!(block.delegated() + block.votes(TREASURY), all);
		}
		for (index, (snapshot, _, ballots)) in self.proposals.iter().enumerate() {
			let sum = |wanted: Side| -> u128 {
				ballots.values().filter(|(side, _)| *side == wanted).map(|(_, weight)| weight).sum()
			};
			let (ayes, nays, abstain) = (sum(Side::For), sum(Side::Against), sum(Side::Abstain));
			match Records::<Test>::get(index as u32) {
				Some(record) => {
					let tally = record.tally;
					assert_eq!((tally.ayes, tally.nays), (ayes, nays));
					assert_eq!(tally.support, ayes + abstain);
				},
				None => assert!(ballots.is_empty()),
			}
			if let Some(block) = self.past.get(*snapshot as usize) {
				let all: u128 = ACCOUNTS.into_iter().map(|who| block.votes(who)).sum();
				assert!(ayes + nays + abstain <= all);
			}
		}
	}
}

proptest! {
	#[test]
	fn votes_should_be_conserved_when_anything_happens(steps in steps()) {
		run(|| {
			let mut model = Model::default();
			for step in steps {
				model.take(step);
			}
			model.wait(2);
			model.check();
			for who in ACCOUNTS {
				assert_eq!((held(who), votes(who)), (model.state.units(who), model.state.votes(who)));
			}
		});
	}
}
