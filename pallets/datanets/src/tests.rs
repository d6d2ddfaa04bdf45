//! Tests by topic. Each ends with the invariants of `try_state`.

mod contribute;
mod create;
mod parameters;
mod review;
mod sequences;
mod version;
mod weights;

use crate::{mock::*, ContributionState, Contributions, NextContributionId};
use frame_support::assert_ok;
use openledger_primitives::ContributionId;
use polkadot_sdk::*;
use sp_core::H256;

/// Datanet 0 of [`OWNER`] under [`terms`].
fn create() {
	assert_ok!(Datanets::create(signed(OWNER), terms()));
}

/// A contribution of `who` to datanet 0 with `rows` rows and content `root`.
fn contribute(who: u64, root: u8, rows: u32) -> ContributionId {
	let id = NextContributionId::<Test>::get();
	let blob = H256::repeat_byte(0xbb);
	assert_ok!(Datanets::contribute(signed(who), 0, H256::repeat_byte(root), rows, 50, blob));
	id
}

/// The same, accepted by the first curator.
fn contribute_accepted(who: u64, root: u8, rows: u32) -> ContributionId {
	let id = contribute(who, root, rows);
	assert_ok!(Datanets::approve(signed(CURATORS[0]), id));
	id
}

fn state(id: ContributionId) -> ContributionState<Test> {
	Contributions::<Test>::get(id).unwrap().state
}
