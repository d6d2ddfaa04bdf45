use super::{
	account, attester, contribution, datanet, governance, inference, model,
	recorded::{check, json},
};
use crate::{
	calls::Decoded,
	chain::{
		council::{Cohort, Contender, Election, Motion, Phases, Seat, Standing, Voting},
		events::VersionPublished,
		governance::{KindTerms, Parameters, Quorum},
		types::{
			Access, AccountData, AccountInfo, Attester, AttesterStatus, Basis, Contribution,
			ContributionState, Datanet, DatanetStatus, DatanetTerms, IndexRecord, IndexWidth,
			Inference, InferenceState, Model, ModelStatus, Pricing, Receipt, Refund, Registration,
			Share, TrainingSource, Usage, Version,
		},
		Hash,
	},
	governance::{Clock, Phase},
	keys::AccountId,
	training::Checks,
};
use openledger_influence::Dataset;
use serde_json::{json as value, Value};

const OPEN: u128 = 1_000_000_000_000_000_000;
const CLOCK: Clock = Clock { now: 100, block_time: 3_000 };
const PHASES: Phases =
	Phases { start: 90, nomination: 95, vetting: 100, voting: 130, full_weight: 145, end: 160 };

fn account(byte: u8) -> AccountId {
	[byte; 32].into()
}

fn hash(byte: u8) -> Hash {
	Hash([byte; 32])
}

fn transactions() -> Value {
	value!([{
		"call": "Datanets.contribute",
		"hash": format!("0x{}", "21".repeat(32)),
		"block": 77,
		"block_hash": format!("0x{}", "22".repeat(32)),
		"extrinsic_index": 2,
		"fee": "1500000000000000",
		"finalized": false,
	}])
}

fn rows(text: &str) -> Dataset {
	Dataset::from_bytes(text.as_bytes(), &Default::default()).unwrap()
}

fn datanet(status: DatanetStatus, access: Access) -> Datanet {
	let terms = DatanetTerms {
		name: b"digits\x1b[2J".to_vec(),
		licence: b"CC-BY-4.0".to_vec(),
		curators: vec![account(2), account(3)],
		approvals: 2,
		contribution_bond: 10 * OPEN,
		max_rows: 10_000,
		max_bytes: 16_777_216,
		access,
	};
	Datanet {
		owner: account(1),
		terms,
		deposit: 100 * OPEN + 1,
		status,
		accepted: 3,
		rows: 5_000_000_000,
		manifest: hash(4),
		versions: 2,
		pending: 1,
	}
}

#[test]
fn datanets_should_be_printed_as_recorded() {
	let open = datanet(DatanetStatus::Open, Access::Permissioned);
	let closed = datanet(DatanetStatus::Closed, Access::Open);
	let version = |number, at| {
		((7, number), Version { contributions: 2, rows: 4_000_000_000, manifest: hash(5), at })
	};
	let published = VersionPublished { version: 1, contributions: 2, rows: 900, manifest: hash(6) };
	check(
		"datanet",
		[
			("list", {
				let views = vec![datanet::datanet(7, &open), datanet::datanet(8, &closed)];
				json(&datanet::datanets(views))
			}),
			(
				"show",
				json(&datanet::details(7, &open, &[version(0, 20), version(1, 30)], &[account(9)])),
			),
			("show, new", json(&datanet::details(8, &closed, &[], &[]))),
			("create", json(&datanet::created(7, account(1), 100 * OPEN, transactions()))),
			("update, close", json(&datanet::changed(7, transactions()))),
			("allow", json(&datanet::allowed(7, account(9), false, transactions()))),
			("publish", json(&datanet::published(7, &published, transactions()))),
		],
	);
}

fn contribution(state: ContributionState) -> Contribution {
	Contribution {
		datanet: 7,
		contributor: account(9),
		content_root: hash(10),
		rows: 300,
		bytes: 5_000_000_000,
		blob: hash(11),
		bond: 10 * OPEN,
		submitted: 55,
		state,
	}
}

