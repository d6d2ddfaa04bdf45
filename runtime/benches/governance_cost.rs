//! Shows how the cost of voting, delegating and wrapping grows with the checkpoints that were kept and with
//! the voters that there are.
//!
//! Dispatches the calls in the runtime, natively and on a state in memory. Reads and writes are distinct
//! storage items, without block number and events, which every call touches. Times are medians; a trie of more
//! items is deeper, so that they grow a little with the state too.
//!
//! `cargo bench -p openledger-runtime --bench governance_cost [-- --json FILE]`

use openledger_runtime::{
	constants::{
		currency::OPEN,
		time::{DAYS, MINUTES},
	},
	AccountId, Balances, OriginCaller, Referenda, Runtime, RuntimeCall, RuntimeOrigin, System,
};
use pallet_governance::{
	types::{AccountVote, ParametersOf},
	Ballot, Ballots, Call, Checkpoint, Delegates, Earlier, KindTerms, Latest, Quorum, Series, Side,
	Spending, Terms, Units,
};
use polkadot_sdk::{
	frame_support::{
		storage::storage_prefix,
		traits::{fungible::Mutate, schedule::DispatchTime, Bounded},
	},
	frame_system::RawOrigin,
	pallet_conviction_voting::{Conviction, Vote},
	sp_core::H256,
	sp_io::{hashing::blake2_256, TestExternalities},
	sp_runtime::{traits::Dispatchable, Perbill, Permill},
	sp_trie::recorder::Recorder,
};
use std::{collections::BTreeSet, error::Error, time::Instant};

/// Dispatches that warm caches, and dispatches that are timed.
const WARM_UP: usize = 20;
const DISPATCHES: usize = 201;

/// Block of the first checkpoint.
const FIRST: u32 = 10;
/// Checkpoints and voters.
const SIZES: [u32; 3] = [1, 1_000, 100_000];
/// Votes of whoever has some.
const VOTES: u128 = 1_000_000 * OPEN;

/// A state to dispatch calls on.
#[derive(Clone, Copy)]
struct Size {
	/// Of the voter, of who is delegated to, of all units and of all delegated votes.
	checkpoints: u32,
	/// Who voted on the proposal, and delegate to the voter.
	voters: u32,
}

/// What a call cost.
struct Cost {
	call: &'static str,
	size: Size,
	reads: usize,
	writes: usize,
	microseconds: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
	let mut costs = Vec::new();
	let by_checkpoints = SIZES.map(|checkpoints| Size { checkpoints, voters: 0 });
	for size in by_checkpoints {
		costs.extend(measure(size, &["vote", "first vote", "delegate", "wrap"])?);
	}
	let by_voters = SIZES.map(|voters| Size { checkpoints: 1, voters });
	for size in by_voters {
		costs.extend(measure(size, &["vote", "delegate", "wrap"])?);
	}
	println!(
		"{:<12} {:>12} {:>8} {:>6} {:>7} {:>13} {:>7} {:>7}",
		"call", "checkpoints", "voters", "reads", "writes", "microseconds", "reads", "time"
	);
	for cost in &costs {
		let Size { checkpoints, voters } = cost.size;
		let (reads, time) = ratios(&costs, cost);
		println!(
			"{:<12} {checkpoints:>12} {voters:>8} {:>6} {:>7} {:>13.1} {reads:>6.1}x {time:>6.1}x",
			cost.call, cost.reads, cost.writes, cost.microseconds
		);
	}
	if let Some(file) = json_file() {
		let rows: Vec<_> = costs
			.iter()
			.map(|cost| {
				let (reads_ratio, time_ratio) = ratios(&costs, cost);
				serde_json::json!({
					"call": cost.call,
					"checkpoints": cost.size.checkpoints,
					"voters": cost.size.voters,
					"reads": cost.reads,
					"writes": cost.writes,
					"microseconds": (cost.microseconds * 10.0).round() / 10.0,
					"reads_ratio": (reads_ratio * 100.0).round() / 100.0,
					"time_ratio": (time_ratio * 100.0).round() / 100.0,
				})
			})
			.collect();
		std::fs::write(&file, serde_json::to_string_pretty(&rows)?)?;
		println!("\nwritten to {file}");
	}
	Ok(())
}

