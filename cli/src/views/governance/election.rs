//! The election of one half of the security council.

use super::Date;
use crate::views::{addresses, Address, Transaction, Units};
use openledger_client::{
	chain::{council, events::ElectionFinished},
	governance::{Clock, Phase},
	keys::AccountId,
};
use serde::Serialize;

/// `gov election` prints the election, as `gov council` does beside other things.
#[derive(Serialize, Debug)]
#[serde(untagged)]
pub enum Summary {
	None(NoElection),
	Running(Box<Election>),
}

/// When the next election is, while none is running.
#[derive(Serialize, Debug)]
pub struct NoElection {
	/// It is always `false`.
	pub running: bool,
	/// The next election has this number.
	pub next: u32,
	/// The next election can be started from this block on.
	pub due: Date,
}

impl NoElection {
	pub fn new(next: u32, due: u32, clock: &Clock) -> Self {
		Self { running: false, next, due: Date::new(due, clock) }
	}
}

/// The election that is running.
#[derive(Serialize, Debug)]
pub struct Election {
	/// It is always `true`.
	pub running: bool,
	/// The number of the election.
	pub election: u32,
	/// The election replaces this half of the council, `first` or `second`.
	pub cohort: &'static str,
	/// The next block is in this phase: `registration`, `nomination`, `vetting`, `voting` or `over`.
	pub phase: &'static str,
	pub phases: Phases,
	/// The votes that make a contender a nominee, in millionths of all delegated votes.
	pub nominee_threshold: u32,
	/// The votes that make a contender a nominee. It is `null` before nomination begins.
	pub nominations_needed: Option<Units>,
	/// The votes that must be spent in voting, or the cohort stays as it is. It is `null` before voting begins.
	pub quorum: Option<Units>,
	/// The votes that were spent in voting so far.
	pub votes_spent: Units,
	/// The votes that a nominee must hold in the end to be elected.
	pub least_votes: Units,
	/// This account may exclude nominees. It is `null` if nobody may.
	pub vetter: Option<Address>,
	/// They are in the order of their weights, then of nomination. Who is elected depends also on the votes that
	/// the count transfers.
	pub contenders: Vec<Contender>,
}

impl Election {
	/// `needed` are the votes that make a contender a nominee, and `quorum` those that must be spent, where they
	/// are known; `spent` are spent.
	pub fn new(
		election: &council::Election,
		phase: Phase,
		needed: Option<u128>,
		(spent, quorum): (u128, Option<u128>),
		contenders: &[(AccountId, council::Contender)],
		clock: &Clock,
	) -> Self {
		Self {
			running: true,
			election: election.number,
			cohort: election.cohort.name(),
			phase: phase.name(),
			phases: Phases::new(&election.phases, clock),
			nominee_threshold: election.nominee_threshold,
			nominations_needed: needed.map(Units::from),
			quorum: quorum.map(Units::from),
			votes_spent: spent.into(),
			least_votes: election.least_votes.into(),
			vetter: election.vetter.map(Address::from),
			contenders: contenders.iter().map(Contender::from).collect(),
		}
	}
}

/// The timetable of an election: the last block of each phase.
#[derive(Serialize, Debug)]
pub struct Phases {
	/// The election was started in this block.
	pub start: Date,
	/// The votes that are delegated at this block count for nomination.
	pub registration_ends: Date,
	pub nomination_ends: Date,
	/// The votes that are delegated at this block count for the election.
	pub vetting_ends: Date,
	/// Votes count in full up to this block, then ever less until voting ends.
	pub full_weight_ends: Date,
	pub voting_ends: Date,
}

impl Phases {
	pub fn new(phases: &council::Phases, clock: &Clock) -> Self {
		let date = |block| Date::new(block, clock);
		Self {
			start: date(phases.start),
			registration_ends: date(phases.nomination),
			nomination_ends: date(phases.vetting),
			vetting_ends: date(phases.voting),
			full_weight_ends: date(phases.full_weight),
			voting_ends: date(phases.end),
		}
	}
}

/// An account that stands for election.
#[derive(Serialize, Debug)]
pub struct Contender {
	pub account: Address,
	/// It is `contender`, `nominee` with enough nominations, or `excluded` by the vetter.
	pub standing: &'static str,
	/// The votes that were given for the account's nomination.
	pub nominations: Units,
	/// What the votes for the account's election count. Late votes count less than they are.
	pub weight: Units,
}

impl From<&(AccountId, council::Contender)> for Contender {
	fn from((account, contender): &(AccountId, council::Contender)) -> Self {
		Self {
			account: (*account).into(),
			standing: standing(contender.standing),
			nominations: contender.nominations.into(),
			weight: contender.weight.into(),
		}
	}
}

pub fn standing(standing: council::Standing) -> &'static str {
	match standing {
		council::Standing::Contender => "contender",
		council::Standing::Nominee => "nominee",
		council::Standing::Excluded => "excluded",
	}
}

/// `gov election start` prints the timetable of the new election.
#[derive(Serialize, Debug)]
pub struct Started {
	/// The number of the election.
	pub election: u32,
	pub phases: Phases,
	pub transactions: Vec<Transaction>,
}

/// `gov election register`, `exclude` and `include` print who did it.
#[derive(Serialize, Debug)]
pub struct Changed {
	/// The number of the election.
	pub election: u32,
	/// The account of the key that signed.
	pub account: Address,
	pub transactions: Vec<Transaction>,
}

/// `gov election nominate` prints the votes for a nomination.
#[derive(Serialize, Debug)]
pub struct Nominated {
	/// The number of the election.
	pub election: u32,
	pub contender: Address,
	/// The votes that the chain took: not more than make the contender a nominee.
	pub votes: Units,
	/// The votes that the voter can still give for nominations.
	pub left: Units,
	pub transactions: Vec<Transaction>,
}

/// `gov election vote` prints the votes for a nominee.
#[derive(Serialize, Debug)]
pub struct Voted {
	/// The number of the election.
	pub election: u32,
	pub nominee: Address,
	/// The votes that were given.
	pub votes: Units,
	/// What these votes count. Late votes count less than they are.
	pub weight: Units,
	/// The votes that the voter can still give for nominees.
	pub left: Units,
	pub transactions: Vec<Transaction>,
}

/// `gov election finish` prints the new members.
#[derive(Serialize, Debug)]
pub struct Finished {
	/// The number of the election.
	pub election: u32,
	/// This half of the council was up for election, `first` or `second`.
	pub cohort: &'static str,
	/// Whether enough votes were spent. If not, the half stays as it was.
	pub quorum_reached: bool,
	/// The number of members that were elected; they come first.
	pub elected: u32,
	/// These are the members of that half now.
	pub members: Vec<Address>,
	pub transactions: Vec<Transaction>,
}

impl Finished {
	pub fn new(
		election: &council::Election,
		quorum_reached: bool,
		finished: &ElectionFinished,
		transactions: Vec<Transaction>,
	) -> Self {
		Self {
			election: election.number,
			cohort: election.cohort.name(),
			quorum_reached,
			elected: finished.elected,
			members: addresses(&finished.members),
			transactions,
		}
	}
}
