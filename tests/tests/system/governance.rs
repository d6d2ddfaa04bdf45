use openledger_tests::{
	chain::Chain,
	client::{Client, Finished},
	node::{Node, NodeOptions, Role},
	scenario::{in_parallel, Scenario},
};
use serde_json::{json, Value};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);
/// The members of the security council, of both cohorts.
const MEMBERS: [&str; 12] = [
	"//Alice",
	"//Bob",
	"//Charlie",
	"//Dave",
	"//Eve",
	"//Ferdie",
	"//Alice//stash",
	"//Bob//stash",
	"//Charlie//stash",
	"//Dave//stash",
	"//Eve//stash",
	"//Ferdie//stash",
];

#[test]
fn parameter_should_be_changed_when_two_voters_reach_the_quorum() {
	let node = Node::start("governance", NodeOptions::default()).unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let (client, chain) = (&scenario.client, node.chain().unwrap());
	let call = threshold_call(client, "20000 OPEN");
	let propose = proposal("constitutional", &call);

	// Nobody has votes yet.
	let refused = client.attempt("//Dave", &propose).unwrap();
	assert_refused(&refused, "BelowThreshold", "10000 are missing");

	delegate_to_self(client, "//Bob", "12000000");
	// The other has somebody else pay for its delegation.
	let wrapped: Value = client.run("//Eve", &["gov", "wrap", "10000000"]).unwrap();
	assert_eq!((&wrapped["delegate"], &wrapped["votes"]), (&Value::Null, &"0".into()));
	let signed: Value = client.run("//Eve", &["gov", "sign-delegation", "//Eve"]).unwrap();
	let file = scenario.write("delegation.json", &signed.to_string()).unwrap();
	client.run::<Value>("//Dave", &["gov", "submit-delegation", &file]).unwrap();
	let again = client.attempt("//Dave", &["gov", "submit-delegation", &file]).unwrap();
	assert_refused(&again, "WrongNonce", "it was used");
	let account: Value = client.run("//Eve", &["gov", "account"]).unwrap();
	assert_eq!(account["votes"], units(10_000_000).as_str());

	let insisted = refused_for_failing(client, &call);
	let proposed: Value = client.run("//Bob", &propose).unwrap();
	assert_eq!((&proposed["proposal"], &proposed["state"]), (&0.into(), &"pending".into()));
	assert_eq!(proposed["deposit"], units(1_000).as_str());
	assert_eq!(
		(&proposed["dry_run"]["succeeds"], &proposed["lapses"]),
		(&true.into(), &Value::Null)
	);
	let snapshot = proposed["snapshot"]["block"].as_u64().unwrap();
	let early = client.attempt("//Bob", &["gov", "vote", "0", "for"]).unwrap();
	assert_refused(&early, "VotingNotBegun", &format!("block {snapshot}"));
	let other = client.attempt("//Eve", &["gov", "cancel", "0"]).unwrap();
	assert_refused(&other, "NotProposer", "only its proposer");
	let pending = show(client, 0);
	assert_eq!((&pending["state"], &pending["quorum"]), (&"pending".into(), &Value::Null));
	assert_eq!(pending["call"]["name"], "set_parameters");
	let decoded = &pending["call"]["arguments"]["parameters"]["proposal_threshold"];
	assert_eq!(*decoded, units(20_000).as_str());
	assert_eq!(pending["dry_run"], json!({ "succeeds": true, "failure": null }));
	let failing: Value = client.run("//Bob", &insisted).unwrap();
	assert_eq!((&failing["proposal"], &failing["dry_run"]["succeeds"]), (&1.into(), &false.into()));

	wait(&chain, "the snapshot", || chain.best_number().unwrap() >= snapshot);
	let without = client.attempt("//Charlie", &["gov", "vote", "0", "for"]).unwrap();
	assert_refused(&without, "NoVotes", "had no votes");
	let first: Value = client.run("//Bob", &["gov", "vote", "0", "for"]).unwrap();
	assert_eq!(first["vote"]["votes"], units(12_000_000).as_str());
	assert_eq!((&first["state"], &first["quorum_reached"]), (&"active".into(), &false.into()));
	assert_eq!(first["next"]["event"], "voting ends");
	let second = client.attempt("//Bob", &["gov", "vote", "0", "against"]).unwrap();
	assert_refused(&second, "AlreadyVoted", "has voted For");
	let late = client.attempt("//Bob", &["gov", "cancel", "0"]).unwrap();
	assert_refused(&late, "NotPending", "no longer");
	let other: Value = client.run("//Eve", &["gov", "vote", "0", "abstain"]).unwrap();
	assert_eq!(
		(&other["quorum_reached"], &other["abstain"]),
		(&true.into(), &units(10_000_000).into())
	);
	let snapshot = failing["snapshot"]["block"].as_u64().unwrap();
	wait(&chain, "the snapshot of what fails", || chain.best_number().unwrap() >= snapshot);
	for voter in ["//Bob", "//Eve"] {
		client.run::<Value>(voter, &["gov", "vote", "1", "for"]).unwrap();
	}
	let early = client.attempt("//Eve", &["gov", "poke", "0"]).unwrap();
	assert_refused(&early, "VotingNotOver", "ends with");

	let mut states = vec!["active".to_owned()];
	let mut enactment = None;
	wait(&chain, "the call's dispatch", || {
		// Read first: it may be dispatched between the two.
		let before = threshold(client);
		let shown = show(client, 0);
		let state = shown["state"].as_str().unwrap().to_owned();
		if state == "queued" {
			enactment = shown["enactment"]["block"].as_u64();
			assert_eq!(before, units(10_000), "changed before its time");
		}
		if states.last() != Some(&state) {
			states.push(state);
		}
		states.last().is_some_and(|state| state == "executed")
	});
	// This state lasts for one block, so that it may have been missed.
	states.retain(|state| state != "succeeded");
	assert_eq!(states, ["active", "queued", "executed"]);
	let executed = show(client, 0);
	let (end, dispatch) = (executed["end"]["block"].as_u64().unwrap(), &executed["dispatch"]);
	assert!(enactment.unwrap() >= end + 8, "the timelock is eight blocks");
	assert_eq!((dispatch["block"].as_u64(), &dispatch["succeeded"]), (enactment, &true.into()));
	assert_eq!(threshold(client), units(20_000));
	wait(&chain, "the dispatch of what fails", || show(client, 1)["dispatch"] != Value::Null);
	let failed = show(client, 1);
	assert_eq!(
		(&failed["state"], &failed["dispatch"]["succeeded"]),
		(&"failed".into(), &false.into())
	);
	let error = failed["dispatch"]["error"].as_str().unwrap();
	assert!(error.contains("FailedToExtractRuntimeVersion"), "{error}");
	let listed: Value = client.run("//Bob", &["gov", "list"]).unwrap();
	assert_eq!(listed["proposals"], json!([]));
	let listed: Value = client.run("//Bob", &["gov", "list", "--all"]).unwrap();
	let states = [0, 1].map(|index| listed["proposals"][index]["state"].as_str().unwrap());
	assert_eq!(states, ["executed", "failed"]);
	assert_eq!(listed["proposals"][0]["deposit"], Value::Null);
}