/// Reads and time of a call, in those of the same call where there is least.
fn ratios(costs: &[Cost], cost: &Cost) -> (f64, f64) {
	// In the same column of sizes: with voters, or without.
	let least = costs
		.iter()
		.find(|least| least.call == cost.call && (least.size.voters > 0) == (cost.size.voters > 0))
		.unwrap_or(cost);
	(cost.reads as f64 / least.reads as f64, cost.microseconds / least.microseconds)
}

/// The file named after `--json`; cargo passes options of its own too.
fn json_file() -> Option<String> {
	std::env::args().skip_while(|argument| argument != "--json").nth(1)
}

fn account(number: u32) -> AccountId {
	let mut bytes = [0; 32];
	bytes[..4].copy_from_slice(&number.to_be_bytes());
	// Spread over the trie as accounts are.
	blake2_256(&bytes).into()
}

fn voter() -> AccountId {
	account(0)
}

fn delegate() -> AccountId {
	account(1)
}

fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

fn parameters() -> ParametersOf<Runtime> {
	let quorum = Quorum { share: Permill::from_percent(50), least: VOTES / 2, most: 45 * VOTES };
	let terms = KindTerms { quorum, timelock: DAYS };
	Terms {
		proposal_threshold: OPEN,
		voting_delay: 1,
		holding_window: 1,
		// So long that a proposal of the middle of the checkpoints is open after them.
		voting_period: 30 * DAYS,
		late_quorum_window: MINUTES,
		removal_majority: Perbill::from_rational(5u32, 6),
		constitutional: terms,
		treasury: terms,
		medium_spender: terms,
		big_spender: terms,
		removal: terms,
		spending: Spending {
			period: DAYS,
			treasury: OPEN,
			medium_spender: 2 * OPEN,
			big_spender: 3 * OPEN,
		},
	}
}

/// A series with one checkpoint for each of so many blocks.
fn fill(series: Series<AccountId>, checkpoints: u32, value: u128) {
	// As the pallet has them: two jumps of equal length become one.
	let mut jumps: Vec<u32> = vec![0];
	for position in 0..checkpoints - 1 {
		let near = jumps[position as usize];
		let far = jumps[near as usize];
		let equal = near < position && position - near == near - far;
		jumps.push(if equal { far } else { position });
	}
	let at = |position: u32| {
		let jump = jumps[position as usize];
		Checkpoint { block: FIRST + position, value, position, jump, low: value }
	};
	for position in 0..checkpoints - 1 {
		Earlier::<Runtime>::insert(&series, position, at(position));
	}
	Latest::<Runtime>::insert(series, at(checkpoints - 1));
}

/// A proposal from the middle of the checkpoints; its number.
fn propose() -> Result<u32, Box<dyn Error>> {
	let call = RuntimeCall::System(polkadot_sdk::frame_system::Call::remark { remark: vec![] });
	let bytes = codec::Encode::encode(&call).try_into().map_err(|_| "the call is too long")?;
	let origin = Box::new(OriginCaller::system(RawOrigin::Root));
	let moment = DispatchTime::After(0);
	Referenda::submit(signed(voter()), origin, Bounded::Inline(bytes), moment)
		.map_err(|error| format!("the proposal was refused: {error:?}"))?;
	Ok(polkadot_sdk::pallet_referenda::ReferendumCount::<Runtime>::get() - 1)
}

