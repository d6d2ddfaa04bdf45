//! What the dry run tells of proposals that cannot work.

use super::*;
use crate::{
	constants::currency::OPEN,
	dry_run::{dry_run, FailedItem, Outcome},
	genesis::DEV,
};
use frame_support::weights::Weight;
use pallet_governance::Kind;
use sp_core::traits::{Externalities, ReadRuntimeVersion, ReadRuntimeVersionExt};
use sp_runtime::DispatchError;

/// Finds no version in any code, as nodes find none in what is no runtime.
struct NoRuntime;

impl ReadRuntimeVersion for NoRuntime {
	fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		Err("this is no runtime".into())
	}
}

/// What calls come to on a chain after its genesis, of which nothing stays.
fn outcomes<const N: usize>(calls: [(Kind, RuntimeCall); N]) -> [Outcome; N] {
	let mut chain = chain(DEV);
	chain.register_extension(ReadRuntimeVersionExt::new(NoRuntime));
	let before = chain.execute_with(|| {
		System::set_block_number(1);
		System::deposit_event(frame_system::Event::CodeUpdated { hash: Default::default() });
		sp_io::storage::root(sp_runtime::StateVersion::V1)
	});
	chain.execute_with(|| {
		let outcomes = calls.map(|(kind, call)| dry_run(kind, &call.encode()));
		assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), before);
		outcomes
	})
}

fn outcome(kind: Kind, call: impl Into<RuntimeCall>) -> Outcome {
	let [outcome] = outcomes([(kind, call.into())]);
	outcome
}

fn fails(error: impl Into<DispatchError>) -> Outcome {
	Outcome::Fails { error: error.into() }
}

#[allow(deprecated)]
fn spend(amount: u128) -> RuntimeCall {
	let beneficiary = AccountId::from([7; 32]).into();
	pallet_treasury::Call::<Runtime>::spend_local { amount, beneficiary }.into()
}

#[test]
fn dry_run_should_tell_failure_when_the_origin_is_wrong() {
	let code = vec![0; 8];
	let call = frame_system::Call::<Runtime>::set_code { code };
	assert_eq!(outcome(Kind::Treasury, call), fails(DispatchError::BadOrigin));
	assert_eq!(outcome(Kind::CouncilRemoval, spend(1)), fails(DispatchError::BadOrigin));
}

#[test]
fn dry_run_should_tell_failure_when_the_code_is_no_runtime() {
	let call = frame_system::Call::<Runtime>::set_code { code: b"\0asm\x01\0\0\0".to_vec() };
	let error = frame_system::Error::<Runtime>::FailedToExtractRuntimeVersion;
	assert_eq!(outcome(Kind::Constitutional, call), fails(error));
}

#[test]
fn dry_run_should_tell_failure_when_a_spend_is_above_the_limit_of_its_track() {
	let refused = || fails(pallet_treasury::Error::<Runtime>::InsufficientPermission);
	let limit = pallet_governance_spending();
	let [within, above, medium, root] = outcomes([
		(Kind::Treasury, spend(limit)),
		(Kind::Treasury, spend(limit + 1)),
		(Kind::MediumSpender, spend(limit + 1)),
		(Kind::Constitutional, spend(1_000_000_000 * OPEN)),
	]);
	assert_eq!((within, above), (Outcome::Succeeds, refused()));
	assert_eq!((medium, root), (Outcome::Succeeds, Outcome::Succeeds));
}

fn pallet_governance_spending() -> u128 {
	chain(DEV)
		.execute_with(|| pallet_governance::Parameters::<Runtime>::get().unwrap().spending.treasury)
}

#[test]
fn dry_run_should_tell_failure_when_shares_are_101_percent() {
	let mut parameters =
		chain(DEV).execute_with(pallet_inference_market::Parameters::<Runtime>::get);
	let split = &mut parameters.split;
	split.contributors = split.contributors + sp_runtime::Permill::from_percent(1);
	let call = pallet_inference_market::Call::<Runtime>::set_parameters { parameters };
	let refused = fails(pallet_inference_market::Error::<Runtime>::InvalidSplit);
	assert_eq!(outcome(Kind::Treasury, call.clone()), fails(DispatchError::BadOrigin));
	assert_eq!(outcome(Kind::Constitutional, call), refused);
}

#[test]
fn dry_run_should_tell_the_items_that_fail_when_the_call_is_a_batch() {
	let limit = pallet_governance_spending();
	let calls = || vec![spend(1), spend(limit + 1), spend(2)];
	let error: DispatchError = pallet_treasury::Error::<Runtime>::InsufficientPermission.into();
	let batch = pallet_utility::Call::<Runtime>::batch { calls: calls() };
	let items = vec![FailedItem { index: 1, error, last: true }];
	assert_eq!(outcome(Kind::Treasury, batch), Outcome::ItemsFail { items });
	let batch = pallet_utility::Call::<Runtime>::force_batch { calls: calls() };
	let items = vec![FailedItem { index: 1, error, last: false }];
	assert_eq!(outcome(Kind::Treasury, batch), Outcome::ItemsFail { items });
	let batch = pallet_utility::Call::<Runtime>::batch_all { calls: calls() };
	assert_eq!(outcome(Kind::Treasury, batch), fails(error));
	let batch = pallet_utility::Call::<Runtime>::batch { calls: vec![spend(1), spend(2)] };
	assert_eq!(outcome(Kind::Treasury, batch), Outcome::Succeeds);
}

#[test]
fn dry_run_should_tell_that_nothing_is_dispatched_when_the_call_is_too_heavy_or_none() {
	let heavy = pallet_utility::Call::<Runtime>::with_weight {
		call: Box::new(spend(1)),
		weight: Weight::MAX,
	};
	assert_eq!(outcome(Kind::Constitutional, heavy), Outcome::TooHeavy);
	chain(DEV).execute_with(|| {
		assert_eq!(dry_run(Kind::Treasury, &[]), Outcome::Unreadable);
		assert_eq!(dry_run(Kind::Treasury, &[255; 8]), Outcome::Unreadable);
		let longer = [spend(1).encode(), vec![0]].concat();
		assert_eq!(dry_run(Kind::Treasury, &longer), Outcome::Unreadable);
	});
}
