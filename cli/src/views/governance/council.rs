//! The security council and its motions.

use super::{election, Call, Date};
use crate::views::{addresses, Address, Hex, Transaction};
use openledger_client::{chain::council, governance::Clock};
use serde::Serialize;
use serde_json::Value;

/// `gov council` prints the members, what waits for the timelock, and the election.
#[derive(Serialize, Debug)]
pub struct Council {
	pub members: Cohorts,
	/// The council scheduled these calls; they are in the order of their numbers.
	pub scheduled: Vec<Scheduled>,
	pub election: election::Summary,
}

/// The two halves of the council, elected in turn.
#[derive(Serialize, Debug)]
pub struct Cohorts {
	pub first: Vec<Member>,
	pub second: Vec<Member>,
}

#[derive(Serialize, Debug)]
pub struct Member {
	pub account: Address,
	/// The seat's key was changed last in this block. It is `null` if it never was.
	pub rotated: Option<u32>,
}

pub fn members(seats: &[council::Seat]) -> Vec<Member> {
	let member =
		|seat: &council::Seat| Member { account: seat.account.into(), rotated: seat.rotated };
	seats.iter().map(member).collect()
}

/// A call that waits for the timelock.
#[derive(Serialize, Debug)]
pub struct Scheduled {
	/// `gov council unschedule` takes this number.
	pub number: u32,
	/// The call is dispatched at this block.
	pub at: Date,
	/// It is an object with the pallet as its key, which holds one with the call's name as its key,
	/// which holds the arguments. It is `null` if the call's bytes are not known.
	pub call: Value,
}

/// `gov council rotate` prints whose seat it is now.
#[derive(Serialize, Debug)]
pub struct Rotated {
	/// This account had the seat.
	pub old: Address,
	/// This account has the seat now.
	pub new: Address,
	pub transactions: Vec<Transaction>,
}

/// `gov council resign` prints who gave up its seat. What `gov council sign-acceptance` prints is described at
/// [`SignedAcceptance`](openledger_client::governance::SignedAcceptance).
#[derive(Serialize, Debug)]
pub struct Resigned {
	/// This account had the seat, which is vacant now.
	pub account: Address,
	pub transactions: Vec<Transaction>,
}

/// `gov council propose`, `remove`, `add`, `veto` and `unschedule` print the new motion.
#[derive(Serialize, Debug)]
pub struct Moved {
	/// Motions are numbered from 0.
	pub index: u32,
	/// This is blake2-256 of the call's SCALE encoding. `gov council vote` takes it.
	pub hash: Hex,
	/// The number of members that must agree.
	pub threshold: u32,
	/// The call is dispatched if they do.
	pub call: Call,
	pub transactions: Vec<Transaction>,
}

/// `gov council vote` prints how a motion stands after the vote.
#[derive(Serialize, Debug)]
pub struct MotionVoted {
	/// Motions are numbered from 0.
	pub index: u32,
	/// This is blake2-256 of the SCALE encoding of the motion's call.
	pub hash: Hex,
	/// The number of members that are for it, the voter included.
	pub yes: u32,
	/// The number of members that are against it, the voter included.
	pub no: u32,
	/// The number of members that must agree.
	pub threshold: u32,
	pub transactions: Vec<Transaction>,
}

/// `gov council close` prints how a motion ended.
#[derive(Serialize, Debug)]
pub struct MotionClosed {
	/// Motions are numbered from 0.
	pub index: u32,
	/// This is blake2-256 of the SCALE encoding of the motion's call.
	pub hash: Hex,
	/// Whether enough members agreed.
	pub approved: bool,
	pub transactions: Vec<Transaction>,
	/// Whether the call was dispatched and succeeded.
	pub dispatched: bool,
}

/// `gov council motions` prints the open motions.
#[derive(Serialize, Debug)]
pub struct Motions {
	pub motions: Vec<Motion>,
}

/// An open motion.
#[derive(Serialize, Debug)]
pub struct Motion {
	/// Motions are numbered from 0.
	pub index: u32,
	/// This is blake2-256 of the call's SCALE encoding. `gov council vote` takes it.
	pub hash: Hex,
	/// These members are for it.
	pub yes: Vec<Address>,
	/// These members are against it.
	pub no: Vec<Address>,
	/// The number of members that must agree.
	pub threshold: u32,
	/// From this block on the motion can be closed whatever the votes.
	pub end: Date,
	/// The call is dispatched if enough members agree. It is `null` if today's runtime cannot read it.
	pub call: Option<Call>,
}

impl Motion {
	pub fn new(motion: &council::Motion, call: Option<Call>, clock: &Clock) -> Self {
		let voting = &motion.voting;
		Self {
			index: voting.index,
			hash: motion.hash.into(),
			yes: addresses(&voting.ayes),
			no: addresses(&voting.nays),
			threshold: voting.threshold,
			end: Date::new(voting.end, clock),
			call,
		}
	}
}
