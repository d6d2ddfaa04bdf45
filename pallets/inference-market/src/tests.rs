//! Tests by topic.

mod invariants;
mod parameters;
mod requests;
mod responses;
mod rewards;
mod settlement;
mod splits;
mod timeouts;
mod weights;

use crate::{mock::*, types::Balance, InferenceOf, InferenceState, Inferences};
use frame_support::{assert_ok, traits::ConstU32, BoundedVec};
use openledger_pallet_support::{InferenceId, ModelId, Outcome, Settlement, Usage};
use openledger_primitives::Share;
use polkadot_sdk::*;
use sp_runtime::DispatchResult;

fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// A request of `USER` that must succeed.
fn request(model: ModelId, max_fee: Balance) -> InferenceId {
	let id = crate::NextInferenceId::<Test>::get();
	assert_ok!(Market::request(signed(USER), model, b"1,2".to_vec(), max_fee));
	id
}

/// A request of `USER` answered by the host.
fn answered(model: ModelId, max_fee: Balance) -> InferenceId {
	let id = request(model, max_fee);
	assert_ok!(Market::respond(signed(HOST), id, b"7".to_vec(), Usage::default()));
	id
}

fn settle(id: InferenceId, outcome: Outcome<AccountId>) -> DispatchResult {
	<Market as Settlement<AccountId>>::settle(id, outcome)
}

fn attributed(parts: &[(u64, u32)], attesters: &[AccountId]) -> Outcome<AccountId> {
	let shares: Vec<Share> = shares(parts);
	Outcome::Attributed { shares, attesters: attesters.to_vec() }
}

fn stored(id: InferenceId) -> InferenceOf<Test> {
	Inferences::<Test>::get(id).unwrap()
}

type Output = BoundedVec<u8, ConstU32<32>>;

fn state(id: InferenceId) -> InferenceState<u64, Output> {
	stored(id).state
}
