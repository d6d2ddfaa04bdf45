//! Votes, proposals and the security council.

use crate::{
	calls::Decoded,
	chain::{
		council::{Contender, Election, Motion, Phases, Seat, Standing},
		governance::{KindTerms, Parameters},
		Hash,
	},
	governance::{Clock, Phase, Track},
	keys::AccountId,
	output::{accounts, hex},
};
use serde_json::{json, Value};

/// `{"hash", "length", "pallet", "name", "arguments"}`.
pub fn call(hash: Hash, length: usize, decoded: &Decoded) -> Value {
	json!({
		"hash": hex(hash),
		"length": length,
		"pallet": decoded.pallet,
		"name": decoded.name,
		"arguments": decoded.arguments,
	})
}

pub fn encoded(call: Value, bytes: &[u8]) -> Value {
	let mut document = call;
	document["call"] = json!(hex(bytes));
	document
}

pub fn standing_with_free(standing: Value, free: u128) -> Value {
	let mut document = standing;
	document["free"] = json!(free.to_string());
	document
}

pub fn standing_after(standing: Value, transactions: Value) -> Value {
	let mut document = standing;
	document["transactions"] = transactions;
	document
}

pub fn delegated(delegator: AccountId, to: AccountId, nonce: u32, transactions: Value) -> Value {
	json!({
		"delegator": delegator.to_string(),
		"to": to.to_string(),
		"nonce": nonce,
		"transactions": transactions,
	})
}

pub fn proposals(list: Vec<Value>) -> Value {
	json!({ "proposals": list })
}

pub fn proposal_details(proposal: Value, call: Value, dispatch: Value) -> Value {
	let mut document = proposal;
	document["call"] = call;
	document["dispatch"] = dispatch;
	document
}

pub fn proposed(proposal: Value, call: Value, transactions: Value) -> Value {
	let mut document = proposal;
	document["call"] = call;
	document["transactions"] = transactions;
	document
}

pub fn voted(
	proposal: Value,
	voter: AccountId,
	choice: &'static str,
	votes: u128,
	transactions: Value,
) -> Value {
	let mut document = proposal;
	document["vote"] = json!({
		"voter": voter.to_string(),
		"choice": choice,
		"votes": votes.to_string(),
	});
	document["transactions"] = transactions;
	document
}

pub fn poked(proposal: Value, transactions: Value) -> Value {
	let mut document = proposal;
	document["transactions"] = transactions;
	document
}

pub fn cancelled(index: u32, transactions: Value) -> Value {
	json!({ "proposal": index, "transactions": transactions })
}

pub fn parameters(parameters: &Parameters, clock: &Clock) -> Value {
	let terms = [
		(Track::Constitutional, parameters.constitutional),
		(Track::Treasury, parameters.treasury),
		(Track::CouncilRemoval, parameters.removal),
	];
	let tracks: serde_json::Map<_, _> = terms
		.iter()
		.map(|(track, KindTerms { quorum, timelock })| {
			let terms = json!({
				"quorum_share": quorum.share,
				"quorum_least": quorum.least.to_string(),
				"quorum_most": quorum.most.to_string(),
				"timelock": clock.span_json(*timelock),
			});
			(track.name().to_owned(), terms)
		})
		.collect();
	json!({
		"proposal_threshold": parameters.proposal_threshold.to_string(),
		"voting_delay": clock.span_json(parameters.voting_delay),
		"voting_period": clock.span_json(parameters.voting_period),
		"late_quorum_window": clock.span_json(parameters.late_quorum_window),
		"removal_majority": parameters.removal_majority,
		"tracks": tracks,
	})
}

pub fn seats(seats: &[Seat]) -> Value {
	seats
		.iter()
		.map(|seat| json!({ "account": seat.account.to_string(), "rotated": seat.rotated }))
		.collect()
}

pub fn scheduled(number: u32, at: u32, call: Value, clock: &Clock) -> Value {
	json!({
		"number": number,
		"at": clock.to_json(at),
		"call": call,
	})
}

pub fn council(first: Value, second: Value, scheduled: Vec<Value>, election: Value) -> Value {
	let members = json!({ "first": first, "second": second });
	json!({ "members": members, "scheduled": scheduled, "election": election })
}

pub fn rotated(old: AccountId, new: AccountId, transactions: Value) -> Value {
	json!({
		"old": old.to_string(),
		"new": new.to_string(),
		"transactions": transactions,
	})
}