#[test]
fn contributions_should_be_printed_as_recorded() {
	let pending = contribution(ContributionState::Pending { approvals: vec![account(2)] });
	let accepted =
		contribution(ContributionState::Accepted { position: 4, first_row: 6_000_000_000, at: 60 });
	let rejected =
		contribution(ContributionState::Rejected { reason: b"blank \x1b[2Jrows".to_vec() });
	let (numbers, named, plain) =
		(rows("0,1,3\n2,3,0\n4,5,3\n"), rows("text,label\na,spam\nb,ham\n"), rows("text\na\n"));
	let labels = [("0".to_owned(), 1), ("3".to_owned(), 2)];
	let names = [("ham".to_owned(), 1), ("spam".to_owned(), 1)];
	let prepared = |dry_run| {
		let labels = &labels;
		contribution::prepared(7, &numbers, 3, 18, [12; 32], [13; 32], labels, dry_run)
	};
	let checks = |holds| Checks { content_root: holds, rows: true, bytes: true };
	check(
		"contribution",
		[
			("list", {
				let views = [(1, &pending), (2, &accepted), (3, &rejected)]
					.map(|(id, record)| contribution::contribution(id, record));
				json(&contribution::contributions(views.into()))
			}),
			("show, pending", json(&contribution::contribution(1, &pending))),
			("show, accepted", json(&contribution::contribution(2, &accepted))),
			("show, rejected", json(&contribution::contribution(3, &rejected))),
			("withdraw, release", json(&contribution::changed(1, transactions()))),
			("contribute --dry-run", json(&prepared(true))),
			("contribute --dry-run, text", {
				let (rows, labels) = (&named, &names);
				json(&contribution::prepared(7, rows, 2, 9, [1; 32], [2; 32], labels, true))
			}),
			("contribute", {
				let contributor = account(9).to_string();
				let prepared = prepared(false);
				json(&contribution::sent(prepared, 5, contributor, OPEN, transactions()))
			}),
			("review show, numbers", {
				json(&contribution::inspected(1, &pending, &numbers, &checks(true), &labels))
			}),
			("review show, text with labels", {
				json(&contribution::inspected(2, &accepted, &named, &checks(true), &names))
			}),
			("review show, text and not as committed", {
				json(&contribution::inspected(3, &rejected, &plain, &checks(false), &[]))
			}),
			("review approve, reject", {
				let decisions = vec![(1, "accepted"), (3, "rejected")];
				json(&contribution::reviewed(decisions, transactions()))
			}),
		],
	);
}

fn registration(pricing: Pricing, parent: Option<u32>, width: IndexWidth) -> Registration {
	Registration {
		name: b"tiny\n".to_vec(),
		weights: hash(1),
		architecture: br#"{"kind":"mlp","layers":[64,8,10],"activation":"tanh"}"#.to_vec(),
		parent,
		sources: vec![
			TrainingSource { datanet: 7, version: 1 },
			TrainingSource { datanet: 8, version: 0 },
		],
		index: IndexRecord { root: hash(2), leaf_count: 4, dimension: 610, width },
		index_parameters: b"no json\x1b".to_vec(),
		index_file: hash(3),
		manifest: hash(4),
		held_out: hash(5),
		host: account(6),
		pricing,
		royalty: 123_450,
	}
}

#[test]
fn models_should_be_printed_as_recorded() {
	let model = |status, pricing, parent, width| Model {
		owner: account(8),
		registration: registration(pricing, parent, width),
		status,
		registered: 40,
	};
	let flat = Pricing::PerCall(OPEN / 2);
	let by_token = Pricing::PerThousandTokens { input: OPEN, output: 2 * OPEN };
	let registered = model(ModelStatus::Registered, flat, None, IndexWidth::Int8);
	let active = model(ModelStatus::Active, by_token, Some(3), IndexWidth::Int16);
	let retired = model(ModelStatus::Retired, flat, None, IndexWidth::Int8);
	let shares = [
		Share { contribution: 4, parts: 750_000_000 },
		Share { contribution: 9, parts: 250_000_000 },
	];
	let index = IndexRecord { root: hash(2), leaf_count: 4, dimension: 9, width: IndexWidth::Int8 };
	check(
		"model",
		[
			("list", {
				let views = [(0, &registered), (1, &active), (2, &retired)]
					.map(|(id, record)| model::model(id, record));
				json(&model::models(views.into()))
			}),
			("show, registered", json(&model::details(0, &registered, &[]))),
			("show, active", json(&model::details(1, &active, &shares))),
			("price, host, retire", json(&model::changed(1, transactions()))),
			("register", {
				let (owner, host) = (account(8), account(6));
				let (weights, file, root) = (hash(1), hash(3), hash(2));
				let sent = transactions();
				json(&model::registered(1, owner, host, weights, file, root, 5 * OPEN, sent))
			}),
			("activate", json(&model::activated(1, &shares, transactions()))),
			("index", json(&model::indexed([3; 32], &index, [5; 32], 2, 1.5))),
			("train, classes", {
				let (out, manifest) = ("run".to_owned(), "run/manifest.json".to_owned());
				let (accuracy, test) = (Some(0.975), (Some(0.95), Some(0.1)));
				json(&model::trained(
					out, [1; 32], manifest, 4, 1_200, 610, 0.0625, accuracy, test.0, test.1, None,
					2.0,
				))
			}),
			("train, a language model without test rows", {
				let base = Some(format!("0x{}", "07".repeat(32)));
				let (out, manifest) = ("run".to_owned(), "run/manifest.json".to_owned());
				json(&model::trained(
					out, [1; 32], manifest, 4, 1_200, 610, 3.25, None, None, None, base, 20.25,
				))
			}),
		],
	);
}

