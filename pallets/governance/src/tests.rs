//! Tests by topic.

mod api;
mod cancel;
mod checkpoints;
mod dates;
mod deposits;
mod dispatch;
mod extension;
mod histories;
mod holding;
mod invariants;
mod life;
mod parameters;
mod poke;
mod preimages;
mod proposing;
mod quorum;
mod removal;
mod signatures;
mod tracks;
mod units;
mod voting;
mod wallets;
mod weights;

use crate::{
	mock::*, Ballots, Enactments, Error, Event, Kind, Latest, Pinned, Quorum, Records,
	RoomForDispatch, Series, Side, State, Terms, Units,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	traits::schedule::{v3::Anon, DispatchTime},
};
use frame_system::RawOrigin;
use openledger_pallet_testing as testing;
use polkadot_sdk::*;
use sp_runtime::{DispatchError, DispatchResult};

/// Ann's votes reach any quorum, Ben's do not; both may propose from the next block on.
fn voters() {
	wrap(ANN, 50_000);
	wrap(BEN, 20_000);
	go_to(now() + 1);
}

/// A proposal of Ann's, while she and Ben have votes.
fn proposed(kind: Kind) -> u32 {
	voters();
	propose(ANN, kind, call()).unwrap()
}

/// Goes to the first block of voting.
fn open(index: u32) {
	go_to(tally(index).snapshot + 1);
}

/// Goes to the block after voting.
fn over(index: u32) {
	go_to(tally(index).end + 1);
}

fn now() -> u64 {
	System::block_number()
}

fn state(index: u32) -> State {
	Governance::state(index).unwrap()
}

fn runs(index: u32) -> bool {
	Governance::ongoing(index).is_ok()
}

fn happened(event: Event<Test>) -> bool {
	testing::happened::<Test>(event)
}

fn votes(who: u64) -> u128 {
	Governance::latest(&Series::Votes(who))
}

fn delegated() -> u128 {
	Governance::latest(&Series::Delegated)
}

/// Changes the parameters.
fn set(change: impl FnOnce(&mut Terms<u64>)) -> DispatchResult {
	let mut parameters = crate::Parameters::<Test>::get().unwrap();
	change(&mut parameters);
	Governance::set_parameters(RuntimeOrigin::root(), Box::new(parameters))
}

/// What is scheduled without a name; whether there was room.
fn schedule(block: u64) -> bool {
	let call = Proposed::Inline(call().encode().try_into().unwrap());
	let at = DispatchTime::At(block);
	let schedule = <RoomForDispatch<Test> as Anon<u64, RuntimeCall, OriginCaller>>::schedule;
	schedule(at, None, 0, RawOrigin::Root.into(), call).is_ok()
}

/// Changes the quorums of all who may spend, so that none takes less than one who may spend less.
fn set_quorums(change: impl Fn(&mut Quorum)) -> DispatchResult {
	set(|p| {
		for terms in
			[&mut p.treasury, &mut p.medium_spender, &mut p.big_spender, &mut p.constitutional]
		{
			change(&mut terms.quorum);
		}
	})
}

/// What anybody can try on a proposal, other than to vote.
fn meddle(index: u32) {
	let _ = Referenda::place_decision_deposit(signed(STRANGER), index);
	let _ = Referenda::nudge_referendum(signed(STRANGER), index);
	let _ = Referenda::cancel(signed(STRANGER), index);
	let _ = Referenda::kill(signed(STRANGER), index);
	let _ = Governance::cancel(signed(STRANGER), index);
	let _ = Governance::veto(signed(STRANGER), index);
	let _ = Governance::poke(signed(STRANGER), index);
}
