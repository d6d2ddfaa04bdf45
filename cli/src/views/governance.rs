//! Votes, proposals and the security council.
//!
//! What `gov sign-delegation` prints is a file for `gov submit-delegation`, described at
//! [`SignedDelegation`](openledger_client::governance::SignedDelegation). Votes are counted as OPEN
//! is: one unit of OPEN that is wrapped and delegated is one unit of votes.

pub mod council;
pub mod election;
pub mod proposal;

use super::{Address, Hex, Transaction, Units};
use openledger_client::{
	calls::Decoded,
	chain::{
		governance::{Parameters, Proposing},
		Hash,
	},
	governance::{Clock, Track as Kind},
};
use serde::Serialize;
use serde_json::Value;

/// A block as a time.
#[derive(Serialize, Debug)]
pub struct Date {
	pub block: u32,
	/// The time from the newest block to this one, if blocks come as they should. It is negative if the
	/// block is past.
	pub in_seconds: i64,
}

impl Date {
	pub fn new(block: u32, clock: &Clock) -> Self {
		let away = i64::try_from(clock.seconds(block.abs_diff(clock.now))).unwrap_or(i64::MAX);
		let in_seconds = if block < clock.now { away.saturating_neg() } else { away };
		Self { block, in_seconds }
	}
}

/// A time that is counted in blocks.
#[derive(Serialize, Debug)]
pub struct Span {
	pub blocks: u32,
	/// The time that these blocks take, if they come as they should.
	pub seconds: u64,
}

impl Span {
	pub fn new(blocks: u32, clock: &Clock) -> Self {
		Self { blocks, seconds: clock.seconds(blocks) }
	}
}

/// A call of the runtime.
#[derive(Serialize, Debug)]
pub struct Call {
	/// Proposals and motions name the call by this hash: blake2-256 of its SCALE encoding.
	pub hash: Hex,
	/// The length of the SCALE encoding in bytes.
	pub length: usize,
	pub pallet: String,
	pub name: String,
	/// The arguments by name, as `gov encode` takes them. Amounts are in units.
	pub arguments: Value,
}

impl Call {
	pub fn new(hash: Hash, length: usize, decoded: &Decoded) -> Self {
		Self {
			hash: hash.into(),
			length,
			pallet: decoded.pallet.clone(),
			name: decoded.name.clone(),
			arguments: decoded.arguments.clone(),
		}
	}
}

/// `gov encode` prints a call and its bytes.
#[derive(Serialize, Debug)]
pub struct Encoded {
	#[serde(flatten)]
	pub described: Call,
	/// The SCALE encoding of the call.
	pub call: Hex,
}

/// Where the votes of an account come from and go to.
#[derive(Serialize, Debug)]
pub struct VotingPower {
	pub account: Address,
	/// The OPEN of the account that is held as voting units.
	pub wrapped: Units,
	/// This account gets the votes of these units. It is `null` if they carry none.
	pub delegate: Option<Address>,
	/// The votes that are delegated to the account, its own included if it delegates to itself.
	pub votes: Units,
	/// The next delegation that the account signs has this nonce. They are counted from 0.
	pub delegation_nonce: u32,
}

/// `gov account` prints the votes of an account.
#[derive(Serialize, Debug)]
pub struct AccountVotingPower {
	#[serde(flatten)]
	pub power: VotingPower,
	/// The OPEN of the account that is not held.
	pub free: Units,
}

/// `gov wrap`, `gov unwrap`, `gov delegate` and `gov undelegate` print the account afterwards.
#[derive(Serialize, Debug)]
pub struct VotingPowerChanged {
	#[serde(flatten)]
	pub power: VotingPower,
	pub transactions: Vec<Transaction>,
}

/// `gov submit-delegation` prints whose votes are delegated now.
#[derive(Serialize, Debug)]
pub struct Delegated {
	/// This account signed; it is its votes that are delegated.
	pub delegator: Address,
	/// This account gets the votes.
	pub to: Address,
	/// The number of signed delegations of the delegator that were used before this one.
	pub nonce: u32,
	pub transactions: Vec<Transaction>,
}