fn inference(state: InferenceState) -> Inference {
	Inference {
		user: account(7),
		model: 1,
		input: b"so\x1b so".to_vec(),
		max_fee: 2 * OPEN,
		pricing: Pricing::PerCall(OPEN),
		platform_fee: 1,
		requested: 30,
		deadline: 50,
		state,
	}
}

fn receipt(basis: Basis) -> Receipt {
	Receipt {
		output: b"good\n\xff".to_vec(),
		job: 3,
		fee: OPEN,
		basis,
		at: 40,
		contributors: OPEN / 10 * 6,
		owners: OPEN / 10 * 2,
		attesters: OPEN / 10,
		treasury: OPEN / 10,
	}
}

#[test]
fn inferences_should_be_printed_as_recorded() {
	let usage = Usage { input_tokens: 12, output_tokens: 3 };
	let requested = inference(InferenceState::Requested);
	let answered =
		inference(InferenceState::Answered { output: b"good".to_vec(), usage, fee: OPEN, job: 3 });
	let settled = inference(InferenceState::Settled(receipt(Basis::Attributed)));
	let held_out = inference(InferenceState::Settled(receipt(Basis::HeldOut)));
	let refunded =
		|reason| json(&inference::inference(1, &inference(InferenceState::Refunded(reason))));
	let expected = "good".to_owned();
	check(
		"inference",
		[
			("list", {
				let views = vec![inference::inference(1, &requested)];
				json(&inference::inferences(views))
			}),
			("show, requested", json(&inference::inference(1, &requested))),
			("show, answered", json(&inference::inference(2, &answered))),
			("show, settled", json(&inference::inference(3, &settled))),
			("show, settled by held-out shares", json(&inference::inference(4, &held_out))),
			("show, cancelled", refunded(Refund::Cancelled)),
			("show, timed out", refunded(Refund::TimedOut)),
			("show, wrong answer", refunded(Refund::WrongAnswer)),
			("cancel", json(&inference::changed(1, transactions()))),
			("infer, one of many", json(&inference::asked(3, 1, Some(&settled), None))),
			("infer, labelled", json(&inference::asked(3, 1, Some(&settled), Some(&expected)))),
			("infer, not seen", json(&inference::asked(3, 1, None, Some(&expected)))),
			("host", {
				let answered = vec![inference::answered(3, 1, "good\n", &usage, 41)];
				let failed = vec![inference::failed(4, "the input is not UTF-8 text")];
				json(&inference::hosted(account(6), &[1, 2].into(), answered, failed))
			}),
			("host, without requests", {
				json(&inference::hosted(account(6), &Default::default(), vec![], vec![]))
			}),
		],
	);
}

#[test]
fn accounts_should_be_printed_as_recorded() {
	let data = AccountData { free: u128::MAX / 2, reserved: 10 * OPEN, frozen: 1 };
	let info = AccountInfo { nonce: 5, data };
	check(
		"account",
		[
			("account show", json(&account::account(account(1), &info, OPEN))),
			("account transfer", {
				json(&account::transferred(account(1), account(2), OPEN, transactions()))
			}),
			("account list-dev", {
				json(&account::dev_accounts(vec![account::dev_account("//Alice", account(1))]))
			}),
			("rewards show", json(&account::rewards(account(1), OPEN))),
			("rewards claim", json(&account::claimed(account(1), OPEN, transactions()))),
		],
	);
}

#[test]
fn attesters_should_be_printed_as_recorded() {
	let attester = |status| Attester { bond: 1_000 * OPEN, status };
	let bonded = attester(AttesterStatus::Bonded);
	let unbonding = attester(AttesterStatus::Unbonding { until: 400 });
	check(
		"attester",
		[
			("list", {
				let views = vec![
					attester::attester(account(1), &bonded),
					attester::attester(account(2), &unbonding),
				];
				json(&attester::attesters(views, &[account(1)]))
			}),
			("register, deregister, withdraw", {
				json(&attester::changed(account(1), transactions()))
			}),
		],
	);
}

