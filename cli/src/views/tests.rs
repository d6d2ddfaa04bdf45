use super::{
	account, attester, contribution, datanet,
	failure::ErrorDocument,
	governance::{
		self, council,
		election::{self, Election, NoElection, Phases, Summary},
		Date,
	},
	inference, model,
	recorded::{check, json},
	Transaction,
};
use crate::{
	error::{Error, Refusal},
	training::Checks,
};
use openledger_client::{
	calls::Decoded,
	chain::{
		council::{self as stored, Cohort, Contender, Motion, Seat, Standing, Voting},
		events::{ElectionFinished, VersionPublished},
		governance::{KindTerms, Parameters, Proposing, Quorum, Spending},
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
};
use openledger_rows::Dataset;
use serde_json::{json as value, Value};

const OPEN: u128 = 1_000_000_000_000_000_000;
const CLOCK: Clock = Clock { now: 100, block_time: 3_000 };
const PHASES: stored::Phases = stored::Phases {
	start: 90,
	nomination: 95,
	vetting: 100,
	voting: 130,
	full_weight: 145,
	end: 160,
};

fn account(byte: u8) -> AccountId {
	[byte; 32].into()
}

fn hash(byte: u8) -> Hash {
	Hash([byte; 32])
}

fn transactions() -> Vec<Transaction> {
	vec![Transaction {
		call: "Datanets.contribute".into(),
		hash: hash(0x21).into(),
		block: 77,
		block_hash: hash(0x22).into(),
		extrinsic_index: 2,
		fee: 1_500_000_000_000_000.into(),
		finalized: false,
	}]
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
				let datanets =
					vec![datanet::Datanet::new(7, &open), datanet::Datanet::new(8, &closed)];
				json(&datanet::List { datanets })
			}),
			("show", {
				let versions = [version(0, 20), version(1, 30)];
				json(&datanet::Details::new(7, &open, &versions, &[account(9)]))
			}),
			("show, new", json(&datanet::Details::new(8, &closed, &[], &[]))),
			(
				"create",
				json(&datanet::Created {
					datanet: 7,
					owner: account(1).into(),
					deposit: (100 * OPEN).into(),
					transactions: transactions(),
				}),
			),
			("update, close", json(&datanet::Changed { datanet: 7, transactions: transactions() })),
			(
				"allow",
				json(&datanet::Allowed {
					datanet: 7,
					account: account(9).into(),
					allowed: false,
					transactions: transactions(),
				}),
			),
			("publish", json(&datanet::Published::new(7, &published, transactions()))),
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
	let prepared = || contribution::Contributed {
		contribution: None,
		datanet: 7,
		contributor: None,
		rows: 3,
		kind: numbers.kind(),
		columns: numbers.columns(),
		bytes: 18,
		content_root: [12; 32].into(),
		blob: [13; 32].into(),
		bond: None,
		dry_run: true,
		labels: labels.as_slice().into(),
		transactions: vec![],
	};
	let checks = |holds| Checks { content_root: holds, rows: true, bytes: true };
	check(
		"contribution",
		[
			("list", {
				let contributions = [(1, &pending), (2, &accepted), (3, &rejected)]
					.map(|(id, record)| contribution::Contribution::new(id, record))
					.into();
				json(&contribution::List { contributions })
			}),
			("show, pending", json(&contribution::Contribution::new(1, &pending))),
			("show, accepted", json(&contribution::Contribution::new(2, &accepted))),
			("show, rejected", json(&contribution::Contribution::new(3, &rejected))),
			(
				"withdraw, release",
				json(&contribution::Changed { contribution: 1, transactions: transactions() }),
			),
			("contribute --dry-run", json(&prepared())),
			(
				"contribute --dry-run, text",
				json(&contribution::Contributed {
					rows: 2,
					kind: named.kind(),
					columns: named.columns(),
					bytes: 9,
					content_root: [1; 32].into(),
					blob: [2; 32].into(),
					labels: names.as_slice().into(),
					..prepared()
				}),
			),
			(
				"contribute",
				json(&contribution::Contributed {
					contribution: Some(5),
					contributor: Some(account(9).into()),
					bond: Some(OPEN.into()),
					dry_run: false,
					transactions: transactions(),
					..prepared()
				}),
			),
			("review show, numbers", {
				let view = contribution::Contribution::new(1, &pending);
				json(&contribution::Inspected::new(view, &numbers, &checks(true), &labels))
			}),
			("review show, text with labels", {
				let view = contribution::Contribution::new(2, &accepted);
				json(&contribution::Inspected::new(view, &named, &checks(true), &names))
			}),
			("review show, text and not as committed", {
				let view = contribution::Contribution::new(3, &rejected);
				json(&contribution::Inspected::new(view, &plain, &checks(false), &[]))
			}),
			("review approve, reject", {
				let reviewed = [(1, "accepted"), (3, "rejected")]
					.map(|(id, state)| contribution::Decision { contribution: id, state })
					.into();
				json(&contribution::Reviewed { reviewed, transactions: transactions() })
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
	let trained = || model::Trained {
		out: "run".into(),
		weights: [1; 32].into(),
		manifest: "run/manifest.json".into(),
		contributions: 4,
		rows: 1_200,
		parameters: 610,
		loss: 0.0625,
		accuracy: Some(0.975),
		test_accuracy: Some(0.95),
		test_loss: Some(0.1),
		base_model: None,
		seconds: 2.0,
	};
	let index = IndexRecord { root: hash(2), leaf_count: 4, dimension: 9, width: IndexWidth::Int8 };
	check(
		"model",
		[
			("list", {
				let models = [(0, &registered), (1, &active), (2, &retired)]
					.map(|(id, record)| model::Model::new(id, record))
					.into();
				json(&model::List { models })
			}),
			("show, registered", {
				let model = model::Model::new(0, &registered);
				json(&model::Details { model, held_out_shares: vec![] })
			}),
			("show, active", {
				let model = model::Model::new(1, &active);
				json(&model::Details { model, held_out_shares: model::shares(&shares) })
			}),
			(
				"price, host, retire",
				json(&model::Changed { model: 1, transactions: transactions() }),
			),
			(
				"register",
				json(&model::Registered {
					model: 1,
					owner: account(8).into(),
					host: account(6).into(),
					weights: hash(1).into(),
					index_file: hash(3).into(),
					root: hash(2).into(),
					fee: (5 * OPEN).into(),
					transactions: transactions(),
				}),
			),
			("activate", {
				let (held_out_shares, transactions) = (model::shares(&shares), transactions());
				json(&model::Activated { model: 1, held_out_shares, transactions })
			}),
			(
				"index",
				json(&model::Indexed {
					index: [3; 32].into(),
					commitment: (&index).into(),
					held_out: [5; 32].into(),
					held_out_entries: 2,
					seconds: 1.5,
				}),
			),
			("train, classes", json(&trained())),
			(
				"train, a language model without test rows",
				json(&model::Trained {
					loss: 3.25,
					accuracy: None,
					test_accuracy: None,
					test_loss: None,
					base_model: Some(format!("0x{}", "07".repeat(32))),
					seconds: 20.25,
					..trained()
				}),
			),
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
		|reason| json(&inference::Inference::new(1, &inference(InferenceState::Refunded(reason))));
	let expected = "good".to_owned();
	check(
		"inference",
		[
			("list", {
				let inferences = vec![inference::Inference::new(1, &requested)];
				json(&inference::List { inferences })
			}),
			("show, requested", json(&inference::Inference::new(1, &requested))),
			("show, answered", json(&inference::Inference::new(2, &answered))),
			("show, settled", json(&inference::Inference::new(3, &settled))),
			("show, settled by held-out shares", json(&inference::Inference::new(4, &held_out))),
			("show, cancelled", refunded(Refund::Cancelled)),
			("show, timed out", refunded(Refund::TimedOut)),
			("show, wrong answer", refunded(Refund::WrongAnswer)),
			("cancel", json(&inference::Changed { inference: 1, transactions: transactions() })),
			("infer, one of many", json(&inference::Question::new(3, 1, Some(&settled), None))),
			(
				"infer, labelled",
				json(&inference::Question::new(3, 1, Some(&settled), Some(&expected))),
			),
			("infer, not seen", json(&inference::Question::new(3, 1, None, Some(&expected)))),
			("host", {
				let answered = inference::Answered {
					inference: 3,
					model: 1,
					output: "good\n".into(),
					input_tokens: usage.input_tokens,
					output_tokens: usage.output_tokens,
					block: 41,
				};
				let error = "the input is not UTF-8 text".into();
				json(&inference::Hosted {
					host: account(6).into(),
					models: [1, 2].into(),
					answered: vec![answered],
					failed: vec![inference::Failed { inference: 4, error }],
				})
			}),
			(
				"host, without requests",
				json(&inference::Hosted {
					host: account(6).into(),
					models: Default::default(),
					answered: vec![],
					failed: vec![],
				}),
			),
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
			("account show", json(&account::Account::new(account(1), &info, OPEN))),
			(
				"account transfer",
				json(&account::Transferred {
					from: account(1).into(),
					to: account(2).into(),
					amount: OPEN.into(),
					deleted: false,
					transactions: transactions(),
				}),
			),
			("account list-dev", {
				let (name, public_key) = ("//Alice".into(), [1; 32].into());
				let alice = account::DevAccount { name, account: account(1).into(), public_key };
				json(&account::DevAccounts { accounts: vec![alice] })
			}),
			(
				"rewards show",
				json(&account::Rewards { account: account(1).into(), rewards: OPEN.into() }),
			),
			("rewards claim", {
				let (claimed, transactions) = (OPEN.into(), transactions());
				json(&account::Claimed { account: account(1).into(), claimed, transactions })
			}),
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
				let attesters = vec![
					attester::Attester::new(account(1), &bonded),
					attester::Attester::new(account(2), &unbonding),
				];
				json(&attester::List { attesters, drawable: vec![account(1).into()] })
			}),
			("register, deregister, withdraw", {
				let account = account(1).into();
				json(&attester::Changed { account, transactions: transactions() })
			}),
		],
	);
}

fn called() -> governance::Call {
	let decoded = Decoded {
		pallet: "Treasury".into(),
		name: "spend_local".into(),
		arguments: value!({ "beneficiary": account(2).to_string(), "amount": "5" }),
	};
	governance::Call::new(hash(30), 42, &decoded)
}

#[test]
fn calls_and_delegations_should_be_printed_as_recorded() {
	check(
		"governance/call",
		[
			("a call", json(&called())),
			(
				"encode",
				json(&governance::Encoded { described: called(), call: [0x0a, 0xff].into() }),
			),
			("submit-delegation", {
				json(&governance::Delegated {
					delegator: account(1).into(),
					to: account(2).into(),
					nonce: 4,
					transactions: transactions(),
				})
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
		holding_window: 10,
		voting_period: 100,
		late_quorum_window: 5,
		removal_majority: 833_333_333,
		constitutional: terms(500_000, 50),
		treasury: terms(400_000, 40),
		medium_spender: terms(450_000, 45),
		big_spender: terms(500_000, 48),
		removal: terms(300_000, 30),
		spending: Spending {
			period: 70,
			treasury: 1_000 * OPEN,
			medium_spender: 5_000 * OPEN,
			big_spender: 20_000 * OPEN,
		},
	};
	let proposing = Proposing { deposit: 1_000 * OPEN, deposit_support: 50_000, most_open: 3 };
	check(
		"governance/parameters",
		[("parameters", json(&governance::Rules::new(&parameters, &proposing, &CLOCK)))],
	);
}

fn election(vetter: Option<AccountId>) -> stored::Election {
	let cohort = Cohort::Second;
	let quorum = Quorum { share: 100_000, least: 5 * OPEN, most: 45 * OPEN };
	stored::Election {
		number: 3,
		cohort,
		phases: PHASES,
		nominee_threshold: 2_000,
		quorum,
		least_votes: OPEN / 4,
		vetter,
	}
}

fn no_election() -> Summary {
	Summary::None(NoElection::new(3, 190, &CLOCK))
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
			("show, none running", json(&no_election())),
			("show", {
				let (phase, needed) = (Phase::Vetting, Some(20 * OPEN));
				let election = election(Some(account(50)));
				let votes = (2 * OPEN, Some(7 * OPEN));
				let view = Election::new(&election, phase, needed, votes, &contenders, &CLOCK);
				json(&Summary::Running(Box::new(view)))
			}),
			(
				"show, at its start",
				json(&Election::new(&early, Phase::Registration, None, (0, None), &[], &CLOCK)),
			),
			("start", {
				let (phases, transactions) = (Phases::new(&PHASES, &CLOCK), transactions());
				json(&election::Started { election: 3, phases, transactions })
			}),
			("register, exclude, include", {
				let (account, transactions) = (account(40).into(), transactions());
				json(&election::Changed { election: 3, account, transactions })
			}),
			(
				"nominate",
				json(&election::Nominated {
					election: 3,
					contender: account(40).into(),
					votes: (2 * OPEN).into(),
					left: OPEN.into(),
					transactions: transactions(),
				}),
			),
			(
				"vote",
				json(&election::Voted {
					election: 3,
					nominee: account(40).into(),
					votes: (2 * OPEN).into(),
					weight: OPEN.into(),
					left: 0.into(),
					transactions: transactions(),
				}),
			),
			("finish", {
				let finished =
					ElectionFinished { members: vec![account(40), account(41)], elected: 1 };
				json(&election::Finished::new(&early, true, &finished, transactions()))
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
	check(
		"governance/council",
		[
			("show", {
				let scheduled = |number, at, call| {
					let at = Date::new(at, &CLOCK);
					council::Scheduled { number, at, call }
				};
				let (first, second) = (council::members(&seats), council::members(&[]));
				json(&council::Council {
					members: council::Cohorts { first, second },
					scheduled: vec![
						scheduled(4, 130, value!({ "Balances": { "burn": {} } })),
						scheduled(5, 70, Value::Null),
					],
					election: no_election(),
				})
			}),
			("rotate", {
				let (old, new) = (account(1).into(), account(2).into());
				json(&council::Rotated { old, new, transactions: transactions() })
			}),
			("resign", {
				let account = account(1).into();
				json(&council::Resigned { account, transactions: transactions() })
			}),
			(
				"propose, remove, add, veto, unschedule",
				json(&council::Moved {
					index: 2,
					hash: hash(31).into(),
					threshold: 9,
					call: called(),
					transactions: transactions(),
				}),
			),
			(
				"vote",
				json(&council::MotionVoted {
					index: 2,
					hash: hash(31).into(),
					yes: 8,
					no: 1,
					threshold: 9,
					transactions: transactions(),
				}),
			),
			(
				"close",
				json(&council::MotionClosed {
					index: 2,
					hash: hash(31).into(),
					approved: true,
					transactions: transactions(),
					dispatched: false,
				}),
			),
			("motions", {
				let motions = [Some(called()), None]
					.map(|call| council::Motion::new(&motion, call, &CLOCK))
					.into();
				json(&council::Motions { motions })
			}),
		],
	);
}

#[test]
fn failures_should_be_printed_as_recorded() {
	let failed = |error: Error| json(&ErrorDocument { document: None, error: (&error).into() });
	let refused = |pallet: Option<&str>, name: Option<&str>| {
		failed(Error::Refused(Refusal {
			message: "the chain refuses it: no\x1b".into(),
			pallet: pallet.map(Into::into),
			name: name.map(Into::into),
		}))
	};
	let unreachable = Error::Unreachable { url: "ws://a".into(), reason: "no answer".into() };
	let what = "rows.csv: row 2: the input".into();
	let too_long = Error::TooLong { what, length: 5_000_000_000, unit: "bytes", limit: 4 };
	let fault = Error::Verification("a \"proof\" does not hold".into());
	let document = Some(value!({ "verified": false, "code": 1, "inference": 7 }));
	check(
		"failure",
		[
			("usage", failed(Error::Usage("--url 'a' is no WebSocket address".into()))),
			("unreachable", failed(unreachable)),
			("refused by a pallet", refused(Some("Referenda"), Some("AlreadyVoted"))),
			("refused by no pallet", refused(None, Some("BadOrigin"))),
			("refused without a name", refused(None, None)),
			("too long", failed(too_long)),
			("beside a document", json(&ErrorDocument { document, error: (&fault).into() })),
		],
	);
}