/// Tries to propose what cannot work. Returns the command that proposes the last of it nevertheless.
fn refused_for_failing<'a>(client: &Client, call: &str) -> Vec<&'a str> {
	let wrong_origin = client.attempt("//Bob", &proposal("council-removal", call)).unwrap();
	assert_refused(&wrong_origin, "CallWouldFail", "may not do that");
	let spend = ["gov", "propose", "treasury-spend", "--to", "//Bob", "--amount"];
	let too_much = client.attempt("//Bob", &[&spend[..], &["20000001"]].concat()).unwrap();
	assert_refused(&too_much, "InsufficientPermission", "--track constitutional");

	let code = r#"{"code": "0x0061736d01000000"}"#;
	let source = ["--pallet", "System", "--name", "set_code", "--args", code];
	let upgrade = [&["gov", "propose", "--track", "constitutional"][..], &source].concat();
	let refused = client.attempt("//Bob", &upgrade).unwrap();
	assert_refused(&refused, "CallWouldFail", "FailedToExtractRuntimeVersion");
	[&upgrade[..], &["--despite-failure"]].concat()
}

#[test]
fn council_should_act_when_nine_agree_and_not_when_eight_do() {
	let node = Node::start("council", NodeOptions::default()).unwrap();
	let scenario = Scenario::of(&node).unwrap();
	let client = &scenario.client;
	let outsider = client.attempt("//Zed", &["gov", "council", "remove", "//Ferdie"]).unwrap();
	assert_refused(&outsider, "NotMember", "no member");

	let moved: Value = client.run("//Alice", &["gov", "council", "remove", "//Ferdie"]).unwrap();
	assert_eq!(moved["call"]["name"], "remove_member");
	let motion = [moved["hash"].as_str().unwrap(), &moved["index"].to_string()].map(str::to_owned);
	agree(client, &motion, &MEMBERS[..8]);
	let close = ["gov", "council", "close", &motion[0], &motion[1]];
	let early = client.attempt("//Bob", &close).unwrap();
	assert_refused(&early, "TooEarly", "8 yes of 9 needed");
	assert_eq!(members(client, "first").len(), 6);
	agree(client, &motion, &MEMBERS[8..9]);
	let closed: Value = client.run("//Bob", &close).unwrap();
	assert_eq!((&closed["approved"], &closed["dispatched"]), (&true.into(), &true.into()));
	assert_eq!(members(client, "first").len(), 5);

	// With all rights, and after the timelock.
	let call = threshold_call(client, "30000 OPEN");
	let action = [&["gov", "council", "propose", "--timelocked"][..], &source(&call)].concat();
	let moved: Value = client.run("//Alice", &action).unwrap();
	let motion = [moved["hash"].as_str().unwrap(), &moved["index"].to_string()].map(str::to_owned);
	agree(client, &motion, &MEMBERS[..5]);
	agree(client, &motion, &MEMBERS[6..10]);
	let close = ["gov", "council", "close", &motion[0], &motion[1]];
	client.run::<Value>("//Bob", &close).unwrap();
	let council: Value = client.run("//Bob", &["gov", "council"]).unwrap();
	assert_eq!(council["scheduled"][0]["call"]["ConvictionVoting"].as_object().unwrap().len(), 1);
	assert_eq!(threshold(client), units(10_000));
	let chain = node.chain().unwrap();
	wait(&chain, "the scheduled call", || threshold(client) == units(30_000));

	// The new key signs apart from the member that it takes over from.
	let sign = ["gov", "council", "sign-acceptance", "--of", "//Eve"];
	let signed: Value = client.run("//Eve//next", &sign).unwrap();
	let file = scenario.write("acceptance.json", &signed.to_string()).unwrap();
	let other = ["gov", "council", "rotate", "--acceptance", &file];
	let forged = client.attempt("//Dave", &other).unwrap();
	assert_refused(&forged, "BadAcceptance", "sign-acceptance --of");
	client.run::<Value>("//Eve", &["gov", "council", "rotate", "--acceptance", &file]).unwrap();
	let transfer = ["account", "transfer", "//Eve//next", "10"];
	client.run::<Value>("//Bob", &transfer).unwrap();
	let former = client
		.attempt("//Eve", &["gov", "council", "rotate", "--new-key", "//Eve//third"])
		.unwrap();
	assert_refused(&former, "NotMember", "no member");
	client.run::<Value>("//Dave", &["gov", "council", "resign"]).unwrap();
	assert_eq!(members(client, "first").len(), 4);
}