pub fn moved(index: u32, hash: Hash, threshold: u32, call: Value, transactions: Value) -> Value {
	json!({
		"index": index,
		"hash": hex(hash),
		"threshold": threshold,
		"call": call,
		"transactions": transactions,
	})
}

pub fn motion_voted(
	index: u32,
	hash: Hash,
	yes: u32,
	no: u32,
	threshold: u32,
	transactions: Value,
) -> Value {
	json!({
		"index": index,
		"hash": hex(hash),
		"yes": yes,
		"no": no,
		"threshold": threshold,
		"transactions": transactions,
	})
}

pub fn motion_closed(
	index: u32,
	hash: Hash,
	approved: bool,
	dispatched: bool,
	transactions: Value,
) -> Value {
	let mut document = json!({
		"index": index,
		"hash": hex(hash),
		"approved": approved,
		"transactions": transactions,
	});
	document["dispatched"] = json!(dispatched);
	document
}

pub fn motion(motion: &Motion, call: Value, clock: &Clock) -> Value {
	let voting = &motion.voting;
	json!({
		"index": voting.index,
		"hash": hex(motion.hash),
		"yes": accounts(&voting.ayes),
		"no": accounts(&voting.nays),
		"threshold": voting.threshold,
		"end": clock.to_json(voting.end),
		"call": call,
	})
}

pub fn motions(list: Vec<Value>) -> Value {
	json!({ "motions": list })
}

pub fn election_started(
	election: u32,
	phases: &Phases,
	clock: &Clock,
	transactions: Value,
) -> Value {
	json!({
		"election": election,
		"phases": self::phases(phases, clock),
		"transactions": transactions,
	})
}

pub fn election_changed(election: u32, account: AccountId, transactions: Value) -> Value {
	json!({
		"election": election,
		"account": account.to_string(),
		"transactions": transactions,
	})
}

pub fn nominated(
	election: u32,
	contender: AccountId,
	votes: u128,
	left: u128,
	transactions: Value,
) -> Value {
	json!({
		"election": election,
		"contender": contender.to_string(),
		"votes": votes.to_string(),
		"left": left.to_string(),
		"transactions": transactions,
	})
}

pub fn election_voted(
	election: u32,
	nominee: AccountId,
	votes: u128,
	weight: u128,
	left: u128,
	transactions: Value,
) -> Value {
	json!({
		"election": election,
		"nominee": nominee.to_string(),
		"votes": votes.to_string(),
		"weight": weight.to_string(),
		"left": left.to_string(),
		"transactions": transactions,
	})
}

pub fn election_finished(election: &Election, members: &[AccountId], transactions: Value) -> Value {
	json!({
		"election": election.number,
		"cohort": election.cohort.name(),
		"members": accounts(members),
		"transactions": transactions,
	})
}

pub fn no_election(number: u32, due: u32, clock: &Clock) -> Value {
	json!({ "running": false, "next": number, "due": clock.to_json(due) })
}

pub fn election(
	election: &Election,
	phase: Phase,
	needed: Option<u128>,
	contenders: &[(AccountId, Contender)],
	clock: &Clock,
) -> Value {
	json!({
		"running": true,
		"election": election.number,
		"cohort": election.cohort.name(),
		"phase": phase.name(),
		"phases": phases(&election.phases, clock),
		"nominee_threshold": election.nominee_threshold,
		"nominations_needed": needed.map(|needed| needed.to_string()),
		"vetter": election.vetter.map(|vetter| vetter.to_string()),
		"contenders": contenders.iter().map(contender).collect::<Value>(),
	})
}

fn contender((account, contender): &(AccountId, Contender)) -> Value {
	json!({
		"account": account.to_string(),
		"standing": standing(contender.standing),
		"nominations": contender.nominations.to_string(),
		"weight": contender.weight.to_string(),
	})
}

pub fn standing(standing: Standing) -> &'static str {
	match standing {
		Standing::Contender => "contender",
		Standing::Nominee => "nominee",
		Standing::Excluded => "excluded",
	}
}

fn phases(phases: &Phases, clock: &Clock) -> Value {
	json!({
		"start": clock.to_json(phases.start),
		"registration_ends": clock.to_json(phases.nomination),
		"nomination_ends": clock.to_json(phases.vetting),
		"vetting_ends": clock.to_json(phases.voting),
		"full_weight_ends": clock.to_json(phases.full_weight),
		"voting_ends": clock.to_json(phases.end),
	})
}
