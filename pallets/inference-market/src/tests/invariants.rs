//! Random histories conserve money exactly.

use super::*;
use crate::{Deadlines, NextInferenceId};
use openledger_primitives::{shares as shares_of, Entry};
use proptest::prelude::*;

/// The first contribution with a score.
const FIRST: u64 = UNKNOWN - 4;

#[derive(Clone, Debug)]
enum Step {
	Request { user: AccountId, model: ModelId, max_fee: Balance },
	Respond { pick: u64, usage: (u32, u32) },
	Cancel { pick: u64 },
	Attribute { pick: u64, scores: Vec<i64>, attesters: u8 },
	FindWrong { pick: u64 },
	GiveUp { pick: u64 },
	Claim { who: AccountId },
	Wait { blocks: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let accounts = prop_oneof![CONTRIBUTOR + FIRST..CONTRIBUTOR + UNKNOWN, USER..=TREASURY];
	let pick = any::<u64>();
	let max_fee = prop_oneof![0u128..5_000, 0u128..3_000_000, 0u128..ENDOWMENT * 2];
	let step = prop_oneof![
		4 => (USER..=OTHER_USER, FLAT..=RETIRED, max_fee)
			.prop_map(|(user, model, max_fee)| Step::Request { user, model, max_fee }),
		4 => (pick, any::<(u16, u16)>())
			.prop_map(|(pick, (i, o))| Step::Respond { pick, usage: (i.into(), o.into()) }),
		1 => pick.prop_map(|pick| Step::Cancel { pick }),
		4 => (pick, prop::collection::vec(-5i64..1_000, 0..12), 0u8..4)
			.prop_map(|(pick, scores, attesters)| Step::Attribute { pick, scores, attesters }),
		1 => pick.prop_map(|pick| Step::FindWrong { pick }),
		1 => pick.prop_map(|pick| Step::GiveUp { pick }),
		3 => accounts.prop_map(|who| Step::Claim { who }),
		1 => (1u64..4).prop_map(|blocks| Step::Wait { blocks }),
	];
	prop::collection::vec(step, 1..150)
}

/// One of the last inferences, more often than not open ones.
fn picked(pick: u64) -> InferenceId {
	let next = NextInferenceId::<Test>::get().max(1);
	next - 1 - pick % next.min(6)
}

fn take(step: Step) {
	// Steps may fail: a call then changes nothing, and the checks see whether it did.
	let _ = match step {
		Step::Request { user, model, max_fee } => {
			Market::request(signed(user), model, b"x".to_vec(), max_fee)
				.map(|_| ())
				.map_err(|e| e.error)
		},
		Step::Respond { pick, usage: (input_tokens, output_tokens) } => Market::respond(
			signed(HOST),
			picked(pick),
			b"y".to_vec(),
			Usage { input_tokens, output_tokens },
		),
		Step::Cancel { pick } => Market::cancel(signed(USER), picked(pick)),
		Step::Attribute { pick, scores, attesters } => {
			// From `UNKNOWN` on they belong to nobody.
			let entries: Vec<_> = (FIRST..)
				.zip(scores)
				.map(|(contribution, score)| Entry { contribution, score })
				.collect();
			let attesters = [ATTESTER, HOST, USER][..usize::from(attesters.min(3))].to_vec();
			settle(picked(pick), Outcome::Attributed { shares: shares_of(&entries), attesters })
		},
		Step::FindWrong { pick } => settle(picked(pick), Outcome::WrongAnswer),
		Step::GiveUp { pick } => settle(picked(pick), Outcome::Unattributed),
		Step::Claim { who } => Market::claim_rewards(signed(who)),
		Step::Wait { blocks } => {
			run_to(System::block_number() + blocks);
			Ok(())
		},
	};
}

proptest! {
	#[test]
	fn money_should_be_conserved_when_anything_happens(steps in steps()) {
		let mut ext = new_test_ext();
		let issuance = ext.execute_with(Balances::total_issuance);
		for step in steps {
			ext.execute_with(|| take(step));
		}
		ext.execute_with(|| {
			assert_eq!(Balances::total_issuance(), issuance);
			// Everything open ends: unanswered ones by their deadline, the others by a settlement.
			run_to(System::block_number() + WINDOW + 4);
			for id in 0..NextInferenceId::<Test>::get() {
				if matches!(state(id), InferenceState::Answered { .. }) {
					assert_ok!(settle(id, Outcome::Unattributed));
				}
			}
			assert_eq!((held(USER), held(OTHER_USER)), (0, 0));
			assert_eq!(Deadlines::<Test>::iter().count(), 0);
		});
	}
}
