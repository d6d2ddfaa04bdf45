//! Random sequences of calls, beside a naive record of what they should have done.

use crate::{
	mock::*, Access, Call, ContributionState, Contributions, DatanetTerms, Datanets as Stored,
	NextContributionId, NextDatanetId,
};
use frame_support::traits::fungible::Inspect;
use openledger_primitives::ContributionId;
use polkadot_sdk::*;
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::traits::Dispatchable;
use std::collections::{BTreeMap, BTreeSet};

/// What one step attempts. Many attempts fail; those that do must change nothing.
#[derive(Clone, Debug)]
enum Step {
	Call(u64, Attempt),
	Wait(u64),
}

#[derive(Clone, Debug)]
enum Attempt {
	Create(Box<DatanetTerms<Test>>),
	Update(u32, Box<DatanetTerms<Test>>),
	SetContributor(u32, u64, bool),
	Contribute(u32, u8, u32),
	Approve(ContributionId),
	Reject(ContributionId, bool),
	Withdraw(ContributionId),
	ReleaseBond(ContributionId),
	Publish(u32),
	Close(u32),
}

impl Attempt {
	fn call(&self) -> Call<Test> {
		match self.clone() {
			Self::Create(terms) => Call::create { terms: *terms },
			Self::Update(datanet, terms) => Call::update { datanet, terms: *terms },
			Self::SetContributor(datanet, who, allowed) => {
				Call::set_contributor { datanet, who, allowed }
			},
			Self::Contribute(datanet, root, rows) => Call::contribute {
				datanet,
				content_root: H256::repeat_byte(root),
				rows,
				bytes: 10,
				blob: H256::zero(),
			},
			Self::Approve(contribution) => Call::approve { contribution },
			Self::Reject(contribution, take_bond) => {
				Call::reject { contribution, reason: vec![], take_bond }
			},
			Self::Withdraw(contribution) => Call::withdraw { contribution },
			Self::ReleaseBond(contribution) => Call::release_bond { contribution },
			Self::Publish(datanet) => Call::publish_version { datanet },
			Self::Close(datanet) => Call::close { datanet },
		}
	}
}

/// What the calls that went through should have done.
#[derive(Default)]
struct Record {
	/// Contributor, rows and bond held, of each contribution there is.
	contributions: BTreeMap<ContributionId, (u64, u32, u128)>,
	/// Content roots of pending and accepted ones.
	roots: BTreeMap<ContributionId, u8>,
	/// Accepted ones of each datanet in order.
	accepted: BTreeMap<u32, Vec<ContributionId>>,
	/// Lengths of the published prefixes of each datanet.
	versions: BTreeMap<u32, Vec<usize>>,
	/// What the treasury got.
	taken: u128,
}

impl Record {
	fn note(&mut self, who: u64, attempt: &Attempt) {
		match *attempt {
			Attempt::Contribute(datanet, root, rows) => {
				assert!(!self.roots.values().any(|taken| *taken == root), "a duplicate went in");
				let id = NextContributionId::<Test>::get() - 1;
				let bond = Stored::<Test>::get(datanet).unwrap().terms.contribution_bond;
				self.contributions.insert(id, (who, rows, bond));
				self.roots.insert(id, root);
			},
			Attempt::Approve(id) => {
				let contribution = Contributions::<Test>::get(id).unwrap();
				if let ContributionState::Accepted { .. } = contribution.state {
					self.accepted.entry(contribution.datanet).or_default().push(id);
				}
			},
			Attempt::Reject(id, take_bond) => {
				self.roots.remove(&id);
				let bond = std::mem::take(&mut self.contributions.get_mut(&id).unwrap().2);
				self.taken += if take_bond { bond } else { 0 };
			},
			Attempt::Withdraw(id) => {
				self.roots.remove(&id);
				self.contributions.remove(&id);
			},
			Attempt::ReleaseBond(id) => self.contributions.get_mut(&id).unwrap().2 = 0,
			Attempt::Publish(datanet) => {
				let length = self.accepted[&datanet].len();
				let versions = self.versions.entry(datanet).or_default();
				assert!(versions.last().is_none_or(|last| *last < length), "nothing was new");
				versions.push(length);
			},
			_ => {},
		}
	}