fn called() -> Value {
	let decoded = Decoded {
		pallet: "Treasury".into(),
		name: "spend_local".into(),
		arguments: value!({ "beneficiary": account(2).to_string(), "amount": "5" }),
	};
	governance::call(hash(30), 42, &decoded)
}

#[test]
fn calls_and_delegations_should_be_printed_as_recorded() {
	check(
		"governance/call",
		[
			("a call", json(&called())),
			("encode", json(&governance::encoded(called(), &[0x0a, 0xff]))),
			("submit-delegation", {
				json(&governance::delegated(account(1), account(2), 4, transactions()))
			}),
		],
	);
}

#[test]
fn parameters_should_be_printed_as_recorded() {
	let terms = |share, timelock| KindTerms {
		quorum: Quorum { share, least: 100 * OPEN, most: 1_000 * OPEN },
		timelock,
	};
	let parameters = Parameters {
		proposal_threshold: 10_000 * OPEN,
		voting_delay: 20,
		voting_period: 100,
		late_quorum_window: 5,
		removal_majority: 833_333_333,
		constitutional: terms(500_000, 50),
		treasury: terms(400_000, 40),
		removal: terms(300_000, 30),
	};
	check(
		"governance/parameters",
		[("parameters", json(&governance::parameters(&parameters, &CLOCK)))],
	);
}

fn election(vetter: Option<AccountId>) -> Election {
	let cohort = Cohort::Second;
	Election { number: 3, cohort, phases: PHASES, nominee_threshold: 2_000, vetter }
}

#[test]
fn elections_should_be_printed_as_recorded() {
	let contenders = [Standing::Contender, Standing::Nominee, Standing::Excluded].map(|standing| {
		let contender = Contender { standing, nominations: 3 * OPEN, weight: OPEN };
		(account(standing as u8 + 40), contender)
	});
	let early = election(None);
	check(
		"governance/election",
		[
			("show, none running", json(&governance::no_election(3, 190, &CLOCK))),
			("show", {
				let (phase, needed) = (Phase::Vetting, Some(20 * OPEN));
				let election = election(Some(account(50)));
				json(&governance::election(&election, phase, needed, &contenders, &CLOCK))
			}),
			("show, at its start", {
				json(&governance::election(&early, Phase::Registration, None, &[], &CLOCK))
			}),
			("start", json(&governance::election_started(3, &PHASES, &CLOCK, transactions()))),
			("register, exclude, include", {
				json(&governance::election_changed(3, account(40), transactions()))
			}),
			("nominate", {
				json(&governance::nominated(3, account(40), 2 * OPEN, OPEN, transactions()))
			}),
			("vote", {
				let (votes, weight, left) = (2 * OPEN, OPEN, 0);
				let sent = transactions();
				json(&governance::election_voted(3, account(40), votes, weight, left, sent))
			}),
			("finish", {
				let members = [account(40), account(41)];
				json(&governance::election_finished(&early, &members, transactions()))
			}),
		],
	);
}

#[test]
fn council_should_be_printed_as_recorded() {
	let seats = [
		Seat { account: account(1), rotated: None },
		Seat { account: account(2), rotated: Some(90) },
	];
	let voting = Voting {
		index: 2,
		threshold: 9,
		ayes: vec![account(1), account(2)],
		nays: vec![account(3)],
		end: 200,
	};
	let motion = Motion { hash: hash(31), voting, call: vec![1, 2] };
	let unknown = Value::Null;
	check(
		"governance/council",
		[
			("show", {
				let scheduled = vec![
					governance::scheduled(4, 130, value!({ "Balances": { "burn": {} } }), &CLOCK),
					governance::scheduled(5, 70, unknown.clone(), &CLOCK),
				];
				let election = governance::no_election(3, 190, &CLOCK);
				let (first, second) = (governance::seats(&seats), governance::seats(&[]));
				json(&governance::council(first, second, scheduled, election))
			}),
			("rotate", json(&governance::rotated(account(1), account(2), transactions()))),
			("propose, remove, add, veto, unschedule", {
				json(&governance::moved(2, hash(31), 9, called(), transactions()))
			}),
			("vote", { json(&governance::motion_voted(2, hash(31), 8, 1, 9, transactions())) }),
			("close", {
				json(&governance::motion_closed(2, hash(31), true, false, transactions()))
			}),
			("motions", {
				let views = vec![
					governance::motion(&motion, called(), &CLOCK),
					governance::motion(&motion, unknown, &CLOCK),
				];
				json(&governance::motions(views))
			}),
		],
	);
}
