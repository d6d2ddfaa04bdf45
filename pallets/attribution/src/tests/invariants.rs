//! Random histories: every job ends once, attesters come and go when they may, every bond is where it
//! should be.

use super::*;
use crate::{
	types, Assignments, AttesterStatus, Attesters, ClaimOf, ClaimRefusal, Error, NextJobId, Verdict,
};
use proptest::prelude::*;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};
use std::collections::BTreeSet;

#[derive(Clone, Debug)]
enum Step {
	Register(AccountId),
	Deregister(AccountId),
	Withdraw(AccountId),
	Open(u32),
	Claim {
		pick: u64,
		fault: Option<u8>,
		query: [i8; DIMENSION],
		signer: Option<AccountId>,
	},
	Wait(u64),
	Reseed(u64),
	/// Sets the claim window: attempts may outlast the unbonding period.
	SetWindow(u64),
}

/// The longest claim window.
const MAX_WINDOW: u64 = 2 * UNBONDING;

fn steps() -> impl Strategy<Value = Vec<Step>> {
	let who = || ALICE..=CHARLIE;
	let step = prop_oneof![
		2 => who().prop_map(Step::Register),
		1 => who().prop_map(Step::Deregister),
		1 => who().prop_map(Step::Withdraw),
		4 => (MODEL..=NO_INDEX).prop_map(Step::Open),
		6 => (any::<u64>(), prop::option::weighted(0.4, 0u8..8), any::<[i8; DIMENSION]>(),
			prop::option::weighted(0.1, who()))
			.prop_map(|(pick, fault, query, signer)| Step::Claim { pick, fault, query, signer }),
		2 => (1u64..6).prop_map(Step::Wait),
		1 => any::<u64>().prop_map(Step::Reseed),
		1 => (1..=MAX_WINDOW).prop_map(Step::SetWindow),
	];
	prop::collection::vec(step, 1..60)
}

/// A claim with one fault, and so never one that may be accepted. `None` if the fault cannot be made.
fn faulty(mut claim: ClaimOf<Test>, fault: u8) -> Option<ClaimOf<Test>> {
	let Verdict::Confirmed(attribution) = &mut claim.verdict else { return None };
	let entries = &mut attribution.entries;
	match fault {
		0 => entries.first_mut()?.score += 1,
		1 => entries.last_mut()?.leaf_index ^= 1,
		2 => entries.first_mut()?.proof.first_mut()?.0[0] ^= 1,
		3 if entries.len() > 1 => entries.swap(0, 1),
		4 if entries.len() > 1 => entries[1] = entries[0].clone(),
		5 => claim.attempt += 1,
		6 => claim.sent += 1,
		7 => claim.verdict = Verdict::WrongAnswer { output: OUTPUT.to_vec() },
		_ => return None,
	}
	Some(claim)
}

fn take(step: Step) {
	match step {
		Step::Register(who) => register(who),
		Step::Deregister(who) => deregister(who),
		Step::Withdraw(who) => withdraw(who),
		// The queues may be full; then nothing changes, which the checks see.
		Step::Open(model) => drop(open(model)),
		Step::Claim { pick, fault, query, signer } => make_claim(pick, fault, query, signer),
		Step::Wait(blocks) => run_to(System::block_number() + blocks),
		Step::Reseed(seed) => Seed::set(seed),
		Step::SetWindow(claim_window) => {
			let parameters = types::Parameters { claim_window, ..parameters() };
			assert_ok!(Jury::set_parameters(RuntimeOrigin::root(), parameters));
		},
	}
}

fn status(who: AccountId) -> Option<AttesterStatus<u64>> {
	Attesters::<Test>::get(who).map(|attester| attester.status)
}

fn register(who: AccountId) {
	let expected = match status(who) {
		None => Ok(()),
		Some(_) => Err(Error::<Test>::AlreadyRegistered.into()),
	};
	assert_eq!(Jury::register(signed(who)), expected);
}

/// Leaving is possible at any time, once.
fn deregister(who: AccountId) {
	let expected = match status(who) {
		Some(AttesterStatus::Bonded) => Ok(()),
		Some(AttesterStatus::Unbonding { .. }) => Err(Error::<Test>::NotBonded.into()),
		None => Err(Error::<Test>::NotRegistered.into()),
	};
	assert_eq!(Jury::deregister(signed(who)), expected);
}