#[test]
fn cohort_should_be_replaced_by_the_elected_when_its_election_is_over() {
	let set = |name, value: u32| (name, json!(value));
	let genesis = vec![
		set("/securityCouncil/parameters/registrationPeriod", 4),
		set("/securityCouncil/parameters/nominationPeriod", 6),
		set("/securityCouncil/parameters/vettingPeriod", 4),
		set("/securityCouncil/parameters/votingPeriod", 4),
		set("/securityCouncil/parameters/fullWeightPeriod", 4),
		set("/securityCouncil/parameters/electionInterval", 18),
	];
	let node = Node::start(
		"election",
		NodeOptions { role: Role::Alone { genesis }, ..Default::default() },
	)
	.unwrap();
	let client = &Scenario::of(&node).unwrap().client;
	let chain = node.chain().unwrap();
	let early = client.attempt("//Bob", &["gov", "election", "start"]).unwrap();
	assert_refused(&early, "ElectionNotDue", "block 18");
	delegate_to_self(client, "//Bob", "10000000");
	client.run::<Value>("//Bob", &["account", "transfer", "//Candidate", "10"]).unwrap();

	let due =
		|done: &Value| done["running"] == false && done["due"]["in_seconds"].as_i64() <= Some(0);
	wait(&chain, "the election's turn", || due(&election(client)));
	client.run::<Value>("//Bob", &["gov", "election", "start"]).unwrap();
	in_parallel(&["//Candidate", "//Alice"], |key| {
		client.run::<Value>(key, &["gov", "election", "register"])
	})
	.unwrap();
	let wrong = client.attempt("//Bob", &["gov", "election", "vote", "//Alice", "1"]).unwrap();
	assert_refused(&wrong, "NotVoting", "begins with block");

	wait_for_phase(client, &chain, "nomination");
	let nominate = |who, votes| ["gov", "election", "nominate", who, votes];
	let greedy = client.attempt("//Bob", &nominate("//Candidate", "10000001")).unwrap();
	assert_refused(&greedy, "NotEnoughVotes", "10000000 that are left");
	// A nominee needs 0.2 % of what is delegated; the rest stays the voter's.
	let given: Value = client.run("//Bob", &nominate("//Candidate", "10000000")).unwrap();
	assert_eq!(given["votes"], units(20_000).as_str());
	client.run::<Value>("//Bob", &nominate("//Alice", "20000")).unwrap();

	wait_for_phase(client, &chain, "vetting");
	let exclude = ["gov", "election", "exclude", "//Alice"];
	client.run::<Value>("//One", &exclude).unwrap();
	wait_for_phase(client, &chain, "voting");
	let vote = ["gov", "election", "vote", "//Candidate", "5000000"];
	let voted: Value = client.run("//Bob", &vote).unwrap();
	assert_eq!(voted["weight"], units(5_000_000).as_str());
	let votes = election(client);
	let votes = (&votes["votes_spent"], &votes["quorum"], &votes["least_votes"]);
	assert_eq!(votes, (&units(5_000_000).into(), &units(5_000_000).into(), &units(250_000).into()));
	let standings = election(client)["contenders"].as_array().unwrap().clone();
	let standings: Vec<_> = standings.iter().map(|one| one["standing"].as_str().unwrap()).collect();
	assert_eq!(standings, ["nominee", "excluded"]);

	wait_for_phase(client, &chain, "over");
	let finished: Value = client.run("//Eve", &["gov", "election", "finish"]).unwrap();
	let cohort = members(client, "first");
	assert_eq!(finished["members"], json!(cohort));
	assert_eq!((&finished["quorum_reached"], &finished["elected"]), (&true.into(), &1.into()));
	assert_eq!(cohort[0], openledger_tests::chain::address("//Candidate").unwrap());
	assert_eq!(cohort.len(), 6, "who was excluded goes first, and one seat was taken");
	assert!(!cohort.contains(&openledger_tests::chain::address("//Alice").unwrap()));
}