/// `gov parameters` prints the numbers of governance.
#[derive(Serialize, Debug)]
pub struct Rules {
	/// The votes that must be delegated to whoever proposes.
	pub proposal_threshold: Units,
	/// What is held of the proposer until its proposal has ended.
	pub proposal_deposit: Units,
	/// The deposit of a defeated proposal is taken unless For and Abstain reach this share of its quorum, in
	/// millionths.
	pub deposit_support: u32,
	/// One account may have so many proposals open.
	pub open_proposals: u32,
	/// The time from a proposal to its snapshot, after which voting begins.
	pub voting_delay: Span,
	/// The least votes that an account had in this time before the snapshot count.
	pub holding_window: Span,
	pub voting_period: Span,
	/// If the quorum is reached with less time left than this, voting goes on for this time, once.
	pub late_quorum_window: Span,
	/// For must have this share of For and Against to remove a council member, in billionths.
	pub removal_majority: u32,
	/// The treasury pays what was approved once in this time. What waits is bounded by the spend limits of the
	/// tracks.
	pub spend_period: Span,
	pub tracks: Tracks,
}

/// The rules of each kind of proposals.
#[derive(Serialize, Debug)]
pub struct Tracks {
	pub constitutional: Track,
	pub treasury: Track,
	#[serde(rename = "medium-spender")]
	pub medium_spender: Track,
	#[serde(rename = "big-spender")]
	pub big_spender: Track,
	#[serde(rename = "council-removal")]
	pub council_removal: Track,
}

/// The rules of one kind of proposals.
#[derive(Serialize, Debug)]
pub struct Track {
	/// The votes For and Abstain that are needed, in millionths of all delegated votes.
	pub quorum_share: u32,
	/// The quorum is never less.
	pub quorum_least: Units,
	/// The quorum is never more.
	pub quorum_most: Units,
	/// One of its proposals can spend so much of the treasury, and no more while other spends wait to be paid. It
	/// is `null` if it may not spend, or has no limit.
	pub spend_limit: Option<Units>,
	/// The time from approval to dispatch.
	pub timelock: Span,
}

impl Rules {
	pub fn new(parameters: &Parameters, proposing: &Proposing, clock: &Clock) -> Self {
		let track = |track: Kind| {
			let terms = track.terms(parameters);
			Track {
				quorum_share: terms.quorum.share,
				quorum_least: terms.quorum.least.into(),
				quorum_most: terms.quorum.most.into(),
				spend_limit: track.spend_limit(&parameters.spending).map(Into::into),
				timelock: Span::new(terms.timelock, clock),
			}
		};
		Self {
			proposal_threshold: parameters.proposal_threshold.into(),
			proposal_deposit: proposing.deposit.into(),
			deposit_support: proposing.deposit_support,
			open_proposals: proposing.most_open,
			voting_delay: Span::new(parameters.voting_delay, clock),
			holding_window: Span::new(parameters.holding_window, clock),
			voting_period: Span::new(parameters.voting_period, clock),
			late_quorum_window: Span::new(parameters.late_quorum_window, clock),
			removal_majority: parameters.removal_majority,
			spend_period: Span::new(parameters.spending.period, clock),
			tracks: Tracks {
				constitutional: track(Kind::Constitutional),
				treasury: track(Kind::Treasury),
				medium_spender: track(Kind::MediumSpender),
				big_spender: track(Kind::BigSpender),
				council_removal: track(Kind::CouncilRemoval),
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::views::recorded::json;
	use proptest::prelude::*;

	#[test]
	fn date_should_be_negative_when_the_block_is_past() {
		let clock = Clock { now: 100, block_time: 3_000 };
		let past = serde_json::json!({ "block": 97, "in_seconds": -9 });
		assert_eq!(json(&Date::new(97, &clock)), past);
		let span = serde_json::json!({ "blocks": 20, "seconds": 60 });
		assert_eq!(json(&Span::new(20, &clock)), span);
	}

	proptest! {
		#[test]
		fn date_should_not_panic_when_numbers_are_arbitrary(now: u32, block: u32, block_time: u64) {
			let clock = Clock { now, block_time };
			let Date { in_seconds, .. } = Date::new(block, &clock);
			prop_assert_eq!(in_seconds < 0, block < now && clock.seconds(now - block) > 0);
		}
	}
}