fn withdraw(who: AccountId) {
	let working = Jobs::<Test>::iter_values().any(|job| job.committee.contains(&who));
	let expected = match status(who) {
		None => Err(Error::<Test>::NotRegistered.into()),
		Some(AttesterStatus::Bonded) => Err(Error::<Test>::StillBonded.into()),
		Some(_) if working => Err(Error::<Test>::HasAssignments.into()),
		Some(AttesterStatus::Unbonding { until }) if System::block_number() < until => {
			Err(Error::<Test>::StillUnbonding.into())
		},
		Some(_) => Ok(()),
	};
	assert_eq!(Jury::withdraw_bond(signed(who)), expected);
}

/// Attempts of attesters that are leaving.
fn last_attempts() -> BTreeSet<(AccountId, JobId, u32)> {
	Assignments::<Test>::iter()
		.filter(|(who, _, _)| status(*who) != Some(AttesterStatus::Bonded))
		.collect()
}

fn make_claim(pick: u64, fault: Option<u8>, query: [i8; DIMENSION], signer: Option<AccountId>) {
	let open: Vec<_> = Jobs::<Test>::iter().collect();
	if open.is_empty() {
		return;
	}
	let (id, job) = &open[pick as usize % open.len()];
	let honest = claim(*id, Verdict::Confirmed(attribution(job.model, query)));
	let before = outcomes().len();
	let claim = match fault {
		Some(fault) => match faulty(honest, fault) {
			Some(claim) => claim,
			None => return,
		},
		None => honest,
	};
	let signer = signer.unwrap_or(claim.attester);
	let applied = submit_signed(&claim, sign(&claim, signer));
	let ended = Jobs::<Test>::get(id).is_none();
	let drawn = job.committee.contains(&claim.attester);
	if fault.is_none() && drawn && signer == claim.attester && job.model != NO_INDEX {
		assert!(applied.unwrap().is_ok() && ended);
		assert!(matches!(ending(*id), Ending::Attributed { .. }));
	} else {
		assert!(!ended || ending(*id) == Ending::Unattributed, "a bad claim was accepted");
	}
	if drawn && signer != claim.attester && fault.is_none() {
		let refused = InvalidTransaction::Custom(ClaimRefusal::BadSignature.code());
		assert_eq!(applied, Err(TransactionValidityError::Invalid(refused)));
	}
	assert_eq!(outcomes().len() - before, usize::from(ended), "settled when ended, and only then");
}

proptest! {
	#[test]
	fn every_job_should_end_once_when_anything_happens(steps in steps()) {
		let mut ext = ext_with(&[ALICE]);
		let issuance = ext.execute_with(Balances::total_issuance);
		for step in steps {
			ext.execute_with(|| {
				let (leaves, before) = (matches!(step, Step::Deregister(_)), last_attempts());
				take(step);
				let drawn = last_attempts().difference(&before).count();
				assert!(leaves || drawn == 0, "a leaving attester was drawn");
			});
		}
		ext.execute_with(|| {
			// Every attempt, with each deadline as late as it can be.
			run_to(System::block_number() + u64::from(ATTEMPTS) * (MAX_WINDOW + 3));
			assert_eq!(Jobs::<Test>::iter().count(), 0);
			let settled: BTreeSet<_> = outcomes().iter().map(|(inference, _)| *inference).collect();
			assert_eq!(settled.len(), outcomes().len(), "an inference was settled twice");
			assert_eq!(settled.len() as u64, NextJobId::<Test>::get());
			assert!(Questions::get().is_empty());
			for who in ALICE..=CHARLIE {
				let _ = Jury::deregister(signed(who));
			}
			run_to(System::block_number() + UNBONDING);
			for who in ALICE..=CHARLIE {
				let _ = Jury::withdraw_bond(signed(who));
				assert_eq!(Balances::free_balance(who), ENDOWMENT);
			}
			assert_eq!(Balances::total_issuance(), issuance);
		});
	}
}