/// A state of that size, and a proposal that was voted on and one that was not.
fn state(size: Size) -> Result<(TestExternalities, u32, u32), Box<dyn Error>> {
	let Size { checkpoints, voters } = size;
	let mut ext = TestExternalities::default();
	let (voted, fresh) = ext.execute_with(|| -> Result<_, Box<dyn Error>> {
		System::set_block_number(1);
		let parameters = parameters();
		RuntimeCall::ConvictionVoting(Call::set_parameters { parameters: Box::new(parameters) })
			.dispatch(RuntimeOrigin::root())
			.map_err(|error| format!("the parameters were refused: {:?}", error.error))?;
		for who in [voter(), delegate()] {
			Balances::mint_into(&who, VOTES).map_err(|error| format!("{error:?}"))?;
			Units::<Runtime>::insert(&who, VOTES);
			Delegates::<Runtime>::insert(&who, &who);
			fill(Series::Votes(who), checkpoints, VOTES);
		}
		fill(Series::Wrapped, checkpoints, 2 * VOTES);
		fill(Series::Delegated, checkpoints, 2 * VOTES);
		System::set_block_number(FIRST + checkpoints / 2 + 1);
		let (voted, fresh) = (propose()?, propose()?);
		System::set_block_number(FIRST + checkpoints + 5);
		// The first vote, so that it is open.
		vote(voted)
			.dispatch(signed(delegate()))
			.map_err(|error| format!("the first vote was refused: {:?}", error.error))?;
		for number in 2..2 + voters {
			let who = account(number);
			Units::<Runtime>::insert(&who, 1);
			Delegates::<Runtime>::insert(&who, voter());
			Ballots::<Runtime>::insert(voted, &who, Ballot { side: Side::For, weight: 1 });
		}
		System::reset_events();
		Ok((voted, fresh))
	})?;
	ext.commit_all()?;
	Ok((ext, voted, fresh))
}

fn vote(poll_index: u32) -> RuntimeCall {
	let vote = Vote { aye: true, conviction: Conviction::None };
	let vote = AccountVote::Standard { vote, balance: 0 };
	RuntimeCall::ConvictionVoting(Call::vote { poll_index, vote })
}

fn measure(size: Size, calls: &[&'static str]) -> Result<Vec<Cost>, Box<dyn Error>> {
	let (mut ext, voted, fresh) = state(size)?;
	let mut costs = Vec::new();
	for call in calls {
		let dispatched = match *call {
			"vote" => vote(voted),
			"first vote" => vote(fresh),
			"delegate" => {
				RuntimeCall::ConvictionVoting(Call::set_delegate { to: delegate().into() })
			},
			_ => RuntimeCall::ConvictionVoting(Call::wrap { amount: OPEN }),
		};
		let dispatch = || {
			let (call, origin) = (dispatched.clone(), signed(voter()));
			let start = Instant::now();
			let result = call.dispatch(origin);
			let time = start.elapsed().as_secs_f64() * 1e6;
			result.map(|_| time).map_err(|error| format!("{:?}", error.error))
		};
		let recorder = Recorder::default();
		ext.execute_with_recorder(recorder.clone(), dispatch)?;
		let writes: Vec<_> =
			ext.overlayed_changes().changes().map(|(key, _)| key.clone()).collect();
		let recorded: std::collections::HashMap<H256, _> = recorder.recorded_keys();
		let reads: Vec<_> =
			recorded.values().flat_map(|keys| keys.keys().map(|key| key.to_vec())).collect();
		let mut times = Vec::new();
		for round in 0..WARM_UP + DISPATCHES {
			ext.reset_overlay();
			let time = ext.execute_with(dispatch)?;
			if round >= WARM_UP {
				times.push(time);
			}
		}
		ext.reset_overlay();
		times.sort_by(f64::total_cmp);
		let (reads, writes) = (count(reads), count(writes));
		costs.push(Cost { call, size, reads, writes, microseconds: times[times.len() / 2] });
	}
	Ok(costs)
}

/// Distinct items other than those of every call.
fn count(keys: Vec<Vec<u8>>) -> usize {
	let account = storage_prefix(b"System", b"Account");
	let keys: BTreeSet<_> = keys.into_iter().collect();
	keys.iter()
		.filter(|key| !key.starts_with(b":"))
		.filter(|key| !key.starts_with(&account[..16]) || key.starts_with(&account))
		.count()
}