/// Units of so many OPEN.
fn units(open: u128) -> String {
	(open * 1_000_000_000_000_000_000).to_string()
}

fn wait(chain: &Chain, what: &str, mut done: impl FnMut() -> bool) {
	chain.wait_for(what, LIMIT, |_| Ok(done().then_some(()))).unwrap();
}

fn assert_refused(finished: &Finished, name: &str, words: &str) {
	let Finished { command, code, messages, .. } = finished;
	assert_eq!((*code, finished.error("name")), (4, name), "{command}: {messages}");
	assert!(messages.contains(words), "{command}: '{messages}' lacks '{words}'");
}

fn delegate_to_self(client: &Client, key: &str, amount: &str) {
	client.run::<Value>(key, &["gov", "wrap", amount]).unwrap();
	let delegated: Value = client.run(key, &["gov", "delegate", "self"]).unwrap();
	assert_eq!(delegated["votes"], units(amount.parse().unwrap()).as_str());
}

fn show(client: &Client, proposal: u32) -> Value {
	client.run("//Bob", &["gov", "show", &proposal.to_string()]).unwrap()
}

/// The proposal threshold in force, in units.
fn threshold(client: &Client) -> String {
	let parameters: Value = client.run("//Bob", &["gov", "parameters"]).unwrap();
	parameters["proposal_threshold"].as_str().unwrap().into()
}