	fn check(&self) {
		Datanets::do_try_state().unwrap();
		for who in ACCOUNTS {
			let bonds =
				self.contributions.values().filter(|c| c.0 == who).map(|c| c.2).sum::<u128>();
			assert_eq!(bonds_of(who), bonds);
			let received = if who == TREASURY { self.taken } else { 0 };
			assert!(Balances::total_balance(&who) <= START + received);
		}
		assert_eq!(Balances::total_balance(&TREASURY), START + self.taken);
		for id in 0..NextDatanetId::<Test>::get() {
			let datanet = Stored::<Test>::get(id).unwrap();
			let accepted = self.accepted.get(&id).cloned().unwrap_or_default();
			let (mut rows, mut manifest) = (0, [0; 32]);
			for (position, number) in (0..).zip(&accepted) {
				let state = Contributions::<Test>::get(number).unwrap().state;
				let ContributionState::Accepted { position: own, first_row, .. } = state else {
					panic!("an accepted contribution changed its state");
				};
				assert_eq!((own, first_row), (position, rows));
				rows += u64::from(self.contributions[number].1);
				let link = [&manifest[..], &number.to_le_bytes()].concat();
				manifest = sp_io::hashing::blake2_256(&link);
			}
			assert_eq!(datanet.accepted as usize, accepted.len());
			assert_eq!((datanet.rows, datanet.manifest), (rows, H256(manifest)));
			let versions = self.versions.get(&id).map_or(0, Vec::len);
			assert_eq!(datanet.versions as usize, versions);
		}
	}
}

fn some_terms() -> impl Strategy<Value = Box<DatanetTerms<Test>>> {
	let people = prop::sample::subsequence(vec![OWNER, ANN, 10, 11], 1..=3);
	(people, 0u32..4, 0u128..300, any::<bool>()).prop_map(|(curators, approvals, bond, open)| {
		Box::new(DatanetTerms {
			curators: curators.try_into().unwrap(),
			approvals,
			contribution_bond: bond,
			access: if open { Access::Open } else { Access::Permissioned },
			..terms()
		})
	})
}

fn some_attempt() -> impl Strategy<Value = Attempt> {
	let (datanet, contribution) = (|| 0u32..3, || 0u64..8);
	prop_oneof![
		2 => some_terms().prop_map(Attempt::Create),
		2 => (datanet(), some_terms()).prop_map(|(d, t)| Attempt::Update(d, t)),
		1 => (datanet(), prop::sample::select(ACCOUNTS.to_vec()), any::<bool>())
			.prop_map(|(d, who, allowed)| Attempt::SetContributor(d, who, allowed)),
		8 => (datanet(), 0u8..12, 0u32..120).prop_map(|(d, r, n)| Attempt::Contribute(d, r, n)),
		12 => contribution().prop_map(Attempt::Approve),
		2 => (contribution(), any::<bool>()).prop_map(|(c, take)| Attempt::Reject(c, take)),
		2 => contribution().prop_map(Attempt::Withdraw),
		2 => contribution().prop_map(Attempt::ReleaseBond),
		3 => datanet().prop_map(Attempt::Publish),
		1 => datanet().prop_map(Attempt::Close),
	]
}

fn some_step() -> impl Strategy<Value = Step> {
	let people = prop::sample::select(vec![OWNER, OWNER, ANN, BEN, 10, 11, STRANGER]);
	prop_oneof![
		12 => (people, some_attempt()).prop_map(|(who, attempt)| Step::Call(who, attempt)),
		1 => (1u64..4).prop_map(Step::Wait),
	]
}

/// Tries `steps` from two datanets that take contributions. Returns the calls that went through.
fn play(steps: &[Step]) -> BTreeSet<&'static str> {
	let mut done = BTreeSet::new();
	run(|| {
		super::create();
		super::create();
		let mut record = Record::default();
		for step in steps {
			match step {
				Step::Wait(blocks) => System::set_block_number(System::block_number() + blocks),
				Step::Call(who, attempt) => {
					let call = attempt.call();
					let name = frame_support::traits::GetCallName::get_call_name(&call);
					if RuntimeCall::from(call).dispatch(signed(*who)).is_ok() {
						record.note(*who, attempt);
						done.insert(name);
					}
				},
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
		steps in prop::collection::vec(some_step(), 1..80),
	) {
		play(&steps);
	}
}

#[test]
fn random_steps_should_reach_every_call_when_many_are_drawn() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	let mut runner = TestRunner::deterministic();
	let steps = prop::collection::vec(some_step(), 80);
	let mut done = BTreeSet::new();
	for _ in 0..40 {
		done.extend(play(&steps.new_tree(&mut runner).unwrap().current()));
	}
	assert_eq!(done.len(), 10, "only these calls went through: {done:?}");
}