/// The arguments of a call that sets this proposal threshold and leaves the rest as it is.
fn threshold_call(client: &Client, threshold: &str) -> String {
	let now: Value = client.run("//Bob", &["gov", "parameters"]).unwrap();
	let blocks = |name: &str| now[name]["blocks"].clone();
	let terms = |track: &str| {
		let terms = &now["tracks"][track];
		json!({
			"quorum": {
				"share": terms["quorum_share"],
				"least": terms["quorum_least"],
				"most": terms["quorum_most"],
			},
			"timelock": terms["timelock"]["blocks"],
		})
	};
	let parameters = json!({
		"proposal_threshold": threshold,
		"voting_delay": blocks("voting_delay"),
		"holding_window": blocks("holding_window"),
		"voting_period": blocks("voting_period"),
		"late_quorum_window": blocks("late_quorum_window"),
		"removal_majority": now["removal_majority"],
		"constitutional": terms("constitutional"),
		"treasury": terms("treasury"),
		"medium_spender": terms("medium-spender"),
		"big_spender": terms("big-spender"),
		"removal": terms("council-removal"),
		"spending": {
			"period": blocks("spend_period"),
			"treasury": now["tracks"]["treasury"]["spend_limit"],
			"medium_spender": now["tracks"]["medium-spender"]["spend_limit"],
			"big_spender": now["tracks"]["big-spender"]["spend_limit"],
		},
	});
	json!({ "parameters": parameters }).to_string()
}

/// The options that name the call with these arguments.
fn source(arguments: &str) -> [&str; 6] {
	["--pallet", "ConvictionVoting", "--name", "set_parameters", "--args", arguments]
}

fn proposal<'a>(track: &'a str, arguments: &'a str) -> Vec<&'a str> {
	[&["gov", "propose", "--track", track][..], &source(arguments)].concat()
}

/// Has members vote for a motion.
fn agree(client: &Client, [hash, index]: &[String; 2], members: &[&str]) {
	in_parallel(members, |key| {
		client.run::<Value>(key, &["gov", "council", "vote", hash, index, "yes"])
	})
	.unwrap();
}

fn members(client: &Client, cohort: &str) -> Vec<String> {
	let council: Value = client.run("//Bob", &["gov", "council"]).unwrap();
	let seats = council["members"][cohort].as_array().unwrap();
	seats.iter().map(|seat| seat["account"].as_str().unwrap().into()).collect()
}

fn election(client: &Client) -> Value {
	client.run("//Bob", &["gov", "election"]).unwrap()
}

fn wait_for_phase(client: &Client, chain: &Chain, phase: &str) {
	wait(chain, &format!("the phase of {phase}"), || election(client)["phase"] == phase);
}
